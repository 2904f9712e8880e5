/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handle of a cgroup, and its two axes.
 *
 * The layout is how directories and files work: v1 and hybrid, or v2. The manager is who makes the
 * cgroup, sets its limits and takes it away. Neither asks which one the other is: what differs is a
 * member or a function of theirs.
 */
#ifndef KIST_CGROUP_LAYOUT_H
#define KIST_CGROUP_LAYOUT_H

#include <stdbool.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "libcontainer/cgroup/limits.h"
#include "libcontainer/cgroup/tree.h"
#include "spec/error.h"

/* Made by cgroup_plan() or by cgroup_of_record(), which have checked the path, and by nobody else. */
struct cgroup {
	const struct cgroup_layout *layout; /* NULL: there is no cgroup */
	const struct cgroup_manager *manager;
	const struct hierarchies *hierarchies;
	const char *path; /* below each hierarchy's mount; absolute, no "." or ".."; "": none */
};

/* What a cgroup is used for at the moment. */
enum cgroup_use { CGROUP_FREE, CGROUP_POPULATED, CGROUP_FROZEN };

struct cgroup_layout {
	const char *name; /* "v1", "v2" */

	/* Cgroup2's hierarchy is all there is: init is born in it, and what /proc/self/cgroup says
	 * in the host's cgroup namespace is relative to the whole of it. Else init enters v1's
	 * hierarchies by itself. */
	bool single;

	/* Make the directory in one hierarchy, and what limits and processes need in there. Return:
	 * its descriptor. */
	int (*make)(const struct cgroup *cgroup, const struct hierarchy *hierarchy,
		    const struct cgroup_writes *writes, struct error *err);
	/* Return: enum cgroup_use; a missing one is free: it will be made. */
	int (*use)(const struct cgroup *cgroup, struct error *err);
	/* Remove the directories, those below first. What is missing is no error. Retried for so
	 * long while the kernel is busy with what is in there; then -EBUSY. */
	int (*remove)(const struct cgroup *cgroup, unsigned patience_ms, struct error *err);
	/* SIGKILL (or another signal) to every process below, also to those that fork meanwhile.
	 * No such cgroup: nobody is in it. */
	int (*kill)(const struct cgroup *cgroup, int signal, struct error *err);
	/* Freeze or thaw, and wait until it is so. */
	int (*freeze)(const struct cgroup *cgroup, bool frozen, struct error *err);
	/* Let what is frozen, and was killed, die. NULL: that needs no help. */
	void (*release)(const struct cgroup *cgroup);
};

struct cgroup_manager {
	const char *name; /* "cgroupfs" */

	/* Make the cgroup with its limits, and hold it open for init. */
	int (*start)(const struct cgroup *cgroup, const struct cgroup_limits *limits,
		     bool born_inside, struct cgroup_handles *handles, struct error *err);
	/* Take it away, with the patience of the layout's remove. */
	int (*stop)(const struct cgroup *cgroup, unsigned patience_ms, struct error *err);
};

extern const struct cgroup_layout cgroup_v1, cgroup_v2;
extern const struct cgroup_manager cgroup_cgroupfs;

#endif
