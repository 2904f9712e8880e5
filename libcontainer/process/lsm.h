/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels of the container's program: process.apparmorProfile and process.selinuxLabel (config.md,
 * Linux Process; proc_pid_attr(5)).
 */
#ifndef KIST_LSM_H
#define KIST_LSM_H

#include <stdbool.h>
#include <stdio.h>

#include "spec/arena.h"
#include "spec/error.h"

struct creation;
struct step;
struct host;
struct plan;
struct process;

struct lsm_plan {
	const char *apparmor; /* what AppArmor is told: "exec web", "stack web"; NULL: nothing */
	const char *selinux;  /* the label; NULL: none */
};

/* Find out which modules are active. */
int lsm_read_host(const struct plan *plan, struct host *host, struct error *err);

/* Plan the labels: -ENOTSUP when a label is asked for and its module is not active. The step lets
 * the next execve of this thread change its labels. */
int lsm_plan(struct plan *plan, struct error *err);
extern const struct step lsm_set;

#endif
