/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing a container (runtime.md, Delete): the undo column of create, from the record.
 */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "libcontainer/compat.h"
#include "libcontainer/create.h"
#include "libcontainer/directory.h"
#include "libcontainer/enter.h"
#include "spec/cleanup.h"
#include "spec/names.h"

#include "libcontainer/container.h"

/* How long to wait for a state that passes by itself, and how often to look. */
enum { CREATOR_WAIT_MS = 2000, HALF_MADE_WAIT_MS = 100, PAUSE_MS = 10 };

static int refuse(const struct container *container, struct error *err)
{
	const char *id = container->record.id;

	if (container->status == STATUS_CREATING)
		return error_set(err, EAGAIN, "container \"%s\" is being created by a live process",
				 id);
	return error_set(err, EBUSY,
			 "cannot delete container \"%s\" that is not stopped: %s; kill it "
			 "first, or use --force",
			 id, words_name(&status_words, container->status));
}

/* Callers expect that a created container can be deleted; one that runs is deleted by force
 * only. */
static const struct verb verb_delete = {
	.doing = "delete",
	.statuses = ENTER_IN(STATUS_STOPPED) | ENTER_IN(STATUS_CREATED),
	.refuse = refuse,
};

static const struct verb verb_delete_by_force = {
	.doing = "delete",
	.statuses = ENTER_ANY & ~ENTER_IN(STATUS_CREATING),
	.refuse = refuse,
};

static int check_deletable(struct container *container, bool force, struct error *err)
{
	if (enter_check(container, force ? &verb_delete_by_force : &verb_delete, err) < 0)
		return -err->code;
	if (container->damaged && !force)
		return error_set(
			err, ESTALE,
			"container \"%s\" was left half-made by a killed create; use --force",
			container->record.id);
	return container->damaged ? directory_check_files(&container->record, err) : 0;
}

/* A hook that hangs keeps `start` waiting, which holds the lock; the hook ends with init. */
static void end_init(const struct container *container)
{
	struct error ignored;
	_close_ int pidfd = -1;
	int status = container_status(container, &pidfd, &ignored);

	if (status != STATUS_CREATING && pidfd >= 0)
		sys_pidfd_send_signal(pidfd, SIGKILL);
}

static int lock_opened(const struct container *container, bool force, struct error *err)
{
	int lock = container_lock(&container->record, 0, err);

	if (lock != -EBUSY)
		return lock;
	if (force)
		end_init(container);
	return container_lock(&container->record, CONTAINER_WAIT_MS, err);
}

/* Where the kernel gives pidfds inodes of their own, the inode tells whose process it is (see
 * clone_identify()). */
static bool is_anothers(const struct record *record, const struct container_process *process)
{
	struct stat status;

	if (!record->pid)
		return false;
	return record->pid != process->pid ||
	       (record->pidfs_inode &&
		(fstat(process->pidfd, &status) < 0 || status.st_ino != record->pidfs_inode));
}

/* Under the lock one delete works at a time, so that poststop hooks run once, and that nothing is
 * touched which another container then has under the same names. The lock also keeps `start` away
 * from a container that is being deleted. */
static int delete_opened(struct container *container, bool force,
			 const struct container_process *process, struct error *err)
{
	_close_ int lock = lock_opened(container, force, err);

	if (lock < 0)
		return lock == -ENOENT && force ? 0 : lock;
	if (process && is_anothers(&container->record, process))
		return 0;
	if (check_deletable(container, force, err) < 0)
		return -err->code;
	return create_undo(&container->record, err);
}

static int delete_once(const char *root, const char *id, bool force,
		       const struct container_process *process, struct error *err)
{
	struct container container;
	int result = container_open(root, id, &container, err);

	if (result < 0)
		return result == -ENOENT && force ? 0 : result;
	result = delete_opened(&container, force, process, err);
	container_close(&container);
	return result;
}

/* How long to try again after an error. A creator that was killed a moment ago may not have let go
 * of its lock yet; and a container that looks half-made may be half removed. */
static int patience_ms(int code, bool force)
{
	if (code == EAGAIN && force)
		return CREATOR_WAIT_MS;
	return code == ESTALE ? HALF_MADE_WAIT_MS : 0;
}

static int delete_patiently(const char *root, const char *id, bool force,
			    const struct container_process *process, struct error *err)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	int result = delete_once(root, id, force, process, err);

	for (int waited_ms = 0; result < 0 && waited_ms < patience_ms(-result, force);
	     waited_ms += PAUSE_MS) {
		nanosleep(&pause, NULL);
		result = delete_once(root, id, force, process, err);
	}
	return result;
}

int container_delete(const char *root, const char *id, bool force, struct error *err)
{
	return delete_patiently(root, id, force, NULL, err);
}

int container_delete_process(const char *root, const char *id,
			     const struct container_process *process, struct error *err)
{
	return delete_patiently(root, id, true, process, err);
}
