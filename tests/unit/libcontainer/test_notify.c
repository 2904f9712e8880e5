/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The socket on which the container's program says how it is. Needs root.
 */
#include "libcontainer/process/notify.h"

#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>

#include "libcontainer/process/sync.h"

#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(notify, .init = fixture_init, .fini = fixture_finish);

Test(notify, only_when_it_is_asked_for)
{
	cr_expect_not(notify_planned(&plan));
	options.notify = true;
	cr_expect(notify_planned(&plan));
}

/* To the socket, as somebody in the container does it. Return: 0 or -errno */
static int say(const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_close_ int found = in_tree(NOTIFY_PATH, O_PATH);

	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", found);
	return sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address, sizeof address) < 0
		       ? -errno
		       : 0;
}

static void expect_heard(int fd, const char *text)
{
	char heard[16] = "";

	DO(recv(fd, heard, sizeof heard - 1, MSG_DONTWAIT));
	cr_expect_str_eq(heard, text);
}

static void bind_in_tree(void)
{
	creation.notify = -1;
	fixture_open();
	STEP(notify_bind.run(&creation, &err));
}

ROOTFS_TEST(notify, everybody_may_speak_and_nobody_write)
{
	struct statvfs status;
	_close_ int directory = -1;

	bind_in_tree();
	cr_expect_eq(fcntl(creation.notify, F_GETFD), FD_CLOEXEC);
	cr_expect_eq(stat_in_tree(NOTIFY_PATH).st_mode, S_IFSOCK | 0777);
	cr_expect_eq(stat_in_tree("/run/notify").st_mode & 07777, 0755);
	cr_expect_eq(statfs_in_tree("/run/notify").f_type, TMPFS_MAGIC);
	directory = in_tree("/run/notify", O_PATH);
	DO(fstatvfs(directory, &status));
	cr_expect_eq(status.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC),
		     ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
	STEP(say("READY=1"));
	expect_heard(creation.notify, "READY=1");
	DO(seteuid(1000));
	STEP(say("STATUS=x"));
	DO(seteuid(0));
	expect_heard(creation.notify, "STATUS=x");
}

ROOTFS_TEST(notify, is_handed_over)
{
	_close_ int heard = -1;
	int ends[2];

	bind_in_tree();
	DO(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	creation.sync = ends[0];
	STEP(notify_send.run(&creation, &err));
	cr_expect_eq(creation.notify, -1);
	cr_expect_eq(sync_receive(ends[1], -1, &heard, &err), SYNC_NOTIFY);
	STEP(say("READY=1"));
	expect_heard(heard, "READY=1");
}

/* Whoever starts the container may have gone; that is no reason not to run. */
Test(notify, nobody_to_hand_it_to)
{
	int ends[2];

	creation.notify = open("/dev/null", O_RDWR | O_CLOEXEC);
	DO(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	creation.sync = ends[0];
	close(ends[1]);
	STEP(notify_send.run(&creation, &err));
	cr_expect_eq(creation.notify, -1);
}

Test(notify, there_is_a_file_in_its_place)
{
	DO(mkdir("/mnt/bundle/rootfs/run", 0755));
	put_file("/mnt/bundle/rootfs/run/notify", "");
	creation.notify = -1;
	fixture_open();
	FAILS(notify_bind.run(&creation, &err), ENOTDIR, "/run/notify: Not a directory");
	cr_expect_eq(creation.notify, -1);
}
