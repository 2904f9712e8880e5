/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a container is created: two tables, the steps of the host side and the steps of init. Walking
 * the host's table down creates a container; walking its undo column up deletes one. Each comment
 * in a table says why the step below it stands where it stands.
 *
 * The two sides talk over a socket pair (process/sync.h defines the words):
 *
 *     host                                            init
 *       claim the id, cgroup with its limits, mount
 *       sources, sockets, namespaces to join
 *       process      ----------- clone3 ---------->     begin, cgroup
 *                    <---------- PROCESS ----------     (where a user namespace is joined) another
 *                    ----------- GO -------------->       process, born inside of it, becomes init
 *       id maps,     <---------- FD, three times --     (where mounts are made in another user
 *         sources                                         namespace) where init is
 *                    ----------- GO -------------->     (with a user namespace) become root in it
 *                                                       join and unshare namespaces
 *                    ----------- BATCH... -------->     (where init has sent FDs) mount sources
 *       record                                          root filesystem, mounts, devices
 *                    <---------- FD ---------------     (with a terminal) the terminal's leader
 *                                                       masks
 *       hooks:       <---------- PAUSED -----------     (where hooks run before pivot_root)
 *         prestart, createRuntime
 *       go on        ----------- GO -------------->     hooks: createContainer
 *                                                       pivot, sysctl, names, cwd, executable,
 *                                                       scheduling, labels
 *                    <---------- LISTENER ---------     (where a filter with an agent
 *                    ----------- GO -------------->       is loaded early)
 *                                                       identity, capabilities, descriptors, verify
 *       ready        <---------- PAUSED -----------
 *       send terminal and pidfd, rlimits, pid file
 *       go           ----------- GO -------------->     create: wait for `start`; run: go on
 *                    <---------- NOTIFY -----------     (where the caller wants it) notify socket
 *                                                       hooks: startContainer
 *                    <---------- HOOKED -----------     (where there are such hooks)
 *                    <---------- LISTENER ---------     (where a filter with an agent
 *                    ----------- GO -------------->       is loaded late)
 *                    <---------- closed -----------     execute
 *       hooks: poststart
 *
 * Before init waits for `start` it closes this socket; `start` hears what follows the wait, over
 * the start socket, and runs the poststart hooks.
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
	/* That the id is in use explains more than that the cgroup is, which goes with the id. */
	{&directory_check},
	/* The pid file replaces what is at its path, which must not be /dev/null or /dev/stdout. */
	{&pid_file_check},
	/* Somebody else's cgroup must not become the container's, which kist kills and removes. */
	{&create_check_cgroup},
	{&rdt_check},
	/* mkdir is the lock: from here on the id is claimed, and all that follows can be undone. */
	{&directory_claim, .undo = directory_undo},
	/* The compiled filter is kept for exec, which then need not compile it again. */
	{&seccomp_keep},
	/* Undo goes up: poststop hooks run after process and cgroup have gone, but before the
	 * directory goes, so that an interrupted delete can be tried again. */
	{&hooks_describe, .undo = hooks_undo},
	/* A caller that passes fewer descriptors than it says is refused at the beginning. */
	{&descriptors_check},
	/* Undo goes up: the cgroup's undo kills the processes before their resctrl group goes. */
	{&rdt_create, .undo = rdt_undo},
	/* Limits stand before any process exists: init is never outside of them for a moment. */
	{&cgroup_create, .undo = create_undo_cgroup},
	/* The limit of descriptors is raised before the steps that may open many of them. */
	{&limits_raise},
	/* Mappings are opened before their sources, and before init, which inherits them. */
	{&idmapped_open},
	/* Bind sources are found with the caller's privileges, in the caller's mount namespace. */
	{&rootfs_open_sources},
	/* Where init's sources are opened later, both sides have to agree on their places now. */
	{&handover_prepare},
	/* A caller that does not listen on its socket is refused before there is a container. */
	{&console_connect},
	{&pidfd_connect},
	/* A wrong path of a namespace is refused before there is a container. */
	{&namespaces_open_paths},
	/* The record tells the keyring's name to processes that join the container later. */
	{&keyring_name},
	/* Init inherits the socket as its only holder: a listener there means created. */
	{&start_socket_listen},
	{&clone_new, .undo = clone_undo},
	/* Where a user namespace is joined, init is the process that the first one made in it. */
	{&clone_follow_outside},
	/* Init waits for its id maps: without an id in the user namespace it could make nothing. */
	{&idmap_write},
	/* In the mount namespace of a user namespace what the host has mounted read-only stays so,
	 * and what it has covered stays covered. Init waits, and has changed nothing in there
	 * yet. */
	{&rootfs_inside},
	/* The container's own id mapping exists by now, and init has not used the sources yet. */
	{&idmapped_own},
	{&idmap_go},
	{&handover_send},
	/* The record is written while init is at work. The container counts as being created until
	 * its lock goes, and a container that runs can always be found, killed and deleted. */
	{&directory_record},
	/* When init pauses here, everything exists that a hook before pivot_root may expect. */
	{&sync_ready_for_hooks},
	/* What one hook does another has to take back, even when kist is killed in between. */
	{&directory_owe_early},
	{&hooks_prestart},
	{&hooks_create_runtime},
	{&sync_resume},
	{&sync_ready},
	/* This follows all other mounts: from here on the host sees what is mounted there. */
	{&peers_join},
	/* Where no hook has run yet, a create that failed before this counts as never attempted. */
	{&directory_owe_late},
	{&console_send},
	{&pidfd_send},
	/* Init's work is done, which small limits would hinder; the caller has the privileges. */
	{&limits_set},
	/* No process in a user namespace has the privileges for this, so the host side does it. */
	{&limits_oom_init},
	{&scheduling_set_init},
	/* A caller that finds the file after a failure would take it for another process's. */
	{&pid_file_write, .undo = pid_file_undo},
	{&sync_go},
	/* Init has gone on, and a hook that asks for the status shall be told so. */
	{&directory_settle},
	{&hooks_poststart},
};

