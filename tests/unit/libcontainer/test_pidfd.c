/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --pidfd-socket.
 */
#include <sys/un.h>

#include "libcontainer/io.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(pidfd, .init = fixture_init, .fini = fixture_finish);

Test(pidfd, only_when_it_is_asked_for)
{
	PLAN(pidfd_plan(&plan, &err));
	cr_expect(!pidfd_connect.when(&plan));
	options.pidfd_socket = "/run/socket";
	PLAN(pidfd_plan(&plan, &err));
	cr_expect(pidfd_connect.when(&plan));
}

Test(pidfd, its_path_is_short)
{
	char path[109];

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	options.pidfd_socket = path;
	cr_expect_eq(pidfd_plan(&plan, &err), -ENAMETOOLONG);
	path[107] = '\0';
	PLAN(pidfd_plan(&plan, &err));
}

CHILD_TEST(pidfd, is_sent)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/mnt/socket"};
	_close_ int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_close_ int connection = -1, received = -1;
	struct stat sent, got;
	char payload[16];

	own_mnt();
	EXPECT(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
	EXPECT(listen(listener, 1) == 0);
	options.pidfd_socket = "/mnt/socket";
	STEP(pidfd_connect.run(&creation, &err));
	creation.init = sys_pidfd_open(getpid(), 0);
	STEP(pidfd_send.run(&creation, &err));
	EXPECT(creation.pidfd_socket == -1 && creation.init >= 0);
	connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	EXPECT(io_receive_descriptor(connection, payload, sizeof payload, &received, &err) > 0);
	EXPECT(fstat(creation.init, &sent) == 0 && fstat(received, &got) == 0);
	EXPECT(sent.st_dev == got.st_dev && sent.st_ino == got.st_ino);
}

CHILD_TEST(pidfd, nobody_listens)
{
	own_mnt();
	options.pidfd_socket = "/mnt/socket";
	FAILS(pidfd_connect.run(&creation, &err), ENOENT,
	      "--pidfd-socket: /mnt/socket: connect: No such file or directory");
}
