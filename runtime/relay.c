/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "runtime/readiness.h"
#include "spec/cleanup.h"
#include "spec/error.h"

/* One direction of a terminal: read what fits, write what can be written, lose nothing. */
struct flow {
	int from;
	int to; /* -1 once nobody reads it: what comes is thrown away, lest the writer block */
	size_t begin, end;
	bool open; /* more may come */
	char data[8192];
};

/* Faults of kist's own; and what stops a job in the background that wants the terminal: else it would
 * be made raw for what has it now, and there would be no input for good. */
static const int not_forwarded[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTTIN, SIGTTOU, 0,
};

int relay_begin(struct error *err)
{
	sigset_t all;
	int fd;

	/* A caller that ignored it would have the kernel throw init's exit status away. */
	signal(SIGCHLD, SIG_DFL);
	sigfillset(&all);
	for (const int *kept = not_forwarded; *kept; kept++)
		sigdelset(&all, *kept);
	if (sigprocmask(SIG_BLOCK, &all, NULL) < 0)
		return error_errno(err, "sigprocmask");
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? error_errno(err, "signalfd") : fd;
}

/* One that does not know its size says 0. */
static struct winsize own_size(void)
{
	struct winsize size;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
			return size;
	return (struct winsize){0};
}

struct container_terminal_size relay_terminal_size(void)
{
	struct winsize size = own_size();

	return (struct container_terminal_size){.rows = size.ws_row, .columns = size.ws_col};
}

static void copy_size(int terminal)
{
	struct winsize size = own_size();

	if (size.ws_row)
		ioctl(terminal, TIOCSWINSZ, &size);
}

/* As a subreaper, take in what the container's processes left; init is waited for by its pidfd. */
static void reap_others(pid_t init)
{
	siginfo_t info = {0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
	       info.si_pid != init) {
		waitid(P_PID, (id_t)info.si_pid, NULL, WEXITED | WNOHANG);
		info.si_pid = 0;
	}
}

/* Return: whether one of them was for the container. */
static bool forward_signals(const struct container_process *process, int signals)
{
	struct signalfd_siginfo info;
	bool forwarded = false;

	while (read(signals, &info, sizeof info) == sizeof info) {
		int signal = (int)info.ssi_signo;

		if (signal == SIGCHLD)
			reap_others(process->pid);
		else if (signal == SIGWINCH && process->terminal >= 0)
			copy_size(process->terminal);
		/* About kist itself, not about the container. */
		else if (signal != SIGPIPE && signal != SIGURG && signal != SIGWINCH) {
			syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0);
			forwarded = true;
		}
	}
	return forwarded;
}

static void flow_read(struct flow *flow)
{
	ssize_t got = read(flow->from, flow->data, sizeof flow->data);

	if (got > 0) {
		flow->begin = 0;
		flow->end = flow->to < 0 ? 0 : (size_t)got;
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		/* EIO: nobody has the other side of the terminal open any more. */
		flow->open = false;
	}
}

static void flow_write(struct flow *flow)
{
	size_t rest = flow->end - flow->begin;
	ssize_t written =
		write(flow->to, flow->data + flow->begin, rest < PIPE_BUF ? rest : PIPE_BUF);

	if (written > 0) {
		flow->begin += (size_t)written;
	} else if (errno != EAGAIN && errno != EINTR) {
		flow->begin = flow->end;
		flow->to = -1;
	}
}

static bool flow_is_full(const struct flow *flow)
{
	return flow->begin < flow->end;
}

/* Wait for the one end or for the other, never read what there is no room for. */
static struct pollfd flow_poll(const struct flow *flow)
{
	if (flow_is_full(flow))
		return (struct pollfd){.fd = flow->to, .events = POLLOUT};
	return (struct pollfd){.fd = flow->open ? flow->from : -1, .events = POLLIN};
}

static void flow_step(struct flow *flow, short revents)
{
	if (!revents)
		return;
	if (flow_is_full(flow))
		flow_write(flow);
	else
		flow_read(flow);
}

/* The terminal of the caller, as it was. */
struct saved_modes {
	bool saved;
	struct termios modes;
};

static void set_raw(struct saved_modes *saved)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &saved->modes) < 0)
		return;
	saved->saved = true;
	raw = saved->modes;
	cfmakeraw(&raw);
	/* The container's terminal leaves the end of a line to this one. */
	raw.c_oflag |= OPOST;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void restore_modes(const struct saved_modes *saved)
{
	if (saved->saved)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved->modes);
}

/* What init wrote before it ended is still in the terminal. A reader that takes nothing can be left
 * by a signal: there is nobody else any more to send it to. */
static void drain(const struct container_process *process, int signals, struct flow *output)
{
	while (flow_is_full(output) || output->open) {
		struct pollfd fds[] = {flow_poll(output), {.fd = signals, .events = POLLIN}};

		if (poll(fds, 2, flow_is_full(output) ? -1 : 0) <= 0)
			return;
		if (fds[1].revents && forward_signals(process, signals))
			return;
		flow_step(output, fds[0].revents);
	}
}

/* While kist has the other side open too, its last closing by init is no end: one that manages its
 * services opens the console again and again. -1: without, the first end is the last. */
static int open_peer(int terminal)
{
	return ioctl(terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* A terminal that is stopped (Ctrl-S) must not stop the signals. Its flags are shared with whoever
 * else has it open, so it is opened anew; anything else takes PIPE_BUF bytes at once when it is
 * ready (pipe(7)). */
static int open_output(int fd)
{
	char path[32];
	int own = -1;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (isatty(fd))
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int relay_loop(const struct container_process *process, int signals, struct flow *input,
		      struct flow *output, struct readiness *readiness, struct error *err)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = process->pidfd, .events = POLLIN},
			{.fd = signals, .events = POLLIN},
			flow_poll(input),
			flow_poll(output),
			readiness_poll(readiness),
		};

		if (poll(fds, 5, readiness_timeout_ms(readiness)) < 0) {
			if (errno == EINTR)
				continue;
			return error_errno(err, "poll");
		}
		if (fds[1].revents)
			forward_signals(process, signals);
		flow_step(input, fds[2].revents);
		flow_step(output, fds[3].revents);
		readiness_step(readiness, fds[4].revents);
		if (fds[0].revents)
			return 0;
	}
}

static int exit_status(int pidfd, struct error *err)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		return error_errno(err, "waitid");
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

int relay_run(const struct container_process *process, int signals, struct error *err)
{
	bool has_terminal = process->terminal >= 0;
	struct flow input = {.from = STDIN_FILENO, .to = process->terminal, .open = has_terminal};
	struct flow output = {.from = process->terminal, .to = -1, .open = has_terminal};
	_close_ int peer = -1;
	_close_ int out = -1;
	struct saved_modes saved = {0};
	struct readiness readiness;
	int result;

	if (has_terminal) {
		peer = open_peer(process->terminal);
		out = open_output(STDOUT_FILENO);
		output.to = out;
		/* Only the leader: stdin and stdout share their flags with whoever else has them.
		 */
		fcntl(process->terminal, F_SETFL, O_NONBLOCK);
		copy_size(process->terminal);
		set_raw(&saved);
	}
	readiness_begin(&readiness, process);
	result = relay_loop(process, signals, &input, &output, &readiness, err);
	if (result == 0) {
		readiness_finish(&readiness);
		drain(process, signals, &output);
	}
	restore_modes(&saved);
	return result < 0 ? result : exit_status(process->pidfd, err);
}

void relay_release(const struct container_process *process)
{
	cleanup_close(&process->pidfd);
	cleanup_close(&process->terminal);
}
