/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/plan.h"

#include <string.h>

#include "libcontainer/rootfs/running.h"

/* Each subject reads its own facts and makes its own decisions. All facts are read first, so that a
 * planner asks neither kernel nor files. */
struct subject {
	int (*read_host)(const struct plan *plan, struct host *host, struct error *err);
	int (*plan)(struct plan *plan, struct error *err);
	/* For a process that joins a container that exists: read facts about that container, and
	 * plan. The last member is the set of purposes (enum join_purpose) for which the process
	 * needs the subject. */
	int (*read_joined)(const struct plan *plan, struct joined *joined, struct error *err);
	int (*plan_joined)(struct plan *plan, struct error *err);
	unsigned purposes;
};

enum { TO_ALL = JOIN_TO_EXECUTE | JOIN_TO_MOUNT | JOIN_TO_UNMOUNT };

/* Namespaces are planned before the mounts that are made in them, and the filter comes last, since
 * it is the only one that costs time. Otherwise the order does not matter. */
/* clang-format off */
static const struct subject subjects[] = {
	{NULL, namespaces_plan, idmap_read_joined, namespaces_plan_joined, TO_ALL},
	{rootfs_read_host, rootfs_plan, NULL, NULL},
	{NULL, mount_plan, NULL, mount_plan, JOIN_TO_MOUNT},
	{NULL, NULL, running_read, running_plan_adding, JOIN_TO_MOUNT},
	{NULL, NULL, NULL, running_plan_removing, JOIN_TO_UNMOUNT},
	{devices_read_host, devices_plan, NULL, NULL},
	{NULL, mask_plan, NULL, NULL},
	{cgroup_read_host, cgroup_plan, cgroup_read_joined, cgroup_plan_joined, JOIN_TO_EXECUTE},
	{rdt_read_host, rdt_plan, rdt_read_joined, rdt_plan_joined, JOIN_TO_EXECUTE},
	{NULL, process_plan, NULL, process_plan, JOIN_TO_EXECUTE},
	{NULL, capabilities_plan, NULL, capabilities_plan, JOIN_TO_EXECUTE},
	{NULL, limits_plan, NULL, limits_plan, JOIN_TO_EXECUTE},
	{lsm_read_host, lsm_plan, NULL, lsm_plan, JOIN_TO_EXECUTE},
	{NULL, console_plan, NULL, console_plan, JOIN_TO_EXECUTE},
	{NULL, pidfd_plan, NULL, pidfd_plan, JOIN_TO_EXECUTE},
	{NULL, sysctl_plan, NULL, NULL},
	{NULL, hooks_plan, NULL, NULL},
	{NULL, seccomp_plan, seccomp_read_joined, seccomp_plan, JOIN_TO_EXECUTE},
};
/* clang-format on */

static const struct subject *const subjects_end = subjects + sizeof subjects / sizeof *subjects;

/* A subject that concerns new containers only is not asked about a process that joins one. */
static bool concerns(const struct subject *subject, const struct plan *plan)
{
	return !plan->joined || subject->purposes;
}

int plan_read_host(struct plan *plan, struct error *err)
{
	struct host *host = arena_alloc(plan->arena, sizeof *host);

	if (host_read(host, err) < 0)
		return -err->code;
	for (const struct subject *subject = subjects; subject < subjects_end; subject++)
		if (subject->read_host && concerns(subject, plan) &&
		    subject->read_host(plan, host, err) < 0)
			return -err->code;
	plan->host = host;
	return 0;
}

int plan_read_joined(const struct plan *plan, struct joined *joined, struct error *err)
{
	for (const struct subject *subject = subjects; subject < subjects_end; subject++)
		if (subject->purposes & joined->purpose && subject->read_joined &&
		    subject->read_joined(plan, joined, err) < 0)
			return -err->code;
	return 0;
}

const struct process plan_no_process = {.cwd = "/"};

static void default_process(struct plan *plan)
{
	struct config *config;

	if (plan->config->process)
		return;
	config = arena_alloc(plan->arena, sizeof *config);
	*config = *plan->config;
	config->process = &plan_no_process;
	plan->config = config;
}

/* Put the name of the configuration in front of an error, unless the error is about an option,
 * which it then begins with. */
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
		if (subject->purposes & plan->joined->purpose && subject->plan_joined &&
		    subject->plan_joined(plan, err) < 0)
			return -err->code;
	return 0;
}
