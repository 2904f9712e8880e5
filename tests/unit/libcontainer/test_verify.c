/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the comparison with the plan notices. Needs root.
 */
#include "libcontainer/process/verify.h"

#include "libcontainer/process/process.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(verify, .init = fixture_init, .fini = fixture_finish);

/* All that verify looks at, as planned. */
static void become(void)
{
	static const uint32_t gids[] = {9, 4};
	static struct capabilities asked = {.bounding = {3, {0}}, .permitted = {3, {0}}};

	enter_new_root();
	process.user = (struct user){.uid = 1000, .gid = 1000, .additionalGids = {2, gids}};
	process.capabilities = &asked;
	process.noNewPrivileges = true;
	STEP(process_plan(&plan, &err));
	STEP(capabilities_plan(&plan, &err));
	STEP(capabilities_bound.run(&creation, &err));
	STEP(credentials_become.run(&creation, &err));
	STEP(capabilities_set.run(&creation, &err));
	STEP(descriptors_close.run(&creation, &err));
}

CHILD_TEST(verify, is_as_planned)
{
	become();
	STEP(verify_compare.run(&creation, &err));
}

CHILD_TEST(verify, notices_another_user)
{
	become();
	process.user.uid = 0;
	FAILS(verify_compare.run(&creation, &err), EPERM, "real uid is 1000, planned 0");
}

CHILD_TEST(verify, notices_another_group)
{
	static const uint32_t gids[] = {9, 5};

	become();
	process.user.additionalGids.at = gids;
	FAILS(verify_compare.run(&creation, &err), EPERM, "additional group 5 is missing");
	process.user.additionalGids.count = 1;
	FAILS(verify_compare.run(&creation, &err), EPERM,
	      "number of additional groups is 2, planned 1");
	process.user.gid = 7;
	FAILS(verify_compare.run(&creation, &err), EPERM, "real gid is 1000, planned 7");
}

CHILD_TEST(verify, notices_other_capabilities)
{
	become();
	plan.process.capabilities.bounding = 1;
	FAILS(verify_compare.run(&creation, &err), EPERM,
	      "bounding capabilities are 0x3, planned 0x1");
	plan.process.capabilities.permitted = 1;
	FAILS(verify_compare.run(&creation, &err), EPERM,
	      "permitted capabilities are 0x3, planned 0x1");
}

CHILD_TEST(verify, notices_a_missing_filter)
{
	become();
	plan.seccomp = (struct seccomp_plan){.program = {.len = 1}, .early = true};
	FAILS(verify_compare.run(&creation, &err), EPERM, "linux.seccomp is not in force");
}

CHILD_TEST(verify, notices_another_umask)
{
	become();
	umask(0);
	FAILS(verify_compare.run(&creation, &err), EPERM, "umask is 000, planned 022");
}

CHILD_TEST(verify, notices_an_open_descriptor)
{
	become();
	EXPECT(dup2(0, 7) == 7);
	FAILS(verify_compare.run(&creation, &err), EPERM, "descriptor 7 is open");
	options.preserve_fds = 5;
	STEP(verify_compare.run(&creation, &err));
}

CHILD_TEST(verify, notices_that_the_directory_was_not_entered)
{
	become();
	creation.cwd_denied = true;
	FAILS(verify_compare.run(&creation, &err), EACCES, "process.cwd was not entered");
}

CHILD_TEST(verify, notices_a_directory_of_the_host)
{
	int outside = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	EXPECT(outside >= 0 && fchdir(outside) == 0 && chroot("/usr") == 0);
	process.user.uid = 0;
	plan.process.capabilities = (struct capability_masks){0};
	STEP(capabilities_bound.run(&creation, &err));
	STEP(credentials_become.run(&creation, &err));
	STEP(capabilities_set.run(&creation, &err));
	STEP(descriptors_close.run(&creation, &err));
	FAILS(verify_compare.run(&creation, &err), EPERM,
	      "process.cwd: is outside of the root filesystem");
}
