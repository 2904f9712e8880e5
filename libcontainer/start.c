/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/start.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libcontainer/process/sync.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

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

int start_connect(int directory, struct error *err)
{
	struct sockaddr_un address = start_address(directory);
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_errno(err, "socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, "connect");
	return take(&fd);
}

int start_step_wait(struct creation *creation, struct error *err)
{
	/* For the creator this is the end: the container is created. */
	close(take(&creation->sync));
	for (;;) {
		_close_ int connection = accept4(creation->start, NULL, NULL, SOCK_CLOEXEC);

		if (connection < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (connection < 0)
			return error_errno(err, "accept");
		/* `state` connects and leaves without a word. */
		if (sync_receive(connection, -1, NULL, err) != SYNC_GO)
			continue;
		creation->sync = take(&connection);
		/* Whoever else tries to start is refused from now on. */
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
static int start_init(const struct record *record, int pidfd, struct error *err)
{
	_close_ int connection = start_connect(record->directory, err);
	int word;

	if (connection < 0)
		return -err->code;
	if (sync_send(connection, SYNC_GO, err) < 0)
		return -err->code;
	word = sync_receive(connection, pidfd, NULL, err);
	return word == SYNC_CLOSED ? 0
	       : word < 0          ? word
				   : error_set(err, EPROTO, "unexpected word");
}

static int start_opened(const struct container *container, struct error *err)
{
	_close_ int pidfd = -1;
	int status = container_status(container, &pidfd, err);

	if (status < 0)
		return status;
	if (status != STATUS_CREATED)
		return error_not_created((enum status)status, err);
	if (start_init(&container->record, pidfd, err) == 0)
		return 0;
	/* Of two starters one is heard; init closes the door on the other. */
	if (err->code == ECONNRESET || err->code == ECONNREFUSED || err->code == EPIPE)
		return error_not_created(STATUS_RUNNING, err);
	return -err->code;
}

int container_start(const char *root, const char *id, struct error *err)
{
	struct container container;
	int result;

	if (container_open(root, id, &container, err) < 0)
		return -err->code;
	result = start_opened(&container, err);
	container_close(&container);
	return result;
}
