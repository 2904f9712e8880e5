/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/copyup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "libcontainer/rootfs/path.h"
#include "spec/cleanup.h"

/* The depth is limited because each level of directories holds two descriptors open and takes some
 * stack, and an image may be nested without end. */
enum { DEPTH_MAX = 64, NAMES_BYTES = 4096, VALUE_BYTES = 4096 };

/* An entry is one name that is copied, together with the open directories that it is in on either
 * side. */
struct entry {
	int from, to;
	const char *name;
	struct stat status;
	unsigned depth;
};

static int copy_directory(int from, int to, unsigned depth, struct error *err);

static int open_source(const struct entry *entry, uint64_t flags, struct error *err)
{
	int file = path_open(entry->from, entry->name, flags, PATH_LINKS_REFUSED, err);

	return file < 0 ? error_set(err, err->code, "open: %s", error_describe(err->code)) : file;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_mode == b->st_mode;
}

/* The name may mean another file by now, so the open is only accepted if it reached the file that
 * was examined before. */
static int reopen(const struct entry *entry, uint64_t flags, struct error *err)
{
	_close_ int file = open_source(entry, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY, err);
	struct stat status;

	if (file < 0)
		return file;
	if (fstat(file, &status) < 0)
		return error_errno(err, "fstat");
	if (!same_file(&status, &entry->status))
		return error_set(err, EAGAIN, "changed while it was copied");
	return take(&file);
}

/* Extended attributes hold file capabilities and access control lists. Those that a tmpfs or a user
 * namespace does not accept are left out: no file gains anything by that. */
static int copy_attribute(int from, int to, const char *name, struct error *err)
{
	char value[VALUE_BYTES];
	ssize_t size = fgetxattr(from, name, value, sizeof value);

	if (size < 0)
		return errno == ENODATA ? 0 : error_errno(err, "%s", name);
	if (fsetxattr(to, name, value, (size_t)size, 0) == 0 || errno == EOPNOTSUPP ||
	    errno == EPERM)
		return 0;
	return error_errno(err, "%s", name);
}

static int copy_attributes(int from, int to, struct error *err)
{
	char names[NAMES_BYTES];
	ssize_t size = flistxattr(from, names, sizeof names);

	if (size < 0)
		return errno == EOPNOTSUPP ? 0 : error_errno(err, "list extended attributes");
	for (const char *name = names; name < names + size; name += strlen(name) + 1)
		if (copy_attribute(from, to, name, err) < 0)
			return -err->code;
	return 0;
}

/* This is for files and directories that are open on both sides. The owner is set first, because
 * changing it takes set-user-ID bits and capabilities away. */
static int copy_status(const struct stat *status, int from, int to, struct error *err)
{
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, status->st_mtim};

	if (fchown(to, status->st_uid, status->st_gid) < 0)
		return error_errno(err, "chown");
	if (fchmod(to, status->st_mode & 07777) < 0)
		return error_errno(err, "chmod");
	if (copy_attributes(from, to, err) < 0)
		return -err->code;
	return futimens(to, times) < 0 ? error_errno(err, "set the time") : 0;
}

static int copy_content(int from, int to, struct error *err)
{
	ssize_t copied;

	while ((copied = sendfile(to, from, NULL, INT_MAX / 2)) > 0)
		;
	return copied < 0 ? error_errno(err, "copy") : 0;
}

static int copy_file(const struct entry *entry, struct error *err)
{
	_close_ int from = reopen(entry, 0, err);
	_close_ int to = -1;

	if (from < 0)
		return from;
	to = openat(entry->to, entry->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return error_errno(err, "create");
	if (copy_content(from, to, err) < 0)
		return -err->code;
	return copy_status(&entry->status, from, to, err);
}

static int copy_subdirectory(const struct entry *entry, struct error *err)
{
	_close_ int from = reopen(entry, O_DIRECTORY, err);
	_close_ int to = -1;

	if (from < 0)
		return from;
	if (entry->depth == DEPTH_MAX)
		return error_set(err, ELOOP, "nested more than %d directories deep", DEPTH_MAX);
	if (mkdirat(entry->to, entry->name, 0700) < 0)
		return error_errno(err, "mkdir");
	to = openat(entry->to, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return error_errno(err, "open the copy");
	if (copy_directory(from, to, entry->depth + 1, err) < 0)
		return -err->code;
	return copy_status(&entry->status, from, to, err);
}

/* Links, devices, fifos and sockets have no content to open, so their status is set by name. */
static int copy_owner_and_time(const struct entry *entry, struct error *err)
{
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, entry->status.st_mtim};

	if (fchownat(entry->to, entry->name, entry->status.st_uid, entry->status.st_gid,
		     AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "chown");
	if (utimensat(entry->to, entry->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "set the time");
	return 0;
}

static int copy_link(const struct entry *entry, int link, struct error *err)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(link, "", text, sizeof text - 1);

	if (length < 0)
		return error_errno(err, "readlink");
	text[length] = '\0';
	if (symlinkat(text, entry->to, entry->name) < 0)
		return error_errno(err, "symlink");
	return copy_owner_and_time(entry, err);
}

static int copy_node(const struct entry *entry, struct error *err)
{
	const struct stat *status = &entry->status;

	if (mknodat(entry->to, entry->name, status->st_mode & S_IFMT, status->st_rdev) < 0)
		return error_errno(err, "mknod");
	if (copy_owner_and_time(entry, err) < 0)
		return -err->code;
	if (fchmodat(entry->to, entry->name, status->st_mode & 07777, 0) < 0)
		return error_errno(err, "chmod");
	return 0;
}

static int copy_entry(struct entry *entry, struct error *err)
{
	_close_ int look = open_source(entry, O_PATH | O_NOFOLLOW, err);

	if (look < 0)
		return look;
	if (fstat(look, &entry->status) < 0)
		return error_errno(err, "fstat");
	switch (entry->status.st_mode & S_IFMT) {
	case S_IFREG:
		return copy_file(entry, err);
	case S_IFDIR:
		return copy_subdirectory(entry, err);
	case S_IFLNK:
		return copy_link(entry, look, err);
	default:
		return copy_node(entry, err);
	}
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int copy_directory(int from, int to, unsigned depth, struct error *err)
{
	int descriptor = fcntl(from, F_DUPFD_CLOEXEC, 0);
	_closedir_ DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *found;

	if (!directory)
		return error_errno(err, "open directory");
	while (errno = 0, (found = readdir(directory))) {
		struct entry entry = {from, to, found->d_name, .depth = depth};

		if (!is_dot(found->d_name) && copy_entry(&entry, err) < 0)
			return error_wrap(err, "%s", found->d_name);
	}
	return errno ? error_errno(err, "read directory") : 0;
}

int copyup(int from, int to, struct error *err)
{
	return copy_directory(from, to, 0, err);
}
