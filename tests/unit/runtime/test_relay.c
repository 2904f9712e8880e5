/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A foreground container, with people at both ends. The test is the user, who holds the leader of
 * kist's terminal; a child is kist, which calls relay_run(); its child is the container's init, on a
 * terminal of its own.
 */
#include "runtime/relay.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "tests/unit/runtime/runtime_fixture.h"

enum { DEADLINE_MS = 20000, FAILURE = 98 };

static int user;     /* leader of the user's terminal */
static int terminal; /* its other side, which kist has as stdio */

/* Seen by all three. */
static struct shared {
	size_t written;
	pid_t orphan;
} * shared;

static void pause_ms(long milliseconds)
{
	nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

#define MODES(modes) tcgetattr(terminal, modes)

static int open_leader(void)
{
	int leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	cr_assert(leader >= 0 && grantpt(leader) == 0 && unlockpt(leader) == 0);
	return leader;
}

static void init(void)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct termios modes;

	/* Whoever started the tests may ignore them (nohup). */
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		signal(ends[i], SIG_DFL);

	user = open_leader();
	terminal = open(ptsname(user), O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_geq(terminal, 0);
	/* Bytes arrive as they were written. */
	cr_assert_eq(tcgetattr(terminal, &modes), 0);
	modes.c_oflag = 0;
	cr_assert_eq(tcsetattr(terminal, TCSANOW, &modes), 0);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	cr_assert_neq(shared, MAP_FAILED);
}

TestSuite(relay, .init = init, .timeout = 60);

/* In the children: say what was expected and end, with a status that no test expects. */
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDERR_FILENO, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, \
				strerror(errno));                                                  \
			_exit(99);                                                                 \
		}                                                                                  \
	} while (0)

struct scene {
	void (*container)(void); /* ends init with 0 when it returns */
	void (*kist)(void);      /* before relay_begin() */
	int in, out;             /* kist's; 0: the user's terminal */
	bool no_terminal;        /* process.terminal is false */
};

