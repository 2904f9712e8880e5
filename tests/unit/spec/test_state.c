/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/state.h"

#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(state, .fini = finish);

static const struct pair annotations[] = {{"com.example.b", "2"}, {"com.example.a", ""}};

static const struct state running = {
	.ociVersion = "1.3.0",
	.id = "web",
	.pid = 4422,
	.status = "running",
	.bundle = "/srv/web",
	.rootfs = "/srv/web/rootfs",
	.created = "2026-01-02T03:04:05.678901234Z",
	.annotations = {2, annotations},
	.owner = "root",
};

static const struct state stopped = {
	.ociVersion = "1.3.0",
	.id = "db",
	.status = "stopped",
	.bundle = "/srv/a \"b\"\\",
};

Test(state, is_written_in_the_usual_order)
{
	cr_expect_str_eq(schema_format(&state_schema, &running, SCHEMA_PRETTY, &arena),
			 "{\n"
			 "  \"ociVersion\": \"1.3.0\",\n"
			 "  \"id\": \"web\",\n"
			 "  \"pid\": 4422,\n"
			 "  \"status\": \"running\",\n"
			 "  \"bundle\": \"/srv/web\",\n"
			 "  \"rootfs\": \"/srv/web/rootfs\",\n"
			 "  \"created\": \"2026-01-02T03:04:05.678901234Z\",\n"
			 "  \"annotations\": {\n"
			 "    \"com.example.b\": \"2\",\n"
			 "    \"com.example.a\": \"\"\n"
			 "  },\n"
			 "  \"owner\": \"root\"\n"
			 "}\n");
}

/* Callers read the pid of a stopped container too. */
Test(state, has_a_pid_though_there_is_none)
{
	cr_expect_str_eq(schema_format(&state_schema, &stopped, SCHEMA_COMPACT, &arena),
			 "{\"ociVersion\":\"1.3.0\",\"id\":\"db\",\"pid\":0,\"status\":\"stopped\","
			 "\"bundle\":\"/srv/a \\\"b\\\"\\\\\"}");
}

Test(state, is_read_back)
{
	const char *text = schema_format(&state_schema, &running, SCHEMA_COMPACT, &arena);
	struct state state = {0};
	struct error err;

	cr_assert_eq(schema_parse(&state_schema, "state", text, strlen(text), &arena, &state, &err),
		     0, "%s", err.text);
	cr_expect_str_eq(state.id, "web");
	cr_expect_eq(state.pid, 4422);
	cr_assert_eq(state.annotations.count, 2);
	cr_expect_str_eq(state.annotations.at[0].name, "com.example.b");
	cr_expect_str_eq(state.owner, "root");
}

Test(state, several)
{
	const struct state list[] = {stopped, stopped, running};
	const struct states none = {0}, one = {1, &stopped}, three = {3, list};
	const char *text = schema_format(&state_schema, &stopped, SCHEMA_COMPACT, &arena);

	cr_expect_str_eq(states_format(&none, &arena), "[]\n");
	cr_expect_str_eq(states_format(&one, &arena), arena_printf(&arena, "[%s]\n", text));
	cr_expect_str_eq(
		states_format(&three, &arena),
		arena_printf(&arena, "[%s,%s,%s]\n", text, text,
			     schema_format(&state_schema, &running, SCHEMA_COMPACT, &arena)));
}
