/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container says, and what a service manager hears of it. The test is both: it holds the
 * container's end of a pair of sockets, and the manager's socket.
 */
#include "runtime/readiness.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/runtime/runtime_fixture.h"

static int container = -1, manager = -1;
static struct container_process process = {.pid = 4711, .pidfd = -1, .terminal = -1, .notify = -1};
static struct readiness readiness;

static void init(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[32];
	int ends[2], length = snprintf(name, sizeof name, "@test-readiness-%d", getpid());

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	container = ends[0];
	process.notify = ends[1];
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	memcpy(address.sun_path + 1, name + 1, (size_t)length - 1);
	cr_assert_eq(bind(manager, (struct sockaddr *)&address,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length)),
		     0);
	setenv("NOTIFY_SOCKET", name, 1);
	readiness_begin(&readiness, &process);
}

TestSuite(readiness, .init = init, .timeout = 60);

/*
 * The filter
 */

#define FILTERED(said, expected, is_ready)                                                         \
	do {                                                                                       \
		char kept[256];                                                                    \
		bool ready;                                                                        \
		size_t length = readiness_filter(said, sizeof(said) - 1, kept, &ready);            \
                                                                                                   \
		cr_expect_eq(length, sizeof(expected) - 1, "%zu of %s", length, said);             \
		cr_expect_arr_eq(kept, expected, sizeof(expected) - 1, "%s", said);                \
		cr_expect_eq(ready, is_ready, "%s", said);                                         \
	} while (0)

Test(readiness, lines_that_go_on)
{
	FILTERED("READY=1", "READY=1", true);
	FILTERED("READY=1\n", "READY=1", true);
	FILTERED("STATUS=", "STATUS=", false);
	FILTERED("STATUS=a=b \303\244", "STATUS=a=b \303\244", false);
	FILTERED("RELOADING=1\nMONOTONIC_USEC=12", "RELOADING=1\nMONOTONIC_USEC=12", false);
	FILTERED("WATCHDOG=1\nWATCHDOG=trigger", "WATCHDOG=1\nWATCHDOG=trigger", false);
	FILTERED("STOPPING=1\nX=1\nEXTEND_TIMEOUT_USEC=9", "STOPPING=1\nEXTEND_TIMEOUT_USEC=9",
		 false);
}

Test(readiness, lines_that_do_not)
{
	FILTERED("", "", false);
	FILTERED("\n\n\n", "", false);
	FILTERED("MAINPID=1\nREADY=1\nMAINPID=1", "READY=1", true);
	FILTERED("READY=1\0", "", false);
	FILTERED("STATUS=\0", "", false);
	FILTERED("STATUS=\177", "", false);
	FILTERED("READY=1\rMAINPID=1", "", false);
	FILTERED("READY=", "", false);
	FILTERED("READY", "", false);
	FILTERED("READY=1 ", "", false);
	FILTERED("WATCHDOG=triggers", "", false);
	FILTERED("MONOTONIC_USEC=1a", "", false);
	FILTERED("FDSTORE=1\nFDNAME=x\nBARRIER=1", "", false);
}

/* Whatever it is, it fits, and every line of it is one that may go on. */
Test(readiness, garbage)
{
	static const char letters[] = "READYSTU=1\n\n==MIP";
	char said[READINESS_MESSAGE_BYTES], kept[READINESS_MESSAGE_BYTES],
		again[READINESS_MESSAGE_BYTES];
	bool ready;

	srandom(1);
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)random() % 64, left;

		for (size_t i = 0; i < length; i++)
			said[i] = round % 2 ? (char)random()
					    : letters[(size_t)random() % (sizeof letters - 1)];
		left = readiness_filter(said, length, kept, &ready);
		cr_assert_leq(left, length);
		cr_assert_eq(readiness_filter(kept, left, again, &ready), left);
		cr_assert_eq(memcmp(kept, again, left), 0);
	}
}

/*
 * The address
 */

static int read_name(const char *name)
{
	struct container_options options = {0};
	int result;

	setenv("NOTIFY_SOCKET", name, 1);
	result = readiness_read(&options, &err);
	return result == 0 ? options.notify : result;
}

Test(readiness, addresses)
{
	char name[128];

	cr_expect_eq(read_name("/run/systemd/notify"), 1);
	cr_expect_eq(read_name("@x"), 1);
	cr_expect_eq(read_name(""), 0);
	cr_expect_eq(read_name("x"), -EINVAL);
	cr_expect_eq(read_name("@"), -EINVAL);
	memset(name, 'x', sizeof name);
	name[108] = '\0';
	name[0] = '@';
	cr_expect_eq(read_name(name), 1);
	name[0] = '/';
	cr_expect_eq(read_name(name), -ENAMETOOLONG);
	name[107] = '\0';
	cr_expect_eq(read_name(name), 1);
	unsetenv("NOTIFY_SOCKET");
	cr_expect_eq(readiness_read(&(struct container_options){0}, &err), 0);
}

