/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Terminals: what is refused while planning, and a terminal of a devpts of its own. Needs root.
 */
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>

#include "libcontainer/io.h"
#include "libcontainer/process/process.h"
#include "libcontainer/process/sync.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(console, .init = fixture_init, .fini = fixture_finish);

Test(console, needs_somebody_to_take_it)
{
	process.terminal = true;
	PLAN(console_plan(&plan, &err));
	options.detach = true;
	REFUSED(console_plan(&plan, &err), EINVAL,
		"process.terminal: cannot allocate tty if kist will detach without setting console "
		"socket (--console-socket)");
	options.detach = false;
	plan.waits_for_start = true;
	cr_expect_eq(console_plan(&plan, &err), -EINVAL);
	options.console_socket = "/run/socket";
	PLAN(console_plan(&plan, &err));
	cr_expect(console_open.when(&plan) && console_connect.when(&plan));
}

Test(console, a_socket_needs_a_terminal_and_to_detach)
{
	options.console_socket = "/run/socket";
	plan.waits_for_start = true;
	REFUSED(console_plan(&plan, &err), EINVAL,
		"--console-socket: cannot use console socket if kist will not detach or allocate "
		"tty (it goes with process.terminal, and with create or --detach)");
	process.terminal = true;
	plan.waits_for_start = false;
	cr_expect_eq(console_plan(&plan, &err), -EINVAL);
}

Test(console, a_socket_s_path_is_short)
{
	char path[109];

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	process.terminal = plan.waits_for_start = true;
	options.console_socket = path;
	cr_expect_eq(console_plan(&plan, &err), -ENAMETOOLONG);
	path[107] = '\0';
	PLAN(console_plan(&plan, &err));
}

/* Listen where --console-socket says. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	EXPECT(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
	EXPECT(listen(fd, 1) == 0);
	return fd;
}

CHILD_TEST(console, its_leader_is_sent_with_a_name)
{
	char payload[64] = "";
	int listener, connection, received = -1;

	own_mnt();
	listener = listen_at("/mnt/socket");
	options.console_socket = "/mnt/socket";
	STEP(console_connect.run(&creation, &err));
	creation.console.leader = open("/dev/null", O_RDWR | O_CLOEXEC);
	STEP(console_send.run(&creation, &err));
	EXPECT(creation.console.leader == -1 && creation.console.socket == -1);
	connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	EXPECT(connection >= 0);
	EXPECT(io_receive_descriptor(connection, payload, sizeof payload, &received, &err) == 9);
	EXPECT(strcmp(payload, "/dev/ptmx") == 0 && received >= 0);
	/* Nothing comes after it. */
	EXPECT(io_receive_descriptor(connection, payload, sizeof payload, &received, &err) == 0);
}

CHILD_TEST(console, nobody_listening_is_an_error)
{
	own_mnt();
	options.console_socket = "/mnt/socket";
	FAILS(console_connect.run(&creation, &err), ENOENT,
	      "--console-socket: /mnt/socket: connect: No such file or directory");
}

/* A root filesystem at /mnt with a devpts, and a host side to hand the leader to. Return: its end
 */
static int have_tree(void)
{
	int ends[2];

	own_mnt();
	EXPECT(mkdir("/mnt/dev", 0755) == 0 && mkdir("/mnt/dev/pts", 0755) == 0);
	creation.rootfs.tree = open("/mnt", O_PATH | O_DIRECTORY | O_CLOEXEC);
	EXPECT(creation.rootfs.tree >= 0);
	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	creation.sync = ends[0];
	process.terminal = true;
	return ends[1];
}

static void mount_devpts(void)
{
	EXPECT(mount("devpts", "/mnt/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666") == 0);
}

/* Open it in a session of its own, and get the leader. */
static int open_console(int host_end)
{
	int leader = -1;

	EXPECT(setsid() >= 0);
	STEP(console_open.run(&creation, &err));
	EXPECT(sync_receive(host_end, -1, &leader, &err) == SYNC_FD && leader >= 0);
	return leader;
}

