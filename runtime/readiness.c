/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/readiness.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "spec/cleanup.h"
#include "spec/error.h"
#include "spec/escape.h"

enum {
	BARRIER_MS = 30000, /* as long as callers of sd_notify_barrier(3) usually wait */
	/* Kist pauses after each message. A container that sends more than the manager should have
	 * to receive has to wait meanwhile, since its socket is full. */
	PAUSE_MS = 10,
	LAST_MESSAGES_MAX = 1024, /* more than the container's socket holds */
	LAST_MESSAGES_MS = 1000,
	DESCRIPTORS_MAX = 253, /* that one message can carry (unix(7)) */
	KEPT_MAX = 64,
};

static const char VARIABLE[] = "NOTIFY_SOCKET";

static const char *manager_name(void)
{
	return getenv(VARIABLE);
}

/* The path of a socket ends in NUL. The name of an abstract socket begins with NUL, in the place of
 * the "@". */
static size_t name_bytes_max(const char *name)
{
	struct sockaddr_un *address = NULL;

	return *name == '@' ? sizeof address->sun_path : sizeof address->sun_path - 1;
}

int readiness_read(struct container_options *container, struct error *err)
{
	const char *name = manager_name();

	if (!name || !*name)
		return 0;
	if ((*name != '/' && *name != '@') || !name[1])
		return error_set(err, EINVAL,
				 "%s: \"%s\" is neither an absolute path nor the name of an "
				 "abstract socket (\"@...\")",
				 VARIABLE, show(name).text);
	if (strlen(name) > name_bytes_max(name))
		return error_set(err, ENAMETOOLONG, "%s: %s: longer than %zu bytes", VARIABLE,
				 show(name).text, name_bytes_max(name));
	container->notify = true;
	return 0;
}

/*
 * Which lines are passed on
 */

static bool is_one(const char *value, size_t length)
{
	return length == 1 && *value == '1';
}

static bool is_number(const char *value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)value[i]))
			return false;
	return length > 0;
}

/* The text is shown to people, on terminals, so it has no control characters. */
static bool is_text(const char *value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)value[i]))
			return false;
	return true;
}

static bool is_watchdog(const char *value, size_t length)
{
	static const char trigger[] = "trigger";

	return is_one(value, length) ||
	       (length == sizeof trigger - 1 && memcmp(value, trigger, length) == 0);
}

/* Each of these lines says something about the container, and asks the manager for nothing but what
 * the container is given anyway. */
static const struct line {
	const char *name;
	bool (*allows)(const char *value, size_t length);
} lines[] = {
	{"READY", is_one},
	{"RELOADING", is_one},
	{"STOPPING", is_one},
	{"STATUS", is_text},
	{"MONOTONIC_USEC", is_number},
	{"EXTEND_TIMEOUT_USEC", is_number},
	{"WATCHDOG", is_watchdog},
};

/* Return: the row of a line that may be passed on; NULL for any other line */
static const struct line *find_line(const char *text, size_t length)
{
	const char *equals = memchr(text, '=', length);
	size_t name = equals ? (size_t)(equals - text) : length;

	for (size_t i = 0; equals && i < sizeof lines / sizeof *lines; i++)
		if (strlen(lines[i].name) == name && memcmp(lines[i].name, text, name) == 0 &&
		    lines[i].allows(equals + 1, length - name - 1))
			return &lines[i];
	return NULL;
}

size_t readiness_filter(const char *received, size_t length, char *kept, bool *ready)
{
	size_t used = 0;

	*ready = false;
	while (length > 0) {
		const char *newline = memchr(received, '\n', length);
		size_t size = newline ? (size_t)(newline - received) : length;
		const struct line *line = find_line(received, size);

		if (line) {
			if (used > 0)
				kept[used++] = '\n';
			memcpy(kept + used, received, size);
			used += size;
			*ready |= line == &lines[0];
		}
		received += size + (newline != NULL);
		length -= size + (newline != NULL);
	}
	return used;
}

/*
 * Receiving from the container
 */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_listening(struct readiness *readiness)
{
	readiness->stage = READINESS_LISTEN;
	readiness->until_ms = now_ms() + PAUSE_MS;
}

/* The last close of a socket waits for the data that is still to be sent, for as long as whoever
 * made the socket likes (SO_LINGER), and that of a file of a filesystem in user space is no better.
 * The kernel does not wait like this when a process ends. So descriptors of the container stay
 * open: kist ends soon after it. Only a pipe is closed, since sd_notify_barrier(3) passes one and
 * waits for that. */
