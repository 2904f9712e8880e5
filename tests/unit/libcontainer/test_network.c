/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loopback interface. Needs root.
 */
#include <net/if.h>
#include <sys/ioctl.h>

#include "libcontainer/namespaces/namespaces.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(network, .init = fixture_init, .fini = fixture_finish);

Test(network, only_a_new_one_is_set_up)
{
	cr_expect_not(network_loopback.when(&plan));
	plan.namespaces.clone_flags = CLONE_NEWNET;
	cr_expect(network_loopback.when(&plan));
}

CHILD_TEST(network, loopback_comes_up)
{
	struct ifreq request = {.ifr_name = "lo"};
	_close_ int fd = -1;

	EXPECT(unshare(CLONE_NEWNET) == 0);
	STEP(network_loopback.run(&creation, &err));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	EXPECT(ioctl(fd, SIOCGIFFLAGS, &request) == 0);
	EXPECT(request.ifr_flags & IFF_UP && request.ifr_flags & IFF_LOOPBACK);
}

CHILD_TEST(network, needs_privileges)
{
	EXPECT(unshare(CLONE_NEWNET) == 0 && setresuid(1000, 1000, 1000) == 0);
	FAILS(network_loopback.run(&creation, &err), EPERM,
	      "lo: set it up: Operation not permitted");
}
