/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/memory_policy.h"

#include <errno.h>

#include "libcontainer/compat.h"
#include "libcontainer/steps.h"

static const char *hint(int code)
{
	switch (code) {
	case EINVAL:
		return " (a node that is not there or not in linux.resources.cpu.mems, or a mode "
		       "that"
		       " this kernel does not have)";
	case ENOSYS:
		return " (this kernel has no NUMA support)";
	default:
		return "";
	}
}

static int set_policy(const struct memory_policy *policy, struct error *err)
{
	const unsigned long *nodes = policy->nodes.text ? policy->nodes.numbers.words : NULL;

	/* The kernel uses one bit less than the number that it is given. */
	if (syscall(SYS_set_mempolicy, (int)(policy->mode | policy->flags), nodes,
		    nodes ? BITMAP_BITS + 1UL : 0UL) < 0)
		return error_set(err, errno, "linux.memoryPolicy: %s: %s%s",
				 words_name(&memory_policy_words, policy->mode),
				 error_describe(errno), hint(errno));
	return 0;
}

static int step_set(struct creation *creation, struct error *err)
{
	return set_policy(creation->plan->config->linux->memoryPolicy, err);
}

static bool is_planned(const struct plan *plan)
{
	return plan->config->linux->memoryPolicy != NULL;
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct memory_policy *policy = plan->config->linux->memoryPolicy;

	fprintf(out, "\t\t%s", words_name(&memory_policy_words, policy->mode));
	if (policy->nodes.text)
		fprintf(out, " nodes %s", policy->nodes.text);
	words_print(&memory_policy_flag_words, policy->flags, out);
	fputc('\n', out);
}

const struct step memory_policy_set = {
	"memory policy",
	.run = step_set,
	.when = is_planned,
	.print = print_step,
};
