/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct error err;

/* A text that fills err.text but for `room` bytes, the NUL not counted. */
static void fill(size_t room)
{
	char text[sizeof err.text];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1 - room] = '\0';
	error_set(&err, EIO, "%s", text);
}

Test(error, set_formats_and_returns_the_negative_code)
{
	cr_expect_eq(error_set(&err, ENOENT, "container \"%s\" does not exist", "web"), -ENOENT);
	cr_expect_eq(err.code, ENOENT);
	cr_expect_str_eq(err.text, "container \"web\" does not exist");
}

Test(error, set_forgets_the_error_before)
{
	error_set(&err, EIO, "a long text that came first");
	cr_expect_eq(error_set(&err, EINVAL, "short"), -EINVAL);
	cr_expect_str_eq(err.text, "short");
}

Test(error, errno_is_described_in_english)
{
	errno = EPERM;
	cr_expect_eq(error_errno(&err, "mount %s", "/proc"), -EPERM);
	cr_expect_eq(err.code, EPERM);
	cr_expect_str_eq(err.text, "mount /proc: Operation not permitted");
}

Test(error, unknown_codes_have_a_text_too)
{
	cr_expect_str_eq(error_describe(ENOENT), "No such file or directory");
	cr_expect_str_eq(error_describe(0), "Success");
	cr_expect_str_eq(error_describe(12345), "unknown error");
	cr_expect_str_eq(error_describe(-1), "unknown error");
}

Test(error, each_level_puts_its_context_in_front)
{
	errno = EPERM;
	error_errno(&err, "fsmount");
	cr_expect_eq(error_wrap(&err, "%s", "/proc"), -EPERM);
	cr_expect_eq(error_wrap(&err, "mounts[%d]", 3), -EPERM);
	cr_expect_eq(error_wrap(&err, "create web"), -EPERM);
	cr_expect_str_eq(err.text,
			 "create web: mounts[3]: /proc: fsmount: Operation not permitted");
	cr_expect_eq(err.code, EPERM);
}

Test(error, an_empty_context_and_an_empty_text)
{
	error_set(&err, EIO, "%s", "");
	error_wrap(&err, "a");
	cr_expect_str_eq(err.text, "a: ");
	error_wrap(&err, "%s", "");
	cr_expect_str_eq(err.text, ": a: ");
}

Test(error, texts_that_are_too_long_are_cut_at_their_end)
{
	char text[4096];

	memset(text, 'y', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	cr_expect_eq(error_set(&err, EIO, "%s", text), -EIO);
	cr_expect_eq(strlen(err.text), sizeof err.text - 1);
	errno = EPERM;
	cr_expect_eq(error_errno(&err, "%s", text), -EPERM);
	cr_expect(strlen(err.text) < sizeof err.text - 1);
}

/* As often as there are levels, none of which knows how long the others are. */
Test(error, the_reason_is_there_in_any_context)
{
	char context[2048];

	for (size_t size = 1; size < sizeof context; size += 13) {
		memset(context, 'c', size - 1);
		context[size - 1] = '\0';
		error_set(&err, EIO, "reason");
		for (int level = 0; level < 5; level++) {
			cr_expect_eq(error_wrap(&err, "%s", context), -EIO);
			cr_expect_lt(strlen(err.text), sizeof err.text);
			cr_expect_str_eq(err.text + strlen(err.text) - 6, "reason");
		}
	}
}

/* Which is what matters, however long a path is; and no character is torn. */
Test(error, the_reason_is_there)
{
	char path[4096] = "";

	for (size_t i = 0; i < sizeof path / 4; i++)
		strcat(path, "\xc3\xa4x");
	errno = EPERM;
	error_errno(&err, "%s: mkdir", path);
	cr_expect_eq(error_wrap(&err, "%s", "a context that is short"), -EPERM);
	cr_expect(strstr(err.text, "...: Operation not permitted"), "%s", err.text);
	errno = EPERM;
	error_errno(&err, "mkdir");
	error_wrap(&err, "%s", path);
	cr_expect(strstr(err.text, "...: mkdir: Operation not permitted"), "%s", err.text);
	cr_expect(strstr(err.text, "\xa4...") || strstr(err.text, "x..."), "%s", err.text);
}

Test(error, wrapping_cuts_what_no_longer_fits)
{
	for (size_t room = 0; room < 12; room++) {
		fill(room);
		cr_expect_eq(error_wrap(&err, "context"), -EIO);
		cr_expect_eq(strncmp(err.text, room < 9 ? "context: ...x" : "context: xxx", 12), 0);
		cr_expect_eq(strlen(err.text),
			     room < 9 ? sizeof err.text - 1 : sizeof err.text - 1 - (room - 9));
	}
}

Test(error, wrapping_in_a_context_as_long_as_the_text)
{
	char context[2 * sizeof err.text];

	for (size_t size = sizeof err.text - 8; size < sizeof context; size++) {
		memset(context, 'c', size - 1);
		context[size - 1] = '\0';
		error_set(&err, EIO, "reason");
		cr_expect_eq(error_wrap(&err, "%s", context), -EIO);
		cr_expect_leq(strlen(err.text), sizeof err.text - 1);
		cr_expect_eq(err.text[0], 'c');
		context[size - 1] = 'c';
	}
}
