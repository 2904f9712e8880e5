/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/spawn.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "libcontainer/compat.h"
#include "libcontainer/process/birth.h"
#include "spec/cleanup.h"
#include "spec/names.h"

enum {
	/* how much is kept of what the program prints last; an error has room for it */
	SAID_BYTES = 512,
	READS_AT_ONCE = 16,     /* so many reads empty a full pipe */
	KILL_TIMEOUT_MS = 10000 /* longer than the kernel ever needs to end a process */
};

/* A program that was begun, as its parent has it. */
struct running {
	pid_t pid;
	int pidfd;
	/* the reading end of the program's stdout and stderr; -1 when the program has closed
	 * them */
	int output;
	/* the reading end of a pipe that has the error when it could not be executed */
	int failure;
	size_t used;
	char said[SAID_BYTES]; /* the last bytes that came from output */
};

/*
 * In the child
 */

/* The parent may have died before the child asked for the death signal. */
static int die_with_parent(pid_t parent, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_PDEATHSIG)");
	if (getppid() != parent)
		return error_set(err, ECANCELED, "kist has gone");
	return 0;
}

/* The descriptors are first moved away from 0, 1 and 2, which an embedder may have closed. */
static int set_stdio(int input, int output, struct error *err)
{
	int high_input = fcntl(input, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int high_output = fcntl(output, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (high_input < 0 || high_output < 0)
		return error_errno(err, "fcntl(F_DUPFD_CLOEXEC)");
	if (dup2(high_input, STDIN_FILENO) < 0 || dup2(high_output, STDOUT_FILENO) < 0 ||
	    dup2(high_output, STDERR_FILENO) < 0)
		return error_errno(err, "dup2");
	return 0;
}

static int prepare(const struct spawn *spawn, int output, pid_t parent, struct error *err)
{
	if (birth_reset_signals(err) < 0 || die_with_parent(parent, err) < 0)
		return -err->code;
	if (setsid() < 0)
		return error_errno(err, "setsid");
	umask(022);
	if (spawn->directory && chdir(spawn->directory) < 0 && chdir("/") < 0)
		return error_errno(err, "chdir /");
	if (set_stdio(spawn->input, output, err) < 0)
		return -err->code;
	/* This closes what an embedder, or --preserve-fds, keeps open for others. */
	if (close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		return error_errno(err, "close_range");
	/* The limit is set last, since more descriptors may be open than it allows. */
	if (spawn->descriptors && setrlimit(RLIMIT_NOFILE, spawn->descriptors) < 0)
		return error_errno(err, "setrlimit");
	return 0;
}

__attribute__((noreturn)) static void child_run(const struct spawn *spawn, int output, int failure,
						pid_t parent)
{
	struct error err;

	if (prepare(spawn, output, parent, &err) == 0) {
		execve(spawn->path, (char *const *)spawn->argv, (char *const *)spawn->envp);
		error_errno(&err, "execute");
	}
	(void)!write(failure, &err, sizeof err);
	_exit(EXIT_FAILURE);
}

/*
 * In the parent
 */

static int clone_child(const struct spawn *spawn, int output, int failure, struct running *running,
		       struct error *err)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t parent = getpid(), pid = sys_clone3(&args);

	if (pid == 0)
		child_run(spawn, output, failure, parent);
	if (pid < 0)
		return error_errno(err, "clone3");
	running->pid = pid;
	running->pidfd = pidfd;
	return 0;
}

/* The reading ends do not block, so that reading never waits, whatever process holds the other
 * end. */
static int begin(const struct spawn *spawn, struct running *running, struct error *err)
{
	_close_ int output = -1, said = -1, failure = -1, failed = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "pipe2");
	output = ends[0];
	said = ends[1];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_errno(err, "pipe2");
	failure = ends[0];
	failed = ends[1];
	if (fcntl(output, F_SETFL, O_NONBLOCK) < 0)
		return error_errno(err, "fcntl(F_SETFL)");
	if (clone_child(spawn, said, failed, running, err) < 0)
		return -err->code;
	running->output = take(&output);
	running->failure = take(&failure);
	return 0;
}

/* Keep the last SAID_BYTES bytes of all that came. */
static void keep(struct running *running, const char *bytes, size_t count)
{
	size_t room = sizeof running->said - running->used, excess;

	if (count > sizeof running->said) {
		bytes += count - sizeof running->said;
		count = sizeof running->said;
	}
	excess = count > room ? count - room : 0;
	running->used -= excess;
	memmove(running->said, running->said + excess, running->used);
	memcpy(running->said + running->used, bytes, count);
	running->used += count;
}

/* Read once what the program prints. Return: whether there was something */
static bool read_output(struct running *running)
{
	char bytes[4096];
	ssize_t got = read(running->output, bytes, sizeof bytes);

	if (got > 0)
		keep(running, bytes, (size_t)got);
	if (got == 0)
		close(take(&running->output));
	return got > 0;
}

/* Read what the program printed before its end. Processes that it left behind may go on printing,
 * and are not waited for. */
static void drain(struct running *running)
{
	for (int i = 0; i < READS_AT_ONCE && read_output(running); i++)
		;
}

static struct timespec now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time;
}

