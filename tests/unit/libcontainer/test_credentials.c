/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The user of the container's program. Needs root.
 */
#include <grp.h>

#include "libcontainer/process/process.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(credentials, .init = fixture_init, .fini = fixture_finish);

Test(credentials, umask_has_a_default)
{
	const uint32_t mask = 077;

	cr_expect_eq(credentials_umask(&plan), 022);
	process.user.umask = &mask;
	cr_expect_eq(credentials_umask(&plan), 077);
}

CHILD_TEST(credentials, become_the_user)
{
	const uint32_t gids[] = {7, 5}, mask = 027;
	uid_t real, effective, saved;
	gid_t found[4];
	int signal;

	process.user = (struct user){.uid = 1000,
				     .gid = 1001,
				     .umask = &mask,
				     .additionalGids = {.count = 2, .at = gids}};
	STEP(credentials_become.run(&creation, &err));
	EXPECT(getresuid(&real, &effective, &saved) == 0);
	EXPECT(real == 1000 && effective == 1000 && saved == 1000);
	EXPECT(getresgid(&real, &effective, &saved) == 0);
	EXPECT(real == 1001 && effective == 1001 && saved == 1001);
	EXPECT(getgroups(4, found) == 2 && found[0] == 5 && found[1] == 7);
	EXPECT(umask(0) == 027);
	EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	EXPECT(prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0) == 0 && signal == SIGKILL);
}

CHILD_TEST(credentials, keep_none_of_the_caller_s_groups)
{
	const gid_t groups[] = {3, 4};

	EXPECT(setgroups(2, groups) == 0);
	STEP(credentials_become.run(&creation, &err));
	EXPECT(getgroups(0, NULL) == 0);
}

static uid_t owner_of(int descriptor)
{
	struct stat status;

	EXPECT(fstat(descriptor, &status) == 0);
	return status.st_uid;
}

CHILD_TEST(credentials, give_pipes_and_files_but_no_devices)
{
	int ends[2];

	own_mnt();
	put_file("/mnt/out", 0600, "");
	EXPECT(pipe2(ends, O_CLOEXEC) == 0);
	EXPECT(dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 0) == 0);
	EXPECT(dup2(ends[1], 1) == 1);
	EXPECT(dup2(open("/mnt/out", O_WRONLY | O_CLOEXEC), 2) == 2);
	process.user.uid = 1000;
	STEP(credentials_become.run(&creation, &err));
	EXPECT(owner_of(0) == 0);
	EXPECT(owner_of(1) == 1000);
	EXPECT(owner_of(2) == 1000);
}

CHILD_TEST(credentials, need_privileges)
{
	process.user.uid = 1000;
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(credentials_become.run(&creation, &err), EPERM,
	      "process.user.additionalGids: setgroups: Operation not permitted");
}
