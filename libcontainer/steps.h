/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A step of create, and what steps share. Every step function has this contract:
 *
 *     int subject_step_verb(struct creation *creation, struct error *err);
 *
 * It does what the plan says and nothing else, returns 0 or -code with an error that names what
 * failed (the walker adds the step's name), and leaves no half-done thing that its undo would not
 * find. Steps of init run in the child of clone3: they see a copy of the creation, share nothing
 * with the host side but descriptors, and do not allocate. The functions are declared in their
 * subjects' headers.
 */
#ifndef KIST_STEPS_H
#define KIST_STEPS_H

#include "libcontainer/plan.h"
#include "libcontainer/record.h"

struct seccomp_thread;

struct creation {
	const struct plan *plan;
	const struct document *document; /* config.json as read, for the verbatim copy */
	struct record record;            /* what undo needs, filled as the steps go */
	bool settled;                    /* nobody is its creator any more */

	/* Descriptors, -1 when not open. */
	int sync;         /* this side's end of the conversation; see process/sync.h */
	int start;        /* listening start socket: init's */
	int init;         /* host: pidfd of init */
	int terminal;     /* host: the pty's leader, once init handed it over */
	int console;      /* host: connected console socket */
	int pidfd_socket; /* host: connected, too */
	int notify;       /* what the container says; init's, until host or starter has it */
	int procfs;       /* init: private procfs, while there is something to write */

	struct cgroup_handles cgroup;
	struct rdt_handles rdt;
	struct rootfs_handles rootfs;
	struct namespaces_handles namespaces;

	struct hook_state hook_states[HOOK_KINDS]; /* what hooks are told */

	struct seccomp_thread *seccomp_thread; /* init: that will load its filter */

	const char
		*executable; /* init: the program that was found, in executable_path or args[0] */
	char executable_path[4096];
	char home[4096];       /* init: "HOME=..." */
	bool setgroups_denied; /* init: by whoever made or mapped its user namespace */
	bool cwd_denied;       /* init: root may not enter process.cwd; its user has yet to try */
};

struct step {
	const char *name; /* what it is about: context of its errors, line of `kist plan`, key of
			     the trace */
	int (*run)(struct creation *creation, struct error *err);
	/* Takes back what run did, as far as it is there: for a failing create, for delete, and for
	 * what a killed kist left. NULL: nothing to take back. */
	int (*undo)(const struct record *record, struct error *err);
	bool (*when)(const struct plan *plan);             /* NULL: always */
	void (*print)(const struct plan *plan, FILE *out); /* details for `kist plan`, NULL: none */
	bool hears; /* what fails is mostly the other side's, and has its step's name from there */
};

/**
 * steps_walk() - take the steps of a table that the plan asks for, one after the other.
 *
 * Return: 0, or -code of the first that failed, whose name is in front of the error, unless it hears
 */
int steps_walk(const struct step *steps, size_t count, struct creation *creation,
	       struct error *err);

#endif
