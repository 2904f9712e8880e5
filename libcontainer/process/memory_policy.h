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
struct step;
struct plan;

/* Init: set the policy. Init is in the container's cgroup by then, whose cpuset says which nodes
 * there are. Execve keeps the policy, and children inherit it. */
extern const struct step memory_policy_set;

#endif
