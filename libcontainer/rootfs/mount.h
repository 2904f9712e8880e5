/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an entry of mounts (config.md, Mounts) becomes a mount.
 */
#ifndef KIST_MOUNT_H
#define KIST_MOUNT_H

#include <stdio.h>

#include "spec/error.h"

struct creation;
struct mount_options;
struct mount_plan;
struct plan;

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

/**
 * mount_print() - the entries, for `kist plan`.
 */
void mount_print(const struct plan *plan, FILE *out);

#endif
