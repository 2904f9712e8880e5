/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part adds mounts to a container that runs, and removes mounts from it.
 *
 * The container is hostile and can change its tree meanwhile. Places are looked up below its root,
 * once, and used by their descriptors; a mount that was attached is taken back by its own
 * descriptor.
 */
#ifndef KIST_RUNNING_H
#define KIST_RUNNING_H

#include "spec/error.h"

struct joined;
struct plan;
struct step;

/* Reads which types of filesystem the kernel knows, and which of them take a device, into
 * joined->filesystems. */
int running_read(const struct plan *plan, struct joined *joined, struct error *err);

/**
 * running_plan_adding() - refuse entries that are only for containers that are being created.
 * @plan: has what mount_plan() has made of the entries
 *
 * Return: 0; -ENOTSUP; -ENODEV for a type of filesystem that is unknown
 */
int running_plan_adding(struct plan *plan, struct error *err);

/**
 * running_plan_removing() - plan which mounts are removed: only the destination of an entry
 * counts.
 *
 * Return: 0; -EINVAL when one of them would go with another
 */
int running_plan_removing(struct plan *plan, struct error *err);

/* A child in the container runs these steps: the first opens the container's root; the second adds
 * all of the mounts, or none. */
extern const struct step running_root;
extern const struct step running_add;
extern const struct step running_remove;

#endif
