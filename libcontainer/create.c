/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a container is created: two tables, the steps of the host side and the steps of init. Walking
 * the host's table down creates a container; walking its undo column up deletes one. Each comment
 * in a table says why the step below it stands where it stands.
 *
 * The two sides talk over a socket pair (process/sync.h defines the words):
 *
 *     host                                            init
 *       claim the id, cgroup with its limits,
 *       mount sources, sockets, namespaces to join,
 *       start socket
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
 *                    <---------- LISTENER ---------     (where an agent listens to a filter that is
 *                    ----------- GO -------------->       loaded early)
 *                                                       identity, capabilities, descriptors, verify
 *       ready        <---------- PAUSED -----------
 *       terminal and pidfd to their sockets,
 *       rlimits, pid file
 *       go           ----------- GO -------------->     create: wait for `start`; run: go on
 *                    <---------- NOTIFY -----------     (where the caller wants it) notify socket
 *                                                       hooks: startContainer
 *                    <---------- HOOKED -----------     (where there are such hooks)
 *                    <---------- LISTENER ---------     (where an agent listens to a filter that is
 *                    ----------- GO -------------->       loaded late)
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
	/* This check precedes that of the cgroup: that the id is in use explains more to the user
	 * than that the cgroup, which goes with the id, is in use. */
	{&directory_check},
	/* The pid file replaces what stands at its path, and so the path must not lead to /dev/null
	 * or to /dev/stdout. */
	{&pid_file_check},
	/* A cgroup that somebody else uses must not become the container's, which kist may kill and
	 * remove. */
	{&create_check_cgroup},
	{&rdt_check},
	/* mkdir is the lock: from here on the id belongs to this create, and whatever follows can
	 * be found and undone. */
	{&directory_claim, .undo = directory_undo},
	/* The compiled filter is kept for exec, which then need not compile it again. */
	{&seccomp_keep},
	/* The table is undone from below: poststop hooks run when process and cgroup have gone, but
	 * before the directory goes, so that an interrupted delete can be tried again. */
	{&hooks_describe, .undo = hooks_undo},
	/* A caller that passes fewer descriptors than it says is refused before there is a
	 * container. */
	{&descriptors_check},
	/* This row stands above the cgroup's, so undo comes to it later: the processes in a resctrl
	 * group are killed with the cgroup before the group itself is removed. */
	{&rdt_create, .undo = rdt_undo},
	/* Limits stand before any process exists: init is never outside of them, not for a
	 * moment. */
	{&cgroup_create, .undo = create_undo_cgroup},
	/* The limit of descriptors is raised before the steps that may open many of them. */
	{&limits_raise},
	/* The user namespaces of idmapped mounts are opened before the sources that need them, and
	 * before init is made, which inherits them. */
	{&idmapped_open},
	/* Bind sources are looked up with the caller's privileges, in the caller's mount
	 * namespace. */
	{&rootfs_open_sources},
	/* Where the sources are opened in init's mount namespace instead, which is later, both
	 * sides have to agree beforehand on the places of the descriptors. */
	{&handover_prepare},
	/* A caller that does not listen on its socket is refused before there is a container. */
	{&console_connect},
	{&pidfd_connect},
	/* A wrong path of a namespace is refused before there is a container. */
	{&namespaces_open_paths},
	/* The name is chosen here because the record has to tell it to processes that join the
	 * container later. */
	{&keyring_name},
	/* Init inherits the socket and is then the only one to hold it: as long as somebody listens
	 * there, the container is created. */
	{&start_socket_listen},
	{&clone_new, .undo = clone_undo},
	/* Where a user namespace is joined, the process that the first one has made inside of it is
	 * init. */
	{&clone_follow_outside},
	/* Init waits for its id maps: without an id in the user namespace it could make nothing. */
	{&idmap_write},
	/* The sources are opened in the mount namespace of the container's user namespace, where
	 * what the host has mounted read-only stays read-only, and what the host has covered stays
	 * covered. This is done before init, which waits, changes anything in there. */
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
	/* The first hook is about to run, and what one hook did another has to take back, also when
	 * kist is killed in between. */
	{&directory_owe_early},
	{&hooks_prestart},
	{&hooks_create_runtime},
	{&sync_resume},
	{&sync_ready},
	/* Mounts join their peer groups after all other mounts were made: from here on the host
	 * sees what is mounted there. */
	{&peers_join},
	/* Where no other hook has run, poststop hooks are owed from here on only: a create that
	 * fails before this step counts as never attempted. */
	{&directory_owe_late},
	{&console_send},
	{&pidfd_send},
	/* The host side sets the limits, from outside and with the caller's privileges. It does so
	 * after init's work, which small limits would hinder. */
	{&limits_set},
	/* The kernel asks for privileges that no process in a user namespace has, so the host side
	 * does this for init. */
	{&limits_oom_init},
	{&scheduling_set_init},
	/* The pid file goes when create fails: a caller that finds it after a failure would take it
	 * for another process's. */
	{&pid_file_write, .undo = pid_file_undo},
	{&sync_go},
	/* Init has gone on, and everybody who asks for the status, a hook for instance, shall hear
	 * that it has: the container is no longer being created. */
	{&directory_settle},
	{&hooks_poststart},
};

