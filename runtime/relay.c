/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "runtime/flow.h"
#include "runtime/readiness.h"
#include "runtime/tty.h"
#include "spec/cleanup.h"
#include "spec/error.h"

/* The end of the input of a container's terminal. A terminal does not end while its leader is
 * open, so the end of the caller's input is passed on as the character that stands for it there
 * (VEOF). */
struct ending {
	int peer;  /* the terminal's other side; -1: not open */
	bool sent; /* or it need not be sent */
	int waited_ms;
};

/* Everything that is passed on between the caller and the process. */
struct relay {
	struct container_process *process;
	struct streams *streams;
	int signals;
	struct tty tty;
	int own[STREAM_COUNT];          /* the caller's stream where it is relayed; else -1 */
	struct flow flow[STREAM_COUNT]; /* by the stream's number; a terminal has no stderr */
	struct ending ending;
	struct readiness readiness;
};

/* The signals by which a background job is stopped that wants the terminal. SIGTTIN is blocked all
 * the same, so that such a read fails instead: see step_input(). */
static const int not_forwarded[] = {SIGTTIN, SIGTTOU};

/* A caller that starts kist with one of these ignored keeps the signal from kist and from the
 * container (nohup(1)). Such a signal must not be blocked: the signalfd would read it although it
 * is ignored. */
static const int ignorable[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

static bool is_ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* The signals of kist's own faults are among the chosen: the kernel and abort(3) deliver them
 * although they are blocked. */
static void choose_signals(sigset_t *chosen)
{
	sigfillset(chosen);
	for (size_t i = 0; i < sizeof not_forwarded / sizeof *not_forwarded; i++)
		sigdelset(chosen, not_forwarded[i]);
	for (size_t i = 0; i < sizeof ignorable / sizeof *ignorable; i++)
		if (is_ignored(ignorable[i]))
			sigdelset(chosen, ignorable[i]);
}

int relay_begin(sigset_t *before, struct error *err)
{
	sigset_t chosen;
	int fd;

	/* If the caller has ignored SIGCHLD, the kernel would throw init's exit status away. */
	signal(SIGCHLD, SIG_DFL);
	choose_signals(&chosen);
	fd = signalfd(-1, &chosen, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&chosen, SIGTTIN);
	sigprocmask(SIG_BLOCK, &chosen, before);
	return fd < 0 ? error_errno(err, "signalfd") : fd;
}

void relay_end(int signals, const sigset_t *before)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof info) == sizeof info)
		;
	sigprocmask(SIG_SETMASK, before, NULL);
}

