/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's cgroup (config-linux.md, Control groups; cgroups(7)).
 *
 * Planning decides the path and every {file, text} to write; the cgroup and its limits stand before
 * any process exists. A driver is how directories are made and processes are put in: v2.c, v1.c (v1
 * and hybrid). Which controller a property belongs to, in which file and in which form, is a table
 * (resources.c) with one column for each version.
 */
#ifndef KIST_CGROUP_H
#define KIST_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "spec/error.h"

struct plan;
struct creation;
struct record;
struct host;
struct arena;
struct cgroup_driver;

/* One limit: written below the container's directory in the hierarchy that has the controller. */
struct cgroup_write {
	const char *property;   /* "linux.resources.memory.limit", for errors */
	const char *controller; /* "memory" */
	const char *file;       /* "memory.max" */
	const char *text;       /* "1048576" */
};

struct cgroup_writes {
	size_t count;
	struct cgroup_write *at;
};

/* The most hierarchies that v1 can have: 12 controllers, name=systemd, and the unified one. */
enum { CGROUP_HIERARCHIES_MAX = 16 };

struct bpf_program {
	size_t count;
	struct bpf_insn *at;
};

struct cgroup_plan {
	const struct cgroup_driver *driver; /* NULL: no cgroup at all */
	const char *path;            /* below each hierarchy's mount; absolute, no "." or ".." */
	struct cgroup_writes writes; /* in the order to write them */
	struct bpf_program devices;  /* v2 only; v1 has the rules among the writes */
};

/* Descriptors that steps of create hold open. */
struct cgroup_handles {
	int directory; /* cgroup2 directory for CLONE_INTO_CGROUP, or -1 */
	size_t count;
	int tasks[CGROUP_HIERARCHIES_MAX]; /* v1: `tasks` of each hierarchy, open for writing: init
					      puts itself in ("0", one thread), which needs no
					      global lock */
};

struct cgroup_driver {
	const char *name; /* "cgroupfs-v2", "cgroupfs-v1"; what the record stores */

	/* Make the directories and write the limits; leave handles open for attach. */
	int (*create)(const struct plan *plan, struct cgroup_handles *handles, struct error *err);
	/* Called by init itself: enter. */
	int (*attach)(struct cgroup_handles *handles, struct error *err);
	/* Remove the directories. What is missing is no error; retried while the kernel is busy. */
	int (*destroy)(const struct host *host, const char *path, struct error *err);
	/* SIGKILL (or another signal) to every process below, also to those that fork meanwhile. */
	int (*kill)(const struct host *host, const char *path, int signal, struct error *err);
	/* Freeze or thaw, and wait until it is so. */
	int (*freeze)(const struct host *host, const char *path, bool frozen, struct error *err);
	/* 1 frozen, 0 not or no such cgroup. */
	int (*frozen)(const struct host *host, const char *path);
};

extern const struct cgroup_driver cgroup_v1_driver, cgroup_v2_driver;

/**
 * cgroup_driver_find() - the driver of a record, by name; NULL for "" (no cgroup).
 */
const struct cgroup_driver *cgroup_driver_find(const char *name);

/**
 * cgroup_hierarchies_read() - the mounted hierarchies, for host_read(). Cheap on v2: one statfs.
 */
int cgroup_hierarchies_read(struct arena *arena, struct host *host, struct error *err);

/* The planning half: path, driver, limits, device rules. Refuses what the host cannot do. */
int cgroup_plan(struct plan *plan, struct error *err);
void cgroup_print(const struct plan *plan, FILE *out);

/* Steps; see steps.h. */
int cgroup_step_create(struct creation *creation, struct error *err);
int cgroup_step_join(struct creation *creation, struct error *err);
int cgroup_undo(const struct record *record, struct error *err);
bool cgroup_planned(const struct plan *plan);
bool cgroup_joined_by_init(const struct plan *plan); /* v1 */

/**
 * cgroup_sources_open() - for a mount of type cgroup: the container's own directories, as detached
 * mounts that rootfs/mount.c puts in place.
 * @names: set to the directory each goes to below the destination, "" for the destination itself
 * (v2); owned by the plan's arena
 * @descriptors: set to open_tree(OPEN_TREE_CLONE) descriptors, which the caller closes
 *
 * Called after cgroup_step_create. With a cgroup namespace or on v1: the container's own directory.
 * On v2 in the host's cgroup namespace: the whole hierarchy, since /proc/self/cgroup is relative to
 * that.
 *
 * Return: how many (at most CGROUP_HIERARCHIES_MAX), or -errno
 */
int cgroup_sources_open(const struct plan *plan, const char **names, int *descriptors,
			struct error *err);

/**
 * cgroup_links() - v1: links below the destination, {"cpu", "cpu,cpuacct"}, for controllers mounted
 * together. Return: how many pairs (name, target) were stored.
 */
int cgroup_links(const struct plan *plan, const char *(*links)[2], int room);

#endif
