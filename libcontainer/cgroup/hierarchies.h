/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part finds the cgroup hierarchies that are mounted on this host (cgroups(7)). They are
 * plain data, so a test can write them by hand.
 */
#ifndef KIST_CGROUP_HIERARCHIES_H
#define KIST_CGROUP_HIERARCHIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "spec/error.h"

struct arena;

/* v1 can have at most 12 controllers, name=systemd, and the unified hierarchy beside them. */
enum { CGROUP_HIERARCHIES_MAX = 16 };

struct hierarchy {
	/* On v1: "memory", "cpu,cpuacct", "name=systemd". On cgroup2: the available controllers as
	 * in cgroup.controllers, separated by spaces; the list may be "". */
	const char *controllers;
	const char *mount; /* "/sys/fs/cgroup/memory" */
	bool unified;      /* it is the cgroup2 hierarchy */
};

/* A single hierarchy that is unified means v2. Other sets mean v1, or the hybrid form when one of
 * them is unified. An empty set means that there are no cgroups. */
struct hierarchies {
	size_t count;
	const struct hierarchy *at;
	const char *refused; /* why no cgroup is used; NULL: none is mounted */
};

/**
 * hierarchies_read() - find the hierarchies of this host. On v2 this takes little more than a
 * statfs(2).
 * @arena: owns the result
 * @hierarchies: gets the result
 *
 * Return: 0 or -errno
 */
int hierarchies_read(struct arena *arena, struct hierarchies *hierarchies, struct error *err);

/**
 * hierarchies_parse() - find the hierarchies in a mountinfo file (proc(5)). The controllers of
 * cgroup2 are not in that file and are left "".
 * @arena: owns the result
 * @hierarchies: gets the result
 *
 * Return: 0; -E2BIG for more hierarchies than there can be
 */
int hierarchies_parse(FILE *mountinfo, struct arena *arena, struct hierarchies *hierarchies,
		      struct error *err);

/**
 * hierarchies_find() - find the hierarchy that has a controller such as "memory".
 *
 * Return: the hierarchy, or NULL
 */
const struct hierarchy *hierarchies_find(const struct hierarchies *hierarchies,
					 const char *controller);

/**
 * hierarchies_unified() - find the cgroup2 hierarchy.
 *
 * Return: the hierarchy, or NULL
 */
const struct hierarchy *hierarchies_unified(const struct hierarchies *hierarchies);

/**
 * hierarchies_are_v2() - is the cgroup2 hierarchy the only one?
 */
bool hierarchies_are_v2(const struct hierarchies *hierarchies);

/**
 * controllers_have() - is a controller in a list that is separated by commas (mount options of v1)
 * or spaces (cgroup.controllers)?
 */
bool controllers_have(const char *list, const char *controller);

#endif
