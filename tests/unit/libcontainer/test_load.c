/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When and how the filter is loaded. Needs root.
 */
#include <linux/seccomp.h>

#include <linux/capability.h>

#include "libcontainer/io.h"
#include "libcontainer/seccomp/seccomp.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(load, .init = fixture_init, .fini = fixture_finish);

static struct seccomp profile = {.defaultAction = SECCOMP_RET_ALLOW};

Test(load, no_profile_no_filter)
{
	PLAN(seccomp_plan(&plan, &err));
	cr_expect_not(plan.seccomp.early || plan.seccomp.late);
}

/* Who loads it, and when. */
enum { INIT_LATE, THREAD_LATE, INIT_EARLY };

static int decide(void)
{
	plan.seccomp = (struct seccomp_plan){0};
	PLAN(seccomp_plan(&plan, &err));
	cr_expect_neq(plan.seccomp.early, plan.seccomp.late);
	if (plan.seccomp.by_thread)
		return plan.seccomp.late ? THREAD_LATE : -1;
	return plan.seccomp.late ? INIT_LATE : INIT_EARLY;
}

Test(load, as_the_last_call_by_who_may)
{
	linux_config.seccomp = &profile;
	plan.namespaces.clone_flags = CLONE_NEWPID;
	cr_expect_eq(decide(), THREAD_LATE);
	plan.process.capabilities.effective = 1ULL << CAP_SYS_ADMIN;
	cr_expect_eq(decide(), INIT_LATE);
	plan.process.capabilities.effective = 0;
	process.noNewPrivileges = true;
	cr_expect_eq(decide(), INIT_LATE);
}

/* Who traces it could have what it keeps. */
Test(load, early_where_the_thread_could_be_traced)
{
	const struct joined joined = {.filter.len = 0};

	linux_config.seccomp = &profile;
	cr_expect_eq(decide(), INIT_EARLY);
	plan.namespaces.clone_flags = CLONE_NEWPID;
	cr_expect_eq(decide(), THREAD_LATE);
	plan.process.capabilities.bounding = 1ULL << CAP_SYS_PTRACE;
	cr_expect_eq(decide(), INIT_EARLY);
	plan.process.capabilities.bounding = 0;
	plan.namespaces.clone_flags = 0;
	plan.joined = &joined;
	cr_expect_eq(decide(), THREAD_LATE);
}

Test(load, early_where_there_can_be_no_thread)
{
	static const uint64_t real_time[] = {SCHED_FIFO, SCHED_RR, SCHED_DEADLINE};
	struct scheduler scheduler = {.policy = SCHED_BATCH};
	const int64_t one = 1;
	const struct pids pids = {.limit = &one};
	const struct resources resources = {.pids = &pids};

	linux_config.seccomp = &profile;
	plan.namespaces.clone_flags = CLONE_NEWPID;
	process.scheduler = &scheduler;
	cr_expect_eq(decide(), THREAD_LATE);
	for (size_t i = 0; i < sizeof real_time / sizeof *real_time; i++) {
		scheduler.policy = real_time[i];
		cr_expect_eq(decide(), INIT_EARLY);
	}
	process.scheduler = NULL;
	linux_config.resources = &resources;
	cr_expect_eq(decide(), INIT_EARLY);
	process.noNewPrivileges = true;
	cr_expect_eq(decide(), INIT_LATE);
}

static const struct seccomp_syscall notified[] = {
	{.names = STRINGS("uname"), .action = SECCOMP_RET_USER_NOTIF},
};

