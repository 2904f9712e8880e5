/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/open_container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/directory.h"
#include "libcontainer/io.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/start_socket.h"
#include "libcontainer/rootfs/path.h"
#include "spec/cleanup.h"

/* A container's creator holds a lock on its directory; when the creator dies, the kernel releases
 * the lock. */
static bool creator_lives(int directory)
{
	if (flock(directory, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(directory, LOCK_UN);
	return false;
}

static bool is_removed(int directory)
{
	struct stat status;

	return fstat(directory, &status) == 0 && status.st_nlink == 0;
}

/* Read what the directory of a container says about the container. */
static int read_directory(struct container *container, const char *id, struct error *err)
{
	int directory = container->record.directory, read;

	/* The lock is looked at before the record is read: once the creator has gone, the record
	 * does not change any more. */
	container->creating = creator_lives(directory);
	read = record_read(directory, id, &container->arena, &container->record, err);
	if (read < 0)
		return read;
	container->damaged = read == 0;
	/* Look at the lock again: meanwhile a creator may have begun, or a delete may have
	 * ended. */
	if (container->record.pid == 0)
		container->creating |= creator_lives(directory);
	if (container->damaged && is_removed(directory))
		return record_error_gone(id, err);
	return 0;
}

/* @root: the name of base */
static int open_container(int base, const char *root, const char *id, struct container *container,
			  struct error *err)
{
	int directory = openat(base, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return errno == ENOENT ? record_error_gone(id, err)
				       : error_errno(err, "%s/%s", root, id);
	*container = (struct container){.record.directory = directory, .init = -1};
	if (read_directory(container, id, err) < 0) {
		container_close(container);
		return -err->code;
	}
	container->record.id = arena_strdup(&container->arena, id);
	return 0;
}

int container_open(const char *root, const char *id, struct container *container, struct error *err)
{
	_close_ int base = -1;

	if (directory_check_id(id, err) < 0)
		return -err->code;
	base = directory_open_root(root, err);
	if (base < 0)
		return base == -ENOENT ? record_error_gone(id, err) : base;
	return open_container(base, root, id, container, err);
}

void container_close(struct container *container)
{
	cleanup_close(&container->init);
	cleanup_close(&container->record.directory);
	arena_finish(&container->arena);
}

static enum status live_status(const struct container *container)
{
	if (start_socket_is_awaited(container->record.directory))
		return STATUS_CREATED;
	return cgroup_is_frozen(&container->record.cgroup) ? STATUS_PAUSED : STATUS_RUNNING;
}

int container_status(const struct container *container, int *pidfd, struct error *err)
{
	const struct record *record = &container->record;
	int found;

	*pidfd = -1;
	if (container->creating)
		return STATUS_CREATING;
	if (container->damaged || record->pid == 0)
		return STATUS_STOPPED;
	found = clone_find(record, err);
	if (found == -ESRCH)
		return STATUS_STOPPED;
	if (found < 0)
		return found;
	*pidfd = found;
	return (int)live_status(container);
}

/* Whether one cgroup is the other, or lies below it. */
static bool is_in_cgroup(const struct record_cgroup *one, const struct record_cgroup *other)
{
	return strcmp(one->driver, other->driver) == 0 &&
	       (strcmp(one->path, other->path) == 0 || path_is_below(one->path, other->path));
}

/* A container that is still being created counts as alive: it may soon have a process in the
 * cgroup. */
static bool is_alive_in(const struct record_cgroup *cgroup, const struct container *container)
{
	struct error ignored;
	_close_ int pidfd = -1;

	return !container->damaged && is_in_cgroup(&container->record.cgroup, cgroup) &&
	       container_status(container, &pidfd, &ignored) != STATUS_STOPPED;
}

/* @name: an entry of base, the root directory */
static bool uses_cgroup(const struct record *record, int base, const char *name)
{
	struct container container;
	struct error ignored;
	bool uses;

	if (strcmp(name, record->id) == 0 || directory_check_id(name, &ignored) < 0 ||
	    open_container(base, "..", name, &container, &ignored) < 0)
		return false;
	uses = is_alive_in(&record->cgroup, &container);
	container_close(&container);
	return uses;
}

bool container_shares_cgroup(const struct record *record)
{
	_close_ int base = openat(record->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *directory = base < 0 ? NULL : fdopendir(base);
	const struct dirent *entry;

	if (!directory)
		return false;
	base = -1;
	while ((entry = readdir(directory)))
		if (uses_cgroup(record, dirfd(directory), entry->d_name))
			return true;
	return false;
}

/* A process that holds the lock may run a hook, and that hook may wait for the caller of this
 * function: so the wait for the lock has an end. */
static int lock_configuration(int file, int operation, int wait_ms, const char *id,
			      struct error *err)
{
	if (io_lock(file, operation, wait_ms, err) == 0)
		return 0;
	if (err->code != EBUSY)
		return error_wrap(err, "lock");
	return error_set(err, EBUSY,
			 "container \"%s\" is being started or deleted by another process, which "
			 "may wait for a hook",
			 id);
}

/* The lock on the directory itself is the creator's, so others lock the configuration instead. A
 * half-made container may have no configuration; such a container has no hooks, either. */
static int open_lock(const struct record *record, int operation, int wait_ms, struct error *err)
{
	_close_ int file = openat(record->directory, "config.json",
				  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (file >= 0)
		return lock_configuration(file, operation, wait_ms, record->id, err) < 0
			       ? -err->code
			       : take(&file);
	file = openat(record->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file >= 0)
		return take(&file);
	return errno == ENOENT ? record_error_gone(record->id, err) : error_errno(err, "lock");
}

static int check_lock(int lock, const struct record *record, struct error *err)
{
	struct stat status;

	return fstat(lock, &status) == 0 && status.st_nlink > 0
		       ? 0
		       : record_error_gone(record->id, err);
}

int container_lock(const struct record *record, int wait_ms, struct error *err)
{
	_close_ int lock = open_lock(record, LOCK_EX, wait_ms, err);

	if (lock < 0)
		return lock;
	/* A creator that has just begun either has the lock on the directory already, or will find
	 * its directory removed. */
	if (record->pid == 0 && flock(record->directory, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, EAGAIN, "container \"%s\" is being created by a live process",
				 record->id);
	return check_lock(lock, record, err) < 0 ? -err->code : take(&lock);
}

int container_share(const struct record *record, struct error *err)
{
	_close_ int lock = open_lock(record, LOCK_SH, CONTAINER_WAIT_MS, err);

	if (lock < 0)
		return lock;
	return check_lock(lock, record, err) < 0 ? -err->code : take(&lock);
}
