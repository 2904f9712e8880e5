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
	bool open;      /* more may come */
	bool in_a_line; /* what came last ended no line */
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

static bool is_ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int relay_cancel(struct error *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		/* A blocked one would be found there all the same. */
		if (!is_ignored(signals[i]))
			sigaddset(&set, signals[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
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
		flow->in_a_line = !strchr("\r\n", flow->data[got - 1]);
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

/* A terminal does not end while its leader is open: for whoever reads there, the end of the input is
 * the character that stands for it. */
struct ending {
	int peer;  /* the terminal's other side, -1: not open */
	bool told; /* or there is nothing to tell */
	int waited_ms;
};

enum { TAKEN_PAUSE_MS = 10, TAKEN_WAIT_MS = 2000 };

static bool ending_is_due(const struct ending *ending, const struct flow *input)
{
	return !ending->told && !input->open && !flow_is_full(input) && input->to >= 0;
}

static int ending_timeout_ms(const struct ending *ending, const struct flow *input)
{
	return ending_is_due(ending, input) ? TAKEN_PAUSE_MS : -1;
}

static bool is_taken(const struct ending *ending)
{
	struct pollfd fd = {.fd = ending->peer, .events = POLLIN};

	return poll(&fd, 1, 0) == 0;
}

/* The first one in a line only ends what there is of the line. */
static void tell_end(struct ending *ending, struct flow *input)
{
	struct termios modes;

	ending->told = true;
	if (tcgetattr(input->to, &modes) < 0 || modes.c_cc[VEOF] == _POSIX_VDISABLE)
		return;
	input->begin = 0;
	input->end = input->in_a_line ? 2 : 1;
	memset(input->data, modes.c_cc[VEOF], input->end);
}

/* Not before the program has read what came before, if it does so: it may be about to change the
 * terminal's modes, and the character would be lost on the way. */
static void ending_step(struct ending *ending, struct flow *input, bool timed_out)
{
	if (!ending_is_due(ending, input))
		return;
	if (timed_out)
		ending->waited_ms += TAKEN_PAUSE_MS;
	if (is_taken(ending) || ending->waited_ms >= TAKEN_WAIT_MS)
		tell_end(ending, input);
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

/* All that is passed on. */
struct relay {
	const struct container_process *process;
	int signals;
	struct flow input, output;
	struct ending ending;
	struct readiness readiness;
};

/* The shorter one; -1: for ever. */
static int sooner(int one_ms, int other_ms)
{
	if (one_ms < 0 || other_ms < 0)
		return one_ms < 0 ? other_ms : one_ms;
	return one_ms < other_ms ? one_ms : other_ms;
}

static int relay_timeout_ms(const struct relay *relay)
{
	return sooner(readiness_timeout_ms(&relay->readiness),
		      ending_timeout_ms(&relay->ending, &relay->input));
}

static int relay_loop(struct relay *relay, struct error *err)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = relay->process->pidfd, .events = POLLIN},
			{.fd = relay->signals, .events = POLLIN},
			flow_poll(&relay->input),
			flow_poll(&relay->output),
			readiness_poll(&relay->readiness),
		};
		int ready = poll(fds, 5, relay_timeout_ms(relay));

		if (ready < 0) {
			if (errno == EINTR)
				continue;
			return error_errno(err, "poll");
		}
		if (fds[1].revents)
			forward_signals(relay->process, relay->signals);
		flow_step(&relay->input, fds[2].revents);
		ending_step(&relay->ending, &relay->input, ready == 0);
		flow_step(&relay->output, fds[3].revents);
		readiness_step(&relay->readiness, fds[4].revents);
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
	struct relay relay = {
		.process = process,
		.signals = signals,
		.input = {.from = STDIN_FILENO, .to = process->terminal, .open = has_terminal},
		.output = {.from = process->terminal, .to = -1, .open = has_terminal},
		.ending = {.peer = -1},
	};
	_close_ int peer = -1;
	_close_ int out = -1;
	struct saved_modes saved = {0};
	int result;

	if (has_terminal) {
		peer = open_peer(process->terminal);
		out = open_output(STDOUT_FILENO);
		relay.ending.peer = peer;
		relay.output.to = out;
		/* Only the leader: stdin and stdout share their flags with whoever else has them.
		 */
		fcntl(process->terminal, F_SETFL, O_NONBLOCK);
		copy_size(process->terminal);
		set_raw(&saved);
	}
	readiness_begin(&relay.readiness, process);
	result = relay_loop(&relay, err);
	if (result == 0) {
		readiness_finish(&relay.readiness);
		drain(process, signals, &relay.output);
	}
	restore_modes(&saved);
	return result < 0 ? result : exit_status(process->pidfd, err);
}

void relay_release(const struct container_process *process)
{
	cleanup_close(&process->pidfd);
	cleanup_close(&process->terminal);
}
