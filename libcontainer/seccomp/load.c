/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether, when and how the filter goes into the kernel (seccomp(2)).
 */
#include <errno.h>
#include <linux/seccomp.h>

#include "libcontainer/compat.h"
#include "libcontainer/seccomp/simulate.h"
#include "libcontainer/steps.h"

/* Nothing more is known about the profile's flags: they are words that the kernel has a bit for. */
static unsigned flag_bits(const struct strings *flags)
{
	unsigned bits = 0;

	for (size_t i = 0; i < flags->count; i++) {
		uint64_t bit;

		if (words_find(&seccomp_flag_words, flags->at[i], &bit))
			bits |= (unsigned)bit;
	}
	return bits;
}

/* No compiler is trusted blindly: the very program that will be loaded is tried out first. */
static int make_program(const struct seccomp *profile, struct arena *arena,
			struct sock_fprog *program, struct error *err)
{
	struct seccomp_calls calls;

	if (seccomp_resolve(profile, arena, &calls, err) < 0)
		return -err->code;
	if (seccomp_compile(profile, &calls, arena, program, err) < 0)
		return -err->code;
	return seccomp_check(profile, &calls, program, err);
}

int seccomp_plan(struct plan *plan, struct error *err)
{
	const struct seccomp *profile = plan->config->linux->seccomp;

	if (!profile)
		return 0;
	if (make_program(profile, plan->arena, &plan->seccomp.program, err) < 0)
		return error_wrap(err, "linux.seccomp");
	/* It is about the listener of SCMP_ACT_NOTIFY; the kernel refuses it without one. */
	plan->seccomp.flags =
		flag_bits(&profile->flags) & ~(unsigned)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	plan->seccomp.early = !plan->config->process->noNewPrivileges;
	return 0;
}

void seccomp_print(const struct plan *plan, FILE *out)
{
	const struct seccomp *profile = plan->config->linux->seccomp;

	fprintf(out, "\t\tdefault action %s, %zu rules, %u instructions\n",
		words_name(&seccomp_action_words, profile->defaultAction), profile->syscalls.count,
		plan->seccomp.program.len);
	for (size_t i = 0; i < profile->flags.count; i++)
		fprintf(out, "\t\t%s\n", profile->flags.at[i]);
}

bool seccomp_early(const struct plan *plan)
{
	return plan->seccomp.program.len > 0 && plan->seccomp.early;
}

bool seccomp_late(const struct plan *plan)
{
	return plan->seccomp.program.len > 0 && !plan->seccomp.early;
}

int seccomp_step_load(struct creation *creation, struct error *err)
{
	const struct seccomp_plan *plan = &creation->plan->seccomp;

	long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, plan->flags, &plan->program);

	if (result == 0)
		return 0;
	/* TSYNC: there is no other thread, and yet the kernel names one. */
	if (result > 0)
		return error_set(err, EBUSY, "thread %ld has another filter", result);
	if (errno == EACCES)
		return error_set(
			err, EACCES,
			"loading a filter without process.noNewPrivileges needs CAP_SYS_ADMIN");
	if (errno == EINVAL && plan->flags)
		return error_set(err, EINVAL,
				 "linux.seccomp.flags: this kernel does not know them all (%#x)",
				 plan->flags);
	return error_errno(err, "seccomp(2)");
}
