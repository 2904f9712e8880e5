/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroup hierarchies that are mounted on this host (cgroups(7)). Plain data, so a test can
 * write them by hand.
 */
#ifndef KIST_CGROUP_HIERARCHIES_H
#define KIST_CGROUP_HIERARCHIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "spec/error.h"

struct arena;

/* The most hierarchies that v1 can have: 12 controllers, name=systemd, and the unified one. */
enum { CGROUP_HIERARCHIES_MAX = 16 };

/* One mounted cgroup hierarchy. */
struct hierarchy {
	const char
		*controllers; /* v1: "memory", "cpu,cpuacct", "name=systemd"; cgroup2: the available
				 ones as in cgroup.controllers, separated by spaces, perhaps "" */
	const char *mount;    /* "/sys/fs/cgroup/memory" */
	bool unified;         /* cgroup2 */
};

/* One with .unified alone: v2. Others: v1, with or without one unified (hybrid). None: no cgroups. */
struct hierarchies {
	size_t count;
	const struct hierarchy *at;
	const char *refused; /* why there shall be none, where that is so; NULL: none is mounted */
};

/**
 * hierarchies_read() - those of this host. Cheap on v2: one statfs.
 */
int hierarchies_read(struct arena *arena, struct hierarchies *hierarchies, struct error *err);

/**
 * hierarchies_parse() - those in a mountinfo file (proc(5)); the controllers of cgroup2 are not in
 * there and left "".
 */
int hierarchies_parse(FILE *mountinfo, struct arena *arena, struct hierarchies *hierarchies,
		      struct error *err);

/**
 * hierarchies_find() - the one that has a controller ("memory"), NULL for none.
 */
const struct hierarchy *hierarchies_find(const struct hierarchies *hierarchies,
					 const char *controller);

/**
 * hierarchies_unified() - the cgroup2 hierarchy, NULL for none.
 */
const struct hierarchy *hierarchies_unified(const struct hierarchies *hierarchies);

/**
 * hierarchies_are_v2() - is the cgroup2 hierarchy all there is?
 */
bool hierarchies_are_v2(const struct hierarchies *hierarchies);

/**
 * controllers_have() - is a controller in a list? Separated by commas (mount options of v1) or
 * spaces (cgroup.controllers).
 */
bool controllers_have(const char *list, const char *controller);

#endif
