/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part writes the limits to the files of a cgroup, in the order in which they are planned.
 */
#ifndef KIST_CGROUP_WRITES_H
#define KIST_CGROUP_WRITES_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/error.h"

struct hierarchy;

/* A limit is written in the container's directory of the hierarchy that has the controller. */
struct cgroup_write {
	const char *property;   /* "linux.resources.memory.limit", for errors */
	const char *controller; /* "memory" */
	const char *file;       /* "memory.max" */
	const char *text;       /* "1048576" */
	bool optional;          /* the text changes nothing, so the file may be missing */
	const char *missing;    /* why the file may be missing; NULL: unknown */
};

struct cgroup_writes {
	size_t count;
	struct cgroup_write *at;
};

/**
 * cgroup_writes_apply() - write those limits whose controller a hierarchy has.
 * @directory: descriptor of the container's directory in that hierarchy
 *
 * Return: 0 or -errno
 */
int cgroup_writes_apply(const struct cgroup_writes *writes, const struct hierarchy *hierarchy,
			int directory, struct error *err);

#endif
