/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "libcontainer/log.h"

static char file[] = "/tmp/kist-log-XXXXXX";
static struct error err;

static void setup(void)
{
	int fd = mkstemp(file);

	cr_assert(fd >= 0);
	close(fd);
}

static void teardown(void)
{
	unlink(file);
}

TestSuite(log, .init = setup, .fini = teardown);

static void open_log(const char *path, bool json, enum container_log_level level)
{
	cr_assert_eq(container_log_open(path, json, level, &err), 0, "%s", err.text);
}

static const char *read_log(void)
{
	static char text[64 * 1024];
	FILE *in = fopen(file, "re");

	cr_assert(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	return text;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

static const char *member(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

Test(log, goes_nowhere_unless_opened)
{
	cr_expect_eq(log_descriptor(), -1);
	cr_expect_not(log_wants(CONTAINER_LOG_ERROR));
	container_log(CONTAINER_LOG_ERROR, "lost");
	cr_expect_str_eq(read_log(), "");
}

Test(log, writes_what_the_level_asks_for)
{
	open_log(file, false, CONTAINER_LOG_INFO);
	cr_expect(log_wants(CONTAINER_LOG_ERROR));
	cr_expect(log_wants(CONTAINER_LOG_WARNING));
	cr_expect(log_wants(CONTAINER_LOG_INFO));
	cr_expect_not(log_wants(CONTAINER_LOG_DEBUG));
	container_log(CONTAINER_LOG_ERROR, "one %d", 1);
	log_warning("two");
	container_log(CONTAINER_LOG_INFO, "three");
	log_debug("four");

	cr_expect_eq(count_lines(read_log()), 3);
	cr_expect(strstr(read_log(), "Z error: one 1\n"));
	cr_expect(strstr(read_log(), "Z warning: two\n"));
	cr_expect(strstr(read_log(), "Z info: three\n"));
}

Test(log, keeps_one_line_an_entry)
{
	open_log(file, false, CONTAINER_LOG_WARNING);
	log_warning("a\nb\x1b[2J");
	cr_expect_eq(count_lines(read_log()), 1);
	cr_expect(strstr(read_log(), "warning: a\\x0ab\\x1b[2J\n"));
}

Test(log, appends)
{
	open_log(file, false, CONTAINER_LOG_WARNING);
	log_warning("first");
	open_log(file, false, CONTAINER_LOG_WARNING);
	log_warning("second");
	cr_expect_eq(count_lines(read_log()), 2);
}

/* containerd decodes each line, and takes none of them when a time is malformed. */
Test(log, writes_json_that_others_can_read)
{
	struct tm time;
	json_t *line;

	open_log(file, true, CONTAINER_LOG_WARNING);
	container_log(CONTAINER_LOG_ERROR, "say \"hi\" \\ \n \xff %s", "caf\xc3\xa9");
	line = json_loads(read_log(), 0, NULL);
	cr_assert(line);
	cr_expect_str_eq(member(line, "level"), "error");
	cr_expect_str_eq(member(line, "msg"), "say \"hi\" \\ \n \xef\xbf\xbd caf\xc3\xa9");
	cr_expect(strptime(member(line, "time"), "%FT%T", &time));
	cr_expect_eq(json_object_size(line), 3);
	json_decref(line);
}

Test(log, cuts_a_long_message_and_stays_valid)
{
	static char message[8192];
	json_t *line;

	memset(message, '\x01', sizeof message - 1);
	open_log(file, true, CONTAINER_LOG_WARNING);
	log_warning("%s", message);
	line = json_loads(read_log(), 0, NULL);
	cr_assert(line);
	cr_expect_geq(strlen(member(line, "msg")), sizeof err.text);
	json_decref(line);
}

Test(log, descriptor_is_close_on_exec)
{
	open_log(file, false, CONTAINER_LOG_WARNING);
	cr_expect_geq(log_descriptor(), 3);
	cr_expect_eq(fcntl(log_descriptor(), F_GETFD), FD_CLOEXEC);
}

Test(log, debug_without_a_file_goes_to_stderr, .init = cr_redirect_stderr)
{
	char text[256] = "";
	FILE *redirected;

	open_log(NULL, false, CONTAINER_LOG_DEBUG);
	log_debug("step");
	container_log(CONTAINER_LOG_ERROR, "printed by the caller");
	redirected = cr_get_redirected_stderr();
	cr_assert(fread(text, 1, sizeof text - 1, redirected) > 0);
	cr_expect(strstr(text, "debug: step\n"));
	cr_expect_not(strstr(text, "caller"));
}

Test(log, without_a_file_and_debug_goes_nowhere)
{
	open_log(NULL, false, CONTAINER_LOG_INFO);
	cr_expect_eq(log_descriptor(), -1);
	cr_expect_not(log_wants(CONTAINER_LOG_WARNING));
}

Test(log, says_which_file_cannot_be_opened)
{
	cr_expect_eq(container_log_open("/nonexistent/log", false, CONTAINER_LOG_ERROR, &err),
		     -ENOENT);
	cr_expect_str_eq(err.text, "log file /nonexistent/log: No such file or directory");
}

/* The daemons' sockets are the test's own, in a /dev and a /run that nobody else sees. */
static int listen_at(const char *directory, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval wait = {.tv_sec = 5};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (geteuid() != 0)
		cr_skip("needs root");
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("tmpfs", directory, "tmpfs", 0, NULL), 0);
	mkdir("/run/systemd", 0755);
	mkdir("/run/systemd/journal", 0755);
	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
	return fd;
}

static const char *receive(int fd)
{
	static char text[64 * 1024];
	ssize_t got = recv(fd, text, sizeof text - 1, 0);

	cr_assert_geq(got, 0);
	text[got] = '\0';
	return text;
}

Test(log, to_journald)
{
	int fd = listen_at("/run", "/run/systemd/journal/socket");

	open_log("journald:web", true, CONTAINER_LOG_DEBUG);
	cr_expect_eq(fcntl(log_descriptor(), F_GETFD), FD_CLOEXEC);
	container_log(CONTAINER_LOG_ERROR, "no \"%s\"\nMESSAGE=two", "x");
	cr_expect_str_eq(receive(fd), "PRIORITY=3\nSYSLOG_IDENTIFIER=web\n"
				      "MESSAGE=no \"x\"\\x0aMESSAGE=two\n");
	log_debug("step");
	cr_expect_str_eq(receive(fd), "PRIORITY=7\nSYSLOG_IDENTIFIER=web\nMESSAGE=step\n");
	open_log("journald:", false, CONTAINER_LOG_WARNING);
	log_warning("w");
	cr_expect_str_eq(receive(fd), "PRIORITY=4\nSYSLOG_IDENTIFIER=kist\nMESSAGE=w\n");
}

Test(log, to_syslog)
{
	int fd = listen_at("/dev", "/dev/log");
	char end[64];
	const char *text;
	struct tm time;

	open_log("syslog:web", false, CONTAINER_LOG_INFO);
	container_log(CONTAINER_LOG_INFO, "hello\n");
	text = receive(fd);
	snprintf(end, sizeof end, " web[%d]: hello\\x0a", getpid());
	cr_expect_eq(strncmp(text, "<14>", 4), 0, "%s", text);
	cr_expect_str_eq(strptime(text + 4, "%b %e %T", &time), end);
}

/* What the queue does not take is lost, after a moment. */
Test(log, to_a_daemon_that_reads_nothing, .timeout = 60)
{
	int sent = 0;

	listen_at("/dev", "/dev/log");
	open_log("syslog:", false, CONTAINER_LOG_WARNING);
	while (send(log_descriptor(), "x", 1, MSG_DONTWAIT) == 1)
		sent++;
	cr_expect_eq(errno, EAGAIN);
	cr_expect_gt(sent, 0);
	log_warning("lost");
}

Test(log, without_a_daemon)
{
	listen_at("/dev", "/dev/other");
	open_log(file, false, CONTAINER_LOG_WARNING);
	cr_expect_eq(container_log_open("syslog:x", false, CONTAINER_LOG_ERROR, &err), -ENOENT);
	cr_expect_str_eq(err.text, "log socket /dev/log: No such file or directory");
	cr_assert_eq(mount("tmpfs", "/run", "tmpfs", 0, NULL), 0);
	cr_expect_eq(container_log_open("journald:x", false, CONTAINER_LOG_ERROR, &err), -ENOENT);
	cr_expect_str_eq(err.text,
			 "log socket /run/systemd/journal/socket: No such file or directory");
	log_warning("still here");
	cr_expect(strstr(read_log(), "warning: still here\n"));
}

Test(log, names_that_would_break_a_message)
{
	cr_expect_eq(container_log_open("journald:a\nMESSAGE=b", false, CONTAINER_LOG_ERROR, &err),
		     -EINVAL);
	cr_expect_eq(container_log_open("syslog:a b", false, CONTAINER_LOG_ERROR, &err), -EINVAL);
	cr_expect_str_eq(err.text, "log name a b: has a space or a control character");
	cr_expect_eq(container_log_open("syslog:"
					"0123456789012345678901234567890123456789012345678901234567"
					"890123",
					false, CONTAINER_LOG_ERROR, &err),
		     -ENAMETOOLONG);
}

Test(log, to_a_file_by_prefix)
{
	char named[64];

	snprintf(named, sizeof named, "file:%s", file);
	open_log(named, true, CONTAINER_LOG_WARNING);
	log_warning("there");
	cr_expect(strstr(read_log(), "{\"level\":\"warning\",\"msg\":\"there\","));
}
