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

/**
 * memory_policy_set() - the policy of the calling thread, which execve keeps and children inherit.
 *
 * To be called in the container's cgroup: its cpuset says which nodes there are.
 */
int memory_policy_set(const struct memory_policy *policy, struct error *err);

int memory_policy_step_set(struct creation *creation, struct error *err); /* init */
bool memory_policy_planned(const struct plan *plan);
void memory_policy_print(const struct plan *plan, FILE *out);

#endif