static void close_pipe_or_keep(struct readiness *readiness, int descriptor)
{
	if (fcntl(descriptor, F_GETPIPE_SZ) >= 0)
		close(descriptor);
	else
		readiness->kept++;
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
};

static void receive_descriptors(struct readiness *readiness, struct msghdr *message)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int at[DESCRIPTORS_MAX];

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(at, CMSG_DATA(header), count * sizeof *at);
		for (size_t i = 0; i < count; i++)
			close_pipe_or_keep(readiness, at[i]);
	}
	if (readiness->kept <= KEPT_MAX)
		return;
	container_log(
		CONTAINER_LOG_WARNING,
		"%s: the container passed more than %d descriptors, and is not heard any more",
		VARIABLE, KEPT_MAX);
	/* The container must not wait for somebody to receive its messages either. */
	shutdown(readiness->container, SHUT_RD);
	readiness->container = -1;
}

/* Return: the length of a message in bytes; 0: there is none, or it is too long */
static size_t receive(struct readiness *readiness, char *received, size_t size)
{
	union control control;
	struct iovec part = {.iov_base = received, .iov_len = size};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof control.bytes};
	ssize_t got = recvmsg(readiness->container, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (got < 0)
		return 0;
	receive_descriptors(readiness, &message);
	return message.msg_flags & MSG_TRUNC ? 0 : (size_t)got;
}

/*
 * Sending to the manager
 */

static int connect_manager(void)
{
	const char *name = manager_name();
	size_t length = strlen(name);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, name, length);
	if (*name == '@')
		address.sun_path[0] = '\0';
	else
		length++;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		return -errno;
	return take(&fd);
}

/* What is sent along with a message; nothing when type is 0. */
struct attachment {
	int type; /* SCM_... */
	size_t size;
	const void *data;
};

/* Return: 0, -EAGAIN while the manager has no room, or -errno */
static int send_message(int manager, const char *text, size_t length,
			const struct attachment *attachment)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)text, .iov_len = length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (attachment->type) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(attachment->size);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = attachment->type;
		control.header.cmsg_len = CMSG_LEN(attachment->size);
		memcpy(CMSG_DATA(&control.header), attachment->data, attachment->size);
	}
	return sendmsg(manager, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* Most managers accept messages of the main process alone, which is init once the manager was told
 * so. Root may send in the name of another process; where that fails, kist sends in its own. */
static int send_to_manager(const struct readiness *readiness)
{
	const struct ucred init = {readiness->pid, getuid(), getgid()};
	const struct attachment none = {0}, as_init = {SCM_CREDENTIALS, sizeof init, &init};
	int result = -EPERM;

	if (readiness->main_process_named)
		result = send_message(readiness->manager, readiness->text, readiness->length,
				      &as_init);
	if (result == 0 || result == -EAGAIN)
		return result;
	return send_message(readiness->manager, readiness->text, readiness->length, &none);
}

static void disconnect_manager(struct readiness *readiness)
{
	cleanup_close(&readiness->manager);
	readiness->manager = -1;
	pause_listening(readiness);
}

/* A failure is only a warning: the container runs without its manager, too. */
static void report_failure(struct readiness *readiness, int code)
{
	container_log(CONTAINER_LOG_WARNING, "%s: %s: %s", VARIABLE, manager_name(),
		      error_describe(code));
	readiness->complete |= readiness->ready;
	disconnect_manager(readiness);
}

static bool names_main_process(const struct readiness *readiness)
{
	return readiness->ready && !readiness->main_process_named;
}

/* Connect anew for each message: the manager that listens now may be another one than before. */
static void prepare(struct readiness *readiness, size_t length)
{
	if (names_main_process(readiness))
		length +=
			(size_t)snprintf(readiness->text + length, sizeof readiness->text - length,
					 "\nMAINPID=%d", readiness->pid);
	readiness->length = length;
	readiness->stage = READINESS_SEND;
	readiness->manager = connect_manager();
	if (readiness->manager < 0)
		report_failure(readiness, -readiness->manager);
}

/*
 * The stages
 */

static void listen_step(struct readiness *readiness)
{
	char received[READINESS_MESSAGE_BYTES];
	size_t length = receive(readiness, received, sizeof received);

	pause_listening(readiness);
	length = readiness_filter(received, length, readiness->text, &readiness->ready);
	if (length > 0)
		prepare(readiness, length);
}

static void send_step(struct readiness *readiness)
{
	int result = send_to_manager(readiness);

	if (result == -EAGAIN)
		return;
	if (result < 0) {
		report_failure(readiness, -result);
	} else if (names_main_process(readiness)) {
		readiness->main_process_named = true;
		readiness->stage = READINESS_SEND_BARRIER;
	} else {
		disconnect_manager(readiness);
	}
}

static void send_barrier_step(struct readiness *readiness)
{
	static const char text[] = "BARRIER=1";
	int ends[2], result;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		report_failure(readiness, errno);
		return;
	}
	result = send_message(readiness->manager, text, sizeof text - 1,
			      &(struct attachment){SCM_RIGHTS, sizeof *ends, &ends[1]});
	close(ends[1]);
	if (result < 0) {
		close(ends[0]);
		if (result != -EAGAIN)
			report_failure(readiness, -result);
		return;
	}
	readiness->barrier = ends[0];
	readiness->until_ms = now_ms() + BARRIER_MS;
	readiness->stage = READINESS_AWAIT_BARRIER;
}

