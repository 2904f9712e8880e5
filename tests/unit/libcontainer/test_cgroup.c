/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a container goes in the host's hierarchies, and how it is found there again. Only what
 * mounts something needs root.
 */
#include "cgroup_fixture.h"

#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

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

Test(cgroup, layout_by_host)
{
	prepare(v2, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(plan.cgroup.at.layout, &cgroup_v2);
	prepare(v1, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(plan.cgroup.at.layout, &cgroup_v1);
	prepare(hybrid, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(plan.cgroup.at.layout, &cgroup_v1);
	cr_expect(plan.cgroup.clone_into);
	cr_expect(plan.cgroup.entered);
}

/* The names that records have had since the first version. */
Test(cgroup, names_in_records)
{
	static const struct {
		struct hierarchies hierarchies;
		const char *name;
		const struct cgroup_layout *layout;
	} cases[] = {
		{{1, v2_at}, "cgroupfs-v2", &cgroup_v2},
		{{6, v1_at}, "cgroupfs-v1", &cgroup_v1},
		{{7, v1_at}, "cgroupfs-v1", &cgroup_v1},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct record_cgroup record;
		struct cgroup found;

		prepare(cases[i].hierarchies, "");
		cr_assert_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
		record = cgroup_record(&plan);
		cr_expect_str_eq(record.driver, cases[i].name);
		cr_expect_str_eq(record.path, "/kist-test");
		cr_assert_eq(cgroup_of_record(&record, &host.hierarchies, &found, &err), 0, "%s",
			     err.text);
		cr_expect_eq(found.layout, cases[i].layout);
		cr_expect_eq(found.manager, &cgroup_cgroupfs);
		cr_expect_eq(found.hierarchies, &host.hierarchies);
		cr_expect_str_eq(found.path, "/kist-test");
	}
}

static void expect_path(const char *given, const char *expected)
{
	char members[PATH_MAX + 64];

	snprintf(members, sizeof members, "\"cgroupsPath\": \"%s\"", given);
	prepare(v2, members);
	cr_expect_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
	cr_expect_str_eq(plan.cgroup.at.path, expected);
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
	cr_expect_str_eq(plan.cgroup.at.path, "/kist-test");
	expect_path("", "/kist-test");
	expect_path("/a/b", "/a/b");
	/* The same value, the same place: whatever cgroup the caller is in. */
	expect_path("a/b", "/a/b");
	expect_path("//a///b//", "/a/b");
	expect_path("/..a/b.", "/..a/b.");
	/* Systemd's three words, with the manager that has no use for them. */
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
	cr_expect_null(plan.cgroup.at.layout);
	cr_expect_not(plan.cgroup.planned);
	cr_expect_not(plan.cgroup.entered);
	cr_expect_str_eq(plan.cgroup.at.path, "");
	/* Ignoring device rules is what was asked for; a limit is never ignored. */
	cr_expect_eq(plan_managed(CONTAINER_NO_CGROUP,
				  "\"resources\": {\"devices\": [{\"allow\": false}]}"),
		     0);
	cr_expect_eq(plan.cgroup.limits.devices.count, 0);
	EXPECT_ERROR(
		plan_managed(CONTAINER_NO_CGROUP, "\"resources\": {\"memory\": {\"limit\": 1000}}"),
		ENOTSUP, "linux.resources.memory.limit: no cgroup: the cgroup manager is disabled");
}

Test(cgroup, nothing_is_mounted)
{
	prepare(none, "");
	cr_expect_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
	cr_expect_null(plan.cgroup.at.layout);
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

static void expect_warning(const char *text)
{
	const struct warning *warning = plan.warnings.first;

	cr_assert(warning, "no warning: %s", text);
	cr_expect_eq(warning->level, CONTAINER_LOG_WARNING);
	cr_expect_str_eq(warning->text, text);
	cr_expect_null(warning->next);
}

/* What is not done as config.json has it is said, and does not fail. */
Test(cgroup, warnings)
{
	cr_expect_eq(plan_resources(v2, "\"memory\": {\"limit\": 1048576}"), 0);
	cr_expect_null(plan.warnings.first);
	cr_expect_eq(plan_resources(v2, "\"memory\": {\"kernel\": 1, \"kernelTCP\": -1}"), 0);
	expect_warning("linux.resources.memory.kernel: ignored: kernel memory counts towards "
		       "memory.limit");
	prepare(v2, "\"resources\": {\"devices\": [{\"allow\": false}]}");
	host.capabilities = 0;
	cr_expect_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
	expect_warning("linux.resources.devices: not enforced, which needs CAP_SYS_ADMIN; devices "
		       "are protected by their permissions only");
	cr_expect_eq(plan_managed(CONTAINER_NO_CGROUP,
				  "\"resources\": {\"devices\": [{\"allow\": false}]}"),
		     0);
	expect_warning("linux.resources.devices: not enforced: the container has no cgroup");
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

/* A record is a file: nothing in it may lead elsewhere. */
static int find(const char *driver, const char *path)
{
	struct record_cgroup record = {driver, path};
	struct cgroup found = {.path = "untouched"};
	int result = cgroup_of_record(&record, &host.hierarchies, &found, &err);

	cr_expect(result == 0 || strcmp(found.path, "untouched") == 0);
	cr_expect(result < 0 || !found.layout);
	return result;
}

Test(cgroup, bad_records)
{
	static const char *const names[] = {"cgroupfs-v3", "cgroupfs", "cgroupfs-",
					    "-v2",         "v2",       "systemd-v2"};
	static const char *const paths[] = {"/", "", "a", "/../a", "/a/", NULL};
	struct record record = {0};

	cr_expect_eq(find("", ""), 0);
	cr_expect_eq(find(NULL, NULL), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		EXPECT_ERROR(find(names[i], "/a"), ENOTSUP, "unknown cgroup driver \"");
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		EXPECT_ERROR(find("cgroupfs-v2", paths[i]), EINVAL, "no proper cgroup path");
		record.cgroup = (struct record_cgroup){"cgroupfs-v2", paths[i]};
		EXPECT_ERROR(cgroup_undo(&record, &err), EINVAL, "no proper cgroup path");
		EXPECT_ERROR(cgroup_undo_empty(&record, &err), EINVAL, "no proper cgroup path");
	}
	record.cgroup = (struct record_cgroup){"", ""};
	cr_expect_eq(cgroup_undo(&record, &err), 0);
	cr_expect_eq(cgroup_undo_empty(&record, &err), 0);
}
