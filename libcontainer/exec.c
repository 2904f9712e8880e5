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

#include "libcontainer/create.h"
#include "libcontainer/enter.h"
#include "libcontainer/log.h"
#include "libcontainer/open_container.h"
#include "libcontainer/process/change.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/keyring.h"
#include "libcontainer/process/memory_policy.h"
#include "libcontainer/process/personality.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/scheduling.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/procfs.h"
#include "spec/check.h"
#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int exec_step_process(struct creation *creation, struct error *err);
static bool exec_writes_procfs(const struct plan *plan);

/* clang-format off */
const struct step exec_host_steps[] = {
	/* A caller that passes less than it says is found out before there is a process. */
	{"preserved descriptors", descriptors_step_check, NULL, descriptors_preserved, NULL},
	{"pid file", pid_file_step_check, NULL, pid_file_planned, NULL},
	/* One that does not exist, or has gone, too. */
	{"cgroup", cgroup_step_open, NULL, cgroup_planned, cgroup_joined_print},
	{"resctrl group", rdt_step_open, NULL, rdt_planned, rdt_print},
	/* And callers that do not listen. */
	{"console socket", console_step_connect, NULL, console_socket_planned, console_socket_print},
	{"pidfd socket", pidfd_step_connect, NULL, pidfd_planned, pidfd_print},
	/* execCPUAffinity.initial is about whoever makes the process, and so about this one. */
	{"process", exec_step_process, NULL, NULL, namespaces_joined_print},
	{"inside", clone_step_follow, NULL, NULL, NULL, .hears = true},
	{"ready", sync_step_ready, NULL, NULL, NULL, .hears = true},
	{"console", console_step_send, NULL, console_socket_planned, NULL},
	{"pidfd socket", pidfd_step_send, NULL, pidfd_planned, NULL},
	/* From outside, with the caller's privileges. */
	{"rlimits", limits_step_set, NULL, limits_planned, limits_print},
	/* The kernel asks for privileges that nobody has inside of a user namespace. */
	{"scheduling", scheduling_step_set_init, NULL, scheduling_set_by_host, scheduling_print},
	{"pid file", pid_file_step_write, NULL, pid_file_planned, NULL},
	{"go", sync_step_go, NULL, NULL, NULL, .hears = true},
};

const struct step exec_child_steps[] = {
	/* First: nobody may look into it, and it dies with kist. */
	{"begin", self_step_begin, NULL, NULL, NULL},
	/* v1. In the hierarchy of cgroup2 it was born there; what it makes is born in all of them. */
	{"cgroup", cgroup_step_join, NULL, cgroup_joined_by_init, NULL},
	{"resctrl group", rdt_step_join, NULL, rdt_planned, NULL},
	/* In the cgroup, whose CPUs they are: execCPUAffinity.final. */
	{"cpu affinity", scheduling_step_affinity, NULL, NULL, NULL},
	/* The container's /proc is not in sight yet, which may be a fake. */
	{"procfs", procfs_step_open, NULL, exec_writes_procfs, NULL},
	{"oom score", limits_step_oom, NULL, limits_oom_planned, limits_oom_print},
	/* For the next execve, also of the process that is made below. */
	{"labels", lsm_step_set, NULL, lsm_planned, lsm_print},
	/* After the cgroup, which must be reached by the host's paths. */
	{"join namespaces", namespaces_step_join_process, NULL, namespaces_named, NULL},
	/* As the root to whom it belongs. */
	{"keyring", keyring_step_join, NULL, keyring_planned, NULL},
	/* Whatever is open when it is born inside can be taken by who may trace it there. */
	{"descriptors", descriptors_step_let_go, NULL, NULL, NULL},
	{"inside", clone_step_inside, NULL, NULL, NULL},
	/* What a new process does not have from the one that made it: to die with kist. */
	{"begin", self_step_begin, NULL, NULL, NULL},
	/* Never the caller's terminal: its input could be faked by TIOCSTI (CVE-2017-5226). */
	{"session", self_step_session, NULL, NULL, NULL},
	{"terminal", console_step_add, NULL, console_planned, console_print},
	/* With getcwd afterwards: a directory outside of the root has no path (CVE-2024-21626). */
	{"working directory", self_step_cwd, NULL, NULL, self_cwd_print},
	/* From here on as in create. */
	{"executable", executable_step_find, NULL, NULL, executable_print},
	{"personality", personality_step_set, NULL, personality_planned, personality_print},
	{"memory policy", memory_policy_step_set, NULL, memory_policy_planned, memory_policy_print},
	{"scheduling", scheduling_step_set, NULL, scheduling_planned, scheduling_print},
	{"seccomp", seccomp_step_load, NULL, seccomp_early, seccomp_print},
	{"seccomp thread", seccomp_step_thread, NULL, seccomp_by_thread, NULL},
	{"bounding set", capabilities_step_bound, NULL, NULL, NULL},
	{"user", credentials_step_become, NULL, NULL, credentials_print},
	{"capabilities", capabilities_step_set, NULL, NULL, capabilities_print},
	{"working directory again", self_step_cwd_again, NULL, NULL, NULL},
	{"descriptors", descriptors_step_close, NULL, NULL, NULL},
	{"verify", self_step_verify, NULL, NULL, NULL},
	{"pause", sync_step_pause, NULL, NULL, NULL},
	{"rlimits", limits_step_lower, NULL, limits_lowered_by_init, limits_print},
	{"seccomp", seccomp_step_load, NULL, seccomp_late, seccomp_print},
	{"execute", executable_step_execute, NULL, NULL, NULL},
};
/* clang-format on */

const size_t exec_host_step_count = COUNT(exec_host_steps);
const size_t exec_child_step_count = COUNT(exec_child_steps);

static int exec_step_process(struct creation *creation, struct error *err)
{
	struct bitmap own;
	struct error of_return;
	int result = scheduling_affinity_enter(creation->plan, &own, err);

	if (result < 0)
		return result;
	result = creation_clone(creation, exec_child_steps, exec_child_step_count, err);
	if (scheduling_affinity_return(creation->plan, &own, &of_return) < 0)
		log_warning("%s", of_return.text);
	return result;
}

static bool exec_writes_procfs(const struct plan *plan)
{
	return limits_oom_planned(plan) || lsm_planned(plan);
}

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
	enter_hand_over(&source->joined, source->init, &creation);
	result = steps_walk(exec_host_steps, exec_host_step_count, &creation, err);
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
