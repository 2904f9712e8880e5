/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * More and fewer mounts in a container that is there. Most steps are those of create and exec.
 *
 *     host                                       child
 *       mount sources
 *       process   -------- clone3 ---------->      begin, let go of the host
 *                                                  join the namespaces
 *                                                  add or remove
 *       container <------- PAUSED -----------      and ends
 *
 * The container runs meanwhile, and is hostile. The child is not born in its pid namespace, where
 * nobody can therefore look into it, and holds nothing of the host but the sources. Places are looked
 * up below the container's root, once, and used by their descriptors; what was attached is taken back
 * by its own.
 */
#include "libcontainer/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "libcontainer/creation.h"
#include "libcontainer/enter.h"
#include "libcontainer/io.h"
#include "libcontainer/log.h"
#include "libcontainer/mountinfo.h"
#include "libcontainer/open_container.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/process.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/procfs.h"
#include "libcontainer/rootfs/entry.h"
#include "libcontainer/rootfs/mount.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "spec/check.h"
#include "spec/cleanup.h"
#include "spec/escape.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Until all is mounted or unmounted. */
enum { ANSWER_MS = 10000 };

static const struct step mounts_groups, mounts_wait, mounts_descriptors, mounts_let_go, mounts_root,
	mounts_end, mounts_add, mounts_remove;

/* clang-format off */
static const struct step_row add_host_rows[] = {
	/* First: whatever is opened counts. */
	{&limits_raise},
	/* As in create: with the caller's privileges, where his files are to be seen. */
	{&idmapped_open},
	{&rootfs_open_sources_by_host},
	{&idmapped_own},
	/* Where a mount that is made in the container would be seen, too. */
	{&mounts_groups},
	{&clone_joined},
	{&mounts_wait},
};

static const struct step_row add_child_rows[] = {
	/* First: nobody may look into it, and it dies with kist. */
	{&birth_begin},
	/* The container's /proc is not in sight yet, which may be a fake. */
	{&mounts_descriptors},
	{&mounts_let_go},
	/* An ordinary user has no privileges outside; and inside there is nothing of the host. */
	{&namespaces_join_user},
	{&rootfs_open_sources_by_child},
	{&namespaces_join_process},
	{&mounts_root},
	{&mounts_add},
	{&mounts_end},
};

static const struct step_row remove_host_rows[] = {
	/* Where what is unmounted would go, too. */
	{&mounts_groups},
	{&clone_joined},
	{&mounts_wait},
};

static const struct step_row remove_child_rows[] = {
	{&birth_begin},
	{&mounts_descriptors},
	{&mounts_let_go},
	{&namespaces_join_process},
	{&mounts_root},
	{&mounts_remove},
	{&mounts_end},
};

const struct step_table mounts_add_host = STEP_TABLE(add_host_rows);
const struct step_table mounts_add_child = STEP_TABLE(add_child_rows);
const struct step_table mounts_remove_host = STEP_TABLE(remove_host_rows);
const struct step_table mounts_remove_child = STEP_TABLE(remove_child_rows);
/* clang-format on */

/*
 * Steps of the host side
 */

static void keep_group(struct rootfs_handles *rootfs, uint64_t group, struct arena *arena)
{
	/* A power of two is full. */
	if ((rootfs->group_count & (rootfs->group_count - 1)) == 0) {
		uint64_t *grown = arena_array(arena, rootfs->group_count * 2 + 1, sizeof *grown);

		if (rootfs->group_count > 0)
			memcpy(grown, rootfs->groups, rootfs->group_count * sizeof *grown);
		rootfs->groups = grown;
	}
	rootfs->groups[rootfs->group_count++] = group;
}

static int step_groups(struct creation *creation, struct error *err)
{
	FILE *mountinfo _fclose_ = mountinfo_open(err);
	struct mountinfo_line line;
	char *text _free_ = NULL;
	size_t room = 0;

	if (!mountinfo)
		return -err->code;
	while (getline(&text, &room, mountinfo) > 0)
		if (mountinfo_split(text, &line) && line.group)
			keep_group(&creation->rootfs, line.group, creation->plan->arena);
	return 0;
}

