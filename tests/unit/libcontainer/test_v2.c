/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of cgroup2, on this host's cgroup2 hierarchy as if it were the only one. Needs root;
 * where it has no controllers, because v1 has them, limits are not tried.
 */
#include "cgroup_live.h"

static struct hierarchies chosen;

static void begin_v2(void)
{
	begin();
	chosen = select_hierarchies(true);
	if (chosen.count == 0)
		cr_skip_test("no hierarchy of cgroup2");
}

TestSuite(v2, .init = begin_v2, .fini = end);

static void need(const char *controller)
{
	if (!controllers_have(chosen.at[0].controllers, controller))
		cr_skip_test("cgroup2 has no controller %s here", controller);
}

static const char *v2_content(const char *name)
{
	return content(&chosen.at[0], name);
}

/* "0::/path" is a line of /proc/self/cgroup. */
static int verify_membership(void)
{
	FILE *file _fclose_ = fopen("/proc/self/cgroup", "re");
	char line[512], expected[512];

	snprintf(expected, sizeof expected, "0::%s\n", plan.cgroup.at.path);
	while (file && fgets(line, sizeof line, file))
		if (!strcmp(line, expected))
			return 0;
	return 1;
}

Test(v2, init_is_born_inside)
{
	create_container(chosen, "");
	cr_expect_eq(plan.cgroup.at.layout, &cgroup_v2);
	cr_expect_geq(handles.directory, 0);
	cr_expect_eq(handles.count, 0);
	cr_expect_eq(status_of(spawn(verify_membership)), 0);
}

Test(v2, init_enters_by_itself)
{
	plan_container(chosen, "");
	plan.cgroup.clone_into = false;
	cr_assert_eq(start(), 0, "%s", err.text);
	cr_expect_eq(handles.directory, -1);
	cr_expect_eq(handles.count, 1);
	cr_expect_eq(status_of(spawn(verify_membership)), 0);
}

Test(v2, nobody_may_be_born)
{
	need("pids");
	create_container(chosen, "\"resources\": {\"pids\": {\"limit\": 0}}");
	cr_expect_str_eq(v2_content("pids.max"), "0");
	cr_expect_eq(status_of(spawn(verify_membership)), 0);
}

Test(v2, limits)
{
	need("memory");
	need("pids");
	need("cpu");
	need("cpuset");
	create_container(chosen, "\"resources\": {"
				 "\"memory\": {\"limit\": 67108864, \"reservation\": 33554432,"
				 "  \"swap\": 100663296},"
				 "\"cpu\": {\"shares\": 1024, \"quota\": 50000, \"period\": 200000,"
				 "  \"burst\": 10000, \"cpus\": \"0\", \"mems\": \"0\"},"
				 "\"pids\": {\"limit\": 10}}");
	cr_expect_str_eq(v2_content("memory.max"), "67108864");
	cr_expect_str_eq(v2_content("memory.low"), "33554432");
	cr_expect_str_eq(v2_content("memory.swap.max"), "33554432");
	cr_expect_str_eq(v2_content("cpu.max"), "50000 200000");
	cr_expect_str_eq(v2_content("cpu.max.burst"), "10000");
	cr_expect_str_eq(v2_content("cpu.weight"), "100");
	cr_expect_str_eq(v2_content("cpuset.cpus"), "0");
	cr_expect_str_eq(v2_content("pids.max"), "10");
}

Test(v2, limits_that_depend_on_each_other)
{
	need("cpu");
	create_container(chosen, "\"resources\": {\"cpu\": {\"quota\": 50000, \"burst\": 50000}}");
	close_handles();
	create_container(chosen, "\"resources\": {\"cpu\": {\"quota\": 10000, \"burst\": 1000}}");
	cr_expect_str_eq(v2_content("cpu.max"), "10000 100000");
	cr_expect_str_eq(v2_content("cpu.max.burst"), "1000");
}

Test(v2, limit_that_the_kernel_refuses)
{
	need("cpu");
	plan_container(chosen, "\"resources\": {\"cpu\": {\"quota\": 5}}");
	EXPECT_ERROR(start(), EINVAL, "linux.resources.cpu.quota: cpu.max: write \"5\"");
}

/* All parents hand the usual controllers on, so that there are numbers to read. */
Test(v2, controllers)
{
	static const char *const usual[] = {"cpu", "cpuset", "io", "memory", "pids", "hugetlb"};

	strcat(path, "/a/b");
	create_container(chosen, "");
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		cr_expect_eq(controllers_have(v2_content("cgroup.controllers"), usual[i]),
			     controllers_have(chosen.at[0].controllers, usual[i]), "%s", usual[i]);
	*strstr(path, "/a/b") = '\0';
}

/* Limits are for the children of cgroups without processes: nothing may be changed in the parent.
 */
static void try_child_of_occupied(const char *limits, const char *controller)
{
	char expected[64];

	need(controller);
	snprintf(expected, sizeof expected, "controller %s is not available: %s/", controller,
		 chosen.at[0].mount);
	create_container(chosen, "");
	spawn_sleeper();
	close_handles();
	strcat(path, "/child");
	plan_container(chosen, limits);
	EXPECT_ERROR(start(), EBUSY, expected);
	cr_expect(strstr(err.text, "has processes of its own"), "%s", err.text);
	/* Without limits it is fine. */
	create_container(chosen, "");
	cr_expect_eq(status_of(spawn(verify_membership)), 0);
	*strstr(path, "/child") = '\0';
}

Test(v2, parent_has_processes)
{
	try_child_of_occupied("\"resources\": {\"memory\": {\"limit\": 67108864}}", "memory");
}

