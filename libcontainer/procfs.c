/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/procfs.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "libcontainer/compat.h"
#include "libcontainer/namespaces/namespaces.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The root directory of every procfs. */
enum { PROC_ROOT_INODE = 1 };

static int verify_root(int fd, const char *name, struct error *err)
{
	struct statfs fs;
	struct stat status;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &status) < 0)
		return error_errno(err, "%s", name);
	if (fs.f_type != PROC_SUPER_MAGIC || status.st_ino != PROC_ROOT_INODE)
		return error_set(err, EINVAL, "%s: is not the root of a procfs", name);
	return 0;
}

static int mount_private(void)
{
	_close_ int context = fsopen("proc", FSOPEN_CLOEXEC);

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context, FSMOUNT_CLOEXEC,
		       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

static int open_hosts(struct error *err)
{
	_close_ int fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "/proc");
	return verify_root(fd, "/proc", err) < 0 ? -err->code : take(&fd);
}

int procfs_open(struct error *err)
{
	_close_ int fd = mount_private();

	if (fd < 0)
		return errno == EPERM ? open_hosts(err) : error_errno(err, "private procfs");
	return verify_root(fd, "private procfs", err) < 0 ? -err->code : take(&fd);
}

/* "self" is a link of procfs itself; no other path that is written to here has a link in it. */
static uint64_t resolve_flags(const char *path)
{
	uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;

	return strncmp(path, "self/", 5) == 0 ? resolve : resolve | RESOLVE_NO_SYMLINKS;
}

int procfs_write(int proc, const char *path, const char *text, struct error *err)
{
	_close_ int fd = sys_openat2(proc, path, O_WRONLY, 0, resolve_flags(path));
	size_t size = strlen(text);
	ssize_t written;

	if (fd < 0)
		return error_errno(err, "/proc/%s", path);
	written = write(fd, text, size);
	if (written < 0)
		return error_errno(err, "/proc/%s: write \"%s\"", path, text);
	if ((size_t)written != size)
		return error_set(err, EIO, "/proc/%s: only %zd of %zu bytes were taken", path,
				 written, size);
	return 0;
}

int procfs_open_descriptors(int proc, struct error *err)
{
	static const char path[] = "self/fd";
	int fd = sys_openat2(proc, path, O_RDONLY | O_DIRECTORY, 0, resolve_flags(path));

	return fd < 0 ? error_errno(err, "/proc/%s", path) : fd;
}

static int step_open_private(struct creation *creation, struct error *err)
{
	int fd = procfs_open(err);

	if (fd < 0)
		return fd;
	creation->procfs = fd;
	return 0;
}

const struct step procfs_open_private = {
	"procfs",
	.run = step_open_private,
	.planned = PLANNED(writes_procfs),
};

static int step_open_descriptors(struct creation *creation, struct error *err)
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

const struct step procfs_open_own_descriptors = {
	"descriptors",
	.run = step_open_descriptors,
};
