/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a process joins a container (exec): two tables, most of whose steps are create's. What the
 * process is comes from the copy of config.json in the container's directory, where it goes from the
 * kernel: the namespaces and the cgroup that init is in now.
 *
 *     host                                       child, outside
 *       cgroup, sockets
 *       process   -------- clone3 ---------->      begin, cgroup
 *                                                  join the namespaces, let go of the host
 *                                                inside, another child of the host side
 *       inside    <------- PROCESS ----------
 *                 -------- GO -------------->      terminal, cwd, executable
 *       ready     <------- PAUSED -----------      identity, capabilities, descriptors, verify
 *       rlimits, pid file
 *       go        -------- GO -------------->      filter, execute
 */
#include "libcontainer/exec.h"

#include <errno.h>
#include <unistd.h>

#include "libcontainer/creation.h"
#include "libcontainer/enter.h"
#include "libcontainer/open_container.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/change.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/cwd.h"
#include "libcontainer/process/keyring.h"
#include "libcontainer/process/memory_policy.h"
#include "libcontainer/process/personality.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/scheduling.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/process/verify.h"
#include "libcontainer/procfs.h"
#include "spec/check.h"
#include "spec/cleanup.h"

/* clang-format off */
static const struct step_row host_rows[] = {
	/* A caller that passes less than it says is found out before there is a process. */
	{&descriptors_check},
	{&pid_file_check},
	/* One that does not exist, or has gone, too. */
	{&cgroup_open},
	{&rdt_open},
	/* And callers that do not listen. */
	{&console_connect},
	{&pidfd_connect},
	/* execCPUAffinity.initial is about whoever makes the process, and so about this one. */
	{&clone_joined_affine},
	{&clone_follow},
	{&sync_ready},
	{&console_send},
	{&pidfd_send},
	/* From outside, with the caller's privileges. */
	{&limits_set},
	/* The kernel asks for privileges that nobody has inside of a user namespace. */
	{&scheduling_set_init},
	{&pid_file_write},
	{&sync_go},
};

static const struct step_row child_rows[] = {
	/* First: nobody may look into it, and it dies with kist. */
	{&birth_begin},
	/* v1. In the hierarchy of cgroup2 it was born there; what it makes is born in all of them. */
	{&cgroup_join},
	{&rdt_join},
	/* In the cgroup, whose CPUs they are: execCPUAffinity.final. */
	{&scheduling_affinity},
	/* The container's /proc is not in sight yet, which may be a fake. */
	{&procfs_open_private},
	{&limits_oom_joined},
	/* For the next execve, also of the process that is made below. */
	{&lsm_set},
	/* After the cgroup, which must be reached by the host's paths. */
	{&namespaces_join_named},
	/* As the root to whom it belongs. */
	{&keyring_enter},
	/* Whatever is open when it is born inside can be taken by who may trace it there. */
	{&descriptors_let_go},
	{&clone_inside},
	/* What a new process does not have from the one that made it: to die with kist. */
	{&birth_begin},
	/* Never the caller's terminal: its input could be faked by TIOCSTI (CVE-2017-5226). */
	{&birth_session},
	{&console_add},
	/* With getcwd afterwards: a directory outside of the root has no path (CVE-2024-21626). */
	{&cwd_enter},
	/* From here on as in create. */
	{&executable_find},
	{&personality_set},
	{&memory_policy_set},
	{&scheduling_set},
	{&seccomp_load_early},
	{&seccomp_thread},
	{&capabilities_bound},
	{&credentials_become},
	{&capabilities_set},
	{&cwd_enter_again},
	{&descriptors_close},
	{&verify_compare},
	{&sync_pause},
	{&limits_lower},
	{&seccomp_load_late},
	{&executable_execute},
};
/* clang-format on */

const struct step_table exec_host = STEP_TABLE(host_rows);
const struct step_table exec_child = STEP_TABLE(child_rows);

/* What a process that joins is made from. */
struct source {
	struct arena arena;
	struct joined joined;
	struct config config;
	struct process process;
	struct plan plan;
	int init; /* pidfd */
};

static const char doing[] = "exec in";

