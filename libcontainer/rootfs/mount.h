/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One entry of mounts (config.md, Mounts): questions about it, and how it becomes a mount.
 */
#ifndef KIST_MOUNT_H
#define KIST_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/error.h"

struct creation;
struct mount;
struct mount_options;
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

/**
 * mount_make() - what an entry describes, detached: a new filesystem, or its source, which is used
 * up; without the propagation that is asked for.
 *
 * Return: descriptor; -errno, where the error begins with the target
 */
int mount_make(struct creation *creation, const struct mount_plan *entry, struct error *err);

/**
 * mount_target() - find what it goes on in creation->rootfs.tree, and make that where it is missing:
 * directories go on directories, everything else on files.
 *
 * Return: O_PATH descriptor; -errno, where the error begins with the target
 */
int mount_target(const struct creation *creation, const struct mount_plan *entry, int mount,
		 struct error *err);

/**
 * mount_propagate() - set the propagation that the options ask for.
 */
int mount_propagate(int mount, const struct mount_options *options, struct error *err);

#endif
