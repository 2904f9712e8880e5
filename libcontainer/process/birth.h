/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How init, and every other process that kist clones, begins: guarded, with signals of its own, in
 * a session of its own (prctl(2), clone3(2), signal(7), setsid(2)).
 *
 * No property that the caller of kist happens to have reaches the container: not its signal
 * dispositions, its mask, its umask, its session.
 */
#ifndef KIST_BIRTH_H
#define KIST_BIRTH_H

#include <stdbool.h>
#include <sys/types.h>

#include "spec/error.h"

struct clone_args;
struct container_command_line;
struct creation;

/* Init: birth_begin makes it die with the creator, and sets not dumpable, umask 0 and the default
 * signals; birth_session is setsid(2), so that init is never in the session of the caller's
 * terminal. */
extern const struct step birth_begin, birth_session;

/* Init: begin once more, in an init that another process has made in the namespaces that are
 * joined. */
extern const struct step birth_begin_inside;

/**
 * birth_guard() - let the caller die with the creator, and close it to ptrace and /proc/PID for
 * processes that share a namespace or the uid with it (CVE-2016-9962). The kernel takes both back
 * when ids change.
 */
int birth_guard(struct error *err);

/**
 * birth_clone() - clone3(2) with a child that is closed to ptrace and /proc/PID from its birth
 * until it guards itself, so that there is no moment in between.
 * @guarded: false: the child begins as its parent is
 *
 * Return: the pid, 0 in the child, -errno
 */
pid_t birth_clone(struct clone_args *args, bool guarded, struct error *err);

/**
 * birth_hide_command_line() - let /proc show "kist init" as the command line of this process. It is
 * for a child, before the container can see it: unlike a process's memory, its command line is open
 * to everybody.
 */
void birth_hide_command_line(const struct container_command_line *line);

/**
 * birth_reset_signals() - set every disposition to its default, and unblock all signals. It is for
 * a child only.
 */
int birth_reset_signals(struct error *err);

#endif