static int check_status(enum status status, bool ignore_paused, struct error *err)
{
	if (status != STATUS_PAUSED)
		return enter_check_status(status, doing, err);
	return ignore_paused ? 0
			     : error_set(err, EBUSY,
					 "cannot exec in a paused container; resume it first, or "
					 "use --ignore-paused");
}

/* Facts about init. The pid is still its own when the pidfd says so afterwards. */
static int read_joined(const struct container *container, struct source *source, struct error *err)
{
	const struct plan *plan = &source->plan;
	struct joined *joined = &source->joined;

	joined->record = &container->record;
	if (enter_read_namespaces(joined->record, source->init, plan->options->cancel, joined,
				  err) < 0)
		return -err->code;
	return plan_read_joined(plan, joined, err);
}

/* The container's configuration, with the process that is to join it. */
static int read_config(const struct container *container, const struct container_exec *exec,
		       struct source *source, struct error *err)
{
	static const struct process nothing = {.cwd = "/"};
	const struct config *own;

	if (record_read_config(&container->record, &source->arena, &own, err) < 0)
		return -err->code;
	source->process = own->process ? *own->process : nothing;
	source->config = *own;
	source->config.process = &source->process;
	if (process_change(&source->process, exec, &source->arena, err) < 0)
		return -err->code;
	return check_process(&source->config, err);
}

static int source_read(struct source *source, const struct container *container,
		       const struct container_options *options, const struct container_exec *exec,
		       struct error *err)
{
	struct plan *plan = &source->plan;

	plan->config = &source->config;
	plan->joined = &source->joined;
	plan->options = options;
	plan->bundle = container->record.bundle;
	plan->arena = &source->arena;
	source->joined.subgroups = exec->cgroups;
	if (read_config(container, exec, source, err) < 0 || plan_read_host(plan, err) < 0)
		return -err->code;
	return read_joined(container, source, err);
}

/* Kill and reap it. Its end of the conversation is closed by now. */
static void take_back(struct creation *creation)
{
	struct error ignored;

	pid_file_undo(&creation->record, &ignored);
	if (creation->init >= 0)
		clone_end(creation->init);
	cleanup_close(&creation->init);
	cleanup_close(&creation->terminal);
}

static int exec_planned(struct source *source, struct container_process *process, struct error *err)
{
	struct creation creation;
	int result;

	creation_init(&creation, &source->plan, NULL);
	creation.child = &exec_child;
	enter_hand_over(&source->joined, source->init, &creation);
	result = steps_walk(&exec_host, &creation, err);
	steps_finish(&exec_host, &creation);
	creation_finish(&creation);
	if (result < 0)
		take_back(&creation);
	else
		*process = (struct container_process){
			.pid = creation.record.pid,
			.pidfd = creation.init,
			.terminal = creation.terminal,
			.notify = -1,
		};
	return result;
}

static int exec_opened(const struct container *container, enum status status, int init,
		       const struct container_options *options, const struct container_exec *exec,
		       struct container_process *process, struct error *err)
{
	struct source source = {.joined.status = status, .init = init};
	int result = source_read(&source, container, options, exec, err);

	if (result == 0)
		result = plan_make_joined(&source.plan, err);
	warnings_log(&source.plan.warnings);
	/* The facts are init's if it still lives, and nobody has got its pid. */
	if (result == 0 && clone_has_ended(init, 0))
		result = -ESRCH;
	if (result == 0)
		result = exec_planned(&source, process, err);
	if (result < 0)
		result = enter_explain(result, init, doing, err);
	enter_finish(&source.joined);
	arena_finish(&source.arena);
	return result;
}

int container_exec(const struct container_options *options, const struct container_exec *exec,
		   struct container_process *process, struct error *err)
{
	struct container container;
	_close_ int init = -1;
	int status, result;

	if (container_open(options->root, options->id, &container, err) < 0)
		return -err->code;
	status = container_status(&container, &init, err);
	result = status < 0 ? status : check_status((enum status)status, exec->ignore_paused, err);
	if (result == 0)
		result = exec_opened(&container, (enum status)status, init, options, exec, process,
				     err);
	container_close(&container);
	return result;
}
