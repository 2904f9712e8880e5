/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one clone3(2) that makes init, with every new namespace at once, in its cgroup from birth,
 * and with a pidfd.
 */
#ifndef KIST_CLONE_H
#define KIST_CLONE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec/error.h"

struct creation;
struct step;
struct record;

/**
 * clone_init() - make init and the socket pair to talk to it.
 *
 * Sets sync on both sides, and init on the host side.
 *
 * Return: the pid on the host side, 0 in init, -errno
 */
pid_t clone_init(struct creation *creation, struct error *err);

/* Host: make the process, and let it walk the table creation->child, from which it does not return:
 * the last step executes the program, or ends. record.pid is then the pid of the process. clone_new
 * makes the init of a new container, clone_joined a process that joins a container, and
 * clone_joined_affine the same on the CPUs of execCPUAffinity.initial, which is about the process
 * that makes another one. */
extern const struct step clone_new, clone_joined, clone_joined_affine;

/*
 * Steps of exec. A process that was made before it joined still has the host's root, directory and
 * descriptors in reach, and would show them to a process that may trace it in the container's pid
 * namespace (CVE-2016-9962). So it joins from outside, lets go of everything, and makes another
 * process. That one is a child of the host side, too; it is born inside, and goes on with the
 * steps.
 */
extern const struct step clone_inside_outside, clone_inside;
/* host: take the new process for the one that was made */
extern const struct step clone_follow_outside, clone_follow;

/**
 * clone_reap() - reap a child that has ended, or is about to end. The wait takes a second at most,
 * since others may keep the child from ending; a child that a tracer holds stays a zombie.
 */
void clone_reap(int pidfd);

/**
 * clone_end() - kill a child that is not needed any more, and reap it.
 *
 * In a frozen cgroup of v1 the child dies once the cgroup is thawed; clone_end() does not wait for
 * that.
 */
void clone_end(int pidfd);

/**
 * clone_has_ended() - whether a process has ended, reaped or not.
 * @timeout_ms: how long to wait for its end, in milliseconds
 */
bool clone_has_ended(int pidfd, int timeout_ms);

/**
 * clone_identify() - record who init is, so that a later process with its pid is not taken for it.
 */
int clone_identify(int pidfd, pid_t pid, struct record *record, struct error *err);

/**
 * clone_find() - open a pidfd of the recorded init.
 *
 * Return: descriptor; -ESRCH when init is gone or a zombie, or its pid is another process's; -EXDEV
 * when the pid counts in another pid namespace; -errno
 */
int clone_find(const struct record *record, struct error *err);

/**
 * clone_undo() - kill init, and wait until it is gone.
 */
int clone_undo(const struct record *record, struct error *err);

#endif
