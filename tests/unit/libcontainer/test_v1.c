/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of cgroup v1 on this host's hierarchies, with and without the cgroup2 one beside them.
 * Needs root, and a host that has v1.
 */
#include "cgroup_live.h"

/* Each test twice. */
static struct hierarchies chosen;

static void begin_v1(void)
{
	begin();
	chosen = select_hierarchies(false);
	if (chosen.count == 0)
		cr_skip_test("no hierarchy of v1");
}

static void begin_hybrid(void)
{
	begin_v1();
	chosen = real_hierarchies();
	if (!hierarchies_unified(&chosen))
		cr_skip_test("no hierarchy of cgroup2");
}

TestSuite(v1, .init = begin_v1, .fini = end);
TestSuite(hybrid, .init = begin_hybrid, .fini = end);

#define BOTH(name)                                                                                 \
	static void test_##name(void);                                                             \
	Test(v1, name)                                                                             \
	{                                                                                          \
		test_##name();                                                                     \
	}                                                                                          \
	Test(hybrid, name)                                                                         \
	{                                                                                          \
		test_##name();                                                                     \
	}                                                                                          \
	static void test_##name(void)

static void need(const char *controller)
{
	if (!hierarchies_find(&chosen, controller))
		cr_skip_test("no hierarchy with %s", controller);
}

static const char *v1_content(const char *controller, const char *name)
{
	return content(hierarchies_find(&chosen, controller), name);
}

/* Is every line of /proc/self/cgroup about the hierarchies that the plan knows this path? */
static int verify_membership(void)
{
	FILE *file _fclose_ = fopen("/proc/self/cgroup", "re");
	char line[512];
	size_t inside = 0;

	while (file && fgets(line, sizeof line, file)) {
		char *where = strstr(line, ":/");

		line[strcspn(line, "\n")] = '\0';
		inside += where && !strcmp(where + 1, plan.cgroup.at.path);
	}
	return inside == chosen.count ? 0 : 1;
}

BOTH(init_is_everywhere)
{
	create_container(chosen, "");
	cr_expect_eq(status_of(spawn(verify_membership)), 0);
	cr_expect_eq(handles.count, chosen.count - (hierarchies_unified(&chosen) ? 1 : 0));
	cr_expect_eq(handles.directory >= 0, hierarchies_unified(&chosen) != NULL);
}

BOTH(limits)
{
	need("memory");
	need("pids");
	need("cpu");
	create_container(chosen, "\"resources\": {"
				 "\"memory\": {\"limit\": 67108864, \"reservation\": 33554432,"
				 "  \"swappiness\": 10, \"disableOOMKiller\": true},"
				 "\"cpu\": {\"shares\": 512, \"quota\": 50000, \"period\": 200000,"
				 "  \"burst\": 10000},"
				 "\"pids\": {\"limit\": 0}}");
	cr_expect_str_eq(v1_content("memory", "memory.limit_in_bytes"), "67108864");
	cr_expect_str_eq(v1_content("memory", "memory.soft_limit_in_bytes"), "33554432");
	cr_expect_str_eq(v1_content("memory", "memory.swappiness"), "10");
	cr_expect_str_eq(v1_content("memory", "memory.oom_control"), "oom_kill_disable 1");
	cr_expect_str_eq(v1_content("cpu", "cpu.shares"), "512");
	cr_expect_str_eq(v1_content("cpu", "cpu.cfs_quota_us"), "50000");
	cr_expect_str_eq(v1_content("cpu", "cpu.cfs_period_us"), "200000");
	cr_expect_str_eq(v1_content("cpu", "cpu.cfs_burst_us"), "10000");
	cr_expect_str_eq(v1_content("pids", "pids.max"), "0");
}

