/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part has the handle of a cgroup, and the two parts that it is made of.
 *
 * The layout knows how directories and files work: v1 and hybrid, or v2. The manager makes the
 * cgroup, sets its limits and removes it. Neither asks which one the other is: a difference
 * between layouts or between managers is a member or a function of theirs.
 */
#ifndef KIST_CGROUP_LAYOUT_H
#define KIST_CGROUP_LAYOUT_H

#include <stdbool.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "libcontainer/cgroup/limits.h"
#include "libcontainer/cgroup/tree.h"
#include "spec/error.h"

/* Only cgroup_plan() and cgroup_of_record() make a handle, because they check the path. */
struct cgroup {
	const struct cgroup_layout *layout; /* NULL: the container has no cgroup */
	const struct cgroup_manager *manager;
	const struct hierarchies *hierarchies;
	const char *path; /* below each hierarchy's mount, absolute and clean; "": none */
};

/* The state of a cgroup says whether a new container can use it. */
enum cgroup_use { CGROUP_FREE, CGROUP_POPULATED, CGROUP_FROZEN };

struct cgroup_layout {
	const char *name; /* "v1", "v2" */

	/* The cgroup2 hierarchy is the only one. Init is born in it, and /proc/self/cgroup in the
	 * host's cgroup namespace has a path from the hierarchy's root. Without single, init enters
	 * v1's hierarchies by itself. */
	bool single;

	/* Makes the directory in one hierarchy, and prepares it for the limits and for processes.
	 * The result is a descriptor of the directory, or -errno. */
	int (*make)(const struct cgroup *cgroup, const struct hierarchy *hierarchy,
		    const struct cgroup_writes *writes, struct error *err);
	/* Returns an enum cgroup_use or -errno. A missing cgroup is free, because it will be
	 * made. */
	int (*use)(const struct cgroup *cgroup, struct error *err);
	/* Removes the directories, those below first. A missing directory is no error. While the
	 * kernel is busy with processes in there, removing is tried again until patience_ms have
	 * passed; then the result is -EBUSY. */
	int (*remove)(const struct cgroup *cgroup, unsigned patience_ms, struct error *err);
	/* Sends SIGKILL or another signal to every process in the cgroup and below, also to those
	 * that fork meanwhile. A missing cgroup has no processes. */
	int (*kill)(const struct cgroup *cgroup, int signal, struct error *err);
	/* Freezes or thaws the cgroup, and waits until a freeze has succeeded. */
	int (*freeze)(const struct cgroup *cgroup, bool frozen, struct error *err);
	/* Lets frozen processes die that have been killed. NULL means that they need no help. */
	void (*release)(const struct cgroup *cgroup);
};

struct cgroup_manager {
	const char *name; /* "cgroupfs" */

	/* Makes the cgroup with its limits, and holds it open for init. */
	int (*start)(const struct cgroup *cgroup, const struct cgroup_limits *limits,
		     bool born_inside, struct cgroup_handles *handles, struct error *err);
	/* Removes the cgroup; patience_ms is that of the layout's remove. */
	int (*stop)(const struct cgroup *cgroup, unsigned patience_ms, struct error *err);
};

extern const struct cgroup_layout cgroup_v1, cgroup_v2;
extern const struct cgroup_manager cgroup_cgroupfs;

#endif
