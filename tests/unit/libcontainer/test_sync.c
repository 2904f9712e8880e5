/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The conversation between init and the host side, and what happens when one of them lies or dies.
 */
#include "libcontainer/process/sync.h"

#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "libcontainer/io.h"
#include "libcontainer/seccomp/agent.h"

#include "tests/unit/libcontainer/process_fixture.h"

/* The test is one side, with creation, and speaks for the other one by this end. */
static int other = -1;
static int notify = -1; /* what came with NOTIFY */

static void begin(void)
{
	int ends[2];

	fixture_init();
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	creation.sync = ends[0];
	other = ends[1];
}

TestSuite(sync, .init = begin, .fini = fixture_finish);

#define SAY(word) cr_assert_eq(sync_send(other, word, &err), 0, "%s", err.text)
#define HEAR(word) cr_expect_eq(sync_receive(creation.sync, -1, NULL, &err), word)

/* What the other side might say that kist never says. */
static void say_bytes(const void *bytes, size_t size)
{
	cr_assert_eq(send(other, bytes, size, 0), (ssize_t)size);
}

/* A failure as it crosses the socket. */
struct failure {
	enum sync_word word;
	struct error error;
};

/* Filled as hostile memory might be: no NUL anywhere. */
static struct failure *hostile_failure(void)
{
	static struct failure failure;

	memset(&failure, 'x', sizeof failure);
	failure.word = SYNC_FAILED;
	failure.error.code = EACCES;
	return &failure;
}

Test(sync, words_cross)
{
	SAY(SYNC_PAUSED);
	SAY(SYNC_GO);
	HEAR(SYNC_PAUSED);
	HEAR(SYNC_GO);
}

Test(sync, a_closed_socket_says_so)
{
	SAY(SYNC_PAUSED);
	close(other);
	HEAR(SYNC_PAUSED);
	HEAR(SYNC_CLOSED);
	HEAR(SYNC_CLOSED);
}

Test(sync, a_failure_becomes_its_error)
{
	struct error failure;

	error_set(&failure, ENOEXEC, "args[0]: %s", "no");
	sync_send_failure(other, &failure);
	REFUSED(sync_receive(creation.sync, -1, NULL, &err), ENOEXEC, "args[0]: no");
}

Test(sync, a_failure_without_end_is_cut)
{
	say_bytes(hostile_failure(), sizeof(struct failure));
	cr_expect_eq(sync_receive(creation.sync, -1, NULL, &err), -EACCES);
	cr_expect_eq(strnlen(err.text, sizeof err.text), sizeof err.text - 1);
}

/* Success must not be made of a failure. */
Test(sync, a_failure_without_a_code)
{
	static const int codes[] = {0, -1, -EACCES, INT_MIN};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct failure *failure = hostile_failure();

		failure->error.code = codes[i];
		say_bytes(failure, sizeof *failure);
		REFUSED(sync_receive(creation.sync, -1, NULL, &err), EPROTO,
			"init sent a malformed message");
	}
}

Test(sync, a_message_that_is_cut)
{
	const struct failure *failure = hostile_failure();

	say_bytes(failure, 1);
	REFUSED(sync_receive(creation.sync, -1, NULL, &err), EPROTO,
		"init sent a malformed message");
	say_bytes(failure, sizeof failure->word);
	cr_expect_eq(sync_receive(creation.sync, -1, NULL, &err), -EPROTO);
	say_bytes(failure, sizeof *failure - 1);
	cr_expect_eq(sync_receive(creation.sync, -1, NULL, &err), -EPROTO);
}

/* An error that cannot be told is nobody's loss: init must not die of SIGPIPE before it exits. */
Test(sync, a_failure_that_nobody_hears)
{
	struct error failure;

	close(creation.sync);
	error_set(&failure, EACCES, "x");
	sync_send_failure(other, &failure);
}

