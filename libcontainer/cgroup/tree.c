/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "libcontainer/cgroup/walk.h"
#include "libcontainer/clock.h"
#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "spec/cleanup.h"

enum {
	MAKE_ATTEMPTS = 16,   /* a parent's owner may remove it meanwhile */
	REMOVE_PAUSE_MS = 50, /* the longest pause between two attempts */
};

/* This extended attribute marks the parents that kist has made, so that only they are removed
 * later. */
static const char parent_mark[] = "user.kist.parent";

bool ancestor_next(struct ancestor *ancestor)
{
	const char *slash;

	if (ancestor->length == 0) {
		ancestor->length = 1;
		strcpy(ancestor->name, "/");
		return true;
	}
	slash = strchr(ancestor->path + ancestor->length + (ancestor->length == 1 ? 0 : 1), '/');
	if (!slash)
		return false;
	ancestor->length = (size_t)(slash - ancestor->path);
	memcpy(ancestor->name, ancestor->path, ancestor->length);
	ancestor->name[ancestor->length] = '\0';
	return true;
}

/* Another filesystem may be mounted over the hierarchy that mountinfo named. */
static int verify(int directory, const struct hierarchy *hierarchy, struct error *err)
{
	long magic = hierarchy->unified ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC;
	struct statfs statfs;

	if (fstatfs(directory, &statfs) < 0)
		return error_errno(err, "%s: statfs", hierarchy->mount);
	if (statfs.f_type != magic)
		return error_set(err, ENODEV, "%s: something else is mounted over the hierarchy",
				 hierarchy->mount);
	return 0;
}

/* Makes a path relative to the mount. */
static const char *relative(const char *path)
{
	return path[1] ? path + 1 : ".";
}

