/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two tables of exec: the order that its security rests on; and in which state of a container it
 * refuses. What really joins is in tests/integration/test_exec.py.
 */
#include "libcontainer/exec.h"

#include "libcontainer/process/environment.h"
#include "libcontainer/process/hooks.h"
#include "libcontainer/process/notify.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/procfs.h"

#include "tests/unit/libcontainer/record_fixture.h"

typedef int step_run(struct creation *creation, struct error *err);

/* The first one from a row on; the table's length when there is none. */
static size_t find(const struct step *steps, size_t count, size_t from, step_run *run)
{
	while (from < count && steps[from].run != run)
		from++;
	return from;
}

static void expect_order(const struct step *steps, size_t steps_count, step_run *const *order,
			 size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		at = find(steps, steps_count, at, order[i]);
		cr_assert_lt(at, steps_count, "step %zu is not where it should be", i);
		at++;
	}
}

#define EXPECT_ORDER(side, ...)                                                                    \
	expect_order(exec_##side##_steps, exec_##side##_step_count,                                \
		     (step_run *const[]){__VA_ARGS__},                                             \
		     sizeof((step_run *const[]){__VA_ARGS__}) / sizeof(step_run *))

Test(exec_tables, every_row_has_a_name_and_does_something)
{
	for (size_t i = 0; i < exec_host_step_count; i++) {
		cr_expect(exec_host_steps[i].name && exec_host_steps[i].run);
		cr_expect_null(exec_host_steps[i].undo, "the container's steps are not exec's");
	}
	for (size_t i = 0; i < exec_child_step_count; i++)
		cr_expect(exec_child_steps[i].name && exec_child_steps[i].run);
}

Test(exec_tables, order_of_the_host_side)
{
	EXPECT_ORDER(host, descriptors_step_check, cgroup_step_open, console_step_connect,
		     pidfd_step_connect, clone_step_follow, sync_step_ready, console_step_send,
		     pidfd_step_send, limits_step_set, pid_file_step_write, sync_step_go);
}

/* The process is born where its parent is; what it entered by is closed then. */
Test(exec_tables, order_of_the_resctrl_group)
{
	EXPECT_ORDER(host, cgroup_step_open, rdt_step_open, clone_step_follow);
	EXPECT_ORDER(child, self_step_begin, rdt_step_join, namespaces_step_join_process,
		     descriptors_step_let_go, clone_step_inside);
}

/* CVE-2016-9962: nothing of the host is left when the process is born inside. */
Test(exec_tables, order_of_joining)
{
	cr_expect_eq(exec_child_steps[0].run, self_step_begin);
	EXPECT_ORDER(child, self_step_begin, cgroup_step_join, procfs_step_open, limits_step_oom,
		     namespaces_step_join_process, descriptors_step_let_go, clone_step_inside,
		     self_step_begin, self_step_session, console_step_add, self_step_cwd,
		     executable_step_find);
}

Test(exec_tables, order_of_giving_up_privileges)
{
	EXPECT_ORDER(child, clone_step_inside, executable_step_find, seccomp_step_load,
		     capabilities_step_bound, credentials_step_become, capabilities_step_set,
		     self_step_cwd_again, descriptors_step_close, self_step_verify, sync_step_pause,
		     limits_step_lower, seccomp_step_load, executable_step_execute);
	cr_expect_eq(exec_child_steps[exec_child_step_count - 1].run, executable_step_execute);
	cr_expect_eq(exec_child_steps[exec_child_step_count - 2].when, seccomp_late);
}

/* What is about the container's own program: its start, its hooks, its sockets. */
static bool is_inits_own(const struct step *step)
{
	return step->when == start_socket_planned || step->when == hooks_start_container_planned ||
	       step->when == environment_listens || step->when == notify_planned;
}

/* What create does to make a process less than its creator, exec does, too. */
Test(exec_tables, lack_no_restriction_of_create)
{
	size_t first = find(child_steps, child_step_count, 0, executable_step_find);

	cr_assert_lt(first, child_step_count);
	for (size_t i = first; i < child_step_count; i++)
		if (!is_inits_own(&child_steps[i]))
			cr_expect_lt(find(exec_child_steps, exec_child_step_count, 0,
					  child_steps[i].run),
				     exec_child_step_count, "%s", child_steps[i].name);
}

/*
 * States
 */

TestSuite(exec, .init = fixture_init, .fini = fixture_finish);

static int exec_in(const char *id)
{
	static const char *const args[] = {"true", NULL};
	const struct container_options in = {.root = root, .id = id};
	const struct container_exec told = {.args = args};
	struct container_process process;

	return container_exec(&in, &told, &process, &err);
}

Test(exec, there_must_be_a_container)
{
	FAILS(exec_in("none"), ENOENT, "container \"none\" does not exist");
	cr_expect_eq(exec_in("../x"), -EINVAL);
}

Test(exec, not_in_one_that_has_stopped)
{
	make_stopped("web");
	FAILS(exec_in("web"), ESRCH, "cannot exec in a stopped container: container not running");
}

Test(exec, not_in_one_that_is_still_being_created)
{
	begin_container("web");
	FAILS(exec_in("web"), EAGAIN, "cannot exec in a container that is still being created");
}

/* It is the container's copy that is read, and init has no namespaces of its own here. */
Test(exec, reads_the_copy)
{
	make_running("web");
	cr_expect_eq(exec_in("web"), -EINVAL);
	cr_expect_eq(strncmp(err.text, "config.json: ", 13), 0, "%s", err.text);
	cr_expect(init_lives());
}
