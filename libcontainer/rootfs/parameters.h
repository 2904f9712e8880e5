/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameters are the options that a filesystem gets when it is mounted (config.md, Mounts;
 * mount(2), fsconfig(2)).
 *
 * By the specification, the options that kist does not interpret are one string with commas for
 * mount(2). fsconfig(2) takes them one by one, and none of more than 255 bytes. So they are split
 * as the kernel would do it, and the layers of an overlay are given one by one where the list of
 * them is too long for that.
 */
#ifndef KIST_PARAMETERS_H
#define KIST_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/error.h"

struct arena;
struct mount;

struct parameter {
	const char *name, *value; /* value: NULL where the name stands alone */
};

struct parameters {
	size_t count;
	struct parameter *at;
};

/**
 * parameters_plan() - split the data of a mount into parameters.
 * @arena: owns the result
 * @parameters: gets the result
 *
 * Return: 0; -EINVAL for a parameter, or a source, that is longer than fsconfig(2) accepts
 */
int parameters_plan(struct arena *arena, const struct mount *mount, struct parameters *parameters,
		    struct error *err);

/**
 * parameters_have() - is there a parameter of this name that has a value?
 */
bool parameters_have(const struct parameters *parameters, const char *name);

#endif
