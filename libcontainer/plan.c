/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/plan.h"

#include <string.h>

/* A subject reads its facts and decides for itself. Facts come first: a planner asks nobody. */
struct subject {
	int (*read_host)(const struct plan *plan, struct host *host, struct error *err);
	int (*plan)(struct plan *plan, struct error *err);
	/* Of a container that is there, and of a process that joins it. */
	int (*read_joined)(const struct plan *plan, struct joined *joined, struct error *err);
	int (*plan_joined)(struct plan *plan, struct error *err);
};

/* The order does not matter, but for the filter, which comes last: it is the only one that costs
 * time. */
/* clang-format off */
static const struct subject subjects[] = {
	{NULL, namespaces_plan, idmap_read_joined, namespaces_plan_joined},
	{rootfs_read_host, rootfs_plan, NULL, NULL},
	{NULL, mount_plan, NULL, NULL},
	{devices_read_host, devices_plan, NULL, NULL},
	{NULL, mask_plan, NULL, NULL},
	{cgroup_read_host, cgroup_plan, cgroup_read_joined, cgroup_plan_joined},
	{rdt_read_host, rdt_plan, rdt_read_joined, rdt_plan_joined},
	{NULL, process_plan, NULL, process_plan},
	{NULL, capabilities_plan, NULL, capabilities_plan},
	{NULL, limits_plan, NULL, limits_plan},
	{lsm_read_host, lsm_plan, NULL, lsm_plan},
	{NULL, console_plan, NULL, console_plan},
	{NULL, pidfd_plan, NULL, pidfd_plan},
	{NULL, sysctl_plan, NULL, NULL},
	{NULL, hooks_plan, NULL, NULL},
	{NULL, seccomp_plan, seccomp_read_joined, seccomp_plan},
};
/* clang-format on */

static const struct subject *const subjects_end = subjects + sizeof subjects / sizeof *subjects;

int plan_read_host(struct plan *plan, struct error *err)
{
	struct host *host = arena_alloc(plan->arena, sizeof *host);

	if (host_read(host, err) < 0)
		return -err->code;
	for (const struct subject *subject = subjects; subject < subjects_end; subject++)
		if (subject->read_host && subject->read_host(plan, host, err) < 0)
			return -err->code;
	plan->host = host;
	return 0;
}

int plan_read_joined(const struct plan *plan, struct joined *joined, struct error *err)
{
	for (const struct subject *subject = subjects; subject < subjects_end; subject++)
		if (subject->read_joined && subject->read_joined(plan, joined, err) < 0)
			return -err->code;
	return 0;
}

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
	for (const struct subject *subject = subjects; subject < subjects_end; subject++)
		if (subject->plan && subject->plan(plan, err) < 0)
			return error_in_config(plan, err);
	return 0;
}

int plan_make_joined(struct plan *plan, struct error *err)
{
	for (const struct subject *subject = subjects; subject < subjects_end; subject++)
		if (subject->plan_joined && subject->plan_joined(plan, err) < 0)
			return -err->code;
	return 0;
}