int relay_cancel(struct error *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof ignorable / sizeof *ignorable; i++)
		if (!is_ignored(ignorable[i]))
			sigaddset(&set, ignorable[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? error_errno(err, "signalfd") : fd;
}

struct container_terminal_size relay_terminal_size(void)
{
	struct winsize size = tty_size();

	return (struct container_terminal_size){.rows = size.ws_row, .columns = size.ws_col};
}

/* As a subreaper, kist reaps the processes that those of the container leave behind. Init is left
 * alone, since its status is read by its pidfd. */
static void reap_others(pid_t init)
{
	siginfo_t info = {0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
	       info.si_pid != init) {
		waitid(P_PID, (id_t)info.si_pid, NULL, WEXITED | WNOHANG);
		info.si_pid = 0;
	}
}

/* Do what a signal means for kist itself.
 *
 * Return: whether the signal is for nobody else */
static bool handle_signal(struct relay *relay, int signal)
{
	switch (signal) {
	case SIGCHLD:
		reap_others(relay->process->pid);
		return true;
	case SIGWINCH:
		if (relay->process->terminal >= 0)
			tty_copy_size(relay->process->terminal);
		return true;
	case SIGCONT:
		tty_continued(&relay->tty);
		return false;
	default:
		return signal == SIGPIPE || signal == SIGURG;
	}
}

static bool terminates_programs(int signal)
{
	for (size_t i = 0; i < sizeof ignorable / sizeof *ignorable; i++)
		if (signal == ignorable[i])
			return true;
	return false;
}

/* Return: whether one of the signals ends programs */
static bool forward_signals(struct relay *relay)
{
	struct signalfd_siginfo info;
	bool ends = false;

	while (read(relay->signals, &info, sizeof info) == sizeof info) {
		int signal = (int)info.ssi_signo;

		if (handle_signal(relay, signal))
			continue;
		syscall(SYS_pidfd_send_signal, relay->process->pidfd, signal, NULL, 0);
		ends |= terminates_programs(signal);
	}
	return ends;
}

enum { INPUT_READ_POLL_MS = 10, INPUT_READ_WAIT_MS = 2000 };

static bool ending_is_due(const struct ending *ending, const struct flow *input)
{
	return !ending->sent && !input->open && !flow_is_full(input) && input->to >= 0;
}

static int ending_timeout_ms(const struct ending *ending, const struct flow *input)
{
	return ending_is_due(ending, input) ? INPUT_READ_POLL_MS : -1;
}

static bool is_input_read(const struct ending *ending)
{
	struct pollfd fd = {.fd = ending->peer, .events = POLLIN};

	return poll(&fd, 1, 0) == 0;
}

/* In the middle of a line the first such character only ends what there is of the line, so it takes
 * two. */
static void send_end_of_input(struct ending *ending, struct flow *input)
{
	struct termios modes;

	ending->sent = true;
	if (tcgetattr(input->to, &modes) < 0 || modes.c_cc[VEOF] == _POSIX_VDISABLE)
		return;
	input->begin = 0;
	input->end = input->in_a_line ? 2 : 1;
	memset(input->data, modes.c_cc[VEOF], input->end);
}

/* The end is sent when the program has read what came before, or has not done so for a while. The
 * program may be about to change the terminal's modes, by which the character would be lost. */
static void ending_step(struct ending *ending, struct flow *input, bool timed_out)
{
	if (!ending_is_due(ending, input))
		return;
	if (timed_out)
		ending->waited_ms += INPUT_READ_POLL_MS;
	if (is_input_read(ending) || ending->waited_ms >= INPUT_READ_WAIT_MS)
		send_end_of_input(ending, input);
}

/* While kist has the other side of the terminal open, too, it is not the end when init closes it
 * for the last time: an init that manages services opens the console again and again.
 *
 * Return: -1 where it cannot be opened; then the first such end is the last */
static int open_peer(int terminal)
{
	return ioctl(terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* The leader of a pty is a terminal as well, but opening it anew makes another pty. */
static bool can_be_opened_anew(int stream)
{
	unsigned number;

	return isatty(stream) && ioctl(stream, TIOCGPTN, &number) < 0;
}

/* A terminal that is stopped (Ctrl-S), or where somebody else was faster to read, must not keep
 * kist from the signals, so it has to be non-blocking. The flags of an open terminal are shared
 * with whoever else has it, so it is opened anew. Anything else takes PIPE_BUF bytes at once when
 * it is ready (pipe(7)). */
static int reopen_stream(int stream)
{
	int mode = stream == STDIN_FILENO ? O_RDONLY : O_WRONLY;
	char path[32];
	int own = -1;

	snprintf(path, sizeof path, "/proc/self/fd/%d", stream);
	if (can_be_opened_anew(stream))
		own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fcntl(stream, F_DUPFD_CLOEXEC, 0);
}

static void begin_flow(struct relay *relay, int stream, int other)
{
	struct flow *flow = &relay->flow[stream];

	if (other < 0)
		return;
	relay->own[stream] = reopen_stream(stream);
	flow->from = stream == STDIN_FILENO ? relay->own[stream] : other;
	flow->to = stream == STDIN_FILENO ? other : relay->own[stream];
	flow->open = true;
}

static void begin_terminal(struct relay *relay)
{
	int leader = relay->process->terminal;

	/* Only the leader becomes non-blocking by its flags: stdin and stdout share theirs with
	 * whoever else has them. */
	fcntl(leader, F_SETFL, O_NONBLOCK);
	tty_copy_size(leader);
	relay->ending.peer = open_peer(leader);
	begin_flow(relay, STDIN_FILENO, leader);
	begin_flow(relay, STDOUT_FILENO, leader);
}

static void begin_pipes(struct relay *relay)
{
	relay->ending.sent = true;
	relay->flow[STDIN_FILENO].on_demand = true;
	for (int stream = 0; stream < STREAM_COUNT; stream++)
		begin_flow(relay, stream, relay->streams->pipe[stream]);
}

/* Close the process's side of an output that the caller does not take any more. The program finds
 * its pipe closed, or its terminal, as if the window of the person at it were closed. */
static void close_output(struct relay *relay, int stream)
{
	int terminal = take(&relay->process->terminal);

	streams_close(relay->streams, stream);
	if (terminal < 0)
		return;
	flow_stop(&relay->flow[STDIN_FILENO], EPIPE);
	relay->ending.sent = true;
	close(terminal);
	/* Once the caller's terminal is restored, Ctrl-C ends the wait for a program that goes on
	 * all the same. */
	tty_restore(&relay->tty);
	relay->tty = (struct tty){0};
}

/* Where one end of a stream is closed, close the other end. */
static void close_ended(struct relay *relay)
{
	if (relay->process->terminal < 0 && flow_is_over(&relay->flow[STDIN_FILENO]))
		streams_close(relay->streams, STDIN_FILENO);
	for (int stream = STDOUT_FILENO; stream < STREAM_COUNT; stream++)
		if (relay->flow[stream].error)
			close_output(relay, stream);
}

/* The shorter of two timeouts; -1: for ever. */
static int shorter_timeout_ms(int one_ms, int other_ms)
{
	if (one_ms < 0 || other_ms < 0)
		return one_ms < 0 ? other_ms : one_ms;
	return one_ms < other_ms ? one_ms : other_ms;
}

static int relay_timeout_ms(const struct relay *relay)
{
	const struct flow *input = &relay->flow[STDIN_FILENO];
	int timeout_ms = shorter_timeout_ms(readiness_timeout_ms(&relay->readiness),
					    ending_timeout_ms(&relay->ending, input));

	return shorter_timeout_ms(timeout_ms, input->open ? tty_timeout_ms(&relay->tty) : -1);
}

static struct pollfd poll_input(struct relay *relay)
{
	struct flow *input = &relay->flow[STDIN_FILENO];

	/* In the background kist is not told that the size has changed, so it is copied when kist
	 * comes back to the foreground. */
	if (tty_update(&relay->tty) && relay->process->terminal >= 0)
		tty_copy_size(relay->process->terminal);
	if (!tty_may_read(&relay->tty) && !flow_is_full(input))
		return (struct pollfd){.fd = -1};
	return flow_poll(input);
}

/* With stty tostop, writing stops a job in the background. Kist stops itself in the same way before
 * it writes, so that it reads its signals first when it is continued: a write that goes on stops
 * again, and a signal that is to end kist would never be read. Whoever sends such a signal to a job
 * that is stopped like this does not wait for its output.
 *
 * Return: whether kist was stopped; it is not where SIGTTOU is ignored, or where nobody could
 * continue kist */
static bool stop_before_output(struct relay *relay, struct flow *flow)
{
	struct pollfd signals = {.fd = relay->signals, .events = POLLIN};

	if (!flow_is_full(flow) || !tty_forbids_output(flow->to))
		return false;
	kill(0, SIGTTOU);
	if (poll(&signals, 1, 0) <= 0)
		return false;
	if (forward_signals(relay) && tty_forbids_output(flow->to))
		flow_stop(flow, EIO);
	return true;
}

/* A read that fails because another job has taken the terminal since the last tty_update() is no
 * end of the input. */
static void step_input(struct relay *relay, const struct pollfd *ready)
{
	struct flow *input = &relay->flow[STDIN_FILENO];
	bool open = input->open;

	flow_step(input, ready);
	input->open = open && (input->open || (!input->error && tty_is_taken(&relay->tty)));
}

static void step_output(struct relay *relay, int stream, const struct pollfd *ready)
{
	struct flow *flow = &relay->flow[stream];

	if (ready->revents && !stop_before_output(relay, flow))
		flow_step(flow, ready);
}

/* What poll(2) waits for. The streams come first, by their numbers. */
enum { ENDED = STREAM_COUNT, SIGNALLED, READY, WAIT_COUNT };

static int relay_loop(struct relay *relay, struct error *err)
{
	struct flow *flow = relay->flow;

	for (;;) {
		struct pollfd fds[WAIT_COUNT] = {
			[STDIN_FILENO] = poll_input(relay),
			[STDOUT_FILENO] = flow_poll(&flow[STDOUT_FILENO]),
			[STDERR_FILENO] = flow_poll(&flow[STDERR_FILENO]),
			[ENDED] = {.fd = relay->process->pidfd, .events = POLLIN},
			[SIGNALLED] = {.fd = relay->signals, .events = POLLIN},
			[READY] = readiness_poll(&relay->readiness),
		};
		int ready = poll(fds, WAIT_COUNT, relay_timeout_ms(relay));

		if (ready < 0) {
			if (errno == EINTR)
				continue;
			return error_errno(err, "poll");
		}
		if (fds[SIGNALLED].revents)
			forward_signals(relay);
		step_input(relay, &fds[STDIN_FILENO]);
		step_output(relay, STDOUT_FILENO, &fds[STDOUT_FILENO]);
		step_output(relay, STDERR_FILENO, &fds[STDERR_FILENO]);
		ending_step(&relay->ending, &flow[STDIN_FILENO], ready == 0);
		readiness_step(&relay->readiness, fds[READY].revents);
		close_ended(relay);
		if (fds[ENDED].revents)
			return 0;
	}
}

/* No pipe and no terminal can have held more than this when init ended. What comes after it was
 * written by processes that init has left behind. */
enum { HELD_BYTES = 1 << 20 };

/* Drop what is still to be written. ECANCELED marks the output, so that it is not passed off as the
 * whole. */
static void discard(struct flow *flow)
{
	if (flow_is_full(flow))
		flow_stop(flow, ECANCELED);
}

/* Pass on what init wrote before it ended. Where a reader takes nothing, a signal ends the wait:
 * there is no process any more to send the signal to. */
static void drain(struct relay *relay)
{
	struct flow *output = &relay->flow[STDOUT_FILENO], *errors = &relay->flow[STDERR_FILENO];

	flow_bound(output, HELD_BYTES);
	flow_bound(errors, HELD_BYTES);
	while (!flow_is_over(output) || !flow_is_over(errors)) {
		enum { OUTPUT, ERRORS, SIGNALS, COUNT };
		struct pollfd fds[COUNT] = {
			[OUTPUT] = flow_poll(output),
			[ERRORS] = flow_poll(errors),
			[SIGNALS] = {.fd = relay->signals, .events = POLLIN},
		};
		bool waits = flow_is_full(output) || flow_is_full(errors);
		int ready = poll(fds, COUNT, waits ? -1 : 0);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return;
		if (ready < 0 || (fds[SIGNALS].revents && forward_signals(relay) && waits)) {
			discard(output);
			discard(errors);
			return;
		}
		step_output(relay, STDOUT_FILENO, &fds[OUTPUT]);
		step_output(relay, STDERR_FILENO, &fds[ERRORS]);
	}
}

static bool is_character_device(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode);
}

/* Half an output that passes for a whole one is an error, but a reader that has left is none of
 * kist's business: its pipe was closed (EPIPE), or the window of its terminal (EIO). For output
 * that was dropped (ECANCELED) a status that is no success says enough. */
static bool may_be_missing(const struct flow *output, int status)
{
	return !output->error || output->error == EPIPE ||
	       (output->error == EIO && is_character_device(output->to)) ||
	       (output->error == ECANCELED && status != 0);
}

static int check_written(const struct relay *relay, int status, struct error *err)
{
	static const char *const names[] = {"stdin", "stdout", "stderr"};

	for (int stream = STDOUT_FILENO; stream < STREAM_COUNT; stream++) {
		const struct flow *output = &relay->flow[stream];

		if (!may_be_missing(output, status))
			return error_set(err, output->error, "%s: %s", names[stream],
					 error_describe(output->error));
	}
	return 0;
}

static int exit_status(int pidfd, struct error *err)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0)
		return error_errno(err, "waitid");
	/* Init has ended, but a tracer in the container has not passed its status on. */
	if (info.si_pid == 0)
		return 128 + SIGKILL;
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static int relay_all(struct relay *relay, struct error *err)
{
	int status;

	readiness_begin(&relay->readiness, relay->process);
	/* Without the relay nobody would be told how the process ends, so it is killed. */
	if (relay_loop(relay, err) < 0) {
		syscall(SYS_pidfd_send_signal, relay->process->pidfd, SIGKILL, NULL, 0);
		return -err->code;
	}
	readiness_finish(&relay->readiness);
	drain(relay);
	status = exit_status(relay->process->pidfd, err);
	return status >= 0 && check_written(relay, status, err) < 0 ? -err->code : status;
}

int relay_run(struct container_process *process, struct streams *streams, int signals,
	      struct error *err)
{
	bool has_terminal = process->terminal >= 0;
	struct relay relay = {
		.process = process,
		.streams = streams,
		.signals = signals,
		.tty = {.make_raw = has_terminal},
		.own = {-1, -1, -1},
		.ending = {.peer = -1},
	};
	int result;

	(has_terminal ? begin_terminal : begin_pipes)(&relay);
	relay.tty.used = relay.flow[STDIN_FILENO].open && isatty(STDIN_FILENO);
	result = relay_all(&relay, err);
	tty_restore(&relay.tty);
	cleanup_close_all(relay.own, STREAM_COUNT);
	cleanup_close(&relay.ending.peer);
	return result;
}

void relay_release(const struct container_process *process)
{
	cleanup_close(&process->pidfd);
	cleanup_close(&process->terminal);
}
