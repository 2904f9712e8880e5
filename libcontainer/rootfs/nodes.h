/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part makes device nodes for a container with a user namespace, because the container's root
 * may not make any (mknod(2), user_namespaces(7)).
 */
#ifndef KIST_NODES_H
#define KIST_NODES_H

#include <stddef.h>
#include <sys/types.h>

#include "spec/error.h"

struct device_plan;

/**
 * nodes_open() - make an empty filesystem for the nodes. The host side calls this in init's mount
 * namespace.
 *
 * Return: descriptor or -errno
 */
int nodes_open(struct error *err);

/**
 * nodes_make() - make one device node with its mode and owner, for init to put it in place.
 * @nodes: see nodes_open()
 * @index: of the device in the plan
 * @init: process whose user namespace the owner's ids belong to
 *
 * Return: descriptor of a detached mount of the node; -errno, where the error begins with the
 * device's path
 */
int nodes_make(int nodes, size_t index, const struct device_plan *device, pid_t init,
	       struct error *err);

/**
 * nodes_leave() - unmount the filesystem of the nodes; the mounts of single nodes stay. The
 * working directory is / afterwards.
 *
 * Return: 0 or -errno
 */
int nodes_leave(int nodes, struct error *err);

#endif
