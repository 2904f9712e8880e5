/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a container is created: two tables, what the host side does and what init does. Walking the
 * first one down creates, walking its undo column up deletes. The two sides meet in the
 * conversation of process/sync.h.
 *
 *     host                                       init
 *       claim the id
 *       cgroup and limits
 *       mount sources, console, namespaces,
 *       start socket
 *       process   -------- clone3 ---------->      begin
 *       id maps, sources - GO, BATCH... ---->      (user namespace) become root
 *                                                  join
 *       record                                     rootfs: mounts, devices, masks, terminal
 *       hooks: prestart,  <-- PAUSED --------      (only where there are hooks)
 *         createRuntime
 *       go on     -------- GO -------------->      hooks: createContainer
 *                                                  pivot, names, sysctl, cwd, executable,
 *                                                  scheduling, labels
 *       ready     <------- PAUSED -----------      identity, capabilities, descriptors, verify
 *       rlimits, pid file
 *       go        -------- GO -------------->      wait for `start`, or go on at once (run)
 *                                                  hooks: startContainer
 *                                                  filter, execute
 *       hooks: poststart (run)
 */
#include "libcontainer/create.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/directory.h"
#include "libcontainer/log.h"
#include "libcontainer/open_container.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/environment.h"
#include "libcontainer/process/keyring.h"
#include "libcontainer/process/memory_policy.h"
#include "libcontainer/process/notify.h"
#include "libcontainer/process/personality.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/scheduling.h"
#include "libcontainer/process/self.h"
#include "libcontainer/process/start_socket.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/procfs.h"
#include "libcontainer/rootfs/handover.h"
#include "spec/cleanup.h"
#include "spec/template.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int create_step_process(struct creation *creation, struct error *err);
static int create_step_check_cgroup(struct creation *creation, struct error *err);

