/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The default configuration: what `kist spec` writes, and what `kist run --rootfs` runs.
 */
#ifndef KIST_SPEC_TEMPLATE_H
#define KIST_SPEC_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/arena.h"

/* Whom the default config.json is for. */
struct template_user {
	bool rootless;     /* for an ordinary user: with a user namespace that maps him to root, and
			      the host's network */
	bool cgroup2;      /* the host has nothing but cgroup2 */
	uint32_t uid, gid; /* the ids that are mapped to root */
};

/**
 * template_format() - the default config.json, in the shape of `runc spec`.
 *
 * Return: the text, owned by the arena
 */
const char *template_format(const struct template_user *user, struct arena *arena);

/**
 * template_format_for() - a default config.json for one command on the caller's stdio, with a
 * cgroup namespace on every host.
 * @rootfs: becomes root.path
 * @args: the command; ends in NULL
 * @readonly: becomes root.readonly
 *
 * Return: the text, owned by the arena
 */
const char *template_format_for(const char *rootfs, const char *const *args, bool readonly,
				struct arena *arena);

#endif
