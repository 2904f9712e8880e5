/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine, on a structure that has a member of every type.
 */
#include "spec/schema.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "spec/schema_fields.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct part {
	const char *name;
	uint32_t size;
};

struct parts {
	size_t count;
	const struct part *at;
};

struct numbers {
	size_t count;
	const uint32_t *at;
};

struct values {
	size_t count;
	const uint64_t *at;
};

struct whole {
	bool yes;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int32_t i32;
	int64_t i64;
	uint32_t ranged;
	const bool *perhaps;
	const uint16_t *pu16;
	const uint32_t *pu32;
	const uint64_t *pu64;
	const int32_t *pi32;
	const int64_t *pi64;
	const char *string;
	const char *path;
	const char *full;
	struct strings strings;
	struct strings paths;
	struct strings env;
	struct strings some;
	struct pairs pairs;
	struct numbers numbers;
	struct part embedded;
	const struct part *object;
	struct parts list;
	struct parts map;
	uint64_t word;
	const uint64_t *perhaps_word;
	uint64_t mask;
	struct values words;
	bool always;
};

static const struct word colour_table[] = {{"red", 1}, {"green", 2}, {"blue", 4}};
static const struct words colours = {"colour", colour_table, COUNT(colour_table)};

/* clang-format off */
static const struct field part_fields[] = {
	FIELD(struct part, name, OPTIONAL),
	FIELD(struct part, size, REQUIRED),
};
static const struct schema part_schema = SCHEMA(struct part, part_fields);

/* The key of a map is the structure's first member, so it is no property. */
static const struct field keyed_part_fields[] = {FIELD(struct part, size, REQUIRED)};
static const struct schema keyed_part_schema = SCHEMA(struct part, keyed_part_fields);

static const struct field embedded_fields[] = {FIELD(struct part, name, OPTIONAL)};
static const struct schema embedded_schema = SCHEMA(struct part, embedded_fields);

static const struct field whole_fields[] = {
	FIELD(struct whole, yes, OPTIONAL),
	FIELD(struct whole, u16, OPTIONAL),
	FIELD(struct whole, u32, OPTIONAL),
	FIELD(struct whole, u64, OPTIONAL),
	FIELD(struct whole, i32, OPTIONAL),
	FIELD(struct whole, i64, OPTIONAL),
	RANGE(struct whole, ranged, OPTIONAL, 3, 7),
	FIELD(struct whole, perhaps, OPTIONAL),
	FIELD(struct whole, pu16, OPTIONAL),
	FIELD(struct whole, pu32, OPTIONAL),
	FIELD(struct whole, pu64, OPTIONAL),
	FIELD(struct whole, pi32, OPTIONAL),
	FIELD(struct whole, pi64, OPTIONAL),
	FIELD(struct whole, string, OPTIONAL),
	FIELD(struct whole, path, ABSOLUTE),
	FIELD(struct whole, full, NONEMPTY),
	FIELD(struct whole, strings, OPTIONAL),
	FIELD(struct whole, paths, ABSOLUTE),
	FIELD(struct whole, env, ENVIRONMENT),
	FIELD(struct whole, some, NONEMPTY),
	FIELD(struct whole, pairs, OPTIONAL),
	NUMBERS(struct whole, numbers, OPTIONAL, 9),
	EMBEDDED(struct whole, embedded, embedded_schema, OPTIONAL),
	OBJECT(struct whole, object, part_schema, OPTIONAL),
	LIST(struct whole, list, part_schema, OPTIONAL),
	MAP(struct whole, map, keyed_part_schema, OPTIONAL),
	WORD(struct whole, word, colours, OPTIONAL),
	WORD_OPTIONAL(struct whole, perhaps_word, colours, OPTIONAL),
	WORD_MASK(struct whole, mask, colours, OPTIONAL),
	WORD_LIST(struct whole, words, colours, OPTIONAL),
	FIELD(struct whole, always, ALWAYS),
};
static const struct schema whole_schema = SCHEMA(struct whole, whole_fields);
/* clang-format on */

static struct arena arena;
static struct error err;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(schema, .fini = finish);

static struct whole *parse_bytes(const char *text, size_t size)
{
	struct whole *whole = arena_alloc(&arena, sizeof *whole);

	err = (struct error){0};
	return schema_parse(&whole_schema, "a.json", text, size, &arena, whole, &err) < 0 ? NULL
											  : whole;
}

static struct whole *parse(const char *text)
{
	struct whole *whole = parse_bytes(text, strlen(text));

	cr_assert_not_null(whole, "%s\n%s", err.text, text);
	return whole;
}

static const char *refuse_bytes(const char *text, size_t size)
{
	cr_expect_null(parse_bytes(text, size), "%s", text);
	return err.text;
}

static const char *refuse(const char *text)
{
	return refuse_bytes(text, strlen(text));
}

/*
 * Reading
 */

