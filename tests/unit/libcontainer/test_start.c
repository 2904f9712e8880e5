/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a container, and what the starter is told of init's end.
 */
#include "libcontainer/container.h"

#include "tests/unit/libcontainer/start_fixture.h"

TestSuite(start, .init = fixture_init, .fini = fixture_finish);

Test(start, lets_init_go_on)
{
	make_waiting(execute);
	cr_expect_str_eq(status(), "created");
	STEP(start());
	cr_expect_str_eq(status(), "running");
	cr_expect(init_lives());
}

static void expect_awaited(bool awaited)
{
	struct container container;

	STEP(container_open(root, "web", &container, &err));
	cr_expect_eq(start_socket_is_awaited(container.record.directory), awaited);
	container_close(&container);
}

/* Init is to run hooks, which takes its time, and then executes. */
static void run_hooks(void)
{
	if (start_socket_wait.run(&creation, &err) < 0)
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
	plan.hooks.runs[HOOK_START_CONTAINER] = true;
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

	if (start_socket_wait.run(&creation, &err) < 0)
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

Test(start, hears_why_init_failed)
{
	siginfo_t info;

	make_waiting(fail_to_execute);
	FAILS(start(), ENOEXEC, "execute: args[0]: no program");
	DO(waitid(P_PID, (id_t)init, &info, WEXITED | WNOWAIT));
	cr_expect_str_eq(status(), "stopped");
}

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
