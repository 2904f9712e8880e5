/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root filesystem: the tree is built detached and by descriptor, while no other process can
 * see, over-mount or propagate into it; it is attached and pivoted into once, at the end. Before
 * Linux 6.15, which cannot mount onto a detached tree, the same code works on the tree attached in
 * init's private mount namespace.
 */
#ifndef KIST_ROOTFS_H
#define KIST_ROOTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "libcontainer/rootfs/cgroups.h"
#include "libcontainer/rootfs/parameters.h"
#include "spec/config.h"

struct plan;
struct creation;
struct host;
struct step;

enum mount_kind {
	MOUNT_FILESYSTEM, /* fsopen: proc, sysfs, tmpfs, devpts, mqueue, any other */
	MOUNT_BIND,       /* open_tree of a host path, by the host side, before init mounts */
	MOUNT_CGROUP,     /* the container's own cgroup directories */
	MOUNT_REMOUNT,    /* change what is there */
};

struct mount_plan {
	const struct mount *mount; /* config.json's entry; its options say the attributes */
	size_t index;              /* in config.json, for errors: mounts[3] */
	enum mount_kind kind;
	const char *target; /* absolute and clean, in the container */
	const char *source; /* bind: absolute host path */
	bool recursive;     /* bind: with the mounts below the source */
	int mapping;        /* index in mount_mappings of the ids that it shows; -1: as they are */
	struct parameters parameters; /* what the filesystem is told, or told anew */
	bool readonly_late; /* read-only only when all is made: /dev and below, cgroup mounts */
};

struct mount_plans {
	size_t count;
	struct mount_plan *at;
};

/* One mapping of ids that mounts show, each namespace once. */
struct mount_mapping {
	const struct id_mappings *uids, *gids;
	bool own;     /* it is that of the container's user namespace */
	size_t index; /* of the first mount that has it, for errors */
};

struct mount_mappings {
	size_t count;
	struct mount_mapping *at;
};

struct device_plan {
	const char *path; /* absolute and clean, in the container */
	int index;        /* in linux.devices, for errors; -1: a default device */
	uint32_t mode;    /* S_IFCHR | 0666 */
	uint32_t major, minor;
	uint32_t uid, gid;
	bool bind; /* mounted on a file: init makes no device; see devices_bound() */
	bool made; /* of those: a node of the host side's, see nodes.h; else the host's of that path */
};

struct device_plans {
	size_t count;
	struct device_plan *at;
};

struct rootfs_plan {
	const char *path;          /* absolute host path of root.path */
	unsigned long propagation; /* of the container's root: MS_PRIVATE ..., with MS_REC */
	struct mount_plans mounts; /* in order */
	struct mount_mappings mappings;
	struct device_plans devices; /* the default ones, then config.json's */
};

struct peer;

/* Of one mount; see peers.h. */
struct peers {
	bool stay; /* in the host's peer group, from the beginning */
	struct peer *first;
};

/* Descriptors that steps hold open. */
struct rootfs_handles {
	int tree;      /* init: root of the tree; see path.h for what to do with it. Opened by the
			  host side where init, in its user namespace, may not reach it */
	int overlay;   /* a detached mount of the directory that keeps the changes, or -1 */
	bool attached; /* init: it is in the mount namespace, where nobody looks */
	size_t count;  /* = plan->rootfs.mounts.count */
	int *sources;  /* one for each mount, -1 where it has none */
	const char **links;  /* one for each mount: the text of the symbolic link that is made
			       instead (copy-symlink), or NULL */
	struct peers *peers; /* one for each mount; NULL without sources */
	size_t mapping_count;
	int *mappings; /* user namespaces, one for each of mount_mappings; -1: not open */
	size_t device_count;
	int *devices;                    /* one for each device, -1 where it has none */
	struct cgroup_sources **cgroups; /* one for each mount, NULL where it is none of cgroups */
	size_t group_count;
	uint64_t *groups; /* mounts add, remove: peer groups that the host has mounts in */
	size_t place_count;
	int **places; /* of those that the host side hands over; see handover.h */
};

/* Is root.path a directory? What are the host's devices that may be bound? */
int rootfs_read_host(const struct plan *plan, struct host *host, struct error *err);
int devices_read_host(const struct plan *plan, struct host *host, struct error *err);

int rootfs_plan(struct plan *plan, struct error *err);
int mount_plan(struct plan *plan, struct error *err);
int devices_plan(struct plan *plan, struct error *err);
int mask_plan(struct plan *plan, struct error *err);

/* Host side */
extern const struct step idmapped_open; /* user namespaces for it */
extern const struct step idmapped_own;  /* mounts with init's */

/* Host side; init where the caller has no privileges but in a user namespace */
extern const struct step rootfs_open_sources, rootfs_open_sources_in_init,
	rootfs_open_sources_by_host, rootfs_open_sources_by_child;

/* Host side, for an init in a user namespace, where the copies of what the host has locked must stay
 * locked (mount_namespaces(7)): before init exists, room for the sources and the root; then they are
 * opened in init's mount namespace, with the caller's privileges. */
int rootfs_step_prepare(struct creation *creation, struct error *err);
extern const struct step rootfs_inside;

/* Host side */
extern const struct step peers_join; /* when init has finished */

/* Init, in this order */
extern const struct step rootfs_open;
extern const struct step mount_all;
extern const struct step devices_make;
extern const struct step mask_paths;    /* maskedPaths */
extern const struct step mask_readonly; /* readonlyPaths */
extern const struct step rootfs_seal;   /* late read-only, root.readonly */
extern const struct step pivot_enter;
extern const struct step mount_set_propagation;

/* Either side: the tree is finished, and what it was made from is closed. */
extern const struct step rootfs_close;

/**
 * rootfs_attach() - put the tree over the root of init's mount namespace, unless it is there
 * already.
 *
 * Lookups of init still begin at the old root, until it pivots. From here on the attributes of any
 * mount in the tree can be changed.
 */
int rootfs_attach(struct creation *creation, struct error *err);

/**
 * rootfs_replace() - let a mount be the root from here on. What was there before it is gone.
 * @mount: detached; the caller still closes it
 */
int rootfs_replace(struct creation *creation, int mount, struct error *err);

/**
 * devices_bound() - are devices bound from the host, since mknod(2) is not allowed to make them?
 */
bool devices_bound(const struct plan *plan);

/**
 * devices_open() - a detached mount of each device that is bound.
 */
int devices_open(struct creation *creation, struct error *err);

bool peers_planned(const struct plan *plan);

#endif
