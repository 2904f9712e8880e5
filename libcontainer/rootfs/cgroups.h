/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mount of type cgroup (config-linux.md, Default Filesystems; cgroup_namespaces(7)): the
 * container's own cgroup in each hierarchy, by copies of the host's directories.
 */
#ifndef KIST_CGROUPS_H
#define KIST_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "spec/error.h"

struct mount_options;
struct plan;

/* What the mount shows: detached mounts, and the directory that each goes to below the destination,
 * "" for the destination itself. */
struct cgroup_sources {
	size_t count;
	int at[CGROUP_HIERARCHIES_MAX];
	const char *names[CGROUP_HIERARCHIES_MAX];
	const struct hierarchy *hierarchies[CGROUP_HIERARCHIES_MAX];
};

/**
 * cgroups_list() - which directories there will be; none without a cgroup.
 * @unified: of cgroup2 alone, also where it stands beside v1; without one there, of all
 * @sources: zeroed; none is open yet
 */
void cgroups_list(const struct plan *plan, bool unified, struct cgroup_sources *sources);

/**
 * cgroups_open() - open them, once the cgroup is made.
 * @sources: what is open is the caller's to close, also after a failure
 *
 * With a cgroup namespace or on v1: the container's own directory. On v2 in the host's cgroup
 * namespace: the whole hierarchy, since /proc/self/cgroup is relative to that.
 */
int cgroups_open(const struct plan *plan, struct cgroup_sources *sources, struct error *err);

/**
 * cgroups_mount() - v1, or no cgroup at all: a directory for the hierarchies.
 */
int cgroups_mount(const struct plan *plan, const struct cgroup_sources *sources,
		  const struct mount_options *options, int target, struct error *err);

/**
 * cgroups_are_callers() - is the cgroup to be seen that the caller is in? So it is for a container
 * without one of its own: on v2 its cgroup namespace has that one as its root, and nothing above it
 * is seen.
 */
bool cgroups_are_callers(const struct plan *plan);

/**
 * cgroups_make_callers() - it, from inside of that namespace.
 *
 * Return: descriptor of a detached mount
 */
int cgroups_make_callers(struct error *err);

/**
 * cgroups_links() - v1: links below the destination, {"cpu", "cpu,cpuacct"}, for controllers mounted
 * together. Return: how many pairs (name, target) were stored.
 */
int cgroups_links(const struct plan *plan, const char *(*links)[2], int room);

#endif
