/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nodes are made in a filesystem of their own, which belongs to the host's user namespace: the
 * kernel opens no device on a filesystem that belongs to the container's. Nobody but kist sees
 * that filesystem, and only the mounts of its files, one by one, remain.
 */
#include "libcontainer/rootfs/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "libcontainer/namespaces/userns.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/rootfs.h"
#include "spec/cleanup.h"

/* Where root of the container is not mapped, a node that belongs to root by default is given to the
 * host's root. */
static int find_owner(pid_t pid, const char *map, uint32_t id, uint32_t *owner, struct error *err)
{
	int result = userns_host_id(pid, map, id, owner, err);

	if (result != -ENOENT || id != 0)
		return result;
	*owner = 0;
	return 0;
}

static int give(int nodes, const char *name, const struct device_plan *device, pid_t init,
		struct error *err)
{
	uint32_t uid, gid;

	if (find_owner(init, "uid_map", device->uid, &uid, err) < 0 ||
	    find_owner(init, "gid_map", device->gid, &gid, err) < 0)
		return -err->code;
	if (fchownat(nodes, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "chown");
	return 0;
}

static int make(int nodes, const char *name, const struct device_plan *device, pid_t init,
		struct error *err)
{
	if (mknodat(nodes, name, device->mode, makedev(device->major, device->minor)) < 0)
		return error_set(err, errno, "mknod: %s%s", error_describe(errno),
				 errno == EPERM ? " (does kist's own device cgroup forbid it?)"
						: "");
	/* chmod(2) undoes the effect of the caller's umask, which is not meant for the
	 * container. */
	if (fchmodat(nodes, name, device->mode & 07777, 0) < 0)
		return error_errno(err, "chmod");
	if (give(nodes, name, device, init, err) < 0)
		return -err->code;
	return mountfd_clone(nodes, name, 0, err);
}

int nodes_open(struct error *err)
{
	static const struct parameter parameters[] = {{"mode", "0700"}};
	_close_ int nodes =
		mountfd_tmpfs(parameters, 1, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);

	if (nodes < 0 || mountfd_stage(nodes, err) < 0)
		return error_wrap(err, "devices");
	return take(&nodes);
}

int nodes_make(int nodes, size_t index, const struct device_plan *device, pid_t init,
	       struct error *err)
{
	char name[24];
	int mount;

	snprintf(name, sizeof name, "%zu", index);
	mount = make(nodes, name, device, init, err);
	return mount < 0 ? error_wrap(err, "%s", device->path) : mount;
}

int nodes_leave(int nodes, struct error *err)
{
	return mountfd_unstage(nodes, err) < 0 ? error_wrap(err, "devices") : 0;
}
