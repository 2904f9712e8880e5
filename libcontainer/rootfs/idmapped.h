/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts that show files with other owners (config.md, Linux mount options: idmap, ridmap; POSIX
 * platform mounts: uidMappings, gidMappings; mount_setattr(2), MOUNT_ATTR_IDMAP).
 *
 * The kernel takes a mapping as a user namespace. One is made for each distinct mapping, and left
 * to its descriptor at once; the container's own, whose maps are only written when init exists, is
 * taken where it says the same. Binds are mapped by the host side, whose privileges the source's
 * filesystem asks for, new filesystems by init.
 */
#ifndef KIST_IDMAPPED_H
#define KIST_IDMAPPED_H

#include "spec/error.h"

struct creation;
struct mount_plan;
struct plan;

/**
 * idmapped_plan() - which mapping a mount has, with those of the mounts before it already planned.
 *
 * Sets entry->mapping. Refuses what the kernel would: see there.
 */
int idmapped_plan(struct plan *plan, struct mount_plan *entry, struct error *err);

/**
 * idmapped_apply() - map a detached mount as its entry asks for, if with a mapping of its own.
 */
int idmapped_apply(const struct creation *creation, const struct mount_plan *entry, int mount,
		   struct error *err);

#endif