Test(schema, reads_every_type)
{
	const struct whole *whole =
		parse("{\"yes\":true,\"u16\":65535,\"u32\":4294967295,"
		      "\"u64\":9223372036854775807,\"i32\":-2147483648,"
		      "\"i64\":-9223372036854775808,\"ranged\":5,\"perhaps\":false,\"pu16\":0,"
		      "\"pu32\":1,\"pu64\":2,\"pi32\":-3,\"pi64\":-4,\"string\":\"text\","
		      "\"path\":\"/p\",\"full\":\"f\",\"strings\":[\"a\",\"\",\"b\"],"
		      "\"paths\":[\"/a\"],\"env\":[\"A=b\",\"C=\"],\"some\":[\"\"],"
		      "\"pairs\":{\"k\":\"v\",\"\":\"\"},\"numbers\":[9,0],"
		      "\"embedded\":{\"name\":\"e\"},\"object\":{\"size\":6},"
		      "\"list\":[{\"size\":7},{\"size\":8,\"name\":\"n\"}],"
		      "\"map\":{\"x\":{\"size\":1},\"y\":{\"size\":2}},\"word\":\"green\","
		      "\"perhaps_word\":\"red\",\"mask\":[\"red\",\"blue\",\"red\"],"
		      "\"words\":[\"blue\",\"red\"]}");

	cr_expect(whole->yes);
	cr_expect_eq(whole->u16, UINT16_MAX);
	cr_expect_eq(whole->u32, UINT32_MAX);
	cr_expect_eq(whole->u64, INT64_MAX);
	cr_expect_eq(whole->i32, INT32_MIN);
	cr_expect_eq(whole->i64, INT64_MIN);
	cr_expect_eq(whole->ranged, 5);
	cr_assert_not_null(whole->perhaps);
	cr_expect_not(*whole->perhaps);
	cr_expect_eq(*whole->pu16, 0);
	cr_expect_eq(*whole->pu32, 1);
	cr_expect_eq(*whole->pu64, 2);
	cr_expect_eq(*whole->pi32, -3);
	cr_expect_eq(*whole->pi64, -4);
	cr_expect_str_eq(whole->string, "text");
	cr_expect_str_eq(whole->path, "/p");
	cr_expect_str_eq(whole->full, "f");
	cr_assert_eq(whole->strings.count, 3);
	cr_expect_str_eq(whole->strings.at[0], "a");
	cr_expect_str_eq(whole->strings.at[1], "");
	cr_expect_str_eq(whole->strings.at[2], "b");
	cr_expect_str_eq(whole->paths.at[0], "/a");
	cr_expect_str_eq(whole->env.at[1], "C=");
	cr_expect_eq(whole->some.count, 1);
	cr_assert_eq(whole->pairs.count, 2);
	cr_expect_str_eq(whole->pairs.at[0].name, "k");
	cr_expect_str_eq(whole->pairs.at[0].value, "v");
	cr_assert_eq(whole->numbers.count, 2);
	cr_expect_eq(whole->numbers.at[0], 9);
	cr_expect_str_eq(whole->embedded.name, "e");
	cr_assert_not_null(whole->object);
	cr_expect_eq(whole->object->size, 6);
	cr_expect_null(whole->object->name);
	cr_assert_eq(whole->list.count, 2);
	cr_expect_eq(whole->list.at[1].size, 8);
	cr_expect_str_eq(whole->list.at[1].name, "n");
	cr_assert_eq(whole->map.count, 2);
	cr_expect_str_eq(whole->map.at[0].name, "x");
	cr_expect_str_eq(whole->map.at[1].name, "y");
	cr_expect_eq(whole->map.at[1].size, 2);
	cr_expect_eq(whole->word, 2);
	cr_expect_eq(*whole->perhaps_word, 1);
	cr_expect_eq(whole->mask, 5);
	cr_assert_eq(whole->words.count, 2);
	cr_expect_eq(whole->words.at[0], 4);
	cr_expect_eq(whole->words.at[1], 1);
}

static void expect_nothing(const struct whole *whole)
{
	static const struct whole nothing;

	cr_expect_eq(memcmp(whole, &nothing, sizeof nothing), 0);
}

Test(schema, what_is_absent_is_zero)
{
	expect_nothing(parse("{}"));
}

Test(schema, null_is_the_same_as_absent)
{
	char text[64];

	for (size_t i = 0; i < COUNT(whole_fields); i++) {
		snprintf(text, sizeof text, "{\"%s\":null}", whole_fields[i].name);
		expect_nothing(parse(text));
	}
	cr_expect_str_eq(refuse("{\"object\":{\"size\":null}}"),
			 "a.json: object.size: required property is missing");
}

Test(schema, empty_lists_and_maps)
{
	const struct whole *whole = parse("{\"strings\":[],\"pairs\":{},\"numbers\":[],\"list\":[],"
					  "\"map\":{},\"mask\":[],\"words\":[]}");

	cr_expect_eq(whole->strings.count + whole->pairs.count + whole->numbers.count +
			     whole->list.count + whole->map.count + whole->words.count,
		     0);
	cr_expect_eq(whole->mask, 0);
}

