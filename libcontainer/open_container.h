/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An open container: the questions about a container that exists, which is found by its id. The
 * header for embedders is container.h.
 *
 * The status of a container is never stored. The creator's lock on the directory says that the
 * container is being created, a listener on the start socket that it waits for `start`, the cgroup
 * that it is paused, and init's pidfd that it is not stopped.
 */
#ifndef KIST_OPEN_CONTAINER_H
#define KIST_OPEN_CONTAINER_H

#include <stdbool.h>

#include "libcontainer/record.h"
#include "spec/arena.h"
#include "spec/error.h"

/* A container that exists, with its directory held open and its record read. */
struct container {
	struct record record;
	bool creating; /* the creator lived when the container was opened */
	/* The record cannot be read, since the creator was killed. Only delete --force accepts such
	 * a container. */
	bool damaged;
	enum status status; /* set once it was asked for; see enter.h */
	int init;           /* a pidfd of init, set with the status; -1: init has ended */
	struct arena arena;
};

/**
 * container_open() - find a container by id. Free with container_close().
 *
 * Return: 0; -ENOENT "container \"x\" does not exist"; -ENOTSUP "container \"x\" was made by
 * another version of kist"
 */
int container_open(const char *root, const char *id, struct container *container,
		   struct error *err);
void container_close(struct container *container);

/**
 * container_status() - derive the status from the kernel.
 * @pidfd: set to a pidfd of init, verified to be the recorded process, when it lives; else to -1
 *
 * Return: enum status, or -EXDEV when the pid counts in a pid namespace other than the caller's
 */
int container_status(const struct container *container, int *pidfd, struct error *err);

/**
 * container_shares_cgroup() - whether another container of the same root directory is alive in the
 * same cgroup, or below it: it was created there after this container had ended.
 */
bool container_shares_cgroup(const struct record *record);

/* How long to wait for a lock, at most. */
enum { CONTAINER_WAIT_MS = 10000 };

/**
 * container_lock() - be the only process that removes a container, while no other process starts
 * it.
 * @wait_ms: how long to wait for a process that starts or removes the container, in milliseconds
 *
 * Closing the descriptor releases the lock.
 *
 * Return: descriptor; -EBUSY: another process still starts or removes the container; -ENOENT
 * "container \"x\" does not exist": another process has removed it meanwhile; -EAGAIN when the
 * container is half-made, and its creator lives after all
 */
int container_lock(const struct record *record, int wait_ms, struct error *err);

/**
 * container_share() - keep a container from being removed while it is started.
 *
 * Return: descriptor; -EBUSY and -ENOENT as container_lock()
 */
int container_share(const struct record *record, struct error *err);

#endif
