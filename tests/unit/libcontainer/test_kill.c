/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals to a container's init. Those to all its processes are the cgroup layouts' (test_v1.c,
 * test_v2.c).
 */
#include "libcontainer/container.h"

#include "libcontainer/cgroup/cgroup.h"

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(kill, .init = fixture_init, .fini = fixture_finish);

#define NOT_RUNNING "container not running"

/* The signal that ended init. */
static int death_of_init(void)
{
	siginfo_t info = {0};

	DO(waitid(P_PID, (id_t)init, &info, WEXITED));
	init = 0;
	return info.si_status;
}

Test(kill, reaches_init)
{
	make_running("web");
	STEP(container_kill(root, "web", SIGTERM, false, &err));
	cr_expect_eq(death_of_init(), SIGTERM);
}

Test(kill, reaches_an_init_that_waits_for_start)
{
	make_created("web");
	STEP(container_kill(root, "web", SIGKILL, false, &err));
	cr_expect_eq(death_of_init(), SIGKILL);
}

Test(kill, no_signal_asks_only)
{
	make_running("web");
	STEP(container_kill(root, "web", 0, false, &err));
	cr_expect(init_lives());
}

Test(kill, what_is_no_signal)
{
	make_running("web");
	FAILS(container_kill(root, "web", 999, false, &err), EINVAL, "kill: Invalid argument");
	cr_expect(init_lives());
}

/* Callers look for the code and for the sentence. */
Test(kill, a_container_that_has_stopped)
{
	make_stopped("web");
	FAILS(container_kill(root, "web", SIGKILL, false, &err), ESRCH, NOT_RUNNING);
	FAILS(container_kill(root, "web", SIGKILL, true, &err), ESRCH, NOT_RUNNING);
}

Test(kill, an_init_that_nobody_has_reaped)
{
	siginfo_t info;

	make_running("web");
	STEP(container_kill(root, "web", SIGKILL, false, &err));
	DO(waitid(P_PID, (id_t)init, &info, WEXITED | WNOWAIT));
	FAILS(container_kill(root, "web", SIGKILL, false, &err), ESRCH, NOT_RUNNING);
}

Test(kill, a_container_that_is_being_made)
{
	begin_container("web");
	FAILS(container_kill(root, "web", SIGKILL, false, &err), EAGAIN,
	      "cannot kill a container that is still being created");
}

Test(kill, a_container_without_a_record)
{
	make_half("web");
	FAILS(container_kill(root, "web", SIGKILL, false, &err), ESRCH, NOT_RUNNING);
}

Test(kill, a_container_that_does_not_exist)
{
	FAILS(container_kill(root, "web", SIGKILL, false, &err), ENOENT,
	      "container \"web\" does not exist");
}

Test(kill, all_needs_a_cgroup)
{
	make_running("web");
	FAILS(container_kill(root, "web", SIGKILL, true, &err), ENOTSUP,
	      "--all: the container has no cgroup to find its processes by");
	cr_expect(init_lives());
}

Test(kill, another_process_with_its_pid)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	creation.record.pidfs_inode++;
	STEP(directory_record.run(&creation, &err));
	leave_container();
	FAILS(container_kill(root, "web", SIGKILL, false, &err), ESRCH, NOT_RUNNING);
	cr_expect(init_lives());
}
