/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/start.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libcontainer/create.h"
#include "libcontainer/log.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/seccomp/agent.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* Longer than an init that is killed takes to its end, once its descriptors are closed. */
enum { ENDING_MS = 100 };

bool start_planned(const struct plan *plan)
{
	return plan->waits_for_start;
}

/* A socket's path has room for 107 bytes, <root>/<id> may be longer: go through the open directory.
 */
static struct sockaddr_un start_address(int directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/start", directory);
	return address;
}

int start_step_listen(struct creation *creation, struct error *err)
{
	struct sockaddr_un address = start_address(creation->record.directory);
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_errno(err, "socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, "bind");
	if (listen(fd, 16) < 0)
		return error_errno(err, "listen");
	creation->start = take(&fd);
	return 0;
}

static int connect_to(int directory, int flags, struct error *err)
{
	struct sockaddr_un address = start_address(directory);
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		return error_errno(err, "socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, "connect");
	return take(&fd);
}

int start_connect(int directory, struct error *err)
{
	return connect_to(directory, 0, err);
}

/* While init runs hooks nobody accepts, and who only asks must not wait for that. */
bool start_is_awaited(int directory)
{
	struct error err;
	_close_ int connection = connect_to(directory, SOCK_NONBLOCK, &err);

	return connection >= 0 || connection == -EAGAIN;
}

int start_ask_namespaces(int directory, int init, int *at, struct error *err)
{
	_close_ int connection = start_connect(directory, err);

	if (connection < 0 || sync_send(connection, SYNC_JOIN, err) < 0)
		return -err->code;
	return namespaces_receive(connection, init, at, err);
}

/* A filter that is in force already may forbid the answer, and might kill for it. */
static void answer(const struct creation *creation, int connection, int word)
{
	struct error ignored;

	if (word == SYNC_JOIN && !seccomp_early(creation->plan))
		namespaces_send(connection, &ignored);
}

int start_step_wait(struct creation *creation, struct error *err)
{
	/* For the creator this is the end: the container is created. */
	close(take(&creation->sync));
	for (;;) {
		_close_ int connection = accept4(creation->start, NULL, NULL, SOCK_CLOEXEC);
		int word;

		if (connection < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (connection < 0)
			return error_errno(err, "accept");
		word = sync_receive(connection, -1, NULL, err);
		answer(creation, connection, word);
		/* `state` connects and leaves without a word. */
		if (word != SYNC_GO)
			continue;
		creation->sync = take(&connection);
		/* Whoever else tries to start is refused from now on. Hooks still see a container
		 * that is created: then it is execve that closes the door. */
		if (!hooks_start_container_planned(creation->plan))
			close(take(&creation->start));
		return 0;
	}
}

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

/* Say GO and hear what comes of it. */
static int start_init(const struct record *record, struct container_process *process,
		      const struct seccomp_agent *agent, struct error *err)
{
	_close_ int connection = start_connect(record->directory, err);

	if (connection == -ENOENT)
		return record_error_gone(record->id, err);
	if (connection < 0)
		return -err->code;
	if (sync_send(connection, SYNC_GO, err) < 0)
		return -err->code;
	return sync_receive_end(connection, process->pidfd, agent, record->startContainer,
				&process->notify, err);
}

/* Init closed the door: on its way to the program, as another one has said, or to its end. */
static int error_not_heard(int pidfd, struct error *err)
{
	bool ended = clone_has_ended(pidfd, ENDING_MS);

	return error_not_created(ended ? STATUS_STOPPED : STATUS_RUNNING, err);
}

/* Of two starters one is heard. */
static int start_once(const struct record *record, struct container_process *process,
		      const struct seccomp_agent *agent, struct error *err)
{
	if (start_init(record, process, agent, err) == 0)
		return 0;
	if (err->code == ECONNRESET || err->code == ECONNREFUSED || err->code == EPIPE)
		return error_not_heard(process->pidfd, err);
	return -err->code;
}

/* What of the configuration matters when the container is started. */
struct wishes {
	struct hook_programs poststart;
	struct seccomp_agent agent; /* path is NULL: none */
};

static int read_wishes(struct container *container, struct wishes *wishes, struct error *err)
{
	const struct record *record = &container->record;
	struct arena *arena = &container->arena;
	const struct config *config;

	if (!record->listener && !record->poststart)
		return 0;
	if (record_read_config(record, arena, &config, err) < 0)
		return -err->code;
	if (record->listener)
		wishes->agent = seccomp_agent_describe(config->linux->seccomp, record,
						       STATUS_CREATED, record->pid, arena);
	if (record->poststart)
		wishes->poststart = hooks_prepare(record, config, HOOK_POSTSTART, arena);
	return 0;
}

/* runtime.md, Lifecycle, steps 7 to 9. What cannot be read is found out before anything runs. */
static int start_with_hooks(struct container *container, struct container_process *process,
			    struct error *err)
{
	const struct record *record = &container->record;
	struct wishes wishes = {0};

	if (read_wishes(container, &wishes, err) < 0 ||
	    start_once(record, process, wishes.agent.path ? &wishes.agent : NULL, err) < 0)
		return -err->code;
	if (!record->poststart)
		return 0;
	return hooks_run(record, HOOK_POSTSTART, &wishes.poststart, &container->arena, err);
}

static int start_opened(struct container *container, struct container_process *process,
			struct error *err)
{
	int result = container_status(container, &process->pidfd, err);

	if (result < 0)
		return result;
	/* Or it was killed, and its door is closed already. */
	if (result == STATUS_RUNNING)
		return error_not_heard(process->pidfd, err);
	if (result != STATUS_CREATED)
		return error_not_created((enum status)result, err);
	process->pid = container->record.pid;
	result = start_with_hooks(container, process, err);
	/* Stop the container, and go on with step 12, undoing what create did. */
	if (result == -HOOK_FAILED)
		create_take_back(&container->record);
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
