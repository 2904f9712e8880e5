/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "libcontainer/rootfs/copyup.h"
#include "libcontainer/rootfs/entry.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A new filesystem has no mounts below it, so recursive options amount to options of the mount
 * itself. */
static uint64_t new_attributes(const struct mount_plan *entry)
{
	const struct mount_options *options = &entry->mount->options;

	return entry_early_attributes(entry, (options->rset & ~options->clear) | options->set);
}

/* The table has the flags of a filesystem that fsconfig(2) has a word for. The kernel has none for
 * MS_SILENT and MS_I_VERSION, and neither makes a difference to a new filesystem. */
static int set_superblock(int context, unsigned long flags, struct error *err)
{
	static const struct {
		unsigned long flag;
		const char *name;
	} table[] = {
		{MS_SYNCHRONOUS, "sync"},
		{MS_DIRSYNC, "dirsync"},
		{MS_LAZYTIME, "lazytime"},
		{MS_MANDLOCK, "mand"},
	};

	for (size_t i = 0; i < COUNT(table); i++)
		if (flags & table[i].flag && mountfd_set(context, table[i].name, NULL, err) < 0)
			return -err->code;
	return 0;
}

/* Before Linux 6.8 an overlay does not accept its layers one by one. kist gives them one by one
 * only when the list is too long for a single parameter. */
static int explain_layers(const struct parameter *parameter, struct error *err)
{
	if (err->code != EINVAL || !strchr(parameter->name, '+'))
		return -err->code;
	return error_wrap(err, "lowerdir (more than 255 bytes of it need Linux 6.8)");
}

static int set_options(int context, const struct mount_plan *entry, struct error *err)
{
	const struct parameters *parameters = &entry->parameters;

	for (size_t i = 0; i < parameters->count; i++)
		if (mountfd_set(context, parameters->at[i].name, parameters->at[i].value, err) < 0)
			return explain_layers(&parameters->at[i], err);
	return set_superblock(context, entry->mount->options.superblock, err);
}

/* These filesystems have no disk. For them only the mount is made read-only: their superblock may
 * be shared with other mounts on the host, or is still to be filled. */
static const char *const memory_filesystems[] = {
	"bpf",       "cgroup",  "cgroup2", "configfs", "debugfs",    "devpts",      "devtmpfs",
	"efivarfs",  "fusectl", "mqueue",  "proc",     "pstore",     "ramfs",       "hugetlbfs",
	"selinuxfs", "sysfs",   "tmpfs",   "tracefs",  "securityfs", "binfmt_misc",
};

static int set_readonly(int context, const struct mount_plan *entry, struct error *err)
{
	const char *type = entry->mount->type;

	if (!entry_wants_readonly(entry->mount) || entry->readonly_late ||
	    entry_in_list(type, memory_filesystems, COUNT(memory_filesystems)))
		return 0;
	return mountfd_set(context, "ro", NULL, err);
}

static bool copies_up(const struct mount_plan *entry)
{
	return entry->mount->options.mode & MOUNT_MODE_TMPCOPYUP;
}

/* Returns the directory that a tmpfs will cover, or -ENOENT when the directory is still to be
 * made. */
static int open_covered(int tree, const struct mount_plan *entry, struct error *err)
{
	uint64_t flags = O_DIRECTORY | (copies_up(entry) ? O_RDONLY : O_PATH);

	if (!entry_has_type(entry->mount, "tmpfs"))
		return -ENOENT;
	return path_open(tree, entry->target, flags, path_links(entry->target), err);
}

static int set_unless_given(int context, const struct mount_plan *entry, const char *name,
			    const char *value, struct error *err)
{
	if (parameters_have(&entry->parameters, name))
		return 0;
	return mountfd_set(context, name, value, err);
}

static int set_owner(int context, const struct mount_plan *entry, const struct stat *status,
		     struct error *err)
{
	char uid[16], gid[16];

	snprintf(uid, sizeof uid, "%u", status->st_uid);
	snprintf(gid, sizeof gid, "%u", status->st_gid);
	if (set_unless_given(context, entry, "uid", uid, err) < 0)
		return -err->code;
	return set_unless_given(context, entry, "gid", gid, err);
}

/* A tmpfs gets the permissions of the directory that it covers, unless its options give others.
 * With tmpcopyup it gets the directory's owner, too, as it gets the directory's content. */
static int resemble(int context, int covered, const struct mount_plan *entry, struct error *err)
{
	struct stat status;
	char mode[8];

	if (fstat(covered, &status) < 0)
		return error_errno(err, "fstat");
	snprintf(mode, sizeof mode, "%o", status.st_mode & 07777);
	if (set_unless_given(context, entry, "mode", mode, err) < 0)
		return -err->code;
	return copies_up(entry) ? set_owner(context, entry, &status, err) : 0;
}

