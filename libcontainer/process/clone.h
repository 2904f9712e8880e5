/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one clone3(2) that makes init: every new namespace at once, in its cgroup from birth, with a
 * pidfd.
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

/*
 * Host: make the process, and let it walk the table creation->child, whose last step leaves: it comes
 * back to nobody. record.pid then says who it is. That of a new container; one that joins a container;
 * and one that does so where execCPUAffinity.initial lets it, which is about whoever makes it.
 */
extern const struct step clone_new, clone_joined, clone_joined_affine;

/*
 * Steps of exec. A process that was made before it joined has the host's root, directory and
 * descriptors in reach, and would show them to whoever may trace it in the container's pid namespace
 * (CVE-2016-9962). So it joins from outside, lets go of everything, and makes another one, a child
 * of the host side too, which is born inside and goes on with the steps.
 */
extern const struct step clone_inside_outside, clone_inside;
extern const struct step clone_follow_outside, clone_follow; /* host: that one is it now */

/**
 * clone_reap() - take notice that a child has ended, or is about to: for a second at most, since others
 * may keep it from that. It stays a zombie while a tracer holds it.
 */
void clone_reap(int pidfd);

/**
 * clone_end() - kill a child that is not wanted any more, and reap it.
 *
 * In a cgroup of v1 that is frozen it dies once that is thawed, which is not waited for.
 */
void clone_end(int pidfd);

/**
 * clone_has_ended() - has it, reaped or not?
 * @timeout_ms: how long to wait for it
 */
bool clone_has_ended(int pidfd, int timeout_ms);

/**
 * clone_identify() - record who init is, so that a later process with its pid is not taken for it.
 */
int clone_identify(int pidfd, pid_t pid, struct record *record, struct error *err);

/**
 * clone_find() - a pidfd of the recorded init.
 *
 * Return: descriptor; -ESRCH when it is gone, a zombie, or another process; -EXDEV when the pid
 * counts in another pid namespace; -errno
 */
int clone_find(const struct record *record, struct error *err);

/**
 * clone_undo() - kill init, and wait until it is gone.
 */
int clone_undo(const struct record *record, struct error *err);

#endif
