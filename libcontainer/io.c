/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "spec/cleanup.h"

enum { PEER_WAIT_S = 10, PEER_PAUSE_MS = 10, LOCK_PAUSE_MS = 10 };

/* Write everything, however often the kernel takes only a part. */
static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		size -= (size_t)written;
	}
	return 0;
}

int *io_no_descriptors(struct arena *arena, size_t count)
{
	int *descriptors = arena_array(arena, count, sizeof *descriptors);

	for (size_t i = 0; i < count; i++)
		descriptors[i] = -1;
	return descriptors;
}

int io_write_file(int directory, const char *name, const char *text, struct error *err)
{
	_close_ int fd = openat(directory, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t size = strlen(text);
	ssize_t written;

	if (fd < 0)
		return error_errno(err, "%s", name);
	written = write(fd, text, size);
	if (written < 0)
		return error_errno(err, "%s: write \"%s\"", name, text);
	if ((size_t)written != size)
		return error_set(err, EIO, "%s: write \"%s\": only %zd bytes were taken", name,
				 text, written);
	return 0;
}

ssize_t io_read_file(int directory, const char *name, char *buffer, size_t size, struct error *err)
{
	_close_ int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t used = 0;

	if (fd < 0)
		return error_errno(err, "%s", name);
	while (used < size - 1) {
		ssize_t got = read(fd, buffer + used, size - 1 - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, "%s: read", name);
		if (got == 0)
			break;
		used += (size_t)got;
	}
	buffer[used] = '\0';
	return (ssize_t)used;
}

int io_create_file(int directory, const char *name, mode_t mode, const void *data, size_t size,
		   struct error *err)
{
	_close_ int fd =
		openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return error_errno(err, "%s: create", name);
	if (write_all(fd, data, size) < 0) {
		error_errno(err, "%s: write", name);
		unlinkat(directory, name, 0);
		return -err->code;
	}
	return 0;
}

int io_replace_file(int directory, const char *name, mode_t mode, const void *data, size_t size,
		    struct error *err)
{
	char temporary[NAME_MAX + 1];

	/* This has room for the longest name, and for the dot and the suffix that mark it as
	 * temporary. */
	snprintf(temporary, sizeof temporary, ".%.240s.new", name);
	/* A file that a killed predecessor left must not be in the way. */
	if (unlinkat(directory, temporary, 0) < 0 && errno != ENOENT)
		return error_errno(err, "%s: remove", temporary);
	if (io_create_file(directory, temporary, mode, data, size, err) < 0)
		return -err->code;
	if (renameat(directory, temporary, directory, name) < 0) {
		error_errno(err, "%s: rename", name);
		unlinkat(directory, temporary, 0);
		return -err->code;
	}
	return 0;
}

int io_lock(int fd, int operation, int wait_ms, struct error *err)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};

	for (int waited_ms = 0; flock(fd, operation | LOCK_NB) < 0; waited_ms += LOCK_PAUSE_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(err, "flock");
		if (waited_ms >= wait_ms)
			return error_set(err, EBUSY, "another program keeps it locked");
		nanosleep(&pause, NULL);
	}
	return 0;
}

int io_check_socket(const char *path, const char *option, struct error *err)
{
	struct sockaddr_un *address = NULL;

	if (strlen(path) < sizeof address->sun_path)
		return 0;
	return error_set(err, ENAMETOOLONG, "%s: %s: longer than %zu bytes", option, path,
			 sizeof address->sun_path - 1);
}

/* poll(2) does not tell when a full queue of connections has room again, so connect is tried again
 * and again. */
static int connect_in_time(int connection, const struct sockaddr_un *address, const int *cancel,
			   struct error *err)
{
	struct pollfd cancelled = {.fd = cancel ? *cancel : -1, .events = POLLIN};

	for (int waited_ms = 0;
	     connect(connection, (const struct sockaddr *)address, sizeof *address) < 0;
	     waited_ms += PEER_PAUSE_MS) {
		if (errno != EAGAIN && errno != EINTR)
			return error_errno(err, "connect");
		if (waited_ms >= PEER_WAIT_S * 1000)
			return error_set(err, ETIMEDOUT, "connect: nobody accepted within %d s",
					 PEER_WAIT_S);
		if (poll(&cancelled, 1, PEER_PAUSE_MS) > 0)
			return error_set(err, ECANCELED, "connect: interrupted");
	}
	return 0;
}

/* A peer that does not read must not keep kist waiting for ever. */
static int limit_sending(int connection, struct error *err)
{
	const struct timeval limit = {.tv_sec = PEER_WAIT_S};

	if (fcntl(connection, F_SETFL, 0) < 0)
		return error_errno(err, "fcntl(F_SETFL)");
	if (setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0)
		return error_errno(err, "setsockopt");
	return 0;
}

int io_connect(const char *path, const int *cancel, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_close_ int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (connection < 0)
		return error_errno(err, "socket");
	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	if (connect_in_time(connection, &address, cancel, err) < 0)
		return error_wrap(err, "%s", path);
	if (limit_sending(connection, err) < 0)
		return -err->code;
	return take(&connection);
}

/* Room for descriptors, aligned as the kernel wants it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(IO_DESCRIPTORS_MAX * sizeof(int))];
};

int io_send_descriptors(int socket, const void *data, size_t size, const int *descriptors,
			size_t count, struct error *err)
{
	struct iovec part = {.iov_base = (void *)data, .iov_len = size};
	union control control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof *descriptors);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof *descriptors);
		memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof *descriptors);
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return error_errno(err, "sendmsg");
	return 0;
}

ssize_t io_receive_descriptors(int socket, void *data, size_t size, int *descriptors, size_t room,
			       size_t *count, struct error *err)
{
	struct iovec part = {.iov_base = data, .iov_len = size};
	union control control = {0};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		/* CMSG_LEN and not CMSG_SPACE: with the alignment there could be room for one more
		 * descriptor. */
		.msg_controllen = CMSG_LEN(room * sizeof *descriptors),
	};
	struct cmsghdr *header;
	ssize_t got;

	while ((got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0)
		if (errno != EINTR)
			return error_errno(err, "recvmsg");
	*count = 0;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		*count = (header->cmsg_len - CMSG_LEN(0)) / sizeof *descriptors;
		memcpy(descriptors, CMSG_DATA(header), *count * sizeof *descriptors);
	}
	return got;
}

int io_send_descriptor(int socket, const void *data, size_t size, int descriptor, struct error *err)
{
	return io_send_descriptors(socket, data, size, &descriptor, descriptor >= 0, err);
}

int io_give_descriptor(int connection, const void *data, size_t size, int descriptor,
		       struct error *err)
{
	if (io_send_descriptor(connection, data, size, descriptor, err) == 0)
		return 0;
	if (err->code == EAGAIN)
		return error_set(err, ETIMEDOUT, "nobody read within %d s", PEER_WAIT_S);
	if (err->code == EPIPE || err->code == ECONNRESET)
		return error_set(err, ECONNABORTED, "the other side has closed the connection");
	return -err->code;
}

ssize_t io_receive_descriptor(int socket, void *data, size_t size, int *descriptor,
			      struct error *err)
{
	_close_ int received = -1;
	size_t count;
	ssize_t got = io_receive_descriptors(socket, data, size, &received, 1, &count, err);

	if (got >= 0 && descriptor)
		*descriptor = take(&received);
	return got;
}
