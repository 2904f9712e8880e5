/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running a process in the foreground, from before it is made to its end. The commands run and exec
 * share this.
 */
#ifndef KIST_FOREGROUND_H
#define KIST_FOREGROUND_H

#include "libcontainer/container.h"

/* What to run, and how the process is made. */
struct foreground {
	struct container_options *container; /* terminal_size and cancel are set here */
	/* Make the process. Return: 0 or -code */
	int (*start)(const struct foreground *foreground, struct container_process *process,
		     struct error *err);
	const struct container_exec *exec; /* for start() of exec */
};

/**
 * foreground_run() - make a process, and relay its streams and signals until it has ended.
 * @process: set when the process was made, also when relaying has failed; otherwise its pidfd is
 * -1. The caller releases it by relay_release().
 *
 * Return: the process's exit status, 128 + signal, or -code
 */
int foreground_run(const struct foreground *foreground, struct container_process *process,
		   struct error *err);

#endif
