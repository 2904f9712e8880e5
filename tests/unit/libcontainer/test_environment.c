/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments and environment of a plan.
 */
#include "libcontainer/process/environment.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(environment, .init = fixture_init, .fini = fixture_finish);

static void expect_list(char *const *found, const char *const *expected)
{
	size_t i;

	for (i = 0; expected[i]; i++) {
		cr_assert_not_null(found[i]);
		cr_expect_str_eq(found[i], expected[i]);
	}
	cr_expect_null(found[i]);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(environment, keeps_arguments)
{
	process.args = (struct strings)STRINGS("sh", "-c", "");
	PLAN(process_plan(&plan, &err));
	expect_list(plan.process.argv, LIST("sh", "-c", ""));
}

Test(environment, may_be_empty)
{
	PLAN(process_plan(&plan, &err));
	cr_expect_null(plan.process.argv[0]);
	cr_expect_null(plan.process.envp[0]);
	cr_expect_eq(plan.process.home, 0);
	cr_expect_null(plan.process.envp[1]);
}

Test(environment, the_later_of_equal_names_wins)
{
	process.env = (struct strings)STRINGS("A=1", "HOME=/h", "B=2", "A=3", "AB=4", "A=5");
	PLAN(process_plan(&plan, &err));
	expect_list(plan.process.envp, LIST("HOME=/h", "B=2", "AB=4", "A=5"));
	cr_expect_eq(plan.process.home, -1);
}

Test(environment, an_empty_home_leaves_a_slot)
{
	process.env = (struct strings)STRINGS("HOME=/h", "A=1", "HOME=");
	PLAN(process_plan(&plan, &err));
	expect_list(plan.process.envp, LIST("A=1"));
	cr_expect_eq(plan.process.home, 1);
	cr_expect_null(plan.process.envp[2]);
}

Test(environment, of_a_program_that_listens)
{
	options.listen_fds = 2;
	options.listen_names = "web:admin";
	process.env = (struct strings)STRINGS("LISTEN_PID=7", "A=1", "LISTEN_FDS=9");
	PLAN(process_plan(&plan, &err));
	cr_expect(environment_listen.when(&plan));
	PLAN(environment_listen.run(&creation, &err));
	expect_list(plan.process.envp, LIST("A=1", arena_printf(&arena, "LISTEN_PID=%d", getpid()),
					    "LISTEN_FDS=2", "LISTEN_FDNAMES=web:admin"));
	options.listen_names = NULL;
	process.env.count = 0;
	PLAN(process_plan(&plan, &err));
	expect_list(plan.process.envp, LIST("LISTEN_PID=", "LISTEN_FDS=2"));
}

Test(environment, of_a_program_that_is_heard)
{
	options.notify = true;
	process.env = (struct strings)STRINGS("NOTIFY_SOCKET=/other", "A=1");
	PLAN(process_plan(&plan, &err));
	expect_list(plan.process.envp, LIST("A=1", "NOTIFY_SOCKET=/run/notify/notify.sock"));
	options.listen_fds = 1;
	process.env.count = 0;
	PLAN(process_plan(&plan, &err));
	expect_list(plan.process.envp,
		    LIST("LISTEN_PID=", "LISTEN_FDS=1", "NOTIFY_SOCKET=/run/notify/notify.sock"));
}

Test(environment, finds_by_whole_name)
{
	char *const envp[] = {(char *)"PATHS=/no", (char *)"PATH=/bin", NULL};

	cr_expect_str_eq(environment_find(envp, "PATH"), "/bin");
	cr_expect_null(environment_find(envp, "PAT"));
}
