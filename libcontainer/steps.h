/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A step, and what steps share. A step is a constant object of its subject, declared in the subject's
 * header and defined in its file, beside the decision that it carries out:
 *
 *     const struct step limits_set = {"rlimits", .run = step_set, .when = ..., .print = ...};
 *
 * The tables of the verbs (create.c, exec.c) say in which order steps are taken, why in this one, and how
 * each is undone. A variant of a step is a second object, whose name says what is different.
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
	const struct step_table *child;  /* what the process does that is made */
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
	/*
	 * Do what the plan says and nothing else: return 0, or -code with an error that names what
	 * failed (the walker adds the step's name), and leave no half-done thing that undo would not
	 * find. A step of init runs in the child of clone3: it sees a copy of the creation, shares
	 * nothing with the host side but descriptors, and does not allocate.
	 */
	int (*run)(struct creation *creation, struct error *err);
	size_t planned; /* PLANNED(member): the decision that it carries out; 0: always */
	bool (*when)(const struct plan *plan);             /* NULL: always */
	void (*print)(const struct plan *plan, FILE *out); /* details for `kist plan`, NULL: none */
	/* Host side: close what run has left open, if it was run at all. Cannot fail. NULL: nothing. */
	void (*finish)(struct creation *creation);
	bool hears; /* what fails is mostly the other side's, and has its step's name from there */
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
	/* Takes back what the step did, as far as it is there: for a failing create, for delete, and
	 * for what a killed kist left. NULL: nothing to take back. */
	int (*undo)(const struct record *record, struct error *err);
};

struct step_table {
	const struct step_row *rows;
	size_t count;
};

/* The table of an array of rows. */
#define STEP_TABLE(array)                                                                          \
	{                                                                                          \
		array, sizeof(array) / sizeof *(array)                                             \
	}

/**
 * steps_walk() - take the steps of a table that the plan asks for, one after the other.
 *
 * Return: 0, or -code of the first that failed, whose name is in front of the error, unless it hears
 */
int steps_walk(const struct step_table *table, struct creation *creation, struct error *err);

/**
 * steps_undo() - walk the undo column of a table up.
 *
 * Stops at the first step that cannot be taken back, so that it can be tried again.
 */
int steps_undo(const struct step_table *table, const struct record *record, struct error *err);

/**
 * steps_finish() - close what the host side's steps have left open, from the last one up: whether the
 * walk came to its end or not.
 */
void steps_finish(const struct step_table *table, struct creation *creation);

/**
 * steps_print() - the steps of a table that the plan asks for, with their details.
 * @side: who takes them: "host", "init"
 */
void steps_print(const char *side, const struct step_table *table, const struct plan *plan,
		 FILE *out);

#endif
