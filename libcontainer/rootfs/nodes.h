/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes for a container with a user namespace, whose root may make none (mknod(2),
 * user_namespaces(7)).
 */
#ifndef KIST_NODES_H
#define KIST_NODES_H

#include "spec/error.h"

struct creation;

/**
 * nodes_make() - make the devices that are bound, with mode and owner, and open a detached mount of
 * each.
 *
 * By the host side in init's mount namespace, for init to put them in place. The working directory is
 * / afterwards.
 */
int nodes_make(struct creation *creation, struct error *err);

#endif