__attribute__((noreturn)) static void be_container(const struct scene *scene, int leader)
{
	sigset_t none;

	sigemptyset(&none);
	EXPECT(sigprocmask(SIG_SETMASK, &none, NULL) == 0);
	EXPECT(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	if (leader >= 0) {
		int follower;

		EXPECT(setsid() > 0);
		follower = open(ptsname(leader), O_RDWR);
		EXPECT(follower >= 0);
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			EXPECT(dup2(follower, fd) == fd);
	}
	close_range(STDERR_FILENO + 1, ~0U, 0);
	scene->container();
	_exit(0);
}

__attribute__((noreturn)) static void be_kist(const struct scene *scene)
{
	struct container_process process = {.terminal = scene->no_terminal ? -1 : open_leader(),
					    .notify = -1};
	struct streams streams;
	sigset_t before;
	int signals, status;

	EXPECT(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	EXPECT(dup2(scene->in ? scene->in : terminal, STDIN_FILENO) == STDIN_FILENO);
	EXPECT(dup2(scene->out ? scene->out : terminal, STDOUT_FILENO) == STDOUT_FILENO);
	close(user);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	if (scene->kist)
		scene->kist();
	signals = relay_begin(&before, &err);
	EXPECT(signals >= 0);
	EXPECT(streams_replace(&streams, &err) == 0);
	process.pid = fork();
	EXPECT(process.pid >= 0);
	if (process.pid == 0)
		be_container(scene, process.terminal);
	streams_restore(&streams);
	process.pidfd = (int)syscall(SYS_pidfd_open, process.pid, 0);
	EXPECT(process.pidfd >= 0);
	status = relay_run(&process, &streams, signals, &err);
	if (status < 0)
		dprintf(STDERR_FILENO, "%s\n", err.text);
	_exit(status < 0 ? FAILURE : status);
}

static pid_t start(const struct scene *scene)
{
	pid_t kist = fork();

	cr_assert_geq(kist, 0);
	if (kist == 0)
		be_kist(scene);
	return kist;
}

/* Return: kist's exit status */
static int finish(pid_t kist)
{
	int status;

	cr_assert_eq(waitpid(kist, &status, 0), kist);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What can be read there within the deadline, up to size. */
static size_t read_some(int fd, char *buffer, size_t size)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t got;

	cr_assert_eq(poll(&wait, 1, DEADLINE_MS), 1, "nothing came");
	got = read(fd, buffer, size);
	cr_assert_gt(got, 0);
	return (size_t)got;
}

/* Read until text, a line, has come. */
static void expect(int fd, const char *text)
{
	static char line[256];
	size_t length = 0;

	do {
		cr_assert_lt(length, sizeof line - 1, "%s instead of %s", line, text);
		length += read_some(fd, line + length, 1);
		line[length] = '\0';
	} while (!strchr(line, '\n'));
	cr_expect(strstr(line, text), "%s instead of %s", line, text);
}

/* The container's own terminal alters nothing either. */
static void set_own_raw(void)
{
	struct termios modes;

	EXPECT(tcgetattr(STDIN_FILENO, &modes) == 0);
	cfmakeraw(&modes);
	EXPECT(tcsetattr(STDIN_FILENO, TCSANOW, &modes) == 0);
}

static void say(const char *text)
{
	EXPECT(write(STDOUT_FILENO, text, strlen(text)) == (ssize_t)strlen(text));
}

/* A sequence in which every byte tells where it stands. */
static char byte_at(size_t index)
{
	return (char)(index ^ index >> 8 ^ index >> 16);
}

static void write_sequence(int fd, size_t length)
{
	char data[1000];

	for (size_t done = 0; done < length;) {
		size_t count = length - done < sizeof data ? length - done : sizeof data;
		ssize_t written;

		for (size_t i = 0; i < count; i++)
			data[i] = byte_at(done + i);
		written = write(fd, data, count);
		EXPECT(written > 0);
		done += (size_t)written;
		shared->written = done;
	}
}

/* Return: how many bytes are as they should be */
static size_t read_sequence(int fd, size_t length)
{
	char data[1000];

	for (size_t done = 0; done < length;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		size_t count = length - done < sizeof data ? length - done : sizeof data;
		ssize_t got = poll(&wait, 1, DEADLINE_MS) > 0 ? read(fd, data, count) : 0;

		if (got <= 0)
			return done;
		for (ssize_t i = 0; i < got; i++)
			if (data[i] != byte_at(done++))
				return done - 1;
	}
	return length;
}

enum { ALL_BYTES = 256, MUCH = 1 << 20 };

static void answer_every_byte(void)
{
	set_own_raw();
	say("ready\n");
	EXPECT(read_sequence(STDIN_FILENO, ALL_BYTES) == ALL_BYTES);
	write_sequence(STDOUT_FILENO, ALL_BYTES);
}

Test(relay, every_byte_in_both_directions)
{
	pid_t kist = start(&(struct scene){.container = answer_every_byte});

	expect(user, "ready");
	write_sequence(user, ALL_BYTES);
	cr_expect_eq(read_sequence(user, ALL_BYTES), ALL_BYTES);
	cr_expect_eq(finish(kist), 0);
}

static void take_much(void)
{
	set_own_raw();
	say("ready\n");
	pause_ms(100);
	EXPECT(read_sequence(STDIN_FILENO, MUCH) == MUCH);
	say("all of it\n");
}

Test(relay, much_input_is_not_lost)
{
	pid_t kist = start(&(struct scene){.container = take_much});

	expect(user, "ready");
	write_sequence(user, MUCH);
	expect(user, "all of it");
	cr_expect_eq(finish(kist), 0);
}

/* What was written right before the end included. */
static void give_much(void)
{
	set_own_raw();
	write_sequence(STDOUT_FILENO, MUCH);
	_exit(5);
}

Test(relay, much_output_is_not_lost)
{
	pid_t kist = start(&(struct scene){.container = give_much});

	/* Until nothing fits any more. */
	pause_ms(100);
	cr_expect_eq(read_sequence(user, MUCH), MUCH);
	cr_expect_eq(finish(kist), 5);
}

Test(relay, much_output_to_a_pipe)
{
	int ends[2];
	pid_t kist;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	kist = start(&(struct scene){.container = give_much, .out = ends[1]});
	close(ends[1]);
	pause_ms(100);
	cr_expect_eq(read_sequence(ends[0], MUCH), MUCH);
	cr_expect_eq(finish(kist), 5);
}

static void speak_last(void)
{
	say("last words\n");
}

/* Init's end and its output come at the same time, in any order. */
Test(relay, last_words)
{
	for (int round = 0; round < 50; round++) {
		pid_t kist = start(&(struct scene){.container = speak_last});

		expect(user, "last words");
		cr_expect_eq(finish(kist), 0);
	}
}

static pid_t start_without_reader(void (*container)(void))
{
	int ends[2];
	pid_t kist;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	kist = start(&(struct scene){.container = container, .out = ends[1]});
	close(ends[1]);
	return kist;
}

/* As when the person closes the window. */
Test(relay, output_that_nobody_reads_any_more)
{
	cr_expect_eq(finish(start_without_reader(give_much)), 128 + SIGHUP);
	cr_expect_lt(shared->written, MUCH);
}

static void write_on(void)
{
	ssize_t written;

	signal(SIGHUP, SIG_IGN);
	do
		written = write(STDOUT_FILENO, "more\n", 5);
	while (written > 0);
	EXPECT(errno == EIO);
	_exit(6);
}

Test(relay, a_writer_learns_that_nobody_reads_any_more)
{
	cr_expect_eq(finish(start_without_reader(write_on)), 6);
}

Test(relay, output_that_cannot_be_written)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	cr_assert_geq(full, 0);
	cr_expect_eq(finish(start(&(struct scene){.container = write_on, .out = full})), FAILURE);
}

/* No writing below the first page. */
Test(relay, a_file_that_cannot_be_written)
{
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	cr_assert_geq(memory, 0);
	cr_expect_eq(finish(start(&(struct scene){.container = speak_last, .out = memory})),
		     FAILURE);
}

/* A program that keeps the other side of its child's terminal may pass it on as stdout. */
Test(relay, output_to_the_leader_of_a_terminal)
{
	int leader = open_leader();
	int other = open(ptsname(leader), O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t kist = start(&(struct scene){.container = speak_last, .out = leader});

	cr_assert_geq(other, 0);
	expect(other, "last words");
	cr_expect_eq(finish(kist), 0);
}

static void wait_for_modes(tcflag_t canonical)
{
	struct termios modes;

	for (int tries = 0; MODES(&modes) == 0 && (modes.c_lflag & ICANON) != canonical; tries++) {
		cr_assert_lt(tries, DEADLINE_MS / 10);
		pause_ms(10);
	}
}

static void write_and_stay(void)
{
	char byte;

	set_own_raw();
	signal(SIGHUP, SIG_IGN);
	EXPECT(read(STDIN_FILENO, &byte, 1) == 1);
	say("more\n");
	for (;;)
		pause();
}

/* Nothing typed gets there any more: Ctrl-C is for kist again. */
Test(relay, the_terminal_of_a_program_that_stays_after_a_hang_up)
{
	pid_t kist = start_without_reader(write_and_stay);

	wait_for_modes(0);
	cr_assert_eq(write(user, "x", 1), 1);
	wait_for_modes(ICANON);
	cr_expect_eq(waitpid(kist, NULL, WNOHANG), 0);
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), 128 + SIGTERM);
}

