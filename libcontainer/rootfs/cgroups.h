/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part makes a mount of type cgroup (config-linux.md, Default Filesystems;
 * cgroup_namespaces(7)), which shows the container's own cgroup in each hierarchy by copies of the
 * host's directories.
 */
#ifndef KIST_CGROUPS_H
#define KIST_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "spec/error.h"

struct mount_options;
struct plan;

/* The detached mounts that a cgroup mount shows, and the name of the directory below the
 * destination that each is attached to; "" stands for the destination itself. */
struct cgroup_sources {
	size_t count;
	int at[CGROUP_HIERARCHIES_MAX];
	const char *names[CGROUP_HIERARCHIES_MAX];
	const struct hierarchy *hierarchies[CGROUP_HIERARCHIES_MAX];
};

/**
 * cgroups_list() - list the hierarchies that a cgroup mount shows; there are none when the
 * container has no cgroup.
 * @unified: show only the cgroup2 hierarchy, also where it is mounted beside v1; where the host
 * has no cgroup2 hierarchy, all hierarchies are shown
 * @sources: zeroed by the caller; no source is open afterwards
 */
void cgroups_list(const struct plan *plan, bool unified, struct cgroup_sources *sources);

/**
 * cgroups_open() - open the listed sources, once the container's cgroup is made.
 * @sources: the caller closes what is open, also after a failure
 *
 * With a cgroup namespace, and on v1, a source is the container's own directory. On v2 in the
 * host's cgroup namespace it is the whole hierarchy, since /proc/self/cgroup is relative to that.
 *
 * Return: 0 or -errno
 */
int cgroups_open(const struct plan *plan, struct cgroup_sources *sources, struct error *err);

/**
 * cgroups_mount() - mount a tmpfs on the destination and the hierarchies on directories in it, as
 * v1 needs; without sources the tmpfs stays empty and is read-only.
 * @options: attributes that each hierarchy's mount gets
 * @target: descriptor of the destination
 *
 * Return: 0 or -errno
 */
int cgroups_mount(const struct plan *plan, const struct cgroup_sources *sources,
		  const struct mount_options *options, int target, struct error *err);

/**
 * cgroups_are_callers() - should the cgroup mount show the cgroup that the caller of kist is in?
 *
 * It should for a container without a cgroup of its own: on v2 the caller's cgroup is the root of
 * the container's cgroup namespace, and nothing above that root is seen.
 */
bool cgroups_are_callers(const struct plan *plan);

/**
 * cgroups_make_callers() - make a cgroup2 mount of the caller's cgroup. It must be called from
 * inside the container's cgroup namespace.
 *
 * Return: descriptor of a detached mount or -errno
 */
int cgroups_make_callers(struct error *err);

/**
 * cgroups_links() - list the links below the destination that v1 needs for controllers which are
 * mounted together, such as {"cpu", "cpu,cpuacct"}.
 * @links: gets pairs of name and target
 * @room: how many pairs fit
 *
 * Return: how many pairs were stored
 */
int cgroups_links(const struct plan *plan, const char *(*links)[2], int room);

#endif
