/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part makes the new filesystems of a container (config.md, Mounts; fsopen(2)).
 */
#ifndef KIST_FILESYSTEM_H
#define KIST_FILESYSTEM_H

#include "spec/error.h"

struct creation;
struct mount_plan;

/**
 * filesystem_make() - make the filesystem that an entry of mounts describes, or show the host's
 * where the kernel does not allow the container one of its own (sysfs and procfs in a user
 * namespace).
 *
 * Return: descriptor of a detached mount with the entry's attributes; -errno, where the error
 * begins with the target
 */
int filesystem_make(const struct creation *creation, const struct mount_plan *entry,
		    struct error *err);

/**
 * filesystem_reconfigure() - change the options of the filesystem that is mounted at target, as
 * far as a remount concerns the filesystem and not the mount.
 * @target: descriptor of the mount's root
 *
 * Return: 0 or -errno
 */
int filesystem_reconfigure(int target, const struct mount_plan *entry, struct error *err);

#endif