/* clang-format off */
const struct step host_steps[] = {
	/* An id in use is the better reason than the cgroup that goes with it. */
	{"id", directory_step_check, NULL, NULL, NULL},
	/* /dev/null does not become one, nor /dev/stdout. */
	{"pid file", pid_file_step_check, NULL, pid_file_planned, NULL},
	/* Somebody else's cgroup must not become ours to kill and remove. */
	{"cgroup", create_step_check_cgroup, NULL, cgroup_planned, NULL},
	{"resctrl group", rdt_step_check, NULL, rdt_planned, NULL},
	/* mkdir is the lock: from here on the id is ours, and what follows can be found and undone. */
	{"id", directory_step_claim, directory_undo, NULL, NULL},
	/* Whoever joins need not compile it again. */
	{"seccomp program", seccomp_step_keep, NULL, seccomp_planned, NULL},
	/* Above the cgroup and the process: poststop hooks run when those have gone, and before the
	 * directory goes, so that a delete that is interrupted can be tried again. */
	{"hooks", hooks_step_describe, hooks_undo, hooks_planned, hooks_later_print},
	/* A caller that passes less than it says is found out before there is a container. */
	{"preserved descriptors", descriptors_step_check, NULL, descriptors_preserved, NULL},
	/* Above the cgroup, whose processes are killed before the group goes that they are in. */
	{"resctrl group", rdt_step_create, rdt_undo, rdt_planned, rdt_print},
	/* Limits stand before any process exists: init is never outside of them, not for a moment. */
	{"cgroup", cgroup_step_create, cgroup_undo, cgroup_planned, cgroup_print},
	/* Before anything is opened that there may be many of. */
	{"descriptor limit", limits_step_raise, NULL, limits_raised, limits_raise_print},
	/* Before the sources that they are for, and before init, which inherits them. */
	{"id-mapped mounts", idmapped_step_open, NULL, idmapped_planned, idmapped_print},
	/* Bind sources are looked up with the caller's privileges, in the caller's mount namespace. */
	{"mount sources", rootfs_step_sources, NULL, rootfs_sources_planned, rootfs_sources_print},
	/* Or later, in init's: then both sides have to agree on their places. */
	{"room for sources", handover_step_prepare, NULL, rootfs_inside_planned, NULL},
	/* A caller that does not listen is found out before there is a container. */
	{"console socket", console_step_connect, NULL, console_socket_planned, console_socket_print},
	{"pidfd socket", pidfd_step_connect, NULL, pidfd_planned, pidfd_print},
	/* A wrong path is found out before there is a container. */
	{"join namespaces", namespaces_step_open, NULL, namespaces_named, NULL},
	/* The record tells it to those who join the container later. */
	{"keyring", keyring_step_name, NULL, keyring_planned, NULL},
	/* Init inherits it and is the only one to hold it: listening means created. */
	{"start socket", start_socket_step_listen, NULL, start_socket_planned, NULL},
	{"process", create_step_process, clone_undo, NULL, namespaces_print},
	/* The one that it has made inside is init. */
	{"inside", clone_step_follow, NULL, namespaces_joined_outside, NULL, .hears = true},
	/* Init waits for them: without an id it could make nothing. */
	{"id maps", idmap_step_write, NULL, idmap_written, idmap_print},
	/* In the mount namespace of a user namespace what the host has mounted read-only stays so, and
	 * what it has covered stays covered; before init, which waits, changes anything in there. */
	{"mount sources", rootfs_step_inside, NULL, rootfs_inside_planned, rootfs_sources_print},
	/* The mapping is there now, and init has not used the sources yet. */
	{"id-mapped mounts", idmapped_step_own, NULL, idmapped_own_planned, idmapped_own_print},
	{"user namespace", idmap_step_go, NULL, idmap_planned, NULL},
	{"sources to init", handover_step_send, NULL, rootfs_inside_planned, NULL},
	/* While init is at work. Until the lock goes the container is still being created; a container
	 * that runs can always be found, killed and deleted. */
	{"record", directory_step_record, NULL, NULL, NULL},
	/* Everything is there that hooks before pivot_root may expect. */
	{"pause for hooks", sync_step_ready, NULL, hooks_before_pivot, NULL, .hears = true},
	/* What one hook did another has to take back, also when kist is killed in between. */
	{"poststop hooks are owed", directory_step_owe, NULL, hooks_owed_early, NULL},
	{"prestart hooks", hooks_step_prestart, NULL, hooks_prestart_planned,
	 hooks_prestart_print},
	{"createRuntime hooks", hooks_step_create_runtime, NULL, hooks_create_runtime_planned,
	 hooks_create_runtime_print},
	{"go on", sync_step_resume, NULL, hooks_before_pivot, NULL},
	{"ready", sync_step_ready, NULL, NULL, NULL, .hears = true},
	/* Last of all mounts: from here on the host sees what is mounted there. */
	{"propagation", peers_step_join, NULL, peers_planned, NULL},
	/* Without other hooks, a create that fails before was never attempted. */
	{"poststop hooks are owed", directory_step_owe, NULL, hooks_owed_late, NULL},
	{"console", console_step_send, NULL, console_socket_planned, NULL},
	{"pidfd socket", pidfd_step_send, NULL, pidfd_planned, NULL},
	/* From outside, with the caller's privileges, and after init's work, which needs no small limits. */
	{"rlimits", limits_step_set, NULL, limits_planned, limits_print},
	/* The kernel asks for privileges that nobody has inside of a user namespace. */
	{"oom score", limits_step_oom_init, NULL, limits_oom_by_host, limits_oom_print},
	{"scheduling", scheduling_step_set_init, NULL, scheduling_set_by_host, scheduling_print},
	/* Found by a caller that hears of a failure it would be about somebody else. */
	{"pid file", pid_file_step_write, pid_file_undo, pid_file_planned, NULL},
	{"go", sync_step_go, NULL, NULL, NULL, .hears = true},
	/* It runs, and whoever asks shall hear so: the hooks, for instance. */
	{"settle", directory_step_settle, NULL, hooks_poststart_planned, NULL},
	{"poststart hooks", hooks_step_poststart, NULL, hooks_poststart_planned,
	 hooks_poststart_print},
};

