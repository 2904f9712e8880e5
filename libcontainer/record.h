/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of a container: record.json in its directory, what is kept of it between calls. It never
 * changes once the container is made, and says nothing of its status. This is its form, and how it is
 * read and written; directory.h says when.
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

struct config;

struct record_cgroup {
	const char *driver; /* "cgroupfs-v2": the manager and the layout; "": none */
	const char *path;
	struct strings freezers; /* see cgroup_is_frozen() */
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

/**
 * record_read() - the record in a container's directory, with directory as its member.
 * @id: of the container, for the error
 *
 * Return: 1; 0 where there is none that can be read, as a killed creator leaves it; -ENOTSUP
 * "container \"x\" was made by another version of kist"
 */
int record_read(int directory, const char *id, struct arena *arena, struct record *record,
		struct error *err);

/**
 * record_write() - write it into its directory, in the place of what is there, in this kist's form.
 *
 * Whoever reads it meanwhile has the old one or the new one.
 */
int record_write(const struct record *record, struct arena *arena, struct error *err);

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

#endif
