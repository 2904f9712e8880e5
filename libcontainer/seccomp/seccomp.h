/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system call filter (config-linux.md, Seccomp; seccomp(2)). compile.c turns the profile into
 * BPF, load.c hands it to the kernel.
 */
#ifndef KIST_SECCOMP_H
#define KIST_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdio.h>

#include "spec/config.h"

struct plan;
struct creation;

struct seccomp_plan {
	struct sock_fprog program; /* len 0: no filter */
	unsigned flags;            /* SECCOMP_FILTER_FLAG_* */
	bool early; /* without noNewPrivileges the filter needs CAP_SYS_ADMIN: before capabilities
		       go */
};

/**
 * seccomp_compile() - profile to BPF. Pure.
 * @program: owned by the arena
 */
int seccomp_compile(const struct seccomp *profile, struct arena *arena, struct sock_fprog *program,
		    struct error *err);

int seccomp_plan(struct plan *plan, struct error *err);
void seccomp_print(const struct plan *plan, FILE *out);
int seccomp_step_load(struct creation *creation, struct error *err);
bool seccomp_early(const struct plan *plan);
bool seccomp_late(const struct plan *plan);

#endif
