/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU affinity, scheduling policy, I/O priority. Needs root, and two CPUs for the affinity.
 */
#include "libcontainer/process/scheduling.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sys/resource.h>

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(scheduling, .init = fixture_init, .fini = fixture_finish);

static struct scheduler scheduler;
static struct io_priority io_priority;

static void ask_for(struct scheduler asked)
{
	scheduler = asked;
	process.scheduler = &scheduler;
}

/* What the kernel says of this process: policy, flags, nice, priority; for SCHED_DEADLINE times. */
static struct sched_attributes attributes(void)
{
	struct sched_attributes found = {0};

	EXPECT(syscall(SYS_sched_getattr, 0, &found, sizeof found, 0) == 0);
	return found;
}

Test(scheduling, is_planned_when_asked_for)
{
	cr_expect(!scheduling_set.when(&plan) && !scheduling_set_init.when(&plan));
	process.ioPriority = &io_priority;
	cr_expect(scheduling_set.when(&plan) && !scheduling_set_init.when(&plan));
	process.ioPriority = NULL;
	process.scheduler = &scheduler;
	cr_expect(scheduling_set.when(&plan) && !scheduling_set_init.when(&plan));
}

Test(scheduling, is_the_host_side_s_business_with_a_user_namespace)
{
	process.scheduler = &scheduler;
	plan.idmap.planned = true;
	cr_expect(!scheduling_set.when(&plan) && scheduling_set_init.when(&plan));
	/* Of no use to somebody without the privilege. */
	host.capabilities &= ~(1ULL << CAP_SYS_NICE);
	cr_expect(scheduling_set.when(&plan) && !scheduling_set_init.when(&plan));
}

CHILD_TEST(scheduling, every_policy_has_its_nice_value)
{
	static const uint64_t policies[] = {SCHED_OTHER, SCHED_BATCH, SCHED_IDLE};

	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		ask_for((struct scheduler){.policy = policies[i], .nice = -3 - (int)i});
		STEP(scheduling_set.run(&creation, &err));
		EXPECT(attributes().policy == policies[i]);
		EXPECT(getpriority(PRIO_PROCESS, 0) == -3 - (int)i);
	}
}

CHILD_TEST(scheduling, an_absent_nice_value_is_0)
{
	EXPECT(setpriority(PRIO_PROCESS, 0, 5) == 0);
	ask_for((struct scheduler){.policy = SCHED_IDLE});
	STEP(scheduling_set.run(&creation, &err));
	EXPECT(getpriority(PRIO_PROCESS, 0) == 0);
}

CHILD_TEST(scheduling, real_time)
{
	ask_for((struct scheduler){.policy = SCHED_FIFO, .priority = 1});
	STEP(scheduling_set.run(&creation, &err));
	EXPECT(attributes().policy == SCHED_FIFO && attributes().priority == 1);
	ask_for((struct scheduler){
		.policy = SCHED_RR, .priority = 99, .nice = 7, .flags = SCHED_FLAG_RESET_ON_FORK});
	STEP(scheduling_set.run(&creation, &err));
	EXPECT(attributes().policy == SCHED_RR && attributes().priority == 99);
	EXPECT(attributes().flags == SCHED_FLAG_RESET_ON_FORK);
	EXPECT(getpriority(PRIO_PROCESS, 0) == 7);
}

CHILD_TEST(scheduling, deadline)
{
	ask_for((struct scheduler){
		.policy = SCHED_DEADLINE,
		.runtime = 1000000,
		.deadline = 20000000,
		.period = 30000000,
		.flags = SCHED_FLAG_RECLAIM,
	});
	STEP(scheduling_set.run(&creation, &err));
	EXPECT(attributes().policy == SCHED_DEADLINE);
	EXPECT(attributes().runtime == 1000000 && attributes().deadline == 20000000 &&
	       attributes().period == 30000000);
	EXPECT(attributes().flags & SCHED_FLAG_RECLAIM);
}

CHILD_TEST(scheduling, what_is_kept_is_the_caller_s)
{
	EXPECT(setpriority(PRIO_PROCESS, 0, 5) == 0);
	ask_for((struct scheduler){.policy = SCHED_OTHER, .flags = SCHED_FLAG_KEEP_PARAMS});
	STEP(scheduling_set.run(&creation, &err));
	EXPECT(attributes().nice == 5 && getpriority(PRIO_PROCESS, 0) == 5);
	ask_for((struct scheduler){.policy = SCHED_BATCH});
	STEP(scheduling_set.run(&creation, &err));
	ask_for((struct scheduler){.policy = SCHED_OTHER, .flags = SCHED_FLAG_KEEP_POLICY});
	STEP(scheduling_set.run(&creation, &err));
	EXPECT(attributes().policy == SCHED_BATCH);
}

