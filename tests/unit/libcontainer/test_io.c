/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files, and descriptors over sockets, with a kernel that takes or gives only a part.
 */
#include "libcontainer/io.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spec/cleanup.h"
#include "tests/unit/libcontainer/expect.h"

static char top[] = "/tmp/test-io-XXXXXX";
static int directory = -1;
static struct error err;

static void make_directory(void)
{
	umask(022);
	cr_assert(mkdtemp(top));
	cr_assert_eq(chdir(top), 0);
	directory = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(directory, 0);
}

static void remove_directory(void)
{
	char command[64];

	close(directory);
	snprintf(command, sizeof command, "rm -r %s", top);
	cr_assert_eq(system(command), 0);
}

TestSuite(io, .init = make_directory, .fini = remove_directory);

static void put(const char *name, const char *text)
{
	FILE *file _fclose_ = fopen(name, "we");

	cr_assert(file);
	cr_assert_geq(fputs(text, file), 0);
}

static const char *get(const char *name)
{
	static char text[4096];

	STEP(io_read_file(directory, name, text, sizeof text, &err));
	return text;
}

/* From now on a file takes no more than this, and then the kernel says so. */
static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	DO(setrlimit(RLIMIT_FSIZE, &limit));
}

static void ignore(int number)
{
	(void)number;
}

/* Every system call that waits is interrupted from now on. */
static void interrupt_often(void)
{
	const struct sigaction action = {.sa_handler = ignore};
	const struct itimerval often = {{0, 10000}, {0, 10000}};

	DO(sigaction(SIGALRM, &action, NULL));
	DO(setitimer(ITIMER_REAL, &often, NULL));
}

/*
 * Reading
 */

Test(io, a_lock_is_waited_for_and_not_for_ever)
{
	_close_ int holder = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_close_ int other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct error of_lock;

	cr_assert_eq(flock(holder, LOCK_EX | LOCK_NB), 0);
	cr_expect_eq(io_lock(other, LOCK_SH, 20, &of_lock), -EBUSY);
	cr_expect_str_eq(of_lock.text, "another program keeps it locked");
	cr_expect_eq(io_lock(-1, LOCK_SH, 20, &of_lock), -EBADF);
	cr_assert_eq(flock(holder, LOCK_UN), 0);
	cr_expect_eq(io_lock(other, LOCK_EX, 20, &of_lock), 0);
}

Test(io, reads_a_whole_file)
{
	char text[16];

	put("file", "abc\n");
	cr_expect_eq(io_read_file(directory, "file", text, sizeof text, &err), 4);
	cr_expect_str_eq(text, "abc\n");
	put("file", "");
	cr_expect_eq(io_read_file(directory, "file", text, sizeof text, &err), 0);
	cr_expect_str_eq(text, "");
}

Test(io, reads_no_more_than_there_is_room_for)
{
	char text[8] = "xxxxxxx";

	put("file", "abcdef");
	cr_expect_eq(io_read_file(directory, "file", text, 4, &err), 3);
	cr_expect_str_eq(text, "abc");
	cr_expect_eq(text[4], 'x');
	cr_expect_eq(io_read_file(directory, "file", text, 7, &err), 6);
	cr_expect_str_eq(text, "abcdef");
	cr_expect_eq(io_read_file(directory, "file", text, 6, &err), 5);
	cr_expect_str_eq(text, "abcde");
}

/* Writes in pieces with pauses, in which the reader is interrupted. */
static pid_t write_in_pieces(int ready)
{
	pid_t pid = fork();
	int fifo;

	cr_assert_geq(pid, 0);
	if (pid > 0)
		return pid;
	fifo = open("fifo", O_WRONLY | O_CLOEXEC);
	if (fifo < 0 || write(ready, "", 1) != 1)
		_exit(EXIT_FAILURE);
	for (const char *piece = "abc"; *piece; piece++) {
		usleep(60000);
		if (write(fifo, piece, 1) != 1)
			_exit(EXIT_FAILURE);
	}
	_exit(EXIT_SUCCESS);
}

