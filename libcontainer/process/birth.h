/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How init begins, and whatever else kist clones: guarded, with signals of its own, in a session of
 * its own (prctl(2), clone3(2), signal(7), setsid(2)).
 *
 * Nothing that the caller of kist happens to be reaches the container: not its signal dispositions,
 * its mask, its umask, its session.
 */
#ifndef KIST_BIRTH_H
#define KIST_BIRTH_H

#include <stdbool.h>
#include <sys/types.h>

#include "spec/error.h"

struct clone_args;
struct container_command_line;
struct creation;

/* Init: die with the creator, not dumpable, umask 0, signals reset; and setsid: never in the session of
 * the caller's terminal. */
extern const struct step birth_begin, birth_session;

/* Init, when it was made by another one in the namespaces that are joined. */
extern const struct step birth_begin_inside;

/**
 * birth_guard() - die with the creator, and be closed to ptrace and /proc/PID to whoever shares a
 * namespace or the uid (CVE-2016-9962). The kernel takes both back when ids change.
 */
int birth_guard(struct error *err);

/**
 * birth_clone() - clone3(2), whose child is closed to ptrace and /proc/PID from its birth, until it
 * guards itself: nobody may find the moment in between.
 * @guarded: false: the child begins as its parent is
 *
 * Return: the pid, 0 in the child, -errno
 */
pid_t birth_clone(struct clone_args *args, bool guarded, struct error *err);

/**
 * birth_hide_command_line() - show another one to whoever looks at this process. In a child only, before
 * the container can see it: unlike its memory, a process's command line is open to all.
 */
void birth_hide_command_line(const struct container_command_line *line);

/**
 * birth_reset_signals() - every disposition to its default, none blocked. In a child only.
 */
int birth_reset_signals(struct error *err);

#endif