/* Init has ended well, but not all it wrote has arrived. */
Test(relay, output_that_is_given_up)
{
	int ends[2];
	pid_t kist;

	cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(ends[1], "full", 4) > 0)
		;
	cr_assert_eq(fcntl(ends[1], F_SETFL, 0), 0);
	kist = start(&(struct scene){.container = speak_last, .out = ends[1]});
	pause_ms(300);
	cr_expect_eq(waitpid(kist, NULL, WNOHANG), 0);
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), FAILURE);
}

static void write_for_ever(void)
{
	set_own_raw();
	write_sequence(STDOUT_FILENO, SIZE_MAX);
}

/* The output is full: only signals move anything. */
static void check_full(int out)
{
	pid_t kist = start(&(struct scene){.container = write_for_ever, .out = out});
	size_t before;

	do {
		before = shared->written;
		pause_ms(100);
	} while (before == 0 || shared->written != before);
	kill(kist, SIGTERM);
	/* What init has written is still wanted. */
	pause_ms(200);
	cr_expect_eq(waitpid(kist, NULL, WNOHANG), 0);
	/* Unless he says otherwise who would have to read it. */
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), 128 + SIGTERM);
}

/* As after Ctrl-S. */
Test(relay, a_stopped_terminal_does_not_stop_signals)
{
	check_full(0);
}

Test(relay, a_full_pipe_does_not_stop_signals)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	check_full(ends[1]);
}

/* Init ends before them. */
static void leave_writers(void)
{
	signal(SIGHUP, SIG_IGN);
	for (int count = 0; count < 2; count++) {
		if (fork() != 0)
			continue;
		while (write(STDOUT_FILENO, "and more\n", 9) > 0)
			;
		_exit(0);
	}
	pause_ms(100);
	_exit(3);
}

static void check_leavers(bool no_terminal)
{
	pid_t kist = start(&(struct scene){.container = leave_writers, .no_terminal = no_terminal});
	char data[4096];
	int status;

	for (int i = 0; waitpid(kist, &status, WNOHANG) == 0; i++) {
		struct pollfd wait = {.fd = user, .events = POLLIN};

		cr_assert_lt(i, DEADLINE_MS);
		/* It may have ended just now. */
		if (poll(&wait, 1, 1) == 1)
			read_some(user, data, sizeof data);
	}
	cr_expect(WIFEXITED(status));
	cr_expect_eq(WEXITSTATUS(status), 3);
}

