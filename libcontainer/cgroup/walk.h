/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cgroup and all cgroups below it, which a container nests as it likes: asked, signalled, written
 * to and removed, through a directory's descriptor. One descriptor is held, however deep they are.
 */
#ifndef KIST_CGROUP_WALK_H
#define KIST_CGROUP_WALK_H

#include <stdbool.h>

/**
 * walk_occupied() - is there a process in this very cgroup?
 */
bool walk_occupied(int directory);

/**
 * walk_populated() - is there a process in the cgroup or below?
 */
bool walk_populated(int directory);

/**
 * walk_signal() - send a signal to every process in the cgroup and below, once.
 *
 * A process that forks meanwhile may leave a child behind: freeze first, or repeat until nobody is
 * left.
 *
 * Return: how many processes there were
 */
unsigned walk_signal(int directory, int signal);

/**
 * walk_write() - write a file of a cgroup and of those below it, as far as that can be done in a
 * second.
 */
void walk_write(int directory, const char *file, const char *text);

/**
 * walk_remove() - remove everything below a cgroup, the deepest first.
 *
 * Return: 0; -1 with errno, EBUSY for one that has processes
 */
int walk_remove(int directory);

#endif
