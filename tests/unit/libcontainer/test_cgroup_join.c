/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which cgroup a process enters that joins a container, on hosts of all kinds.
 */
#include "cgroup_fixture.h"

#include <limits.h>
#include <unistd.h>

#include "expect.h"

static struct record record;
static struct joined joined;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(cgroup_join, .fini = finish);

/* Where init is, as the kernel tells it. */
static void plan_join(struct hierarchies hierarchies, const char *text,
		      const char *const *subgroups)
{
	prepare(hierarchies, "");
	record.cgroup = (struct record_cgroup){
		.driver = hierarchies.count == 1 ? "cgroupfs-v2" : "cgroupfs-v1",
		.path = "/c",
	};
	joined = (struct joined){
		.record = &record,
		.cgroups = cgroup_parse_process(arena_strdup(&arena, text), &plan.host->hierarchies,
						&arena),
		.subgroups = subgroups,
	};
	plan.joined = &joined;
}

#define PLAN() cr_assert_eq(cgroup_plan_joined(&plan, &err), 0, "%s", err.text)
#define SUBGROUPS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char hybrid_text[] = "9:cpu,cpuacct:/c\n8:cpuset:/c/a\n7:memory:/c\n6:devices:/c:d\n"
				  "5:pids:/../other\n1:name=systemd:/s\n0::/c/u\n";

Test(cgroup_join, is_where_init_is)
{
	static const char *const expected[] = {"/c", "/c/a", "/c", "/c:d", "/c", "/s", "/c/u"};

	plan_join(hybrid, hybrid_text, NULL);
	PLAN();
	/* pids: it cannot be named from here; the container's own then. */
	for (size_t i = 0; i < hybrid.count; i++)
		cr_expect_str_eq(plan.cgroup.joins[i], expected[i]);
	cr_expect_eq(plan.cgroup.at.layout, &cgroup_v1);
	cr_expect(plan.cgroup.planned && plan.cgroup.entered);
}

Test(cgroup_join, of_cgroup2_it_is_born_in)
{
	plan_join(v2, "0::/c/sub\n", NULL);
	PLAN();
	cr_expect_str_eq(plan.cgroup.joins[0], "/c/sub");
	cr_expect(plan.cgroup.planned && !plan.cgroup.entered);
}

/* "cpu" is no line of "cpuset". */
Test(cgroup_join, names_are_whole)
{
	plan_join(v1, "2:cpuset:/wrong\n3:cpu,cpuacct:/right\n", NULL);
	PLAN();
	cr_expect_str_eq(plan.cgroup.joins[0], "/right");
	cr_expect_str_eq(plan.cgroup.joins[1], "/wrong");
	cr_expect_str_eq(plan.cgroup.joins[2], "/c");
}

Test(cgroup_join, lines_that_are_none_tell_nothing)
{
	plan_join(hybrid, "x\n:\n::\n3:memory\n3:memory:relative\n\n0::/after\n", NULL);
	PLAN();
	for (size_t i = 0; i < hybrid.count; i++)
		cr_expect_str_eq(plan.cgroup.joins[i], "/c");
}

Test(cgroup_join, a_subgroup_is_below_the_container_s)
{
	plan_join(hybrid, hybrid_text, SUBGROUPS("//a/b/"));
	PLAN();
	for (size_t i = 0; i < hybrid.count; i++)
		cr_expect_str_eq(plan.cgroup.joins[i], "/c/a/b");
	plan_join(v2, "0::/c/sub\n", SUBGROUPS("/"));
	PLAN();
	cr_expect_str_eq(plan.cgroup.joins[0], "/c");
}

Test(cgroup_join, a_subgroup_of_some_controllers)
{
	static const char *const expected[] = {"/c/x", "/c/a",   "/c/x", "/c:d",
					       "/c",   "/c/y:z", "/c/u"};

	plan_join(hybrid, hybrid_text, SUBGROUPS("memory,cpuacct:x", "name=systemd:y:z"));
	PLAN();
	for (size_t i = 0; i < hybrid.count; i++)
		cr_expect_str_eq(plan.cgroup.joins[i], expected[i]);
}

