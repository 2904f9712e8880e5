/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's hierarchies, and where a container goes in them. Only what mounts something needs
 * root.
 */
#include "cgroup_fixture.h"

#include <limits.h>
#include <sched.h>
#include <sys/mount.h>

static struct hierarchies parse(const char *text)
{
	struct hierarchies found = {0};
	FILE *file _fclose_ = fmemopen((void *)text, strlen(text), "r");

	cr_assert(file);
	cr_assert_eq(cgroup_hierarchies_parse(file, &arena, &found, &err), 0, "%s", err.text);
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

Test(cgroup, hierarchies_of_v1)
{
	struct hierarchies found = parse(mountinfo_of_v1);

	cr_assert_eq(found.count, 3);
	expect_hierarchy(&found.at[0], "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", false);
	expect_hierarchy(&found.at[1], "name=systemd", "/sys/fs/cgroup/systemd", false);
	expect_hierarchy(&found.at[2], "", "/sys/fs/cgroup/unified", true);
	cr_expect_eq(cgroup_hierarchy(&found, "cpuacct"), &found.at[0]);
	cr_expect_eq(cgroup_hierarchy(&found, "name=systemd"), &found.at[1]);
	cr_expect_null(cgroup_hierarchy(&found, "memory"));
	cr_expect_eq(cgroup_unified(&found), &found.at[2]);
}

/* Neither a second mount of the same, nor a part of one, is a hierarchy. */
Test(cgroup, mounts_that_are_no_hierarchies)
{
	struct hierarchies found = parse(mountinfo_of_parts);

	cr_assert_eq(found.count, 1);
	expect_hierarchy(&found.at[0], "memory", "/with space\\", false);
}

Test(cgroup, mountinfo_of_every_shape)
{
	struct hierarchies found = parse("\n40\n40 24 0:1 / /a\n"
					 "40 24 0:1 / /a rw\n40 24 0:1 / /a rw - cgroup\n"
					 "40 24 0:2 / /b rw - cgroup2 cgroup2 rw\n");

	cr_assert_eq(found.count, 1);
	expect_hierarchy(&found.at[0], "", "/b", true);
	cr_expect_eq(parse("\n").count, 0);
}

Test(cgroup, too_many_hierarchies)
{
	char *text = arena_strdup(&arena, "");
	struct hierarchies found;
	FILE *file _fclose_ = NULL;

	for (int i = 0; i <= CGROUP_HIERARCHIES_MAX; i++)
		text = arena_printf(&arena, "%s" MOUNT("0:%d", "/", "/c", "cgroup", "rw,name=x"),
				    text, i);
	file = fmemopen(text, strlen(text), "r");
	EXPECT_ERROR(cgroup_hierarchies_parse(file, &arena, &found, &err), E2BIG,
		     "more than 16 cgroup hierarchies");
}

Test(cgroup, lists_of_controllers)
{
	cr_expect(cgroup_has_controller("cpu,cpuacct", "cpu"));
	cr_expect(cgroup_has_controller("cpu,cpuacct", "cpuacct"));
	cr_expect(cgroup_has_controller("cpuset cpu io\n", "io"));
	cr_expect_not(cgroup_has_controller("cpuset,cpuacct", "cpu"));
	cr_expect_not(cgroup_has_controller("", "cpu"));
}

/* Whatever this host has: it is there, and the cgroup2 hierarchy's controllers are known. */
Test(cgroup, hierarchies_of_this_host)
{
	struct host found = {0};

	cr_assert_eq(cgroup_hierarchies_read(&arena, &found, &err), 0, "%s", err.text);
	for (size_t i = 0; i < found.hierarchies.count; i++)
		cr_expect_eq(access(found.hierarchies.at[i].mount, F_OK), 0);
}

Test(cgroup, hierarchy_of_v2)
{
	struct host found = {0};

	if (geteuid() != 0)
		cr_skip_test("needs root");
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	/* EBUSY: that is what is there. */
	cr_assert(mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) == 0 || errno == EBUSY);
	cr_assert_eq(cgroup_hierarchies_read(&arena, &found, &err), 0, "%s", err.text);
	cr_assert_eq(found.hierarchies.count, 1);
	cr_expect_str_eq(found.hierarchies.at[0].mount, "/sys/fs/cgroup");
	cr_expect(found.hierarchies.at[0].unified);
	cr_expect_null(strchr(found.hierarchies.at[0].controllers, '\n'));
}