static const struct step mounts_groups = {
	"peer groups",
	.run = step_groups,
};

static int error_no_answer(struct error *err)
{
	return error_set(err, ETIMEDOUT,
			 "no answer within %d seconds (a filesystem in the container, or the "
			 "source of one, does not react)",
			 ANSWER_MS / 1000);
}

static int step_wait(struct creation *creation, struct error *err)
{
	int word;

	/* A filesystem of the container's own (fuse) need never answer. */
	if (sync_await(creation->sync, creation->init, NULL, ANSWER_MS, err) < 0)
		return err->code == ETIMEDOUT ? error_no_answer(err) : -err->code;
	word = sync_receive(creation->sync, creation->init, NULL, err);
	if (word == SYNC_CLOSED || word == -ECONNRESET)
		return error_set(err, ECHILD, "the process that was in there has been killed");
	if (word >= 0 && word != SYNC_PAUSED)
		return error_set(err, EPROTO, "unexpected answer (%d)", word);
	return word < 0 ? word : 0;
}

static const struct step mounts_wait = {
	"container",
	.run = step_wait,
	.hears = true,
};

/*
 * Steps of the child
 */

static int step_descriptors(struct creation *creation, struct error *err)
{
	_close_ int proc = procfs_open(err);
	int descriptors;

	if (proc < 0)
		return proc;
	descriptors = procfs_open_descriptors(proc, err);
	if (descriptors < 0)
		return descriptors;
	creation->procfs = descriptors;
	return 0;
}

static const struct step mounts_descriptors = {
	"descriptors",
	.run = step_descriptors,
};

static int step_let_go(struct creation *creation, struct error *err)
{
	const struct rootfs_handles *rootfs = &creation->rootfs;
	const struct namespaces_handles *namespaces = &creation->namespaces;
	const int own[] = {creation->sync, creation->procfs, namespaces->process, log_descriptor()};
	const struct {
		const int *at;
		size_t count;
	} lists[] = {{own, COUNT(own)},
		     {namespaces->at, NAMESPACE_KINDS},
		     {rootfs->sources, rootfs->count},
		     {rootfs->mappings, rootfs->mapping_count}};
	size_t room = COUNT(own) + NAMESPACE_KINDS + rootfs->count + rootfs->mapping_count;
	int *kept = io_no_descriptors(creation->plan->arena, room);
	size_t count = 0;

	for (size_t i = 0; i < COUNT(lists); i++)
		for (size_t j = 0; j < lists[i].count; j++)
			kept[count++] = lists[i].at[j];
	return descriptors_close_but(kept, count, err);
}

static const struct step mounts_let_go = {
	"let go",
	.run = step_let_go,
};

static int step_root(struct creation *creation, struct error *err)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return error_errno(err, "/");
	creation->rootfs.tree = root;
	return 0;
}

static const struct step mounts_root = {
	"root",
	.run = step_root,
};

/* Nobody but the host side waits for it. */
static int step_end(struct creation *creation, struct error *err)
{
	if (sync_send(creation->sync, SYNC_PAUSED, err) < 0)
		return -err->code;
	_exit(EXIT_SUCCESS);
}

static const struct step mounts_end = {
	"end",
	.run = step_end,
};

/* Where something is in the container, as the kernel says. */
static int find_place(const struct creation *creation, int descriptor, char place[static PATH_MAX],
		      struct error *err)
{
	char link[16];
	ssize_t length;

	snprintf(link, sizeof link, "%d", descriptor);
	length = readlinkat(creation->procfs, link, place, PATH_MAX - 1);
	if (length < 0)
		return error_errno(err, "readlink");
	place[length] = '\0';
	return 0;
}

static bool is_at_or_below(const char *path, const char *directory)
{
	return strcmp(path, directory) == 0 || path_is_below(path, directory);
}

