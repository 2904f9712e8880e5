/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part handles the directories of a cgroup hierarchy by descriptors, as far as all layouts
 * have that in common.
 *
 * Every path is the path of a struct cgroup: absolute, below the hierarchy's mount, without "."
 * and "..". Nothing outside of it is touched, but for the parents that tree_make() makes. A
 * hierarchy has no symbolic links, and no other file system below it is entered.
 */
#ifndef KIST_CGROUP_TREE_H
#define KIST_CGROUP_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "spec/error.h"

/* The host side holds these descriptors open, and init enters its cgroup by them. */
struct cgroup_handles {
	int directory; /* cgroup2 directory for CLONE_INTO_CGROUP, or -1 */
	size_t count;
	/* The file `tasks` of each v1 hierarchy, open for writing: init puts itself in ("0", one
	 * thread), which needs no global lock. When init is not born in the cgroup2 directory, that
	 * one's cgroup.procs is here, too. */
	int tasks[CGROUP_HIERARCHIES_MAX];
};

/**
 * tree_open() - open a cgroup's directory; "/" is the hierarchy's root.
 *
 * Return: O_PATH descriptor; -ENOENT when there is none; -errno
 */
int tree_open(const struct hierarchy *hierarchy, const char *path, struct error *err);

/**
 * tree_exists() - does a cgroup exist, as far as one system call can tell?
 */
bool tree_exists(const struct hierarchy *hierarchy, const char *path);

/**
 * tree_make() - make a cgroup and its parents, as far as they are missing. The parents that are
 * made get a mark, an extended attribute.
 *
 * Return: O_PATH descriptor or -errno
 */
int tree_make(const struct hierarchy *hierarchy, const char *path, struct error *err);

/**
 * tree_remove() - remove a cgroup and all below it, and then the parents that tree_make() made, if
 * nothing else is in them. A missing cgroup is no error.
 * @patience_ms: how long to try again while there are processes; the kernel needs a moment to
 * forget the dead ones
 *
 * Return: 0; -EBUSY "container's cgroup is not empty"; -errno
 */
int tree_remove(const struct hierarchy *hierarchy, const char *path, unsigned patience_ms,
		struct error *err);

/**
 * tree_says_frozen() - does a freezer's file, freezer.state of v1 or cgroup.events of cgroup2, say
 * that the cgroup is frozen?
 * @directory: where the name of the file begins
 */
bool tree_says_frozen(int directory, const char *file);

/**
 * tree_hold() - hold a cgroup open for a process that enters it later.
 * @directory: descriptor of the cgroup in this hierarchy; it is taken over, or left to the caller
 * @born_inside: the process is made in the cgroup2 directory, and does not enter it by itself
 * @handles: gets the descriptor
 *
 * Return: 0 or -errno
 */
int tree_hold(const struct hierarchy *hierarchy, int *directory, bool born_inside,
	      struct cgroup_handles *handles, struct error *err);

/**
 * tree_enter() - let the calling thread enter the cgroups that are held open by tasks.
 *
 * Return: 0 or -errno
 */
int tree_enter(const struct cgroup_handles *handles, struct error *err);

/**
 * tree_release() - close all that tree_hold() holds open.
 */
void tree_release(struct cgroup_handles *handles);

/* An ancestor is a position among the cgroups above a path, which are walked from the root
 * down. */
struct ancestor {
	const char *path;    /* the whole path */
	size_t length;       /* length of this ancestor's path; 0: not begun */
	char name[PATH_MAX]; /* this ancestor's path; the first one is "/" */
};

/**
 * ancestor_next() - go to the next lower ancestor.
 *
 * Return: false when only the cgroup itself is left
 */
bool ancestor_next(struct ancestor *ancestor);

#endif