/* config.md, Extensibility */
Test(schema, unknown_properties_are_ignored)
{
	const struct whole *whole =
		parse("{\"com.example\":{\"deep\":[[[1.5e300,null]]]},\"u32\":1,"
		      "\"\":0,\"object\":{\"size\":1,\"new\":true}}");

	cr_expect_eq(whole->u32, 1);
	cr_expect_eq(whole->object->size, 1);
}

Test(schema, owns_what_it_returns)
{
	char text[] = "{\"string\":\"text\",\"pairs\":{\"a\":\"b\"}}";
	const struct whole *whole = parse(text);

	memset(text, 'x', sizeof text - 1);
	cr_expect_str_eq(whole->string, "text");
	cr_expect_str_eq(whole->pairs.at[0].name, "a");
}

Test(schema, needs_no_nul_at_the_end)
{
	char *text = malloc(9);

	memcpy(text, "{\"u16\":7}", 9);
	cr_expect_eq(parse_bytes(text, 9)->u16, 7);
	free(text);
}

Test(schema, whitespace_and_escapes)
{
	const struct whole *whole =
		parse("\r\n\t {\"string\" : \"\\u00e4\\n\\t\\\"\\\\\\/\\ud83d\\udc33\" }\n\n ");

	cr_expect_str_eq(whole->string, "\xc3\xa4\n\t\"\\/\xf0\x9f\x90\xb3");
}

/*
 * Integers
 */

