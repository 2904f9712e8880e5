/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is written to the files of a cgroup: the limits, in the order in which they are planned.
 */
#ifndef KIST_CGROUP_WRITES_H
#define KIST_CGROUP_WRITES_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/error.h"

struct hierarchy;

/* One limit: written below the container's directory in the hierarchy that has the controller. */
struct cgroup_write {
	const char *property;   /* "linux.resources.memory.limit", for errors */
	const char *controller; /* "memory" */
	const char *file;       /* "memory.max" */
	const char *text;       /* "1048576" */
	bool optional;          /* says what holds anyway: a missing file is no error */
	const char *missing;    /* what it means when the file is missing; NULL: nothing is known */
};

struct cgroup_writes {
	size_t count;
	struct cgroup_write *at;
};

/**
 * cgroup_writes_apply() - write those whose controller one hierarchy has.
 * @directory: the container's in there
 */
int cgroup_writes_apply(const struct cgroup_writes *writes, const struct hierarchy *hierarchy,
			int directory, struct error *err);

#endif
