/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
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
