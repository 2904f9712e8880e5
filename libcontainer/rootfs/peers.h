/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Peers are binds that the host sees into: binds with shared propagation, in a container whose
 * root is shared, too (config-linux.md, Rootfs Mount Propagation; mount_namespaces(7), SHARED
 * SUBTREES).
 *
 * What the program mounts there appears on the host; what kist mounts and masks there must not. So
 * while kist is at work the mounts of the bind only follow the host, as slaves. A second copy of
 * each mount keeps a place in the peer group, and at the very end the host side puts the bind's
 * mounts into the same group (move_mount(2), MOVE_MOUNT_SET_GROUP, Linux 5.15).
 */
#ifndef KIST_PEERS_H
#define KIST_PEERS_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct mount_plan;
struct plan;
struct rootfs_handles;
struct peers;

/* A peer pairs a mount of a bind with a mount that is still in the peer group which the bind was
 * copied from. */
struct peer {
	struct peer *next;
	int mount, group; /* group: on the host side only; -1 in init */
	bool below;       /* mounted below the bind's source, not the bind itself */
};

/**
 * peers_asked() - should this mount be in the peer group of its source?
 *
 * It should only below a root that is shared itself, like in other runtimes.
 */
bool peers_asked(const struct plan *plan, const struct mount_plan *entry);

/**
 * peers_keep() - keep a place in each peer group that the mounts of a bind are in. Where the
 * kernel allows no return to the group, the bind is marked to stay in it.
 * @source: the detached copy that will be attached; it is not changed
 *
 * Return: 0 or -errno
 */
int peers_keep(struct creation *creation, const struct mount_plan *entry, int source,
	       struct error *err);

/**
 * peers_add() - add one more mount to the peers of a bind.
 * @one: is copied; peers_close() closes its descriptors
 */
void peers_add(const struct plan *plan, struct peers *peers, const struct peer *one);

/**
 * peers_stay() - does the bind stay in its peer group all the time, because it could not return to
 * it?
 */
bool peers_stay(const struct creation *creation, const struct mount_plan *entry);

/**
 * peers_leave() - make the mounts of a bind private, since only a mount that is neither shared nor
 * a slave can join a peer group.
 *
 * Return: 0; -errno, where the error begins with the target
 */
int peers_leave(const struct creation *creation, const struct mount_plan *entry, struct error *err);

/**
 * peers_close() - close the descriptors of all peers.
 */
void peers_close(const struct rootfs_handles *rootfs);

#endif