Test(sync, a_terminal_comes_with_its_word)
{
	_close_ int terminal = open("/dev/null", O_RDWR | O_CLOEXEC);
	int received = -1;

	cr_assert_eq(sync_send_descriptor(other, terminal, &err), 0);
	cr_expect_eq(sync_receive(creation.sync, -1, &received, &err), SYNC_FD);
	cr_expect_geq(received, 0);
	cr_expect_eq(fcntl(received, F_GETFD), FD_CLOEXEC);
	close(received);
}

/* The kernel first says that somebody ended without having read all. */
Test(sync, a_failure_of_one_who_did_not_listen)
{
	struct error failure;

	cr_assert_eq(sync_send(creation.sync, SYNC_GO, &err), 0);
	error_set(&failure, EPERM, "setgroups: no");
	sync_send_failure(other, &failure);
	close(other);
	REFUSED(sync_receive(creation.sync, -1, NULL, &err), EPERM, "setgroups: no");
}

Test(sync, one_who_neither_listened_nor_spoke)
{
	cr_assert_eq(sync_send(creation.sync, SYNC_GO, &err), 0);
	close(other);
	cr_expect_eq(sync_receive(creation.sync, -1, NULL, &err), -ECONNRESET);
}

Test(sync, a_descriptor_for_the_host_side)
{
	struct error failure;
	int received;

	creation.init = -1;
	cr_assert_eq(sync_send_descriptor(other, other, &err), 0);
	received = sync_receive_descriptor(&creation, &err);
	cr_expect_eq(fcntl(received, F_GETFD), FD_CLOEXEC, "%s", err.text);
	/* It is the other end itself. */
	close(received);
	SAY(SYNC_FD);
	REFUSED(sync_receive_descriptor(&creation, &err), EPROTO,
		"init said something unexpected (2)");
	error_set(&failure, EACCES, "no");
	sync_send_failure(other, &failure);
	REFUSED(sync_receive_descriptor(&creation, &err), EACCES, "no");
	close(other);
	REFUSED(sync_receive_descriptor(&creation, &err), ECHILD, "init was killed");
}

/* A process that says this, unless it is SYNC_CLOSED, and ends. Return: its pidfd */
static int end_after(enum sync_word word)
{
	siginfo_t info;
	pid_t pid = fork();
	int pidfd;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (word != SYNC_CLOSED)
			sync_send(other, word, &err);
		_exit(EXIT_SUCCESS);
	}
	pidfd = sys_pidfd_open(pid, 0);
	cr_assert_geq(pidfd, 0);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pidfd;
}

/* The test holds the other end open, as a process might that init has made. */
Test(sync, a_process_that_has_ended_says_nothing_more)
{
	_close_ int pidfd = end_after(SYNC_CLOSED);

	cr_expect_eq(sync_receive(creation.sync, pidfd, NULL, &err), SYNC_CLOSED);
}

Test(sync, what_a_process_said_before_it_ended_counts)
{
	_close_ int pidfd = end_after(SYNC_PAUSED);

	cr_expect_eq(sync_receive(creation.sync, pidfd, NULL, &err), SYNC_PAUSED);
	cr_expect_eq(sync_receive(creation.sync, pidfd, NULL, &err), SYNC_CLOSED);
}

/*
 * The host side
 */

Test(sync, a_word_that_is_awaited)
{
	SAY(SYNC_PAUSED);
	cr_expect_eq(sync_await(creation.sync, -1, NULL, -1, &err), 0);
	HEAR(SYNC_PAUSED);
}

Test(sync, a_word_that_does_not_come)
{
	cr_expect_eq(sync_await(creation.sync, -1, NULL, 1, &err), -ETIMEDOUT);
}

Test(sync, ready_when_init_is_paused)
{
	SAY(SYNC_PAUSED);
	PLAN(sync_ready_for_hooks.run(&creation, &err));
	cr_expect_eq(creation.console.leader, -1);
}

Test(sync, ready_keeps_the_terminal)
{
	_close_ int terminal = open("/dev/null", O_RDWR | O_CLOEXEC);

	cr_assert_eq(sync_send_descriptor(other, terminal, &err), 0);
	SAY(SYNC_PAUSED);
	PLAN(sync_ready_for_hooks.run(&creation, &err));
	cr_expect_geq(creation.console.leader, 0);
	cr_expect_neq(creation.console.leader, terminal);
}