/*
 * On the way
 */

static void notify(const char *text)
{
	cr_assert_eq(send(container, text, strlen(text), MSG_DONTWAIT), (ssize_t)strlen(text));
}

/* The next message at the manager's, "" when there is none. barrier: what came with it, or -1 */
static const char *hear(int *barrier)
{
	static char text[8192];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {text, sizeof text - 1};
	struct msghdr message = {&(struct sockaddr_un){0}, 0, &part, 1, &control,
				 sizeof control.bytes,     0};
	ssize_t got = recvmsg(manager, &message, MSG_CMSG_CLOEXEC);

	text[got < 0 ? 0 : got] = '\0';
	*barrier = -1;
	if (got >= 0 && message.msg_controllen > 0)
		memcpy(barrier, CMSG_DATA(&control.header), sizeof *barrier);
	return text;
}

#define HEARD(expected)                                                                            \
	do {                                                                                       \
		int none;                                                                          \
		cr_expect_str_eq(hear(&none), expected);                                           \
		cr_expect_eq(none, -1);                                                            \
	} while (0)

/* As the relay does it, so many times. */
static void go_on(int times)
{
	for (int i = 0; i < times; i++) {
		struct pollfd fd = readiness_poll(&readiness);
		int timeout_ms = readiness_timeout_ms(&readiness);

		cr_assert_geq(poll(&fd, 1, timeout_ms < 0 || timeout_ms > 20 ? 20 : timeout_ms), 0);
		readiness_step(&readiness, fd.revents);
	}
}

Test(readiness, is_said_with_the_main_process)
{
	int barrier;

	notify("STATUS=x");
	notify("MAINPID=1\nREADY=1");
	go_on(10);
	HEARD("STATUS=x");
	HEARD("READY=1\nMAINPID=4711");
	cr_expect_str_eq(hear(&barrier), "BARRIER=1");
	cr_assert_geq(barrier, 0);
	notify("STATUS=y");
	go_on(5);
	HEARD("");
	cr_expect_not(readiness.complete);
	close(barrier);
	go_on(5);
	cr_expect(readiness.complete);
	HEARD("STATUS=y");
	/* Once is enough. */
	notify("RELOADING=1");
	notify("READY=1");
	go_on(10);
	HEARD("RELOADING=1");
	HEARD("READY=1");
	HEARD("");
}

Test(readiness, a_manager_that_keeps_the_barrier)
{
	int barrier;

	notify("READY=1");
	go_on(5);
	HEARD("READY=1\nMAINPID=4711");
	hear(&barrier);
	cr_assert_geq(barrier, 0);
	cr_expect_gt(readiness_timeout_ms(&readiness), 20000);
	cr_expect_leq(readiness_timeout_ms(&readiness), 30000);
	/* The time is up. */
	readiness.until_ms = 1;
	go_on(1);
	cr_expect(readiness.complete);
}

/* By a socket of its own: each may have only so much on the way. */
static bool say_as_another(const struct sockaddr_un *address, socklen_t size)
{
	_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return sendto(fd, "OTHER=1", 7, MSG_DONTWAIT, (const struct sockaddr *)address, size) > 0;
}

/* Until the manager has room for no more. Return: how many it has got */
static int fill_manager(void)
{
	struct sockaddr_un address;
	socklen_t size = sizeof address;
	int count = 0;

	cr_assert_eq(getsockname(manager, (struct sockaddr *)&address, &size), 0);
	while (say_as_another(&address, size))
		count++;
	cr_assert_gt(count, 0);
	return count;
}

/* It gets as many as it takes, and none is lost. */
Test(readiness, a_manager_that_is_slow)
{
	int others = fill_manager();

	notify("STATUS=x");
	notify("READY=1");
	go_on(10);
	cr_expect_eq(readiness.stage, READINESS_SEND);
	while (others-- > 0)
		HEARD("OTHER=1");
	go_on(10);
	HEARD("STATUS=x");
	HEARD("READY=1\nMAINPID=4711");
	cr_expect_str_eq(hear(&(int){0}), "BARRIER=1");
}

/* The barrier does not get lost either. */
Test(readiness, a_manager_with_room_for_one)
{
	fill_manager();
	HEARD("OTHER=1");
	notify("READY=1");
	go_on(10);
	cr_expect_eq(readiness.stage, READINESS_SEND_BARRIER);
	while (strcmp(hear(&(int){0}), "OTHER=1") == 0)
		;
	go_on(2);
	cr_expect_str_eq(hear(&(int){0}), "BARRIER=1");
}

