/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/start_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libcontainer/log.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The most connections on which init listens at once. */
enum { CALLERS_MAX = 8 };

static bool socket_planned(const struct plan *plan)
{
	return plan->waits_for_start;
}

/* A socket's path has room for 107 bytes, and <root>/<id> may be longer, so the address goes
 * through the open directory. */
static struct sockaddr_un address_of(int directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/start", directory);
	return address;
}

static int step_listen(struct creation *creation, struct error *err)
{
	struct sockaddr_un address = address_of(creation->record.directory);
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

/* The host side closes its descriptor: init alone holds the socket, for as long as it waits. */
static void finish(struct creation *creation)
{
	cleanup_close(&creation->start);
}

const struct step start_socket_listen = {
	"start socket",
	.run = step_listen,
	.when = socket_planned,
	.finish = finish,
};

static int connect_to(int directory, int flags, struct error *err)
{
	struct sockaddr_un address = address_of(directory);
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		return error_errno(err, "socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, "connect");
	return take(&fd);
}

int start_socket_connect(int directory, struct error *err)
{
	return connect_to(directory, 0, err);
}

/* The connection does not block: init accepts nobody while it runs hooks, and a caller that only
 * asks must not wait for that. */
bool start_socket_is_awaited(int directory)
{
	struct error err;
	_close_ int connection = connect_to(directory, SOCK_NONBLOCK, &err);

	return connection >= 0 || connection == -EAGAIN;
}

int start_socket_ask_namespaces(int directory, int init, const int *cancel, int *at,
				struct error *err)
{
	_close_ int connection = start_socket_connect(directory, err);

	if (connection < 0 || sync_send(connection, SYNC_JOIN, err) < 0)
		return -err->code;
	return namespaces_receive(connection, init, cancel, at, err);
}

/* No answer is given under a filter, which may forbid the answer and might kill init for it. */
static void answer_caller(const struct creation *creation, int connection, int word)
{
	struct error ignored;

	if (word == SYNC_JOIN && !creation->plan->seccomp.early)
		namespaces_send(connection, &ignored);
}

/* Connections that were accepted and on which nothing was said yet. They are all listened to, since
 * a caller that is stopped must not keep the others waiting. */
struct callers {
	struct pollfd fds[1 + CALLERS_MAX]; /* the start socket, and the connections */
	nfds_t count;                       /* including the start socket */
};

static int accept_caller(struct callers *callers, int start, struct error *err)
{
	int connection = accept4(start, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (connection >= 0)
		callers->fds[callers->count++] =
			(struct pollfd){.fd = connection, .events = POLLIN};
	else if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN)
		return error_errno(err, "accept");
	return 0;
}

static void close_caller(struct callers *callers, nfds_t at)
{
	close(callers->fds[at].fd);
	callers->fds[at] = callers->fds[--callers->count];
}

/* Receive what each caller says, and act on it; `state` connects and closes without a word. Return:
 * the connection on which GO was said, or -1 */
static int dispatch_callers(const struct creation *creation, struct callers *callers)
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
		answer_caller(creation, connection, word);
		close_caller(callers, i);
	}
	return -1;
}

static int wait_for_go(const struct creation *creation, struct callers *callers, struct error *err)
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
		connection = dispatch_callers(creation, callers);
		if (connection < 0 && callers->fds[0].revents &&
		    accept_caller(callers, creation->start, err) < 0)
			return -err->code;
	}
	return connection;
}

static int step_wait(struct creation *creation, struct error *err)
{
	struct callers callers = {.count = 1};
	int connection;

	/* The creator takes the closed socket for the end of its work: the container is created. */
	close(take(&creation->sync));
	log_end();
	connection = wait_for_go(creation, &callers, err);
	if (connection < 0)
		return connection;
	while (callers.count > 1)
		close_caller(&callers, callers.count - 1);
	fcntl(connection, F_SETFL, 0);
	creation->sync = connection;
	/* Close the start socket, so that every other caller of `start` is refused from now on.
	 * While there are startContainer hooks the socket stays open, since they are to see a
	 * container that is created; then execve closes it. */
	if (!creation->plan->hooks.runs[HOOK_START_CONTAINER])
		close(take(&creation->start));
	return 0;
}

const struct step start_socket_wait = {
	"wait for start",
	.run = step_wait,
	.when = socket_planned,
};
