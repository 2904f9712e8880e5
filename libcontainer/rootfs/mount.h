/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions about one entry of mounts (config.md, Mounts).
 */
#ifndef KIST_MOUNT_H
#define KIST_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount;
struct mount_plan;

bool mount_has_type(const struct mount *mount, const char *type);
bool mount_wants_readonly(const struct mount *mount);

/* Of all its propagation options, MS_SHARED ... */
unsigned long mount_propagation(const struct mount *mount);
bool mount_in_list(const char *text, const char *const *list, size_t count);

/**
 * mount_early_attributes() - of attributes that are set, those that the mount has from the
 * beginning: what is still to be filled becomes read-only at the end.
 */
uint64_t mount_early_attributes(const struct mount_plan *entry, uint64_t set);

#endif
