/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's hierarchies. Only what mounts something needs root.
 */
#include "cgroup_fixture.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

static struct hierarchies parse(const char *text)
{
	struct hierarchies found = {0};
	FILE *file _fclose_ = fmemopen((void *)text, strlen(text), "r");

	cr_assert(file);
	cr_assert_eq(hierarchies_parse(file, &arena, &found, &err), 0, "%s", err.text);
	return found;
}

static void expect_hierarchy(const struct hierarchy *found, const char *controllers,
			     const char *mount, bool is_unified)
{
	cr_expect_str_eq(found->controllers, controllers);
	cr_expect_str_eq(found->mount, mount);
	cr_expect_eq(found->unified, is_unified);
}

#define MOUNT(device, root, target, type, options)                                                 \
	"40 24 " device " " root " " target " rw,nosuid shared:9 master:1 - " type                 \
	" source " options "\n"

/* clang-format off */
static const char mountinfo_of_v1[] =
	MOUNT("0:24", "/", "/", "ext4", "rw")
	MOUNT("0:25", "/", "/sys/fs/cgroup", "tmpfs", "rw,mode=755")
	MOUNT("0:26", "/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct")
	MOUNT("0:27", "/", "/sys/fs/cgroup/systemd", "cgroup",
	      "rw,xattr,release_agent=/lib/agent,name=systemd")
	MOUNT("0:28", "/", "/sys/fs/cgroup/unified", "cgroup2", "rw,nsdelegate");

static const char mountinfo_of_parts[] =
	MOUNT("0:30", "/docker/1", "/part", "cgroup", "rw,memory")
	MOUNT("0:30", "/", "/with\\040space\\134", "cgroup", "rw,memory")
	MOUNT("0:30", "/", "/again", "cgroup", "rw,memory")
	MOUNT("0:31", "/", "/x", "cgroupfoo", "rw,memory");
/* clang-format on */

Test(hierarchies, of_v1)
{
	struct hierarchies found = parse(mountinfo_of_v1);

	cr_assert_eq(found.count, 3);
	expect_hierarchy(&found.at[0], "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", false);
	expect_hierarchy(&found.at[1], "name=systemd", "/sys/fs/cgroup/systemd", false);
	expect_hierarchy(&found.at[2], "", "/sys/fs/cgroup/unified", true);
	cr_expect_eq(hierarchies_find(&found, "cpuacct"), &found.at[0]);
	cr_expect_eq(hierarchies_find(&found, "name=systemd"), &found.at[1]);
	cr_expect_null(hierarchies_find(&found, "memory"));
	cr_expect_eq(hierarchies_unified(&found), &found.at[2]);
}

/* Neither a second mount of the same, nor a part of one, is a hierarchy. */
Test(hierarchies, mounts_that_are_no_hierarchies)
{
	struct hierarchies found = parse(mountinfo_of_parts);

	cr_assert_eq(found.count, 1);
	expect_hierarchy(&found.at[0], "memory", "/with space\\", false);
}

Test(hierarchies, mountinfo_of_every_shape)
{
	struct hierarchies found = parse("\n40\n40 24 0:1 / /a\n"
					 "40 24 0:1 / /a rw\n40 24 0:1 / /a rw - cgroup\n"
					 "40 24 0:2 / /b rw - cgroup2 cgroup2 rw\n");

	cr_assert_eq(found.count, 1);
	expect_hierarchy(&found.at[0], "", "/b", true);
	cr_expect_eq(parse("\n").count, 0);
}

Test(hierarchies, too_many_hierarchies)
{
	char *text = arena_strdup(&arena, "");
	struct hierarchies found;
	FILE *file _fclose_ = NULL;

	for (int i = 0; i <= CGROUP_HIERARCHIES_MAX; i++)
		text = arena_printf(&arena, "%s" MOUNT("0:%d", "/", "/c", "cgroup", "rw,name=x"),
				    text, i);
	file = fmemopen(text, strlen(text), "r");
	EXPECT_ERROR(hierarchies_parse(file, &arena, &found, &err), E2BIG,
		     "more than 16 cgroup hierarchies");
}

Test(hierarchies, lists_of_controllers)
{
	cr_expect(controllers_have("cpu,cpuacct", "cpu"));
	cr_expect(controllers_have("cpu,cpuacct", "cpuacct"));
	cr_expect(controllers_have("cpuset cpu io\n", "io"));
	cr_expect_not(controllers_have("cpuset,cpuacct", "cpu"));
	cr_expect_not(controllers_have("", "cpu"));
}

/* Whatever this host has: it is there, and the cgroup2 hierarchy's controllers are known. */
Test(hierarchies, of_this_host)
{
	struct hierarchies found;

	cr_assert_eq(hierarchies_read(&arena, &found, &err), 0, "%s", err.text);
	for (size_t i = 0; i < found.count; i++)
		cr_expect_eq(access(found.at[i].mount, F_OK), 0);
}

Test(hierarchies, of_v2)
{
	struct hierarchies found;

	if (geteuid() != 0)
		cr_skip_test("needs root");
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	/* EBUSY: that is what is there. */
	cr_assert(mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) == 0 || errno == EBUSY);
	cr_assert_eq(hierarchies_read(&arena, &found, &err), 0, "%s", err.text);
	cr_assert_eq(found.count, 1);
	cr_expect_str_eq(found.at[0].mount, "/sys/fs/cgroup");
	cr_expect(found.at[0].unified);
	cr_expect_null(strchr(found.at[0].controllers, '\n'));
}
