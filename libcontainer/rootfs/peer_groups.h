/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part knows the peer groups that the host has mounts in (mount_namespaces(7)). A mount of a
 * container that is in one of them propagates: what is mounted onto it, or unmounted from it, is
 * mounted or unmounted on the host as well.
 */
#ifndef KIST_PEER_GROUPS_H
#define KIST_PEER_GROUPS_H

#include "spec/error.h"

struct creation;
struct step;

/* The host side reads which peer groups its mounts are in. */
extern const struct step peer_groups_read;

/**
 * peer_groups_check_place() - refuse to mount onto a mount that the host shares: the new mount
 * would appear on the host, too, at a place that the container's links may have chosen, and
 * outlive the container.
 * @target: descriptor of the place, in the container
 *
 * Return: 0; -EPERM; -ENOENT when the mount that the place is on has gone; -errno
 */
int peer_groups_check_place(const struct creation *creation, int target, struct error *err);

/**
 * peer_groups_check_mount() - refuse to unmount a mount whose parent the host shares: the host
 * would lose its copy, too.
 * @mount: descriptor of the mount's root
 *
 * Return: 0; -EPERM; -ENOENT when the mount has gone; -errno
 */
int peer_groups_check_mount(const struct creation *creation, int mount, struct error *err);

#endif
