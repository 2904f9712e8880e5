/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/mapping.h"

#include <criterion/criterion.h>
#include <errno.h>

static struct arena arena;
static struct error err;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(mapping, .fini = finish);

static const struct id_mapping uids[] = {{0, 0, 1}, {1, 2, 1000}};
static const struct id_mapping gids[] = {{0, 5000, 10}};
static const struct mappings userns = {{2, uids}, {1, gids}};

static struct mappings parse(const char *text)
{
	struct mappings found = {0};

	cr_assert_eq(mapping_parse(text, &userns, &arena, &found, &err), 0, "%s: %s", text,
		     err.text);
	return found;
}

static void expect(const struct id_mappings *found, size_t i, uint32_t container, uint32_t host,
		   uint32_t size)
{
	cr_assert_gt(found->count, i);
	cr_expect_eq(found->at[i].containerID, container);
	cr_expect_eq(found->at[i].hostID, host);
	cr_expect_eq(found->at[i].size, size);
}

Test(mapping, of_both_kinds)
{
	struct mappings found = parse("uids=0-1-10#10-11-20;gids=0-100-4294967295");

	cr_expect_eq(found.uids.count, 2);
	cr_expect_eq(found.gids.count, 1);
	expect(&found.uids, 0, 0, 1, 10);
	expect(&found.uids, 1, 10, 11, 20);
	expect(&found.gids, 0, 0, 100, 4294967295);
}

Test(mapping, of_one_kind)
{
	struct mappings found = parse("gids=4294967294-0-1");

	cr_expect_eq(found.uids.count, 0);
	expect(&found.gids, 0, 4294967294, 0, 1);
}

/* crun(1) has the first as its example. */
Test(mapping, in_the_user_namespace)
{
	struct mappings found = parse("uids=@1-3-10#50-60-1#@1000-0-1#@7-1000-1;gids=@0-9-1");

	expect(&found.uids, 0, 1, 4, 10);
	expect(&found.uids, 1, 50, 60, 1);
	expect(&found.uids, 2, 1000, 0, 1);
	expect(&found.uids, 3, 7, 1001, 1);
	expect(&found.gids, 0, 0, 5009, 1);
}

#define NO_RANGE(text) "\"" text "\" does not begin with a range of ids such as 0-1000-10"
#define NO_PART(text) "\"" text "\" begins with neither uids= nor gids="
#define NOT_MAPPED(ids) "no range of the container's user namespace has all of " ids

Test(mapping, refuses)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", NO_PART("")},
		{"0-0-1", NO_PART("0-0-1")},
		{"UIDS=0-0-1", NO_PART("UIDS=0-0-1")},
		{"uids=0-0-1;", NO_PART("")},
		{"uids=0-0-1;;gids=0-0-1", NO_PART(";gids=0-0-1")},
		{"uids=0-0-1;uids=1-1-1", "uids is there twice"},
		{"uids=", NO_RANGE("")},
		{"uids=#", NO_RANGE("#")},
		{"uids=0-0", NO_RANGE("0-0")},
		{"uids=0-0-0", NO_RANGE("0-0-0")},
		{"uids=0-0-1-1", NO_RANGE("0-0-1-1")},
		{"uids=0-0-1#", NO_RANGE("")},
		{"uids=0--1-1", NO_RANGE("0--1-1")},
		{"uids= 0-1-1", NO_RANGE(" 0-1-1")},
		{"uids=+0-1-1", NO_RANGE("+0-1-1")},
		{"uids=0:1:1", NO_RANGE("0:1:1")},
		{"uids=@@0-1-1", NO_RANGE("@@0-1-1")},
		{"uids=4294967295-0-1", NO_RANGE("4294967295-0-1")},
		{"uids=0-99999999999999999999-1", NO_RANGE("0-99999999999999999999-1")},
		{"uids=@0-1001-2", NOT_MAPPED("1001-1002")},
		{"uids=@0-0-2", NOT_MAPPED("0-1")},
		{"gids=@0-0-4294967295", NOT_MAPPED("0-4294967294")},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mappings found = {0};

		cr_expect_eq(mapping_parse(cases[i].text, &userns, &arena, &found, &err), -EINVAL,
			     "%s", cases[i].text);
		cr_expect_str_eq(err.text, cases[i].error);
	}
}