const struct step child_steps[] = {
	/* First: unreadable to whoever may share a namespace with it (CVE-2016-9962); dies with kist. */
	{"begin", self_step_begin, NULL, NULL, NULL},
	/* v1: the one thread moves itself, which needs no global lock. v2: clone3 did it. */
	{"cgroup", cgroup_step_join, NULL, cgroup_joined_by_init, NULL},
	/* Before it makes children, who are born where it is. */
	{"resctrl group", rdt_step_join, NULL, rdt_planned, NULL},
	/* In the cgroup, whose CPUs they are. */
	{"cpu affinity", scheduling_step_affinity, NULL, NULL, NULL},
	/* An ordinary user's: once init is guarded only root could. */
	{"oom score", limits_step_oom_early, NULL, limits_oom_early, limits_oom_print},
	/* Nobody returns from a user namespace: what follows is done by a process born in there. */
	{"join namespaces", namespaces_step_join_outside, NULL, namespaces_joined_outside, NULL},
	{"inside", clone_step_inside, NULL, namespaces_joined_outside, NULL},
	{"begin", self_step_begin, NULL, namespaces_joined_outside, NULL},
	/* The host side is to visit it before it does anything there. */
	{"mount namespace", namespaces_step_invite, NULL, rootfs_inside_planned, NULL},
	{"id maps", idmap_step_become, NULL, idmap_planned, NULL},
	{"join namespaces", namespaces_step_join, NULL, namespaces_joined, NULL},
	/* After entering the cgroup, which becomes the root of the namespace; after becoming root, to
	 * whom a new message queue filesystem belongs. */
	{"unshare namespaces", namespaces_step_unshare, NULL, namespaces_unshared, NULL},
	/* Never the caller's terminal: its input could be faked by TIOCSTI (CVE-2017-5226). */
	{"session", self_step_session, NULL, NULL, NULL},
	{"loopback", network_step_loopback, NULL, network_is_new, NULL},
	/* Before the container's own /proc comes into sight, which may be a fake (CVE-2019-16884). */
	{"procfs", procfs_step_open, NULL, procfs_planned, NULL},
	/* As root of the user namespace, which whoever joins the container will be: names are looked up
	 * in one such namespace, and among one's own. */
	{"keyring", keyring_step_join, NULL, keyring_planned, NULL},
	/* Without privileges outside of the user namespace: only here may they be copied. */
	{"mount sources", rootfs_step_sources, NULL, rootfs_sources_of_init, rootfs_sources_print},
	/* Or the host side has opened them, and the root. */
	{"sources from the host", handover_step_receive, NULL, rootfs_inside_planned, NULL},
	/* Detached, so that nobody can interfere until it is finished. */
	{"root filesystem", rootfs_step_open, NULL, NULL, rootfs_print},
	{"mounts", mount_step_all, NULL, NULL, mount_print},
	/* On what the container has mounted at /run, and before anything is read-only. */
	{"notify socket", notify_step_bind, NULL, notify_planned, notify_print},
	{"devices", devices_step_make, NULL, NULL, devices_print},
	/* After devices, whose links lead here; before anything is read-only: /dev/console is made. */
	{"terminal", console_step_open, NULL, console_planned, console_print},
	/* After all mounts, so that none of them covers a mask. */
	{"masked paths", mask_step_paths, NULL, mask_paths_planned, mask_print},
	{"read-only paths", mask_step_readonly, NULL, mask_readonly_planned, mask_readonly_print},
	/* Where it is missing, a read-only root could not be given it later. */
	{"working directory", self_step_make_cwd, NULL, self_cwd_made_early, NULL},
	/* Last of the tree: nothing needs to write to /dev or to the root any more. */
	{"read-only root", rootfs_step_seal, NULL, rootfs_seal_planned, rootfs_seal_print},
	/* Hooks know nothing of descriptors: they look for the container's mounts by their path. */
	{"show to hooks", hooks_step_show_rootfs, NULL, hooks_before_pivot, NULL},
	{"pause for hooks", sync_step_hold, NULL, hooks_before_pivot, NULL},
	/* In the container's namespaces, where the host's files are still to be seen. */
	{"createContainer hooks", hooks_step_create_container, NULL, hooks_create_container_planned,
	 hooks_create_container_print},
	{"hide from hooks", hooks_step_hide_rootfs, NULL, hooks_before_pivot, NULL},
	/* Everything so far was done by descriptor; now the host is out of sight. */
	{"pivot", pivot_step_enter, NULL, NULL, NULL},
	/* Once nothing is mounted any more that others could see; after the root's, which may concern
	 * all mounts. */
	{"propagation", mount_step_propagate, NULL, mount_propagation_planned, NULL},
	/* While a filter does not forbid it yet, and so the descriptors beyond must have gone. */
	{"descriptor limit", rootfs_step_close, NULL, limits_raised, NULL},
	{"descriptor limit", limits_step_restore, NULL, limits_raised, NULL},
	/* Through the private procfs, which is closed with all other descriptors. */
	{"oom score", limits_step_oom, NULL, limits_oom_by_init, limits_oom_print},
	{"sysctl", sysctl_step_write, NULL, sysctl_planned, sysctl_print},
	{"host name", uts_step_names, NULL, uts_named, uts_print},
	/* With getcwd afterwards: a directory outside of the root has no path (CVE-2024-21626). */
	{"working directory", self_step_cwd, NULL, NULL, self_cwd_print},
	/* Before the filter, which need not allow the search; the error still reaches the caller. */
	{"executable", executable_step_find, NULL, NULL, executable_print},
	/* In the pid namespace where the program will look for itself. */
	{"listening sockets", environment_step_listen, NULL, environment_listens,
	 environment_listen_print},
	/* The usual filters forbid this and the next two. */
	{"personality", personality_step_set, NULL, personality_planned, personality_print},
	/* Not for what init made so far: it goes, and what it has put into files stays anyway. */
	{"memory policy", memory_policy_step_set, NULL, memory_policy_planned, memory_policy_print},
	/* Needs CAP_SYS_NICE; after the work, which should be done neither idly nor in real time. */
	{"scheduling", scheduling_step_set, NULL, scheduling_planned, scheduling_print},
	/* For the next execve, through the private procfs while it is open; the filter may forbid it. */
	{"labels", lsm_step_set, NULL, lsm_planned, lsm_print},
	/* Without noNewPrivileges the kernel wants CAP_SYS_ADMIN for a filter: before init drops it. */
	{"seccomp", seccomp_step_load, NULL, seccomp_early, seccomp_print},
	/* Or a thread of init keeps it. After scheduling: on one processor neither keeps the other from
	 * running. */
	{"seccomp thread", seccomp_step_thread, NULL, seccomp_by_thread, NULL},
	/* Dropping from the bounding set needs CAP_SETPCAP, so it precedes the change of ids. */
	{"bounding set", capabilities_step_bound, NULL, NULL, NULL},
	{"user", credentials_step_become, NULL, NULL, credentials_print},
	/* After setresuid, which clears the effective set. */
	{"capabilities", capabilities_step_set, NULL, NULL, capabilities_print},
	/* On a network filesystem the user may enter what root may not. */
	{"working directory again", self_step_cwd_again, NULL, NULL, NULL},
	/* Before waiting: nobody may find a descriptor of the host in a created container. */
	{"descriptors", descriptors_step_close, NULL, NULL, NULL},
	/* A fault may make kist fail, but never make the container weaker than planned. */
	{"verify", self_step_verify, NULL, NULL, NULL},
	{"pause", sync_step_pause, NULL, NULL, NULL},
	/* Where the host side may not; what cannot be lowered still fails create. */
	{"rlimits", limits_step_lower, NULL, limits_lowered_by_init, limits_print},
	{"wait for start", start_socket_step_wait, NULL, start_socket_planned, NULL},
	/* Whoever starts it is the one who hears of it; before anything of the container runs. */
	{"notify socket", notify_step_send, NULL, notify_planned, NULL},
	/* As the container's user, with its capabilities: they are programs of the image. */
	{"startContainer hooks", hooks_step_start_container, NULL, hooks_start_container_planned,
	 hooks_start_container_print},
	/* An init that is killed meanwhile must not pass for one that executed its program. */
	{"hooks have run", sync_step_hooked, NULL, hooks_start_container_planned, NULL},
	/* The last call before execve: a profile need allow nothing on kist's behalf. */
	{"seccomp", seccomp_step_load, NULL, seccomp_late, seccomp_print},
	/* A walk that comes back from here has failed. */
	{"execute", executable_step_execute, NULL, NULL, NULL},
};
/* clang-format on */