Test(sync, there_is_one_terminal)
{
	_close_ int terminal = open("/dev/null", O_RDWR | O_CLOEXEC);

	sync_send_descriptor(other, terminal, &err);
	sync_send_descriptor(other, terminal, &err);
	cr_expect_eq(sync_ready_for_hooks.run(&creation, &err), -EPROTO);
	cr_expect_geq(creation.console.leader, 0, "the first one is there to be closed");
}

Test(sync, a_terminal_needs_a_descriptor)
{
	SAY(SYNC_FD);
	REFUSED(sync_ready_for_hooks.run(&creation, &err), EPROTO,
		"init said something unexpected (2)");
}

Test(sync, init_does_not_say_go)
{
	SAY(SYNC_GO);
	REFUSED(sync_ready_for_hooks.run(&creation, &err), EPROTO,
		"init said something unexpected (4)");
	say_bytes("\xff\xff\xff\x7f", 4);
	cr_expect_eq(sync_ready_for_hooks.run(&creation, &err), -EPROTO);
}

Test(sync, ready_hears_why_not)
{
	struct error failure;

	error_set(&failure, ENOENT, "mounts: x");
	sync_send_failure(other, &failure);
	REFUSED(sync_ready_for_hooks.run(&creation, &err), ENOENT, "mounts: x");
}

static const int *readable(void)
{
	static int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	return ends;
}

Test(sync, waits_that_are_cancelled)
{
	pid_t pid;

	options.cancel = readable();
	REFUSED(sync_ready_for_hooks.run(&creation, &err), ECANCELED, "interrupted");
	REFUSED(sync_go.run(&creation, &err), ECANCELED, "interrupted");
	REFUSED(sync_receive_descriptor(&creation, &err), ECANCELED, "interrupted");
	REFUSED(sync_receive_process(&creation, &pid, &err), ECANCELED, "interrupted");
}

/* There is nothing left to wait for. */
Test(sync, what_is_said_already_counts)
{
	options.cancel = readable();
	SAY(SYNC_PAUSED);
	PLAN(sync_ready_for_hooks.run(&creation, &err));
}

Test(sync, init_was_killed)
{
	close(other);
	REFUSED(sync_ready_for_hooks.run(&creation, &err), ECHILD, "init was killed");
}

/* Whoever joins a container is not its init. */
Test(sync, a_process_was_killed)
{
	const struct joined joined = {0};

	plan.joined = &joined;
	close(other);
	REFUSED(sync_ready_for_hooks.run(&creation, &err), ECHILD, "the process was killed");
	REFUSED(sync_go.run(&creation, &err), ECHILD, "the process was killed");
	REFUSED(sync_send_go(&creation, &err), ECHILD, "the process was killed");
}

/* It had not read what it was told before: GO after the pause for hooks. */
Test(sync, init_was_killed_before_it_went_on)
{
	PLAN(sync_resume.run(&creation, &err));
	close(other);
	REFUSED(sync_ready_for_hooks.run(&creation, &err), ECHILD, "init was killed");
}

Test(sync, resume_says_go)
{
	PLAN(sync_resume.run(&creation, &err));
	cr_expect_eq(sync_receive(other, -1, NULL, &err), SYNC_GO);
}

/* Who waits for it to be ready hears why it has gone, if it said so. */
Test(sync, resume_leaves_the_reason_to_be_heard)
{
	struct error failure;

	error_set(&failure, EACCES, "hooks: x");
	sync_send_failure(other, &failure);
	close(other);
	PLAN(sync_resume.run(&creation, &err));
	REFUSED(sync_ready_for_hooks.run(&creation, &err), EACCES, "hooks: x");
}

