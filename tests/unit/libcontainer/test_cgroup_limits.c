/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file each limit goes to, and in which form. Needs no root.
 */
#include "cgroup_fixture.h"

Test(cgroup_limits, nothing_is_asked_for)
{
	EXPECT_WRITES(v1, "", "");
	EXPECT_WRITES(v2, "\"memory\": {}, \"cpu\": {}, \"pids\": {}", "");
	prepare(v2, "");
	cr_expect_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(plan.cgroup.limits.writes.count, 0);
}

/* Engines write zeroes, empty strings and false for what their users did not set. */
Test(cgroup_limits, not_set)
{
	const char *unset =
		"\"memory\": {\"limit\": 0, \"swap\": 0, \"reservation\": 0, \"kernel\": 0,"
		"            \"disableOOMKiller\": false, \"useHierarchy\": true},"
		"\"cpu\": {\"shares\": 0, \"quota\": 0, \"period\": 0, \"realtimeRuntime\": 0,"
		"         \"realtimePeriod\": 0, \"cpus\": \"\", \"mems\": \"\"}";

	EXPECT_WRITES(v1, unset, "");
	EXPECT_WRITES(v2, unset, "");
	EXPECT_WRITES(none, unset, "");
}

Test(cgroup_limits, memory)
{
	EXPECT_WRITES(v1, "\"memory\": {\"limit\": 1000, \"swap\": 3000, \"reservation\": 500}",
		      "memory.limit_in_bytes=1000 memory.memsw.limit_in_bytes=3000 "
		      "memory.soft_limit_in_bytes=500");
	EXPECT_WRITES(v2, "\"memory\": {\"limit\": 1000, \"swap\": 3000, \"reservation\": 500}",
		      "memory.max=1000 memory.swap.max=2000 memory.low=500");
	EXPECT_WRITES(v2, "\"memory\": {\"limit\": 1000, \"swap\": 1000}",
		      "memory.max=1000 memory.swap.max=0");
	EXPECT_WRITES(v2, "\"memory\": {\"limit\": 9223372036854775807}",
		      "memory.max=9223372036854775807");
}

Test(cgroup_limits, unlimited)
{
	const char *unlimited = "\"memory\": {\"limit\": -1, \"swap\": -1, \"reservation\": -1},"
				"\"cpu\": {\"quota\": -1}, \"pids\": {\"limit\": -1}";

	EXPECT_WRITES(v1, unlimited,
		      "memory.limit_in_bytes=-1 memory.memsw.limit_in_bytes=-1 "
		      "memory.soft_limit_in_bytes=-1 cpu.cfs_quota_us=-1 pids.max=max");
	EXPECT_WRITES(v2, unlimited,
		      "memory.max=max memory.swap.max=max memory.low=max cpu.max=max pids.max=max");
	/* No controller is needed for that. */
	EXPECT_WRITES(none, unlimited, "");
}

Test(cgroup_limits, only_v1_has_it)
{
	EXPECT_WRITES(v1,
		      "\"memory\": {\"swappiness\": 0, \"disableOOMKiller\": true},"
		      "\"cpu\": {\"realtimeRuntime\": 5000, \"realtimePeriod\": 10000}",
		      "memory.swappiness=0 memory.oom_control=1 cpu.rt_period_us=10000 "
		      "cpu.rt_runtime_us=5000");
	EXPECT_ERROR(plan_resources(v2, "\"memory\": {\"swappiness\": 60}"), ENOTSUP,
		     "linux.resources.memory.swappiness: cgroup v2 has nothing like it");
	EXPECT_ERROR(plan_resources(v2, "\"memory\": {\"disableOOMKiller\": true}"), ENOTSUP,
		     "linux.resources.memory.disableOOMKiller: cgroup v2");
	EXPECT_ERROR(plan_resources(v2, "\"cpu\": {\"realtimeRuntime\": 5000}"), ENOTSUP,
		     "linux.resources.cpu.realtimeRuntime: cgroup v2");
	EXPECT_ERROR(plan_resources(v2, "\"cpu\": {\"realtimePeriod\": 5000}"), ENOTSUP,
		     "linux.resources.cpu.realtimePeriod: cgroup v2");
}

Test(cgroup_limits, memory_makes_no_sense)
{
	EXPECT_ERROR(plan_resources(v1, "\"memory\": {\"limit\": -2}"), EINVAL,
		     "linux.resources.memory.limit: -2: is less than -1");
	EXPECT_ERROR(plan_resources(v2, "\"memory\": {\"swap\": 1000}"), EINVAL,
		     "linux.resources.memory.swap: 1000: limits memory and swap together");
	EXPECT_ERROR(plan_resources(v1, "\"memory\": {\"limit\": -1, \"swap\": 1000}"), EINVAL,
		     "needs memory.limit");
}

/* They are ignored, not refused: callers still write them. */
Test(cgroup_limits, obsolete)
{
	EXPECT_WRITES(v2,
		      "\"memory\": {\"kernel\": 1000, \"kernelTCP\": 1000, \"useHierarchy\": "
		      "false}",
		      "");
	cr_assert(plan.warnings.first && plan.warnings.first->next);
	cr_expect_str_eq(plan.warnings.first->text,
			 "linux.resources.memory.kernel: ignored: kernel memory counts towards "
			 "memory.limit");
	cr_expect_eq(plan.warnings.first->next->next, plan.warnings.last);
	cr_expect(strstr(plan.warnings.last->text, "memory.useHierarchy: ignored"));
}