/* What the plan allows by name the container's links must not lead elsewhere: not over the root, nor
 * into /proc, where even what covers it is no procfs. */
static int check_place(const struct creation *creation, const struct mount_plan *entry, int target,
		       struct error *err)
{
	char place[PATH_MAX];

	if (find_place(creation, target, place, err) < 0)
		return -err->code;
	if (strcmp(place, "/") == 0)
		return error_set(err, EINVAL, "leads to the root of the container");
	if (is_at_or_below(place, "/proc") && strcmp(place, entry->target) != 0)
		return error_set(err, EPERM, "leads into /proc, where nothing may be mounted");
	return 0;
}

/* Of a mount of the container. */
struct place_peers {
	uint64_t parent; /* the id of what it is on */
	uint64_t group;  /* 0: none */
};

static int find_peers(const struct creation *creation, uint64_t id, struct place_peers *peers,
		      struct error *err)
{
	FILE *mountinfo _fclose_ = mountinfo_open_at(creation->procfs, err);
	struct mountinfo_line line;
	char *text _free_ = NULL;
	size_t room = 0;

	if (!mountinfo)
		return -err->code;
	while (getline(&text, &room, mountinfo) > 0) {
		if (!mountinfo_split(text, &line) || line.id != id)
			continue;
		*peers = (struct place_peers){line.parent, line.group};
		return 0;
	}
	return error_set(err, ENOENT, "its mount has gone meanwhile");
}

static bool is_shared_with_host(const struct creation *creation, const struct place_peers *peers)
{
	const struct rootfs_handles *rootfs = &creation->rootfs;

	for (size_t i = 0; peers->group && i < rootfs->group_count; i++)
		if (rootfs->groups[i] == peers->group)
			return true;
	return false;
}

/* What is mounted onto a mount that the host shares appears there, too, at a place that the container's
 * links may have chosen, and outlives the container. */
static int check_place_peers(const struct creation *creation, int target, struct error *err)
{
	struct place_peers place;
	uint64_t id;

	if (mountfd_id(target, "", &id, err) < 0 || find_peers(creation, id, &place, err) < 0)
		return -err->code;
	if (is_shared_with_host(creation, &place))
		return error_set(err, EPERM,
				 "is on a mount that the host shares, and would see this one");
	return 0;
}

/* What is unmounted from one goes there, too. */
static int check_mount_peers(const struct creation *creation, int mount, struct error *err)
{
	struct place_peers own, parent;
	uint64_t id;

	if (mountfd_id(mount, "", &id, err) < 0 || find_peers(creation, id, &own, err) < 0 ||
	    find_peers(creation, own.parent, &parent, err) < 0)
		return -err->code;
	if (is_shared_with_host(creation, &parent))
		return error_set(err, EPERM,
				 "is on a mount that the host shares, and would lose this one");
	return 0;
}

static int find_target(const struct creation *creation, const struct mount_plan *entry, int mount,
		       struct error *err)
{
	int target = mount_target(creation, entry, mount, err);
	struct error reason;

	if (target != -EROFS)
		return target;
	reason = *err;
	return error_set(err, EROFS, "%s (take a destination that is there)", reason.text);
}

