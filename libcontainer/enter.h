/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one frame of every verb on a container that is there. A verb is a constant object: what it does,
 * in which status a container may be, and, where a process goes into the container to do it, what for
 * and by which steps.
 *
 *     enter_open()      the container is opened, its status is asked, and the rule applied
 *     enter()           the same; then
 *                         its configuration is read, and changed as the verb wants it
 *                         the host and init are asked, and all is planned
 *                         the process is made, and both sides take their steps
 *                         the process goes to the caller, or has done its work and is reaped
 */
#ifndef KIST_ENTER_H
#define KIST_ENTER_H

#include "libcontainer/open_container.h"
#include "libcontainer/plan.h"
#include "libcontainer/steps.h"

/* A status in a set of them. */
#define ENTER_IN(status) (1U << (status))

/* In which most verbs find a container that they can work on; and in which there is one at all. */
#define ENTER_LIVE (ENTER_IN(STATUS_CREATED) | ENTER_IN(STATUS_RUNNING))
#define ENTER_ANY (~0U)

/* What is made for one use of a verb with a process, whose prepare may change all but the plan. */
struct entering {
	struct arena arena;     /* owns what the members below point to */
	struct config config;   /* a copy of the container's, with */
	struct process process; /* its process, or an empty one */
	struct joined joined;
	struct plan plan;
};

struct verb {
	const char *doing; /* "exec in", "add mounts to": what cannot be done */
	unsigned statuses; /* in which it can: a set */
	/* What else helps with a paused container; NULL: nothing but to resume it. */
	const char *or_paused;
	/* Its own sentences for the other statuses, -code. NULL: the usual ones, which callers of exec
	 * look for: -ESRCH "container not running"; -EBUSY; -EAGAIN while it is being created. */
	int (*refuse)(const struct container *container, struct error *err);

	/* Where a process goes into the container. */
	enum join_purpose purpose;
	unsigned own; /* namespaces that init must not share with the caller: 1 << their kind */
	/* Change what the container's configuration says to what is wanted. @told: by the caller */
	int (*prepare)(struct entering *entering, const void *told, struct error *err);
	const struct step_table *host, *child;
};

/* One use of a verb with a process. */
struct request {
	const struct container_options *options; /* root and id, and what the steps read */
	const void *told;                        /* for prepare */
	const char *about; /* in front of what is wrong with it; NULL: nothing */
	/* Where the process goes, as a child of the caller. NULL: it is made to do its work and end. */
	struct container_process *process;
};

/**
 * enter_open() - open a container for a verb that works in its status, which is in container then,
 * with a pidfd of init. Free with container_close().
 *
 * Return: 0; as container_open(); what the verb says of the other statuses; -errno
 */
int enter_open(const char *root, const char *id, const struct verb *verb,
	       struct container *container, struct error *err);

/**
 * enter_check() - the second half of that, for those who lock the container first.
 */
int enter_check(struct container *container, const struct verb *verb, struct error *err);

/**
 * enter() - use a verb with a process, from its beginning to its end.
 *
 * A container that ends meanwhile makes anything fail, and then that is the reason: -ESRCH. What
 * failed has left nothing.
 *
 * Return: 0; as enter_open(); as prepare; as plan_make_joined(); as the steps
 */
int enter(const struct verb *verb, const struct request *request, struct error *err);

#endif
