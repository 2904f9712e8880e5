/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An open container: what is asked of one that is there, by its id. container.h is what embedders
 * see.
 *
 * Its status is never stored. The creator's lock on the directory says that it is being created, a
 * listener on the start socket that it waits for `start`, the cgroup that it is paused, and init's
 * pidfd that it is not stopped.
 */
#ifndef KIST_OPEN_CONTAINER_H
#define KIST_OPEN_CONTAINER_H

#include <stdbool.h>

#include "libcontainer/record.h"
#include "spec/arena.h"
#include "spec/error.h"

/* A container that exists: its directory held open, its record read. */
struct container {
	struct record record;
	bool creating; /* its creator lives, when it was opened */
	bool damaged; /* no readable record: its creator was killed. Only delete --force wants it */
	enum status status; /* when somebody has asked; see enter.h */
	int init;           /* and a pidfd of init, while it lives; else -1 */
	struct arena arena;
};

/**
 * container_open() - find a container by id. Free with container_close().
 *
 * Return: 0; -ENOENT "container \"x\" does not exist"; -ENOTSUP "container \"x\" was made by another
 * version of kist"
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
 * same cgroup, or below: it was made there when this one had ended.
 */
bool container_shares_cgroup(const struct record *record);

/* How long to wait for a lock, at most. */
enum { CONTAINER_WAIT_MS = 10000 };

/**
 * container_lock() - be the only one to remove a container, while nobody starts it.
 * @wait_ms: how long for whoever is at it
 *
 * Closing lets go of it.
 *
 * Return: descriptor; -EBUSY: another one still is; -ENOENT "container \"x\" does not exist": another
 * one has removed it meanwhile; -EAGAIN when it is half-made, and its creator lives after all
 */
int container_lock(const struct record *record, int wait_ms, struct error *err);

/**
 * container_share() - keep a container from being removed while it is started.
 *
 * Return: descriptor; -EBUSY and -ENOENT as above
 */
int container_share(const struct record *record, struct error *err);

#endif