const size_t host_step_count = COUNT(host_steps);
const size_t child_step_count = COUNT(child_steps);

int create_undo(const struct record *record, struct error *err)
{
	for (size_t i = host_step_count; i-- > 0;)
		if (host_steps[i].undo && host_steps[i].undo(record, err) < 0)
			return error_wrap(err, "undo %s", host_steps[i].name);
	return 0;
}

static void undo_or_warn(const struct record *record)
{
	struct error err;

	if (create_undo(record, &err) < 0)
		log_warning("%s", err.text);
}

void create_take_back(const struct record *record)
{
	struct error err;
	_close_ int lock = container_lock(record, CONTAINER_WAIT_MS, &err);

	if (lock >= 0)
		undo_or_warn(record);
	else if (lock != -ENOENT)
		log_warning("%s", err.text);
}

/* The child's side of clone3. It leaves by execve or not at all. */
__attribute__((noreturn)) static void child_run(struct creation *creation, const struct step *steps,
						size_t count)
{
	struct error err;

	steps_walk(steps, count, creation, &err);
	sync_send_failure(creation->sync, &err);
	_exit(EXIT_FAILURE);
}

int creation_clone(struct creation *creation, const struct step *steps, size_t count,
		   struct error *err)
{
	pid_t pid = clone_init(creation, err);

