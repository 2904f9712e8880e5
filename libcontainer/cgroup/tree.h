/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories of a cgroup hierarchy, by descriptor: what the drivers have in common.
 *
 * A path is one that cgroup_plan() or a record has checked: absolute, below the hierarchy's mount,
 * without "." and "..". Nothing outside of it is touched, but for the parents that tree_make()
 * makes. A hierarchy has no symbolic links, and no other file system below it is entered.
 */
#ifndef KIST_CGROUP_TREE_H
#define KIST_CGROUP_TREE_H

#include <limits.h>
#include <stdbool.h>

#include "spec/error.h"

struct hierarchy;
struct cgroup_handles;

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
 * tree_occupied() - is there a process in this very cgroup?
 */
bool tree_occupied(int directory);

/**
 * tree_populated() - is there a process in the cgroup or below?
 */
bool tree_populated(int directory);

/**
 * tree_signal() - send a signal to every process in the cgroup and below, once.
 *
 * A process that forks meanwhile may leave a child behind: freeze first, or repeat until nobody is
 * left.
 *
 * Return: how many processes there were
 */
unsigned tree_signal(int directory, int signal);

/**
 * tree_write() - write a file of a cgroup and of those below it, as far as that can be done in a second.
 */
void tree_write(int directory, const char *file, const char *text);

/**
 * tree_hold() - open a file of a cgroup by which a process can enter it later: "tasks" of v1,
 * "cgroup.procs" of cgroup2.
 */
int tree_hold(int directory, const char *file, struct cgroup_handles *handles, struct error *err);

/**
 * tree_enter() - cgroup_driver.attach: the calling thread enters by the descriptors in handles.
 */
int tree_enter(struct cgroup_handles *handles, struct error *err);

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

/* Time for those who wait for the kernel, in milliseconds of a clock that only moves forward. */
long long tree_now_ms(void);
void tree_sleep_ms(unsigned ms);

#endif
