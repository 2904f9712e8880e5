/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part asks, signals, writes to and removes a cgroup and all cgroups below it, which a
 * container nests as it likes, through a directory's descriptor. One descriptor is held, however
 * deep they are.
 */
#ifndef KIST_CGROUP_WALK_H
#define KIST_CGROUP_WALK_H

#include <stdbool.h>

/**
 * walk_occupied() - does this very cgroup have a process?
 */
bool walk_occupied(int directory);

/**
 * walk_populated() - does the cgroup, or one below it, have a process?
 */
bool walk_populated(int directory);

/**
 * walk_signal() - send a signal once to every process in the cgroup and below.
 *
 * A process that forks meanwhile may leave a child behind, so the caller freezes the cgroup first,
 * or repeats the call until no process is left.
 *
 * Return: how many processes there were
 */
unsigned walk_signal(int directory, int signal);

/**
 * walk_write() - write a text to a file of a cgroup and of those below it, as far as that can be
 * done in a second. Errors are ignored.
 */
void walk_write(int directory, const char *file, const char *text);

/**
 * walk_remove() - remove everything below a cgroup, the deepest first.
 *
 * Return: 0; -1 with errno, which is EBUSY for a cgroup that has processes
 */
int walk_remove(int directory);

#endif
