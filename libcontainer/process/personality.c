/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/personality.h"

#include <errno.h>

#include "libcontainer/compat.h"
#include "libcontainer/steps.h"

static int set_domain(const struct personality_setting *setting, struct error *err)
{
	if (syscall(SYS_personality, setting->domain) < 0)
		return error_errno(err, "linux.personality: %s",
				   words_name(&personality_words, setting->domain));
	return 0;
}

static int step_set(struct creation *creation, struct error *err)
{
	return set_domain(creation->plan->config->linux->personality, err);
}

static bool is_planned(const struct plan *plan)
{
	return plan->config->linux->personality != NULL;
}

static void print_step(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\t%s\n",
		words_name(&personality_words, plan->config->linux->personality->domain));
}

const struct step personality_set = {
	"personality",
	.run = step_set,
	.when = is_planned,
	.print = print_step,
};
