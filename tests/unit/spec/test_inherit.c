/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one structure takes from another. A process that joins a container is the case there is: each
 * row of its table says whether the container's counts, so that a new one is not lost in silence.
 */
#include "spec/schema.h"

#include <criterion/criterion.h>
#include <string.h>

#include "spec/config.h"
#include "spec/json.h"
#include "spec/schema_fields.h"

static struct arena arena;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(inherit, .fini = finish);

struct inner {
	uint32_t kept;
	const uint32_t *passed;
};

struct outer {
	bool flag;
	uint16_t number;
	const char *text, *own;
	struct strings list;
	struct inner inner;
};

static const struct field inner_fields[] = {
	FIELD(struct inner, kept, REQUIRED),
	FIELD(struct inner, passed, INHERITED),
};
static const struct schema inner_schema = SCHEMA(struct inner, inner_fields);

static const struct field outer_fields[] = {
	FIELD(struct outer, flag, INHERITED), FIELD(struct outer, number, INHERITED),
	FIELD(struct outer, text, INHERITED), FIELD(struct outer, own, NOT_INHERITED),
	FIELD(struct outer, list, INHERITED), EMBEDDED(struct outer, inner, inner_schema, OPTIONAL),
};
static const struct schema outer_schema = SCHEMA(struct outer, outer_fields);

static const uint32_t seven = 7, eight = 8;
static const char *const words[] = {"a", "b"};
static const struct outer from = {
	.flag = true,
	.number = 256,
	.text = "text",
	.own = "own",
	.list = {2, words},
	.inner = {.kept = 1, .passed = &seven},
};

Test(inherit, what_is_absent)
{
	struct outer object = {0};

	schema_inherit(&outer_schema, &object, &from);
	cr_expect(object.flag);
	cr_expect_eq(object.number, 256);
	cr_expect_str_eq(object.text, "text");
	cr_expect_null(object.own);
	cr_expect(object.list.count == 2 && object.list.at == words);
	cr_expect_eq(object.inner.kept, 0);
	cr_expect_eq(object.inner.passed, &seven);
}

/* A list without elements may point somewhere. */
Test(inherit, an_empty_list_is_absent)
{
	struct outer object = {.list = {0, words + 1}};

	schema_inherit(&outer_schema, &object, &from);
	cr_expect(object.list.count == 2 && object.list.at == words);
}

Test(inherit, what_is_there_stays)
{
	struct outer object = {
		.number = 3,
		.text = "",
		.list = {1, words + 1},
		.inner = {.kept = 2, .passed = &eight},
	};

	schema_inherit(&outer_schema, &object, &from);
	cr_expect_eq(object.number, 3);
	cr_expect_str_eq(object.text, "");
	cr_expect(object.list.count == 1 && object.list.at == words + 1);
	cr_expect_eq(object.inner.kept, 2);
	cr_expect_eq(object.inner.passed, &eight);
	cr_expect(object.flag);
}

/* Each optional row says one of both. What is in its place consists of rows of its own. */
static void expect_a_word(const struct schema *schema)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];
		bool inherited = field->flags & INHERITED,
		     not_inherited = field->flags & NOT_INHERITED;

		if (field->type == FIELD_OBJECT)
			expect_a_word(field->schema);
		else if (!(field->flags & REQUIRED))
			cr_expect_neq(inherited, not_inherited, "%s", field->name);
		else
			cr_expect(!inherited && !not_inherited, "%s", field->name);
		cr_expect(!inherited || field->size > 0, "%s", field->name);
	}
}

Test(inherit, each_property_of_a_process_says_whether)
{
	expect_a_word(&process_schema);
}

static const char whole[] =
	"{\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":2},\"user\":{\"uid\":1,\"gid\":"
	"2,"
	"\"umask\":23,\"additionalGids\":[5]},\"args\":[\"init\"],\"env\":[\"A=1\"],\"cwd\":\"/"
	"own\","
	"\"capabilities\":{\"bounding\":[\"CAP_KILL\"]},\"rlimits\":[{\"type\":\"RLIMIT_CORE\","
	"\"hard\":1,\"soft\":1}],\"noNewPrivileges\":true,\"apparmorProfile\":\"web\","
	"\"oomScoreAdj\":7,"
	"\"scheduler\":{\"policy\":\"SCHED_BATCH\"},\"selinuxLabel\":\"label\",\"ioPriority\":{"
	"\"class\":"
	"\"IOPRIO_CLASS_BE\",\"priority\":4},\"execCPUAffinity\":{\"initial\":\"0\"}}";

static const char least[] = "{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"sh\"],\"cwd\":\"/\"}";

static struct process read_process(const char *text)
{
	struct process process = {0};
	struct error err;

	cr_assert_eq(schema_parse(&process_schema, "p", text, strlen(text), &arena, &process, &err),
		     0, "%s", err.text);
	return process;
}

static json_t *write_process(const struct process *process)
{
	const char *text = schema_format(&process_schema, process, SCHEMA_COMPACT, &arena);

	return json_loads(text, 0, NULL);
}

/* What is the container's, and what is not, property by property. */
static void expect_inherited(const struct schema *schema, const json_t *own, const json_t *found)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];
		const json_t *expected = json_object_get(own, field->name);
		const json_t *value = json_object_get(found, field->name);

		cr_assert(expected, "the whole process has no %s", field->name);
		if (field->type == FIELD_OBJECT)
			expect_inherited(field->schema, expected, value);
		else
			cr_expect_eq(value && json_equal(value, expected),
				     (field->flags & INHERITED) != 0, "%s", field->name);
	}
}

Test(inherit, a_process_has_what_its_rows_say)
{
	const struct process own = read_process(whole);
	struct process process = read_process(least);
	_json_ json_t *expected = write_process(&own);
	_json_ json_t *found = NULL;

	schema_inherit(&process_schema, &process, &own);
	found = write_process(&process);
	expect_inherited(&process_schema, expected, found);
}
