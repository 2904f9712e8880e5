/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes for a container with a user namespace, whose root may make none (mknod(2),
 * user_namespaces(7)).
 */
#ifndef KIST_NODES_H
#define KIST_NODES_H

#include <stddef.h>
#include <sys/types.h>

#include "spec/error.h"

struct device_plan;

/**
 * nodes_open() - an empty filesystem for them, by the host side in init's mount namespace.
 *
 * The working directory is in it until nodes_leave().
 *
 * Return: descriptor or -errno
 */
int nodes_open(struct error *err);

/**
 * nodes_make() - make one device with its mode and owner, for init to put it in place.
 * @index: of the device in the plan
 * @init: in whose user namespace the owner's ids are meant
 *
 * Return: descriptor of a detached mount of it; -errno, where the error begins with its path
 */
int nodes_make(int nodes, size_t index, const struct device_plan *device, pid_t init,
	       struct error *err);

/**
 * nodes_leave() - unmount the filesystem; what is mounted of it stays. The working directory is /
 * afterwards.
 */
int nodes_leave(int nodes, struct error *err);

#endif
