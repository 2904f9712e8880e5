/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On which NUMA nodes the container's memory is (config-linux.md, Memory policy; set_mempolicy(2)).
 */
#ifndef KIST_MEMORY_POLICY_H
#define KIST_MEMORY_POLICY_H

#include <stdbool.h>
#include <stdio.h>

#include "spec/config.h"
#include "spec/error.h"

struct creation;
struct plan;

/* Init, in the container's cgroup, whose cpuset says which nodes there are. Execve keeps the policy, and
 * children inherit it. */
int memory_policy_step_set(struct creation *creation, struct error *err);
bool memory_policy_planned(const struct plan *plan);
void memory_policy_print(const struct plan *plan, FILE *out);

#endif
