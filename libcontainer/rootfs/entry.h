/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part interprets one entry of mounts (config.md, Mounts) from config.json.
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
 * entry_plan() - decide which kind of mount an entry describes, with its source and target; refuse
 * an entry that contradicts itself, and a place that nothing may be mounted on.
 * @index: of the entry in config.json
 * @entry: gets the result
 *
 * Return: 0; -EINVAL, where the error begins with the property
 */
int entry_plan(const struct plan *plan, size_t index, struct mount_plan *entry, struct error *err);

/**
 * entry_has_type() - does an entry have this filesystem type? An entry without a type has none.
 */
bool entry_has_type(const struct mount *mount, const char *type);

/**
 * entry_wants_readonly() - should the mount itself be read-only, whatever the mounts below it are?
 */
bool entry_wants_readonly(const struct mount *mount);

/**
 * entry_propagation() - collect all propagation options of an entry in one mask.
 *
 * Return: MS_SHARED, MS_SLAVE ...; 0 when the entry has none
 */
unsigned long entry_propagation(const struct mount *mount);

/**
 * entry_in_list() - is a text, such as the type or the target of an entry, in a list?
 */
bool entry_in_list(const char *text, const char *const *list, size_t count);

/**
 * entry_early_attributes() - select the attributes that a mount has from the beginning: a mount
 * that is still to be filled becomes read-only only at the end.
 * @set: MOUNT_ATTR_* that the entry sets
 *
 * Return: MOUNT_ATTR_*
 */
uint64_t entry_early_attributes(const struct mount_plan *entry, uint64_t set);

#endif