	if (pid == 0) {
		self_hide_command_line(&creation->plan->options->command_line);
		/* The lock on it says that the creator lives, and must die with it. */
		close(take(&creation->record.directory));
		child_run(creation, steps, count);
	}
	if (pid < 0)
		return -err->code;
	return clone_identify(creation->init, pid, &creation->record, err);
}

/* Of two creates at once the other may have the id by now, and its cgroup with it. */
static int create_step_check_cgroup(struct creation *creation, struct error *err)
{
	struct error in_use;

	if (cgroup_step_check(creation, err) == 0)
		return 0;
	if (directory_step_check(creation, &in_use) < 0)
		*err = in_use;
	return -err->code;
}

static int create_step_process(struct creation *creation, struct error *err)
{
	return creation_clone(creation, child_steps, child_step_count, err);
}

void creation_init(struct creation *creation, const struct plan *plan,
		   const struct document *document)
{
	*creation = (struct creation){
		.plan = plan,
		.document = document,
		.record = {.directory = -1},
		.sync = -1,
		.start = -1,
		.init = -1,
		.terminal = -1,
		.console = -1,
		.procfs = -1,
		.cgroup = {.directory = -1},
		.rootfs = {.tree = -1, .overlay = -1},
		.namespaces = {.process = -1},
		.pidfd_socket = -1,
		.notify = -1,
	};
	for (int kind = 0; kind < NAMESPACE_KINDS; kind++)
		creation->namespaces.at[kind] = -1;
}

void creation_finish(struct creation *creation)
{
	struct error ignored;
	const int own[] = {creation->sync, creation->start, creation->console,
			   creation->pidfd_socket, creation->cgroup.directory};

	cleanup_close_all(own, COUNT(own));
	cleanup_close_all(creation->cgroup.tasks, creation->cgroup.count);
	cleanup_close_all(creation->rdt.tasks, creation->rdt.count);
	rootfs_step_close(creation, &ignored);
	cleanup_close_all(creation->namespaces.at, NAMESPACE_KINDS);
	if (limits_raised(creation->plan))
		limits_step_restore(creation, &ignored);
}

/* Take back what was done. The error that matters is the one that led here. */
static void creation_undo(struct creation *creation)
{
	/* Until then nobody else removes it; and a create that fails for want of descriptors has
	 * none to spare. */
	if (creation->settled)
		create_take_back(&creation->record);
	else
		undo_or_warn(&creation->record);
	/* A child is reaped by its parent only. */
	if (creation->init >= 0)
		clone_reap(creation->init);
	cleanup_close(&creation->init);
	cleanup_close(&creation->terminal);
	cleanup_close(&creation->notify);
}