/* In between it has time for others, and so has the manager. */
Test(readiness, rests_after_each_message)
{
	notify("STATUS=x");
	notify("STATUS=y");
	go_on(2);
	HEARD("STATUS=x");
	cr_expect_eq(readiness_poll(&readiness).fd, -1);
	cr_expect_gt(readiness_timeout_ms(&readiness), 0);
	go_on(3);
	HEARD("STATUS=y");
}

Test(readiness, a_message_that_is_too_long)
{
	static char text[READINESS_MESSAGE_BYTES + 1];

	memset(text, 'x', sizeof text);
	memcpy(text, "STATUS=", 7);
	cr_assert_eq(send(container, text, sizeof text, 0), sizeof text);
	cr_assert_eq(send(container, text, sizeof text - 1, 0), sizeof text - 1);
	go_on(5);
	cr_expect_eq(strlen(hear(&(int){0})), sizeof text - 1);
	HEARD("");
}

/* The longest one with all that kist adds. */
Test(readiness, a_message_that_is_just_long_enough)
{
	static char text[READINESS_MESSAGE_BYTES];

	process.pid = 2147483647;
	readiness_begin(&readiness, &process);
	memset(text, 'x', sizeof text);
	memcpy(text, "READY=1\nSTATUS=", 15);
	cr_assert_eq(send(container, text, sizeof text, 0), sizeof text);
	go_on(5);
	cr_expect_str_eq(hear(&(int){0}) + sizeof text, "\nMAINPID=2147483647");
}

Test(readiness, nobody_to_say_it_to)
{
	close(manager);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	notify("STATUS=x");
	go_on(3);
	cr_expect_not(readiness.complete);
	notify("READY=1");
	go_on(3);
	cr_expect(readiness.complete);
	cr_expect_eq(readiness.stage, READINESS_LISTEN);
}

Test(readiness, of_no_container)
{
	process.notify = -1;
	readiness_begin(&readiness, &process);
	cr_expect_eq(readiness_poll(&readiness).fd, -1);
	cr_expect_eq(readiness_timeout_ms(&readiness), -1);
	readiness_step(&readiness, 0);
	readiness_finish(&readiness);
	HEARD("");
}

Test(readiness, last_words)
{
	notify("STATUS=x");
	notify("Y=1");
	notify("STOPPING=1");
	readiness_finish(&readiness);
	HEARD("STATUS=x");
	HEARD("STOPPING=1");
	HEARD("");
}

static double seconds_of(void (*act)(void))
{
	struct timespec began, ended;

	clock_gettime(CLOCK_MONOTONIC, &began);
	act();
	clock_gettime(CLOCK_MONOTONIC, &ended);
	return (double)(ended.tv_sec - began.tv_sec) +
	       (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
}

static void finish(void)
{
	readiness_finish(&readiness);
}

/* Neither one that does not listen, nor one that keeps a barrier. */
Test(readiness, last_words_are_not_waited_for)
{
	fill_manager();
	notify("STATUS=x");
	cr_expect_lt(seconds_of(finish), 3);
	while (*hear(&(int){0}))
		;
	readiness_begin(&readiness, &process);
	notify("READY=1");
	cr_expect_lt(seconds_of(finish), 3);
	cr_expect_eq(readiness.stage, READINESS_AWAIT_BARRIER);
}

/*
 * Waiting
 */

/* A container that lives until it is killed, and a manager in another process. */
static pid_t in_background(void (*run)(void))
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		run();
		_exit(0);
	}
	return pid;
}

static void manage(void)
{
	int barrier;

	for (;;) {
		struct pollfd fd = {.fd = manager, .events = POLLIN};

		poll(&fd, 1, -1);
		hear(&barrier);
		if (barrier >= 0)
			_exit(0);
	}
}

static void live(void)
{
	pause();
}

static void end_soon(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

Test(readiness, waits_until_it_is_ready)
{
	pid_t pid = in_background(live), other = in_background(manage);
	int status;

	process.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	notify("STATUS=x");
	notify("READY=1");
	readiness_wait(&process);
	cr_expect_eq(waitpid(pid, NULL, WNOHANG), 0);
	cr_expect_eq(waitpid(other, &status, 0), other);
	kill(pid, SIGKILL);
}

Test(readiness, waits_until_the_end)
{
	pid_t pid = in_background(end_soon);

	process.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	notify("STATUS=x");
	readiness_wait(&process);
	cr_expect_eq(waitpid(pid, NULL, WNOHANG), pid);
	HEARD("STATUS=x");
}