static struct seccomp with_agent = {
	.defaultAction = SECCOMP_RET_ALLOW,
	.listenerPath = "/agent",
	.syscalls = {1, notified},
	.flags = STRINGS("SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
};

/* The thread that loads a filter has it, and that which sends its listener must not. */
Test(load, an_agent_is_told_by_another_thread)
{
	linux_config.seccomp = &with_agent;
	cr_expect_eq(decide(), INIT_EARLY);
	process.noNewPrivileges = true;
	cr_expect_eq(decide(), INIT_LATE);
	cr_expect_eq(plan.seccomp.flags,
		     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

/* What create has kept is taken as it is. */
Test(load, who_joins_has_the_program)
{
	static struct sock_filter filter = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	const struct joined joined = {.filter = {1, &filter}};

	linux_config.seccomp = &profile;
	plan.joined = &joined;
	PLAN(seccomp_plan(&plan, &err));
	cr_expect_eq(plan.seccomp.program.filter, &filter);
}

CHILD_TEST(load, a_program_is_kept)
{
	struct joined joined = {.record = &creation.record};
	const struct sock_fprog *kept = &joined.filter;
	char zeros[8 * (BPF_MAXINSNS + 1)] = "";

	own_mnt();
	creation.record.directory = open("/mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	STEP(seccomp_read_joined(&plan, &joined, &err));
	EXPECT(kept->len == 0);
	linux_config.seccomp = &with_agent;
	process.noNewPrivileges = true;
	STEP(seccomp_plan(&plan, &err));
	STEP(seccomp_keep.run(&creation, &err));
	STEP(seccomp_read_joined(&plan, &joined, &err));
	EXPECT(kept->len == plan.seccomp.program.len);
	EXPECT(memcmp(kept->filter, plan.seccomp.program.filter,
		      kept->len * sizeof *kept->filter) == 0);
	EXPECT(unlink("/mnt/seccomp") == 0);
	put_file("/mnt/seccomp", 0600, "seven b");
	FAILS(seccomp_read_joined(&plan, &joined, &err), EINVAL, "seccomp: is not a filter");
	EXPECT(unlink("/mnt/seccomp") == 0);
	EXPECT(io_create_file(creation.record.directory, "seccomp", 0600, zeros, sizeof zeros,
			      &err) == 0);
	FAILS(seccomp_read_joined(&plan, &joined, &err), EINVAL, "seccomp: is not a filter");
}

/* Init has neither the capability nor a call to spare. */
Test(load, an_agent_takes_a_thread)
{
	const struct scheduler scheduler = {.policy = SCHED_FIFO};

	linux_config.seccomp = &with_agent;
	process.noNewPrivileges = true;
	process.scheduler = &scheduler;
	REFUSED(seccomp_plan(&plan, &err), EINVAL,
		"linux.seccomp: SCMP_ACT_NOTIFY: takes a second thread of init, which a real-time "
		"process.scheduler and a linux.resources.pids.limit of 1 exclude");
}

CHILD_TEST(load, by_a_thread)
{
	plan.namespaces.clone_flags = CLONE_NEWPID;
	linux_config.seccomp = &(struct seccomp){.defaultAction = SECCOMP_RET_ALLOW};
	STEP(seccomp_plan(&plan, &err));
	STEP(seccomp_thread.run(&creation, &err));
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	STEP(seccomp_load_early.run(&creation, &err));
	EXPECT(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER);
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
}

CHILD_TEST(load, by_a_thread_without_the_capability)
{
	plan.namespaces.clone_flags = CLONE_NEWPID;
	linux_config.seccomp = &(struct seccomp){.defaultAction = SECCOMP_RET_ALLOW};
	STEP(seccomp_plan(&plan, &err));
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(seccomp_thread.run(&creation, &err), EPERM,
	      "give up capabilities: Operation not permitted");
}

Test(load, flags_are_bits)
{
	profile.flags =
		(struct strings)STRINGS("SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC",
					"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
	linux_config.seccomp = &profile;
	PLAN(seccomp_plan(&plan, &err));
	/* The last one is about a listener, which there is not. */
	cr_expect_eq(plan.seccomp.flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC);
}

CHILD_TEST(load, is_in_force)
{
	profile.flags =
		(struct strings)STRINGS("SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC",
					"SECCOMP_FILTER_FLAG_SPEC_ALLOW");
	linux_config.seccomp = &profile;
	process.noNewPrivileges = true;
	STEP(seccomp_plan(&plan, &err));
	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	STEP(seccomp_load_early.run(&creation, &err));
	EXPECT(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER);
}

CHILD_TEST(load, needs_privileges_or_their_renunciation)
{
	linux_config.seccomp = &profile;
	STEP(seccomp_plan(&plan, &err));
	plan.seccomp.by_thread = false;
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(seccomp_load_early.run(&creation, &err), EACCES,
	      "loading a filter without process.noNewPrivileges needs CAP_SYS_ADMIN");
	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	STEP(seccomp_load_early.run(&creation, &err));
}

CHILD_TEST(load, unknown_flags_are_the_kernel_s_fault)
{
	linux_config.seccomp = &profile;
	process.noNewPrivileges = true;
	STEP(seccomp_plan(&plan, &err));
	plan.seccomp.flags = 1U << 30;
	FAILS(seccomp_load_early.run(&creation, &err), EINVAL,
	      "linux.seccomp.flags: this kernel does not know them all (0x40000000)");
}

Test(load, errors_name_the_property)
{
	const struct seccomp_arg arg = {.index = 0, .value = 1, .op = SECCOMP_EQ};
	const struct seccomp_syscall rules[] = {
		{.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {1, &arg}},
		{.names = STRINGS("getuid"), .action = SECCOMP_RET_TRAP, .args = {1, &arg}},
	};

	profile.syscalls = (struct seccomp_syscalls){2, rules};
	linux_config.seccomp = &profile;
	REFUSED(seccomp_plan(&plan, &err), EEXIST,
		"linux.seccomp: syscalls[1]: \"getuid\": an earlier rule says something else about "
		"it");
}
