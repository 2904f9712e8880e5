/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which containers may be deleted, and what is left of them.
 */
#include "libcontainer/container.h"

#include "libcontainer/clock.h"

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(delete, .init = fixture_init, .fini = fixture_finish);

static int delete (bool force)
{
	return container_delete(root, "web", force, &err);
}

/* Whether init has been killed; it is reaped. */
static bool init_was_killed(void)
{
	siginfo_t info = {0};

	DO(waitid(P_PID, (id_t)init, &info, WEXITED | WNOHANG));
	if (info.si_pid == init)
		init = 0;
	return info.si_code == CLD_KILLED && info.si_status == SIGKILL;
}

Test(delete, a_container_that_has_stopped)
{
	make_stopped("other");
	make_stopped("web");
	STEP(delete (false));
	cr_expect_not(is_there("web"));
	cr_expect(is_there("other"));
	FAILS(delete (false), ENOENT, "container \"web\" does not exist");
	STEP(directory_check.run(&creation, &err));
}

/* Callers expect it to go, though its init lives. */
Test(delete, a_container_that_waits_for_start)
{
	make_created("web");
	STEP(delete (false));
	cr_expect(init_was_killed());
	cr_expect_not(is_there("web"));
}

Test(delete, a_container_that_runs_goes_by_force_only)
{
	make_running("web");
	FAILS(delete (false), EBUSY,
	      "cannot delete container \"web\" that is not stopped: running; kill it first, or use "
	      "--force");
	cr_expect(init_lives());
	cr_expect(is_there("web"));
	STEP(delete (true));
	cr_expect(init_was_killed());
	cr_expect_not(is_there("web"));
}

Test(delete, a_container_that_does_not_exist)
{
	FAILS(delete (false), ENOENT, "container \"web\" does not exist");
	STEP(delete (true));
	FAILS(container_delete(root, "a/b", true, &err), EINVAL,
	      "container id: only letters, digits and \"_+.-\" are allowed");
}

Test(delete, what_a_killed_creator_left_goes_by_force_only)
{
	make_half("web");
	FAILS(delete (false), ESTALE,
	      "container \"web\" was left half-made by a killed create; use --force");
	cr_expect(is_there("web"));
	STEP(delete (true));
	cr_expect_not(is_there("web"));
}

Test(delete, what_a_creator_left_that_was_killed_at_once)
{
	make_half("web");
	DO(chdir(root));
	DO(unlink("web/config.json"));
	STEP(delete (true));
	cr_expect_not(is_there("web"));
}

Test(delete, what_a_creator_left_that_was_killed_while_it_wrote)
{
	make_half("web");
	put_file("web", ".record.json.new", "{");
	STEP(delete (true));
	cr_expect_not(is_there("web"));
}

/* There is a record, but no init in it. */
Test(delete, a_container_that_never_had_an_init)
{
	begin_container("web");
	leave_container();
	STEP(delete (false));
	cr_expect_not(is_there("web"));
}

/* Of two deletes one may have been slow, and the id, and its cgroup, be somebody else's by now. */
Test(delete, not_what_came_after)
{
	struct container before;

	make_stopped("web");
	STEP(container_open(root, "web", &before, &err));
	STEP(delete (false));
	make_running("web");
	FAILS(container_lock(&before.record, CONTAINER_WAIT_MS, &err), ENOENT,
	      "container \"web\" does not exist");
	create_take_back(&before.record);
	container_close(&before);
	cr_expect(is_there("web"));
	cr_expect(init_lives());
}

static void hold_for_a_while(void)
{
	struct container held;

	if (container_open(root, "web", &held, &err) < 0 ||
	    container_lock(&held.record, CONTAINER_WAIT_MS, &err) < 0)
		return;
	put_file("web", "start", "");
	clock_sleep_ms(300);
	put_file("web", ".record.json.new", "");
}

/* Whoever was first may have failed. */
Test(delete, after_whoever_is_at_it)
{
	long long began_ms;
	pid_t first;

	make_stopped("web");
	first = spawn(hold_for_a_while);
	for (int i = 0; i < 1000 && !is_there("web/start"); i++)
		clock_sleep_ms(1);
	cr_expect(is_there("web/start") && !is_there("web/.record.json.new"));
	began_ms = clock_now_ms();
	STEP(delete (false));
	cr_expect_geq(clock_now_ms() - began_ms, 100);
	cr_expect_not(is_there("web"));
	DO(waitpid(first, NULL, 0));
}

Test(delete, without_a_configuration_to_lock)
{
	make_stopped("web");
	DO(chdir(root));
	DO(unlink("web/config.json"));
	STEP(delete (false));
	cr_expect_not(is_there("web"));
}

Test(delete, not_under_the_hands_of_its_creator)
{
	long long began_ms = clock_now_ms();

	begin_container("web");
	FAILS(delete (false), EAGAIN, "container \"web\" is being created by a live process");
	cr_expect_lt(clock_now_ms() - began_ms, 1000, "only force waits");
	FAILS(delete (true), EAGAIN, "container \"web\" is being created by a live process");
	cr_expect(is_there("web"));
}

/* Claims the id, and ends after a while. */
static void create_and_die(void)
{
	creation.record.directory = -1;
	if (directory_claim.run(&creation, &err) < 0)
		return;
	clock_sleep_ms(400);
}

Test(delete, force_waits_for_a_creator_that_is_dying)
{
	init = spawn(create_and_die);
	for (int i = 0; i < 1000 && !is_there("web"); i++)
		clock_sleep_ms(1);
	clock_sleep_ms(50);
	cr_expect_eq(delete (false), -EAGAIN);
	STEP(delete (true));
	cr_expect_not(is_there("web"));
}

/* It stays, so that it can be tried again. */
Test(delete, says_what_cannot_be_undone)
{
	char path[PATH_MAX];

	make_stopped("web");
	put_file("web", "precious", "x");
	FAILS(delete (true), ENOTEMPTY, "undo id: rmdir: Directory not empty");
	snprintf(path, sizeof path, "%s/web/precious", root);
	DO(unlink(path));
	STEP(delete (true));
	cr_expect_not(is_there("web"));
}

Test(delete, not_by_a_pid_of_another_pid_namespace)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	creation.record.pid_namespace++;
	creation.record.pidfs_inode++;
	STEP(directory_record.run(&creation, &err));
	leave_container();
	FAILS(delete (true), EXDEV, "the container was created in another pid namespace");
	cr_expect(init_lives());
	cr_expect(is_there("web"));
}