Test(sync, init_was_killed_where_memory_is_short)
{
	const int64_t limit = 4096;
	const struct memory memory = {.limit = &limit};
	const struct resources resources = {.memory = &memory};

	linux_config.resources = &resources;
	close(other);
	REFUSED(sync_ready_for_hooks.run(&creation, &err), ECHILD,
		"init was killed; is linux.resources.memory.limit (4096 bytes) too low for it?");
}

Test(sync, go_is_done_when_init_closes)
{
	/* It says no more, and can still be asked what it was told. */
	cr_assert_eq(shutdown(other, SHUT_WR), 0);
	PLAN(sync_go.run(&creation, &err));
	cr_expect_eq(sync_receive(other, -1, NULL, &err), SYNC_GO);
}

Test(sync, the_end_after_hooks)
{
	SAY(SYNC_HOOKED);
	close(other);
	PLAN(sync_receive_end(creation.sync, -1, NULL, true, &notify, &err));
}

Test(sync, the_end_without_a_word_of_hooks)
{
	close(other);
	REFUSED(sync_receive_end(creation.sync, -1, NULL, true, &notify, &err), ECHILD,
		"init was killed while hooks ran");
	PLAN(sync_receive_end(creation.sync, -1, NULL, false, &notify, &err));
}

/* In any order with the word of hooks. */
Test(sync, a_notify_socket_before_the_end)
{
	_close_ int socket = open("/dev/null", O_RDWR | O_CLOEXEC);

	cr_assert_eq(sync_send_notify(other, socket, &err), 0);
	SAY(SYNC_HOOKED);
	cr_assert_eq(shutdown(other, SHUT_WR), 0);
	PLAN(sync_receive_end(creation.sync, -1, NULL, true, &notify, &err));
	cr_expect_geq(notify, 0);
	cr_expect_eq(fcntl(notify, F_GETFD), FD_CLOEXEC);
}

Test(sync, a_second_notify_socket)
{
	_close_ int socket = open("/dev/null", O_RDWR | O_CLOEXEC);

	cr_assert_eq(sync_send_notify(other, socket, &err), 0);
	cr_assert_eq(sync_send_notify(other, socket, &err), 0);
	REFUSED(sync_receive_end(creation.sync, -1, NULL, false, &notify, &err), EPROTO,
		"init said something unexpected (8)");
	cr_expect_geq(notify, 0);
}

Test(sync, a_notify_socket_that_is_none)
{
	SAY(SYNC_NOTIFY);
	REFUSED(sync_receive_end(creation.sync, -1, NULL, false, &notify, &err), EPROTO,
		"init said something unexpected (8)");
	cr_expect_eq(notify, -1);
}

Test(sync, hooks_that_there_are_not)
{
	SAY(SYNC_HOOKED);
	REFUSED(sync_receive_end(creation.sync, -1, NULL, false, &notify, &err), EPROTO,
		"init said something unexpected (5)");
}

/* An agent in a mount namespace of the child's own; what it says to init is tested, too. */
CHILD_TEST(sync, a_listener_is_handed_over)
{
	const struct seccomp_agent agent = {.path = "/mnt/agent", .state = "{}"};
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/mnt/agent"};
	_close_ int listener = open("/dev/null", O_RDWR | O_CLOEXEC);
	_close_ int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_close_ int connection = -1, received = -1;
	char text[16] = "";

	own_mnt();
	EXPECT(bind(socket_fd, (struct sockaddr *)&address, sizeof address) == 0);
	EXPECT(listen(socket_fd, 1) == 0);
	STEP(sync_send(other, SYNC_HOOKED, &err));
	STEP(sync_send_listener(other, listener, &err));
	EXPECT(shutdown(other, SHUT_WR) == 0);
	STEP(sync_receive_end(creation.sync, -1, &agent, true, &notify, &err));
	EXPECT(sync_receive(other, -1, NULL, &err) == SYNC_GO);
	connection = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC);
	EXPECT(io_receive_descriptor(connection, text, sizeof text, &received, &err) == 2);
	EXPECT(strcmp(text, "{}") == 0 && received >= 0);
	EXPECT(read(connection, text, 1) == 0);
}

