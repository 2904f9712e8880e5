/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/mountfd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "spec/cleanup.h"

/* The number of attempts is limited, because somebody who mounts over a mount for ever must not
 * keep kist busy for ever. */
enum { LAYERS_MAX = 128 };

/* The kernel's messages about a context are read line by line, such as "e tmpfs: Bad value for
 * 'size'". The last error is kept; there is none when the filesystem does not explain itself. */
static bool read_explanation(int context, char *text, size_t size)
{
	bool found = false;
	char line[256];
	ssize_t length;

	while ((length = read(context, line, sizeof line - 1)) > 0) {
		line[length] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (length < 3 || line[0] != 'e' || strlen(line + 2) >= size)
			continue;
		memcpy(text, line + 2, strlen(line + 2) + 1);
		found = true;
	}
	return found;
}

/* The error reads like "size=x: Invalid argument (tmpfs: Bad value for 'size')". */
static int fail(int context, const char *what, const char *value, struct error *err)
{
	char explanation[256];
	int code = errno;
	const char *equals = value ? "=" : "";

	if (!value)
		value = "";
	if (read_explanation(context, explanation, sizeof explanation))
		return error_set(err, code, "%s%s%s: %s (%s)", what, equals, value,
				 error_describe(code), explanation);
	errno = code;
	return error_errno(err, "%s%s%s", what, equals, value);
}

int mountfd_context(const char *type, struct error *err)
{
	int context = fsopen(type, FSOPEN_CLOEXEC);

	if (context < 0 && errno == ENODEV)
		return error_set(err, ENODEV, "filesystem type \"%s\" is unknown to this kernel",
				 type);
	return context < 0 ? error_errno(err, "fsopen %s", type) : context;
}

int mountfd_set(int context, const char *name, const char *value, struct error *err)
{
	unsigned command = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	if (fsconfig(context, command, name, value, 0) < 0)
		return fail(context, name, value, err);
	return 0;
}

int mountfd_create(int context, uint64_t attributes, struct error *err)
{
	int mount;

	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fail(context, "mount", NULL, err);
	mount = fsmount(context, FSMOUNT_CLOEXEC, (unsigned)attributes);
	return mount < 0 ? fail(context, "fsmount", NULL, err) : mount;
}

int mountfd_tmpfs(const struct parameter *parameters, size_t count, uint64_t attributes,
		  struct error *err)
{
	_close_ int context = mountfd_context("tmpfs", err);

	if (context < 0 || mountfd_set(context, "source", "tmpfs", err) < 0)
		return -err->code;
	for (size_t i = 0; i < count; i++)
		if (mountfd_set(context, parameters[i].name, parameters[i].value, err) < 0)
			return -err->code;
	return mountfd_create(context, attributes, err);
}

int mountfd_pick(int mount, struct error *err)
{
	int context = fspick(mount, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);

	return context < 0 ? error_errno(err, "fspick") : context;
}

int mountfd_reconfigure(int context, struct error *err)
{
	if (fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return fail(context, "remount", NULL, err);
	return 0;
}

int mountfd_clone(int directory, const char *path, unsigned flags, struct error *err)
{
	int mount = open_tree(directory, path,
			      flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	return mount < 0 ? error_errno(err, "open_tree") : mount;
}

static int set_attributes(int mount, bool recursive, struct mount_attr *change, struct error *err)
{
	unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

	if (mount_setattr(mount, "", flags, change, sizeof *change) < 0)
		return error_errno(err, "mount_setattr");
	return 0;
}

int mountfd_change(int mount, bool recursive, uint64_t set, uint64_t clear, struct error *err)
{
	struct mount_attr change = {.attr_set = set, .attr_clr = clear};

	return set || clear ? set_attributes(mount, recursive, &change, err) : 0;
}

int mountfd_idmap(int mount, bool recursive, int userns, struct error *err)
{
	struct mount_attr change = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};

	return set_attributes(mount, recursive, &change, err);
}

int mountfd_id(int directory, const char *path, uint64_t *id, struct error *err)
{
	struct statx status;

	if (statx(directory, path, AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0)
		return error_errno(err, "statx%s%s", *path ? " " : "", path);
	*id = status.stx_mnt_id;
	return 0;
}

int mountfd_propagate(int mount, unsigned long propagation, struct error *err)
{
	struct mount_attr change = {.propagation = propagation & ~(unsigned long)MS_REC};

	return set_attributes(mount, propagation & MS_REC, &change, err);
}

int mountfd_join(int mount, int group, struct error *err)
{
	const unsigned flags =
		MOVE_MOUNT_SET_GROUP | MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

	if (move_mount(group, "", mount, "", flags) < 0)
		return error_errno(err, "move_mount: peer group");
	return 0;
}

int mountfd_attach(int mount, int target, struct error *err)
{
	if (move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
	    0)
		return error_errno(err, "move_mount");
	return 0;
}

int mountfd_stage(int mount, struct error *err)
{
	if (move_mount(mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, "move_mount");
	return 0;
}

/* umount2(2) takes only a path. The path that cannot lead elsewhere is that of the working
 * directory itself. */
int mountfd_unstage(int mount, struct error *err)
{
	if (fchdir(mount) < 0)
		return error_errno(err, "fchdir");
	if (umount2(".", MNT_DETACH) < 0)
		return error_errno(err, "umount2");
	if (chdir("/") < 0)
		return error_errno(err, "chdir /");
	return 0;
}

/* The first attempt changes nothing about a mount that must stay: the kernel refuses to unmount
 * a locked mount before it finds the mount in use. Before a mount that is in use is detached it
 * becomes a slave, because what is mounted below it may belong to its peers, too, and stays
 * there. */
static int detach_top(int mount, const char *link, struct error *err)
{
	if (umount2(link, 0) == 0)
		return 0;
	if (errno != EBUSY)
		return error_errno(err, "umount2");
	if (mountfd_propagate(mount, MS_SLAVE | MS_REC, err) < 0)
		return -err->code;
	return umount2(link, MNT_DETACH) < 0 ? error_errno(err, "umount2") : 0;
}

/* umount2(2) takes only a path. The link of a descriptor in procfs leads to the descriptor's own
 * mount, or to what is mounted over that, so the layers are unmounted one after the other. EINVAL
 * says that the mount itself is not attached any more. */
int mountfd_detach(int mount, int descriptors, struct error *err)
{
	char link[16];

	snprintf(link, sizeof link, "%d", mount);
	if (fchdir(descriptors) < 0)
		return error_errno(err, "fchdir");
	for (int i = 0; i < LAYERS_MAX; i++)
		if (detach_top(mount, link, err) < 0)
			return i > 0 && err->code == EINVAL ? 0 : -err->code;
	return error_set(err, EBUSY, "mounted over again and again while it was unmounted");
}