/* The content for tmpcopyup is copied while nobody can see the mount yet. Only afterwards may the
 * mount become read-only. */
static int fill(int mount, int covered, struct error *err)
{
	_close_ int top = path_open(mount, "/", O_RDONLY | O_DIRECTORY, PATH_LINKS_REFUSED, err);

	if (top < 0)
		return top;
	return copyup(covered, top, err) < 0 ? error_wrap(err, "tmpcopyup") : 0;
}

static int create(int context, int covered, const struct mount_plan *entry, struct error *err)
{
	bool fills = copies_up(entry) && covered >= 0;
	uint64_t attributes = new_attributes(entry);
	uint64_t late = fills ? attributes & MOUNT_ATTR_RDONLY : 0;
	_close_ int mount = mountfd_create(context, attributes & ~late, err);

	if (mount < 0)
		return mount;
	if (fills &&
	    (fill(mount, covered, err) < 0 || mountfd_change(mount, false, late, 0, err) < 0))
		return -err->code;
	return take(&mount);
}

/* linux.mountLabel is not given to filesystems whose files have labels from the kernel itself, nor
 * to those that are shared with the whole host. */
static int set_label(int context, const struct plan *plan, const struct mount_plan *entry,
		     struct error *err)
{
	static const char *const unlabelled[] = {"proc", "sysfs", "mqueue", "cgroup", "cgroup2"};
	const char *label = plan->config->linux->mountLabel;

	if (!label || !*label || entry_in_list(entry->mount->type, unlabelled, COUNT(unlabelled)))
		return 0;
	return mountfd_set(context, "context", label, err);
}

static int make_filesystem(const struct plan *plan, int covered, const struct mount_plan *entry,
			   struct error *err)
{
	const struct mount *mount = entry->mount;
	_close_ int context = mountfd_context(mount->type, err);

	if (context < 0)
		return context;
	if (mount->source && *mount->source &&
	    mountfd_set(context, "source", mount->source, err) < 0)
		return -err->code;
	if ((covered >= 0 && resemble(context, covered, entry, err) < 0) ||
	    set_options(context, entry, err) < 0 || set_readonly(context, entry, err) < 0)
		return -err->code;
	if (set_label(context, plan, entry, err) < 0)
		return -err->code;
	return create(context, covered, entry, err);
}

/* The kernel lets a user namespace mount a sysfs only with a network namespace of its own, and a
 * procfs only with a pid namespace of its own. Without them, all that it may see is the host's. */
static const char *host_view(const struct plan *plan, const struct mount_plan *entry)
{
	/* In a running container the path would lead to the container's own files, not to the
	 * host's. */
	if (!plan->idmap.planned || plan->joined)
		return NULL;
	if (entry_has_type(entry->mount, "sysfs"))
		return "/sys";
	if (entry_has_type(entry->mount, "proc") && !(plan->namespaces.clone_flags & CLONE_NEWPID))
		return "/proc";
	return NULL;
}

int filesystem_make(const struct creation *creation, const struct mount_plan *entry,
		    struct error *err)
{
	const char *view = host_view(creation->plan, entry);
	_close_ int covered = open_covered(creation->rootfs.tree, entry, err);
	_close_ int mount = -1;

	if (covered < 0 && covered != -ENOENT)
		return covered;
	mount = make_filesystem(creation->plan, covered, entry, err);
	if (mount >= 0)
		return take(&mount);
	if (mount != -EPERM || !view)
		return error_wrap(err, "%s", entry->target);
	/* The copy takes along all mounts below, because the kernel does not let a user namespace
	 * uncover what they hide. */
	mount = mountfd_clone(AT_FDCWD, view, AT_RECURSIVE, err);
	if (mount < 0 || mountfd_change(mount, true, new_attributes(entry), 0, err) < 0 ||
	    mountfd_propagate(mount, MS_PRIVATE | MS_REC, err) < 0)
		return error_wrap(err, "%s: bind %s", entry->target, view);
	return take(&mount);
}

int filesystem_reconfigure(int target, const struct mount_plan *entry, struct error *err)
{
	_close_ int context = -1;

	if (entry->parameters.count == 0 && entry->mount->options.superblock == 0)
		return 0;
	context = mountfd_pick(target, err);
	if (context < 0 || set_options(context, entry, err) < 0)
		return -err->code;
	return mountfd_reconfigure(context, err);
}