Test(relay, what_others_write_for_ever_has_an_end)
{
	check_leavers(false);
	check_leavers(true);
}

static void read_nothing(void)
{
	set_own_raw();
	say("ready\n");
	for (;;)
		pause();
}

/* The container's terminal is full, and kist has more for it. */
Test(relay, input_that_nobody_reads_does_not_stop_signals)
{
	pid_t kist = start(&(struct scene){.container = read_nothing});
	char data[1000] = "";
	size_t typed = 0;

	expect(user, "ready");
	cr_assert_eq(fcntl(user, F_SETFL, O_NONBLOCK), 0);
	for (int idle = 0; idle < 10; pause_ms(10)) {
		ssize_t written = write(user, data, sizeof data);

		typed += written > 0 ? (size_t)written : 0;
		idle = written > 0 ? 0 : idle + 1;
	}
	cr_expect_gt(typed, 4096);
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), 128 + SIGTERM);
}

static void wait_for_ever(void)
{
	say("ready\n");
	for (;;)
		pause();
}

Test(relay, the_terminal_is_raw_meanwhile)
{
	struct termios before, meanwhile, after;
	pid_t kist;

	cr_assert_eq(MODES(&before), 0);
	cr_assert(before.c_lflag & ICANON);
	kist = start(&(struct scene){.container = wait_for_ever});
	expect(user, "ready");
	cr_assert_eq(MODES(&meanwhile), 0);
	cr_expect_eq(meanwhile.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
	cr_expect_eq(meanwhile.c_iflag & (IXON | ICRNL), 0);
	cr_expect(meanwhile.c_oflag & OPOST);
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), 128 + SIGTERM);
	cr_assert_eq(MODES(&after), 0);
	cr_expect_eq(after.c_lflag, before.c_lflag);
	cr_expect_eq(after.c_iflag, before.c_iflag);
	cr_expect_eq(after.c_oflag, before.c_oflag);
	cr_expect_arr_eq(after.c_cc, before.c_cc, sizeof after.c_cc);
}

