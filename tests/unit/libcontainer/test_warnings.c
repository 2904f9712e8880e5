/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/warnings.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spec/cleanup.h"

static struct arena arena;
static struct warnings warnings;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(warnings, .fini = finish);

static void add_three(void)
{
	warnings_add(&warnings, &arena, CONTAINER_LOG_WARNING, "first: %d", 1);
	warnings_add(&warnings, &arena, CONTAINER_LOG_DEBUG, "%s", "100 % second");
	warnings_add(&warnings, &arena, CONTAINER_LOG_WARNING, "third");
}

Test(warnings, keep_their_order)
{
	const struct warning *warning;

	cr_expect_null(warnings.first);
	add_three();
	warning = warnings.first;
	cr_expect_str_eq(warning->text, "first: 1");
	cr_expect_str_eq(warning->next->text, "100 % second");
	cr_expect_eq(warning->next->level, CONTAINER_LOG_DEBUG);
	cr_expect_str_eq(warnings.last->text, "third");
	cr_expect_eq(warning->next->next, warnings.last);
	cr_expect_null(warnings.last->next);
}

/* What the log holds, without the time in front of each line. */
static void expect_logged(enum container_log_level level, const char *expected)
{
	char name[] = "/tmp/kist-warnings-XXXXXX", text[1024] = "";
	_close_ int file = mkstemp(name);
	struct error err;

	cr_assert_geq(file, 0);
	cr_assert_eq(container_log_open(name, true, level, &err), 0, "%s", err.text);
	unlink(name);
	warnings_log(&warnings);
	cr_assert_geq(read(file, text, sizeof text - 1), 0);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		const char *end = strstr(line, ",\"time\"");

		cr_assert(end);
		cr_expect_eq(strncmp(line, expected, (size_t)(end - line)), 0, "%s", line);
		expected += end - line;
	}
	cr_expect_str_empty(expected);
}

Test(warnings, are_logged_at_their_level)
{
	expect_logged(CONTAINER_LOG_DEBUG, "");
	add_three();
	expect_logged(CONTAINER_LOG_WARNING, "{\"level\":\"warning\",\"msg\":\"first: 1\""
					     "{\"level\":\"warning\",\"msg\":\"third\"");
	expect_logged(CONTAINER_LOG_DEBUG, "{\"level\":\"warning\",\"msg\":\"first: 1\""
					   "{\"level\":\"debug\",\"msg\":\"100 % second\""
					   "{\"level\":\"warning\",\"msg\":\"third\"");
}
