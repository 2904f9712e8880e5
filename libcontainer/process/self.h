/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What subjects of the process tell one another.
 */
#ifndef KIST_SELF_H
#define KIST_SELF_H

#include <stdbool.h>
#include <sys/types.h>

#include "spec/error.h"

struct clone_args;
struct container_command_line;
struct plan;

/**
 * self_guard() - die with the creator, and be closed to ptrace and /proc/PID to whoever shares a
 * namespace or the uid (CVE-2016-9962). The kernel takes both back when ids change.
 */
int self_guard(struct error *err);

/**
 * self_clone() - clone3(2), whose child is closed to ptrace and /proc/PID from its birth, until it
 * guards itself: nobody may find the moment in between.
 * @guarded: false: the child begins as its parent is
 *
 * Return: as clone3
 */
pid_t self_clone(struct clone_args *args, bool guarded);

/**
 * self_hide_command_line() - show another one to whoever looks at this process. In a child only, before
 * the container can see it: unlike its memory, a process's command line is open to all.
 */
void self_hide_command_line(const struct container_command_line *line);

/**
 * self_reset_signals() - every disposition to its default, none blocked. In a child only.
 */
int self_reset_signals(struct error *err);

/**
 * credentials_umask() - the umask of the container's program.
 */
mode_t credentials_umask(const struct plan *plan);

/**
 * descriptors_log() - the log's descriptor, while init will still write to it; else -1.
 */
int descriptors_log(void);

/**
 * descriptors_close_but() - close everything but these; -1 is none.
 */
int descriptors_close_but(const int *kept, size_t count, struct error *err);

#endif