Test(schema, integers_up_to_the_largest)
{
	static const struct {
		const char *text;
		uint64_t value;
	} cases[] = {
		{"{\"u64\":0}", 0},
		{"{\"u64\":9223372036854775807}", INT64_MAX},
		{"{\"u64\":9223372036854775808}", (uint64_t)INT64_MAX + 1},
		{"{\"u64\":9999999999999999999}", 9999999999999999999u},
		{"{\"u64\":10000000000000000000}", 10000000000000000000u},
		{"{\"u64\":18446744073709551615}", UINT64_MAX},
		{"{\"u64\": 18446744073709551615 ,\"string\":\"18446744073709551615\"}",
		 UINT64_MAX},
		{"{\"x\":18446744073709551615,\"u64\":18446744073709551614}", UINT64_MAX - 1},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect_eq(parse(cases[i].text)->u64, cases[i].value, "%s", cases[i].text);
	cr_expect_eq(*parse("{\"pu64\":18446744073709551615}")->pu64, UINT64_MAX);
	/* RFC 8259, section 6, has a minus before any integer, and this one is 0 exactly. */
	cr_expect_eq(parse("{\"u64\":-0}")->u64, 0);
	cr_expect_eq(parse("{\"i64\":-0}")->i64, 0);
}

/* The second reading of a document with such a number must not change anything else in it. */
Test(schema, large_integers_leave_the_rest_alone)
{
	const struct whole *whole =
		parse("{\"u64\":18446744073709551615,\"string\":\"a 18446744073709551615 \\\" "
		      "18446744073709551615\",\"i64\":-9223372036854775808,\"list\":[{\"name\":"
		      "\"[18446744073709551615]\\\\\",\"size\":1}],\"ignored\":["
		      "-18446744073709551615.5,1.8446744073709551615e3,"
		      "18446744073709551615e1,1E-18446]}");

	cr_expect_eq(whole->u64, UINT64_MAX);
	cr_expect_str_eq(whole->string, "a 18446744073709551615 \" 18446744073709551615");
	cr_expect_eq(whole->i64, INT64_MIN);
	cr_expect_str_eq(whole->list.at[0].name, "[18446744073709551615]\\");
}

Test(schema, a_large_integer_keeps_the_columns)
{
	cr_expect_str_eq(refuse("{\"u64\":18446744073709551615,\n\"u32\" 1}"),
			 "a.json:2:7: ':' expected near '1'");
	cr_expect_str_eq(refuse("{\"u64\":18446744073709551615 \"u32\":1}"),
			 "a.json:1:33: '}' expected near '\"u32\"'");
}

static const struct {
	const char *text, *error;
} refused_integers[] = {
	{"{\"u16\":65536}", "a.json: u16: 65536 is out of range (0 to 65535)"},
	{"{\"u16\":-1}", "a.json: u16: -1 is out of range (0 to 65535)"},
	{"{\"pu16\":65536}", "a.json: pu16: 65536 is out of range (0 to 65535)"},
	{"{\"u32\":4294967296}", "a.json: u32: 4294967296 is out of range (0 to 4294967295)"},
	{"{\"pu32\":-1}", "a.json: pu32: -1 is out of range (0 to 4294967295)"},
	{"{\"u64\":-1}", "a.json: u64: -1 is out of range (0 to 18446744073709551615)"},
	{"{\"i32\":2147483648}",
	 "a.json: i32: 2147483648 is out of range (-2147483648 to 2147483647)"},
	{"{\"pi32\":-2147483649}",
	 "a.json: pi32: -2147483649 is out of range (-2147483648 to 2147483647)"},
	{"{\"i64\":9223372036854775808}", "a.json: i64: 9223372036854775808 is out of range "
					  "(-9223372036854775808 to 9223372036854775807)"},
	{"{\"i32\":18446744073709551615}", "a.json: i32: 18446744073709551615 is out of range "
					   "(-2147483648 to 2147483647)"},
	{"{\"ranged\":2}", "a.json: ranged: 2 is out of range (3 to 7)"},
	{"{\"ranged\":8}", "a.json: ranged: 8 is out of range (3 to 7)"},
	{"{\"ranged\":-5}", "a.json: ranged: -5 is out of range (3 to 7)"},
	{"{\"numbers\":[1,10]}", "a.json: numbers[1]: 10 is out of range (0 to 9)"},
	/* Beyond all 64 bit integers only the place in the text is known. */
	{"{\"u64\":18446744073709551616}",
	 "a.json:1:27: too big integer near '18446744073709551616'"},
	{"{\"i64\":-9223372036854775809}",
	 "a.json:1:27: too big negative integer near '-9223372036854775809'"},
	{"{\"u64\":100000000000000000000000000000}", "a.json:1:37: too big integer"},
	{"{\"u64\":1e999}", "a.json:1:12: real number overflow near '1e999'"},
	{"{\"u64\":1.0}",
	 "a.json: u64: expected an integer, not a number with a fraction or an exponent"},
	{"{\"u64\":1e3}",
	 "a.json: u64: expected an integer, not a number with a fraction or an exponent"},
	{"{\"u64\":-0.0}",
	 "a.json: u64: expected an integer, not a number with a fraction or an exponent"},
	{"{\"u32\":\"1\"}", "a.json: u32: expected an integer, not a string"},
	{"{\"u32\":true}", "a.json: u32: expected an integer, not a boolean"},
	{"{\"pu32\":[]}", "a.json: pu32: expected an integer, not an array"},
	{"{\"pi64\":{}}", "a.json: pi64: expected an integer, not an object"},
	{"{\"numbers\":[1,null]}", "a.json: numbers[1]: expected an integer, not null"},
	/* These are no JSON. */
	{"{\"u32\":01}", "a.json:1:8: invalid token near '0'"},
	{"{\"u32\":+1}", "a.json:1:8: invalid token near '+'"},
	{"{\"u32\":0x1}", "a.json:1:9: '}' expected near 'x'"},
	{"{\"u32\":NaN}", "a.json:1:10: invalid token near 'NaN'"},
	{"{\"u32\":.5}", "a.json:1:8: invalid token near '.'"},
	{"{\"u32\":1.}", "a.json:1:9: invalid token near '1.'"},
	{"{\"u32\":--1}", "a.json:1:8: invalid token near '-'"},
};

Test(schema, integers_are_exact_and_in_range)
{
	for (size_t i = 0; i < COUNT(refused_integers); i++) {
		const char *text = refuse(refused_integers[i].text);

		cr_expect_str_eq(text, refused_integers[i].error, "%s\n%s\n%s", text,
				 refused_integers[i].error, refused_integers[i].text);
		cr_expect_eq(err.code, EINVAL, "%s", text);
	}
}

/*
 * What is refused
 */

static const struct {
	const char *text, *error;
} refused_values[] = {
	{"{\"yes\":1}", "a.json: yes: expected true or false, not a number"},
	{"{\"yes\":\"true\"}", "a.json: yes: expected true or false, not a string"},
	{"{\"perhaps\":[]}", "a.json: perhaps: expected true or false, not an array"},
	{"{\"string\":1}", "a.json: string: expected a string, not a number"},
	{"{\"string\":false}", "a.json: string: expected a string, not a boolean"},
	{"{\"string\":{}}", "a.json: string: expected a string, not an object"},
	{"{\"string\":[\"a\"]}", "a.json: string: expected a string, not an array"},
	{"{\"string\":18446744073709551615}", "a.json: string: expected a string, not a number"},
	{"{\"word\":18446744073709551615}", "a.json: word: expected a string, not a number"},
	{"{\"strings\":[18446744073709551615]}",
	 "a.json: strings[0]: expected a string, not a number"},
	{"{\"pairs\":{\"a\":18446744073709551615}}",
	 "a.json: pairs.a: expected a string, not a number"},
	{"{\"list\":18446744073709551615}", "a.json: list: expected an array, not a number"},
	{"{\"u32\":\"\\u007f0000000000000007\"}", "a.json: u32: expected an integer, not a string"},
	{"{\"u64\":\"\x7f-000000000000007\"}", "a.json: u64: expected an integer, not a string"},
	{"{\"path\":\"p\"}", "a.json: path: \"p\" is not an absolute path"},
	{"{\"path\":\"\"}", "a.json: path: \"\" is not an absolute path"},
	{"{\"path\":\"./p\"}", "a.json: path: \"./p\" is not an absolute path"},
	{"{\"full\":\"\"}", "a.json: full: must not be empty"},
	{"{\"strings\":\"a\"}", "a.json: strings: expected an array, not a string"},
	{"{\"strings\":{}}", "a.json: strings: expected an array, not an object"},
	{"{\"strings\":[\"a\",1]}", "a.json: strings[1]: expected a string, not a number"},
	{"{\"strings\":[null]}", "a.json: strings[0]: expected a string, not null"},
	{"{\"paths\":[\"/a\",\"b\"]}", "a.json: paths[1]: \"b\" is not an absolute path"},
	{"{\"env\":[\"A\"]}", "a.json: env[0]: \"A\" is not of the form NAME=VALUE"},
	{"{\"env\":[\"A=\",\"=b\"]}", "a.json: env[1]: \"=b\" is not of the form NAME=VALUE"},
	{"{\"env\":[\"\"]}", "a.json: env[0]: \"\" is not of the form NAME=VALUE"},
	{"{\"some\":[]}", "a.json: some: must not be empty"},
	{"{\"pairs\":[]}", "a.json: pairs: expected an object, not an array"},
	{"{\"pairs\":{\"a.b\":1}}", "a.json: pairs.a.b: expected a string, not a number"},
	{"{\"pairs\":{\"a\":null}}", "a.json: pairs.a: expected a string, not null"},
	{"{\"numbers\":1}", "a.json: numbers: expected an array, not a number"},
	{"{\"embedded\":1}", "a.json: embedded: expected an object, not a number"},
	{"{\"object\":[]}", "a.json: object: expected an object, not an array"},
	{"{\"object\":{}}", "a.json: object.size: required property is missing"},
	{"{\"list\":{}}", "a.json: list: expected an array, not an object"},
	{"{\"list\":[{\"size\":1},{}]}", "a.json: list[1].size: required property is missing"},
	{"{\"list\":[{\"size\":1},[]]}", "a.json: list[1]: expected an object, not an array"},
	{"{\"list\":[null]}", "a.json: list[0]: expected an object, not null"},
	{"{\"map\":[]}", "a.json: map: expected an object, not an array"},
	{"{\"map\":{\"eth0\":{}}}", "a.json: map.eth0.size: required property is missing"},
	{"{\"map\":{\"eth0\":1}}", "a.json: map.eth0: expected an object, not a number"},
	{"{\"word\":1}", "a.json: word: expected a string, not a number"},
	{"{\"word\":\"gren\"}", "a.json: word: unknown colour \"gren\" (did you mean \"green\"?)"},
	{"{\"word\":\"yellow\"}", "a.json: word: unknown colour \"yellow\""},
	{"{\"word\":\"\"}", "a.json: word: unknown colour \"\""},
	{"{\"word\":\"Red\"}", "a.json: word: unknown colour \"Red\" (did you mean \"red\"?)"},
	{"{\"perhaps_word\":\"r\"}", "a.json: perhaps_word: unknown colour \"r\""},
	{"{\"mask\":\"red\"}", "a.json: mask: expected an array, not a string"},
	{"{\"mask\":[\"red\",\"x\"]}", "a.json: mask[1]: unknown colour \"x\""},
	{"{\"words\":[\"bleu\"]}",
	 "a.json: words[0]: unknown colour \"bleu\" (did you mean \"blue\"?)"},
	{"{\"words\":[true]}", "a.json: words[0]: expected a string, not a boolean"},
	{"[]", "a.json: expected an object, not an array"},
};

Test(schema, errors_name_the_place_and_the_reason)
{
	for (size_t i = 0; i < COUNT(refused_values); i++) {
		const char *text = refuse(refused_values[i].text);

		cr_expect_str_eq(text, refused_values[i].error, "%s\n%s\n%s", text,
				 refused_values[i].error, refused_values[i].text);
		cr_expect_eq(err.code, EINVAL, "%s", text);
	}
}

static const struct {
	const char *text, *error;
} no_documents[] = {
	{"", "a.json:1:0: '[' or '{' expected near end of file"},
	{" \n ", "a.json:2:1: '[' or '{' expected near end of file"},
	{"null", "a.json:1:4: '[' or '{' expected near 'null'"},
	{"17", "a.json:1:2: '[' or '{' expected near '17'"},
	{"\"text\"", "a.json:1:6: '[' or '{' expected near '\"text\"'"},
	{"{", "a.json:1:1: string or '}' expected near end of file"},
	{"{\"u32\":1", "a.json:1:8: '}' expected near end of file"},
	{"{\"u32\":1,}", "a.json:1:10: string or '}' expected near '}'"},
	{"{\"strings\":[\"a\",]}", "a.json:1:17: unexpected token near ']'"},
	{"{\n\t\"u32\": 1\n\t\"u64\": 2\n}", "a.json:3:6: '}' expected near '\"u64\"'"},
	{"{u32:1}", "a.json:1:2: string or '}' expected near 'u'"},
	{"{'u32':1}", "a.json:1:2: string or '}' expected near '''"},
	{"{} x", "a.json:1:4: end of file expected near 'x'"},
	{"{}{}", "a.json:1:3: end of file expected near '{'"},
	{"{}\n// comment", "a.json:2:1: end of file expected near '/'"},
	{"{\"u32\":1,\"u32\":2}", "a.json:1:14: duplicate object key near '\"u32\"'"},
	{"{\"x\":{\"y\":1,\"y\":1}}", "a.json:1:15: duplicate object key near '\"y\"'"},
	/* An escaped name is the same name. */
	{"{\"u32\":1,\"u\\u00332\":2}", "a.json:1:19: duplicate object key near '\"u\\u00332\"'"},
	{"{\"string\":\"a\nb\"}", "a.json:1:12: unexpected newline near '\"a'"},
	{"{\"string\":\"\\u0000\"}",
	 "a.json:1:18: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"\\u0000\"'"},
	{"{\"string\":\"\\ud800\"}", "a.json:1:18: invalid Unicode '\\uD800' near '\"\\ud800\"'"},
	{"{\"string\":\"\\x41\"}", "a.json:1:13: invalid escape near '\"\\x'"},
	{"{\"string\":\"\xff\"}", "a.json:1:11: unable to decode byte 0xff near '\"'"},
	{"{\"string\":\"\xc0\xaf\"}", "a.json:1:11: unable to decode byte 0xc0 near '\"'"},
	{"{\"string\":\"\xed\xa0\x80\"}", "a.json:1:11: unable to decode byte 0xed near '\"'"},
	{"{\"string\":\"\xf4\x90\x80\x80\"}", "a.json:1:11: unable to decode byte 0xf4 near '\"'"},
	{"{\"\xff\":1}", "a.json:1:2: unable to decode byte 0xff near '\"'"},
	{"\xef\xbb\xbf{}", "a.json:1:1: '[' or '{' expected near '\xef\xbb\xbf'"},
};

Test(schema, what_is_no_document_is_refused_with_its_place)
{
	for (size_t i = 0; i < COUNT(no_documents); i++) {
		const char *text = refuse(no_documents[i].text);

		cr_expect_str_eq(text, no_documents[i].error, "%s\n%s\n%s", text,
				 no_documents[i].error, no_documents[i].text);
		cr_expect_eq(err.code, EINVAL, "%s", text);
	}
}

Test(schema, nul_bytes_are_refused)
{
	static const char in_string[] = "{\"string\":\"a\0b\"}";
	static const char in_key[] = "{\"a\0b\":1}";
	static const char between[] = "{\0}";
	static const char after[] = "{}\0";

	refuse_bytes(in_string, sizeof in_string - 1);
	refuse_bytes(in_key, sizeof in_key - 1);
	refuse_bytes(between, sizeof between - 1);
	refuse_bytes(after, sizeof after - 1);
}

Test(schema, a_document_cut_anywhere_is_refused)
{
	static const char text[] = "{\"u64\":18446744073709551615,\"string\":\"a\\\"b\",\"list\":"
				   "[{\"name\":\"n\",\"size\":1}],\"pairs\":{\"a\":\"b\"}}";

	parse(text);
	for (size_t size = 0; size < sizeof text - 1; size++)
		refuse_bytes(text, size);
}

static char *repeat(char character, size_t count)
{
	char *text = arena_alloc(&arena, count + 1);

	memset(text, character, count);
	return text;
}

/* What is ignored may be deep, but not deep enough for the parser's stack. */
Test(schema, depth_is_bounded)
{
	cr_expect_str_eq(refuse(arena_printf(&arena, "{\"x\":%s", repeat('[', 200000))),
			 "a.json:1:2053: maximum parsing depth reached near '['");
	parse(arena_printf(&arena, "{\"x\":%s%s}", repeat('[', 1000), repeat(']', 1000)));
}

Test(schema, hostile_text_is_shown_on_one_line_and_cut)
{
	cr_expect_str_eq(refuse("{\"word\":\"\\u001b[2J\\nx\\u007f\"}"),
			 "a.json: word: unknown colour \"\\x1b[2J\\x0ax\\x7f\"");
	cr_expect_str_eq(refuse("{\"pairs\":{\"a\\nb\\u001b\":1}}"),
			 "a.json: pairs.a\\x0ab\\x1b: expected a string, not a number");
	/* C1 is control characters too: U+009B begins a sequence as ESC [ does. */
	cr_expect_str_eq(refuse("{\"word\":\"\\u009b2J\"}"),
			 "a.json: word: unknown colour \"\\xc2\\x9b2J\"");
	refuse(arena_printf(&arena, "{\"path\":\"%s\"}", repeat('p', 900)));
	cr_expect_eq(strlen(err.text),
		     strlen("a.json: path: \"...\" is not an absolute path") + 80);
}

Test(schema, long_names_are_cut_in_the_place)
{
	refuse(arena_printf(&arena, "{\"map\":{\"%s\":{\"size\":-1}}}", repeat('k', 4000)));
	cr_expect_not_null(strstr(err.text, "kkk....size: -1 is out of range (0 to 4294967295)"));
	cr_expect_lt(strlen(err.text), 200);
}

Test(schema, many_errors_in_one_arena)
{
	for (int i = 0; i < 1000; i++)
		refuse("{\"list\":[{\"size\":1},{\"size\":-1}]}");
	cr_expect_str_eq(err.text, "a.json: list[1].size: -1 is out of range (0 to 4294967295)");
}

/*
 * Refusing by name
 */

struct later {
	bool flag;
	uint32_t number;
	const uint32_t *pointer;
	const bool *maybe;
	const char *string;
	struct strings strings;
	struct pairs pairs;
	const struct part *object;
	struct parts list, map;
};

/* clang-format off */
static const struct field later_fields[] = {
	FIELD(struct later, flag, UNSUPPORTED),
	FIELD(struct later, number, UNSUPPORTED),
	FIELD(struct later, pointer, UNSUPPORTED),
	FIELD(struct later, string, UNSUPPORTED),
	FIELD(struct later, strings, UNSUPPORTED),
	FIELD(struct later, pairs, UNSUPPORTED),
	OBJECT(struct later, object, embedded_schema, UNSUPPORTED),
	LIST(struct later, list, part_schema, UNSUPPORTED),
	MAP(struct later, map, keyed_part_schema, UNSUPPORTED),
};
static const struct schema later_schema = SCHEMA(struct later, later_fields);
/* clang-format on */

static const struct {
	const char *text, *error;
} refused_by_name[] = {
	{"{\"flag\":false,\"number\":0,\"string\":\"\",\"strings\":[],\"pairs\":{},\"list\":[],"
	 "\"map\":{},\"object\":null,\"pointer\":null}",
	 NULL},
	{"{\"flag\":true}", "a.json: flag: not supported yet"},
	{"{\"number\":1}", "a.json: number: not supported yet"},
	{"{\"pointer\":0}", "a.json: pointer: not supported yet"},
	{"{\"string\":\"s\"}", "a.json: string: not supported yet"},
	{"{\"strings\":[\"\"]}", "a.json: strings: not supported yet"},
	{"{\"pairs\":{\"\":\"\"}}", "a.json: pairs: not supported yet"},
	{"{\"object\":{}}", "a.json: object: not supported yet"},
	{"{\"list\":[{\"size\":1}]}", "a.json: list: not supported yet"},
	{"{\"map\":{\"a\":{\"size\":1}}}", "a.json: map: not supported yet"},
};

Test(schema, what_is_not_supported_is_refused_by_name)
{
	for (size_t i = 0; i < COUNT(refused_by_name); i++) {
		const char *text = refused_by_name[i].text, *expected = refused_by_name[i].error;
		struct later later = {0};
		int result = schema_parse(&later_schema, "a.json", text, strlen(text), &arena,
					  &later, &err);

		cr_expect_eq(result, expected ? -ENOTSUP : 0, "%s", text);
		if (expected)
			cr_expect_str_eq(err.text, expected, "%s", err.text);
	}
}

/* An invalid value is invalid first. */
static const struct {
	const char *text, *error;
} invalid_first[] = {
	{"{\"list\":[{\"size\":-1}]}",
	 "a.json: list[0].size: -1 is out of range (0 to 4294967295)"},
	{"{\"flag\":\"\"}", "a.json: flag: expected true or false, not a string"},
	{"{\"number\":\"\"}", "a.json: number: expected an integer, not a string"},
	{"{\"number\":18446744073709551615}",
	 "a.json: number: 18446744073709551615 is out of range (0 to 4294967295)"},
	{"{\"string\":18446744073709551615}", "a.json: string: expected a string, not a number"},
	{"{\"string\":[]}", "a.json: string: expected a string, not an array"},
	{"{\"strings\":\"\"}", "a.json: strings: expected an array, not a string"},
	{"{\"pairs\":\"\"}", "a.json: pairs: expected an object, not a string"},
	{"{\"object\":\"\"}", "a.json: object: expected an object, not a string"},
	{"{\"list\":\"\"}", "a.json: list: expected an array, not a string"},
	{"{\"map\":\"\"}", "a.json: map: expected an object, not a string"},
};

Test(schema, what_is_not_supported_is_still_checked)
{
	for (size_t i = 0; i < COUNT(invalid_first); i++) {
		const char *text = invalid_first[i].text;
		struct later later = {0};

		cr_expect_eq(schema_parse(&later_schema, "a.json", text, strlen(text), &arena,
					  &later, &err),
			     -EINVAL, "%s", text);
		cr_expect_str_eq(err.text, invalid_first[i].error, "%s", err.text);
	}
}

/*
 * Writing
 */

static const char *format(const struct whole *whole)
{
	return schema_format(&whole_schema, whole, SCHEMA_COMPACT, &arena);
}

Test(schema, writes_what_is_there_and_little_else)
{
	static const struct whole nothing;

	cr_expect_str_eq(format(&nothing), "{\"always\":false}");
}

Test(schema, what_is_written_is_read_back)
{
	static const char text[] =
		"{\"yes\":true,\"u16\":65535,\"u32\":4294967295,\"u64\":9223372036854775807,"
		"\"i32\":-2147483648,\"i64\":-9223372036854775808,\"ranged\":5,\"perhaps\":false,"
		"\"pu16\":0,\"pu32\":1,\"pu64\":2,\"pi32\":-3,\"pi64\":-4,\"string\":\"text\","
		"\"path\":\"/p\",\"full\":\"f\",\"strings\":[\"a\",\"\",\"b\"],\"paths\":[\"/a\"],"
		"\"env\":[\"A=b\"],\"some\":[\"\"],\"pairs\":{\"k\":\"v\",\"a\":\"\"},"
		"\"numbers\":[9,0],\"embedded\":{\"name\":\"e\"},\"object\":{\"size\":6},"
		"\"list\":[{\"size\":7},{\"name\":\"n\",\"size\":8}],"
		"\"map\":{\"x\":{\"size\":1},\"a\":{\"size\":2}},\"word\":\"green\","
		"\"perhaps_word\":\"red\",\"mask\":[\"red\",\"blue\"],\"words\":[\"blue\",\"red\"],"
		"\"always\":true}";

	cr_expect_str_eq(format(parse(text)), text);
}

Test(schema, required_members_are_written_though_they_are_zero)
{
	static const struct part part;

	cr_expect_str_eq(schema_format(&part_schema, &part, SCHEMA_COMPACT, &arena),
			 "{\"size\":0}");
}

Test(schema, text_is_escaped_as_little_as_possible)
{
	struct whole whole = {.ranged = 3, .string = "/a\"b\\c\n\x01 \xc3\xa4\xf0\x9f\x90\xb3"};
	const char *text = format(&whole);

	cr_expect_not_null(strstr(text, "\"string\":\"/a\\\"b\\\\c\\n\\u0001 "
					"\xc3\xa4\xf0\x9f\x90\xb3\""),
			   "%s", text);
	cr_expect_str_eq(parse(text)->string, whole.string);
}

static const struct part layout_parts[] = {{"a", 1}, {" \n b", 2}};
static const char *const layout_strings[] = {"x"};

/* clang-format off */
static const struct field layout_fields[] = {
	FIELD(struct whole, strings, ALWAYS),
	FIELD(struct whole, paths, ALWAYS),
	LIST(struct whole, list, part_schema, OPTIONAL),
	FIELD(struct whole, pairs, ALWAYS),
};
static const struct schema layout_schema = SCHEMA(struct whole, layout_fields);
/* clang-format on */

static const struct whole layout = {.strings = {1, layout_strings}, .list = {2, layout_parts}};

Test(schema, compact_layout)
{
	cr_expect_str_eq(schema_format(&layout_schema, &layout, SCHEMA_COMPACT, &arena),
			 "{\"strings\":[\"x\"],\"paths\":[],\"list\":[{\"name\":\"a\",\"size\":1},"
			 "{\"name\":\" \\n b\",\"size\":2}],\"pairs\":{}}");
}

Test(schema, pretty_layout)
{
	cr_expect_str_eq(schema_format(&layout_schema, &layout, SCHEMA_PRETTY, &arena),
			 "{\n  \"strings\": [\n    \"x\"\n  ],\n  \"paths\": [],\n  \"list\": [\n"
			 "    {\n      \"name\": \"a\",\n      \"size\": 1\n    },\n"
			 "    {\n      \"name\": \" \\n b\",\n      \"size\": 2\n    }\n  ],\n"
			 "  \"pairs\": {}\n}\n");
}

Test(schema, tabs_layout)
{
	cr_expect_str_eq(schema_format(&layout_schema, &layout, SCHEMA_TABS, &arena),
			 "{\n\t\"strings\": [\n\t\t\"x\"\n\t],\n\t\"paths\": [],\n\t\"list\": [\n"
			 "\t\t{\n\t\t\t\"name\": \"a\",\n\t\t\t\"size\": 1\n\t\t},\n"
			 "\t\t{\n\t\t\t\"name\": \" \\n b\",\n\t\t\t\"size\": 2\n\t\t}\n\t],\n"
			 "\t\"pairs\": {}\n}\n");
}
