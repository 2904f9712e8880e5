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

#include "libcontainer/creation.h"
#include "libcontainer/directory.h"
#include "libcontainer/log.h"
#include "libcontainer/open_container.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/cwd.h"
#include "libcontainer/process/environment.h"
#include "libcontainer/process/keyring.h"
#include "libcontainer/process/memory_policy.h"
#include "libcontainer/process/notify.h"
#include "libcontainer/process/personality.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/scheduling.h"
#include "libcontainer/process/start_socket.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/process/verify.h"
#include "libcontainer/procfs.h"
#include "libcontainer/rootfs/handover.h"
#include "spec/cleanup.h"
#include "spec/template.h"

static const struct step create_check_cgroup;

/* clang-format off */
static const struct step_row host_rows[] = {
	/* An id in use is the better reason than the cgroup that goes with it. */
	{&directory_check},
	/* /dev/null does not become one, nor /dev/stdout. */
	{&pid_file_check},
	/* Somebody else's cgroup must not become ours to kill and remove. */
	{&create_check_cgroup},
	{&rdt_check},
	/* mkdir is the lock: from here on the id is ours, and what follows can be found and undone. */
	{&directory_claim, .undo = directory_undo},
	/* Whoever joins need not compile it again. */
	{&seccomp_keep},
	/* Above the cgroup and the process: poststop hooks run when those have gone, and before the
	 * directory goes, so that a delete that is interrupted can be tried again. */
	{&hooks_describe, .undo = hooks_undo},
	/* A caller that passes less than it says is found out before there is a container. */
	{&descriptors_check},
	/* Above the cgroup, whose processes are killed before the group goes that they are in. */
	{&rdt_create, .undo = rdt_undo},
	/* Limits stand before any process exists: init is never outside of them, not for a moment. */
	{&cgroup_create, .undo = create_undo_cgroup},
	/* Before anything is opened that there may be many of. */
	{&limits_raise},
	/* Before the sources that they are for, and before init, which inherits them. */
	{&idmapped_open},
	/* Bind sources are looked up with the caller's privileges, in the caller's mount namespace. */
	{&rootfs_open_sources},
	/* Or later, in init's: then both sides have to agree on their places. */
	{&handover_prepare},
	/* A caller that does not listen is found out before there is a container. */
	{&console_connect},
	{&pidfd_connect},
	/* A wrong path is found out before there is a container. */
	{&namespaces_open_paths},
	/* The record tells it to those who join the container later. */
	{&keyring_name},
	/* Init inherits it and is the only one to hold it: listening means created. */
	{&start_socket_listen},
	{&clone_new, .undo = clone_undo},
	/* The one that it has made inside is init. */
	{&clone_follow_outside},
	/* Init waits for them: without an id it could make nothing. */
	{&idmap_write},
	/* In the mount namespace of a user namespace what the host has mounted read-only stays so, and
	 * what it has covered stays covered; before init, which waits, changes anything in there. */
	{&rootfs_inside},
	/* The mapping is there now, and init has not used the sources yet. */
	{&idmapped_own},
	{&idmap_go},
	{&handover_send},
	/* While init is at work. Until the lock goes the container is still being created; a container
	 * that runs can always be found, killed and deleted. */
	{&directory_record},
	/* Everything is there that hooks before pivot_root may expect. */
	{&sync_ready_for_hooks},
	/* What one hook did another has to take back, also when kist is killed in between. */
	{&directory_owe_early},
	{&hooks_prestart},
	{&hooks_create_runtime},
	{&sync_resume},
	{&sync_ready},
	/* Last of all mounts: from here on the host sees what is mounted there. */
	{&peers_join},
	/* Without other hooks, a create that fails before was never attempted. */
	{&directory_owe_late},
	{&console_send},
	{&pidfd_send},
	/* From outside, with the caller's privileges, and after init's work, which needs no small limits. */
	{&limits_set},
	/* The kernel asks for privileges that nobody has inside of a user namespace. */
	{&limits_oom_init},
	{&scheduling_set_init},
	/* Found by a caller that hears of a failure it would be about somebody else. */
	{&pid_file_write, .undo = pid_file_undo},
	{&sync_go},
	/* It runs, and whoever asks shall hear so: the hooks, for instance. */
	{&directory_settle},
	{&hooks_poststart},
};

