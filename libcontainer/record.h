/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is kept of a container between calls: the directory <root>/<id> (mkdir is the lock; 0700)
 * with
 *
 *     config.json   the configuration, verbatim: later edits of the bundle have no effect
 *     record.json   written when the id is claimed, without init, and replaced once, with it; and
 *                   where there are poststop hooks, when they come to be owed
 *     seccomp       the compiled filter, for who joins it
 *     start         a listening socket that only init holds, until it executes its program
 *
 * Nothing in it changes afterwards: the status is asked of the kernel each time.
 */
#ifndef KIST_RECORD_H
#define KIST_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec/arena.h"
#include "spec/error.h"
#include "spec/schema.h"
#include "spec/state.h"

struct plan;
struct creation;
struct config;

struct record_cgroup {
	const char *driver; /* "": none */
	const char *path;
	struct strings freezers; /* see cgroup_freezers() */
};

/* What of resctrl goes with the container; see rdt.h. */
struct record_rdt {
	const char *mount;
	const char *control; /* the class: a name in the root, "." for the root; NULL: nothing */
	bool own;            /* remove the class itself */
	bool monitored; /* remove the monitoring group in it, which is named as the container */

	/* Not written: this create has made the class, whose name is not its own. */
	bool made;
};

struct record {
	const char *version; /* of the record's form */
	const char *id;
	const char *bundle;
	const char *rootfs;
	const char *created; /* RFC 3339, UTC */
	uint32_t owner;      /* uid of the creator */
	struct record_cgroup cgroup;
	struct record_rdt rdt;
	const char *keyring; /* the name of the session keyring; NULL: none of its own */
	struct pairs annotations;

	/* Hooks of config.json that are still to run: when it is started; and by whoever removes
	 * the container, once any hook may have run, or it was created. */
	bool startContainer, poststart, poststop;
	bool listener; /* whoever starts it hands the listener of its filter to the agent */

	/* Init and its identity; pid 0: not there yet. */
	int32_t pid;
	uint64_t pidfs_inode;   /* unique for this boot; 0 before Linux 6.9 */
	uint64_t start_time;    /* clock ticks after boot, /proc/PID/stat field 22 */
	uint64_t pid_namespace; /* inode of the pid namespace in which pid counts */

	/* Not written: the pid file, once this command has made it. */
	const char *pid_file;

	/* Not written: <root>/<id>, held open. Its creator holds it locked. */
	int directory;
};

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };

extern const struct words status_words;

/* A container that exists: its directory held open, its record read. */
struct container {
	struct record record;
	bool creating; /* its creator lives, when it was opened */
	bool damaged; /* no readable record: its creator was killed. Only delete --force wants it */
	struct arena arena;
};

/**
 * record_check_id() - refuse what cannot be an id: empty, ".", "..", over 255 bytes (one file
 * name), a character outside [A-Za-z0-9_+.-], a leading '-'.
 */
int record_check_id(const char *id, struct error *err);

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
 * record_read_config() - the configuration that the container was made from: the copy in its directory.
 *
 * Return: 0 or -code
 */
int record_read_config(const struct record *record, struct arena *arena,
		       const struct config **config, struct error *err);

/**
 * record_error_gone() - say that there is no such container. Callers look for the sentence.
 */
int record_error_gone(const char *id, struct error *err);

/**
 * record_state() - what is said of a container to others: to hooks, to a seccomp agent.
 */
struct state record_state(const struct record *record, enum status status);

/**
 * container_status() - derive the status from the kernel.
 * @pidfd: set to a pidfd of init, verified to be the recorded process, when it lives; else to -1
 *
 * Return: enum status, or -EXDEV when the pid counts in a pid namespace other than the caller's
 */
int container_status(const struct container *container, int *pidfd, struct error *err);

/**
 * record_shares_cgroup() - whether another container of the same root directory is alive in the same
 * cgroup, or below: it was made there when this one had ended.
 */
bool record_shares_cgroup(const struct record *record);

/* How long to wait for a lock, at most. */
enum { RECORD_WAIT_MS = 10000 };

/**
 * record_lock() - be the only one to remove a container, while nobody starts it.
 * @wait_ms: how long for whoever is at it
 *
 * Closing lets go of it.
 *
 * Return: descriptor; -EBUSY: another one still is; -ENOENT "container \"x\" does not exist": another
 * one has removed it meanwhile; -EAGAIN when it is half-made, and its creator lives after all
 */
int record_lock(const struct record *record, int wait_ms, struct error *err);

/**
 * record_share() - keep a container from being removed while it is started.
 *
 * Return: descriptor; -EBUSY and -ENOENT as above
 */
int record_share(const struct record *record, struct error *err);

/**
 * record_check_files() - is there nothing in the directory that kist has not made? Another --root may
 * hold anything.
 *
 * Return: 0; -ENOTEMPTY; -errno
 */
int record_check_files(const struct record *record, struct error *err);

/* Steps of create. */
int record_step_check(struct creation *creation, struct error *err);
int record_step_check_pid_file(struct creation *creation, struct error *err);
int record_step_claim(struct creation *creation, struct error *err);
int record_step_write(struct creation *creation, struct error *err);
int record_step_owe(struct creation *creation, struct error *err);    /* poststop hooks */
int record_step_settle(struct creation *creation, struct error *err); /* it is no longer creating */
int record_step_pid_file(struct creation *creation, struct error *err);

/**
 * record_undo_pid_file() - remove the pid file that this command has made, unless it says another pid by
 * now: the one that it says is soon somebody else's. What cannot be removed is a warning in the log.
 *
 * Return: 0
 */
int record_undo_pid_file(const struct record *record, struct error *err);
bool record_pid_file_planned(const struct plan *plan);

/**
 * record_undo() - remove the container's directory: the last thing that goes.
 */
int record_undo(const struct record *record, struct error *err);

#endif
