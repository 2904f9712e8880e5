/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that kist runs beside the container's own: hooks, and the helpers that write id maps.
 *
 * Such a program gets nothing but what it is given: no descriptor beyond stdio, and no signal
 * disposition, signal mask, terminal or umask of the caller's. It leads a session of its own, so
 * that its process group can be killed, and it dies with kist. kist waits for the program's end, or
 * until its time is up, and never for longer. What the program prints is read all the time, and the
 * last part of it is kept.
 */
#ifndef KIST_SPAWN_H
#define KIST_SPAWN_H

#include <stdint.h>
#include <sys/resource.h>

#include "spec/error.h"

struct spawn {
	const char *path;        /* as execve(2) takes it */
	const char *const *argv; /* ends in NULL */
	const char *const *envp; /* ends in NULL */
	/* its working directory; "/" when that cannot be entered; NULL: the caller's */
	const char *directory;
	int input;                        /* its stdin */
	const struct rlimit *descriptors; /* its RLIMIT_NOFILE; NULL: as kist has it */
	int32_t timeout_s;                /* 0: there is no limit */
	/* a descriptor: the program is killed once that is readable; NULL: none */
	const int *cancel;
};

/**
 * spawn_run() - run a program and wait for its end. This function allocates nothing.
 *
 * Processes that the program leaves in the background are left alone, but nobody reads any more
 * what they print. When the program fails every process of its group is killed.
 *
 * Return: 0 when the program exited with 0; -ECHILD when it exited with another status or was
 * killed, and -ETIMEDOUT when its time was up, each with the last line that it printed; -errno when
 * it could not be executed
 */
int spawn_run(const struct spawn *spawn, struct error *err);

#endif
