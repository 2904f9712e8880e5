/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a filesystem is told when it is mounted (config.md, Mounts; mount(2), fsconfig(2)).
 *
 * The options that are not kist's are, by the specification, one string with commas for mount(2).
 * fsconfig(2) takes them one by one, and none of more than 255 bytes. So they are taken apart as the
 * kernel would do it, and the layers of an overlay are given one by one where they are too many for
 * that.
 */
#ifndef KIST_PARAMETERS_H
#define KIST_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/error.h"

struct arena;
struct mount;

struct parameter {
	const char *name, *value; /* value: NULL where it is a mere word */
};

struct parameters {
	size_t count;
	struct parameter *at;
};

/**
 * parameters_plan() - take the data of a mount apart.
 * @arena: owns the result
 *
 * Refuses what fsconfig(2) would, the source included.
 */
int parameters_plan(struct arena *arena, const struct mount *mount, struct parameters *parameters,
		    struct error *err);

/**
 * parameters_have() - is there one of this name that has a value?
 */
bool parameters_have(const struct parameters *parameters, const char *name);

#endif
