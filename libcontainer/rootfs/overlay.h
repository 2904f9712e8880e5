/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part makes a root filesystem whose changes do not reach the image (overlayfs.rst in the
 * kernel's documentation): the changes are kept in a directory (--overlay), or in memory and
 * vanish with the container (--ephemeral).
 */
#ifndef KIST_OVERLAY_H
#define KIST_OVERLAY_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct plan;

bool overlay_planned(const struct plan *plan);

/**
 * overlay_open() - open the directory of --overlay, and make it and its two layers where they are
 * missing: "upper" has the changes, "work" is the kernel's own.
 * @path: path of the directory
 * @rootfs: path of the root filesystem, whose owner the new directories get
 *
 * Return: descriptor of a detached mount of the directory, or -errno
 */
int overlay_open(const char *path, const char *rootfs, struct error *err);

/**
 * overlay_make() - make a detached overlay over a detached tree.
 * @lower: root of the tree; it is used up. The overlay shows only the topmost filesystem of the
 * tree, and none that is mounted below.
 *
 * The caller's mount namespace must be private: the layers are attached on the stage meanwhile
 * (mountfd_stage()), since the kernel takes them by path. The paths are plain words, so nothing in
 * the name of a directory can be taken for a separator.
 *
 * Return: descriptor of the overlay's mount or -errno
 */
int overlay_make(const struct creation *creation, int lower, struct error *err);

#endif