/* What a container is made from. */
struct source {
	struct arena arena;
	struct document document;
	struct plan plan;
};

static void read_template(const struct container_options *options, struct source *source)
{
	source->document.text =
		template_format_for(options->rootfs, options->args,
				    !options->ephemeral && !options->overlay, &source->arena);
	source->document.size = strlen(source->document.text);
}

static int read_bundle(const char *bundle, const char *name, struct source *source,
		       struct error *err)
{
	_close_ int directory = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return error_errno(err, "bundle %s", bundle);
	return config_read(directory, name, &source->arena, &source->document, err) < 0
		       ? error_wrap(err, "bundle %s", bundle)
		       : 0;
}

/* Configuration, host and options: what a plan is made from. */
static int source_read(struct source *source, const struct container_options *options,
		       struct error *err)
{
	const char *bundle = options->bundle ? options->bundle : ".";
	const char *name = options->config ? options->config : "config.json";
	struct plan *plan = &source->plan;
	char absolute[PATH_MAX];

	if (options->ephemeral && options->overlay)
		return error_set(err, EINVAL,
				 "changes to the root filesystem are either kept (overlay) or "
				 "thrown away (ephemeral)");
	if (!realpath(bundle, absolute))
		return error_errno(err, "bundle %s", bundle);
	if (options->rootfs)
		read_template(options, source);
	else if (read_bundle(absolute, name, source, err) < 0)
		return -err->code;
	if (config_parse(name, &source->document, &source->arena, &plan->config, err) < 0)
		return -err->code;
	plan->options = options;
	plan->bundle = arena_strdup(&source->arena, absolute);
	plan->arena = &source->arena;
	return plan_read_host(plan, err);
}

/* The whole of create, for a plan. On success init and its terminal are the caller's. */
static int create_planned(const struct source *source, struct container_process *process,
			  struct error *err)
{
	struct creation creation;
	int result;

	creation_init(&creation, &source->plan, &source->document);
	result = steps_walk(host_steps, host_step_count, &creation, err);
	/* First: undo opens files, and a create may have failed for want of descriptors. */
	creation_finish(&creation);
	if (result < 0)
		creation_undo(&creation);
	else
		*process = (struct container_process){
			.pid = creation.record.pid,
			.pidfd = creation.init,
			.terminal = creation.terminal,
			.notify = creation.notify,
		};
	cleanup_close(&creation.record.directory);
	return result;
}

static int create(const struct container_options *options, bool waits_for_start,
		  struct container_process *process, struct error *err)
{
	struct source source = {.plan.waits_for_start = waits_for_start};
	int result = directory_check_id(options->id, err);

	if (result == 0)
		result = source_read(&source, options, err);
	if (result == 0)
		result = plan_make(&source.plan, err);
	if (result == 0)
		result = create_planned(&source, process, err);
	arena_finish(&source.arena);
	return result;
}

int container_create(const struct container_options *options, struct error *err)
{
	struct container_process process;

	if (create(options, true, &process, err) < 0)
		return -err->code;
	cleanup_close(&process.pidfd);
	cleanup_close(&process.terminal);
	return 0;
}

int container_run(const struct container_options *options, struct container_process *process,
		  struct error *err)
{
	return create(options, false, process, err);
}

/* What create could not do without, and printing can. */
static void stand_in(const struct process *process, struct container_options *options)
{
	if (!options->id)
		options->id = "ID";
	if (process && process->terminal && !options->console_socket)
		options->console_socket = "SOCKET";
}

int container_plan(const struct container_options *options, FILE *out, struct error *err)
{
	struct container_options named = *options;
	struct source source = {.plan.waits_for_start = true};
	int result;

	result = source_read(&source, &named, err);
	if (result == 0) {
		stand_in(source.plan.config->process, &named);
		result = plan_make(&source.plan, err);
	}
	if (result == 0)
		plan_print(&source.plan, out);
	arena_finish(&source.arena);
	return result;
}
