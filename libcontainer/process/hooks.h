/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hooks (config.md, POSIX-platform Hooks; runtime.md, Lifecycle): programs of the configuration's
 * author that are told the container's state and may do what they like.
 *
 *     kind              run by     in                                      status    when it fails
 *     prestart          host side  runtime namespace                       creating  undone
 *     createRuntime     host side  runtime namespace                       creating  undone
 *     createContainer   init       container's, before pivot_root          creating  undone
 *     startContainer    init       container's, as the container's user    created   undone
 *     poststart         `start`    runtime namespace                       running   undone
 *     poststop          `delete`   runtime namespace                       stopped   warning
 *
 * Undone: the command fails, the container is destroyed, and its poststop hooks run. What later
 * commands run is read from the record's copy of config.json, and only where the record says that
 * there is something.
 *
 * A hook begins in the bundle, or in the container's root once that is all there is, with its own
 * environment alone.
 */
#ifndef KIST_HOOKS_H
#define KIST_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "libcontainer/process/spawn.h"
#include "spec/arena.h"
#include "spec/names.h"

struct config;
struct plan;
struct creation;
struct step;
struct record;

/* The code of the error of a hook that failed. */
#define HOOK_FAILED ECANCELED

/* Hooks of one kind, in order. */
struct hook_programs {
	size_t count;
	const struct spawn *at; /* all but the input */
};

/* The state as JSON around the pid, which is the one thing that the host side does not know. */
struct hook_state {
	const char *before, *after;
};

struct hooks_plan {
	struct hook_programs at[HOOK_KINDS];
	bool planned; /* there are hooks of some kind */
	bool runs
		[HOOK_KINDS]; /* this command has hooks of this kind to run, or to owe (poststop) */
	bool before_pivot;    /* init pauses for them */
	bool owed_early;      /* poststop, from the first hook on */
	bool owed_late;       /* poststop, once there is a container */
};

int hooks_plan(struct plan *plan, struct error *err);

/* Steps. Host: write the states down before there is an init, which does not allocate. */
extern const struct step hooks_describe;
extern const struct step hooks_prestart;
extern const struct step hooks_create_runtime;
extern const struct step hooks_poststart;

/* Init. Hooks before pivot_root look for the root filesystem where config.json says it is; what
 * is put there is taken away afterwards. */
extern const struct step hooks_show_rootfs;
extern const struct step hooks_create_container;
extern const struct step hooks_hide_rootfs;
extern const struct step hooks_start_container;

/**
 * hooks_undo() - run the poststop hooks that are owed. One that fails is a warning in the log.
 */
int hooks_undo(const struct record *record, struct error *err);

/**
 * hooks_prepare() - hooks of a container that exists.
 * @config: as it was made from
 */
struct hook_programs hooks_prepare(const struct record *record, const struct config *config,
				   enum hook_kind kind, struct arena *arena);

/**
 * hooks_run() - tell a container's state to hooks of one kind of the runtime namespace, one after
 * the other, until one fails.
 *
 * Return: 0 or -HOOK_FAILED
 */
int hooks_run(const struct record *record, enum hook_kind kind,
	      const struct hook_programs *programs, struct arena *arena, struct error *err);

#endif
