/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part builds the container's root filesystem. The tree is built detached and by descriptor,
 * while no other process can see, over-mount or propagate into it; it is attached and pivoted into
 * once, at the end. Before Linux 6.15, which cannot mount onto a detached tree, the same code
 * works on the tree attached in init's private mount namespace.
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
	MOUNT_BIND,       /* open_tree(2) of a host path, before init mounts */
	MOUNT_CGROUP,     /* the container's own cgroup directories */
	MOUNT_REMOUNT,    /* changes a mount that exists */
};

struct mount_plan {
	const struct mount *mount; /* entry of config.json, which has the attributes */
	size_t index;              /* of the entry in config.json, for errors: mounts[3] */
	enum mount_kind kind;
	const char *target; /* absolute and clean, in the container */
	const char *source; /* bind: absolute host path */
	bool recursive;     /* bind: includes the mounts below the source */
	int mapping;        /* index in mount_mappings of the ids that it shows; -1: no mapping */
	struct parameters parameters; /* for a new filesystem or a remount */
	/* /dev and the mounts below it, and cgroup mounts, become read-only only when all is
	 * made. */
	bool readonly_late;
};

struct mount_plans {
	size_t count;
	struct mount_plan *at;
};

/* A mapping of ids that mounts show. Mounts with the same mapping share one, since each takes a
 * user namespace. */
struct mount_mapping {
	const struct id_mappings *uids, *gids;
	bool own;     /* it is the mapping of the container's user namespace */
	size_t index; /* of the first mount with this mapping, for errors */
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
	/* The device is mounted on a file, because init may not make it; see devices_bound(). */
	bool bind;
	/* The host side makes the node of a device that is mounted, see nodes.h. Without made, the
	 * host's node of the same path is mounted. */
	bool made;
};

struct device_plans {
	size_t count;
	struct device_plan *at;
};

struct rootfs_plan {
	const char *path;          /* absolute host path of root.path */
	unsigned long propagation; /* of the container's root: MS_PRIVATE ..., with MS_REC */
	struct mount_plans mounts; /* in the order of config.json */
	struct mount_mappings mappings;
	struct device_plans devices; /* the default devices, then those of config.json */
};

struct peer;

/* The peers of one mount, which peers.h describes. */
struct peers {
	bool stay; /* the mount never leaves the host's peer group */
	struct peer *first;
};

/* The descriptors that the steps hold open, and what belongs to them. */
struct rootfs_handles {
	/* Init: the root of the tree, where path.h resolves container paths. The host side opens it
	 * where init, in its user namespace, may not reach it. */
	int tree;
	int overlay; /* a detached mount of the directory of --overlay, or -1 */
	/* Init: the tree is attached in its mount namespace, where no lookup finds it yet. */
	bool attached;
	size_t count; /* number of mounts: plan->rootfs.mounts.count */
	int *sources; /* one for each mount, -1 where it has none */
	/* One for each mount: the text of the symbolic link that is made instead of the mount
	 * (copy-symlink), or NULL. */
	const char **links;
	struct peers *peers; /* one for each mount; NULL without sources */
	size_t mapping_count;
	int *mappings; /* user namespaces, one for each of mount_mappings; -1: not open */
	size_t device_count;
	int *devices;                    /* one for each device, -1 where it has none */
	struct cgroup_sources **cgroups; /* one for each mount, NULL for other kinds than cgroup */
	size_t group_count;
	uint64_t *groups; /* of the host, see peer_groups.h; only to add or remove mounts */
	size_t place_count;
	int **places; /* of the descriptors that the host side hands over; see handover.h */
};

/* These two find out whether root.path is a directory, and what the host's devices are that may be
 * bound. */
int rootfs_read_host(const struct plan *plan, struct host *host, struct error *err);
int devices_read_host(const struct plan *plan, struct host *host, struct error *err);

int rootfs_plan(struct plan *plan, struct error *err);
int mount_plan(struct plan *plan, struct error *err);
int devices_plan(struct plan *plan, struct error *err);
int mask_plan(struct plan *plan, struct error *err);

/* The host side runs these steps: the first makes the user namespaces of id-mapped mounts, the
 * second maps mounts with init's own user namespace. */
extern const struct step idmapped_open;
extern const struct step idmapped_own;

/* The host side opens the sources; init does where the caller has privileges only in a user
 * namespace. */
extern const struct step rootfs_open_sources, rootfs_open_sources_in_init,
	rootfs_open_sources_by_host, rootfs_open_sources_by_child;

/* These are for an init in a user namespace, where the copies of what the host has locked must stay
 * locked (mount_namespaces(7)). The host side runs both: before init exists it makes room for the
 * sources and the root; then it opens them in init's mount namespace, with the caller's
 * privileges. */
int rootfs_step_prepare(struct creation *creation, struct error *err);
extern const struct step rootfs_inside;

/* The host side runs this step when init has finished. */
extern const struct step peers_join;

/* Init runs these steps in this order. */
extern const struct step rootfs_open;
extern const struct step mount_all;
extern const struct step devices_make;
extern const struct step mask_paths;    /* maskedPaths */
extern const struct step mask_readonly; /* readonlyPaths */
extern const struct step rootfs_seal;   /* late read-only, root.readonly */
extern const struct step pivot_enter;
extern const struct step mount_set_propagation;

/* Either side closes what the tree was made from, once the tree is finished. */
extern const struct step rootfs_close;

/**
 * rootfs_attach() - attach the tree over the root of init's mount namespace, unless it is attached
 * already.
 *
 * Lookups of init still begin at the old root, until it pivots. From here on the attributes of any
 * mount in the tree can be changed.
 *
 * Return: 0 or -errno
 */
int rootfs_attach(struct creation *creation, struct error *err);

/**
 * rootfs_replace() - make a mount the root of the container. The tree built until now is gone.
 * @mount: detached; the caller still closes it
 *
 * Return: 0 or -errno
 */
int rootfs_replace(struct creation *creation, int mount, struct error *err);

/**
 * devices_bound() - are devices bound from the host, since mknod(2) is not allowed to make them?
 */
bool devices_bound(const struct plan *plan);

/**
 * devices_open() - open a detached mount of each device that is bound, in creation->rootfs.devices.
 *
 * Return: 0; -errno, where the error begins with the device
 */
int devices_open(struct creation *creation, struct error *err);

bool peers_planned(const struct plan *plan);

#endif
