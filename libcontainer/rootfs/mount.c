/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file makes the container's mounts (config.md, Mounts) in the order of config.json. Each is
 * made detached, gets its attributes and propagation, and is then attached to its target, which is
 * held by a descriptor in the tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "libcontainer/rootfs/cgroups.h"
#include "libcontainer/rootfs/entry.h"
#include "libcontainer/rootfs/filesystem.h"
#include "libcontainer/rootfs/idmapped.h"
#include "libcontainer/rootfs/mount.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/rootfs/peers.h"
#include "libcontainer/rootfs/rootfs.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"
#include "spec/escape.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Devices are made in /dev after the mounts, so /dev becomes read-only late, and then what is
 * mounted below it, too. A cgroup mount of v1 is filled after it has been attached. */
static bool is_readonly_late(const struct mount_plan *entry, bool dev_is_late)
{
	if (!entry_wants_readonly(entry->mount))
		return false;
	return entry->kind == MOUNT_CGROUP || strcmp(entry->target, "/dev") == 0 ||
	       (dev_is_late && path_is_below(entry->target, "/dev"));
}

static int plan_parameters(struct arena *arena, struct mount_plan *entry, struct error *err)
{
	if (entry->kind != MOUNT_FILESYSTEM && entry->kind != MOUNT_REMOUNT)
		return 0;
	return parameters_plan(arena, entry->mount, &entry->parameters, err);
}

static int check_label(const struct plan *plan, struct error *err)
{
	const char *label = plan->config->linux->mountLabel;

	if (label && *label && !plan->host->selinux)
		return error_set(err, ENOTSUP,
				 "linux.mountLabel: \"%s\": SELinux is not active on this host",
				 show(label).text);
	return 0;
}

int mount_plan(struct plan *plan, struct error *err)
{
	size_t count = plan->config->mounts.count;
	struct mount_plan *at = arena_array(plan->arena, count, sizeof *at);
	bool dev_is_late = false;

	if (check_label(plan, err) < 0)
		return -err->code;
	for (size_t i = 0; i < count; i++) {
		if (entry_plan(plan, i, &at[i], err) < 0 || idmapped_plan(plan, &at[i], err) < 0 ||
		    plan_parameters(plan->arena, &at[i], err) < 0)
			return error_wrap(err, "mounts[%zu]", i);
		/* In a running container no devices are made after the mounts, so nothing has to
		 * wait. */
		at[i].readonly_late = !plan->joined && is_readonly_late(&at[i], dev_is_late);
		if (strcmp(at[i].target, "/dev") == 0)
			dev_is_late = at[i].readonly_late;
	}
	plan->rootfs.mounts = (struct mount_plans){.count = count, .at = at};
	return 0;
}

static void print_words(const struct strings *words, FILE *out)
{
	const char *separator = "  ";

	for (size_t i = 0; i < words->count; i++) {
		fprintf(out, "%s%s", separator, words->at[i]);
		separator = ",";
	}
}

void mount_print(const struct plan *plan, FILE *out)
{
	static const char *const kinds[] = {
		[MOUNT_BIND] = "bind", [MOUNT_CGROUP] = "cgroup", [MOUNT_REMOUNT] = "remount"};

	for (size_t i = 0; i < plan->rootfs.mounts.count; i++) {
		const struct mount_plan *entry = &plan->rootfs.mounts.at[i];

		fprintf(out, "\t\t%s  %s", entry->target,
			entry->kind == MOUNT_FILESYSTEM ? entry->mount->type : kinds[entry->kind]);
		if (entry->source)
			fprintf(out, " %s", entry->source);
		print_words(&entry->mount->options.words, out);
		fputc('\n', out);
	}
}

static int change_attributes(int mount, const struct mount_plan *entry, struct error *err)
{
	const struct mount_options *options = &entry->mount->options;

	if (mountfd_change(mount, true, entry_early_attributes(entry, options->rset),
			   options->rclear, err) == 0 &&
	    mountfd_change(mount, false, entry_early_attributes(entry, options->set),
			   options->clear, err) == 0)
		return 0;
	if (err->code == EPERM)
		return error_set(err, EPERM,
				 "options: one of them clears what the source has locked: a user "
				 "namespace cannot take ro, nosuid, nodev, noexec or the access "
				 "time mode away");
	return -err->code;
}

