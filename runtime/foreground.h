/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process in the foreground, from before it is made to its end: what run and exec share.
 */
#ifndef KIST_FOREGROUND_H
#define KIST_FOREGROUND_H

#include "libcontainer/container.h"

/* How the process is made. */
struct foreground {
	struct container_options *container; /* gets the terminal's size, and what cancels */
	/* Return: 0 or -code */
	int (*start)(const struct foreground *foreground, struct container_process *process,
		     struct error *err);
	const struct container_exec *exec; /* for start */
};

/**
 * foreground_run() - make it, and pass everything on until it has ended.
 * @process: set when it was made, also when it could not be relayed; else its pidfd is -1. The caller
 * releases it.
 *
 * Return: its exit status, 128 + signal, or -code
 */
int foreground_run(const struct foreground *foreground, struct container_process *process,
		   struct error *err);

#endif
