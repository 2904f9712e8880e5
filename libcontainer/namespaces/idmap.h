/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User and group ids of a new user namespace (config-linux.md, User namespace mappings;
 * user_namespaces(7), newuidmap(1)).
 *
 * Init is born with all capabilities in its namespace and no id of its own. It waits until the host
 * side has written the maps, becomes the namespace's root, and only then builds the container, so
 * that what it makes belongs to that root.
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
	IDMAP_NONE,    /* no new user namespace */
	IDMAP_DIRECT,  /* kist writes the maps */
	IDMAP_WRITTEN, /* a namespace that is joined has them */
	IDMAP_HELPERS, /* newuidmap and newgidmap do, who know which ids the caller may use */
};

struct idmap_plan {
	enum idmap_writer writer;
	bool deny_setgroups; /* what the kernel asks of an ordinary user who maps his own group */
	uint32_t uid, gid;   /* of init while it builds the container: 0 where that is mapped */
	bool planned;        /* the container has a user namespace of its own, new or joined */
	bool written;        /* it is a new one, whose maps kist sees to */
	/* Who may copy the host's mounts: the host side; or init, in a mount namespace of its own, and
	 * perhaps with privileges in its user namespace only. */
	bool by_host, by_child;
	/* Init, without its maps, must be the caller's in /proc, so that they can be written. Else it is
	 * guarded from birth: whoever has the caller's uid owns the user namespace too, and could trace
	 * it. */
	bool exposes_init;
};

/**
 * idmap_plan() - who writes the maps; refuses ids of the process that are not mapped. For exec,
 * joined->namespaces are known.
 */
int idmap_plan(struct plan *plan, struct error *err);
int idmap_read_joined(const struct plan *plan, struct joined *joined, struct error *err);

/**
 * idmap_become_root() - take the ids of the root of the user namespace that the caller is in, and
 * guard it anew.
 */
int idmap_become_root(const struct creation *creation, struct error *err);

/**
 * idmap_denied() - does init live where setgroups(2) is denied, by kist or by others?
 */
bool idmap_denied(const struct creation *creation);

/**
 * idmap_reaches_guarded() - may the caller write to /proc/PID of a process that has guarded itself?
 * Its files are root's.
 */
bool idmap_reaches_guarded(const struct host *host);

/**
 * idmap_check_owner() - refuse ids of an owner that are given and, as far as config.json tells, not
 * mapped.
 * @uid, @gid: in the container; NULL: not given
 */
int idmap_check_owner(const struct plan *plan, const uint32_t *uid, const uint32_t *gid,
		      struct error *err);

/**
 * idmap_id_of() - the same the other way round, as config.json says it.
 * @mappings: of linux; none where the user namespace is joined, perhaps
 *
 * Return: the id in the container; without a mapping of it 65534, as the kernel shows it
 */
uint32_t idmap_id_of(const struct id_mappings *mappings, uint32_t host_id);

/* Steps. Host: write the maps; let init go on. Init: wait for that, and become root. */
extern const struct step idmap_write;
extern const struct step idmap_go;
extern const struct step idmap_become;

#endif
