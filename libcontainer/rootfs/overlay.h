/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ephemeral root: an overlay whose changes go to memory and vanish with the container
 * (Documentation/filesystems/overlayfs.rst).
 */
#ifndef KIST_OVERLAY_H
#define KIST_OVERLAY_H

#include "spec/error.h"

/**
 * overlay_make() - a detached overlay over a detached tree.
 * @lower: root of the tree; it is used up. The overlay shows its topmost filesystem only, none that
 * is mounted below.
 *
 * The caller's mount namespace must be private: the layers are put on its stage meanwhile, since
 * the kernel takes them by path. The paths are three plain words, so nothing in the name of a
 * directory can be taken for a separator.
 *
 * Return: descriptor of the overlay's mount or -errno
 */
int overlay_make(int lower, struct error *err);

#endif
