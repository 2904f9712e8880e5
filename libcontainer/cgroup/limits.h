/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of a cgroup (config-linux.md, Control groups): computed from linux.resources and the
 * host's hierarchies alone, as a list of files and texts; and written.
 */
#ifndef KIST_CGROUP_LIMITS_H
#define KIST_CGROUP_LIMITS_H

#include "libcontainer/cgroup/devices.h"
#include "libcontainer/cgroup/writes.h"
#include "spec/error.h"

struct arena;
struct hierarchies;
struct hierarchy;
struct resources;

struct cgroup_limits {
	struct cgroup_writes writes;             /* in the order to write them */
	struct cgroup_device_rules device_rules; /* what the program says, for those who print it */
	struct bpf_program devices; /* for the cgroup2 directory; else the rules are among the
				       writes */
};

/**
 * cgroup_limits_make() - the limits of linux.resources, but for devices.
 * @resources: NULL for none
 * @hierarchies: the host's, or none at all
 * @limits: whose writes are set
 *
 * Return: 0; -EINVAL: a value makes no sense; -ENOTSUP: these hierarchies cannot enforce it
 */
int cgroup_limits_make(const struct resources *resources, const struct hierarchies *hierarchies,
		       struct arena *arena, struct cgroup_limits *limits, struct error *err);

/**
 * cgroup_limits_write() - set the limits of one hierarchy, its device program included.
 * @directory: the container's in there
 */
int cgroup_limits_write(const struct cgroup_limits *limits, const struct hierarchy *hierarchy,
			int directory, struct error *err);

#endif