/* Raised and lowered in a cgroup that is there already: the old values must not be in the way. */
BOTH(limits_that_depend_on_each_other)
{
	static const struct {
		const char *limit, *swap;
	} steps[] = {
		{"33554432", "67108864"}, {"134217728", "134217728"}, {"16777216", "16777216"}};

	need("memory");
	create_container(chosen, "");
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char members[256];

		snprintf(members, sizeof members,
			 "\"resources\": {\"memory\": {\"limit\": %s, \"swap\": %s}}",
			 steps[i].limit, steps[i].swap);
		close_handles();
		create_container(chosen, members);
		cr_expect_str_eq(v1_content("memory", "memory.limit_in_bytes"), steps[i].limit);
		cr_expect_str_eq(v1_content("memory", "memory.memsw.limit_in_bytes"),
				 steps[i].swap);
	}
}

BOTH(limit_that_the_kernel_refuses)
{
	need("cpu");
	plan_container(chosen, "\"resources\": {\"cpu\": {\"period\": 7}}");
	EXPECT_ERROR(start(), EINVAL, "linux.resources.cpu.period: cpu.cfs_period_us: write \"7\"");
}

/* Below parents that are made on the way, too. */
BOTH(cpuset)
{
	char top[sizeof path];

	need("cpuset");
	strcpy(top, path);
	strcat(path, "/a/b");
	create_container(chosen, "");
	cr_expect_str_neq(v1_content("cpuset", "cpuset.cpus"), "");
	cr_expect_str_neq(v1_content("cpuset", "cpuset.mems"), "");
	cr_expect_eq(status_of(spawn(verify_membership)), 0);
	strcpy(path, top);
	strcat(path, "/a/c");
	close_handles();
	create_container(chosen, "\"resources\": {\"cpu\": {\"cpus\": \"0\", \"mems\": \"0\"}}");
	cr_expect_str_eq(v1_content("cpuset", "cpuset.cpus"), "0");
	strcpy(path, top);
}

static int open_devices(void)
{
	if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
		return 1;
	return open("/dev/kmsg", O_RDONLY | O_CLOEXEC) >= 0 || errno != EPERM ? 2 : 0;
}

BOTH(device_rules)
{
	need("devices");
	create_container(chosen, "\"resources\": {\"devices\": [{\"allow\": false}]}");
	cr_expect_eq(status_of(spawn(open_devices)), 0);
}

/* An exception from an exception: with the program, in the hierarchy that can. */
Test(hybrid, device_program)
{
	create_container(chosen, "\"resources\": {\"devices\": [{\"allow\": false},"
				 "{\"allow\": true, \"type\": \"c\", \"major\": 1},"
				 "{\"allow\": false, \"type\": \"c\", \"major\": 1, \"minor\": 11,"
				 " \"access\": \"rw\"}]}");
	cr_assert_gt(plan.cgroup.limits.devices.count, 0);
	cr_expect_eq(status_of(spawn(open_devices)), 0);
}

BOTH(check)
{
	plan_container(chosen, "");
	cr_expect_eq(check(), 0, "%s", err.text);
	cr_assert_eq(start(), 0, "%s", err.text);
	cr_expect_eq(check(), 0, "%s", err.text);
	spawn_sleeper();
	EXPECT_ERROR(check(), EBUSY,
		     "container's cgroup is not empty: another container or process uses /kist-");
	cr_expect_eq(kill_container(SIGKILL), 0, "%s", err.text);
	cr_expect_eq(freeze_container(true), 0, "%s", err.text);
	EXPECT_ERROR(check(), EBUSY, "container's cgroup is frozen: /kist-");
	cr_expect_eq(freeze_container(false), 0, "%s", err.text);
}

static void expect_gone(void)
{
	for (size_t i = 0; i < chosen.count; i++)
		cr_expect_not(exists(&chosen.at[i], plan.cgroup.at.path), "%s", chosen.at[i].mount);
}

BOTH(remove)
{
	create_container(chosen, "");
	for (size_t i = 0; i < chosen.count; i++) {
		_close_ int below = make_below(&chosen.at[i], "a/b");

		cr_assert_geq(below, 0);
	}
	/* One is missing already. */
	cr_assert_eq(tree_remove(&chosen.at[0], plan.cgroup.at.path, 0, &err), 0);
	cr_expect_eq(remove_container(0), 0, "%s", err.text);
	expect_gone();
	cr_expect_eq(remove_container(0), 0, "%s", err.text);
}