/* Return: whether the time is not up yet; then left is set to the rest of it */
static bool has_time_left(const struct timespec *deadline, struct timespec *left)
{
	struct timespec time = now();

	left->tv_sec = deadline->tv_sec - time.tv_sec;
	left->tv_nsec = deadline->tv_nsec - time.tv_nsec;
	if (left->tv_nsec < 0) {
		left->tv_sec--;
		left->tv_nsec += 1000000000;
	}
	return left->tv_sec >= 0;
}

/* Wait for the program's end, and read what it prints. Return: 0 when it has ended, -ETIMEDOUT,
 * -ECANCELED, or -errno */
static int wait_for_end(const struct spawn *spawn, struct running *running, struct error *err)
{
	const int32_t timeout_s = spawn->timeout_s;
	struct timespec deadline = now(), left;

	deadline.tv_sec += timeout_s;
	for (;;) {
		struct pollfd fds[] = {
			{.fd = running->pidfd, .events = POLLIN},
			{.fd = running->output, .events = POLLIN},
			{.fd = spawn->cancel ? *spawn->cancel : -1, .events = POLLIN},
		};

		if (timeout_s > 0 && !has_time_left(&deadline, &left))
			return error_set(err, ETIMEDOUT, "timed out after %d s and was killed",
					 timeout_s);
		if (ppoll(fds, 3, timeout_s > 0 ? &left : NULL, NULL) < 0) {
			if (errno == EINTR)
				continue;
			return error_errno(err, "ppoll");
		}
		if (fds[0].revents)
			return 0;
		if (fds[2].revents)
			return error_set(err, ECANCELED, "interrupted");
		if (fds[1].revents)
			read_output(running);
	}
}

/* Kill the program's process group. It is not reaped yet: until then no other group can have its
 * number. */
static void kill_group(const struct running *running)
{
	struct pollfd ended = {.fd = running->pidfd, .events = POLLIN};

	kill(-running->pid, SIGKILL);
	/* The child may not have become the leader of a group yet, so it is killed by its pidfd,
	 * too. */
	sys_pidfd_send_signal(running->pidfd, SIGKILL);
	while (poll(&ended, 1, KILL_TIMEOUT_MS) < 0 && errno == EINTR)
		;
}

static int describe_end(const siginfo_t *info, struct error *err)
{
	const char *signal;

	if (info->si_code == CLD_EXITED)
		return info->si_status == 0
			       ? 0
			       : error_set(err, ECHILD, "exited with status %d", info->si_status);
	signal = words_name(&signal_words, (uint64_t)info->si_status);
	return error_set(err, ECHILD, "was killed by signal %d%s%s%s", info->si_status,
			 signal ? " (" : "", signal ? signal : "", signal ? ")" : "");
}

/* Look how the program ended, and leave it a zombie. Return: 0 when it succeeded; -ECHILD */
static int look_at_end(const struct running *running, struct error *err)
{
	siginfo_t info;

	while (waitid(P_PIDFD, (id_t)running->pidfd, &info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			return error_errno(err, "waitid");
	return describe_end(&info, err);
}

/* Read why the program was not executed, if it was not. */
static void read_failure(const struct running *running, struct error *err)
{
	struct error failure;

	if (read(running->failure, &failure, sizeof failure) == sizeof failure)
		*err = failure;
}

static bool ends_line(char c)
{
	return c == '\n' || c == '\r';
}

/* Put the last line that the program printed behind the error. */
static int add_last_line(struct running *running, struct error *err)
{
	size_t end = running->used, begin;
	size_t used = strlen(err->text);

	while (end > 0 && (ends_line(running->said[end - 1]) || running->said[end - 1] == ' '))
		end--;
	for (begin = end; begin > 0 && !ends_line(running->said[begin - 1]); begin--)
		if (!running->said[begin - 1])
			running->said[begin - 1] = '?';
	if (begin < end)
		snprintf(err->text + used, sizeof err->text - used, ": %.*s", (int)(end - begin),
			 running->said + begin);
	return -err->code;
}

/* Follow the program to its end, and reap it. Return: 0, or -code with the whole error */
static int see_through(const struct spawn *spawn, struct running *running, struct error *err)
{
	int result = wait_for_end(spawn, running, err);

	if (result == 0)
		result = look_at_end(running, err);
	if (result < 0)
		kill_group(running);
	drain(running);
	waitid(P_PIDFD, (id_t)running->pidfd, NULL, WEXITED | WNOHANG);
	if (result == 0)
		return 0;
	read_failure(running, err);
	return add_last_line(running, err);
}

static int run(const struct spawn *spawn, struct error *err)
{
	struct running running = {0};
	int result;

	if (begin(spawn, &running, err) < 0)
		return -err->code;
	result = see_through(spawn, &running, err);
	cleanup_close(&running.pidfd);
	cleanup_close(&running.output);
	cleanup_close(&running.failure);
	return result;
}

/* SIGCHLD gets its default disposition meanwhile: when it is ignored the kernel does not tell how a
 * child ended. */
int spawn_run(const struct spawn *spawn, struct error *err)
{
	const struct sigaction dfl = {.sa_handler = SIG_DFL};
	struct sigaction callers;
	bool ignored;
	int result;

	if (sigaction(SIGCHLD, NULL, &callers) < 0)
		return error_errno(err, "sigaction");
	ignored = callers.sa_handler == SIG_IGN || (callers.sa_flags & SA_NOCLDWAIT);
	if (ignored)
		sigaction(SIGCHLD, &dfl, NULL);
	result = run(spawn, err);
	if (ignored)
		sigaction(SIGCHLD, &callers, NULL);
	return result;
}