CHILD_TEST(sync, a_listener_that_nobody_takes)
{
	const struct seccomp_agent agent = {.path = "/mnt/agent", .state = "{}"};
	_close_ int listener = open("/dev/null", O_RDWR | O_CLOEXEC);

	own_mnt();
	STEP(sync_send_listener(other, listener, &err));
	FAILS(sync_receive_end(creation.sync, -1, &agent, false, &notify, &err), ENOENT,
	      "linux.seccomp.listenerPath: /mnt/agent: connect: No such file or directory");
}

Test(sync, the_end_without_a_listener)
{
	const struct seccomp_agent agent = {.path = "/agent", .state = "{}"};

	close(other);
	REFUSED(sync_receive_end(creation.sync, -1, &agent, false, &notify, &err), ECHILD,
		"the process was killed before its filter was loaded");
}

Test(sync, a_listener_that_there_is_not)
{
	SAY(SYNC_LISTENER);
	REFUSED(sync_receive_end(creation.sync, -1, NULL, false, &notify, &err), EPROTO,
		"init said something unexpected (7)");
	SAY(SYNC_LISTENER);
	REFUSED(sync_ready_for_hooks.run(&creation, &err), EPROTO,
		"init said something unexpected (7)");
}

/* Between its creation and `start` no hook runs. */
Test(sync, go_of_create_ends_before_hooks)
{
	plan.hooks.runs[HOOK_START_CONTAINER] = true;
	plan.waits_for_start = true;
	cr_assert_eq(shutdown(other, SHUT_WR), 0);
	PLAN(sync_go.run(&creation, &err));
	plan.waits_for_start = false;
	REFUSED(sync_go.run(&creation, &err), ECHILD, "init was killed while hooks ran");
}

Test(sync, go_hears_why_not)
{
	struct error failure;

	error_set(&failure, EACCES, "execute: x");
	sync_send_failure(other, &failure);
	REFUSED(sync_go.run(&creation, &err), EACCES, "execute: x");
	SAY(SYNC_PAUSED);
	REFUSED(sync_go.run(&creation, &err), EPROTO, "init said something unexpected (1)");
}

Test(sync, go_to_nobody)
{
	close(other);
	REFUSED(sync_go.run(&creation, &err), ECHILD, "init was killed");
}

/*
 * Init's side
 */

CHILD_TEST(sync, pause_until_go)
{
	int death = -1;

	EXPECT(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
	EXPECT(sync_send(other, SYNC_GO, &err) == 0);
	STEP(sync_pause.run(&creation, &err));
	EXPECT(sync_receive(other, -1, NULL, &err) == SYNC_PAUSED);
	/* The container outlives its creator. */
	EXPECT(prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) == 0 && death == 0);
}

/* There is another pause to come. */
CHILD_TEST(sync, hold_until_go)
{
	int death = 0;

	EXPECT(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
	EXPECT(sync_send(other, SYNC_GO, &err) == 0);
	STEP(sync_hold.run(&creation, &err));
	EXPECT(sync_receive(other, -1, NULL, &err) == SYNC_PAUSED);
	EXPECT(prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) == 0 && death == SIGKILL);
	EXPECT(shutdown(other, SHUT_WR) == 0);
	FAILS(sync_hold.run(&creation, &err), ECANCELED, "the creator has gone");
}

/* What was told to start does. */
CHILD_TEST(sync, hooked_whoever_hears_it)
{
	STEP(sync_hooked.run(&creation, &err));
	EXPECT(sync_receive(other, -1, NULL, &err) == SYNC_HOOKED);
	close(other);
	STEP(sync_hooked.run(&creation, &err));
}

CHILD_TEST(sync, a_creator_that_goes_takes_init_with_it)
{
	int death = 0;

	EXPECT(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
	EXPECT(shutdown(other, SHUT_WR) == 0);
	FAILS(sync_pause.run(&creation, &err), ECANCELED, "the creator has gone");
	EXPECT(prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) == 0 && death == SIGKILL);
}

