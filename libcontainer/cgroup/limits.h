/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part has the limits of a cgroup (config-linux.md, Control groups). They are computed from
 * linux.resources and the host's hierarchies alone, as a list of files and texts, and written
 * later.
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
	struct cgroup_writes writes;             /* in the order in which they are written */
	struct cgroup_device_rules device_rules; /* the rules of the program, for printing a plan */
	/* The program for the cgroup2 directory. When it is empty, device rules are among the
	 * writes. */
	struct bpf_program devices;
};

/**
 * cgroup_limits_make() - plan the limits of linux.resources, except those of devices.
 * @resources: NULL for none
 * @hierarchies: the host's, or an empty set
 * @arena: owns the writes
 * @limits: its writes are set
 *
 * Return: 0; -EINVAL for a value that makes no sense; -ENOTSUP when these hierarchies cannot
 * enforce a limit
 */
int cgroup_limits_make(const struct resources *resources, const struct hierarchies *hierarchies,
		       struct arena *arena, struct cgroup_limits *limits, struct error *err);

/**
 * cgroup_limits_write() - set the limits of one hierarchy, its device program included.
 * @directory: descriptor of the container's directory in that hierarchy
 *
 * Return: 0 or -errno
 */
int cgroup_limits_write(const struct cgroup_limits *limits, const struct hierarchy *hierarchy,
			int directory, struct error *err);

#endif
