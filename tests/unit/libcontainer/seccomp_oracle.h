/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program that libseccomp makes of a profile: what kist's is compared with, in answers and in
 * time.
 */
#ifndef KIST_TEST_SECCOMP_ORACLE_H
#define KIST_TEST_SECCOMP_ORACLE_H

#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/seccomp/calls.h"
#include "libcontainer/seccomp/simulate.h"
#include "spec/cleanup.h"

enum { ORACLE_TREE = 2 /* SCMP_FLTATR_CTL_OPTIMIZE: a binary tree */ };

static inline void oracle_release(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

/* libseccomp refuses a rule that says the default. */
static inline int oracle_add(scmp_filter_ctx filter, const struct seccomp *profile,
			     const struct seccomp_syscall *rule)
{
	uint32_t answer = seccomp_answer(rule->action, rule->errnoRet);
	struct scmp_arg_cmp compares[6];

	if (answer == seccomp_answer(profile->defaultAction, profile->defaultErrnoRet))
		return 0;
	for (size_t i = 0; i < rule->args.count; i++) {
		const struct seccomp_arg *arg = &rule->args.at[i];

		compares[i] = (struct scmp_arg_cmp){arg->index, (enum scmp_compare)arg->op,
						    arg->value, arg->valueTwo};
	}
	for (size_t i = 0; i < rule->names.count; i++) {
		int number = seccomp_syscall_resolve_name(rule->names.at[i]);
		int result = number == __NR_SCMP_ERROR
				     ? 0
				     : seccomp_rule_add_array(filter, answer, number,
							      (unsigned)rule->args.count, compares);

		if (result < 0)
			return result;
	}
	return 0;
}

static inline int oracle_export(scmp_filter_ctx filter, struct arena *arena,
				struct sock_fprog *program)
{
	_close_ int fd = memfd_create("seccomp", MFD_CLOEXEC);
	int result = seccomp_export_bpf(filter, fd);
	struct stat status;

	if (result < 0 || fstat(fd, &status) < 0)
		return result < 0 ? result : -errno;
	program->len = (unsigned short)((size_t)status.st_size / sizeof *program->filter);
	program->filter = arena_alloc(arena, (size_t)status.st_size);
	return pread(fd, program->filter, (size_t)status.st_size, 0) == status.st_size ? 0 : -EIO;
}

/* No rule may have two conditions on one argument: libseccomp refuses it. Return: 0 or -errno */
static inline int oracle_compile(const struct seccomp *profile, int optimize, struct arena *arena,
				 struct sock_fprog *program)
{
	_cleanup_(oracle_release) scmp_filter_ctx filter =
		seccomp_init(seccomp_answer(profile->defaultAction, profile->defaultErrnoRet));

	if (!filter)
		return -EINVAL;
	for (size_t i = 0; i < profile->architectures.count; i++)
		seccomp_arch_add(filter, (uint32_t)profile->architectures.at[i]);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, (uint32_t)optimize);
	for (size_t i = 0; i < profile->syscalls.count; i++) {
		int result = oracle_add(filter, profile, &profile->syscalls.at[i]);

		if (result < 0)
			return result;
	}
	return oracle_export(filter, arena, program);
}

#endif
