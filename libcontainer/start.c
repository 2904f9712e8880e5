/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a created container (runtime.md, Start): say GO on its start socket, and report what
 * comes of it. poststart hooks run when the program has been executed.
 */
#include <errno.h>

#include "libcontainer/create.h"
#include "libcontainer/enter.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/start_socket.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/seccomp/agent.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

#include "libcontainer/container.h"

/* An init that is killed closes its descriptors first; it takes less time than this from there to
 * its end. */
enum { ENDING_MS = 100 };

static int error_not_created(enum status status, struct error *err)
{
	static const char *const texts[] = {
		[STATUS_CREATING] = "cannot start a container that is still being created",
		[STATUS_RUNNING] = "cannot start an already running container",
		[STATUS_PAUSED] = "cannot start an already running container, which is paused",
		[STATUS_STOPPED] = "cannot start a container that has stopped",
	};

	return error_set(err, EINVAL, "%s", texts[status]);
}

/* Say GO, and receive the words that init says afterwards (process/sync.h). */
static int start_init(const struct record *record, struct container_process *process,
		      const struct seccomp_agent *agent, struct error *err)
{
	_close_ int connection = start_socket_connect(record->directory, err);

	if (connection == -ENOENT)
		return record_error_gone(record->id, err);
	if (connection < 0)
		return -err->code;
	if (sync_send(connection, SYNC_GO, err) < 0)
		return -err->code;
	return sync_receive_end(connection, process->pidfd, agent, record->startContainer,
				&process->notify, err);
}

/* The error when init does not listen any more: another process has started it, and it is on its
 * way to the program; or it has ended. */
static int error_refused(int pidfd, struct error *err)
{
	bool ended = clone_has_ended(pidfd, ENDING_MS);

	return error_not_created(ended ? STATUS_STOPPED : STATUS_RUNNING, err);
}

/* When several processes start one container at once, init takes the GO of one of them, and closes
 * the connections of the others. */
static int start_once(const struct record *record, struct container_process *process,
		      const struct seccomp_agent *agent, struct error *err)
{
	if (start_init(record, process, agent, err) == 0)
		return 0;
	if (err->code == ECONNRESET || err->code == ECONNREFUSED || err->code == EPIPE)
		return error_refused(process->pidfd, err);
	return -err->code;
}

/* The part of the configuration that matters when the container is started. */
struct start_config {
	struct hook_programs poststart;
	struct seccomp_agent agent; /* path is NULL: none */
};

static int read_start_config(struct container *container, struct start_config *start,
			     struct error *err)
{
	const struct record *record = &container->record;
	struct arena *arena = &container->arena;
	const struct config *config;

	if (!record->listener && !record->poststart)
		return 0;
	if (record_read_config(record, arena, &config, err) < 0)
		return -err->code;
	if (record->listener)
		start->agent = seccomp_agent_describe(config->linux->seccomp, record,
						      STATUS_CREATED, record->pid, arena);
	if (record->poststart)
		start->poststart = hooks_prepare(record, config, HOOK_POSTSTART, arena);
	return 0;
}

static int refuse(const struct container *container, struct error *err)
{
	/* Init may have been killed: then its socket is closed already, which looks like that of a
	 * running container. */
	return container->status == STATUS_RUNNING ? error_refused(container->init, err)
						   : error_not_created(container->status, err);
}

static const struct verb verb_start = {
	.doing = "start",
	.statuses = ENTER_IN(STATUS_CREATED),
	.refuse = refuse,
};

/* Start under the lock, so that no other process removes the container, which it may do with one
 * that is only created. The configuration is read first, so that one that cannot be read fails
 * before anything runs. */
static int start_locked(struct container *container, struct container_process *process,
			struct start_config *start, struct error *err)
{
	_close_ int lock = container_share(&container->record, err);

	if (lock < 0)
		return lock;
	if (enter_check(container, &verb_start, err) < 0 ||
	    read_start_config(container, start, err) < 0)
		return -err->code;
	process->pid = container->record.pid;
	process->pidfd = take(&container->init);
	return start_once(&container->record, process, start->agent.path ? &start->agent : NULL,
			  err);
}

/* These are steps 7 to 9 of runtime.md, Lifecycle. */
static int start_opened(struct container *container, struct container_process *process,
			struct error *err)
{
	const struct record *record = &container->record;
	struct start_config start = {0};
	int result = start_locked(container, process, &start, err);

	if (result == 0 && record->poststart)
		result =
			hooks_run(record, HOOK_POSTSTART, &start.poststart, &container->arena, err);
	/* The specification says to stop the container, and to go on with step 12, which undoes
	 * what create did. */
	if (result == -HOOK_FAILED)
		create_take_back(record);
	return result;
}

static void release(const struct container_process *process)
{
	cleanup_close(&process->pidfd);
	cleanup_close(&process->notify);
}

int container_start_process(const char *root, const char *id, struct container_process *process,
			    struct error *err)
{
	struct container_process started = {.pidfd = -1, .terminal = -1, .notify = -1};
	struct container container;
	int result;

	if (container_open(root, id, &container, err) < 0)
		return -err->code;
	result = start_opened(&container, &started, err);
	container_close(&container);
	if (result < 0)
		release(&started);
	else
		*process = started;
	return result;
}

int container_start(const char *root, const char *id, struct error *err)
{
	struct container_process process;

	if (container_start_process(root, id, &process, err) < 0)
		return -err->code;
	release(&process);
	return 0;
}
