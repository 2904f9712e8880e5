/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that kist runs beside the container's own: hooks, and the helpers that write id maps.
 *
 * Such a program gets nothing but what it is given: no descriptor beyond stdio, no signal
 * disposition or mask, no terminal, no umask of the caller's. It leads a session of its own, so
 * that its process group can be killed, and dies with kist. Nothing that it does makes kist wait
 * for more than its end, or until its time is up: what it prints is read all the time, of which
 * the end alone is kept.
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
	const char *directory;   /* where it begins; "/" when that cannot be entered; NULL: here */
	int input;               /* its stdin */
	const struct rlimit *descriptors; /* its RLIMIT_NOFILE; NULL: as kist has it */
	int32_t timeout_s;                /* 0: it may take as long as it likes */
	const int *cancel; /* a descriptor: it is killed once that is readable; NULL: none */
};

/**
 * spawn_run() - run a program and wait for its end. Allocates nothing.
 *
 * What it leaves running in the background is left alone, but nobody reads any more what that
 * prints; unless it fails: then every process of its group is killed.
 *
 * Return: 0 when it exited with 0; -ECHILD when it exited with another status or was killed and
 * -ETIMEDOUT when its time was up, with the last line that it printed; -errno when it could not be
 * executed
 */
int spawn_run(const struct spawn *spawn, struct error *err);

#endif
