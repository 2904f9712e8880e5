/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Integers that jansson does not hold, and what must not be taken for one.
 */
#include "spec/json.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

/* In front of what is tested: every document with such a number is read a second time. */
#define LARGE "18446744073709551615"

static struct arena arena;
static json_error_t error;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(json, .fini = finish);

static json_t *read_text(const char *text)
{
	return json_parse(text, strlen(text), &arena, &error);
}

static void expect_integer(const char *literal, bool expected_negative, uint64_t expected)
{
	json_t *json = read_text(arena_printf(&arena, "[%s]", literal));
	bool negative = false;
	uint64_t bits = 0;

	cr_assert_not_null(json, "%s: %s", literal, error.text);
	cr_expect(json_exact(json_array_get(json, 0), &negative, &bits), "%s", literal);
	cr_expect_eq(negative, expected_negative, "%s", literal);
	cr_expect_eq(bits, expected, "%s: %" PRIu64, literal, bits);
	cr_expect_null(json_text(json_array_get(json, 0)), "%s", literal);
	cr_expect_str_eq(json_type_name(json_array_get(json, 0)), "a number");
	json_decref(json);
}

Test(json, every_integer_of_64_bits_is_exact)
{
	expect_integer("0", false, 0);
	expect_integer("-0", false, 0);
	expect_integer("-1", true, UINT64_MAX);
	expect_integer("-9223372036854775808", true, (uint64_t)INT64_MAX + 1);
	expect_integer("9223372036854775807", false, INT64_MAX);
	expect_integer("9223372036854775808", false, (uint64_t)INT64_MAX + 1);
	expect_integer("18446744073709551615", false, UINT64_MAX);
	for (uint64_t bit = 1ULL << 62; bit; bit >>= 1) {
		const uint64_t value = (1ULL << 63) | bit;

		expect_integer(arena_printf(&arena, "%" PRIu64, value), false, value);
		expect_integer(arena_printf(&arena, "%" PRIu64, ~bit), false, ~bit);
	}
}

static const char *const strings[] = {
	"18446744073709551615",
	"\\u007f0000000000000007",
	"\\u007fffffffffffffffff",
	"\x7f"
	"0000000000000007",
	"\\u0001###########",
	"###########",
	"\\\\u0000###########",
	"",
};

Test(json, a_string_is_never_an_integer)
{
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
		json_t *json = read_text(arena_printf(&arena, "[" LARGE ",\"%s\"]", strings[i]));
		const json_t *string = json_array_get(json, 1);
		bool negative;
		uint64_t bits;

		cr_assert_not_null(json, "%s: %s", strings[i], error.text);
		cr_expect_not(json_exact(string, &negative, &bits), "%s", strings[i]);
		cr_expect_not_null(json_text(string), "%s", strings[i]);
		cr_expect_str_eq(json_type_name(string), "a string", "%s", strings[i]);
		json_decref(json);
	}
	cr_expect_null(json_text(NULL));
}

static const struct {
	const char *text, *error;
	int column;
} refused[] = {
	/* No NUL, also where jansson was told to take one, nor where nobody looks. */
	{"[" LARGE ",\"\\u0000###########\"]", "control character 0x0 near '\"'", 23},
	{"[" LARGE ",\"a\\\\\\u0000\"]", "control character 0x0", 26},
	{"[" LARGE ",{\"\\u0000\":1}]", "control character 0x0", 24},
	{"[\"\\u0000\"," LARGE "]", "\\u0000 is not allowed", 9},
	/* No number is a name. */
	{"{" LARGE ":1}", "NUL byte in object key not supported", 20},
	/* What was no literal before does not become one. */
	{"[" LARGE ",0" LARGE "]", "invalid token", 23},
	{"[" LARGE ",0018446744073709551615]", "invalid token", 23},
	{"[" LARGE ",-" LARGE "]", "too big negative integer", 43},
	{"[" LARGE ",+" LARGE "]", "invalid token", 23},
	{"[" LARGE ",." LARGE "]", "invalid token", 23},
	{"[" LARGE "." LARGE ".]", "']' expected near '.'", 43},
	{"[" LARGE "," LARGE "0]", "too big integer", 43},
	{"[" LARGE "," LARGE "x]", "']' expected", 43},
	{"[" LARGE "," LARGE " x]", "']' expected", 44},
	{"[1 " LARGE "]", "']' expected", 22},
	{"[" LARGE "\"a\"]", "']' expected", 24},
	{"[" LARGE, "']' expected", 21},
	{"[" LARGE ",\"", "premature end of input", 23},
	{"[" LARGE ",\"\\", "invalid escape", 24},
	{"[" LARGE ",\"\\u0000", "control character", 23},
	{"[" LARGE "]]", "end of file expected", 23},
	{"[" LARGE ",{\"a\":1,\"a\":2}]", "duplicate object key", 32},
};

Test(json, the_second_reading_is_as_strict_as_the_first)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		cr_expect_null(read_text(refused[i].text), "%s", refused[i].text);
		cr_expect_not_null(strstr(error.text, refused[i].error), "%s\n%s", refused[i].text,
				   error.text);
		cr_expect_null(strstr(error.text, "\"\\u0000UY5"), "%s", error.text);
		cr_expect_eq(error.column, refused[i].column, "%s: %d: %s", refused[i].text,
			     error.column, error.text);
	}
}

Test(json, needs_no_nul_at_the_end)
{
	static const char text[] = "[" LARGE ",1]9";
	json_t *json = json_parse(text, sizeof text - 2, &arena, &error);

	cr_expect_not_null(json, "%s", error.text);
	json_decref(json);
}
