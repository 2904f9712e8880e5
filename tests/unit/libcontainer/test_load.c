/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When and how the filter is loaded. Needs root.
 */
#include <linux/seccomp.h>

#include "libcontainer/seccomp/seccomp.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(load, .init = fixture_init, .fini = fixture_finish);

static struct seccomp profile = {.defaultAction = SECCOMP_RET_ALLOW};

Test(load, no_profile_no_filter)
{
	PLAN(seccomp_plan(&plan, &err));
	cr_expect_not(seccomp_early(&plan) || seccomp_late(&plan));
}

Test(load, no_new_privileges_say_when)
{
	linux_config.seccomp = &profile;
	PLAN(seccomp_plan(&plan, &err));
	cr_expect(seccomp_early(&plan) && !seccomp_late(&plan));
	process.noNewPrivileges = true;
	PLAN(seccomp_plan(&plan, &err));
	cr_expect(!seccomp_early(&plan) && seccomp_late(&plan));
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
	STEP(seccomp_plan(&plan, &err));
	STEP(seccomp_step_load(&creation, &err));
	EXPECT(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER);
}

CHILD_TEST(load, needs_privileges_or_their_renunciation)
{
	linux_config.seccomp = &profile;
	STEP(seccomp_plan(&plan, &err));
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(seccomp_step_load(&creation, &err), EACCES,
	      "loading a filter without process.noNewPrivileges needs CAP_SYS_ADMIN");
	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	STEP(seccomp_step_load(&creation, &err));
}

CHILD_TEST(load, unknown_flags_are_the_kernel_s_fault)
{
	linux_config.seccomp = &profile;
	STEP(seccomp_plan(&plan, &err));
	plan.seccomp.flags = 1U << 30;
	FAILS(seccomp_step_load(&creation, &err), EINVAL,
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
