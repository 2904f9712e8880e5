/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/running.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/log.h"
#include "libcontainer/rootfs/entry.h"
#include "libcontainer/rootfs/mount.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/rootfs/peer_groups.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"
#include "spec/escape.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

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

/* These kinds of entries are only for containers that are being created, for the reason given with
 * each. */
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

/* The kernel lists these as nodev, but they take the device node of a flash chip. */
static const char *const flash_filesystems[] = {"jffs2", "ubifs"};

/* A subtype follows after a dot: "fuse.sshfs" is a fuse. */
static bool has_name(const char *type, const char *name)
{
	size_t length = strlen(name);

	return strncmp(type, name, length) == 0 && (!type[length] || type[length] == '.');
}

/* Returns 1 when a type of filesystem takes a device, 0 when it does not, and -ENODEV when the
 * kernel does not know it, as before its module is loaded. */
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

/* The kernel looks the device of a filesystem up by its path, in the container, with kist's
 * privileges: a node that the container makes there would choose among the disks of the host. A
 * type whose module is not loaded cannot be told to be harmless. */
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

/* /proc/filesystems has some hundred names at most, which fit into this. */
enum { FILESYSTEMS_BYTES = 1 << 14 };

int running_read(const struct plan *plan, struct joined *joined, struct error *err)
{
	char *text = arena_alloc(plan->arena, FILESYSTEMS_BYTES);

	if (io_read_file(AT_FDCWD, "/proc/filesystems", text, FILESYSTEMS_BYTES, err) < 0)
		return -err->code;
	joined->filesystems = text;
	return 0;
}

int running_plan_adding(struct plan *plan, struct error *err)
{
	const struct mount_plans *mounts = &plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (refuse(&mounts->at[i], err) < 0 || refuse_device(plan, &mounts->at[i], err) < 0)
			return -err->code;
	return 0;
}

/* The mounts are removed last to first, and each must still exist when its turn comes. */
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

int running_plan_removing(struct plan *plan, struct error *err)
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

static int step_root(struct creation *creation, struct error *err)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return error_errno(err, "/");
	creation->rootfs.tree = root;
	return 0;
}

const struct step running_root = {
	"root",
	.run = step_root,
};

/* Asks the kernel for the path at which a descriptor's file is in the container. */
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

/* The plan allows destinations by name, and the container's links must not lead from them to
 * another place: not to the root, nor into /proc, where even what covers it is no procfs. */
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

/* Returns the descriptor of the mount that is attached. */
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
	    peer_groups_check_place(creation, target, err) < 0 ||
	    mount_propagate(mount, &entry->mount->options, err) < 0 ||
	    mountfd_attach(mount, target, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return take(&mount);
}

/* EINVAL says that the container itself has unmounted it, so it is gone already. */
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

const struct step running_add = {
	"add",
	.run = step_add,
	.print = mount_print,
};

static bool is_mount_root(int descriptor)
{
	struct statx status;

	return statx(descriptor, "", AT_EMPTY_PATH, 0, &status) == 0 &&
	       status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* Says whether a mount that masks or protects this path is at or below place, and so would go with
 * the mount there. */
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
	if (peer_groups_check_mount(creation, target, err) < 0)
		return -err->code;
	if (check_protection(creation, "linux.maskedPaths", &linux->maskedPaths, place, err) < 0)
		return -err->code;
	return check_protection(creation, "linux.readonlyPaths", &linux->readonlyPaths, place, err);
}

/* Links are refused, because one that the container makes could lead to a mount that the caller
 * does not mean. */
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

/* Each mount is looked up again when its turn comes, because it may have been covered by another
 * one that is gone now. */
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

static void print_targets(const struct plan *plan, FILE *out)
{
	for (size_t i = plan->rootfs.mounts.count; i-- > 0;)
		fprintf(out, "\t\t%s\n", plan->rootfs.mounts.at[i].target);
}

const struct step running_remove = {
	"remove",
	.run = step_remove,
	.print = print_targets,
};
