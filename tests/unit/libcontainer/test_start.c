/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The start socket, and what the starter hears of init's end.
 */
#include "libcontainer/start.h"

#include <sys/socket.h>

#include "libcontainer/container.h"
#include "libcontainer/process/sync.h"

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(start, .init = fixture_init, .fini = fixture_finish);

static int start(void)
{
	return container_start(root, "web", &err);
}

/*
 * The socket
 */

Test(start, is_planned_for_create_alone)
{
	cr_expect_not(start_planned(&plan));
	plan.waits_for_start = true;
	cr_expect(start_planned(&plan));
}

Test(start, nobody_listens)
{
	begin_container("web");
	FAILS(start_connect(creation.record.directory, &err), ENOENT,
	      "connect: No such file or directory");
	STEP(start_step_listen(&creation, &err));
	close(take(&creation.start));
	FAILS(start_connect(creation.record.directory, &err), ECONNREFUSED,
	      "connect: Connection refused");
}

Test(start, somebody_listens)
{
	_close_ int connection = -1;

	begin_container("web");
	STEP(start_step_listen(&creation, &err));
	cr_expect_eq(fcntl(creation.start, F_GETFD), FD_CLOEXEC);
	connection = start_connect(creation.record.directory, &err);
	STEP(connection);
	cr_expect_eq(fcntl(connection, F_GETFD), FD_CLOEXEC);
	FAILS(start_step_listen(&creation, &err), EADDRINUSE, "bind: Address already in use");
}

/* A socket's address has room for 107 bytes. */
Test(start, a_path_longer_than_an_address)
{
	_close_ int connection = -1;
	char id[NAME_MAX + 1] = "";

	memset(id, 'x', NAME_MAX);
	begin_container(id);
	STEP(start_step_listen(&creation, &err));
	connection = start_connect(creation.record.directory, &err);
	STEP(connection);
}

/*
 * The conversation
 */

/* How init goes on when it has been told to. */
static void execute(void)
{
	creation.sync = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (start_step_wait(&creation, &err) < 0)
		_exit(EXIT_FAILURE);
	/* As execve does. */
	close(creation.sync);
	sleep_forever();
}

static void fail_to_execute(void)
{
	struct error failure;

	if (start_step_wait(&creation, &err) < 0)
		_exit(EXIT_FAILURE);
	error_set(&failure, ENOEXEC, "execute: args[0]: no program");
	sync_send_failure(creation.sync, &failure);
	_exit(EXIT_FAILURE);
}

/* Init listens and nobody else does. */
static void make_waiting(void (*run)(void))
{
	begin_container("web");
	STEP(start_step_listen(&creation, &err));
	init_listens = true;
	put_init(spawn(run));
	close(take(&creation.start));
	leave_container();
}

static const char *status(void)
{
	static char text[16];
	struct container_state state;

	STEP(container_state(root, "web", &state, &err));
	snprintf(text, sizeof text, "%s", state.status);
	container_state_finish(&state);
	return text;
}

Test(start, lets_init_go_on)
{
	make_waiting(execute);
	cr_expect_str_eq(status(), "created");
	STEP(start());
	cr_expect_str_eq(status(), "running");
	cr_expect(init_lives());
}

static int ask(int *at)
{
	char path[PATH_MAX];
	_close_ int directory = -1;

	snprintf(path, sizeof path, "%s/web", root);
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DO(directory);
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		at[kind] = -1;
	return start_ask_namespaces(directory, -1, NULL, at, &err);
}

Test(start, tells_who_asks_where_init_is)
{
	int at[NAMESPACE_KINDS];

	make_waiting(execute);
	for (int i = 0; i < 20; i++) {
		int result = ask(at);

		/* Before Linux 6.11 it cannot. */
		cr_expect(result == 0 || result == -ENOTSUP, "%s", err.text);
		cr_expect_eq(namespaces_differ_from(at), 0);
		for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
			cleanup_close(&at[kind]);
	}
	cr_expect_str_eq(status(), "created");
	STEP(start());
	cr_expect_eq(ask(at), -ECONNREFUSED);
}

