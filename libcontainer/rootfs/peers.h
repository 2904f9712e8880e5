/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Binds that the host sees into: shared ones, in a container whose root is shared, too
 * (config-linux.md, Rootfs Mount Propagation; mount_namespaces(7), SHARED SUBTREES).
 *
 * What the program mounts there appears on the host; what kist mounts and masks there must not. So
 * while kist is at work the mounts of the bind only follow the host, as slaves. A second copy of
 * each keeps a place in the peer group, and at the very end the host side puts the bind's into the
 * same group (move_mount(2), MOVE_MOUNT_SET_GROUP, Linux 5.15).
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

/* A mount of a bind, and one of the peer group that it comes from. */
struct peer {
	struct peer *next;
	int mount, group; /* group: of the host side; -1: where init has not inherited it */
	bool below;       /* it is not the bind itself, but was mounted below its source */
};

/**
 * peers_asked() - is this mount to be in the peer group of its source?
 *
 * Only below a root that is shared itself, like in other runtimes.
 */
bool peers_asked(const struct plan *plan, const struct mount_plan *entry);

/**
 * peers_keep() - keep a place in each peer group that the mounts of a bind are in.
 * @source: the detached copy that is to be attached; it is not changed
 */
int peers_keep(struct creation *creation, const struct mount_plan *entry, int source,
	       struct error *err);

/**
 * peers_add() - one more mount of a bind.
 * @one: copied; what is open is closed by peers_close()
 */
void peers_add(const struct plan *plan, struct peers *peers, const struct peer *one);

/**
 * peers_stay() - can the bind not be put back, and so never leaves the peer group?
 */
bool peers_stay(const struct creation *creation, const struct mount_plan *entry);

/**
 * peers_leave() - let the mounts of a bind be ready to be put back: neither shared nor slaves.
 */
int peers_leave(const struct creation *creation, const struct mount_plan *entry, struct error *err);

/**
 * peers_close() - close what is kept.
 */
void peers_close(const struct rootfs_handles *rootfs);

#endif
