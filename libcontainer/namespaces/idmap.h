/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part maps the user and group ids of a user namespace (config-linux.md, User namespace
 * mappings; user_namespaces(7), newuidmap(1)).
 *
 * Init is born with all capabilities in its namespace and no id of its own. It waits until the
 * host side has written the maps, becomes the namespace's root, and only then builds the
 * container, so that what it makes belongs to that root.
 */
#ifndef KIST_IDMAP_H
#define KIST_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "spec/error.h"

struct host;
struct id_mappings;
struct joined;
struct plan;
struct creation;
struct step;

enum idmap_writer {
	IDMAP_NONE,    /* there is no user namespace */
	IDMAP_DIRECT,  /* kist writes the maps */
	IDMAP_WRITTEN, /* the user namespace is joined and has its maps already */
	/* newuidmap and newgidmap write the maps, since they know which ids the caller may use. */
	IDMAP_HELPERS,
};

struct idmap_plan {
	enum idmap_writer writer;
	/* The kernel demands that setgroups(2) is denied when an ordinary user maps only his own
	 * group. */
	bool deny_setgroups;
	uint32_t uid, gid; /* init's while it builds the container: 0 where that is mapped */
	bool planned;      /* the container has a user namespace of its own, new or joined */
	bool written;      /* the user namespace is new, and kist has its maps written */
	/* Either the host side or init may copy the host's mounts. Init does it in a mount
	 * namespace of its own, and perhaps with privileges only in its user namespace. */
	bool by_host, by_child;
	/* The files in /proc of an init without maps must be the caller's, so that the maps can be
	 * written. Otherwise init is guarded from birth: any process with the caller's uid owns the
	 * user namespace, too, and could trace init. */
	bool exposes_init;
};

/**
 * idmap_plan() - decide who writes the maps, and refuse ids of the process that are not mapped.
 * For exec, plan->joined->namespaces must be known.
 *
 * Return: 0; -EINVAL for missing or impossible mappings; -EPERM for groups that cannot be set
 */
int idmap_plan(struct plan *plan, struct error *err);
int idmap_read_joined(const struct plan *plan, struct joined *joined, struct error *err);

/**
 * idmap_become_root() - take the ids of the root of the user namespace that the caller is in, and
 * guard the process again, which the change of its ids has undone.
 *
 * Return: 0 or -errno
 */
int idmap_become_root(const struct creation *creation, struct error *err);

/**
 * idmap_denied() - is setgroups(2) denied in init's user namespace, by kist or by others?
 */
bool idmap_denied(const struct creation *creation);

/**
 * idmap_reaches_guarded() - may the caller write to /proc/PID of a process that has guarded
 * itself? The files there belong to root.
 */
bool idmap_reaches_guarded(const struct host *host);

/**
 * idmap_check_owner() - refuse the ids of an owner that are not mapped, as far as config.json
 * tells.
 * @uid, @gid: in the container; NULL when not given
 *
 * Return: 0 or -EINVAL
 */
int idmap_check_owner(const struct plan *plan, const uint32_t *uid, const uint32_t *gid,
		      struct error *err);

/**
 * idmap_id_of() - translate an id of the host to the container's, by the mappings of config.json.
 * @mappings: of linux; they may be empty where the user namespace is joined
 *
 * Return: the id in the container; 65534 when host_id is not mapped, as the kernel shows it
 */
uint32_t idmap_id_of(const struct id_mappings *mappings, uint32_t host_id);

/* The host side writes the maps and then lets init go on; init waits for that and becomes root. */
extern const struct step idmap_write;
extern const struct step idmap_go;
extern const struct step idmap_become;

#endif