static int open_beneath(int directory, const char *path)
{
	return sys_openat2(directory, path, O_PATH | O_DIRECTORY, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

/* A path on the host is that of a mount, followed by one below it. */
enum { HOST_PATH_MAX = 2 * PATH_MAX };

static void join(const struct hierarchy *hierarchy, const char *path, char whole[HOST_PATH_MAX])
{
	snprintf(whole, HOST_PATH_MAX, "%s%s", hierarchy->mount, path);
}

bool tree_exists(const struct hierarchy *hierarchy, const char *path)
{
	char whole[HOST_PATH_MAX];

	join(hierarchy, path, whole);
	return faccessat(AT_FDCWD, whole, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static int open_verified(const struct hierarchy *hierarchy, const char *path, struct error *err)
{
	char whole[HOST_PATH_MAX];
	_close_ int directory = -1;

	join(hierarchy, path, whole);
	directory = sys_openat2(AT_FDCWD, whole, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
	if (directory < 0)
		return error_errno(err, "%s", whole);
	if (verify(directory, hierarchy, err) < 0)
		return -err->code;
	return take(&directory);
}

int tree_open(const struct hierarchy *hierarchy, const char *path, struct error *err)
{
	struct error of_mount;
	int directory = open_verified(hierarchy, path, err);
	_close_ int mount = -1;

	if (directory != -ENOENT)
		return directory;
	/* The cgroup may be missing, or the hierarchy covered by another mount; the error must say
	 * which. */
	mount = open_verified(hierarchy, "/", &of_mount);
	if (mount < 0)
		*err = of_mount;
	return -err->code;
}

static const char *explain_mkdir(int code)
{
	switch (code) {
	case EACCES:
	case EPERM:
		return " (making a cgroup needs root, or a cgroup delegated to the user)";
	case EROFS:
		return " (the hierarchy is mounted read-only)";
	case EAGAIN:
		return " (cgroup.max.descendants or cgroup.max.depth of a parent is reached)";
	case ENOSPC:
		return " (the kernel can have no more cgroups)";
	default:
		return "";
	}
}

/* Opens a parent for its extended attributes, which cannot be reached by an O_PATH descriptor. */
static int open_parent(int mount, const char *path)
{
	return sys_openat2(mount, relative(path), O_RDONLY | O_DIRECTORY, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

/* Where the kernel stores no mark, the parent stays when its last child is removed. */
static int make_parent(int mount, const char *path)
{
	_close_ int parent = -1;

	if (mkdirat(mount, relative(path), 0755) < 0)
		return errno == EEXIST || errno == ENOENT ? 0 : -1;
	parent = open_parent(mount, path);
	if (parent >= 0)
		fsetxattr(parent, parent_mark, "1", 1, 0);
	return 0;
}

/* Makes the parents, but not the cgroup itself. When somebody removes a parent meanwhile, the
 * caller's next attempt makes it again. */
static int make_parents(int mount, const char *path)
{
	struct ancestor ancestor = {.path = path};

	while (ancestor_next(&ancestor))
		if (ancestor.length > 1 && make_parent(mount, ancestor.name) < 0)
			return -1;
	return 0;
}

static int make_beneath(int mount, const char *path)
{
	for (int attempt = 0; attempt < MAKE_ATTEMPTS; attempt++) {
		int directory = -1;

		if (mkdirat(mount, relative(path), 0755) == 0 || errno == EEXIST)
			directory = open_beneath(mount, relative(path));
		if (directory >= 0 || errno != ENOENT)
			return directory;
		if (make_parents(mount, path) < 0)
			return -1;
	}
	errno = ENOENT;
	return -1;
}

int tree_make(const struct hierarchy *hierarchy, const char *path, struct error *err)
{
	_close_ int mount = tree_open(hierarchy, "/", err);
	int directory;

	if (mount < 0)
		return mount;
	directory = make_beneath(mount, path);
	if (directory < 0)
		return error_errno(err, "%s%s: mkdir%s", hierarchy->mount, path,
				   explain_mkdir(errno));
	return directory;
}

/* A read-only mount reports EROFS even for a cgroup that does not exist, so opening it decides. */
static int remove_once(int mount, const char *path)
{
	_close_ int directory = -1;

	if (unlinkat(mount, relative(path), AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY && errno != EROFS)
		return -1;
	directory = open_beneath(mount, relative(path));
	if (directory < 0)
		return errno == ENOENT ? 0 : -1;
	if (walk_remove(directory) < 0)
		return -1;
	return unlinkat(mount, relative(path), AT_REMOVEDIR) < 0 && errno != ENOENT ? -1 : 0;
}

/* Returns whether the parent is gone. A parent that is in use, or that somebody else made,
 * stays. */
static bool remove_parent(int mount, const char *path)
{
	_close_ int parent = open_parent(mount, path);

	if (parent < 0)
		return errno == ENOENT;
	return fgetxattr(parent, parent_mark, NULL, 0) >= 0 &&
	       unlinkat(mount, relative(path), AT_REMOVEDIR) == 0;
}

/* The lowest parent is removed first, since the others are not empty before. */
static void remove_parents(int mount, const char *path)
{
	char parent[PATH_MAX];
	char *slash;

	snprintf(parent, sizeof parent, "%s", path);
	while ((slash = strrchr(parent, '/')) && slash != parent) {
		*slash = '\0';
		if (!remove_parent(mount, parent))
			return;
	}
}

int tree_remove(const struct hierarchy *hierarchy, const char *path, unsigned patience_ms,
		struct error *err)
{
	_close_ int mount = tree_open(hierarchy, "/", err);
	long long deadline_ms = clock_now_ms() + patience_ms;
	unsigned pause_ms = 1;

	if (mount < 0)
		return mount;
	while (remove_once(mount, path) < 0) {
		if (errno != EBUSY)
			return error_errno(err, "%s%s: rmdir", hierarchy->mount, path);
		if (clock_now_ms() >= deadline_ms)
			return error_set(err, EBUSY, "container's cgroup is not empty: %s%s",
					 hierarchy->mount, path);
		clock_sleep_ms(pause_ms);
		pause_ms = pause_ms * 2 < REMOVE_PAUSE_MS ? pause_ms * 2 : REMOVE_PAUSE_MS;
	}
	remove_parents(mount, path);
	return 0;
}

bool tree_says_frozen(int directory, const char *file)
{
	char text[256];
	struct error ignored;

	return io_read_file(directory, file, text, sizeof text, &ignored) > 0 &&
	       (strcmp(text, "FROZEN\n") == 0 || strstr(text, "frozen 1\n"));
}

int tree_hold(const struct hierarchy *hierarchy, int *directory, bool born_inside,
	      struct cgroup_handles *handles, struct error *err)
{
	const char *file = hierarchy->unified ? "cgroup.procs" : "tasks";
	int entrance;

	if (hierarchy->unified && born_inside) {
		handles->directory = take(directory);
		return 0;
	}
	entrance = openat(*directory, file, O_WRONLY | O_CLOEXEC);
	if (entrance < 0)
		return error_errno(err, "%s", file);
	handles->tasks[handles->count++] = entrance;
	return 0;
}

int tree_enter(const struct cgroup_handles *handles, struct error *err)
{
	for (size_t i = 0; i < handles->count; i++)
		if (write(handles->tasks[i], "0", 1) < 0)
			return error_errno(err, "entering%s",
					   errno == ENOSPC ? " (cpuset.cpus or cpuset.mems of a "
							     "parent is empty)"
							   : "");
	return 0;
}

void tree_release(struct cgroup_handles *handles)
{
	cleanup_close(&handles->directory);
	cleanup_close_all(handles->tasks, handles->count);
	*handles = (struct cgroup_handles){.directory = -1};
}