BOTH(kill)
{
	pid_t first, second;

	create_container(chosen, "");
	first = spawn_sleeper();
	second = spawn_sleeper();
	EXPECT_ERROR(remove_container(0), EBUSY, "container's cgroup is not empty: /");
	cr_expect_eq(kill_container(SIGKILL), 0, "%s", err.text);
	cr_expect_eq(status_of(first), 128 + SIGKILL);
	cr_expect_eq(status_of(second), 128 + SIGKILL);
	cr_expect_eq(remove_container(5000), 0, "%s", err.text);
	expect_gone();
	cr_expect_eq(kill_container(SIGKILL), 0, "%s", err.text);
}

/* Once for each process, however many hierarchies list it. */
BOTH(other_signals)
{
	pid_t counter;

	create_container(chosen, "");
	counter = spawn_counter();
	cr_expect_eq(kill_container(SIGTERM), 0, "%s", err.text);
	cr_expect_eq(status_of(counter), 1);
	cr_expect_not(is_frozen());
}

BOTH(freeze)
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
	cr_expect_eq(is_frozen(), 0);
	cr_expect_eq(status_of(pid), 1);
	EXPECT_ERROR(freeze_missing(), ENOENT, "kist-test-none");
}

BOTH(kill_frozen)
{
	pid_t pid;

	create_container(chosen, "");
	pid = spawn_sleeper();
	cr_assert_eq(freeze_container(true), 0, "%s", err.text);
	cr_expect_eq(kill_container(SIGKILL), 0, "%s", err.text);
	cr_expect_eq(status_of(pid), 128 + SIGKILL);
}

/* By v1's freezer, as another runtime would do it. */
Test(hybrid, frozen_by_others)
{
	pid_t pid;
	const struct hierarchy *freezer = hierarchies_find(&chosen, "freezer");
	_close_ int directory = -1;

	need("freezer");
	create_container(chosen, "");
	pid = spawn_sleeper();
	directory = tree_open(freezer, plan.cgroup.at.path, &err);
	cr_assert_eq(io_write_file(directory, "freezer.state", "FROZEN", &err), 0);
	while (strcmp(v1_content("freezer", "freezer.state"), "FROZEN") != 0)
		clock_sleep_ms(1);
	cr_expect_eq(is_frozen(), 1);
	cr_expect_eq(freeze_container(false), 0, "%s", err.text);
	cr_expect_eq(is_frozen(), 0);
	cr_assert_eq(io_write_file(directory, "freezer.state", "FROZEN", &err), 0);
	cr_expect_eq(kill_container(SIGKILL), 0, "%s", err.text);
	cr_expect_eq(status_of(pid), 128 + SIGKILL);
}

/* As fast as it can, until it is killed: none may get away. */
static int fork_forever(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid < 0)
			clock_sleep_ms(1);
		if (pid > 0)
			_exit(0);
	}
}

BOTH(kill_one_that_forks)
{
	struct record record = {0};

	need("pids");
	create_container(chosen, "\"resources\": {\"pids\": {\"limit\": 20}}");
	record.cgroup = cgroup_record(&plan);
	for (int i = 0; i < 3; i++)
		spawn(fork_forever);
	clock_sleep_ms(20);
	cr_expect_eq(cgroup_undo(&record, &err), 0, "%s", err.text);
	expect_gone();
}

BOTH(undo)
{
	struct record record = {0};

	create_container(chosen, "");
	record.cgroup = cgroup_record(&plan);
	spawn_sleeper();
	close_handles();
	cr_expect_eq(cgroup_undo(&record, &err), 0, "%s", err.text);
	expect_gone();
	cr_expect_eq(cgroup_undo(&record, &err), 0, "%s", err.text);
}
