/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces (config-linux.md, Namespaces; namespaces(7)): which are new, which are joined by path,
 * and what is set up in them: loopback, host name, sysctls.
 *
 * New ones come with the one clone3. Exceptions: a cgroup namespace is made by init once it is in
 * its cgroup (the namespace's root is the cgroup of its maker); a pid namespace to be joined is
 * entered by the host process before clone3 and left afterwards (setns on it concerns children
 * only), and so are all others when init will be in a user namespace of its own, where it may not.
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
	uint64_t clone_flags;   /* CLONE_NEW* of the one clone3 */
	uint64_t unshare_flags; /* by init: CLONE_NEWCGROUP, after joining its cgroup; CLONE_NEWIPC,
				   after becoming root of its user namespace */
	/* Those with a path are joined; linux.namespaces.at[kind].path says where. Bits: 1 << enum
	 * namespace_kind */
	unsigned joins;
	unsigned entered; /* of those: by the host side, around clone3 */
	bool outside;     /* a user namespace is joined: nobody comes back from there, so a process
			 joins it and all others, and makes init, with the new ones, inside */
	bool visited; /* the host side enters init's mount namespace, to open there what init, in its
			 user namespace, needs from the host */
	bool host_opens; /* the host side opens that, there or before there is an init; else init does */
};

int namespaces_plan(struct plan *plan, struct error *err);
int namespaces_plan_joined(struct plan *plan, struct error *err); /* exec */
void namespaces_print(const struct plan *plan, FILE *out);

/**
 * namespaces_open() - open a namespace file and verify its kind (NS_GET_NSTYPE): config-linux.md:
 * an error if path is not associated with a namespace of that type.
 *
 * Return: descriptor or -errno
 */
int namespaces_open(const struct plan *plan, enum namespace_kind kind, struct error *err);

/* Steps. Host: open every namespace to be joined. Init: enter all but pid; unshare; loopback;
 * names. */
extern const struct step namespaces_open_paths;
extern const struct step namespaces_join;
extern const struct step namespaces_join_outside;
extern const struct step namespaces_unshare;
extern const struct step network_loopback;
int uts_plan(const struct plan *plan, struct error *err); /* for namespaces_plan() */
extern const struct step uts_names;
int sysctl_plan(struct plan *plan, struct error *err);
extern const struct step sysctl_write;

/* Whether a kernel parameter is set that a namespace of this kind has to itself. */
bool sysctl_sets(const struct plan *plan, enum namespace_kind kind);
bool uts_named(const struct plan *plan);

struct namespaces_handles {
	int at[NAMESPACE_KINDS]; /* open namespace files to join, -1 for none */
	int process; /* exec: pidfd of init, whose namespaces are joined, the caller's; else
				    -1: those above are */
};

/**
 * namespaces_differ() - the kinds of namespace in which a process is and the caller is not.
 * @kinds: set to a mask of 1 << enum namespace_kind
 *
 * Return: 0; -ESRCH when there is no such process, or not for long; -errno
 */
int namespaces_differ(pid_t pid, unsigned *kinds, struct error *err);

/**
 * namespaces_send() - init: tell somebody who may not look at it where it is, without any procfs.
 * Linux 6.11; before that nothing is said.
 * @connection: of the start socket
 */
int namespaces_send(int connection, struct error *err);

/**
 * namespaces_receive() - hear that.
 * @init: pidfd, whose end is noticed
 * @cancel: as in struct container_options: init may be about something else for long
 * @at: of NAMESPACE_KINDS descriptors, -1; those that come are set
 *
 * Return: 0; -errno, where some may be set, too
 */
int namespaces_receive(int connection, int init, const int *cancel, int *at, struct error *err);

/**
 * namespaces_differ_from() - the kinds of which a descriptor is of another namespace than the
 * caller's, as a mask.
 */
unsigned namespaces_differ_from(const int *at);

/* Step of exec: join the planned ones of that process by one setns(2), in which the user namespace
 * comes first, or those that were received; and become its root. */
extern const struct step namespaces_join_named, namespaces_join_process;
/* The same for the user namespace alone, in a new mount namespace with copies of the caller's mounts:
 * there an ordinary user may copy them, as he may not outside, nor where the container's are. */
extern const struct step namespaces_join_user;
void namespaces_joined_print(const struct plan *plan, FILE *out);

/**
 * namespaces_enter() - go where init is to be made; namespaces_return() - and back.
 * @own: set to the namespaces that the calling process has left
 *
 * A process that failed to enter one has to return from the others.
 */
int namespaces_enter(const struct creation *creation, struct namespaces_handles *own,
		     struct error *err);
int namespaces_return(struct namespaces_handles *own, struct error *err);

typedef int namespaces_visitor(struct creation *creation, struct error *err);

/**
 * namespaces_visit() - do something in init's mount namespace, with the privileges of the host side.
 * @run: paths, also relative ones, mean for it what they meant for the caller when init was made
 *
 * What comes from there is as restricted as for init: in its user namespace nobody makes writable
 * what the host has mounted read-only, or uncovers what is mounted over (mount_namespaces(7)).
 */
int namespaces_visit(struct creation *creation, namespaces_visitor *run, struct error *err);

/* Step of init: let the host side know where. */
extern const struct step namespaces_invite;

/**
 * namespaces_plan_visit() - decide visited and host_opens, for namespaces_plan().
 */
void namespaces_plan_visit(struct plan *plan);

#endif