/* A shell that has put kist in the background; what becomes of it then. */
__attribute__((noreturn)) static void control_job(const struct scene *scene, void (*then)(pid_t))
{
	int status;
	pid_t kist;

	EXPECT(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	EXPECT(setsid() > 0 && ioctl(terminal, TIOCSCTTY, 0) == 0);
	signal(SIGTTOU, SIG_IGN);
	kist = fork();
	EXPECT(kist >= 0);
	if (kist == 0) {
		EXPECT(setpgid(0, 0) == 0);
		signal(SIGTTOU, SIG_DFL);
		be_kist(scene);
	}
	then(kist);
	EXPECT(waitpid(kist, &status, 0) == kist && WIFEXITED(status));
	_exit(WEXITSTATUS(status));
}

static pid_t start_job(const struct scene *scene, void (*then)(pid_t))
{
	pid_t shell = fork();

	cr_assert_geq(shell, 0);
	if (shell == 0)
		control_job(scene, then);
	return shell;
}

static void expect_waiting(pid_t kist)
{
	struct termios modes;

	pause_ms(300);
	EXPECT(waitpid(kist, NULL, WUNTRACED | WNOHANG) == 0);
	EXPECT(MODES(&modes) == 0 && modes.c_lflag & ICANON);
}

/* Shells continue only what is stopped. */
static void bring_to_front(pid_t kist)
{
	expect_waiting(kist);
	EXPECT(tcsetpgrp(terminal, kist) == 0);
}

/* What has the terminal now must not find it raw. */
Test(relay, in_the_background_it_waits_for_the_foreground)
{
	pid_t shell = start_job(&(struct scene){.container = wait_for_ever}, bring_to_front);

	expect(user, "ready");
	wait_for_modes(0);
	cr_assert_eq(write(user, "\3", 1), 1);
	cr_expect_eq(finish(shell), 128 + SIGINT);
}

static void end_it(pid_t kist)
{
	expect_waiting(kist);
	EXPECT(kill(kist, SIGTERM) == 0);
}

Test(relay, in_the_background_it_can_be_ended)
{
	for (int no_terminal = 0; no_terminal <= 1; no_terminal++) {
		struct scene scene = {.container = wait_for_ever, .no_terminal = no_terminal};
		pid_t shell = start_job(&scene, end_it);

		expect(user, "ready");
		cr_expect_eq(finish(shell), 128 + SIGTERM);
	}
}

/* The modes to go back to are those that the terminal has when kist takes it. */
static void change_and_bring_to_front(pid_t kist)
{
	struct termios modes;

	expect_waiting(kist);
	EXPECT(MODES(&modes) == 0);
	modes.c_cc[VINTR] = 'x';
	EXPECT(tcsetattr(terminal, TCSANOW, &modes) == 0);
	EXPECT(tcsetpgrp(terminal, kist) == 0);
}

Test(relay, the_modes_are_those_of_the_foreground)
{
	struct termios modes;
	pid_t shell =
		start_job(&(struct scene){.container = wait_for_ever}, change_and_bring_to_front);

	wait_for_modes(0);
	cr_assert_eq(write(user, "\3", 1), 1);
	cr_expect_eq(finish(shell), 128 + SIGINT);
	cr_assert_eq(MODES(&modes), 0);
	cr_expect_eq(modes.c_cc[VINTR], 'x');
	cr_expect(modes.c_lflag & ICANON);
}

/* As the shell's kill does it. */
static void end_what_is_stopped(pid_t kist)
{
	int status;

	EXPECT(waitpid(kist, &status, WUNTRACED) == kist && WIFSTOPPED(status));
	EXPECT(WSTOPSIG(status) == SIGTTOU);
	EXPECT(kill(kist, SIGTERM) == 0 && kill(kist, SIGCONT) == 0);
}

static void continue_what_is_stopped(pid_t kist)
{
	int status;

	/* Not in the background. */
	for (int i = 0; i < 3; i++) {
		EXPECT(waitpid(kist, &status, WUNTRACED) == kist && WIFSTOPPED(status));
		EXPECT(kill(kist, SIGCONT) == 0);
	}
	EXPECT(waitpid(kist, &status, WUNTRACED) == kist && WIFSTOPPED(status));
	EXPECT(tcsetpgrp(terminal, kist) == 0 && kill(kist, SIGCONT) == 0);
}

/* As with stty tostop. */
static void forbid_output(void)
{
	struct termios modes;

	cr_assert_eq(MODES(&modes), 0);
	modes.c_lflag |= TOSTOP;
	cr_assert_eq(tcsetattr(terminal, TCSANOW, &modes), 0);
}

Test(relay, output_from_the_background_stops)
{
	struct scene scene = {.container = speak_last, .no_terminal = true};
	pid_t shell;

	forbid_output();
	shell = start_job(&scene, continue_what_is_stopped);
	expect(user, "last words");
	cr_expect_eq(finish(shell), 0);
}

Test(relay, what_output_has_stopped_can_be_ended)
{
	struct scene scene = {.container = wait_for_ever, .no_terminal = true};

	forbid_output();
	cr_expect_eq(finish(start_job(&scene, end_what_is_stopped)), 128 + SIGTERM);
}

Test(relay, a_terminal_that_the_container_does_not_have_is_left_alone)
{
	struct termios meanwhile;
	pid_t kist = start(&(struct scene){.container = wait_for_ever, .no_terminal = true});

	expect(user, "ready");
	cr_assert_eq(MODES(&meanwhile), 0);
	cr_expect(meanwhile.c_lflag & ICANON);
	kill(kist, SIGINT);
	cr_expect_eq(finish(kist), 128 + SIGINT);
}

/* A line each, without any 0 by 0 of a terminal that was not told yet. */
static void tell_sizes(void)
{
	struct winsize size, told = {0};
	sigset_t changes;

	sigemptyset(&changes);
	sigaddset(&changes, SIGWINCH);
	EXPECT(sigprocmask(SIG_BLOCK, &changes, NULL) == 0);
	for (;;) {
		EXPECT(ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0);
		if (memcmp(&size, &told, sizeof size) != 0)
			dprintf(STDOUT_FILENO, "%d by %d\n", size.ws_row, size.ws_col);
		told = size;
		EXPECT(sigwaitinfo(&changes, NULL) == SIGWINCH);
	}
}

Test(relay, the_window_s_size)
{
	struct winsize size = {.ws_row = 33, .ws_col = 77};
	pid_t kist;

	cr_assert_eq(ioctl(user, TIOCSWINSZ, &size), 0);
	kist = start(&(struct scene){.container = tell_sizes});
	expect(user, "33 by 77");
	size.ws_row = 44;
	cr_assert_eq(ioctl(user, TIOCSWINSZ, &size), 0);
	/* Not kist's controlling terminal: nobody else tells it. */
	kill(kist, SIGWINCH);
	expect(user, "44 by 77");
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), 128 + SIGTERM);
}