/* The kernel would take this one, and make a threaded domain of the parent. */
Test(v2, parent_has_processes_and_controller_is_threaded)
{
	try_child_of_occupied("\"resources\": {\"pids\": {\"limit\": 10}}", "pids");
}

Test(v2, parent_is_threaded)
{
	_close_ int parent = -1;

	need("pids");
	create_container(chosen, "");
	parent = take(&handles.directory);
	handles.directory = openat(parent, ".", O_PATH | O_CLOEXEC);
	spawn_sleeper();
	cr_assert_eq(io_write_file(parent, "cgroup.subtree_control", "+pids", &err), 0, "%s",
		     err.text);
	close_handles();
	strcat(path, "/child");
	plan_container(chosen, "");
	EXPECT_ERROR(start(), EOPNOTSUPP, "is of type \"domain invalid\"");
	*strstr(path, "/child") = '\0';
}

static int open_devices(void)
{
	if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
		return 1;
	return open("/dev/kmsg", O_RDONLY | O_CLOEXEC) >= 0 || errno != EPERM ? 2 : 0;
}

Test(v2, device_program)
{
	create_container(chosen, "\"resources\": {\"devices\": [{\"allow\": false}]}");
	cr_expect_eq(status_of(spawn(open_devices)), 0);
}

/* Every form of rule that there is must pass the kernel's verifier. */
Test(v2, device_program_is_verified)
{
	struct cgroup_device_rule at[512];
	struct cgroup_device_rules rules = {.at = at};

	create_container(chosen, "");
	for (unsigned form = 0; form < 3 * 2 * 2 * 2 * 7; form++)
		at[rules.count++] = (struct cgroup_device_rule){
			.allow = form & 1,
			.major = form & 2 ? (int64_t)UINT32_MAX : -1,
			.minor = form & 4 ? INT32_MAX : -1,
			.type = "abc"[form / 8 % 3],
			.access = 1 + form / 24,
		};
	cgroup_devices_compile(&rules, &arena, &plan.cgroup.limits.devices);
	cr_expect_eq(cgroup_devices_attach(handles.directory, &plan.cgroup.limits.devices, &err), 0,
		     "%s", err.text);
}

Test(v2, check)
{
	plan_container(chosen, "");
	cr_expect_eq(check(), 0, "%s", err.text);
	cr_assert_eq(start(), 0, "%s", err.text);
	cr_expect_eq(check(), 0, "%s", err.text);
	spawn_sleeper();
	EXPECT_ERROR(check(), EBUSY,
		     "container's cgroup is not empty: another container or process uses /kist-");
	cr_expect_eq(kill_container(SIGKILL), 0, "%s", err.text);
	while (unified_populated(handles.directory))
		clock_sleep_ms(1);
	cr_expect_eq(freeze_container(true), 0, "%s", err.text);
	EXPECT_ERROR(check(), EBUSY, "container's cgroup is frozen: /kist-");
	cr_expect_eq(freeze_container(false), 0, "%s", err.text);
}

/* A process deep below is in the way of create, and reached by kill. */
Test(v2, below)
{
	_close_ int below = -1;
	char text[16];
	pid_t pid;

	create_container(chosen, "");
	below = make_below(&chosen.at[0], "a/b");
	pid = spawn_sleeper();
	snprintf(text, sizeof text, "%d", (int)pid);
	cr_assert_eq(io_write_file(below, "cgroup.procs", text, &err), 0, "%s", err.text);
	EXPECT_ERROR(check(), EBUSY, "is not empty");
	cr_expect_eq(kill_container(SIGTERM), 0, "%s", err.text);
	cr_expect_eq(status_of(pid), 128 + SIGTERM);
	cr_expect_eq(remove_container(5000), 0, "%s", err.text);
	cr_expect_not(exists(&chosen.at[0], plan.cgroup.at.path));
}

Test(v2, kill)
{
	pid_t first, second;

	create_container(chosen, "");
	first = spawn_sleeper();
	second = spawn_sleeper();
	EXPECT_ERROR(remove_container(0), EBUSY, "container's cgroup is not empty: /");
	cr_expect_eq(freeze_container(true), 0, "%s", err.text);
	cr_expect_eq(kill_container(SIGKILL), 0, "%s", err.text);
	cr_expect_eq(status_of(first), 128 + SIGKILL);
	cr_expect_eq(status_of(second), 128 + SIGKILL);
	cr_expect_eq(remove_container(5000), 0, "%s", err.text);
	cr_expect_eq(kill_container(SIGKILL), 0, "%s", err.text);
}

Test(v2, freeze)
{
	pid_t pid;

	create_container(chosen, "");
	pid = spawn_counter();
	cr_expect_eq(is_frozen(), 0);
	cr_assert_eq(freeze_container(true), 0, "%s", err.text);
	cr_expect_eq(is_frozen(), 1);
	/* A signal waits until it is thawed, and does not thaw it. */
	cr_expect_eq(kill_container(SIGTERM), 0, "%s", err.text);
	cr_expect_eq(is_frozen(), 1);
	cr_expect(still_runs(pid));
	cr_expect_eq(freeze_container(false), 0, "%s", err.text);
	cr_expect_eq(status_of(pid), 1);
	EXPECT_ERROR(freeze_missing(), ENOENT, "kist-test-none");
}

Test(v2, undo)
{
	struct record record = {0};

	create_container(chosen, "");
	if (real_hierarchies().count > 1)
		cr_skip_test("the only hierarchy must be that of cgroup2");
	record.cgroup = cgroup_record(&plan);
	spawn_sleeper();
	cr_expect_eq(cgroup_undo(&record, &err), 0, "%s", err.text);
	cr_expect_not(exists(&chosen.at[0], plan.cgroup.at.path));
	cr_expect_eq(cgroup_undo(&record, &err), 0, "%s", err.text);
}
