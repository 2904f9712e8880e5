/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of small numbers.
 */
#include "spec/bitmap.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	const char *numbers; /* all that are in it */
} lists[] = {
	{"0", "0"},
	{"7", "7"},
	{"0-3,7", "0 1 2 3 7"},
	{"5-5", "5"},
	{"3,1,2", "1 2 3"},
	{"1,1,0-1", "0 1"},
	{"63-64", "63 64"},
	{"0007", "7"},
	{"8191", "8191"},
	{"8190-8191,0", "0 8190 8191"},
};

static void expect_numbers(const char *text, const struct bitmap *bitmap, const char *numbers)
{
	for (unsigned number = 0; number < BITMAP_BITS; number++) {
		char *end;
		bool next = *numbers && strtoul(numbers, &end, 10) == number;

		cr_expect_eq(bitmap_has(bitmap, number), next, "%s: %u", text, number);
		if (next)
			numbers = end;
	}
	cr_expect_str_eq(numbers, "", "%s", text);
}

Test(bitmap, lists)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct bitmap bitmap = {0};
		struct error err = {0};

		cr_assert_eq(bitmap_parse_list(lists[i].text, &bitmap, &err), 0, "%s", err.text);
		expect_numbers(lists[i].text, &bitmap, lists[i].numbers);
	}
}

Test(bitmap, a_list_adds_to_what_is_there)
{
	struct bitmap bitmap = {{1UL << 4}};
	struct error err;

	cr_assert_eq(bitmap_parse_list("1", &bitmap, &err), 0);
	expect_numbers("1", &bitmap, "1 4");
}

static const struct {
	const char *text;
	const char *error;
} mistakes[] = {
	{"", "\"\" is not a list such as 0-3,7"},
	{"-", "\"-\" is not a list such as 0-3,7"},
	{"-1", "\"-1\" is not a list such as 0-3,7"},
	{"1-", "\"1-\" is not a list such as 0-3,7"},
	{"1,", "\"1,\" is not a list such as 0-3,7"},
	{",1", "\",1\" is not a list such as 0-3,7"},
	{"1,,2", "\"1,,2\" is not a list such as 0-3,7"},
	{"1-2-3", "\"1-2-3\" is not a list such as 0-3,7"},
	{"1 2", "\"1 2\" is not a list such as 0-3,7"},
	{" 1", "\" 1\" is not a list such as 0-3,7"},
	{"1\n", "\"1\\x0a\" is not a list such as 0-3,7"},
	{"0x1", "\"0x1\" is not a list such as 0-3,7"},
	{"a", "\"a\" is not a list such as 0-3,7"},
	{"3-1", "\"3-1\" has a range that ends before it begins"},
	{"8192", "\"8192\" goes beyond 8191"},
	{"0-8192", "\"0-8192\" goes beyond 8191"},
	{"9000-3", "\"9000-3\" goes beyond 8191"},
	/* 2^32 and 2^64 */
	{"4294967296", "\"4294967296\" goes beyond 8191"},
	{"0-18446744073709551616", "\"0-18446744073709551616\" goes beyond 8191"},
};

Test(bitmap, what_is_no_list)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct bitmap bitmap = {0};
		struct error err = {0};

		cr_expect_eq(bitmap_parse_list(mistakes[i].text, &bitmap, &err), -EINVAL, "%s",
			     mistakes[i].text);
		cr_expect_str_eq(err.text, mistakes[i].error);
	}
}
