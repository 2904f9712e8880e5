/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A root filesystem whose changes do not reach the image (overlayfs.rst in the kernel's
 * documentation): they are kept in a directory (--overlay), or in memory and vanish with the
 * container (--ephemeral).
 */
#ifndef KIST_OVERLAY_H
#define KIST_OVERLAY_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct plan;

bool overlay_planned(const struct plan *plan);

/**
 * overlay_open() - the directory of --overlay, made with its two layers where they are missing:
 * "upper", the difference, and "work", the kernel's own.
 * @rootfs: path of the root filesystem, whose owner they get
 *
 * Return: descriptor of a detached mount of it, or -errno
 */
int overlay_open(const char *path, const char *rootfs, struct error *err);

/**
 * overlay_make() - a detached overlay over a detached tree.
 * @lower: root of the tree; it is used up. The overlay shows its topmost filesystem only, none that
 * is mounted below.
 *
 * The caller's mount namespace must be private: the layers are put on its stage meanwhile, since
 * the kernel takes them by path. The paths are plain words, so nothing in the name of a directory
 * can be taken for a separator.
 *
 * Return: descriptor of the overlay's mount or -errno
 */
int overlay_make(const struct creation *creation, int lower, struct error *err);

#endif
