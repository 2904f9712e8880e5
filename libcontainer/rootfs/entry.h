/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One entry of mounts (config.md, Mounts): what it asks for.
 */
#ifndef KIST_ENTRY_H
#define KIST_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/error.h"

struct mount;
struct mount_plan;
struct plan;

/**
 * entry_plan() - which kind of mount an entry describes, from where and to where; refuses what
 * contradicts itself, and places that nothing may be mounted on.
 * @index: in config.json
 *
 * Return: 0; -EINVAL, where the error begins with the property
 */
int entry_plan(const struct plan *plan, size_t index, struct mount_plan *entry, struct error *err);

/**
 * entry_has_type() - is this its type? An entry without one has none.
 */
bool entry_has_type(const struct mount *mount, const char *type);

/**
 * entry_wants_readonly() - is the mount itself to be read-only, whatever is below it?
 */
bool entry_wants_readonly(const struct mount *mount);

/**
 * entry_propagation() - all its propagation options as one mask: MS_SHARED, MS_SLAVE ...
 */
unsigned long entry_propagation(const struct mount *mount);

/**
 * entry_in_list() - is a text, such as its type or its target, one of these?
 */
bool entry_in_list(const char *text, const char *const *list, size_t count);

/**
 * entry_early_attributes() - of attributes that are set, those that the mount has from the
 * beginning: what is still to be filled becomes read-only at the end.
 * @set: MOUNT_ATTR_*
 */
uint64_t entry_early_attributes(const struct mount_plan *entry, uint64_t set);

#endif
