/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one frame of every verb on a container that exists. A verb is a constant object. It says what
 * the verb does and in which status a container may be; and where a process goes into the container
 * to do it, for what purpose and by which steps.
 *
 *     enter_open()      the container is opened, its status is asked, and the rule applied
 *     enter()           as enter_open(); then
 *                         the container's configuration is read, and changed as the verb wants it
 *                         the facts of the host and of init are read, and the plan is made
 *                         the process is made, and both sides take their steps
 *                         the process goes to the caller, or has done its work and is reaped
 */
#ifndef KIST_ENTER_H
#define KIST_ENTER_H

#include "libcontainer/open_container.h"
#include "libcontainer/plan.h"
#include "libcontainer/steps.h"

/* The bit of a status in a set of statuses. */
#define ENTER_IN(status) (1U << (status))

/* ENTER_LIVE has the statuses in which most verbs can work on a container; ENTER_ANY has all of
 * them. */
#define ENTER_LIVE (ENTER_IN(STATUS_CREATED) | ENTER_IN(STATUS_RUNNING))
#define ENTER_ANY (~0U)

/* What one use of a verb with a process is made of. The verb's prepare may change every member but
 * the plan. */
struct entering {
	struct arena arena;     /* owns what the members below point to */
	struct config config;   /* a copy of the container's, with */
	struct process process; /* its process, or an empty one */
	struct joined joined;
	struct plan plan;
};

struct verb {
	const char *doing; /* "exec in", "add mounts to": what cannot be done */
	unsigned statuses; /* the set of statuses in which the verb works */
	/* What the caller can do about a paused container instead of resuming it; NULL: nothing. */
	const char *or_paused;
	/* The verb's own error for the other statuses, -code. NULL: the usual ones, whose words
	 * callers of exec look for: -ESRCH "container not running"; -EBUSY; -EAGAIN while the
	 * container is being created. */
	int (*refuse)(const struct container *container, struct error *err);

	/* The members below are for verbs by which a process goes into the container. */
	enum join_purpose purpose;
	unsigned own; /* namespaces that init must not share with the caller: 1 << their kind */
	/* Change what the container's configuration says into what is wanted. @told: what the
	 * caller has asked for */
	int (*prepare)(struct entering *entering, const void *told, struct error *err);
	const struct step_table *host, *child;
};

/* One use of a verb with a process. */
struct request {
	const struct container_options *options; /* root and id, and what the steps read */
	const void *told;                        /* for prepare */
	const char *about; /* the name that errors about @told begin with; NULL: none */
	/* Where the process is returned, as a child of the caller. NULL: the process does its work
	 * and ends. */
	struct container_process *process;
};

/**
 * enter_open() - open a container for a verb, and refuse it when the verb does not work in its
 * status. On success container has the status, and a pidfd of init. Free with container_close().
 *
 * Return: 0; as container_open(); what the verb says of the other statuses; -errno
 */
int enter_open(const char *root, const char *id, const struct verb *verb,
	       struct container *container, struct error *err);

/**
 * enter_check() - ask for the status and refuse, as enter_open() does, for verbs that lock the
 * container first.
 */
int enter_check(struct container *container, const struct verb *verb, struct error *err);

/**
 * enter() - use a verb with a process, from its beginning to its end.
 *
 * A container that ends meanwhile can make any step fail, and then its end is the error that is
 * reported: -ESRCH. A use that failed has left nothing.
 *
 * Return: 0; as enter_open(); as prepare; as plan_make_joined(); as the steps
 */
int enter(const struct verb *verb, const struct request *request, struct error *err);

#endif
