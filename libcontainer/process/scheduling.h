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
struct plan;

/**
 * scheduling_affinity_reset() - let the caller run on all CPUs of its cgroup.
 */
int scheduling_affinity_reset(struct error *err);

/**
 * scheduling_affinity_enter() - let the caller run on execCPUAffinity.initial, if that is there;
 * scheduling_affinity_return() - and where it ran before.
 * @own: the CPUs that it may run on
 */
int scheduling_affinity_enter(const struct plan *plan, struct bitmap *own, struct error *err);
int scheduling_affinity_return(const struct plan *plan, const struct bitmap *own,
			       struct error *err);

/* Init: the caller of kist may run on some CPUs only; the container's are those of its cgroup. Of
 * those exec may be told which (execCPUAffinity.final). */
int scheduling_step_affinity(struct creation *creation, struct error *err);

/* Init, for itself; or the host side, for init. */
int scheduling_step_set(struct creation *creation, struct error *err);
int scheduling_step_set_init(struct creation *creation, struct error *err);
bool scheduling_planned(const struct plan *plan);
bool scheduling_set_by_host(const struct plan *plan);
void scheduling_print(const struct plan *plan, FILE *out);

#endif
