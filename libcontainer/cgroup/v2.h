/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a directory of a cgroup2 hierarchy can do. v1.c uses it too, on a hybrid host.
 */
#ifndef KIST_CGROUP_V2_H
#define KIST_CGROUP_V2_H

#include <stdbool.h>

#include "spec/error.h"

struct cgroup_writes;
struct hierarchy;

/**
 * unified_make() - make a container's directory, with the controllers that it needs for these
 * limits.
 * @usual: those too that are enabled wherever they are, so that there are numbers to read and
 * limits can be set later
 *
 * Return: descriptor of the directory
 */
int unified_make(const struct hierarchy *unified, const char *path,
		 const struct cgroup_writes *writes, bool usual, struct error *err);

/**
 * unified_populated(), unified_frozen() - ask cgroup.events.
 */
bool unified_populated(int directory);
bool unified_frozen(int directory);

/**
 * unified_use() - both.
 *
 * Return: enum cgroup_use
 */
int unified_use(int directory);

/**
 * unified_freeze() - freeze or thaw, and wait until it is so; one that cannot be frozen in time is
 * thawed again.
 *
 * Return: 0, -ETIMEDOUT or -errno
 */
int unified_freeze(int directory, bool frozen, struct error *err);

/**
 * unified_kill() - a signal to all processes, atomically for SIGKILL.
 */
int unified_kill(int directory, int signal, struct error *err);

#endif