/* A filter that is in force might kill for the answer. */
Test(start, tells_nothing_behind_a_filter)
{
	int at[NAMESPACE_KINDS];

	plan.seccomp.early = true;
	plan.seccomp.program.len = 1;
	make_waiting(execute);
	cr_expect_eq(ask(at), -ENOTSUP);
	cr_expect_str_eq(status(), "created");
}

/* The creator learns that init waits by the end of their conversation. */
Test(start, waiting_ends_the_conversation_with_the_creator)
{
	int ends[2];
	char byte;

	DO(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	creation.sync = ends[1];
	begin_container("web");
	creation.sync = ends[1];
	STEP(start_step_listen(&creation, &err));
	init_listens = true;
	put_init(spawn(fail_to_execute));
	close(take(&creation.start));
	close(ends[1]);
	leave_container();
	cr_expect_eq(read(ends[0], &byte, 1), 0);
	cr_expect(init_lives());
}

/* Init is not started by those who only ask for its state. */
Test(start, asking_does_not_start)
{
	make_waiting(execute);
	for (int i = 0; i < 20; i++)
		cr_expect_str_eq(status(), "created");
	STEP(start());
	cr_expect_str_eq(status(), "running");
}

/*
 * Hooks
 */

static void expect_awaited(bool awaited)
{
	struct container container;

	STEP(container_open(root, "web", &container, &err));
	cr_expect_eq(start_is_awaited(container.record.directory), awaited);
	container_close(&container);
}

Test(start, nobody_awaits_it)
{
	begin_container("web");
	cr_expect_not(start_is_awaited(creation.record.directory));
	STEP(start_step_listen(&creation, &err));
	cr_expect(start_is_awaited(creation.record.directory));
	close(take(&creation.start));
	cr_expect_not(start_is_awaited(creation.record.directory));
}

/* Init is to run hooks, which takes its time, and then executes. */
static void run_hooks(void)
{
	if (start_step_wait(&creation, &err) < 0)
		_exit(EXIT_FAILURE);
	usleep(500000);
	if (sync_send(creation.sync, SYNC_HOOKED, &err) < 0)
		_exit(EXIT_FAILURE);
	close(creation.start);
	close(creation.sync);
	sleep_forever();
}

static void plan_start_container_hook(void)
{
	plan.hooks.at[HOOK_START_CONTAINER].count = 1;
	config.hooks.startContainer.count = 1;
}

/* Nobody said that the hooks have run, so it was not execve that closed the connection. */
Test(start, init_is_killed_while_hooks_run)
{
	plan_start_container_hook();
	make_waiting(execute);
	FAILS(start(), ECHILD, "init was killed while hooks ran");
}

/* More ask than may wait to be accepted. */
Test(start, is_awaited_while_hooks_run)
{
	pid_t starter;
	int result;

	plan_start_container_hook();
	make_waiting(run_hooks);
	starter = fork();
	DO(starter);
	if (starter == 0)
		_exit(start() == 0 ? 0 : 1);
	usleep(100000);
	for (int i = 0; i < 40; i++)
		expect_awaited(true);
	cr_expect_str_eq(status(), "created");
	FAILS(start(), EINVAL, "cannot start an already running container");
	cr_expect_str_eq(status(), "running");
	DO(waitpid(starter, &result, 0));
	cr_expect_eq(result, 0);
}

/* A container whose record says that there are such hooks. */
static void make_waiting_with_hooks(const char *hooks, void (*run)(void))
{
	document.text = arena_printf(&arena,
				     "{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"r\"}, "
				     "\"hooks\": {%s}}",
				     hooks);
	document.size = strlen(document.text);
	config.hooks.poststart.count = 1;
	make_waiting(run);
}

Test(start, runs_poststart_hooks)
{
	char path[96];

	snprintf(path, sizeof path, "%s/ran", top);
	make_waiting_with_hooks(arena_printf(&arena,
					     "\"poststart\": [{\"path\": \"/bin/cp\", \"args\": "
					     "[\"cp\", \"/dev/stdin\", \"%s\"]}]",
					     path),
				execute);
	STEP(start());
	cr_expect_eq(access(path, F_OK), 0);
	cr_expect_str_eq(status(), "running");
}

Test(start, a_poststart_hook_that_fails_destroys_the_container)
{
	siginfo_t info = {0};

	make_waiting_with_hooks("\"poststart\": [{\"path\": \"/bin/false\"}]", execute);
	FAILS(start(), HOOK_FAILED, "hooks.poststart[0]: /bin/false: exited with status 1");
	DO(waitid(P_PID, (id_t)init, &info, WEXITED));
	cr_expect_eq(info.si_status, SIGKILL);
	init = 0;
	cr_expect_not(is_there("web"));
}

/* By the code of init's error, startContainer hooks are told from a program that is missing. */
static void fail_in_a_hook(void)
{
	struct error failure;

	if (start_step_wait(&creation, &err) < 0)
		_exit(EXIT_FAILURE);
	error_set(&failure, HOOK_FAILED, "hooks.startContainer[0]: x");
	sync_send_failure(creation.sync, &failure);
	_exit(EXIT_FAILURE);
}

Test(start, a_start_container_hook_that_fails_destroys_the_container)
{
	make_waiting(fail_in_a_hook);
	FAILS(start(), HOOK_FAILED, "hooks.startContainer[0]: x");
	cr_expect_not(is_there("web"));
}

Test(start, hooks_that_cannot_be_read_are_found_out_first)
{
	make_waiting_with_hooks("\"poststart\": [{\"path\": \"/bin/true\"}]", execute);
	put_file("web", "config.json", "{");
	cr_expect_eq(start(), -EINVAL);
	cr_expect_eq(strncmp(err.text, "config.json:1", 13), 0, "%s", err.text);
	cr_expect_str_eq(status(), "created");
}

static void say(enum sync_word word)
{
	struct container container;
	_close_ int connection = -1;

	STEP(container_open(root, "web", &container, &err));
	connection = start_connect(container.record.directory, &err);
	STEP(connection);
	STEP(sync_send(connection, word, &err));
	container_close(&container);
}

Test(start, nothing_but_go_starts)
{
	make_waiting(execute);
	say(SYNC_PAUSED);
	say(SYNC_FAILED);
	cr_expect_str_eq(status(), "created");
	STEP(start());
}

Test(start, hears_why_init_failed)
{
	siginfo_t info;

	make_waiting(fail_to_execute);
	FAILS(start(), ENOEXEC, "execute: args[0]: no program");
	DO(waitid(P_PID, (id_t)init, &info, WEXITED | WNOWAIT));
	cr_expect_str_eq(status(), "stopped");
}

/*
 * Who cannot be started
 */

Test(start, once_only)
{
	make_waiting(execute);
	STEP(start());
	FAILS(start(), EINVAL, "cannot start an already running container");
	cr_expect(init_lives());
}

/* All ask for the state at the same time, and one of them is heard. */
Test(start, of_several_starters_one_is_heard)
{
	enum { STARTERS = 8 };
	pid_t starters[STARTERS];
	int started = 0, status;

	make_waiting(execute);
	for (int i = 0; i < STARTERS; i++) {
		starters[i] = fork();
		cr_assert_geq(starters[i], 0);
		if (starters[i] == 0)
			_exit(start() == 0 ? 0 : err.code == EINVAL ? 1 : 2);
	}
	for (int i = 0; i < STARTERS; i++) {
		DO(waitpid(starters[i], &status, 0));
		cr_expect(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		started += status == 0;
	}
	cr_expect_eq(started, 1);
}

Test(start, a_container_that_has_stopped)
{
	make_stopped("web");
	FAILS(start(), EINVAL, "cannot start a container that has stopped");
}

Test(start, a_container_that_is_being_made)
{
	begin_container("web");
	FAILS(start(), EINVAL, "cannot start a container that is still being created");
}

Test(start, a_container_that_does_not_exist)
{
	FAILS(start(), ENOENT, "container \"web\" does not exist");
}
