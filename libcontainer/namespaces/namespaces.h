/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part handles namespaces (config-linux.md, Namespaces; namespaces(7)): which are new, which
 * are joined by path, and what is set up in them: loopback, host name, sysctls.
 *
 * New namespaces are made by the one clone3(2), with two exceptions. Init makes a cgroup namespace
 * by itself once it is in its cgroup, because the namespace's root is the cgroup of its maker.
 * With a new user namespace init makes the ipc namespace by itself, too.
 *
 * The host side enters a pid namespace that is joined before clone3 and leaves it afterwards,
 * because setns(2) on it concerns only children. It does so with all joined namespaces when init
 * will be in a user namespace of its own, where it may not join them.
 */
#ifndef KIST_NAMESPACES_H
#define KIST_NAMESPACES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "spec/error.h"
#include "spec/names.h"

struct plan;
struct creation;
struct step;

struct namespaces_plan {
	uint64_t clone_flags; /* CLONE_NEW* of the one clone3 */
	/* Init unshares these: CLONE_NEWCGROUP after it has joined its cgroup, CLONE_NEWIPC after
	 * it has become root of its user namespace. */
	uint64_t unshare_flags;
	/* Namespaces with a path are joined; linux.namespaces.at[kind].path has the path. The bits
	 * are 1 << enum namespace_kind. */
	unsigned joins;
	unsigned entered; /* of joins: the host side enters these around clone3 */
	/* A user namespace is joined. No process returns from it, so a process of its own joins it
	 * and all others, and makes init, with the new namespaces, in there. */
	bool outside;
	/* The host side enters init's mount namespace, to open there what init, in its user
	 * namespace, needs from the host. */
	bool host_enters;
	/* The host side opens init's sources, in init's mount namespace or before init exists.
	 * Without host_opens, init opens them. */
	bool host_opens;
};

int namespaces_plan(struct plan *plan, struct error *err);
int namespaces_plan_joined(struct plan *plan, struct error *err); /* for exec */
void namespaces_print(const struct plan *plan, FILE *out);

/**
 * namespaces_open() - open a namespace file and verify its kind (NS_GET_NSTYPE). config-linux.md
 * demands an error if the path is not associated with a namespace of that type.
 *
 * Return: descriptor or -errno
 */
int namespaces_open(const struct plan *plan, enum namespace_kind kind, struct error *err);

/* The host side opens every namespace that is joined. Init joins all but those that the host side
 * enters; then it unshares namespaces, sets the loopback interface up and sets the names. */
extern const struct step namespaces_open_paths;
extern const struct step namespaces_join;
extern const struct step namespaces_join_outside;
extern const struct step namespaces_unshare;
extern const struct step network_loopback;
int uts_plan(const struct plan *plan, struct error *err); /* called by namespaces_plan() */
extern const struct step uts_names;
int sysctl_plan(struct plan *plan, struct error *err);
extern const struct step sysctl_write;

/* Says whether a kernel parameter is set that belongs to a namespace of this kind. */
bool sysctl_sets(const struct plan *plan, enum namespace_kind kind);
bool uts_named(const struct plan *plan);

struct namespaces_handles {
	int at[NAMESPACE_KINDS]; /* open namespace files to join, -1 for none */
	/* For exec: pidfd of init, whose namespaces the process joins, owned by the caller. With -1
	 * the process joins the namespaces in at. */
	int process;
};

/**
 * namespaces_differ() - find the kinds of namespace in which a process differs from the caller.
 * @kinds: set to a mask of 1 << enum namespace_kind
 *
 * Return: 0; -ESRCH when there is no such process, or it is ending; -errno
 */
int namespaces_differ(pid_t pid, unsigned *kinds, struct error *err);

/**
 * namespaces_send() - init sends its namespaces to a process that may not open them itself, and
 * needs no procfs for that (Linux 6.11; on an older kernel nothing is sent).
 * @connection: accepted from the start socket
 *
 * Return: 0 or -errno
 */
int namespaces_send(int connection, struct error *err);

/**
 * namespaces_receive() - receive the namespaces that init sends with namespaces_send().
 * @init: pidfd of init, whose end is noticed
 * @cancel: as in struct container_options, because init may be busy with something else for long
 * @at: NAMESPACE_KINDS descriptors, all -1; those that are received are set
 *
 * Return: 0; -errno, where some of at may be set, too
 */
int namespaces_receive(int connection, int init, const int *cancel, int *at, struct error *err);

/**
 * namespaces_differ_from() - find the kinds whose descriptor is of another namespace than the
 * caller's.
 * @at: NAMESPACE_KINDS descriptors, -1 for none
 *
 * Return: a mask of 1 << enum namespace_kind
 */
unsigned namespaces_differ_from(const int *at);

/* exec joins the planned namespaces of init's pidfd by one setns(2), in which the user namespace
 * comes first, or the namespaces that were received; then it becomes root of the user namespace. */
extern const struct step namespaces_join_named, namespaces_join_process;
/* This step joins only the user namespace, in a new mount namespace with copies of the caller's
 * mounts. There an ordinary user may copy the mounts, which he may not outside, nor in the
 * container's mount namespace. */
extern const struct step namespaces_join_user;
void namespaces_joined_print(const struct plan *plan, FILE *out);

/**
 * namespaces_enter() - enter the namespaces in which init will be made; namespaces_return() goes
 * back to those of the caller.
 * @own: set to the namespaces that the calling process has left
 *
 * A process that failed to enter one has to return from the others.
 *
 * Return: 0 or -errno
 */
int namespaces_enter(const struct creation *creation, struct namespaces_handles *own,
		     struct error *err);
int namespaces_return(struct namespaces_handles *own, struct error *err);

/**
 * namespaces_run_inside() - run a function in init's mount namespace, with the privileges of the host
 * side.
 * @run: paths, also relative ones, mean for it what they meant for the caller when init was made
 *
 * A mount that is copied there is as restricted as for init: in its user namespace nobody makes
 * writable what the host has mounted read-only, or uncovers what is mounted over
 * (mount_namespaces(7)).
 *
 * Return: what run returns; -errno
 */
int namespaces_run_inside(struct creation *creation, int (*run)(struct creation *, struct error *),
			  struct error *err);

/* Init sends the host side its mount namespace, root and working directory, for
 * namespaces_run_inside(). */
extern const struct step namespaces_send_places;

/**
 * namespaces_plan_opening() - decide host_enters and host_opens. namespaces_plan() and
 * namespaces_plan_joined() call it once idmap_plan() has decided.
 */
void namespaces_plan_opening(struct plan *plan);

#endif