CHILD_TEST(console, is_the_container_s_and_controls_it)
{
	const struct console_size size = {.height = 25, .width = 80};
	struct stat terminal, bound;
	struct termios settings;
	struct winsize window;
	char text[8] = "";
	int host_end = have_tree(), leader;

	mount_devpts();
	process.consoleSize = &size;
	process.user.uid = 1000;
	leader = open_console(host_end);
	EXPECT(fstat(0, &terminal) == 0 && stat("/mnt/dev/console", &bound) == 0);
	EXPECT(S_ISCHR(bound.st_mode) && bound.st_rdev == terminal.st_rdev);
	EXPECT(bound.st_ino == terminal.st_ino && terminal.st_uid == 1000);
	EXPECT(tcgetsid(0) == getpid() && isatty(1) && isatty(2));
	EXPECT(ioctl(0, TIOCGWINSZ, &window) == 0 && window.ws_row == 25 && window.ws_col == 80);
	EXPECT(tcgetattr(0, &settings) == 0 && !(settings.c_oflag & ONLCR));
	EXPECT(write(1, "hi\n", 3) == 3);
	EXPECT(read(leader, text, sizeof text - 1) == 3 && strcmp(text, "hi\n") == 0);
}

/* Who takes the leader has made his own terminal raw, or makes it what he wants. */
CHILD_TEST(console, is_as_the_kernel_makes_it_for_a_socket)
{
	char text[8] = "";
	int host_end = have_tree(), leader;

	mount_devpts();
	options.console_socket = "/run/console";
	leader = open_console(host_end);
	EXPECT(write(1, "hi\n", 3) == 3);
	EXPECT(read(leader, text, sizeof text - 1) == 4 && strcmp(text, "hi\r\n") == 0);
}

/* What it is relayed to is what the program's output will be seen on. */
CHILD_TEST(console, has_the_size_of_the_terminal_it_is_relayed_to)
{
	const struct console_size size = {.height = 25, .width = 80};
	struct winsize window;
	int host_end = have_tree();

	mount_devpts();
	process.consoleSize = &size;
	options.terminal_size = (struct container_terminal_size){.rows = 33, .columns = 77};
	open_console(host_end);
	EXPECT(ioctl(0, TIOCGWINSZ, &window) == 0 && window.ws_row == 33 && window.ws_col == 77);
}

CHILD_TEST(console, is_bound_onto_what_is_there)
{
	struct stat bound;
	int host_end = have_tree();

	mount_devpts();
	EXPECT(mknod("/mnt/dev/console", S_IFCHR | 0600, makedev(5, 1)) == 0);
	open_console(host_end);
	EXPECT(stat("/mnt/dev/console", &bound) == 0 && bound.st_rdev != makedev(5, 1));
}

CHILD_TEST(console, is_not_bound_through_a_link)
{
	have_tree();
	mount_devpts();
	put_file("/mnt/victim", 0644, "");
	EXPECT(symlink("/victim", "/mnt/dev/console") == 0);
	EXPECT(setsid() >= 0);
	FAILS(console_open.run(&creation, &err), ELOOP,
	      "/dev/console: must not be, or lead through, a symbolic link");
}

CHILD_TEST(console, needs_a_devpts)
{
	have_tree();
	FAILS(console_open.run(&creation, &err), ENOENT,
	      "process.terminal needs a devpts on /dev/pts: ptmx: No such file or directory");
	/* A node of an image, which would lead to the host's terminals. */
	EXPECT(mknod("/mnt/dev/pts/ptmx", S_IFCHR | 0666, makedev(5, 2)) == 0);
	FAILS(console_open.run(&creation, &err), EINVAL,
	      "/dev/pts/ptmx: is not of a devpts (process.terminal needs one mounted on /dev/pts)");
}

CHILD_TEST(console, devpts_is_not_reached_through_a_link)
{
	have_tree();
	EXPECT(rmdir("/mnt/dev/pts") == 0 && symlink("/elsewhere", "/mnt/dev/pts") == 0);
	EXPECT(console_open.run(&creation, &err) == -ELOOP);
}

CHILD_TEST(console, is_not_taken_from_what_covers_the_multiplexer)
{
	have_tree();
	mount_devpts();
	EXPECT(mount("/dev/null", "/mnt/dev/pts/ptmx", NULL, MS_BIND, NULL) == 0);
	EXPECT(console_open.run(&creation, &err) == -EINVAL);
}

/* In the root of who asks, which is the container's by then. */
CHILD_TEST(console, another_one_is_not_the_console)
{
	int host_end = have_tree(), leader = -1;
	struct stat terminal;

	mount_devpts();
	EXPECT(chroot("/mnt") == 0 && chdir("/") == 0);
	creation.rootfs.tree = -1;
	process.user.uid = 1000;
	EXPECT(setsid() >= 0);
	STEP(console_add.run(&creation, &err));
	EXPECT(sync_receive(host_end, -1, &leader, &err) == SYNC_FD && leader >= 0);
	EXPECT(tcgetsid(0) == getpid() && isatty(1) && isatty(2));
	EXPECT(fstat(0, &terminal) == 0 && terminal.st_uid == 1000);
	EXPECT(access("/dev/console", F_OK) < 0);
}