CHILD_TEST(scheduling, io_priorities)
{
	static const struct io_priority asked[] = {
		{IOPRIO_CLASS_RT, 0},
		{IOPRIO_CLASS_BE, 7},
		{IOPRIO_CLASS_IDLE, 3},
	};

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		process.ioPriority = &asked[i];
		STEP(scheduling_set.run(&creation, &err));
		EXPECT(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) ==
		       (long)IOPRIO_PRIO_VALUE(asked[i].class, asked[i].priority));
	}
}

/* A process that sleeps until it is killed. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(EXIT_FAILURE);
	}
	return pid;
}

CHILD_TEST(scheduling, is_set_from_outside)
{
	struct sched_attributes found = {0};

	creation.record.pid = sleeper();
	ask_for((struct scheduler){.policy = SCHED_BATCH, .nice = 3});
	io_priority = (struct io_priority){IOPRIO_CLASS_BE, 1};
	process.ioPriority = &io_priority;
	STEP(scheduling_set_init.run(&creation, &err));
	EXPECT(syscall(SYS_sched_getattr, creation.record.pid, &found, sizeof found, 0) == 0);
	EXPECT(found.policy == SCHED_BATCH && found.nice == 3);
	EXPECT(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, creation.record.pid) ==
	       IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 1));
	EXPECT(attributes().policy == SCHED_OTHER);
	kill(creation.record.pid, SIGKILL);
}

CHILD_TEST(scheduling, without_the_capability_others_come_first)
{
	EXPECT(setpriority(PRIO_PROCESS, 0, 5) == 0);
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	ask_for((struct scheduler){.policy = SCHED_OTHER});
	FAILS(scheduling_set.run(&creation, &err), EACCES,
	      "process.scheduler.nice: 0: Permission denied (needs CAP_SYS_NICE)");
	ask_for((struct scheduler){.policy = SCHED_FIFO, .priority = 1, .nice = 5});
	FAILS(scheduling_set.run(&creation, &err), EPERM,
	      "process.scheduler: SCHED_FIFO: Operation not permitted (needs CAP_SYS_NICE, and in "
	      "a cgroup of v1 linux.resources.cpu.realtimeRuntime)");
	ask_for((struct scheduler){
		.policy = SCHED_DEADLINE, .runtime = 1024, .deadline = 20000000, .nice = 5});
	FAILS(scheduling_set.run(&creation, &err), EPERM,
	      "process.scheduler: SCHED_DEADLINE: Operation not permitted (needs CAP_SYS_NICE, and "
	      "every CPU of the host)");
	process.scheduler = NULL;
	io_priority = (struct io_priority){IOPRIO_CLASS_RT, 4};
	process.ioPriority = &io_priority;
	FAILS(scheduling_set.run(&creation, &err), EPERM,
	      "process.ioPriority: IOPRIO_CLASS_RT 4: Operation not permitted (needs "
	      "CAP_SYS_NICE)");
}

/* Where it was built the default is asked for, and a kernel without it says so. */
CHILD_TEST(scheduling, utilization_clamping)
{
	ask_for((struct scheduler){
		.policy = SCHED_OTHER,
		.flags = SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX,
	});
	if (scheduling_set.run(&creation, &err) == 0)
		return;
	FAILS(scheduling_set.run(&creation, &err), EOPNOTSUPP,
	      "process.scheduler: SCHED_OTHER: Operation not supported (this kernel has no "
	      "utilization clamping)");
}

CHILD_TEST(scheduling, what_no_kernel_has)
{
	ask_for((struct scheduler){.policy = 4 /* SCHED_ISO */});
	FAILS(scheduling_set.run(&creation, &err), EINVAL,
	      "process.scheduler: SCHED_ISO: Invalid argument (this kernel does not have it)");
}

/* A second is too much for all; the limit is a sysctl of 4 s at most by default. */
CHILD_TEST(scheduling, a_deadline_that_is_too_far_away)
{
	ask_for((struct scheduler){
		.policy = SCHED_DEADLINE, .runtime = 1024, .deadline = INT64_MAX});
	FAILS(scheduling_set.run(&creation, &err), EINVAL,
	      "process.scheduler: SCHED_DEADLINE: Invalid argument (the period is not between the "
	      "sysctls kernel.sched_deadline_period_min_us and ..._max_us)");
}

CHILD_TEST(scheduling, the_caller_s_affinity_is_not_inherited)
{
	cpu_set_t before, one, after;

	STEP(scheduling_affinity_reset(&err));
	EXPECT(sched_getaffinity(0, sizeof before, &before) == 0);
	CPU_ZERO(&one);
	for (int cpu = 0; CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &before))
			CPU_SET(cpu, &one);
	EXPECT(CPU_COUNT(&before) > 1);
	EXPECT(sched_setaffinity(0, sizeof one, &one) == 0);
	STEP(scheduling_affinity.run(&creation, &err));
	EXPECT(sched_getaffinity(0, sizeof after, &after) == 0);
	EXPECT(CPU_EQUAL(&before, &after));
}
