/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/cgroup/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/compat.h"
#include "libcontainer/host.h"
#include "libcontainer/io.h"
#include "spec/cleanup.h"

enum {
	MAKE_ATTEMPTS = 16,     /* a parent may be removed by its owner while we make the child */
	SIGNAL_BATCH = 64,      /* pidfds held open at a time */
	REMOVE_PAUSE_MS = 50,   /* the longest between two attempts */
	REMOVE_LIMIT_MS = 1000, /* of one attempt, should somebody go on making children */
};

/* An extended attribute of parents that kist made. */
static const char parent_mark[] = "user.kist.parent";

long long tree_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void tree_sleep_ms(unsigned ms)
{
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	nanosleep(&pause, NULL);
}

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

/* Is this what mountinfo said, or does something else cover it? */
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

/* A path relative to the mount. */
static const char *relative(const char *path)
{
	return path[1] ? path + 1 : ".";
}

static int open_beneath(int directory, const char *path)
{
	return sys_openat2(directory, path, O_PATH | O_DIRECTORY, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

/* Room for a path of the host: a mount and what is below it. */
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
	/* Missing, or covered: nobody may take the one for the other. */
	mount = open_verified(hierarchy, "/", &of_mount);
	if (mount < 0)
		*err = of_mount;
	return -err->code;
}

/* What the kernel means. */
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

/* Of a parent, for its attributes. */
static int open_parent(int mount, const char *path)
{
	return sys_openat2(mount, relative(path), O_RDONLY | O_DIRECTORY, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

/* Where the kernel takes no mark, the parent stays when its last child goes. */
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

/* The parents only; one that somebody removes meanwhile is the next attempt's. */
static int make_parents(int mount, const char *path)
{
	struct ancestor ancestor = {.path = path};

	while (ancestor_next(&ancestor))
		if (ancestor.length > 1 && make_parent(mount, ancestor.name) < 0)
			return -1;
	return 0;
}

/* Make what is missing, and open it. */
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

static DIR *list(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

/* The child cgroup that comes after the one with this inode; 0: the first one. */
static bool find_child(int directory, ino_t after, char name[static NAME_MAX + 1])
{
	DIR *stream = list(directory);
	const struct dirent *entry;
	bool found = false;

	while (stream && !found && (entry = readdir(stream))) {
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		if (after == 0) {
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
			found = true;
		}
		if (entry->d_ino == after)
			after = 0;
	}
	if (stream)
		closedir(stream);
	return found;
}

/*
 * A walk through a cgroup and all below it, parents first. It holds one descriptor, however deep
 * the container has nested its cgroups.
 */
struct walk {
	int directory;
	unsigned depth;
};

static int walk_move(struct walk *walk, const char *name)
{
	int directory = openat(walk->directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return -1;
	close(walk->directory);
	walk->directory = directory;
	return 0;
}

/* Down into the child after this one, if there is one. */
static bool walk_down(struct walk *walk, ino_t after)
{
	char name[NAME_MAX + 1];

	if (!find_child(walk->directory, after, name) || walk_move(walk, name) < 0)
		return false;
	walk->depth++;
	return true;
}

static bool walk_next(struct walk *walk)
{
	struct stat stat;

	if (walk_down(walk, 0))
		return true;
	while (walk->depth > 0) {
		if (fstat(walk->directory, &stat) < 0 || walk_move(walk, "..") < 0)
			return false;
		walk->depth--;
		if (walk_down(walk, stat.st_ino))
			return true;
	}
	return false;
}

static struct walk walk_begin(int directory)
{
	return (struct walk){.directory = openat(directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

static void walk_end(const struct walk *walk)
{
	cleanup_close(&walk->directory);
}

bool tree_occupied(int directory)
{
	_close_ int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 1;
}

bool tree_populated(int directory)
{
	struct walk walk = walk_begin(directory);
	bool populated;

	do
		populated = tree_occupied(walk.directory);
	while (!populated && walk_next(&walk));
	walk_end(&walk);
	return populated;
}

static FILE *open_processes(int directory)
{
	int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *processes = fd < 0 ? NULL : fdopen(fd, "r");

	if (!processes && fd >= 0)
		close(fd);
	return processes;
}

/* Processes about to be signalled. */
struct batch {
	size_t count;
	struct {
		int pid, pidfd;
		bool listed;
	} at[SIGNAL_BATCH];
};

/*
 * Between reading a pid and opening a pidfd of it, the process may end and another get its number.
 * One that is still listed once its pidfd is open is the right one, or has ended by now.
 */
static void confirm_batch(struct batch *batch, int directory)
{
	FILE *processes _fclose_ = open_processes(directory);
	int pid;

	while (processes && fscanf(processes, "%d", &pid) == 1)
		for (size_t i = 0; i < batch->count; i++)
			if (batch->at[i].pid == pid)
				batch->at[i].listed = true;
}

static void send_batch(struct batch *batch, int directory, int signal)
{
	confirm_batch(batch, directory);
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->at[i].listed)
			sys_pidfd_send_signal(batch->at[i].pidfd, signal);
		close(batch->at[i].pidfd);
	}
	batch->count = 0;
}

/* 0 stands for a process that cannot be seen from this pid namespace. */
static void add_to_batch(struct batch *batch, int pid)
{
	int pidfd = pid > 0 ? sys_pidfd_open(pid, 0) : -1;

	if (pidfd < 0)
		return;
	batch->at[batch->count].pid = pid;
	batch->at[batch->count].pidfd = pidfd;
	batch->at[batch->count].listed = false;
	batch->count++;
}

static unsigned signal_directory(int directory, int signal)
{
	FILE *processes _fclose_ = open_processes(directory);
	struct batch batch = {0};
	unsigned found = 0;
	int pid;

	while (processes && fscanf(processes, "%d", &pid) == 1) {
		found++;
		add_to_batch(&batch, pid);
		if (batch.count == SIGNAL_BATCH)
			send_batch(&batch, directory, signal);
	}
	if (batch.count > 0)
		send_batch(&batch, directory, signal);
	return found;
}

unsigned tree_signal(int directory, int signal)
{
	struct walk walk = walk_begin(directory);
	unsigned found = 0;

	do
		found += signal_directory(walk.directory, signal);
	while (walk_next(&walk));
	walk_end(&walk);
	return found;
}

void tree_write(int directory, const char *file, const char *text)
{
	struct walk walk = walk_begin(directory);
	long long deadline_ms = tree_now_ms() + REMOVE_LIMIT_MS;
	struct error ignored;

	do
		io_write_file(walk.directory, file, text, &ignored);
	while (tree_now_ms() < deadline_ms && walk_next(&walk));
	walk_end(&walk);
}

/* Remove the child, or go down to what is in its way. */
static int remove_child(struct walk *walk, const char *name)
{
	char below[NAME_MAX + 1];

	if (unlinkat(walk->directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY || walk_move(walk, name) < 0)
		return -1;
	walk->depth++;
	errno = EBUSY;
	return find_child(walk->directory, 0, below) ? 0 : -1;
}

/* Everything below a cgroup, the deepest first. */
static int remove_below(int directory)
{
	struct walk walk = walk_begin(directory);
	long long deadline_ms = tree_now_ms() + REMOVE_LIMIT_MS;
	char name[NAME_MAX + 1];
	int result = 0;

	while (result == 0) {
		if (find_child(walk.directory, 0, name))
			result = remove_child(&walk, name);
		else if (walk.depth == 0)
			break;
		else if ((result = walk_move(&walk, "..")) == 0)
			walk.depth--;
		if (tree_now_ms() > deadline_ms) {
			errno = EBUSY;
			result = -1;
		}
	}
	walk_end(&walk);
	return result;
}

/* One attempt. A read-only mount says so even for what does not exist. */
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
	if (remove_below(directory) < 0)
		return -1;
	return unlinkat(mount, relative(path), AT_REMOVEDIR) < 0 && errno != ENOENT ? -1 : 0;
}

/* Is it gone? One in use stays, and so does somebody else's. */
static bool remove_parent(int mount, const char *path)
{
	_close_ int parent = open_parent(mount, path);

	if (parent < 0)
		return errno == ENOENT;
	return fgetxattr(parent, parent_mark, NULL, 0) >= 0 &&
	       unlinkat(mount, relative(path), AT_REMOVEDIR) == 0;
}

/* From the lowest up. */
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
	long long deadline_ms = tree_now_ms() + patience_ms;
	unsigned pause_ms = 1;

	if (mount < 0)
		return mount;
	while (remove_once(mount, path) < 0) {
		if (errno != EBUSY)
			return error_errno(err, "%s%s: rmdir", hierarchy->mount, path);
		if (tree_now_ms() >= deadline_ms)
			return error_set(err, EBUSY, "container's cgroup is not empty: %s%s",
					 hierarchy->mount, path);
		tree_sleep_ms(pause_ms);
		pause_ms = pause_ms * 2 < REMOVE_PAUSE_MS ? pause_ms * 2 : REMOVE_PAUSE_MS;
	}
	remove_parents(mount, path);
	return 0;
}

int tree_hold(int directory, const char *file, struct cgroup_handles *handles, struct error *err)
{
	int entrance = openat(directory, file, O_WRONLY | O_CLOEXEC);

	if (entrance < 0)
		return error_errno(err, "%s", file);
	handles->tasks[handles->count++] = entrance;
	return 0;
}

int tree_enter(struct cgroup_handles *handles, struct error *err)
{
	for (size_t i = 0; i < handles->count; i++)
		if (write(handles->tasks[i], "0", 1) < 0)
			return error_errno(err, "entering%s",
					   errno == ENOSPC ? " (cpuset.cpus or cpuset.mems of a "
							     "parent is empty)"
							   : "");
	return 0;
}
