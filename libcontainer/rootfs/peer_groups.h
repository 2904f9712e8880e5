/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The peer groups that the host has mounts in (mount_namespaces(7)): what is mounted onto, or
 * unmounted from, a mount of a container that is in one of them, is so for the host as well.
 */
#ifndef KIST_PEER_GROUPS_H
#define KIST_PEER_GROUPS_H

#include "spec/error.h"

struct creation;
struct step;

/* Host: which there are. */
extern const struct step peer_groups_read;

/**
 * peer_groups_check_place() - refuse to mount onto a mount that the host shares: what is mounted appears
 * there, too, at a place that the container's links may have chosen, and outlives the container.
 * @target: descriptor of the place, in the container
 *
 * Return: 0; -EPERM; -ENOENT when the mount that it is on has gone; -errno
 */
int peer_groups_check_place(const struct creation *creation, int target, struct error *err);

/**
 * peer_groups_check_mount() - refuse to unmount what is on a mount that the host shares: it goes there, too.
 * @mount: descriptor of its root
 *
 * Return: as above
 */
int peer_groups_check_mount(const struct creation *creation, int mount, struct error *err);

#endif
