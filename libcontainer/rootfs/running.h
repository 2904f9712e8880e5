/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * More and fewer mounts in a container that is there.
 *
 * The container runs meanwhile, and is hostile. Places are looked up below its root, once, and used by
 * their descriptors; what was attached is taken back by its own.
 */
#ifndef KIST_RUNNING_H
#define KIST_RUNNING_H

#include "spec/error.h"

struct joined;
struct plan;
struct step;

/* Which types of filesystem the kernel knows, and which of them take a device. */
int running_read(const struct plan *plan, struct joined *joined, struct error *err);

/**
 * running_plan_adding() - refuse what is for containers that are being created only.
 * @plan: with what mount_plan() has made of the entries
 *
 * Return: 0; -ENOTSUP; -ENODEV for a type of filesystem that is unknown
 */
int running_plan_adding(struct plan *plan, struct error *err);

/**
 * running_plan_removing() - plan which mounts go: of the entries it is the destination that counts.
 *
 * Return: 0; -EINVAL when one of them would go with another
 */
int running_plan_removing(struct plan *plan, struct error *err);

/* Child, in the container: its root; then all of the mounts, or none. */
extern const struct step running_root;
extern const struct step running_add;
extern const struct step running_remove;

#endif
