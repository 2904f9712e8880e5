/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part makes a mount from an entry of mounts (config.md, Mounts).
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
 * mount_make() - make the detached mount that an entry describes, from a new filesystem or from
 * the entry's opened source, which is used up. The propagation that the entry asks for is not set
 * yet.
 *
 * Return: descriptor; -errno, where the error begins with the target
 */
int mount_make(struct creation *creation, const struct mount_plan *entry, struct error *err);

/**
 * mount_target() - find the place in creation->rootfs.tree that a mount is attached to, and make
 * it where it is missing. A directory is mounted on a directory, anything else on a file.
 * @mount: descriptor of the mount's root, which says whether it is a directory
 *
 * Return: O_PATH descriptor; -errno, where the error begins with the target
 */
int mount_target(const struct creation *creation, const struct mount_plan *entry, int mount,
		 struct error *err);

/**
 * mount_propagate() - set the propagation that the options ask for, in their order.
 *
 * Return: 0 or -errno
 */
int mount_propagate(int mount, const struct mount_options *options, struct error *err);

/**
 * mount_print() - print the entries of mounts, as `kist plan` shows them.
 */
void mount_print(const struct plan *plan, FILE *out);

#endif
