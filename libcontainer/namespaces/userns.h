/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part handles user namespaces by their maps: it writes and reads /proc/PID/uid_map and
 * gid_map, and makes namespaces without processes for mounts that show other owners
 * (user_namespaces(7), mount_setattr(2)).
 */
#ifndef KIST_USERNS_H
#define KIST_USERNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec/error.h"

struct id_mappings;

/**
 * userns_check_count() - refuse more mappings than the kernel accepts, which is 340 lines. A plan
 * calls it before there is a namespace.
 * @property: name of the property in the configuration, for the error
 *
 * Return: 0 or -EINVAL
 */
int userns_check_count(const struct id_mappings *mappings, const char *property, struct error *err);

/**
 * userns_check_size() - refuse more mappings, or a longer text of them, than the kernel accepts:
 * 340 lines, and less than a page.
 * @property: name of the property in the configuration, for the error
 *
 * Return: 0 or -EINVAL
 */
int userns_check_size(const struct id_mappings *mappings, const char *property, struct error *err);

/**
 * userns_write_map() - write a map of a process's user namespace, which can be done once.
 * @name: "uid_map" or "gid_map"
 * @mappings: of a size that has been checked
 * @property: name of the property in the configuration, with which the error begins
 *
 * Return: 0 or -errno
 */
int userns_write_map(pid_t pid, const char *name, const struct id_mappings *mappings,
		     const char *property, struct error *err);

/**
 * userns_make() - make a user namespace with these maps, which only its descriptor keeps alive.
 * @guarded: guard the process that makes the namespace from its birth, which needs
 * idmap_reaches_guarded()
 * @uids, @gids: of a size that has been checked
 *
 * Return: descriptor; -errno, where the error begins with the property, "uidMappings"
 */
int userns_make(bool guarded, const struct id_mappings *uids, const struct id_mappings *gids,
		struct error *err);

/**
 * userns_of() - open the user namespace of a child that has not been waited for. This takes
 * CAP_SYS_PTRACE when the child has guarded itself.
 *
 * Return: descriptor or -errno
 */
int userns_of(pid_t pid, struct error *err);

/**
 * userns_host_id() - translate an id of a process's user namespace to the id that the caller sees
 * for it.
 * @map: "uid_map" or "gid_map"
 * @host_id: set to the result
 *
 * Return: 0; -ENOENT where the id is not mapped; -errno
 */
int userns_host_id(pid_t pid, const char *map, uint32_t id, uint32_t *host_id, struct error *err);

#endif