static const struct step_row child_rows[] = {
	/* This is the first step: it makes init unreadable to processes that share a namespace with
	 * it (CVE-2016-9962), and lets it die with kist. */
	{&birth_begin},
	/* With cgroup v1, init moves itself while it has one thread, which needs no global lock.
	 * With v2, clone3 has put it there. */
	{&cgroup_join},
	/* Init enters its resctrl group before it makes children, which are born in the group of
	 * their parent. */
	{&rdt_join},
	/* Init is in its cgroup by now, and the CPUs that it may run on are the cgroup's. */
	{&scheduling_affinity},
	/* For an ordinary user init writes its own score here, since once init is guarded only root
	 * could write it. */
	{&limits_oom_early},
	/* A process cannot return from a user namespace that it has joined, so the steps that
	 * follow are those of a process that is born inside. */
	{&namespaces_join_outside},
	{&clone_inside_outside},
	{&birth_begin_inside},
	/* The host side is to open files in init's mount namespace before init does anything
	 * there. */
	{&namespaces_invite},
	{&idmap_become},
	{&namespaces_join},
	/* A new cgroup namespace has the cgroup of its maker as its root, so init is in its cgroup
	 * by now. A new message queue filesystem belongs to the root of the user namespace, so init
	 * is that root by now. */
	{&namespaces_unshare},
	/* Init leaves the session of the caller's terminal, whose input the container could fake by
	 * TIOCSTI (CVE-2017-5226). */
	{&birth_session},
	{&network_loopback},
	/* The private procfs is opened before the container's own /proc comes into sight, which may
	 * be a fake (CVE-2019-16884). */
	{&procfs_open_private},
	/* Init joins the keyring as root of the user namespace, as which later processes join the
	 * container, too: the kernel looks up the name of a keyring in one user namespace only, and
	 * among the keyrings of the caller's own user. */
	{&keyring_enter},
	/* A caller that has no privileges outside of the user namespace may copy mounts only here,
	 * inside of it. */
	{&rootfs_open_sources_in_init},
	/* Where the host side has opened the sources and the root instead, init receives them
	 * here. */
	{&handover_receive},
	/* The tree of mounts is detached, so that nobody can interfere with it until it is
	 * finished. */
	{&rootfs_open},
	{&mount_all},
	/* The notify socket is made on what the container has mounted at /run, and before anything
	 * is read-only. */
	{&notify_bind},
	{&devices_make},
	/* The links among the devices lead to the terminal, so devices precede it. /dev/console is
	 * made here, so everything that makes the tree read-only follows. */
	{&console_open},
	/* Paths are masked after all mounts, so that no mount covers a mask. */
	{&mask_paths},
	{&mask_readonly},
	/* A missing working directory is made here, since it could not be made later where the root
	 * is read-only. */
	{&cwd_make},
	/* This is the last change of the tree: no later step needs to write to /dev or to the
	 * root. */
	{&rootfs_seal},
	/* Hooks know nothing of descriptors: they look for the container's mounts by path. */
	{&hooks_show_rootfs},
	{&sync_hold},
	/* These hooks run in the container's namespaces, but while the host's files can still be
	 * seen. */
	{&hooks_create_container},
	{&hooks_hide_rootfs},
	/* Everything before this step was done by descriptor; from here on the host is out of
	 * sight. */
	{&pivot_enter},
	/* Propagation is set when no further mount follows that other namespaces could see, and
	 * after the root's, which may concern all mounts. */
	{&mount_set_propagation},
	/* The caller's limit of descriptors is restored while no filter forbids that yet. The trees
	 * are closed first, so that no descriptor above the limit is left. */
	{&rootfs_close},
	{&limits_restore},
	/* This writes through the private procfs, which is closed with all other descriptors
	 * further down. */
	{&limits_oom},
	{&sysctl_write},
	{&uts_names},
	/* The step asks getcwd afterwards: a directory outside of the root has no path
	 * (CVE-2024-21626). */
	{&cwd_enter},
	/* The program is looked for before the filter is loaded, which need not allow the search,
	 * and while the error still reaches the caller of create. */
	{&executable_find},
	/* LISTEN_PID is the pid of init in the pid namespace where the program will look for its
	 * own. */
	{&environment_listen},
	/* The usual filters forbid this step and the next two, so these three precede the
	 * filter. */
	{&personality_set},
	/* The policy is set this late because it is not meant for the memory that init has used so
	 * far: that memory goes with execve, and what init has put into files stays where it is
	 * anyway. */
	{&memory_policy_set},
	/* Scheduling needs CAP_SYS_NICE, so it precedes the drop of capabilities. It follows the
	 * work of init, which should be done neither idly nor in real time. */
	{&scheduling_set},
	/* The label is for the next execve. It is written while the private procfs is open, and
	 * before the filter, which may forbid the write. */
	{&lsm_set},
	/* Without noNewPrivileges the kernel wants CAP_SYS_ADMIN for loading a filter, so it is
	 * loaded before init drops the capability. */
	{&seccomp_load_early},
	/* Where the filter is loaded late all the same, a thread of init keeps the capability. The
	 * thread is made after scheduling is set, so that on one processor neither of the two keeps
	 * the other from running. */
	{&seccomp_thread},
	/* Dropping from the bounding set needs CAP_SETPCAP, so it precedes the change of ids. */
	{&capabilities_bound},
	{&credentials_become},
	/* The other sets follow the change of ids, because setresuid clears the effective set. */
	{&capabilities_set},
	/* On a network filesystem the container's user may enter directories that root may not. */
	{&cwd_enter_again},
	/* Descriptors are closed before init waits: in a created container nobody may find a
	 * descriptor of the host. */
	{&descriptors_close},
	/* A fault may make kist fail, but never make the container weaker than planned. */
	{&verify_compare},
	{&sync_pause},
	/* Where the host side may not set the limits, init lowers its own; a limit that init cannot
	 * set fails create. */
	{&limits_lower},
	{&start_socket_wait},
	/* The notify socket goes to the caller that starts the container, and goes there before
	 * anything of the container runs. */
	{&notify_send},
	/* startContainer hooks are programs of the image, so they run as the container's user and
	 * with its capabilities. */
	{&hooks_start_container},
	/* Init says that the hooks have run: if it were killed while they run, the closed socket
	 * would look like that of an init that has executed its program. */
	{&sync_hooked},
	/* The filter is loaded by the last call before execve, so that a profile need allow nothing
	 * for kist's sake. */
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

/* An empty cgroup is removed without asking whose it is: the answer takes reading the records of
 * all containers, and is hardly ever needed. */
int create_undo_cgroup(const struct record *record, struct error *err)
{
	int result = cgroup_undo_empty(record, err);

	if (result != -EBUSY)
		return result;
	return container_shares_cgroup(record) ? 0 : cgroup_undo(record, err);
}

/* Take back what was done. Errors of undoing are warnings, since the error that matters is the one
 * that led here. */
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
	cleanup_close(&creation->terminal);
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
	/* Finish before undoing: undo opens files, and a create may have failed for want of
	 * descriptors. */
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

/* Fill in the options that create cannot do without, but that printing a plan can. */
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