/* One that does not know its size, as that of a serial line, is no reason to change the other. */
Test(relay, an_unknown_size_is_not_copied)
{
	struct winsize size = {.ws_row = 33, .ws_col = 77};
	pid_t kist;

	cr_assert_eq(ioctl(user, TIOCSWINSZ, &size), 0);
	kist = start(&(struct scene){.container = tell_sizes});
	expect(user, "33 by 77");
	cr_assert_eq(ioctl(user, TIOCSWINSZ, &(struct winsize){0}), 0);
	kill(kist, SIGWINCH);
	size.ws_col = 78;
	pause_ms(50);
	cr_assert_eq(ioctl(user, TIOCSWINSZ, &size), 0);
	kill(kist, SIGWINCH);
	expect(user, "33 by 78");
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), 128 + SIGTERM);
}

static void tell_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	EXPECT(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
	dprintf(STDOUT_FILENO, "ready\n");
	for (;;)
		dprintf(STDOUT_FILENO, "signal %d.\n", sigwaitinfo(&all, NULL));
}

static void expect_signal(int signal)
{
	char text[32];

	snprintf(text, sizeof text, "signal %d.", signal);
	expect(user, text);
}

/* What nobody can hold back, what stops jobs, what is about kist, and libc's two. */
static bool is_kept(int signal)
{
	static const int kept[] = {
		SIGKILL, SIGSTOP, SIGTTIN, SIGTTOU, SIGCHLD, SIGPIPE, SIGURG, SIGWINCH, 32, 33,
	};

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (kept[i] == signal)
			return true;
	return false;
}

Test(relay, signals_are_for_the_container)
{
	pid_t kist = start(&(struct scene){.container = tell_signals, .no_terminal = true});

	expect(user, "ready");
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		if (is_kept(signal))
			continue;
		kill(kist, signal);
		expect_signal(signal);
	}
	/* They do not arrive first, though they are lower. */
	kill(kist, SIGSTOP);
	kill(kist, SIGPIPE);
	kill(kist, SIGURG);
	kill(kist, SIGWINCH);
	kill(kist, SIGCHLD);
	kill(kist, SIGRTMAX);
	kill(kist, SIGCONT);
	expect_signal(SIGCONT);
	expect_signal(SIGRTMAX);
	kill(kist, SIGKILL);
	cr_expect_eq(finish(kist), -1);
}

static const int ignorable[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

static void ignore_signals(void)
{
	for (size_t i = 0; i < sizeof ignorable / sizeof *ignorable; i++)
		signal(ignorable[i], SIG_IGN);
}

/* By nohup(1), or as a job that a script has put in the background. */
Test(relay, signals_that_the_caller_ignores)
{
	pid_t kist = start(&(struct scene){
		.container = tell_signals, .kist = ignore_signals, .no_terminal = true});

	expect(user, "ready");
	for (size_t i = 0; i < sizeof ignorable / sizeof *ignorable; i++)
		kill(kist, ignorable[i]);
	/* They do not arrive first, though most of them are lower. */
	kill(kist, SIGRTMAX);
	expect_signal(SIGRTMAX);
	kill(kist, SIGKILL);
	cr_expect_eq(finish(kist), -1);
}

Test(relay, a_fault_still_ends_kist, .signal = SIGABRT)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	cr_assert_geq(relay_begin(&(sigset_t){0}, &err), 0);
	abort();
}

static void ignore_children(void)
{
	signal(SIGCHLD, SIG_IGN);
}

static void end_with_42(void)
{
	_exit(42);
}

static void end_by_a_signal(void)
{
	kill(getpid(), SIGKILL);
}

Test(relay, exit_status)
{
	for (int no_terminal = 0; no_terminal <= 1; no_terminal++) {
		struct scene scene = {.container = end_with_42, .no_terminal = no_terminal};

		cr_expect_eq(finish(start(&scene)), 42);
		scene.kist = ignore_children;
		cr_expect_eq(finish(start(&scene)), 42);
		scene.container = end_by_a_signal;
		cr_expect_eq(finish(start(&scene)), 128 + SIGKILL);
	}
}

/* A manager of services closes the console, and opens it again for each that writes to it. */
static void open_again(void)
{
	char name[64];

	EXPECT(ttyname_r(STDIN_FILENO, name, sizeof name) == 0);
	say("first\n");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		close(fd);
	pause_ms(100);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		open(name, O_RDWR | O_NOCTTY);
	say("again\n");
}