int mount_propagate(int mount, const struct mount_options *options, struct error *err)
{
	for (size_t i = 0; i < options->propagation.count; i++)
		if (mountfd_propagate(mount, options->propagation.at[i], err) < 0)
			return -err->code;
	return 0;
}

/* The copy of a shared mount is in the host's peer group. With all mounts below, it becomes a slave
 * that follows the host, or private to the container. Other propagation that the entry asks for
 * waits until the tree is finished, so that nobody outside sees what kist mounts
 * (&mount_set_propagation). */
static int leave_peers(const struct creation *creation, int mount, const struct mount_plan *entry,
		       struct error *err)
{
	bool follows = entry_propagation(entry->mount) & (MS_SLAVE | MS_SHARED);

	if (peers_stay(creation, entry))
		return mount_propagate(mount, &entry->mount->options, err);
	return mountfd_propagate(mount, (follows ? MS_SLAVE : MS_PRIVATE) | MS_REC, err);
}

/* The plan allows only few places below /proc, by name. A link of the image must not lead to the
 * others (CVE-2019-16884). */
static int check_target(int target, const struct mount_plan *entry, struct error *err)
{
	struct statfs fs;

	if (fstatfs(target, &fs) < 0)
		return error_errno(err, "%s", entry->target);
	if (fs.f_type != PROC_SUPER_MAGIC || strcmp(entry->target, "/proc") == 0 ||
	    path_is_below(entry->target, "/proc"))
		return 0;
	return error_set(err, EPERM, "%s: leads into /proc, where nothing may be mounted",
			 entry->target);
}

/* A target is either something that exists, or a directory or file that is made when it is
 * missing. */
enum target { TARGET_EXISTING, TARGET_DIRECTORY, TARGET_FILE };

static int open_target(int tree, const char *path, enum target kind, enum path_links links,
		       struct error *err)
{
	switch (kind) {
	case TARGET_DIRECTORY:
		return path_make_directory(tree, path, 0755, links, err);
	case TARGET_FILE:
		return path_make_file(tree, path, 0644, links, err);
	default:
		return path_open(tree, path, O_PATH, links, err);
	}
}

/* With dest-nofollow a symbolic link at the destination is the target itself. */
static int open_link(int tree, const char *path, enum target kind, enum path_links links,
		     struct error *err)
{
	uint64_t flags = O_PATH | O_NOFOLLOW | (kind == TARGET_DIRECTORY ? O_DIRECTORY : 0);
	int target = path_open(tree, path, flags, links, err);

	return target == -ENOENT ? open_target(tree, path, kind, links, err) : target;
}

static int resolve_target(int tree, const struct mount_plan *entry, enum target kind,
			  struct error *err)
{
	const char *path = entry->target;
	bool nofollow = entry->mount->options.mode & MOUNT_MODE_DEST_NOFOLLOW;
	_close_ int target =
		(nofollow ? open_link : open_target)(tree, path, kind, path_links(path), err);

	if (target < 0)
		return target;
	return check_target(target, entry, err) < 0 ? -err->code : take(&target);
}

static int attach(struct creation *creation, int mount, int target, const struct mount_plan *entry,
		  struct error *err)
{
	return strcmp(entry->target, "/") == 0 ? rootfs_replace(creation, mount, err)
					       : mountfd_attach(mount, target, err);
}

