/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two tables of exec: the order that its security rests on; and in which state of a container it
 * refuses. What really joins is in tests/integration/test_exec.py.
 */
#include "libcontainer/exec.h"

#include "libcontainer/process/birth.h"
#include "libcontainer/process/cwd.h"
#include "libcontainer/process/environment.h"
#include "libcontainer/process/hooks.h"
#include "libcontainer/process/notify.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/process/verify.h"
#include "libcontainer/procfs.h"

#include "tests/unit/libcontainer/record_fixture.h"
#include "tests/unit/libcontainer/table_fixture.h"

Test(exec_tables, every_row_has_a_name_and_does_something)
{
	table_expect_steps(&exec_host);
	table_expect_steps(&exec_child);
}

Test(exec_tables, undo_nothing_of_the_container)
{
	table_expect_nothing_undone(&exec_host);
	table_expect_nothing_undone(&exec_child);
}

Test(exec_tables, order_of_the_host_side)
{
	EXPECT_ORDER(&exec_host, &descriptors_check, &cgroup_open, &console_connect, &pidfd_connect,
		     &clone_follow, &sync_ready, &console_send, &pidfd_send, &limits_set,
		     &pid_file_write, &sync_go);
}

/* The process is born where its parent is; what it entered by is closed then. */
Test(exec_tables, order_of_the_resctrl_group)
{
	EXPECT_ORDER(&exec_host, &cgroup_open, &rdt_open, &clone_follow);
	EXPECT_ORDER(&exec_child, &birth_begin, &rdt_join, &namespaces_join_named,
		     &descriptors_let_go, &clone_inside);
}

/* CVE-2016-9962: nothing of the host is left when the process is born inside. */
Test(exec_tables, order_of_joining)
{
	cr_expect_eq(exec_child.rows[0].step, &birth_begin);
	EXPECT_ORDER(&exec_child, &birth_begin, &cgroup_join, &procfs_open_private,
		     &limits_oom_joined, &namespaces_join_named, &descriptors_let_go, &clone_inside,
		     &birth_begin, &birth_session, &console_add, &cwd_enter, &executable_find);
}

Test(exec_tables, order_of_giving_up_privileges)
{
	EXPECT_ORDER(&exec_child, &clone_inside, &executable_find, &seccomp_load_early,
		     &capabilities_bound, &credentials_become, &capabilities_set, &cwd_enter_again,
		     &descriptors_close, &verify_compare, &sync_pause, &limits_lower,
		     &seccomp_load_late, &executable_execute);
	cr_expect_eq(table_last(&exec_child, 0)->step, &executable_execute);
	cr_expect_eq(table_last(&exec_child, 1)->step, &seccomp_load_late);
}

/* What is about the container's own program: its start, its hooks, its sockets. */
static bool is_inits_own(const struct step *step)
{
	static const struct step *const own[] = {&start_socket_wait, &notify_send,
						 &hooks_start_container, &sync_hooked,
						 &environment_listen};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (own[i] == step)
			return true;
	return false;
}

/* What create does to make a process less than its creator, exec does, too. */
Test(exec_tables, lack_no_restriction_of_create)
{
	size_t first = table_find(&create_child, 0, &executable_find);

	cr_assert_lt(first, create_child.count);
	for (size_t i = first; i < create_child.count; i++)
		if (!is_inits_own(create_child.rows[i].step))
			cr_expect_lt(table_find(&exec_child, 0, create_child.rows[i].step),
				     exec_child.count, "%s", create_child.rows[i].step->name);
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