Test(io, reads_on_after_a_part_and_an_interruption)
{
	_close_ int holder = -1;
	int ready[2], status;
	char byte;
	pid_t pid;

	DO(mkfifo("fifo", 0600));
	/* So that neither side waits for the other one to open it. */
	holder = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	DO(holder);
	DO(pipe2(ready, O_CLOEXEC));
	pid = write_in_pieces(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	interrupt_often();
	cr_expect_str_eq(get("fifo"), "abc");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	cr_expect_eq(status, 0);
}

Test(io, a_missing_file)
{
	char text[8] = "kept";

	FAILS((int)io_read_file(directory, "none", text, sizeof text, &err), ENOENT,
	      "none: No such file or directory");
	cr_expect_str_eq(text, "kept");
	FAILS(io_write_file(directory, "none", "x", &err), ENOENT,
	      "none: No such file or directory");
	cr_expect_eq(access("none", F_OK), -1, "it is not made");
}

Test(io, a_directory_is_no_file)
{
	char text[8];

	DO(mkdir("sub", 0755));
	FAILS((int)io_read_file(directory, "sub", text, sizeof text, &err), EISDIR,
	      "sub: read: Is a directory");
	FAILS(io_write_file(directory, "sub", "x", &err), EISDIR, "sub: Is a directory");
	FAILS(io_create_file(directory, "sub", 0600, "x", 1, &err), EEXIST,
	      "sub: create: File exists");
}

Test(io, links_are_not_followed)
{
	char text[8];

	put("target", "old");
	DO(symlink("target", "link"));
	DO(symlink("nowhere", "dangling"));
	cr_expect_eq(io_read_file(directory, "link", text, sizeof text, &err), -ELOOP);
	cr_expect_eq(io_write_file(directory, "link", "new", &err), -ELOOP);
	cr_expect_eq(io_create_file(directory, "link", 0600, "new", 3, &err), -EEXIST);
	cr_expect_eq(io_create_file(directory, "dangling", 0600, "new", 3, &err), -EEXIST);
	cr_expect_str_eq(get("target"), "old");
	cr_expect_eq(access("nowhere", F_OK), -1);
}

/*
 * Writing
 */

Test(io, writes_into_a_file_that_is_there)
{
	put("file", "abcdef");
	STEP(io_write_file(directory, "file", "xyz", &err));
	cr_expect_str_eq(get("file"), "xyzdef", "as kernel files want it: nothing is cut off");
}

Test(io, says_what_could_not_be_written)
{
	/* The kernel refuses what is no number. */
	_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	FAILS(io_write_file(self, "oom_score_adj", "much", &err), EINVAL,
	      "oom_score_adj: write \"much\": Invalid argument");
}

Test(io, a_part_is_not_enough_for_a_kernel_file)
{
	put("file", "");
	limit_files(4);
	FAILS(io_write_file(directory, "file", "abcdef", &err), EIO,
	      "file: write \"abcdef\": only 4 bytes were taken");
}

Test(io, creates_a_file)
{
	struct stat status;

	STEP(io_create_file(directory, "file", 0640, "a\0b", 3, &err));
	DO(stat("file", &status));
	cr_expect_eq(status.st_mode, S_IFREG | 0640);
	cr_expect_eq(status.st_size, 3);
	FAILS(io_create_file(directory, "file", 0600, "other", 5, &err), EEXIST,
	      "file: create: File exists");
	cr_expect_str_eq(get("file"), "a", "it is left as it was");
}

/* The first write takes a part, the next one fails. */
Test(io, leaves_no_half_of_a_new_file)
{
	limit_files(4);
	FAILS(io_create_file(directory, "file", 0600, "abcdef", 6, &err), EFBIG,
	      "file: write: File too large");
	cr_expect_eq(access("file", F_OK), -1);
}

Test(io, replaces_a_file_at_once)
{
	char text[16] = "";
	struct stat status;
	_close_ int old = -1;

	put("file", "old");
	old = open("file", O_RDONLY | O_CLOEXEC);
	STEP(io_replace_file(directory, "file", 0600, "new", 3, &err));
	cr_expect_str_eq(get("file"), "new");
	DO(stat("file", &status));
	cr_expect_eq(status.st_mode, S_IFREG | 0600);
	DO(read(old, text, sizeof text - 1));
	cr_expect_str_eq(text, "old");
	cr_expect_eq(access(".file.new", F_OK), -1);
}

Test(io, replaces_what_is_not_there)
{
	STEP(io_replace_file(directory, "file", 0600, "new", 3, &err));
	cr_expect_str_eq(get("file"), "new");
}

/* What is in the way of the new file is removed, and not followed. */
Test(io, replaces_after_somebody_who_was_killed)
{
	put("target", "old");
	DO(symlink("target", ".file.new"));
	STEP(io_replace_file(directory, "file", 0600, "new", 3, &err));
	cr_expect_str_eq(get("file"), "new");
	cr_expect_str_eq(get("target"), "old");
}

Test(io, replaces_a_link_not_its_target)
{
	put("target", "old");
	DO(symlink("target", "file"));
	STEP(io_replace_file(directory, "file", 0600, "new", 3, &err));
	cr_expect_str_eq(get("file"), "new");
	cr_expect_str_eq(get("target"), "old");
}

Test(io, keeps_the_old_file_when_the_new_one_does_not_fit)
{
	put("file", "old");
	limit_files(4);
	cr_expect_eq(io_replace_file(directory, "file", 0600, "abcdef", 6, &err), -EFBIG);
	cr_expect_str_eq(get("file"), "old");
	cr_expect_eq(access(".file.new", F_OK), -1);
}

Test(io, does_not_replace_a_directory)
{
	DO(mkdir("sub", 0755));
	FAILS(io_replace_file(directory, "sub", 0600, "x", 1, &err), EISDIR,
	      "sub: rename: Is a directory");
	cr_expect_eq(access(".sub.new", F_OK), -1);
}

Test(io, a_name_that_is_too_long)
{
	char name[400] = "";

	memset(name, 'x', sizeof name - 1);
	cr_expect_eq(io_replace_file(directory, name, 0600, "x", 1, &err), -ENAMETOOLONG);
	name[NAME_MAX] = '\0';
	STEP(io_replace_file(directory, name, 0600, "x", 1, &err));
	cr_expect_eq(faccessat(directory, name, F_OK, 0), 0);
}

/*
 * Descriptors
 */

static int ends[2];

static void make_socket_pair(void)
{
	DO(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
}

TestSuite(io_descriptor, .init = make_socket_pair);

static bool is_same(int one, int other)
{
	struct stat a, b;

	return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

Test(io_descriptor, goes_with_the_data)
{
	int received = -1, pipes[2];
	char text[8] = "";

	DO(pipe2(pipes, 0));
	STEP(io_send_descriptor(ends[0], "data", 4, pipes[0], &err));
	cr_expect_eq(io_receive_descriptor(ends[1], text, sizeof text, &received, &err), 4);
	cr_expect_str_eq(text, "data");
	cr_expect_neq(received, pipes[0]);
	cr_expect(is_same(received, pipes[0]));
	cr_expect_eq(fcntl(received, F_GETFD), FD_CLOEXEC);
	close(received);
}

Test(io_descriptor, is_none)
{
	int received = 77;
	char text[8] = "";

	STEP(io_send_descriptor(ends[0], "data", 4, -1, &err));
	cr_expect_eq(io_receive_descriptor(ends[1], text, sizeof text, &received, &err), 4);
	cr_expect_str_eq(text, "data");
	cr_expect_eq(received, -1);
}

/* What is not expected must not stay open. */
Test(io_descriptor, that_nobody_wants_is_closed)
{
	int pipes[2];
	char byte;

	DO(pipe2(pipes, O_NONBLOCK));
	STEP(io_send_descriptor(ends[0], "x", 1, pipes[1], &err));
	close(pipes[1]);
	cr_expect_eq(io_receive_descriptor(ends[1], &byte, 1, NULL, &err), 1);
	cr_expect_eq(read(pipes[0], &byte, 1), 0, "the last writer has gone");
}

Test(io_descriptor, messages_stay_apart)
{
	int received = -1;
	char text[8] = "";

	STEP(io_send_descriptor(ends[0], "one", 3, -1, &err));
	STEP(io_send_descriptor(ends[0], "two", 3, ends[0], &err));
	cr_expect_eq(io_receive_descriptor(ends[1], text, sizeof text, &received, &err), 3);
	cr_expect_str_eq(text, "one");
	cr_expect_eq(received, -1);
	cr_expect_eq(io_receive_descriptor(ends[1], text, sizeof text, &received, &err), 3);
	cr_expect_str_eq(text, "two");
	cr_expect_geq(received, 0);
	close(received);
}

/* As many as the kernel takes. */
Test(io_descriptor, many)
{
	int sent[IO_DESCRIPTORS_MAX + 1], received[IO_DESCRIPTORS_MAX];
	size_t count;
	char byte;

	for (size_t i = 0; i <= IO_DESCRIPTORS_MAX; i++)
		sent[i] = ends[i % 2];
	STEP(io_send_descriptors(ends[0], "x", 1, sent, IO_DESCRIPTORS_MAX, &err));
	cr_expect_eq(io_receive_descriptors(ends[1], &byte, 1, received, IO_DESCRIPTORS_MAX, &count,
					    &err),
		     1);
	cr_assert_eq(count, IO_DESCRIPTORS_MAX);
	for (size_t i = 0; i < count; i++)
		cr_expect(is_same(received[i], sent[i]), "%zu", i);
	cr_expect_eq(fcntl(received[252], F_GETFD), FD_CLOEXEC);
}

/* What does not fit is closed. */
Test(io_descriptor, more_than_there_is_room_for)
{
	int received[2] = {-1, -1};
	size_t count;
	char byte;

	STEP(io_send_descriptors(ends[0], "x", 1, (int[]){ends[0], ends[1], ends[0]}, 3, &err));
	cr_expect_eq(io_receive_descriptors(ends[1], &byte, 1, received, 2, &count, &err), 1);
	cr_expect_eq(count, 2);
	cr_expect(is_same(received[0], ends[0]) && is_same(received[1], ends[1]));
}

Test(io_descriptor, end_of_file)
{
	int received = 77;
	char byte;

	close(ends[0]);
	cr_expect_eq(io_receive_descriptor(ends[1], &byte, 1, &received, &err), 0);
	cr_expect_eq(received, -1);
}

/* An error instead of SIGPIPE, which would end the caller. */
Test(io_descriptor, nobody_is_there)
{
	close(ends[0]);
	FAILS(io_send_descriptor(ends[1], "x", 1, -1, &err), EPIPE, "sendmsg: Broken pipe");
}

/* An end that is nothing to the container. */
Test(io_descriptor, who_asked_for_it_is_not_there)
{
	close(ends[0]);
	FAILS(io_give_descriptor(ends[1], "x", 1, -1, &err), ECONNABORTED,
	      "the other side has closed the connection");
}

Test(io_descriptor, who_asked_for_it_does_not_read)
{
	const struct timeval limit = {.tv_usec = 1000};

	cr_assert_eq(setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), 0);
	while (io_send_descriptor(ends[1], "x", 1, -1, &err) == 0)
		;
	FAILS(io_give_descriptor(ends[1], "x", 1, -1, &err), ETIMEDOUT, "nobody read within 10 s");
}

Test(io_descriptor, nobody_accepts, .timeout = 60)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_close_ int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_close_ int first = -1;
	char expected[PATH_MAX];

	snprintf(address.sun_path, sizeof address.sun_path, "/tmp/test-io-%d", getpid());
	cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(listen(listener, 0), 0);
	first = io_connect(address.sun_path, NULL, &err);
	DO(first);
	snprintf(expected, sizeof expected, "%s: connect: nobody accepted within 10 s",
		 address.sun_path);
	FAILS(io_connect(address.sun_path, NULL, &err), ETIMEDOUT, expected);
	/* Nobody need wait that long. */
	cr_assert_eq(shutdown(ends[0], SHUT_WR), 0);
	snprintf(expected, sizeof expected, "%s: connect: interrupted", address.sun_path);
	FAILS(io_connect(address.sun_path, &ends[1], &err), ECANCELED, expected);
	cr_expect_eq(fcntl(first, F_GETFL) & O_NONBLOCK, 0);
	unlink(address.sun_path);
}

Test(io_descriptor, what_is_no_socket)
{
	_close_ int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	char byte;

	FAILS(io_send_descriptor(file, "x", 1, -1, &err), ENOTSOCK,
	      "sendmsg: Socket operation on non-socket");
	FAILS((int)io_receive_descriptor(file, &byte, 1, NULL, &err), ENOTSOCK,
	      "recvmsg: Socket operation on non-socket");
	FAILS(io_send_descriptor(ends[0], "x", 1, 9999, &err), EBADF,
	      "sendmsg: Bad file descriptor");
}

Test(io_descriptor, waits_on_after_an_interruption)
{
	pid_t pid = fork();
	char byte = 0;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		usleep(100000);
		_exit(io_send_descriptor(ends[0], "x", 1, -1, &err) < 0);
	}
	interrupt_often();
	cr_expect_eq(io_receive_descriptor(ends[1], &byte, 1, NULL, &err), 1, "%s", err.text);
	cr_expect_eq(byte, 'x');
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
