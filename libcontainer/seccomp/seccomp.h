/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system call filter (config-linux.md, Seccomp; seccomp(2)). calls.c finds the numbers of the
 * profile's names, compile.c turns the profile into BPF, simulate.c checks the program by the
 * profile, load.c hands it to the kernel, thread.c and agent.c help with that.
 */
#ifndef KIST_SECCOMP_H
#define KIST_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdio.h>

#include "spec/config.h"

struct creation;
struct step;
struct joined;
struct plan;
struct seccomp_calls;

struct seccomp_plan {
	struct sock_fprog program; /* len 0: no filter */
	unsigned flags;            /* SECCOMP_FILTER_FLAG_* */
	bool early;                /* loaded before init gives up its capabilities */
	bool late;                 /* loaded by the last call before execve */
	bool by_thread; /* late, by a thread that keeps the capability which init gives up */
	bool notifies;  /* an agent gets the listener */
};

/**
 * seccomp_compile() - turn a profile into BPF; compile.c says what a profile means. This asks
 * nothing of the host.
 * @calls: what seccomp_resolve() has found in it
 * @program: owned by the arena
 *
 * Return: 0, -EEXIST for rules that contradict each other, -E2BIG for more than BPF_MAXINSNS
 * instructions
 */
int seccomp_compile(const struct seccomp *profile, const struct seccomp_calls *calls,
		    struct arena *arena, struct sock_fprog *program, struct error *err);

/**
 * seccomp_plan() - plan the filter: make its program, and decide when and by whom it is loaded.
 *
 * Return: 0, also without a profile; or -code
 */
int seccomp_plan(struct plan *plan, struct error *err);

/* These steps of init load the filter, early or late, as the plan says. */
extern const struct step seccomp_load_early, seccomp_load_late;

/* This step of init makes the thread that will load the filter. */
extern const struct step seccomp_thread;

/* This step of the host keeps the program in the container's directory, for processes that join the
 * container. */
extern const struct step seccomp_keep;

/**
 * seccomp_read_joined() - read the program that seccomp_keep has kept, for a process that joins the
 * container.
 * @joined: its filter is set; its len is 0 when no program was kept
 *
 * Return: 0 or -code
 */
int seccomp_read_joined(const struct plan *plan, struct joined *joined, struct error *err);

#endif
