/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stays open.
 */
#include "libcontainer/process/process.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(descriptors, .init = fixture_init, .fini = fixture_finish);

static bool is_open(int descriptor)
{
	return fcntl(descriptor, F_GETFD) >= 0;
}

/* /dev/null at a number. */
static void open_at(int descriptor, int flags)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	EXPECT(null >= 0);
	if (null == descriptor) {
		EXPECT(fcntl(null, F_SETFD, flags & O_CLOEXEC ? FD_CLOEXEC : 0) == 0);
		return;
	}
	EXPECT(dup3(null, descriptor, flags) == descriptor && close(null) == 0);
}

CHILD_TEST(descriptors, close_around_what_is_kept)
{
	open_at(3, 0);
	open_at(4, 0);
	open_at(20, O_CLOEXEC);
	open_at(21, O_CLOEXEC);
	open_at(22, 0);
	open_at(23, O_CLOEXEC);
	open_at(200, 0);
	options.preserve_fds = 1;
	creation.sync = 21;
	creation.start = 23;
	creation.procfs = 20;
	STEP(descriptors_close.run(&creation, &err));
	EXPECT(is_open(0) && is_open(1) && is_open(2) && is_open(3) && is_open(21) && is_open(23));
	EXPECT(!is_open(4) && !is_open(20) && !is_open(22) && !is_open(24) && !is_open(200));
	EXPECT(creation.sync == 21 && creation.start == 23 && creation.procfs == -1);
}

CHILD_TEST(descriptors, close_all)
{
	open_at(3, 0);
	STEP(descriptors_close.run(&creation, &err));
	EXPECT(is_open(2) && !is_open(3));
}

CHILD_TEST(descriptors, preserved_ones_are_the_caller_s)
{
	close_range(3, ~0U, 0);
	open_at(3, 0);
	options.preserve_fds = 1;
	EXPECT(descriptors_check.when(&plan));
	STEP(descriptors_check.run(&creation, &err));
	options.preserve_fds = 2;
	FAILS(descriptors_check.run(&creation, &err), EBADF,
	      "--preserve-fds: descriptor 4 is not open");
	/* One of kist's own. */
	open_at(4, O_CLOEXEC);
	FAILS(descriptors_check.run(&creation, &err), EBADF,
	      "--preserve-fds: descriptor 4 is not open");
}

CHILD_TEST(descriptors, an_absurd_number_is_refused)
{
	close_range(3, ~0U, 0);
	options.preserve_fds = ~0U;
	FAILS(descriptors_check.run(&creation, &err), EBADF,
	      "--preserve-fds: descriptor 3 is not open");
}

CHILD_TEST(descriptors, close_all_but)
{
	const int kept[] = {21, -1, 1};

	open_at(20, O_CLOEXEC);
	open_at(21, O_CLOEXEC);
	open_at(22, 0);
	/* The test's own reports go there. */
	EXPECT(fcntl(2, F_DUPFD_CLOEXEC, 100) == 100);
	STEP(descriptors_close_but(kept, sizeof kept / sizeof *kept, &err));
	EXPECT(dup2(1, 2) == 2);
	EXPECT(is_open(1) && is_open(21));
	EXPECT(!is_open(0) && !is_open(20) && !is_open(22) && !is_open(100));
}
