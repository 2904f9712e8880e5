/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options that stand before the command's name, and what they mean for every command.
 */
#ifndef KIST_GLOBAL_H
#define KIST_GLOBAL_H

#include <limits.h>

#include "libcontainer/container.h"
#include "runtime/options.h"

struct global {
	bool help, version;
	const char *root;   /* absolute */
	int cgroup_manager; /* enum container_cgroup_manager */
	char **call;        /* the whole command line, for executing kist again */
	struct container_command_line
		command_line; /* the kernel's place of it; no pointer of kist points there */

	/* Only global_read() uses the members from here on. */
	bool debug, systemd_cgroup;
	const char *log;
	int log_json, log_level;
	char root_buffer[PATH_MAX];
};

extern const struct options global_options;

/**
 * global_read() - take the options before the command's name out of argv, and open the log. The log
 * is opened after a mistake, too, if --log can be found: callers look there for the reason.
 * @global: overwritten
 * @argv: as for options_parse()
 *
 * Return: 0 or more, or -code
 */
int global_read(struct global *global, char **argv, struct error *err);

#endif
