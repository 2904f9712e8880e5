/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of a container, record.json in its directory, is what kist keeps of the container
 * between calls. It never changes once the container is made, and it does not have the status. This
 * file defines its form, and how it is read and written; directory.h says when.
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

/* The resctrl groups that are removed with the container; see rdt.h. */
struct record_rdt {
	const char *mount;
	const char *control; /* the class: a name in the root, "." for the root; NULL: nothing */
	bool own;            /* the class itself is removed */
	bool monitored; /* The monitoring group in the class, named as the container, is removed. */

	/* This is not written to the file: this create has made a class whose name the
	 * configuration chose. */
	bool made;
};

struct record {
	const char *version; /* the version of the record's form */
	const char *id;
	const char *bundle;
	const char *rootfs;
	const char *created; /* RFC 3339, UTC */
	uint32_t owner;      /* uid of the creator */
	struct record_cgroup cgroup;
	struct record_rdt rdt;
	/* the name of the session keyring; NULL: the container has none of its own */
	const char *keyring;
	struct pairs annotations;

	/* Hooks of config.json that have yet to run: startContainer and poststart when the
	 * container is started; poststop when it is removed, once any hook may have run, or the
	 * container was created. */
	bool startContainer, poststart, poststop;
	/* The process that starts the container hands the listener of its filter to the seccomp
	 * agent. */
	bool listener;

	/* Init and its identity. pid 0: init does not exist yet. */
	int32_t pid;
	uint64_t pidfs_inode;   /* unique for this boot; 0 before Linux 6.9 */
	uint64_t start_time;    /* clock ticks after boot, /proc/PID/stat field 22 */
	uint64_t pid_namespace; /* inode of the pid namespace in which pid counts */

	/* This is not written to the file: the path of the pid file, once this command has made
	 * it. */
	const char *pid_file;

	/* This is not written to the file: a descriptor of <root>/<id>, which the container's
	 * creator holds locked. */
	int directory;
};

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };

extern const struct words status_words;

/**
 * record_read() - read the record in a container's directory, and set its member directory to that.
 * @id: the id of the container, for the error
 *
 * Return: 1; 0 when there is no record that can be read, as a killed creator leaves it; -ENOTSUP
 * "container \"x\" was made by another version of kist"
 */
int record_read(int directory, const char *id, struct arena *arena, struct record *record,
		struct error *err);

/**
 * record_write() - write the record into its directory, in this kist's form; it replaces the one
 * that is there.
 *
 * A process that reads the record meanwhile has the old one or the new one.
 */
int record_write(const struct record *record, struct arena *arena, struct error *err);

/**
 * record_read_config() - read the configuration that the container was made from: the copy in its
 * directory.
 *
 * Return: 0 or -code
 */
int record_read_config(const struct record *record, struct arena *arena,
		       const struct config **config, struct error *err);

/**
 * record_error_gone() - make the error that the container does not exist. Callers of kist compare
 * the sentence, so its words must stay.
 */
int record_error_gone(const char *id, struct error *err);

/**
 * record_state() - make the state of a container that hooks and seccomp agents are told.
 */
struct state record_state(const struct record *record, enum status status);

#endif