static void await_barrier_step(struct readiness *readiness)
{
	close(take(&readiness->barrier));
	readiness->complete = true;
	disconnect_manager(readiness);
}

/*
 * Waiting and stepping
 */

void readiness_begin(struct readiness *readiness, const struct container_process *process)
{
	*readiness = (struct readiness){
		.container = process->notify,
		.pid = process->pid,
		.manager = -1,
		.barrier = -1,
	};
}

/* Return: milliseconds that are left until until_ms; 0: it has come, or is not set */
static int left_ms(const struct readiness *readiness)
{
	int64_t left = readiness->until_ms ? readiness->until_ms - now_ms() : 0;

	return left > 0 ? (int)left : 0;
}

struct pollfd readiness_poll(const struct readiness *readiness)
{
	switch (readiness->stage) {
	case READINESS_AWAIT_BARRIER:
		return (struct pollfd){.fd = readiness->barrier};
	case READINESS_SEND:
	case READINESS_SEND_BARRIER:
		return (struct pollfd){.fd = readiness->manager, .events = POLLOUT};
	default:
		return (struct pollfd){.fd = left_ms(readiness) ? -1 : readiness->container,
				       .events = POLLIN};
	}
}

int readiness_timeout_ms(const struct readiness *readiness)
{
	int left = left_ms(readiness);

	return left == 0 && readiness->stage != READINESS_AWAIT_BARRIER ? -1 : left;
}

void readiness_step(struct readiness *readiness, short revents)
{
	static void (*const steps[])(struct readiness * readiness) = {
		[READINESS_LISTEN] = listen_step,
		[READINESS_SEND] = send_step,
		[READINESS_SEND_BARRIER] = send_barrier_step,
		[READINESS_AWAIT_BARRIER] = await_barrier_step,
	};

	if (revents || readiness_timeout_ms(readiness) == 0)
		steps[readiness->stage](readiness);
}

void readiness_finish(struct readiness *readiness)
{
	int64_t end_ms = now_ms() + LAST_MESSAGES_MS;

	for (int i = 0; i < LAST_MESSAGES_MAX && readiness->stage != READINESS_AWAIT_BARRIER; i++) {
		int64_t left = readiness->stage == READINESS_LISTEN ? 0 : end_ms - now_ms();
		struct pollfd fd;

		readiness->until_ms = 0;
		fd = readiness_poll(readiness);
		if (poll(&fd, 1, left > 0 ? (int)left : 0) <= 0)
			return;
		readiness_step(readiness, fd.revents);
	}
}

void readiness_wait(const struct container_process *process)
{
	struct readiness readiness;
	bool ended = false;

	readiness_begin(&readiness, process);
	while (!readiness.complete && !(ended && readiness.stage == READINESS_LISTEN)) {
		struct pollfd fds[] = {{.fd = ended ? -1 : process->pidfd, .events = POLLIN},
				       readiness_poll(&readiness)};

		if (poll(fds, 2, readiness_timeout_ms(&readiness)) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		readiness_step(&readiness, fds[1].revents);
		if (fds[0].revents) {
			ended = true;
			readiness_finish(&readiness);
		}
	}
}
