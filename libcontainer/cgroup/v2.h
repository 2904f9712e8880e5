/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a directory of a cgroup2 hierarchy can do. v1.c uses it too, on a hybrid host.
 */
#ifndef KIST_CGROUP_V2_H
#define KIST_CGROUP_V2_H

#include <stdbool.h>

#include "spec/error.h"

struct plan;
struct hierarchy;
struct cgroup_handles;

/**
 * unified_create() - make the container's directory, with the controllers it needs, its limits and
 * its device program, and leave it open in handles for init to get in.
 */
int unified_create(const struct plan *plan, const struct hierarchy *unified,
		   struct cgroup_handles *handles, struct error *err);

/**
 * unified_populated(), unified_frozen() - ask cgroup.events.
 */
bool unified_populated(int directory);
bool unified_frozen(int directory);

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
