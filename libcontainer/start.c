/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libcontainer/create.h"
#include "libcontainer/log.h"
#include "libcontainer/open_container.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/seccomp/agent.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

enum {
	ENDING_MS =
		100, /* longer than an init that is killed takes to its end, once its descriptors are
			    closed */
	CALLERS_MAX = 8, /* that are heard at once */
};

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

int start_ask_namespaces(int directory, int init, const int *cancel, int *at, struct error *err)
{
	_close_ int connection = start_connect(directory, err);

	if (connection < 0 || sync_send(connection, SYNC_JOIN, err) < 0)
		return -err->code;
	return namespaces_receive(connection, init, cancel, at, err);
}

/* A filter that is in force already may forbid the answer, and might kill for it. */
static void answer(const struct creation *creation, int connection, int word)
{
	struct error ignored;

	if (word == SYNC_JOIN && !seccomp_early(creation->plan))
		namespaces_send(connection, &ignored);
}

/* Who has come in and said nothing yet: one may be stopped, and must not keep others waiting. */
struct callers {
	struct pollfd fds[1 + CALLERS_MAX]; /* the start socket, and those */
	nfds_t count;                       /* with the start socket */
};

static int let_in(struct callers *callers, int start, struct error *err)
{
	int connection = accept4(start, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (connection >= 0)
		callers->fds[callers->count++] =
			(struct pollfd){.fd = connection, .events = POLLIN};
	else if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN)
		return error_errno(err, "accept");
	return 0;
}

static void show_out(struct callers *callers, nfds_t at)
{
	close(callers->fds[at].fd);
	callers->fds[at] = callers->fds[--callers->count];
}

/* `state` comes in and leaves without a word. Return: who said GO, or -1 */
static int hear(const struct creation *creation, struct callers *callers)
{
	struct error ignored;

	for (nfds_t i = callers->count - 1; i > 0; i--) {
		int connection = callers->fds[i].fd, word;

		if (!callers->fds[i].revents)
			continue;
		word = sync_receive(connection, -1, NULL, &ignored);
		if (word == SYNC_GO) {
			callers->fds[i] = callers->fds[--callers->count];
			return connection;
		}
		answer(creation, connection, word);
		show_out(callers, i);
	}
	return -1;
}

/* Until somebody says GO. */
static int receive_callers(const struct creation *creation, struct callers *callers,
			   struct error *err)
{
	int connection = -1;

	while (connection < 0) {
		callers->fds[0] = (struct pollfd){
			.fd = callers->count <= CALLERS_MAX ? creation->start : -1,
			.events = POLLIN,
		};
		if (poll(callers->fds, callers->count, -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_errno(err, "poll");
		}
		connection = hear(creation, callers);
		if (connection < 0 && callers->fds[0].revents &&
		    let_in(callers, creation->start, err) < 0)
			return -err->code;
	}
	return connection;
}

int start_step_wait(struct creation *creation, struct error *err)
{
	struct callers callers = {.count = 1};
	int connection;

	/* For the creator this is the end: the container is created. */
	close(take(&creation->sync));
	log_end();
	connection = receive_callers(creation, &callers, err);
	if (connection < 0)
		return connection;
	while (callers.count > 1)
		show_out(&callers, callers.count - 1);
	fcntl(connection, F_SETFL, 0);
	creation->sync = connection;
	/* Whoever else tries to start is refused from now on. Hooks still see a container that is
	 * created: then it is execve that closes the door. */
	if (!hooks_start_container_planned(creation->plan))
		close(take(&creation->start));
	return 0;
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

static int check_created(const struct container *container, struct container_process *process,
			 struct error *err)
{
	int status = container_status(container, &process->pidfd, err);

	if (status < 0)
		return status;
	/* Or it was killed, and its door is closed already. */
	if (status == STATUS_RUNNING)
		return error_not_heard(process->pidfd, err);
	if (status != STATUS_CREATED)
		return error_not_created((enum status)status, err);
	process->pid = container->record.pid;
	return 0;
}

/* Nobody removes it for being only created, meanwhile. What cannot be read is found out before anything
 * runs. */
static int start_locked(struct container *container, struct container_process *process,
			struct wishes *wishes, struct error *err)
{
	_close_ int lock = container_share(&container->record, err);

	if (lock < 0)
		return lock;
	if (check_created(container, process, err) < 0 || read_wishes(container, wishes, err) < 0)
		return -err->code;
	return start_once(&container->record, process, wishes->agent.path ? &wishes->agent : NULL,
			  err);
}

/* runtime.md, Lifecycle, steps 7 to 9. */
static int start_opened(struct container *container, struct container_process *process,
			struct error *err)
{
	const struct record *record = &container->record;
	struct wishes wishes = {0};
	int result = start_locked(container, process, &wishes, err);

	if (result == 0 && record->poststart)
		result = hooks_run(record, HOOK_POSTSTART, &wishes.poststart, &container->arena,
				   err);
	/* Stop the container, and go on with step 12, undoing what create did. */
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
