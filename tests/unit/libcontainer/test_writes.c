/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits are written, to a directory of ordinary files. Needs no root.
 */
#include "cgroup_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory_name[] = "/tmp/test-writes-XXXXXX";
static int directory = -1;

static void make_directory(void)
{
	cr_assert(mkdtemp(directory_name));
	directory = open(directory_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(directory, 0);
}

static void remove_directory(void)
{
	static const char *const names[] = {"pids.max", "memory.max", "memory.swap.max"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlinkat(directory, names[i], 0);
	close(directory);
	cr_assert_eq(rmdir(directory_name), 0);
}

static void make_file(const char *name)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void expect_content(const char *name, const char *expected)
{
	char text[64] = "";
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_geq(read(fd, text, sizeof text - 1), 0);
	close(fd);
	cr_expect_str_eq(text, expected);
}

Test(writes, all, .init = make_directory, .fini = remove_directory)
{
	make_file("memory.max");
	make_file("pids.max");
	EXPECT_WRITES(v2, "\"memory\": {\"limit\": 1000, \"swap\": -1}, \"pids\": {\"limit\": 7}",
		      "memory.max=1000 memory.swap.max=max pids.max=7");
	/* That memory.swap.max is missing is fine: it asks for nothing. */
	cr_expect_eq(cgroup_writes_apply(&plan.cgroup.limits.writes, &v2.at[0], directory, &err), 0,
		     "%s", err.text);
	expect_content("memory.max", "1000");
	expect_content("pids.max", "7");
}

Test(writes, only_the_hierarchy_s_own, .init = make_directory, .fini = remove_directory)
{
	make_file("pids.max");
	EXPECT_WRITES(v1, "\"memory\": {\"limit\": 1000}, \"pids\": {\"limit\": 7}",
		      "memory.limit_in_bytes=1000 pids.max=7");
	cr_expect_eq(cgroup_writes_apply(&plan.cgroup.limits.writes, hierarchies_find(&v1, "pids"),
					 directory, &err),
		     0, "%s", err.text);
	expect_content("pids.max", "7");
}

Test(writes, file_is_missing, .init = make_directory, .fini = remove_directory)
{
	make_file("memory.max");
	EXPECT_WRITES(v2, "\"memory\": {\"limit\": 1000, \"swap\": 1000}",
		      "memory.max=1000 memory.swap.max=0");
	EXPECT_ERROR(cgroup_writes_apply(&plan.cgroup.limits.writes, &v2.at[0], directory, &err),
		     ENOENT,
		     "linux.resources.memory.swap: memory.swap.max is missing: the kernel does not "
		     "account swap; boot it with swapaccount=1");
}