static int finish_copy(struct creation *creation, int mount, const struct mount_plan *entry,
		       struct error *err)
{
	if (change_attributes(mount, entry, err) < 0 ||
	    leave_peers(creation, mount, entry, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return 0;
}

/* A copied mount gets its attributes and propagation before it is attached, while nobody sees
 * it. */
static int attach_copy(struct creation *creation, int mount, int target,
		       const struct mount_plan *entry, struct error *err)
{
	if (finish_copy(creation, mount, entry, err) < 0)
		return -err->code;
	if (attach(creation, mount, target, entry, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return 0;
}

static int make_filesystem(struct creation *creation, const struct mount_plan *entry,
			   struct error *err)
{
	_close_ int mount = filesystem_make(creation, entry, err);

	if (mount < 0)
		return mount;
	if (idmapped_apply(creation, entry, mount, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return take(&mount);
}

int mount_make(struct creation *creation, const struct mount_plan *entry, struct error *err)
{
	_close_ int source = -1;

	if (entry->kind != MOUNT_BIND)
		return make_filesystem(creation, entry, err);
	source = take(&creation->rootfs.sources[entry->index]);
	return finish_copy(creation, source, entry, err) < 0 ? -err->code : take(&source);
}

int mount_target(const struct creation *creation, const struct mount_plan *entry, int mount,
		 struct error *err)
{
	int tree = creation->rootfs.tree;
	_close_ int target = -1;
	struct stat status;

	if (fstat(mount, &status) < 0)
		return error_errno(err, "%s: source", entry->target);
	if (S_ISDIR(status.st_mode))
		return resolve_target(tree, entry, TARGET_DIRECTORY, err);
	target = resolve_target(tree, entry, TARGET_FILE, err);
	if (target < 0)
		return target;
	if (fstat(target, &status) == 0 && S_ISDIR(status.st_mode))
		return error_set(err, EISDIR, "%s: is a directory, while the source is none",
				 entry->target);
	return take(&target);
}

static int mount_filesystem(struct creation *creation, const struct mount_plan *entry,
			    struct error *err)
{
	_close_ int mount = mount_make(creation, entry, err);
	_close_ int target = -1;

	if (mount < 0)
		return mount;
	target = mount_target(creation, entry, mount, err);
	if (target < 0)
		return target;
	if (attach(creation, mount, target, entry, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return 0;
}

/* With copy-symlink a destination that exists must be a link with the same text. */
static int check_link(int tree, const struct mount_plan *entry, const char *text, struct error *err)
{
	_close_ int link =
		path_open(tree, entry->target, O_PATH | O_NOFOLLOW, path_links(entry->target), err);
	char found[PATH_MAX] = "";

	if (link < 0)
		return link;
	if (readlinkat(link, "", found, sizeof found - 1) >= 0 && strcmp(found, text) == 0)
		return 0;
	return error_set(err, EEXIST, "%s: exists and is not a symbolic link to %s", entry->target,
			 text);
}

static int copy_link(int tree, const struct mount_plan *entry, const char *text, struct error *err)
{
	int result = path_make_link(tree, entry->target, text, path_links(entry->target), err);

	return result == -EEXIST ? check_link(tree, entry, text, err) : result;
}

static int mount_bind(struct creation *creation, const struct mount_plan *entry, struct error *err)
{
	const char *link = creation->rootfs.links[entry->index];

	return link ? copy_link(creation->rootfs.tree, entry, link, err)
		    : mount_filesystem(creation, entry, err);
}

/* A container without a cgroup of its own is in its caller's cgroup, which its cgroup namespace
 * shows. */
static int mount_callers_cgroup(struct creation *creation, int target,
				const struct mount_plan *entry, struct error *err)
{
	_close_ int mount = cgroups_make_callers(err);

	return mount < 0 ? error_wrap(err, "%s", entry->target)
			 : attach_copy(creation, mount, target, entry, err);
}

static int mount_cgroup(struct creation *creation, const struct mount_plan *entry,
			struct error *err)
{
	const struct cgroup_sources *sources = creation->rootfs.cgroups[entry->index];
	_close_ int target = resolve_target(creation->rootfs.tree, entry, TARGET_DIRECTORY, err);

	if (target < 0)
		return target;
	if (sources->count == 1 && !*sources->names[0])
		return attach_copy(creation, sources->at[0], target, entry, err);
	if (cgroups_are_callers(creation->plan))
		return mount_callers_cgroup(creation, target, entry, err);
	if (cgroups_mount(creation->plan, sources, &entry->mount->options, target, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return 0;
}

static int check_mount_root(int target, struct error *err)
{
	struct statx status;

	if (statx(target, "", AT_EMPTY_PATH, 0, &status) < 0)
		return error_errno(err, "statx");
	if (!(status.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return error_set(err, EINVAL, "remount: nothing is mounted here");
	return 0;
}

/* The kernel does not change a mount that is below another in a detached tree, so the tree is
 * attached first. Read-only is set on the mount only, because the superblock may be shared with
 * other mounts of the host. */
static int remount(struct creation *creation, int target, const struct mount_plan *entry,
		   struct error *err)
{
	if (check_mount_root(target, err) < 0 || filesystem_reconfigure(target, entry, err) < 0 ||
	    rootfs_attach(creation, err) < 0)
		return -err->code;
	return change_attributes(target, entry, err);
}

/* A procfs that config.json mounts elsewhere than on /proc may be changed. It is reached without a
 * link, while a path that leads into /proc needs one. */
static int resolve_mounted(int tree, const struct mount_plan *entry, struct error *err)
{
	int target = resolve_target(tree, entry, TARGET_EXISTING, err), direct;
	struct error of_direct;

	if (target != -EPERM)
		return target;
	direct = path_open(tree, entry->target, O_PATH, PATH_LINKS_REFUSED, &of_direct);
	return direct < 0 ? -err->code : direct;
}

static int mount_again(struct creation *creation, const struct mount_plan *entry, struct error *err)
{
	_close_ int target = resolve_mounted(creation->rootfs.tree, entry, err);

	if (target < 0)
		return target;
	return remount(creation, target, entry, err) < 0 ? error_wrap(err, "%s", entry->target) : 0;
}

static int step_all(struct creation *creation, struct error *err)
{
	static int (*const actions[])(struct creation * creation, const struct mount_plan *entry,
				      struct error *err) = {
		[MOUNT_FILESYSTEM] = mount_filesystem,
		[MOUNT_BIND] = mount_bind,
		[MOUNT_CGROUP] = mount_cgroup,
		[MOUNT_REMOUNT] = mount_again,
	};
	const struct mount_plans *mounts = &creation->plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (actions[mounts->at[i].kind](creation, &mounts->at[i], err) < 0)
			return error_wrap(err, "mounts[%zu]", mounts->at[i].index);
	return 0;
}

const struct step mount_all = {
	"mounts",
	.run = step_all,
	.print = mount_print,
};

static bool propagation_planned(const struct plan *plan)
{
	const struct mount_plans *mounts = &plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->at[i].mount->options.propagation.count > 0)
			return true;
	return false;
}

static bool propagates_late(const struct creation *creation, const struct mount_plan *entry)
{
	return entry->mount->options.propagation.count > 0 && !peers_stay(creation, entry);
}

static int propagate(int tree, const struct mount_plan *entry, struct error *err)
{
	_close_ int mount = path_open(tree, entry->target, O_PATH, path_links(entry->target), err);

	if (mount < 0)
		return mount;
	if (mount_propagate(mount, &entry->mount->options, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return 0;
}

static int propagate_all(int tree, const struct creation *creation, struct error *err)
{
	const struct mount_plans *mounts = &creation->plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (propagates_late(creation, &mounts->at[i]) &&
		    propagate(tree, &mounts->at[i], err) < 0)
			return error_wrap(err, "mounts[%zu]", mounts->at[i].index);
	return 0;
}

static int step_propagate(struct creation *creation, struct error *err)
{
	const struct mount_plans *mounts = &creation->plan->rootfs.mounts;
	_close_ int tree = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (tree < 0)
		return error_errno(err, "/");
	if (propagate_all(tree, creation, err) < 0)
		return -err->code;
	/* Peers leave after the propagation is set, since a recursive change of one mount also
	 * changes the mounts below it. */
	for (size_t i = 0; i < mounts->count; i++)
		if (peers_leave(creation, &mounts->at[i], err) < 0)
			return error_wrap(err, "mounts[%zu]", mounts->at[i].index);
	return 0;
}

const struct step mount_set_propagation = {
	"propagation",
	.run = step_propagate,
	.when = propagation_planned,
};
