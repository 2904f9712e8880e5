/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User namespaces by their maps: what /proc/PID/uid_map takes and says, and a namespace that nobody
 * lives in, for mounts that show other owners (user_namespaces(7), mount_setattr(2)).
 */
#ifndef KIST_USERNS_H
#define KIST_USERNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec/error.h"

struct id_mappings;

/**
 * userns_check_count() - refuse, while planning, more mappings than the kernel takes: 340 lines.
 * @property: of the configuration, for the error
 */
int userns_check_count(const struct id_mappings *mappings, const char *property, struct error *err);

/**
 * userns_check_size() - the same, and a longer text than the kernel takes: less than a page.
 */
int userns_check_size(const struct id_mappings *mappings, const char *property, struct error *err);

/**
 * userns_write_map() - write the map of a process's user namespace, which can be done once.
 * @name: "uid_map" or "gid_map"
 * @mappings: of a size that has been checked
 * @property: of the configuration, with which the error begins
 */
int userns_write_map(pid_t pid, const char *name, const struct id_mappings *mappings,
		     const char *property, struct error *err);

/**
 * userns_make() - a user namespace with these maps, held by its descriptor alone.
 * @guarded: close the process that makes it to others from its birth; then idmap_reaches_guarded()
 * @uids, @gids: of a size that has been checked
 *
 * Return: descriptor; -errno, where the error begins with the property, "uidMappings"
 */
int userns_make(bool guarded, const struct id_mappings *uids, const struct id_mappings *gids,
		struct error *err);

/**
 * userns_of() - the user namespace of a child that has not been waited for. That takes
 * CAP_SYS_PTRACE when it has guarded itself.
 *
 * Return: descriptor or -errno
 */
int userns_of(pid_t pid, struct error *err);

/**
 * userns_host_id() - who an id of a process's user namespace is for the caller.
 * @map: "uid_map" or "gid_map"
 * @host_id: set to it
 *
 * Return: 0; -ENOENT where the id is not mapped; -errno
 */
int userns_host_id(pid_t pid, const char *map, uint32_t id, uint32_t *host_id, struct error *err);

#endif
