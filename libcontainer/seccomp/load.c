/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/seccomp.h>

#include "libcontainer/compat.h"
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

int seccomp_plan(struct plan *plan, struct error *err)
{
	const struct seccomp *profile = plan->config->linux->seccomp;

	if (!profile)
		return 0;
	if (seccomp_compile(profile, plan->arena, &plan->seccomp.program, err) < 0)
		return error_wrap(err, "linux.seccomp");
	plan->seccomp.flags = flag_bits(&profile->flags);
	plan->seccomp.early = !plan->config->process->noNewPrivileges;
	return 0;
}

void seccomp_print(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\tfilter of %u instructions\n", plan->seccomp.program.len);
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

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, plan->flags, &plan->program) == 0)
		return 0;
	if (errno == EACCES)
		return error_set(err, EACCES,
				 "loading a filter without process.noNewPrivileges needs CAP_SYS_ADMIN");
	return error_errno(err, "seccomp(2)");
}