Test(relay, a_console_that_is_opened_again)
{
	pid_t kist = start(&(struct scene){.container = open_again});

	expect(user, "first");
	expect(user, "again");
	cr_expect_eq(finish(kist), 0);
}

/* A pipe that has this in it, and no more. */
static int pipe_with(const char *text)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	cr_assert_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	return ends[0];
}

/* Line by line, as the terminal of a program that knows nothing of terminals. */
static size_t read_to_end(char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while ((got = read(STDIN_FILENO, text + length, size - length)) > 0)
		length += (size_t)got;
	EXPECT(got == 0);
	return length;
}

static void copy_to_end(void)
{
	char text[256] = "";
	size_t length = read_to_end(text, sizeof text - 1);

	dprintf(STDOUT_FILENO, "got %zu bytes\n", length);
}

/* A terminal has no end, so the end of the input becomes the character that stands for it. */
Test(relay, the_end_of_the_input)
{
	static const struct {
		const char *input, *expected;
	} cases[] = {
		{"", "got 0 bytes"},
		{"line\n", "got 5 bytes"},
		{"line\nno line", "got 12 bytes"},
		{"\n\n", "got 2 bytes"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int in = pipe_with(cases[i].input);
		char text[256];
		size_t length = 0;
		pid_t kist = start(&(struct scene){.container = copy_to_end, .in = in});

		close(in);
		/* Behind the echo. */
		do {
			length += read_some(user, text + length, sizeof text - 1 - length);
			text[length] = '\0';
		} while (!strstr(text, " bytes"));
		cr_expect(strstr(text, cases[i].expected), "%s", text);
		cr_expect_eq(finish(kist), 0);
	}
}

/* Once: whoever reads next finds no second end. */
static void read_twice(void)
{
	char text[256];
	struct pollfd more = {.fd = STDIN_FILENO, .events = POLLIN};

	EXPECT(read_to_end(text, sizeof text) == 5);
	EXPECT(poll(&more, 1, 200) == 0);
}

Test(relay, the_end_of_the_input_comes_once)
{
	pid_t kist = start(&(struct scene){.container = read_twice, .in = pipe_with("line\n")});

	cr_expect_eq(finish(kist), 0);
}

/* As shells do that edit their lines. What came before is read as lines first. */
static void edit_lines(void)
{
	char text[256];

	pause_ms(200);
	EXPECT(read(STDIN_FILENO, text, sizeof text) == 5);
	set_own_raw();
	EXPECT(read(STDIN_FILENO, text, sizeof text) == 1 && text[0] == 4);
}

Test(relay, the_end_of_the_input_for_an_editor_of_lines)
{
	pid_t kist = start(&(struct scene){.container = edit_lines, .in = pipe_with("line\n")});

	cr_expect_eq(finish(kist), 0);
}

/* The character is the terminal's own affair. */
static void end_by_x(void)
{
	struct termios modes;
	char text[256];

	EXPECT(tcgetattr(STDIN_FILENO, &modes) == 0);
	modes.c_cc[VEOF] = 'x';
	EXPECT(tcsetattr(STDIN_FILENO, TCSANOW, &modes) == 0);
	say("ready\n");
	EXPECT(read_to_end(text, sizeof text) == 5);
}

static int typing;

static void do_not_type(void)
{
	close(typing);
}

Test(relay, the_end_of_the_input_by_another_character)
{
	int ends[2];
	pid_t kist;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	typing = ends[1];
	kist = start(&(struct scene){.container = end_by_x, .kist = do_not_type, .in = ends[0]});
	expect(user, "ready");
	cr_assert_eq(write(ends[1], "line\n", 5), 5);
	close(ends[1]);
	cr_expect_eq(finish(kist), 0);
}

static void rest(void)
{
	pause_ms(500);
	say("rested\n");
}

/* Neither the end of stdin nor a stdout without reader keeps kist busy. */
Test(relay, what_has_ended_is_not_asked_again)
{
	struct rusage used;
	int ends[2], status;
	pid_t kist;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]);
	kist = start(&(struct scene){.container = rest, .in = ends[0]});
	expect(user, "rested");
	cr_assert_eq(wait4(kist, &status, 0, &used), kist);
	cr_expect_eq(status, 0);
	cr_expect_eq(used.ru_utime.tv_sec + used.ru_stime.tv_sec, 0);
	cr_expect_lt(used.ru_utime.tv_usec + used.ru_stime.tv_usec, 200000);
}

static void become_subreaper(void)
{
	EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
}

