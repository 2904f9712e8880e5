/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The default configuration: what `kist spec` writes, and what `kist run --rootfs` runs.
 */
#ifndef KIST_SPEC_TEMPLATE_H
#define KIST_SPEC_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/arena.h"

/**
 * template_format() - the default config.json.
 * @rootless: for an ordinary user: a user namespace that maps uid and gid to root, the host's
 * network
 *
 * Return: the text, owned by the arena
 */
const char *template_format(bool rootless, uint32_t uid, uint32_t gid, struct arena *arena);

/**
 * template_format_for() - the very same, for one command on the caller's stdio.
 * @rootfs: becomes root.path
 * @args: ends in NULL
 * @readonly: becomes root.readonly
 */
const char *template_format_for(const char *rootfs, const char *const *args, bool readonly,
				struct arena *arena);

#endif
