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

#include "libcontainer/enter.h"
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

/* The container's own process, with what is to be different. */
static int prepare(struct entering *entering, const void *told, struct error *err)
{
	const struct container_exec *exec = told;

	entering->joined.subgroups = exec->cgroups;
	if (process_change(&entering->process, exec, &entering->arena, err) < 0)
		return -err->code;
	return check_process(&entering->config, err);
}

static const struct verb verb_exec = {
	.doing = "exec in",
	.statuses = ENTER_LIVE,
	.or_paused = "use --ignore-paused",
	.purpose = JOIN_TO_EXECUTE,
	.prepare = prepare,
	.host = &exec_host,
	.child = &exec_child,
};

int container_exec(const struct container_options *options, const struct container_exec *exec,
		   struct container_process *process, struct error *err)
{
	const struct request request = {.options = options, .told = exec, .process = process};
	struct verb verb = verb_exec;

	if (exec->ignore_paused)
		verb.statuses |= ENTER_IN(STATUS_PAUSED);
	return enter(&verb, &request, err);
}