/* Init sees the orphan until somebody has waited for it. */
static void leave_an_orphan(void)
{
	pid_t parent = fork();

	EXPECT(parent >= 0);
	if (parent == 0) {
		pid_t orphan = fork();

		if (orphan == 0)
			pause_ms(100);
		else
			shared->orphan = orphan;
		_exit(0);
	}
	EXPECT(waitpid(parent, NULL, 0) == parent && shared->orphan > 0);
	for (int tries = 0; kill(shared->orphan, 0) == 0; tries++) {
		EXPECT(tries < DEADLINE_MS / 10);
		pause_ms(10);
	}
	_exit(6);
}

Test(relay, orphans_are_taken_in)
{
	struct scene scene = {
		.container = leave_an_orphan, .kist = become_subreaper, .no_terminal = true};

	cr_expect_eq(finish(start(&scene)), 6);
}

/* Without a terminal of its own the container does not get the user's. */

static void check_streams(void)
{
	char text[64];

	EXPECT(!isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO));
	say("ready\n");
	EXPECT(read(STDIN_FILENO, text, sizeof text) == 5);
	EXPECT(read(STDIN_FILENO, text, sizeof text) == 0);
	_exit(7);
}

static pid_t start_with_pipes(void (*container)(void))
{
	pid_t kist = start(&(struct scene){.container = container, .no_terminal = true});

	expect(user, "ready");
	return kist;
}

static void type(const char *text)
{
	cr_assert_eq(write(user, text, strlen(text)), (ssize_t)strlen(text));
}

static int untaken(void)
{
	int count;

	cr_assert_eq(ioctl(terminal, FIONREAD, &count), 0);
	return count;
}

static void wait_until_taken(void)
{
	for (int tries = 0; untaken() > 0; tries++) {
		cr_assert_lt(tries, DEADLINE_MS / 10);
		pause_ms(10);
	}
}

Test(relay, pipes_instead_of_the_terminal)
{
	pid_t kist = start_with_pipes(check_streams);

	type("line\n");
	type("\4");
	cr_expect_eq(finish(kist), 7);
}

/* The next line is for whoever reads there next. */
Test(relay, a_line_that_the_container_does_not_ask_for)
{
	pid_t kist = start_with_pipes(wait_for_ever);

	type("first\n");
	wait_until_taken();
	type("next\n");
	pause_ms(200);
	cr_expect_eq(untaken(), 5);
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), 128 + SIGTERM);
	cr_expect_eq(untaken(), 5);
}

static void close_input(void)
{
	close(STDIN_FILENO);
	wait_for_ever();
}

Test(relay, input_that_nobody_can_read_any_more)
{
	pid_t kist = start_with_pipes(close_input);

	type("line\n");
	pause_ms(200);
	cr_expect_eq(untaken(), 5);
	kill(kist, SIGTERM);
	cr_expect_eq(finish(kist), 128 + SIGTERM);
}

/* It keeps the pipes, and keeps nobody waiting. */
static void leave_a_reader(void)
{
	char text[64];

	if (fork() == 0) {
		while (read(STDIN_FILENO, text, sizeof text) > 0)
			say("stolen\n");
		_exit(0);
	}
	say("ready\n");
	_exit(8);
}

Test(relay, what_is_left_behind_has_no_terminal)
{
	pid_t kist = start_with_pipes(leave_a_reader);

	cr_expect_eq(finish(kist), 8);
	type("line\n");
	pause_ms(100);
	cr_expect_eq(untaken(), 5);
}

static void read_one(void)
{
	char byte;

	set_own_raw();
	say("ready\n");
	EXPECT(read(STDIN_FILENO, &byte, 1) == 1 && byte == 'x');
}

/* Kist waits for what is typed when the terminal is another's already. */
static void type_for_another(pid_t kist)
{
	bring_to_front(kist);
	wait_for_modes(0);
	pause_ms(300);
	EXPECT(tcsetpgrp(terminal, getpgrp()) == 0);
	EXPECT(write(user, "x", 1) == 1);
	pause_ms(300);
	EXPECT(waitpid(kist, NULL, WUNTRACED | WNOHANG) == 0);
	EXPECT(tcsetpgrp(terminal, kist) == 0);
}

Test(relay, a_foreground_that_changes_meanwhile)
{
	cr_expect_eq(finish(start_job(&(struct scene){.container = read_one}, type_for_another)),
		     0);
}

static void write_until_killed(void)
{
	say("ready\n");
	for (;;)
		say("more\n");
}

/* As it would be told without kist between. */
Test(relay, a_terminal_that_is_gone)
{
	pid_t kist = start_with_pipes(write_until_killed);

	close(terminal);
	close(user);
	cr_expect_eq(finish(kist), 128 + SIGPIPE);
}
