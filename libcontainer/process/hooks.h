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
 * Undone means that the command fails, that the container is destroyed, and that its poststop hooks
 * run. Later commands read the hooks that they run from the record's copy of config.json, and only
 * where the record says that there are such hooks.
 *
 * A hook begins in the bundle, or in the container's root where the bundle is out of sight, and
 * gets its own environment alone.
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

/* The error code of a command whose hook has failed. */
#define HOOK_FAILED ECANCELED

/* Hooks of one kind, in order. */
struct hook_programs {
	size_t count;
	const struct spawn *at; /* complete but for the input */
};

/* The state as JSON, in two parts before and after the pid, which is the one member that the host
 * side does not know beforehand. */
struct hook_state {
	const char *before, *after;
};

struct hooks_plan {
	struct hook_programs at[HOOK_KINDS];
	bool planned; /* there are hooks of at least one kind */
	/* this command has hooks of this kind to run, or poststop hooks to owe */
	bool runs[HOOK_KINDS];
	bool before_pivot; /* there are hooks for which init pauses before pivot_root */
	bool owed_early;   /* poststop hooks are owed from the first hook on */
	bool owed_late;    /* poststop hooks are owed once the container is ready */
};

int hooks_plan(struct plan *plan, struct error *err);

/* Host: write the states down before init exists, since init does not allocate. */
extern const struct step hooks_describe;
extern const struct step hooks_prestart;
extern const struct step hooks_create_runtime;
extern const struct step hooks_poststart;

/* Init: hooks before pivot_root look for the root filesystem at the path that config.json says, so
 * the tree is attached there, and moved away afterwards. */
extern const struct step hooks_show_rootfs;
extern const struct step hooks_create_container;
extern const struct step hooks_hide_rootfs;
extern const struct step hooks_start_container;

/**
 * hooks_undo() - run the poststop hooks that are owed. A hook that fails is a warning in the log.
 */
int hooks_undo(const struct record *record, struct error *err);

/**
 * hooks_prepare() - prepare the hooks of one kind of a container that exists.
 * @config: the configuration that the container was made from
 */
struct hook_programs hooks_prepare(const struct record *record, const struct config *config,
				   enum hook_kind kind, struct arena *arena);

/**
 * hooks_run() - run the hooks of one kind of the runtime namespace in order, and tell them the
 * container's state, until one of them fails.
 *
 * Return: 0 or -HOOK_FAILED
 */
int hooks_run(const struct record *record, enum hook_kind kind,
	      const struct hook_programs *programs, struct arena *arena, struct error *err);

#endif