static const struct step_row child_rows[] = {
	/* First: unreadable to whoever may share a namespace with it (CVE-2016-9962); dies with kist. */
	{&birth_begin},
	/* v1: the one thread moves itself, which needs no global lock. v2: clone3 did it. */
	{&cgroup_join},
	/* Before it makes children, who are born where it is. */
	{&rdt_join},
	/* In the cgroup, whose CPUs they are. */
	{&scheduling_affinity},
	/* An ordinary user's: once init is guarded only root could. */
	{&limits_oom_early},
	/* Nobody returns from a user namespace: what follows is done by a process born in there. */
	{&namespaces_join_outside},
	{&clone_inside_outside},
	{&birth_begin_inside},
	/* The host side is to visit it before it does anything there. */
	{&namespaces_invite},
	{&idmap_become},
	{&namespaces_join},
	/* After entering the cgroup, which becomes the root of the namespace; after becoming root, to
	 * whom a new message queue filesystem belongs. */
	{&namespaces_unshare},
	/* Never the caller's terminal: its input could be faked by TIOCSTI (CVE-2017-5226). */
	{&birth_session},
	{&network_loopback},
	/* Before the container's own /proc comes into sight, which may be a fake (CVE-2019-16884). */
	{&procfs_open_private},
	/* As root of the user namespace, which whoever joins the container will be: names are looked up
	 * in one such namespace, and among one's own. */
	{&keyring_enter},
	/* Without privileges outside of the user namespace: only here may they be copied. */
	{&rootfs_open_sources_in_init},
	/* Or the host side has opened them, and the root. */
	{&handover_receive},
	/* Detached, so that nobody can interfere until it is finished. */
	{&rootfs_open},
	{&mount_all},
	/* On what the container has mounted at /run, and before anything is read-only. */
	{&notify_bind},
	{&devices_make},
	/* After devices, whose links lead here; before anything is read-only: /dev/console is made. */
	{&console_open},
	/* After all mounts, so that none of them covers a mask. */
	{&mask_paths},
	{&mask_readonly},
	/* Where it is missing, a read-only root could not be given it later. */
	{&cwd_make},
	/* Last of the tree: nothing needs to write to /dev or to the root any more. */
	{&rootfs_seal},
	/* Hooks know nothing of descriptors: they look for the container's mounts by their path. */
	{&hooks_show_rootfs},
	{&sync_hold},
	/* In the container's namespaces, where the host's files are still to be seen. */
	{&hooks_create_container},
	{&hooks_hide_rootfs},
	/* Everything so far was done by descriptor; now the host is out of sight. */
	{&pivot_enter},
	/* Once nothing is mounted any more that others could see; after the root's, which may concern
	 * all mounts. */
	{&mount_set_propagation},
	/* While a filter does not forbid it yet, and so the descriptors beyond must have gone. */
	{&rootfs_close},
	{&limits_restore},
	/* Through the private procfs, which is closed with all other descriptors. */
	{&limits_oom},
	{&sysctl_write},
	{&uts_names},
	/* With getcwd afterwards: a directory outside of the root has no path (CVE-2024-21626). */
	{&cwd_enter},
	/* Before the filter, which need not allow the search; the error still reaches the caller. */
	{&executable_find},
	/* In the pid namespace where the program will look for itself. */
	{&environment_listen},
	/* The usual filters forbid this and the next two. */
	{&personality_set},
	/* Not for what init made so far: it goes, and what it has put into files stays anyway. */
	{&memory_policy_set},
	/* Needs CAP_SYS_NICE; after the work, which should be done neither idly nor in real time. */
	{&scheduling_set},
	/* For the next execve, through the private procfs while it is open; the filter may forbid it. */
	{&lsm_set},
	/* Without noNewPrivileges the kernel wants CAP_SYS_ADMIN for a filter: before init drops it. */
	{&seccomp_load_early},
	/* Or a thread of init keeps it. After scheduling: on one processor neither keeps the other from
	 * running. */
	{&seccomp_thread},
	/* Dropping from the bounding set needs CAP_SETPCAP, so it precedes the change of ids. */
	{&capabilities_bound},
	{&credentials_become},
	/* After setresuid, which clears the effective set. */
	{&capabilities_set},
	/* On a network filesystem the user may enter what root may not. */
	{&cwd_enter_again},
	/* Before waiting: nobody may find a descriptor of the host in a created container. */
	{&descriptors_close},
	/* A fault may make kist fail, but never make the container weaker than planned. */
	{&verify_compare},
	{&sync_pause},
	/* Where the host side may not; what cannot be lowered still fails create. */
	{&limits_lower},
	{&start_socket_wait},
	/* Whoever starts it is the one who hears of it; before anything of the container runs. */
	{&notify_send},
	/* As the container's user, with its capabilities: they are programs of the image. */
	{&hooks_start_container},
	/* An init that is killed meanwhile must not pass for one that executed its program. */
	{&sync_hooked},
	/* The last call before execve: a profile need allow nothing on kist's behalf. */
	{&seccomp_load_late},
	/* A walk that comes back from here has failed. */
	{&executable_execute},
};
/* clang-format on */

const struct step_table create_host = STEP_TABLE(host_rows);
const struct step_table create_child = STEP_TABLE(child_rows);

void create_print(const struct plan *plan, FILE *out)
{
	steps_print("host", &create_host, plan, out);
	steps_print("init", &create_child, plan, out);
}

int create_undo(const struct record *record, struct error *err)
{
	return steps_undo(&create_host, record, err);
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

/* Of two creates at once the other may have the id by now, and its cgroup with it. */
static int step_check_cgroup(struct creation *creation, struct error *err)
{
	struct error in_use;

	if (cgroup_check.run(creation, err) == 0)
		return 0;
	if (directory_check.run(creation, &in_use) < 0)
		*err = in_use;
	return -err->code;
}

static const struct step create_check_cgroup = {
	"cgroup",
	.run = step_check_cgroup,
	.planned = PLANNED(cgroup.planned),
};

/* Asking whose they are takes reading all containers, and is hardly ever needed. */
int create_undo_cgroup(const struct record *record, struct error *err)
{
	int result = cgroup_undo_empty(record, err);

	if (result != -EBUSY)
		return result;
	return container_shares_cgroup(record) ? 0 : cgroup_undo(record, err);
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
	creation.child = &create_child;
	result = steps_walk(&create_host, &creation, err);
	/* First: undo opens files, and a create may have failed for want of descriptors. */
	steps_finish(&create_host, &creation);
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
	warnings_log(&source.plan.warnings);
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
	warnings_log(&source.plan.warnings);
	if (result == 0)
		create_print(&source.plan, out);
	arena_finish(&source.arena);
	return result;
}
