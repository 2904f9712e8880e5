/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resource limits and the OOM score. Needs root.
 */
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "libcontainer/io.h"
#include "libcontainer/process/process.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(limits, .init = fixture_init, .fini = fixture_finish);

static struct rlimit_entry entries[2];

Test(limits, are_planned_when_there_are_some)
{
	const int32_t score = 10;

	cr_expect_not(limits_set.when(&plan));
	cr_expect_not(limits_oom_joined.when(&plan));
	process.rlimits = (struct rlimits){.count = 1, .at = entries};
	process.oomScoreAdj = &score;
	cr_expect(limits_set.when(&plan));
	cr_expect(limits_oom_joined.when(&plan));
	PLAN(limits_plan(&plan, &err));
}

Test(limits, refuse_an_oom_score_out_of_range)
{
	const int32_t score = -1001;

	process.oomScoreAdj = &score;
	REFUSED(limits_plan(&plan, &err), EINVAL,
		"process.oomScoreAdj: -1001 is not within -1000 and 1000");
}

Test(limits, are_init_s_own_business_without_the_capability)
{
	process.rlimits = (struct rlimits){.count = 1, .at = entries};
	process.user = (struct user){.uid = 1000, .gid = 1000};
	host.capabilities = 1ULL << CAP_SYS_RESOURCE;
	cr_expect(limits_set.when(&plan) && !limits_lower.when(&plan));
	host.capabilities = 0;
	cr_expect(!limits_set.when(&plan) && limits_lower.when(&plan));
	host.uid = host.gid = 1000;
	cr_expect(limits_set.when(&plan) && !limits_lower.when(&plan));
	process.rlimits.count = 0;
	cr_expect(!limits_set.when(&plan) && !limits_lower.when(&plan));
}

CHILD_TEST(limits, are_lowered_by_an_ordinary_user)
{
	struct rlimit limit;

	entries[0] = (struct rlimit_entry){RLIMIT_NOFILE, 10, 20};
	process.rlimits = (struct rlimits){.count = 1, .at = entries};
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	STEP(limits_lower.run(&creation, &err));
	EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	EXPECT(limit.rlim_cur == 10 && limit.rlim_max == 20);
}

CHILD_TEST(limits, are_set_on_init)
{
	struct rlimit limit;

	entries[0] = (struct rlimit_entry){RLIMIT_CORE, 0, 0};
	entries[1] = (struct rlimit_entry){RLIMIT_NOFILE, 100, 200};
	process.rlimits = (struct rlimits){.count = 2, .at = entries};
	creation.record.pid = getpid();
	STEP(limits_set.run(&creation, &err));
	EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	EXPECT(limit.rlim_cur == 100 && limit.rlim_max == 200);
}

CHILD_TEST(limits, raising_needs_a_capability)
{
	entries[0] = (struct rlimit_entry){RLIMIT_NOFILE, 10, 20};
	process.rlimits = (struct rlimits){.count = 1, .at = entries};
	creation.record.pid = getpid();
	STEP(limits_set.run(&creation, &err));
	entries[0].hard = 30;
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(limits_set.run(&creation, &err), EPERM,
	      "process.rlimits[0]: RLIMIT_NOFILE: soft 10, hard 30: Operation not permitted "
	      "(raising a "
	      "hard limit needs CAP_SYS_RESOURCE)");
}

CHILD_TEST(limits, the_oom_score_is_written)
{
	const int32_t score = 321;
	char text[16];

	process.oomScoreAdj = &score;
	STEP(procfs_open_private.run(&creation, &err));
	STEP(limits_oom.run(&creation, &err));
	EXPECT(io_read_file(AT_FDCWD, "/proc/self/oom_score_adj", text, sizeof text, &err) > 0);
	EXPECT(atoi(text) == 321);
}

CHILD_TEST(limits, lowering_the_oom_score_needs_a_capability)
{
	const int32_t score = -1000;

	process.oomScoreAdj = &score;
	STEP(procfs_open_private.run(&creation, &err));
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	EXPECT(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	FAILS(limits_oom.run(&creation, &err), EACCES,
	      "process.oomScoreAdj: -1000: Permission denied (lowering it needs CAP_SYS_RESOURCE)");
}

static bool raised(rlim_t soft, rlim_t hard, size_t count, const struct mount *at)
{
	host.descriptors = (struct rlimit){soft, hard};
	config.mounts = (struct mounts){.count = count, .at = at};
	return limits_raised(&plan);
}

Test(limits, of_descriptors_are_raised_when_there_are_many_sources)
{
	static const struct mount many[1000];
	const struct mount bind = {.options.propagation = {1, {MS_SHARED | MS_REC}}};

	cr_expect_not(raised(1024, 4096, 0, NULL));
	cr_expect_not(raised(1024, 4096, 700, many));
	cr_expect(raised(1024, 4096, 1000, many));
	cr_expect_not(raised(4096, 4096, 1000, many));
	cr_expect_not(raised(1024, 1024, 1000, many), "it cannot be");
	cr_expect(raised(1024, 4096, 1, &bind), "nobody knows how many");
}

CHILD_TEST(limits, of_descriptors_are_the_caller_s_again)
{
	struct rlimit limit;

	host.descriptors = (struct rlimit){100, 200};
	EXPECT(setrlimit(RLIMIT_NOFILE, &host.descriptors) == 0);
	STEP(limits_raise.run(&creation, &err));
	EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	EXPECT(limit.rlim_cur == 200 && limit.rlim_max == 200);
	STEP(limits_restore.run(&creation, &err));
	EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	EXPECT(limit.rlim_cur == 100 && limit.rlim_max == 200);
}