CHILD_TEST(sync, nothing_but_go_lets_init_go)
{
	EXPECT(sync_send(other, SYNC_PAUSED, &err) == 0);
	EXPECT(sync_pause.run(&creation, &err) == -ECANCELED);
}

/*
 * Another process takes over
 */

static int hear_process(pid_t *pid)
{
	return sync_receive_process(&creation, pid, &err);
}

Test(sync, a_process_takes_over)
{
	_close_ int pidfd = sys_pidfd_open(getpid(), 0), heard = -1;
	pid_t pid = 0;

	cr_assert_eq(sync_send_process(other, pidfd, 4711, &err), 0, "%s", err.text);
	heard = hear_process(&pid);
	cr_expect_geq(heard, 0, "%s", err.text);
	cr_expect_eq(pid, 4711);
}

Test(sync, instead_of_a_process_a_failure)
{
	const struct error failure = {.code = EACCES, .text = "denied"};
	pid_t pid = 0;

	sync_send_failure(other, &failure);
	REFUSED(hear_process(&pid), EACCES, "denied");
	close(other);
	REFUSED(hear_process(&pid), ECHILD, "the process was killed");
	cr_expect_eq(pid, 0);
}

Test(sync, a_process_is_never_made_up)
{
	const struct {
		enum sync_word word;
		pid_t pid;
	} nobody = {SYNC_PROCESS, 0}, short_one = {SYNC_PROCESS, 1};
	pid_t pid = 0;

	SAY(SYNC_PAUSED);
	REFUSED(hear_process(&pid), EPROTO, "init sent a malformed message");
	/* Without a descriptor. */
	say_bytes(&short_one, sizeof short_one);
	REFUSED(hear_process(&pid), EPROTO, "init sent a malformed message");
	SAY(SYNC_PROCESS);
	REFUSED(hear_process(&pid), EPROTO, "init sent a malformed message");
	cr_assert_eq(io_send_descriptor(other, &nobody, sizeof nobody, other, &err), 0);
	REFUSED(hear_process(&pid), EPROTO, "init sent a malformed message");
}

/*
 * Batches
 */

static struct sync_batch make_batch(size_t count)
{
	struct sync_batch batch = {.count = count};

	for (size_t i = 0; i < count; i++) {
		batch.places[i] = (uint32_t)(1000 + i);
		batch.descriptors[i] = other;
	}
	return batch;
}

Test(sync, batches_cross)
{
	static const size_t counts[] = {0, 1, IO_DESCRIPTORS_MAX};
	struct sync_batch received;

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct sync_batch batch = make_batch(counts[i]);

		cr_assert_eq(sync_send_batch(other, &batch, &err), 0, "%s", err.text);
		cr_assert_eq(sync_receive_batch(creation.sync, &received, &err), 0, "%s", err.text);
		cr_assert_eq(received.count, counts[i]);
		cr_expect_arr_eq(received.places, batch.places, counts[i] * sizeof(uint32_t));
		for (size_t j = 0; j < counts[i]; j++)
			cr_expect_eq(fcntl(received.descriptors[j], F_GETFD), FD_CLOEXEC);
	}
}

Test(sync, a_batch_that_nobody_hears)
{
	struct sync_batch batch = make_batch(2);

	close(creation.sync);
	cr_expect_eq(sync_send_batch(other, &batch, &err), 0);
}

Test(sync, a_batch_that_does_not_come)
{
	struct sync_batch batch;

	SAY(SYNC_GO);
	REFUSED(sync_receive_batch(creation.sync, &batch, &err), ECANCELED, "the creator has gone");
	close(other);
	REFUSED(sync_receive_batch(creation.sync, &batch, &err), ECANCELED, "the creator has gone");
}

Test(sync, a_batch_beyond_the_limit)
{
	struct sync_batch batch = make_batch(100), received;

	cr_assert_eq(sync_send_batch(other, &batch, &err), 0);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){50, 50}), 0);
	REFUSED(sync_receive_batch(creation.sync, &received, &err), EMFILE,
		"raise the hard limit of RLIMIT_NOFILE: Too many open files");
}
