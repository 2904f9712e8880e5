/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The private procfs. Needs root.
 */
#include "libcontainer/procfs.h"

#include <linux/magic.h>
#include <sys/statfs.h>

#include "libcontainer/io.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(procfs, .init = fixture_init, .fini = fixture_finish);

Test(procfs, is_opened_when_there_is_something_to_write)
{
	const int32_t score = 0;

	PLAN(limits_plan(&plan, &err));
	cr_expect_not(plan.writes_procfs);
	process.oomScoreAdj = &score;
	PLAN(limits_plan(&plan, &err));
	cr_expect(plan.writes_procfs);
}

CHILD_TEST(procfs, is_another_than_what_is_mounted)
{
	struct statfs fs;
	_close_ int proc = -1;

	own_mnt();
	EXPECT(mount("/mnt", "/proc", NULL, MS_BIND, NULL) == 0);
	proc = procfs_open(&err);
	EXPECT(proc >= 0 && fstatfs(proc, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC);
	EXPECT(fcntl(proc, F_GETFD) == FD_CLOEXEC);
	STEP(procfs_write(proc, "self/oom_score_adj", "500", &err));
}

CHILD_TEST(procfs, of_the_host_serves_an_ordinary_user)
{
	_close_ int proc = -1;

	EXPECT(setresuid(1000, 1000, 1000) == 0 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	proc = procfs_open(&err);
	EXPECT(proc >= 0);
	STEP(procfs_write(proc, "self/comm", "renamed", &err));
}

CHILD_TEST(procfs, a_fake_is_not_taken)
{
	own_mnt();
	EXPECT(mount("/mnt", "/proc", NULL, MS_BIND, NULL) == 0);
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(procfs_open(&err), EINVAL, "/proc: is not the root of a procfs");
}

CHILD_TEST(procfs, no_other_directory_of_it_is_taken)
{
	own_mnt();
	EXPECT(mount("/proc/sys", "/proc", NULL, MS_BIND, NULL) == 0);
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(procfs_open(&err), EINVAL, "/proc: is not the root of a procfs");
}

CHILD_TEST(procfs, is_not_left)
{
	int proc = procfs_open(&err);

	EXPECT(proc >= 0);
	EXPECT(procfs_write(proc, "self/root/tmp/x", "", &err) == -ELOOP);
	EXPECT(procfs_write(proc, "self/cwd/x", "", &err) == -ELOOP);
	EXPECT(procfs_write(proc, "../tmp/x", "", &err) < 0);
	EXPECT(procfs_write(proc, "/proc/self/comm", "", &err) < 0);
	EXPECT(procfs_write(proc, "mounts", "", &err) == -ELOOP);
	FAILS(procfs_write(proc, "sys/none", "1", &err), ENOENT,
	      "/proc/sys/none: No such file or directory");
}

CHILD_TEST(procfs, what_is_mounted_over_it_is_not_written)
{
	_close_ int proc = -1;

	own_mnt();
	put_file("/mnt/fake", 0644, "");
	EXPECT(mount("/mnt/fake", "/proc/sys/kernel/msgmax", NULL, MS_BIND, NULL) == 0);
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	EXPECT(procfs_write(proc, "sys/kernel/msgmax", "1", &err) == -EXDEV);
}

CHILD_TEST(procfs, descriptors_lead_to_what_they_are)
{
	_close_ int proc = procfs_open(&err);
	_close_ int descriptors = procfs_open_descriptors(proc, &err);
	char link[16], path[64] = "";
	int file;

	own_mnt();
	put_file("/mnt/mark", 0644, "");
	file = open("/mnt/mark", O_PATH | O_CLOEXEC);
	snprintf(link, sizeof link, "%d", file);
	EXPECT(descriptors >= 0 && readlinkat(descriptors, link, path, sizeof path - 1) > 0);
	EXPECT(strcmp(path, "/mnt/mark") == 0);
}

/* Also of a guarded process of an ordinary user, whose /proc is not his any more. */
CHILD_TEST(procfs, descriptors_of_an_ordinary_user)
{
	_close_ int proc = -1, descriptors = -1;

	EXPECT(setresuid(1000, 1000, 1000) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	proc = procfs_open(&err);
	descriptors = procfs_open_descriptors(proc, &err);
	EXPECT(descriptors >= 0);
}
