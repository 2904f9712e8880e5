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
 * scheduling_affinity_enter() - let the caller run on execCPUAffinity.initial, if that is there;
 * scheduling_affinity_return() - and where it ran before.
 * @own: the CPUs that it may run on
 */
int scheduling_affinity_enter(const struct plan *plan, struct bitmap *own, struct error *err);
int scheduling_affinity_return(const struct plan *plan, const struct bitmap *own,
			       struct error *err);

/* Init: the caller of kist may run on some CPUs only; the container's are those of its cgroup. Of
 * those exec may be told which (execCPUAffinity.final). */
extern const struct step scheduling_affinity;

/* Init, for itself; or the host side, for init. */
extern const struct step scheduling_set;
extern const struct step scheduling_set_init;

#endif
