/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/plan.h"

#include <string.h>

#include "libcontainer/create.h"

/* Each subject decides for itself; the order does not matter, but for the filter, which comes last:
 * it is the only one that costs time. */
static int (*const planners[])(struct plan *plan, struct error *err) = {
	namespaces_plan, rootfs_plan,  mount_plan,        devices_plan, mask_plan, cgroup_plan,
	rdt_plan,        process_plan, capabilities_plan, limits_plan,  lsm_plan,  console_plan,
	pidfd_plan,      sysctl_plan,  hooks_plan,        seccomp_plan,
};

/* Of a container that is there. */
static int (*const joined_planners[])(struct plan *plan, struct error *err) = {
	namespaces_plan_joined,
	cgroup_plan_joined,
	rdt_plan_joined,
	process_plan,
	capabilities_plan,
	limits_plan,
	lsm_plan,
	console_plan,
	pidfd_plan,
	seccomp_plan,
};

/* config.md: process is only required when `start` is called. An empty one lets everything else be
 * done as ever, and fails there. */
static void default_process(struct plan *plan)
{
	static const struct process nothing = {.cwd = "/"};
	struct config *config;

	if (plan->config->process)
		return;
	config = arena_alloc(plan->arena, sizeof *config);
	*config = *plan->config;
	config->process = &nothing;
	plan->config = config;
}

/* One that is about an option says so itself. */
static int error_in_config(const struct plan *plan, struct error *err)
{
	const char *name = plan->options->config ? plan->options->config : "config.json";

	return strncmp(err->text, "--", 2) == 0 ? -err->code : error_wrap(err, "%s", name);
}

int plan_make(struct plan *plan, struct error *err)
{
	default_process(plan);
	for (size_t i = 0; i < sizeof planners / sizeof *planners; i++)
		if (planners[i](plan, err) < 0)
			return error_in_config(plan, err);
	return 0;
}

int plan_make_joined(struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < sizeof joined_planners / sizeof *joined_planners; i++)
		if (joined_planners[i](plan, err) < 0)
			return -err->code;
	return 0;
}

static void print_steps(const char *side, const struct step *steps, size_t count,
			const struct plan *plan, FILE *out)
{
	fprintf(out, "%s:\n", side);
	for (const struct step *step = steps; step < steps + count; step++) {
		if (step->when && !step->when(plan))
			continue;
		fprintf(out, "\t%s\n", step->name);
		if (step->print)
			step->print(plan, out);
	}
}

void plan_print(const struct plan *plan, FILE *out)
{
	print_steps("host", host_steps, host_step_count, plan, out);
	print_steps("init", child_steps, child_step_count, plan, out);
}