static const struct step_row child_rows[] = {
	/* From here on init is closed to its namespaces (CVE-2016-9962), and dies with kist. */
	{&birth_begin},
	/* With cgroup v1 the one thread moves itself, with no global lock; with v2 clone3 does. */
	{&cgroup_join},
	/* Init enters its resctrl group before it makes children, which are born in that group. */
	{&rdt_join},
	/* Init is in its cgroup by now, and the CPUs that it may run on are the cgroup's. */
	{&scheduling_affinity},
	/* An ordinary user's init writes its score itself: once it is guarded only root could. */
	{&limits_oom_early},
	/* No process returns from a user namespace, so one born inside goes on from here. */
	{&namespaces_join_outside},
	{&clone_inside_outside},
	{&birth_begin_inside},
	/* The host side opens files in init's mount namespace before init does anything there. */
	{&namespaces_send_places},
	{&idmap_become},
	{&namespaces_join},
	/* Init's cgroup becomes the root of a new cgroup namespace, and a new message queue
	 * filesystem belongs to the root that init has become. */
	{&namespaces_unshare},
	/* The input of the caller's terminal could be faked by TIOCSTI (CVE-2017-5226). */
	{&birth_session},
	{&network_loopback},
	/* The container's own /proc may be a fake, and is not in sight yet (CVE-2019-16884). */
	{&procfs_open_private},
	/* Keyrings are found by name in one user namespace, among one's own: init is its root by
	 * now, as processes that join the container later will be. */
	{&keyring_enter},
	/* Without privileges outside, a caller may copy mounts only inside the user namespace. */
	{&rootfs_open_sources_in_init},
	/* Where the host side has opened the sources and the root, init receives them here. */
	{&handover_receive},
	/* The tree is detached, so that nobody can interfere with it until it is finished. */
	{&rootfs_open},
	{&mount_all},
	/* The socket lies on what is mounted at /run, and is made before anything is read-only. */
	{&notify_bind},
	{&devices_make},
	/* The links of devices lead here, and /dev/console is made before anything is read-only. */
	{&console_open},
	/* Paths are masked after all mounts, so that no mount covers a mask. */
	{&mask_paths},
	{&mask_readonly},
	/* A missing directory could not be made later where the root is read-only. */
	{&cwd_make},
	/* This is the last change of the tree: no later step writes to /dev or to the root. */
	{&rootfs_seal},
	/* Hooks know nothing of descriptors: they look for the container's mounts by path. */
	{&hooks_show_rootfs},
	{&sync_hold},
	/* These hooks run in the container's namespaces, where they still see the host's files. */
	{&hooks_create_container},
	{&hooks_hide_rootfs},
	/* Every step so far worked by descriptor; from here on the host is out of sight. */
	{&pivot_enter},
	/* No mount follows that others could see. The root's propagation may concern all mounts. */
	{&mount_set_propagation},
	/* The caller's limit of descriptors is restored while no filter forbids that yet. The trees
	 * are closed first, so that no descriptor above the limit is left. */
	{&rootfs_close},
	{&limits_restore},
	/* The private procfs, through which this writes, is closed with all other descriptors. */
	{&limits_oom},
	{&sysctl_write},
	{&uts_names},
	/* getcwd verifies the directory: one outside of the root has no path (CVE-2024-21626). */
	{&cwd_enter},
	/* The filter need not allow the search, and create still reports the error. */
	{&executable_find},
	/* Init is in the pid namespace where the program will look for its own pid. */
	{&environment_listen},
	/* The usual filters forbid this step and the next two, so these precede the filter. */
	{&personality_set},
	/* The policy is not for what init has made so far: that memory goes with execve, and what
	 * init has put into files stays where it is anyway. */
	{&memory_policy_set},
	/* This needs CAP_SYS_NICE, but the work so far should be neither idle nor in real time. */
	{&scheduling_set},
	/* The label is for the next execve. The procfs is open, and no filter forbids it yet. */
	{&lsm_set},
	/* Without noNewPrivileges loading needs CAP_SYS_ADMIN, which init is about to drop. */
	{&seccomp_load_early},
	/* For a late filter a thread of init keeps the capability. It follows scheduling, so that
	 * on one processor neither of the two keeps the other from running. */
	{&seccomp_thread},
	/* Dropping from the bounding set needs CAP_SETPCAP, so it precedes the change of ids. */
	{&capabilities_bound},
	{&credentials_become},
	/* The other sets follow the change of ids, because setresuid clears the effective set. */
	{&capabilities_set},
	/* On a network filesystem the container's user may enter directories that root may not. */
	{&cwd_enter_again},
	/* Init is about to wait, and nobody may find a descriptor of the host in the container. */
	{&descriptors_close},
	/* A fault may make kist fail, but never make the container weaker than planned. */
	{&verify_compare},
	{&sync_pause},
	/* Where the host side may not set the limits, init lowers its own, or create fails. */
	{&limits_lower},
	{&start_socket_wait},
	/* The caller that starts the container gets the socket before anything of it runs. */
	{&notify_send},
	/* These programs of the image run as the container's user, with its capabilities. */
	{&hooks_start_container},
	/* Init says that the hooks have run: if it were killed while they run, the closed socket
	 * would look like that of an init that has executed its program. */
	{&sync_hooked},
	/* This is the last call before execve: a profile need allow nothing for kist's sake. */
	{&seccomp_load_late},
	/* execve does not return: a walk that comes back from this step has failed. */
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

/* When the cgroup is in use, look whether the id is, too: of two creates of one id at once, the
 * other one may have claimed the id since it was checked, and made the cgroup that goes with it. */
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

/* To ask whose a cgroup is takes reading all containers: it is done only if it is not empty. */
int create_undo_cgroup(const struct record *record, struct error *err)
{
	int result = cgroup_undo_empty(record, err);

	if (result != -EBUSY)
		return result;
	return container_shares_cgroup(record) ? 0 : cgroup_undo(record, err);
}

/* Take back what was done, with warnings only: the error that matters is the one that led here. */
static void creation_undo(struct creation *creation)
{
	/* Until the container is settled nobody else removes it, so no lock is needed; and a create
	 * that fails for want of descriptors has none to spare for a lock. */
	if (creation->settled)
		create_take_back(&creation->record);
	else
		undo_or_warn(&creation->record);
	/* Only this process, which is the parent of init, can reap it. */
	if (creation->init >= 0)
		clone_reap(creation->init);
	cleanup_close(&creation->init);
	cleanup_close(&creation->console.leader);
	cleanup_close(&creation->notify);
}

/* What a container is made from: its configuration as text, and the plan. */
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

/* Read what a plan is made from: the configuration, the facts of the host, and the options. */
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

/* Carry out a plan. On success init's pidfd and its terminal belong to the caller. */
static int create_planned(const struct source *source, struct container_process *process,
			  struct error *err)
{
	struct creation creation;
	int result;

	creation_init(&creation, &source->plan, &source->document);
	creation.child = &create_child;
	result = steps_walk(&create_host, &creation, err);
	/* Undo opens files, and the create may have failed for want of descriptors. */
	steps_finish(&create_host, &creation);
	if (result < 0)
		creation_undo(&creation);
	else
		*process = (struct container_process){
			.pid = creation.record.pid,
			.pidfd = creation.init,
			.terminal = creation.console.leader,
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

/* Fill in the options that create cannot do without, but that printing a plan can. */
static void complete_for_printing(const struct process *process, struct container_options *options)
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
		complete_for_printing(source.plan.config->process, &named);
		result = plan_make(&source.plan, err);
	}
	warnings_log(&source.plan.warnings);
	if (result == 0)
		create_print(&source.plan, out);
	arena_finish(&source.arena);
	return result;
}
