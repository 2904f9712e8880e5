/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A step, and what steps share. A step is a constant object of its subject: it is declared in the
 * subject's header and defined in the subject's file, beside the decision that it carries out:
 *
 *     const struct step limits_set = {"rlimits", .run = step_set, .when = ..., .print = ...};
 *
 * The tables of the verbs (create.c, exec.c, mounts.c) say in which order steps are taken and why,
 * and how each is undone. A variant of a step is a second object, whose name says what is
 * different.
 */
#ifndef KIST_STEPS_H
#define KIST_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "libcontainer/plan.h"
#include "libcontainer/record.h"

struct seccomp_thread;
struct step_table;

struct creation {
	const struct plan *plan;
	const struct step_table *child;  /* the steps of the process that is made */
	const struct document *document; /* config.json as read, for the verbatim copy */
	struct record record;            /* what undo needs; filled by the steps */
	/* The lock on the directory is released: the container is no longer being created. */
	bool settled;

	/* Descriptors, -1 when not open. */
	int sync;         /* this side's end of the conversation; see process/sync.h */
	int start;        /* listening start socket: init's */
	int init;         /* host: pidfd of init */
	int pidfd_socket; /* host: connected --pidfd-socket */
	int notify;       /* the notify socket: init's, and later the host side's */
	int procfs;       /* init: private procfs, while there is something to write */

	struct cgroup_handles cgroup;
	struct rdt_handles rdt;
	struct rootfs_handles rootfs;
	struct namespaces_handles namespaces;
	struct console_handles console;
	struct executable_found executable; /* by init */

	struct hook_state hook_states[HOOK_KINDS]; /* the states that hooks are told */

	struct seccomp_thread *seccomp_thread; /* init: the thread that will load the filter */

	/* init: the process that made or mapped its user namespace denied setgroups(2) there */
	bool setgroups_denied;
	bool cwd_denied; /* init: root may not enter process.cwd; its user has yet to try */
};

struct step {
	/* what the step is about: the context of its errors, its line in `kist plan`, its key in
	 * the trace */
	const char *name;
	/*
	 * Do what the plan says and nothing else: return 0, or -code with an error that names what
	 * failed (the walker adds the step's name), and leave no half-done thing that undo would
	 * not find. A step of init runs in the child of clone3: it sees a copy of the creation,
	 * shares nothing with the host side but descriptors, and does not allocate.
	 */
	int (*run)(struct creation *creation, struct error *err);
	/* PLANNED(member): the step carries out this decision, and is taken if it is true; 0: the
	 * step is always taken */
	size_t planned;
	bool (*when)(const struct plan *plan);             /* NULL: always */
	void (*print)(const struct plan *plan, FILE *out); /* details for `kist plan`, NULL: none */
	/* Host side: close what run has left open; called whether run was called or not. It cannot
	 * fail. NULL: run leaves nothing open. */
	void (*finish)(struct creation *creation);
	/* The step waits for the other side, whose error mostly is the one that it returns, with
	 * the name of the other side's step. */
	bool relays_error;
};

/* A decision of the plan: a member of struct plan, which is a bool that its planner sets. */
#define PLANNED(member) _Generic(((struct plan *)0)->member, bool : offsetof(struct plan, member))

/**
 * step_is_planned() - whether the plan asks for a step.
 */
bool step_is_planned(const struct step *step, const struct plan *plan);

/* A row of a verb's table. */
struct step_row {
	const struct step *step;
	/* Takes back what the step did, as far as it did it: for a create that fails, for delete,
	 * and for what a killed kist has left. NULL: there is nothing to take back. */
	int (*undo)(const struct record *record, struct error *err);
};

struct step_table {
	const struct step_row *rows;
	size_t count;
};

/* Make the table of an array of rows. */
#define STEP_TABLE(array)                                                                          \
	{                                                                                          \
		array, sizeof(array) / sizeof *(array)                                             \
	}

/**
 * steps_walk() - take the steps of a table that the plan asks for, in order.
 *
 * Return: 0, or -code of the first step that failed. The step's name is in front of the error,
 * unless the step hears: then it is the name of the other side's step
 */
int steps_walk(const struct step_table *table, struct creation *creation, struct error *err);

/**
 * steps_undo() - walk the undo column of a table up.
 *
 * The walk stops at the first step that cannot be taken back, so that it can be tried again.
 */
int steps_undo(const struct step_table *table, const struct record *record, struct error *err);

/**
 * steps_finish() - close what the host side's steps have left open, from the last step up, whether
 * the walk came to its end or not.
 */
void steps_finish(const struct step_table *table, struct creation *creation);

/**
 * steps_print() - print the steps of a table that the plan asks for, with their details.
 * @side: the side that takes the steps: "host", "init"
 */
void steps_print(const char *side, const struct step_table *table, const struct plan *plan,
		 FILE *out);

#endif
