/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An open container: finding it, and the status that the kernel gives it. What freezes something
 * needs root.
 */
#include "libcontainer/open_container.h"

#include <sys/file.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/cgroup/tree.h"
#include "libcontainer/clock.h"

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(container, .init = fixture_init, .fini = fixture_finish);

static struct container container;

Test(container, there_is_no_such_container)
{
	FAILS(container_open(root, "web", &container, &err), ENOENT,
	      "container \"web\" does not exist");
	begin_container("web");
	FAILS(container_open(root, "we", &container, &err), ENOENT,
	      "container \"we\" does not exist");
	cr_expect_eq(container_open(root, "../kist/web", &container, &err), -EINVAL);
}

static void claim_and_wait(void)
{
	creation.record.directory = -1;
	if (directory_claim.run(&creation, &err) == 0)
		sleep_forever();
}

static void wait_until_there(const char *id)
{
	for (int i = 0; i < 1000 && !is_there(id); i++)
		clock_sleep_ms(5);
	clock_sleep_ms(50);
}

Test(container, is_creating_while_its_creator_lives)
{
	begin_container("web");
	cr_expect_eq(status_of("web"), STATUS_CREATING);
	DO(unlinkat(creation.record.directory, "record.json", 0));
	cr_expect_eq(status_of("web"), STATUS_CREATING, "not even a record yet");
	leave_container();
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
}

Test(container, is_stopped_when_its_creator_was_killed)
{
	init = spawn(claim_and_wait);
	wait_until_there("web");
	cr_expect_eq(status_of("web"), STATUS_CREATING);
	end_init();
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
}

/* Several at once look at the same container, and one is at it just now. */
Test(container, who_looks_is_not_taken_for_the_creator)
{
	_close_ int other = -1;

	make_half("web");
	open_container("web", &container);
	other = container.record.directory;
	arena_finish(&container.arena);
	DO(flock(other, LOCK_SH));
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
}

Test(container, is_created_while_somebody_listens)
{
	make_created("web");
	cr_expect_eq(status_of("web"), STATUS_CREATED);
	cr_expect_eq(status_of("web"), STATUS_CREATED, "asking changes nothing");
	close(creation.start);
	cr_expect_eq(status_of("web"), STATUS_RUNNING);
}

/* There is an init and a record of it, but it is not ready before its creator says so. */
Test(container, is_creating_until_the_creator_is_done)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	cr_expect_eq(status_of("web"), STATUS_CREATING);
	leave_container();
	cr_expect_eq(status_of("web"), STATUS_RUNNING);
}

Test(container, hands_out_a_pidfd_of_init)
{
	siginfo_t info = {0};
	int pidfd = -1;

	make_running("web");
	open_container("web", &container);
	cr_expect_eq(container_status(&container, &pidfd, &err), STATUS_RUNNING);
	cr_expect_eq(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	DO(sys_pidfd_send_signal(pidfd, SIGUSR1));
	DO(waitid(P_PID, (id_t)init, &info, WEXITED));
	cr_expect_eq(info.si_status, SIGUSR1);
	init = 0;
	close(pidfd);
	pidfd = 77;
	cr_expect_eq(container_status(&container, &pidfd, &err), STATUS_STOPPED);
	cr_expect_eq(pidfd, -1);
	container_close(&container);
}

Test(container, is_stopped_when_init_is_a_zombie)
{
	siginfo_t info;

	make_running("web");
	DO(kill(init, SIGKILL));
	DO(waitid(P_PID, (id_t)init, &info, WEXITED | WNOWAIT));
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
	end_init();
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
}

/* The pid counts, but it is not the process that was recorded. */
Test(container, is_stopped_when_the_pid_is_another_s)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	if (creation.record.pidfs_inode)
		creation.record.pidfs_inode++;
	else
		creation.record.start_time++;
	STEP(directory_record.run(&creation, &err));
	leave_container();
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
	open_container("web", &container);
	STEP(clone_undo(&container.record, &err));
	container_close(&container);
	cr_expect(init_lives(), "somebody else's process is not killed");
}

Test(container, a_pid_of_another_pid_namespace_says_nothing)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	creation.record.pid_namespace++;
	creation.record.pidfs_inode++;
	STEP(directory_record.run(&creation, &err));
	leave_container();
	FAILS(status_of("web"), EXDEV, "the container was created in another pid namespace");
}

/* A cgroup that holds nobody freezes all the same. */
Test(container, is_paused_while_its_cgroup_is_frozen)
{
	struct cgroup *cgroup = &plan.cgroup.at;
	const struct hierarchy *freezer;
	struct hierarchies real;
	_close_ int directory = -1;
	int running, paused;

	STEP(hierarchies_read(&arena, &real, &err));
	freezer = hierarchies_unified(&real);
	if (!freezer)
		freezer = hierarchies_find(&real, "freezer");
	if (geteuid() != 0 || !freezer)
		cr_skip_test("needs root and cgroups");
	*cgroup = (struct cgroup){
		.layout = hierarchies_are_v2(&real) ? &cgroup_v2 : &cgroup_v1,
		.manager = &cgroup_cgroupfs,
		.hierarchies = &real,
		.path = arena_printf(&arena, "/kist-test-record-%d", (int)getpid()),
	};
	plan.cgroup.planned = true;
	directory = tree_make(freezer, cgroup->path, &err);
	STEP(directory);
	make_running("web");
	running = status_of("web");
	STEP(cgroup->layout->freeze(cgroup, true, &err));
	paused = status_of("web");
	STEP(cgroup->layout->freeze(cgroup, false, &err));
	STEP(tree_remove(freezer, cgroup->path, 1000, &err));
	cr_expect_eq(running, STATUS_RUNNING);
	cr_expect_eq(paused, STATUS_PAUSED);
}
