/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory that stands for a mounted resctrl, on machines that have none: the functions of libc
 * that kist changes it with are replaced by ones that do what the kernel does beside: a group has its
 * files from birth, goes with all that is in it, and takes whole lines and tasks only.
 *
 * What it cannot show: that tasks are really moved, and their children born there; what the kernel
 * thinks of a value, and how it rounds and prints it; that its files are not those of a disk in any
 * other way.
 */
#ifndef KIST_TEST_RESCTRL_FIXTURE_H
#define KIST_TEST_RESCTRL_FIXTURE_H

#include <linux/magic.h>
#include <mntent.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "tests/unit/libcontainer/record_fixture.h"

static struct linux_config linux_config;
static struct intel_rdt rdt;
static char mount_point[64];
static bool is_mounted = true;
static const char *mounts;     /* what is read for /proc/self/mounts */
static int mkdir_fails;        /* with this errno */
static char did[4096];         /* "GROUP/schemata: L3:0=f\n", as it was written */
static char entered[PATH_MAX]; /* the last class */

/* The part of an open file's path that is below the mount point; NULL: it is elsewhere. */
static inline const char *below_mount(int fd)
{
	static char path[PATH_MAX];
	char link[64];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof path - 1);
	if (length < 0 || *mount_point == '\0')
		return NULL;
	path[length] = '\0';
	return strncmp(path, mount_point, strlen(mount_point)) == 0 ? path + strlen(mount_point)
								    : NULL;
}

static inline void put(int directory, const char *name, const char *text)
{
	_close_ int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	DO(fd);
	cr_assert_eq(syscall(SYS_write, fd, text, strlen(text)), (long)strlen(text));
}

static inline void put_below(const char *name, const char *text)
{
	_close_ int root_fd = open(mount_point, O_PATH | O_CLOEXEC);

	put(root_fd, name, text);
}

static inline int fails(int code, const char *status)
{
	put_below("info/last_cmd_status", status);
	errno = code;
	return -1;
}

static inline void fill(int group, bool is_class)
{
	put(group, "tasks", "");
	DO(syscall(SYS_mkdirat, group, "mon_data", 0755));
	if (!is_class)
		return;
	put(group, "schemata", "    L3:0=7ff;1=7ff\n    MB:0=100;1=100\n");
	DO(syscall(SYS_mkdirat, group, "mon_groups", 0755));
}

/* In libc it opens the file, too. */
FILE *setmntent(const char *name, const char *type)
{
	return fopen(mounts ? mounts : name, type);
}

int fstatfs(int fd, struct statfs *statfs)
{
	int result = (int)syscall(SYS_fstatfs, fd, statfs);

	if (result == 0 && is_mounted && below_mount(fd))
		statfs->f_type = RDTGROUP_SUPER_MAGIC;
	return result;
}

int mkdirat(int directory, const char *name, mode_t mode)
{
	const char *parent = below_mount(directory);
	bool is_class = parent && *parent == '\0';

	if (parent && mkdir_fails)
		return fails(mkdir_fails, "Out of CLOSIDs\n");
	if (syscall(SYS_mkdirat, directory, name, mode) < 0)
		return -1;
	if (parent) {
		_close_ int group = openat(directory, name, O_PATH | O_CLOEXEC);

		fill(group, is_class);
	}
	return 0;
}

int unlinkat(int directory, const char *name, int flags)
{
	char command[2 * PATH_MAX];
	const char *parent = below_mount(directory);

	if (!parent || !(flags & AT_REMOVEDIR))
		return (int)syscall(SYS_unlinkat, directory, name, flags);
	snprintf(command, sizeof command, "rm -r %s%s/%s 2>/dev/null", mount_point, parent, name);
	if (system(command) == 0)
		return 0;
	errno = ENOENT;
	return -1;
}

static inline void note(const char *file, const void *data, size_t size)
{
	size_t used = strlen(did);

	snprintf(did + used, sizeof did - used, "%s: %.*s%s", file + 1, (int)size,
		 (const char *)data, ((const char *)data)[size - 1] == '\n' ? "" : "\n");
}

static inline ssize_t write_schemata(const char *file, const char *data, size_t size)
{
	if (data[size - 1] != '\n')
		return fails(EINVAL, "ok\n");
	if (memmem(data, size, "=0\n", 3))
		return fails(EINVAL, "Mask out of range\n");
	note(file, data, size);
	return (ssize_t)size;
}

/* Who is not in a class cannot enter a monitoring group of it. */
static inline ssize_t write_tasks(const char *file, const char *data, size_t size)
{
	const char *monitors = strstr(file, "/mon_groups/");

	if (monitors && ((size_t)(monitors - file) != strlen(entered) ||
			 strncmp(file, entered, strlen(entered)) != 0))
		return fails(EINVAL, "Can't move task to different control group\n");
	if (!monitors)
		snprintf(entered, sizeof entered, "%.*s", (int)(strlen(file) - strlen("/tasks")),
			 file);
	note(file, data, size);
	return (ssize_t)size;
}

ssize_t write(int fd, const void *data, size_t size)
{
	const char *file = below_mount(fd), *name = file ? strrchr(file, '/') : NULL;

	if (name && strcmp(name, "/schemata") == 0)
		return write_schemata(file, data, size);
	if (name && strcmp(name, "/tasks") == 0)
		return write_tasks(file, data, size);
	return syscall(SYS_write, fd, data, size);
}

static inline void resctrl_init(void)
{
	_close_ int root_fd = -1;

	fixture_init();
	snprintf(mount_point, sizeof mount_point, "%s/resctrl", top);
	DO(mkdir(mount_point, 0755));
	root_fd = open(mount_point, O_PATH | O_CLOEXEC);
	fill(root_fd, true);
	DO(syscall(SYS_mkdirat, root_fd, "info", 0755));
	DO(syscall(SYS_mkdirat, root_fd, "info/MB", 0755));
	put(root_fd, "info/MB/bandwidth_gran", "10\n");
	put(root_fd, "info/last_cmd_status", "ok\n");
	linux_config.intelRdt = &rdt;
	config.linux = &linux_config;
	host.resctrl = mount_point;
}

/* A group that somebody else has made. */
static inline void have_group(const char *name)
{
	_close_ int root_fd = open(mount_point, O_PATH | O_CLOEXEC);

	DO(mkdirat(root_fd, name, 0755));
}

static inline bool has_group(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", mount_point, name);
	return access(path, F_OK) == 0;
}

#endif
