/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Id-mapped mounts show files with other owners (config.md, Linux mount options: idmap, ridmap;
 * POSIX platform mounts: uidMappings, gidMappings; mount_setattr(2), MOUNT_ATTR_IDMAP).
 *
 * The kernel takes a mapping as a user namespace. kist makes one for each distinct mapping and
 * keeps only its descriptor. The container's own user namespace is used where its maps are the
 * same, but its maps are only written when init exists. The host side maps binds, because that
 * takes its privileges over the source's filesystem; init maps new filesystems.
 */
#ifndef KIST_IDMAPPED_H
#define KIST_IDMAPPED_H

#include "spec/error.h"

struct creation;
struct mount_plan;
struct plan;

/**
 * idmapped_plan() - choose the mapping of a mount, and share it with earlier mounts that have the
 * same one.
 * @entry: its mapping is set to an index in plan->rootfs.mappings, or to -1 for none
 *
 * Return: 0; -EINVAL for a kind of mount that cannot be mapped; -EPERM where kist lacks the
 * privileges
 */
int idmapped_plan(struct plan *plan, struct mount_plan *entry, struct error *err);

/**
 * idmapped_apply() - map a detached mount as its entry asks for.
 *
 * It does nothing for a mount without a mapping, nor for one that uses the container's own user
 * namespace: idmapped_own does the latter once init exists.
 *
 * Return: 0 or -errno
 */
int idmapped_apply(const struct creation *creation, const struct mount_plan *entry, int mount,
		   struct error *err);

#endif