Test(cgroup, a_host_without_cgroups)
{
	struct host found = {0};

	if (geteuid() != 0)
		cr_skip_test("needs root");
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("/mnt", "/sys", NULL, MS_BIND, NULL), 0);
	cr_assert_eq(umount2("/sys", MNT_DETACH), 0);
	cr_assert_eq(umount2("/sys", MNT_DETACH), 0);
	prepare(none, "");
	cr_assert_eq(cgroup_read_host(&plan, &found, &err), 0, "%s", err.text);
	cr_expect_eq(found.hierarchies.count, 0);
	cr_expect_not(found.cgroups_denied);
}

/* Root may write everywhere; whoever gives that up may not where root alone may. */
Test(cgroup, who_may_not_write_to_the_hierarchies)
{
	struct host found = {0};

	prepare(none, "");
	cr_assert_eq(cgroup_read_host(&plan, &found, &err), 0, "%s", err.text);
	if (geteuid() != 0 || found.hierarchies.count == 0)
		cr_skip_test("needs root and cgroups");
	cr_expect_not(found.cgroups_denied);
	cr_assert_eq(setresuid(1000, 1000, 1000), 0);
	cr_assert_eq(cgroup_read_host(&plan, &found, &err), 0, "%s", err.text);
	cr_expect(found.cgroups_denied);
}