Test(cgroup_join, subgroups_that_are_none)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{"../x", "--cgroup: \"../x\": must not contain \"..\""},
		{"a/../../b", "--cgroup: \"a/../../b\": must not contain \"..\""},
		{"./a", "--cgroup: \"./a\": must not contain \".\""},
		{"nosuch:a", "--cgroup: \"nosuch:a\": no such controller is mounted"},
		{":a", "--cgroup: \":a\": no such controller is mounted"},
		{"mem:a", "--cgroup: \"mem:a\": no such controller is mounted"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		plan_join(hybrid, hybrid_text, SUBGROUPS(cases[i].text));
		cr_expect_eq(cgroup_plan_joined(&plan, &err), -EINVAL);
		cr_expect_str_eq(err.text, cases[i].reason);
	}
}

/* Cut short it would be another one. */
Test(cgroup_join, a_path_has_an_end)
{
	char text[PATH_MAX];

	memset(text, 'x', sizeof text - 1);
	for (size_t i = 100; i < sizeof text; i += 100)
		text[i] = '/';
	text[sizeof text - 1] = '\0';
	plan_join(v2, "0::/c\n", SUBGROUPS(text));
	cr_expect_eq(cgroup_plan_joined(&plan, &err), -ENAMETOOLONG);
}

Test(cgroup_join, without_a_cgroup)
{
	plan_join(v2, "0::/\n", NULL);
	record.cgroup.driver = "";
	PLAN();
	cr_expect(!plan.cgroup.planned);
	joined.subgroups = SUBGROUPS("a");
	EXPECT_ERROR(cgroup_plan_joined(&plan, &err), ENOTSUP,
		     "--cgroup: the container has no cgroup");
}

Test(cgroup_join, reads_where_a_process_is)
{
	const char *const *paths = NULL;
	struct hierarchies real;

	STEP(hierarchies_read(&arena, &real, &err));
	STEP(cgroup_read_process(getpid(), &real, &arena, &paths, &err));
	for (size_t i = 0; i < real.count; i++)
		cr_expect(paths[i] && paths[i][0] == '/', "%s", real.at[i].mount);
	cr_expect_eq(cgroup_read_process(-1, &real, &arena, &paths, &err), -ENOENT);
	cr_expect_str_eq(err.text, "/proc/-1/cgroup: No such file or directory");
}

/* Every hierarchy of this host, at its root; needs root. */
Test(cgroup_join, is_held_open)
{
	struct creation creation = {.plan = &plan, .cgroup = {.directory = -1}};
	struct arena kept _arena_ = {0};
	struct hierarchies real;

	STEP(hierarchies_read(&kept, &real, &err));
	if (real.count == 0)
		return;
	prepare(real, "");
	plan.joined = &joined;
	plan.cgroup.clone_into = true;
	plan.cgroup.joins = arena_array(&arena, real.count, sizeof(char *));
	for (size_t i = 0; i < real.count; i++)
		plan.cgroup.joins[i] = "/";
	STEP(cgroup_open.run(&creation, &err));
	cr_expect_eq((creation.cgroup.directory >= 0) + creation.cgroup.count, real.count);
	plan.cgroup.joins[0] = "/kist-test-none";
	creation.cgroup.count = 0;
	cr_expect_eq(cgroup_open.run(&creation, &err), -ENOENT);
	cr_expect(!strstr(err.text, "--cgroup"), "%s", err.text);
	joined.subgroups = SUBGROUPS("test-none");
	cr_expect_eq(cgroup_open.run(&creation, &err), -ENOENT);
	cr_expect_eq(strncmp(err.text, "--cgroup: /", 11), 0, "%s", err.text);
}
