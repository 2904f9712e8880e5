/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories of a cgroup hierarchy, by descriptor: what the layouts have in common.
 *
 * A path is one that a struct cgroup has: absolute, below the hierarchy's mount, without "." and
 * "..". Nothing outside of it is touched, but for the parents that tree_make() makes. A hierarchy
 * has no symbolic links, and no other file system below it is entered.
 */
#ifndef KIST_CGROUP_TREE_H
#define KIST_CGROUP_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "spec/error.h"

/* Descriptors by which a process gets into a cgroup: held open by the host side, used by init. */
struct cgroup_handles {
	int directory; /* cgroup2 directory for CLONE_INTO_CGROUP, or -1 */
	size_t count;
	int tasks[CGROUP_HIERARCHIES_MAX]; /* v1: `tasks` of each hierarchy, open for writing: init
					      puts itself in ("0", one thread), which needs no
					      global lock. Who is not born in the cgroup2
					      directory: its cgroup.procs, too */
};

/**
 * tree_open() - a cgroup's directory; "/" is the hierarchy's root.
 *
 * Return: O_PATH descriptor; -ENOENT when there is none; -errno
 */
int tree_open(const struct hierarchy *hierarchy, const char *path, struct error *err);

/**
 * tree_exists() - is there such a cgroup, as far as one look can tell?
 */
bool tree_exists(const struct hierarchy *hierarchy, const char *path);

/**
 * tree_make() - make a cgroup and its parents, as far as they are missing. Such parents get a mark, an
 * extended attribute.
 *
 * Return: O_PATH descriptor or -errno
 */
int tree_make(const struct hierarchy *hierarchy, const char *path, struct error *err);

/**
 * tree_remove() - remove a cgroup and all below it; and then the parents that tree_make() made, if
 * nothing else is in them. A missing one is no error.
 * @patience_ms: how long to try again while there are processes; the kernel needs a moment to
 * forget the dead ones
 *
 * Return: 0; -EBUSY "container's cgroup is not empty"; -errno
 */
int tree_remove(const struct hierarchy *hierarchy, const char *path, unsigned patience_ms,
		struct error *err);

/**
 * tree_says_frozen() - does a freezer's file say so: freezer.state of v1, cgroup.events of cgroup2?
 * @directory: what the name is relative to
 */
bool tree_says_frozen(int directory, const char *file);

/**
 * tree_hold() - keep a cgroup open for a process that gets into it later.
 * @directory: of the cgroup in this hierarchy; taken over, or left to the caller
 * @born_inside: the process is made in the cgroup2 directory, and does not enter it by itself
 */
int tree_hold(const struct hierarchy *hierarchy, int *directory, bool born_inside,
	      struct cgroup_handles *handles, struct error *err);

/**
 * tree_enter() - the calling thread enters, by what is held open.
 */
int tree_enter(const struct cgroup_handles *handles, struct error *err);

/**
 * tree_release() - hold nothing open any more.
 */
void tree_release(struct cgroup_handles *handles);

/* The cgroups above a path, from the root down: */
struct ancestor {
	const char *path;    /* the whole path */
	size_t length;       /* how much of it is this ancestor's; 0: not begun */
	char name[PATH_MAX]; /* this ancestor's path, "/" first */
};

/**
 * ancestor_next() - go one down, the cgroup itself not included.
 */
bool ancestor_next(struct ancestor *ancestor);

#endif
