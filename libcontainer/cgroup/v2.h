/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part handles a single directory of a cgroup2 hierarchy. v1.c uses it too, on a hybrid host.
 */
#ifndef KIST_CGROUP_V2_H
#define KIST_CGROUP_V2_H

#include <stdbool.h>

#include "spec/error.h"

struct cgroup_writes;
struct hierarchy;

/**
 * unified_make() - make a container's directory, and enable the controllers that it needs for
 * these limits.
 * @usual: enable the usual controllers, too, so that there are numbers to read and limits can be
 * set later
 *
 * Return: descriptor of the directory or -errno
 */
int unified_make(const struct hierarchy *unified, const char *path,
		 const struct cgroup_writes *writes, bool usual, struct error *err);

/**
 * unified_populated(), unified_frozen() - does cgroup.events say that the cgroup or one below has
 * processes, or that the cgroup is frozen?
 */
bool unified_populated(int directory);
bool unified_frozen(int directory);

/**
 * unified_use() - is the cgroup free, populated or frozen?
 *
 * Return: enum cgroup_use
 */
int unified_use(int directory);

/**
 * unified_freeze() - freeze a cgroup and wait until it is frozen, or thaw it. A cgroup that cannot
 * be frozen in time is thawed again.
 *
 * Return: 0, -ETIMEDOUT or -errno
 */
int unified_freeze(int directory, bool frozen, struct error *err);

/**
 * unified_kill() - send a signal to all processes in a cgroup and below, atomically for SIGKILL.
 *
 * Return: 0 or -errno
 */
int unified_kill(int directory, int signal, struct error *err);

#endif
