/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When the container's processes run: CPU affinity, scheduling policy, I/O priority (config.md,
 * Linux Process; sched(7), sched_setattr(2), sched_setaffinity(2), ioprio_set(2)).
 */
#ifndef KIST_SCHEDULING_H
#define KIST_SCHEDULING_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "spec/config.h"
#include "spec/error.h"

struct creation;
struct step;
struct plan;

/**
 * scheduling_affinity_reset() - let the caller run on all CPUs of its cgroup.
 */
int scheduling_affinity_reset(struct error *err);

/**
 * scheduling_affinity_enter() - let the caller run on execCPUAffinity.initial, if the configuration
 * has it; scheduling_affinity_return() lets it run where it ran before.
 * scheduling_affinity_return() - and where it ran before.
 * @own: the CPUs that the caller may run on by itself: set by the first, read by the second
 */
int scheduling_affinity_enter(const struct plan *plan, struct bitmap *own, struct error *err);
int scheduling_affinity_return(const struct plan *plan, const struct bitmap *own,
			       struct error *err);

/* Init: run on the CPUs of the cgroup, since the caller of kist may be restricted to some of them.
 * exec may be told which of them to take (execCPUAffinity.final). */
extern const struct step scheduling_affinity;

/* scheduling_set is for init, which sets its own scheduling; scheduling_set_init is for the host
 * side, which sets that of init. */
extern const struct step scheduling_set;
extern const struct step scheduling_set_init;

#endif