/* Return: what is attached now */
static int add(struct creation *creation, const struct mount_plan *entry, struct error *err)
{
	_close_ int mount = mount_make(creation, entry, err);
	_close_ int target = -1;

	if (mount < 0)
		return mount;
	target = find_target(creation, entry, mount, err);
	if (target < 0)
		return target;
	if (check_place(creation, entry, target, err) < 0 ||
	    check_place_peers(creation, target, err) < 0 ||
	    mount_propagate(mount, &entry->mount->options, err) < 0 ||
	    mountfd_attach(mount, target, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return take(&mount);
}

/* What the container itself has unmounted is gone already. */
static void take_back(const struct creation *creation, const int *attached, size_t count)
{
	struct error err;

	while (count-- > 0)
		if (mountfd_detach(attached[count], creation->procfs, &err) < 0 &&
		    err.code != EINVAL)
			log_warning("mounts[%zu] stays mounted: %s", count, err.text);
}

static int step_add(struct creation *creation, struct error *err)
{
	const struct mount_plans *mounts = &creation->plan->rootfs.mounts;
	int *attached = io_no_descriptors(creation->plan->arena, mounts->count);

	for (size_t i = 0; i < mounts->count; i++) {
		attached[i] = add(creation, &mounts->at[i], err);
		if (attached[i] < 0) {
			take_back(creation, attached, i);
			return error_wrap(err, "mounts[%zu]", i);
		}
	}
	return 0;
}

static const struct step mounts_add = {
	"add",
	.run = step_add,
};

static bool is_mount_root(int descriptor)
{
	struct statx status;

	return statx(descriptor, "", AT_EMPTY_PATH, 0, &status) == 0 &&
	       status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* Does something hide or protect what is at this path, that would go with the mount at place? */
static bool goes_too(const struct creation *creation, const char *path, const char *place)
{
	struct error ignored;
	_close_ int mount =
		path_open(creation->rootfs.tree, path, O_PATH, PATH_LINKS_FOLLOWED, &ignored);
	char found[PATH_MAX];

	return mount >= 0 && is_mount_root(mount) &&
	       find_place(creation, mount, found, &ignored) == 0 && is_at_or_below(found, place);
}

static int check_protection(const struct creation *creation, const char *property,
			    const struct strings *paths, const char *place, struct error *err)
{
	for (size_t i = 0; i < paths->count; i++)
		if (goes_too(creation, paths->at[i], place))
			return error_set(err, EPERM, "must stay mounted, because of %s[%zu], %s",
					 property, i, paths->at[i]);
	return 0;
}

static int check_removable(const struct creation *creation, int target, struct error *err)
{
	const struct linux_config *linux = creation->plan->config->linux;
	char place[PATH_MAX];

	if (!is_mount_root(target))
		return error_set(err, EINVAL, "is not a mount point");
	if (find_place(creation, target, place, err) < 0)
		return -err->code;
	if (strcmp(place, "/") == 0)
		return error_set(err, EINVAL, "is the root of the container");
	if (check_mount_peers(creation, target, err) < 0)
		return -err->code;
	if (check_protection(creation, "linux.maskedPaths", &linux->maskedPaths, place, err) < 0)
		return -err->code;
	return check_protection(creation, "linux.readonlyPaths", &linux->readonlyPaths, place, err);
}

/* A link that the container makes could lead to a mount that nobody means. */
static int open_removable(const struct creation *creation, const struct mount_plan *entry,
			  struct error *err)
{
	_close_ int target =
		path_open(creation->rootfs.tree, entry->target, O_PATH, PATH_LINKS_REFUSED, err);

	if (target < 0)
		return target;
	if (check_removable(creation, target, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return take(&target);
}

static bool is_still_there(const struct creation *creation, const struct mount_plan *entry,
			   int mount)
{
	struct error ignored;
	_close_ int found = path_open(creation->rootfs.tree, entry->target, O_PATH,
				      PATH_LINKS_REFUSED, &ignored);
	uint64_t there = 0, meant = 0;

	if (found < 0)
		return false;
	mountfd_id(found, "", &there, &ignored);
	mountfd_id(mount, "", &meant, &ignored);
	return there == meant;
}

static int detach(const struct creation *creation, const struct mount_plan *entry,
		  struct error *err)
{
	_close_ int target = open_removable(creation, entry, err);

	if (target < 0)
		return target;
	if (mountfd_detach(target, creation->procfs, err) < 0)
		return error_set(
			err, err->code, "%s: %s%s", entry->target, error_describe(err->code),
			err->code == EINVAL ? " (locked: it came from another user namespace)"
					    : "");
	if (is_still_there(creation, entry, target))
		return error_set(err, EBUSY, "%s: cannot be unmounted", entry->target);
	return 0;
}

static int check_all(const struct creation *creation, struct error *err)
{
	const struct mount_plans *mounts = &creation->plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++) {
		_close_ int target = open_removable(creation, &mounts->at[i], err);

		if (target < 0)
			return error_wrap(err, "mounts[%zu]", i);
	}
	return 0;
}

/* Each is looked up again when its turn comes: one may have been on another. */
static int step_remove(struct creation *creation, struct error *err)
{
	const struct mount_plans *mounts = &creation->plan->rootfs.mounts;

	if (check_all(creation, err) < 0)
		return -err->code;
	for (size_t i = mounts->count; i-- > 0;)
		if (detach(creation, &mounts->at[i], err) < 0)
			return error_wrap(err, "mounts[%zu]", i);
	return 0;
}

static const struct step mounts_remove = {
	"remove",
	.run = step_remove,
};

/*
 * Planning
 */

static bool is_remount(const struct mount_plan *entry)
{
	return entry->kind == MOUNT_REMOUNT;
}

static bool is_cgroup(const struct mount_plan *entry)
{
	return entry->kind == MOUNT_CGROUP;
}

static bool is_procfs(const struct mount_plan *entry)
{
	return entry->kind == MOUNT_FILESYSTEM && entry_has_type(entry->mount, "proc");
}

static bool is_root(const struct mount_plan *entry)
{
	return strcmp(entry->target, "/") == 0;
}

static bool is_proc(const struct mount_plan *entry)
{
	return strcmp(entry->target, "/proc") == 0;
}

static bool copies_up(const struct mount_plan *entry)
{
	return entry->mount->options.mode & MOUNT_MODE_TMPCOPYUP;
}

static bool copies_link(const struct mount_plan *entry)
{
	return entry->mount->options.mode & MOUNT_MODE_COPY_SYMLINK;
}

/* What is for containers that are being created only. */
static const struct {
	bool (*is)(const struct mount_plan *entry);
	const char *reason;
} refusals[] = {
	{is_root, "destination: /: is the root of the container"},
	{is_proc, "destination: /proc: what is masked there would be seen"},
	{is_remount, "options: remount: mounts that are there stay as they are"},
	{is_cgroup, "type: cgroups are only mounted when a container is created"},
	{is_procfs, "type: a procfs is only mounted when a container is created"},
	{copies_up, "options: tmpcopyup: nothing is copied while the container may change it"},
	{copies_link, "options: copy-symlink: a symbolic link is no mount"},
};

static int refuse(const struct mount_plan *entry, struct error *err)
{
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (refusals[i].is(entry))
			return error_set(err, ENOTSUP, "mounts[%zu].%s", entry->index,
					 refusals[i].reason);
	return 0;
}

/* The kernel takes no disk for these, but the node of a flash chip. */
static const char *const flash_filesystems[] = {"jffs2", "ubifs"};

/* "fuse.sshfs" is a fuse. */
static bool has_name(const char *type, const char *name)
{
	size_t length = strlen(name);

	return strncmp(type, name, length) == 0 && (!type[length] || type[length] == '.');
}

/* Return: 1 when it takes a device, 0 when not, -ENODEV when the kernel does not know it (yet) */
static int needs_device(char *filesystems, const char *type)
{
	for (char *line; (line = strsep(&filesystems, "\n"));) {
		char *name = strchr(line, '\t');

		if (!name)
			continue;
		*name++ = '\0';
		if (has_name(type, name))
			return strcmp(line, "nodev") != 0 ||
			       entry_in_list(name, flash_filesystems, COUNT(flash_filesystems));
	}
	return -ENODEV;
}

/* The kernel looks the source of a disk up by its path, in the container, with kist's privileges: a
 * node that the container makes there would choose among the disks of the host. What is not loaded
 * cannot be told to be harmless. */
static int refuse_device(const struct plan *plan, const struct mount_plan *entry, struct error *err)
{
	const char *type = entry->mount->type;
	int needs;

	if (entry->kind != MOUNT_FILESYSTEM)
		return 0;
	needs = needs_device(arena_strdup(plan->arena, plan->joined->filesystems), type);
	if (needs < 0)
		return error_set(
			err, ENODEV,
			"mounts[%zu].type: filesystem type \"%s\" is unknown, or its module "
			"is not loaded",
			entry->index, show(type).text);
	if (needs)
		return error_set(err, ENOTSUP,
				 "mounts[%zu].type: type %s needs a device, which a running "
				 "container could exchange; mount it outside and bind it",
				 entry->index, show(type).text);
	return 0;
}

static int plan_adding(struct plan *plan, struct error *err)
{
	struct mount_plans *mounts = &plan->rootfs.mounts;

	if (check_mount_entries(plan->config, err) < 0 || mount_plan(plan, err) < 0)
		return -err->code;
	for (size_t i = 0; i < mounts->count; i++) {
		if (refuse(&mounts->at[i], err) < 0 || refuse_device(plan, &mounts->at[i], err) < 0)
			return -err->code;
		/* Nothing is made in it any more. */
		mounts->at[i].readonly_late = false;
	}
	/* The user namespace is left to a step of its own. */
	if (plan->idmap.by_child)
		plan->namespaces.joins &= ~(1U << NAMESPACE_USER);
	return 0;
}

/* Removed last to first, each must still be there when its turn comes. */
static int check_order(const struct mount_plans *mounts, struct error *err)
{
	for (size_t i = 0; i < mounts->count; i++)
		for (size_t later = i + 1; later < mounts->count; later++)
			if (path_is_below(mounts->at[i].target, mounts->at[later].target))
				return error_set(err, EINVAL,
						 "mounts[%zu]: %s: goes with mounts[%zu], which is "
						 "removed before it",
						 i, mounts->at[i].target, later);
	return 0;
}

static int plan_removing(struct plan *plan, struct error *err)
{
	const struct mounts *given = &plan->config->mounts;
	struct mount_plan *at = arena_array(plan->arena, given->count, sizeof *at);

	for (size_t i = 0; i < given->count; i++)
		at[i] = (struct mount_plan){
			.mount = &given->at[i],
			.index = i,
			.target = path_clean(plan->arena, given->at[i].destination),
		};
	plan->rootfs.mounts = (struct mount_plans){given->count, at};
	return check_order(&plan->rootfs.mounts, err);
}

static const struct verb {
	const char *doing;
	int (*plan)(struct plan *plan, struct error *err);
	const struct step_table *host, *child;
} verb_add = {"add mounts to", plan_adding, &mounts_add_host, &mounts_add_child},
  verb_remove = {"remove mounts from", plan_removing, &mounts_remove_host, &mounts_remove_child};

/*
 * The whole
 */

/* What a plan is made from. */
struct source {
	struct arena arena;
	struct joined joined;
	struct config config;
	struct plan plan;
	int init; /* pidfd */
};

static int read_mounts(const char *file, struct arena *arena, struct config *config,
		       struct error *err)
{
	struct document document;
	int result = config_read_named(file, arena, &document, err);

	return result < 0 ? result
			  : mounts_parse(config_shown_name(file), &document, arena, config, err);
}

/* The container's configuration, with the mounts of the file and no others. */
static int read_config(const struct container *container, const char *file, struct source *source,
		       struct error *err)
{
	static const struct process nothing = {.cwd = "/"};
	struct arena *arena = &source->arena;
	const struct config *own;

	if (record_read_config(&container->record, arena, &own, err) < 0)
		return -err->code;
	source->config = *own;
	if (!own->process)
		source->config.process = &nothing;
	return read_mounts(file, arena, &source->config, err);
}

/* Some hundred names. */
enum { FILESYSTEMS_SIZE = 1 << 14 };

static int read_filesystems(struct arena *arena, const char **filesystems, struct error *err)
{
	char *text = arena_alloc(arena, FILESYSTEMS_SIZE);

	*filesystems = text;
	return io_read_file(AT_FDCWD, "/proc/filesystems", text, FILESYSTEMS_SIZE, err) < 0
		       ? -err->code
		       : 0;
}

static int read_joined(const struct container *container, struct source *source, struct error *err)
{
	struct plan *plan = &source->plan;

	source->joined.record = &container->record;
	if (enter_read_namespaces(&container->record, source->init, NULL, &source->joined, err) <
		    0 ||
	    idmap_read_joined(plan, &source->joined, err) < 0 ||
	    read_filesystems(plan->arena, &source->joined.filesystems, err) < 0 ||
	    namespaces_plan_joined(plan, err) < 0)
		return -err->code;
	if (!(plan->namespaces.joins & 1U << NAMESPACE_MOUNT))
		return error_set(err, EINVAL, "init is in the mount namespace of the caller");
	/* The child has no children that would be born in there. */
	plan->namespaces.joins &= ~(1U << NAMESPACE_PID);
	return 0;
}

static int plan_all(struct source *source, const struct container *container, const char *file,
		    const struct verb *verb, struct error *err)
{
	struct plan *plan = &source->plan;

	plan->config = &source->config;
	plan->joined = &source->joined;
	plan->bundle = container->record.bundle;
	plan->arena = &source->arena;
	if (read_config(container, file, source, err) < 0 || plan_read_host(plan, err) < 0 ||
	    read_joined(container, source, err) < 0)
		return -err->code;
	return verb->plan(plan, err) < 0 ? error_wrap(err, "%s", config_shown_name(file)) : 0;
}

/* It has nothing more to do, or must not go on; unless it is held up in the kernel: then it ends when
 * the container does, or whatever else holds it. */
static void end_child(struct creation *creation)
{
	if (creation->init >= 0)
		clone_end(creation->init);
	cleanup_close(&creation->init);
}

static int carry_out(struct source *source, const struct container *container, const char *file,
		     const struct verb *verb, struct error *err)
{
	struct creation creation;
	int result;

	creation_init(&creation, &source->plan, NULL);
	creation.child = verb->child;
	enter_hand_over(&source->joined, source->init, &creation);
	/* Whose user namespace mounts may show. */
	creation.record.pid = container->record.pid;
	result = steps_walk(verb->host, &creation, err);
	steps_finish(verb->host, &creation);
	creation_finish(&creation);
	end_child(&creation);
	return result < 0 ? error_wrap(err, "%s", config_shown_name(file)) : 0;
}

static int change_opened(const struct container *container, int init,
			 const struct container_options *options, const char *file,
			 const struct verb *verb, struct error *err)
{
	struct source source = {.init = init, .plan.options = options};
	int result = plan_all(&source, container, file, verb, err);

	/* The facts are init's if it still lives, and nobody has got its pid. */
	if (result == 0 && clone_has_ended(init, 0))
		result = -ESRCH;
	if (result == 0)
		result = carry_out(&source, container, file, verb, err);
	if (result < 0)
		result = enter_explain(result, init, verb->doing, err);
	enter_finish(&source.joined);
	arena_finish(&source.arena);
	return result;
}

static int change(const char *root, const char *id, const char *file, const struct verb *verb,
		  struct error *err)
{
	const struct container_options options = {.root = root, .id = id};
	struct container container;
	_close_ int init = -1;
	int result;

	if (container_open(root, id, &container, err) < 0)
		return -err->code;
	result = container_status(&container, &init, err);
	if (result >= 0)
		result = enter_check_status((enum status)result, verb->doing, err);
	if (result == 0)
		result = change_opened(&container, init, &options, file, verb, err);
	container_close(&container);
	return result;
}

int container_mounts_add(const char *root, const char *id, const char *file, struct error *err)
{
	return change(root, id, file, &verb_add, err);
}

int container_mounts_remove(const char *root, const char *id, const char *file, struct error *err)
{
	return change(root, id, file, &verb_remove, err);
}