Test(cgroup, driver_by_host)
{
	prepare(v2, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(plan.cgroup.driver, &cgroup_v2_driver);
	prepare(v1, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(plan.cgroup.driver, &cgroup_v1_driver);
	prepare(hybrid, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(plan.cgroup.driver, &cgroup_v1_driver);
	cr_expect(plan.cgroup.clone_into);
	cr_expect(cgroup_join.when(&plan));
}

Test(cgroup, driver_by_name)
{
	cr_expect_eq(cgroup_driver_find(cgroup_v1_driver.name), &cgroup_v1_driver);
	cr_expect_eq(cgroup_driver_find(cgroup_v2_driver.name), &cgroup_v2_driver);
	cr_expect_null(cgroup_driver_find(""));
	cr_expect_null(cgroup_driver_find("cgroupfs"));
}

static void expect_path(const char *given, const char *expected)
{
	char members[PATH_MAX + 64];

	snprintf(members, sizeof members, "\"cgroupsPath\": \"%s\"", given);
	prepare(v2, members);
	cr_expect_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
	cr_expect_str_eq(plan.cgroup.path, expected);
}

static void refuse_path(const char *given, int code, const char *reason)
{
	char members[2 * PATH_MAX];

	snprintf(members, sizeof members, "\"cgroupsPath\": \"%s\"", given);
	prepare(v2, members);
	EXPECT_ERROR(cgroup_plan(&plan, &err), code, "linux.cgroupsPath: \"");
	cr_expect(strstr(err.text, reason), "%s", err.text);
}

Test(cgroup, path)
{
	prepare(v2, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_str_eq(plan.cgroup.path, "/kist-test");
	expect_path("", "/kist-test");
	expect_path("/a/b", "/a/b");
	/* The same value, the same place: whatever cgroup the caller is in. */
	expect_path("a/b", "/a/b");
	expect_path("//a///b//", "/a/b");
	expect_path("/..a/b.", "/..a/b.");
	/* Systemd's three words, with the driver that has no use for them. */
	expect_path("system.slice:docker:1234", "/system.slice:docker:1234");
}

Test(cgroup, path_is_refused)
{
	char name[NAME_MAX + 3] = "/", deep[PATH_MAX + 3] = "";

	memset(name + 1, 'a', NAME_MAX + 1);
	for (size_t i = 0; i <= PATH_MAX; i++)
		deep[i] = i % 2 ? 'a' : '/';
	refuse_path("/", EINVAL, "must not be the root of the hierarchy");
	refuse_path("///", EINVAL, "must not be the root of the hierarchy");
	refuse_path("..", EINVAL, "must not contain \"..\"");
	refuse_path("/a/../../b", EINVAL, "must not contain \"..\"");
	refuse_path("/a/./b", EINVAL, "must not contain \".\"");
	refuse_path("/a/..", EINVAL, "must not contain \"..\"");
	refuse_path("/a\\nb", EINVAL, "must not contain a line feed");
	refuse_path(name, ENAMETOOLONG, "is longer than 255 bytes");
	refuse_path(deep, ENAMETOOLONG, "is longer than 4095 bytes");
}

static int plan_managed(enum container_cgroup_manager manager, const char *members)
{
	int result;

	prepare(v2, members);
	options.cgroup_manager = manager;
	result = cgroup_plan(&plan, &err);
	options.cgroup_manager = CONTAINER_CGROUPFS;
	return result;
}

Test(cgroup, manager)
{
	EXPECT_ERROR(plan_managed(CONTAINER_SYSTEMD, ""), ENOTSUP,
		     "--cgroup-manager: systemd is not supported yet");
	cr_expect_eq(plan_managed(CONTAINER_NO_CGROUP, "\"cgroupsPath\": \"/a\""), 0);
	cr_expect_null(plan.cgroup.driver);
	cr_expect_not(cgroup_planned(&plan));
	cr_expect_not(cgroup_join.when(&plan));
	cr_expect_str_eq(plan.cgroup.path, "");
	/* Ignoring device rules is what was asked for; a limit is never ignored. */
	cr_expect_eq(plan_managed(CONTAINER_NO_CGROUP,
				  "\"resources\": {\"devices\": [{\"allow\": false}]}"),
		     0);
	cr_expect_eq(plan.cgroup.devices.count, 0);
	EXPECT_ERROR(
		plan_managed(CONTAINER_NO_CGROUP, "\"resources\": {\"memory\": {\"limit\": 1000}}"),
		ENOTSUP, "linux.resources.memory.limit: no cgroup: the cgroup manager is disabled");
}

Test(cgroup, nothing_is_mounted)
{
	prepare(none, "");
	cr_expect_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
	cr_expect_null(plan.cgroup.driver);
	prepare(none, "\"cgroupsPath\": \"/a\"");
	EXPECT_ERROR(cgroup_plan(&plan, &err), ENOTSUP,
		     "linux.cgroupsPath: no cgroup hierarchy is mounted; mount cgroup2 on "
		     "/sys/fs/cgroup");
}

static const char *print(void)
{
	char *text _free_ = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert(out);
	cgroup_create.print(&plan, out);
	fclose(out);
	return arena_strdup(&arena, text);
}

Test(cgroup, print)
{
	plan_resources(v1, "\"memory\": {\"limit\": 1048576}, \"pids\": {\"limit\": 5}");
	cr_expect_str_eq(print(), "\t\t/kist-test (cgroupfs-v1)\n"
				  "\t\tmemory/memory.limit_in_bytes = 1048576\n"
				  "\t\tpids/pids.max = 5\n");
	plan_resources(v2, "\"devices\": [{\"allow\": true},"
			   " {\"allow\": false, \"type\": \"b\", \"access\": \"w\"}]");
	cr_expect(strstr(print(), "\t\t/kist-test (cgroupfs-v2)\n"
				  "\t\tdevices: allow the others\n"
				  "\t\tdevices: deny b *:* w\n"));
}

Test(cgroup, links)
{
	const char *links[CGROUP_HIERARCHIES_MAX][2];

	prepare(hybrid, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_assert_eq(cgroup_links(&plan, links, CGROUP_HIERARCHIES_MAX), 2);
	cr_expect_str_eq(links[0][0], "cpu");
	cr_expect_str_eq(links[0][1], "cpu,cpuacct");
	cr_expect_str_eq(links[1][0], "cpuacct");
	cr_expect_str_eq(links[1][1], "cpu,cpuacct");
	cr_expect_eq(cgroup_links(&plan, links, 1), 1);
	prepare(v2, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(cgroup_links(&plan, links, CGROUP_HIERARCHIES_MAX), 0);
}

/* A record is a file: nothing in it may lead elsewhere. */
Test(cgroup, undo_of_a_bad_record)
{
	struct record record = {.cgroup = {"", ""}};

	cr_expect_eq(cgroup_undo(&record, &err), 0);
	record.cgroup = (struct record_cgroup){NULL, NULL};
	cr_expect_eq(cgroup_undo(&record, &err), 0);
	record.cgroup = (struct record_cgroup){"cgroupfs-v3", "/a"};
	EXPECT_ERROR(cgroup_undo(&record, &err), ENOTSUP, "unknown cgroup driver \"cgroupfs-v3\"");
	for (const char *const *path = (const char *const[]){"/", "", "a", "/../a", "/a/", NULL};
	     *path; path++) {
		record.cgroup = (struct record_cgroup){"cgroupfs-v2", *path};
		EXPECT_ERROR(cgroup_undo(&record, &err), EINVAL, "no proper cgroup path");
	}
}
