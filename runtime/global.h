/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options before the command's name, and what they mean for every command.
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
	char **call;        /* the whole command line, for who calls kist again */
	struct container_command_line
		command_line; /* where it was; nothing points there any more */

	/* Of use to global_read() alone. */
	bool debug, systemd_cgroup;
	const char *log;
	int log_json, log_level;
	char root_buffer[PATH_MAX];
};

extern const struct options global_options;

/**
 * global_read() - take the options before the command's name out of argv, and open the log. It is
 * opened when there is a mistake too, as far as --log had been read before: callers look there for
 * the reason.
 * @argv: as for options_parse()
 */
int global_read(struct global *global, char **argv, struct error *err);

#endif
