/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pid file: what it says, and when it goes.
 */
#include "libcontainer/process/pid_file.h"

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(pid_file, .init = fixture_init, .fini = fixture_finish);

static const char *pid_file(const char *path)
{
	static char text[64];

	options.pid_file = path;
	STEP(pid_file_write.run(&creation, &err));
	STEP(io_read_file(AT_FDCWD, path, text, sizeof text, &err));
	return text;
}

Test(pid_file, is_the_number_alone)
{
	cr_expect_not(pid_file_check.when(&plan));
	creation.record.pid = 4194304;
	DO(chdir(top));
	DO(mkdir("sub", 0755));
	cr_expect_str_eq(pid_file("pid"), "4194304");
	cr_expect(pid_file_check.when(&plan));
	cr_expect_str_eq(pid_file(arena_printf(&arena, "%s/absolute", top)), "4194304");
	cr_expect_eq(mode_of(AT_FDCWD, "pid"), 0644);
	creation.record.pid = 7;
	cr_expect_str_eq(pid_file("pid"), "7");
	cr_expect_str_eq(pid_file("sub/pid"), "7");
	cr_expect_eq(access("sub/.pid.new", F_OK), -1);
}

/* Its pid is soon somebody else's. */
Test(pid_file, is_taken_back)
{
	DO(chdir(top));
	DO(mkdir("sub", 0755));
	STEP(pid_file_undo(&creation.record, &err));
	creation.record.pid = 7;
	pid_file("sub/pid");
	STEP(pid_file_undo(&creation.record, &err));
	cr_expect_eq(access("sub/pid", F_OK), -1);
	STEP(pid_file_undo(&creation.record, &err));
}

Test(pid_file, of_another_stays)
{
	struct creation other = creation;

	DO(chdir(top));
	creation.record.pid = 7;
	other.record.pid = 77;
	pid_file("pid");
	STEP(pid_file_write.run(&other, &err));
	STEP(pid_file_undo(&creation.record, &err));
	cr_expect_eq(access("pid", F_OK), 0);
}

Test(pid_file, replaces_a_link)
{
	DO(chdir(top));
	DO(symlink("/proc/version", "pid"));
	creation.record.pid = 7;
	cr_expect_str_eq(pid_file("pid"), "7");
}

Test(pid_file, that_cannot_be)
{
	options.pid_file = "/nonexistent/pid";
	FAILS(pid_file_write.run(&creation, &err), ENOENT,
	      "/nonexistent/pid: No such file or directory");
	options.pid_file = top;
	cr_expect_lt(pid_file_write.run(&creation, &err), 0, "it is a directory");
	cr_expect_eq(access(top, F_OK), 0);
}
