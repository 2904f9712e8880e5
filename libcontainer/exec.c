/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a process joins a container (exec): two tables, most of whose steps are those of create. What
 * the process is comes from the copy of config.json in the container's directory. Where the process
 * goes comes from the kernel: it joins the namespaces and the cgroup that init is in now.
 *
 * The process that clone3 makes joins from outside, and then makes a second one, which is born
 * inside and is a child of the host side, too. The two sides talk over a socket pair
 * (process/sync.h defines the words):
 *
 *     host                                            child, outside
 *       cgroup, sockets
 *       process      ----------- clone3 ---------->     begin, cgroup, labels
 *                                                       join the namespaces, let go of the host
 *       inside       <---------- PROCESS ----------     make the second child, and end
 *
 *                                                     child, inside
 *                    ----------- GO -------------->     begin
 *                    <---------- FD ---------------     (with a terminal) the terminal's leader
 *                                                       cwd, executable, scheduling
 *                    <---------- LISTENER ---------     (where an agent listens to a filter that is
 *                    ----------- GO -------------->       loaded early)
 *                                                       identity, capabilities, descriptors, verify
 *       ready        <---------- PAUSED -----------
 *       terminal and pidfd to their sockets,
 *       rlimits, pid file
 *       go           ----------- GO -------------->
 *                    <---------- LISTENER ---------     (where an agent listens to a filter that is
 *                    ----------- GO -------------->       loaded late)
 *                    <---------- closed -----------     execute
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
	/* A caller that passes fewer descriptors than it says is refused before there is a
	 * process. */
	{&descriptors_check},
	{&pid_file_check},
	/* A cgroup that does not exist, or has gone, is found out before there is a process,
	 * too. */
	{&cgroup_open},
	{&rdt_open},
	/* A caller that does not listen on its sockets is found out before there is a process. */
	{&console_connect},
	{&pidfd_connect},
	/* execCPUAffinity.initial is about the process that makes another one, and so about the
	 * host side here. */
	{&clone_joined_affine},
	{&clone_follow},
	{&sync_ready},
	{&console_send},
	{&pidfd_send},
	/* The host side sets the limits, from outside and with the caller's privileges. */
	{&limits_set},
	/* The kernel asks for privileges that no process in a user namespace has, so the host side
	 * does this for the child. */
	{&scheduling_set_init},
	{&pid_file_write},
	{&sync_go},
};

static const struct step_row child_rows[] = {
	/* This is the first step: from here on no process of the container can look into the child,
	 * and the child dies with kist. */
	{&birth_begin},
	/* With cgroup v1 the child moves itself here. In the hierarchy of v2 it was born in its
	 * cgroup. What the child makes is born in all of them. */
	{&cgroup_join},
	{&rdt_join},
	/* The child is in its cgroup by now; the CPUs of execCPUAffinity.final are among the
	 * cgroup's. */
	{&scheduling_affinity},
	/* The private procfs is opened before the container's /proc comes into sight, which may be
	 * a fake. */
	{&procfs_open_private},
	{&limits_oom_joined},
	/* The label is for the next execve, and the process that is made below inherits that. */
	{&lsm_set},
	/* The cgroup is joined before the namespaces, since it must be reached by the host's
	 * paths. */
	{&namespaces_join_named},
	/* The child is root of the user namespace by now, and the keyring belongs to that root. */
	{&keyring_enter},
	/* Descriptors are closed before the second child is born inside: processes that may trace
	 * that child could take whatever is open in it. */
	{&descriptors_let_go},
	{&clone_inside},
	/* A new process does not inherit that it dies with kist, so the second child asks for it
	 * again. */
	{&birth_begin},
	/* The child leaves the session of the caller's terminal, whose input the container could
	 * fake by TIOCSTI (CVE-2017-5226). */
	{&birth_session},
	{&console_add},
	/* The step asks getcwd afterwards: a directory outside of the root has no path
	 * (CVE-2024-21626). */
	{&cwd_enter},
	/* From here on the order is that of create, for the reasons that stand there. */
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

/* Begin with the container's own process, and change what exec was told to change. */
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