Test(cgroup_limits, cpu_bandwidth)
{
	EXPECT_WRITES(v1, "\"cpu\": {\"quota\": 5000, \"period\": 10000, \"burst\": 1000}",
		      "cpu.cfs_period_us=10000 cpu.cfs_quota_us=5000 cpu.cfs_burst_us=1000");
	EXPECT_WRITES(v2, "\"cpu\": {\"quota\": 5000, \"period\": 10000, \"burst\": 1000}",
		      "cpu.max=5000 10000 cpu.max.burst=1000");
	EXPECT_WRITES(v2, "\"cpu\": {\"quota\": 5000}", "cpu.max=5000");
	EXPECT_WRITES(v2, "\"cpu\": {\"period\": 10000}", "cpu.max=max 10000");
	EXPECT_WRITES(v2, "\"cpu\": {\"quota\": -1, \"period\": 10000}", "cpu.max=max 10000");
	EXPECT_WRITES(v2, "\"cpu\": {\"quota\": 0, \"period\": 10000}", "cpu.max=max 10000");
	EXPECT_WRITES(v2, "\"cpu\": {\"burst\": 0, \"idle\": 1}", "cpu.max.burst=0 cpu.idle=1");
}

Test(cgroup_limits, shares_become_weight)
{
	/* By the formula, in 60 digits. */
	static const struct {
		unsigned shares;
		const char *weight;
	} pairs[] = {
		{1, "1"},         {2, "1"},          {3, "2"},          {10, "4"},
		{100, "17"},      {512, "59"},       {1023, "100"},     {1024, "100"},
		{1025, "101"},    {2048, "174"},     {4096, "303"},     {10000, "627"},
		{100000, "4340"}, {262143, "10000"}, {262144, "10000"}, {4000000000, "10000"},
	};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char members[64], expected[64];

		snprintf(members, sizeof members, "\"cpu\": {\"shares\": %u}", pairs[i].shares);
		snprintf(expected, sizeof expected, "cpu.weight=%s", pairs[i].weight);
		EXPECT_WRITES(v2, members, expected);
		snprintf(expected, sizeof expected, "cpu.shares=%u", pairs[i].shares);
		EXPECT_WRITES(v1, members, expected);
	}
}

Test(cgroup_limits, cpuset)
{
	static const char *const wrong[] = {"a",  "0-",  "-1",   "1-0",   "0,",
					    ",0", "0 1", "0,,1", "0-1-2", "99999999"};

	EXPECT_WRITES(v2, "\"cpu\": {\"cpus\": \"0-3,7\", \"mems\": \"0\"}",
		      "cpuset.cpus=0-3,7 cpuset.mems=0");
	EXPECT_WRITES(v1, "\"cpu\": {\"cpus\": \"1\", \"shares\": 2}",
		      "cpuset.cpus=1 cpu.shares=2");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char members[64];

		snprintf(members, sizeof members, "\"cpu\": {\"mems\": \"%s\"}", wrong[i]);
		EXPECT_ERROR(plan_resources(v1, members), EINVAL, "is not a list like 0-3,7");
	}
}

Test(cgroup_limits, no_process_at_all)
{
	EXPECT_WRITES(v2, "\"pids\": {\"limit\": 0}", "pids.max=0");
	cr_expect_not(plan.cgroup.clone_into);
	cr_expect(plan.cgroup.entered);
	EXPECT_WRITES(v2, "\"pids\": {\"limit\": 1}", "pids.max=1");
	cr_expect(plan.cgroup.clone_into);
	cr_expect_not(plan.cgroup.entered);
	EXPECT_WRITES(v1, "\"pids\": {\"limit\": 1}", "pids.max=1");
	cr_expect(plan.cgroup.entered);
}

Test(cgroup_limits, controller_is_missing)
{
	static const struct hierarchy poor_v2[] = {{"cpu io", "/sys/fs/cgroup", true}};
	static const struct hierarchy poor_v1[] = {{"cpu", "/sys/fs/cgroup/cpu", false}};

	EXPECT_ERROR(plan_resources((struct hierarchies){1, poor_v2}, "\"pids\": {\"limit\": 5}"),
		     ENOTSUP,
		     "linux.resources.pids.limit: controller pids is not available: "
		     "/sys/fs/cgroup/cgroup.controllers has only \"cpu io\"");
	EXPECT_ERROR(plan_resources((struct hierarchies){1, poor_v1}, "\"pids\": {\"limit\": 5}"),
		     ENOTSUP, "controller pids is not available: no hierarchy with it is mounted");
	EXPECT_ERROR(plan_resources(none, "\"pids\": {\"limit\": 5}"), ENOTSUP,
		     "no hierarchy is mounted; mount cgroup2 on /sys/fs/cgroup");
}

/* A controller beside v1 in the cgroup2 hierarchy has the files of v2. */
Test(cgroup_limits, hybrid_with_controllers)
{
	static const struct hierarchy at[] = {
		{"cpu", "/sys/fs/cgroup/cpu", false},
		{"memory pids", "/sys/fs/cgroup/unified", true},
	};

	EXPECT_WRITES(((struct hierarchies){2, at}),
		      "\"memory\": {\"limit\": 1000}, \"cpu\": {\"shares\": 1024}",
		      "memory.max=1000 cpu.shares=1024");
}
