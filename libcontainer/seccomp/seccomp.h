/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system call filter (config-linux.md, Seccomp; seccomp(2)). calls.c finds the numbers of the
 * profile's names, compile.c turns the profile into BPF, simulate.c holds the program against the
 * profile, load.c hands it to the kernel.
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
	bool early;                /* before capabilities go */
	bool late;                 /* as the last call before execve */
	bool by_thread; /* late, by a thread that keeps the capability which init gives up */
	bool notifies;  /* an agent gets the listener */
};

/**
 * seccomp_compile() - profile to BPF. Pure; compile.c says what a profile means.
 * @calls: what seccomp_resolve() has found in it
 * @program: owned by the arena
 *
 * Return: 0, -EEXIST for rules that contradict each other, -E2BIG for more than BPF_MAXINSNS
 * instructions
 */
int seccomp_compile(const struct seccomp *profile, const struct seccomp_calls *calls,
		    struct arena *arena, struct sock_fprog *program, struct error *err);

int seccomp_plan(struct plan *plan, struct error *err);
extern const struct step seccomp_load_early, seccomp_load_late;
bool seccomp_early(const struct plan *plan);
bool seccomp_late(const struct plan *plan);

/* Make the thread that will load it. */
extern const struct step seccomp_thread;

/* Host: keep the program in the container's directory, for those who join it. */
extern const struct step seccomp_keep;

/**
 * seccomp_read_joined() - exec: the program that seccomp_keep.run() has kept.
 *
 * Return: 0, also when there is none: joined->filter.len is 0 then; or -code
 */
int seccomp_read_joined(const struct plan *plan, struct joined *joined, struct error *err);

#endif
