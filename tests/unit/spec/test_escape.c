/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "spec/escape.h"

static const struct {
	const char *text, *shown, *json;
} cases[] = {
	{"", "", ""},
	{"plain text", "plain text", "plain text"},
	{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb3",
	 "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb3",
	 "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb3"},
	{"a\nb\tc", "a\\x0ab\\x09c", "a\\u000ab\\u0009c"},
	{"\x1b[31m\x7f", "\\x1b[31m\\x7f", "\\u001b[31m\\u007f"},
	{"C1: \xc2\x9bm, not: \xc2\xa0", "C1: \\xc2\\x9bm, not: \xc2\xa0",
	 "C1: \\u009bm, not: \xc2\xa0"},
	{"say \"hi\" \\o/", "say \"hi\" \\o/", "say \\\"hi\\\" \\\\o/"},
	{"lone \x80 and \xff", "lone \\x80 and \\xff", "lone \\ufffd and \\ufffd"},
	{"cut \xe2\x82", "cut \\xe2\\x82", "cut \\ufffd\\ufffd"},
	{"overlong \xc0\xaf", "overlong \\xc0\\xaf", "overlong \\ufffd\\ufffd"},
	{"surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80", "surrogate \\ufffd\\ufffd\\ufffd"},
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
};

Test(escape, replaces_what_is_not_safe_to_show)
{
	char buffer[256];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t length = escape(buffer, sizeof buffer, cases[i].text, ESCAPE_TEXT);

		cr_expect_str_eq(buffer, cases[i].shown);
		cr_expect_eq(length, strlen(cases[i].shown));
		length = escape(buffer, sizeof buffer, cases[i].text, ESCAPE_JSON);
		cr_expect_str_eq(buffer, cases[i].json);
		cr_expect_eq(length, strlen(cases[i].json));
	}
}

Test(escape, no_byte_becomes_longer_than_the_factor)
{
	char text[2] = "", buffer[ESCAPE_FACTOR + 1];

	for (int byte = 1; byte < 256; byte++) {
		text[0] = (char)byte;
		cr_expect_neq(escape(buffer, sizeof buffer, text, ESCAPE_TEXT), 0);
		cr_expect_neq(escape(buffer, sizeof buffer, text, ESCAPE_JSON), 0);
	}
}

Test(escape, cuts_after_a_whole_character)
{
	char buffer[8];

	cr_expect_eq(escape(buffer, 4, "ab\xe2\x82\xac", ESCAPE_TEXT), 2);
	cr_expect_str_eq(buffer, "ab");
	cr_expect_eq(escape(buffer, 6, "ab\xe2\x82\xac", ESCAPE_TEXT), 5);
	cr_expect_eq(escape(buffer, 7, "a\n", ESCAPE_JSON), 1);
	cr_expect_eq(escape(buffer, 8, "a\n", ESCAPE_JSON), 7);
	cr_expect_eq(escape(buffer, 1, "a", ESCAPE_TEXT), 0);
}

Test(escape, shows_as_much_as_a_message_can_take)
{
	char text[1000], expected[1000];

	cr_expect_str_eq(show("").text, "");
	cr_expect_str_eq(show("a\n\xff").text, "a\\x0a\\xff");
	for (size_t length = SHOWN_MAX; length < SHOWN_MAX + 3; length++) {
		memset(text, 'x', length);
		text[length] = '\0';
		snprintf(expected, sizeof expected, "%.*s%s", SHOWN_MAX, text,
			 length > SHOWN_MAX ? "..." : "");
		cr_expect_str_eq(show(text).text, expected);
	}
	/* A character is never cut in two. */
	snprintf(text, sizeof text, "%0*d\xe2\x82\xac", SHOWN_MAX - 1, 0);
	snprintf(expected, sizeof expected, "%0*d...", SHOWN_MAX - 1, 0);
	cr_expect_str_eq(show(text).text, expected);
}

/* The longest text that is not cut, of bytes that become longest. */
Test(escape, shows_a_text_that_grows)
{
	char text[SHOWN_MAX + 1] = "";

	memset(text, 0x01, SHOWN_MAX);
	cr_expect_eq(strlen(show(text).text), 4 * SHOWN_MAX);
}
