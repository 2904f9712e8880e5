/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan as a whole: what every error begins with, what stands in for a missing process, which
 * steps are printed. What each subject decides is in its own test, and in tests/plan.
 */
#include "libcontainer/plan.h"

#include <linux/sched.h>

#include "libcontainer/create.h"

#include "cgroup_fixture.h"
#include "tests/unit/libcontainer/expect.h"

/* A plan to be made from these members of the outermost object; no cgroups. */
static void prepare_plan(const char *members)
{
	struct document document;

	document.text =
		arena_printf(&arena, "{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"/\"}%s%s}",
			     *members ? ", " : "", members);
	document.size = strlen(document.text);
	options.id = "test";
	host.hierarchies = none;
	host.root.path = "/";
	plan = (struct plan){
		.host = &host,
		.options = &options,
		.arena = &arena,
		.bundle = "/",
		.waits_for_start = true,
	};
	cr_assert_eq(config_parse("config.json", &document, &arena, &plan.config, &err), 0, "%s",
		     err.text);
}

#define NAMESPACES "\"linux\": {\"namespaces\": [{\"type\": \"mount\"}]}"

#define PROCESS "\"user\": {\"uid\": 0, \"gid\": 0}, \"cwd\": \"/tmp\", \"args\": [\"sh\"]"

static const char *print_plan(void)
{
	char *text = NULL;
	const char *kept;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	create_print(&plan, out);
	fclose(out);
	kept = arena_strdup(&arena, text);
	free(text);
	return kept;
}

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(plan, .fini = finish);

Test(plan, an_error_names_the_file_and_the_property)
{
	prepare_plan("");
	cr_expect_eq(plan_make(&plan, &err), -ENOTSUP);
	cr_expect_eq(strncmp(err.text, "config.json: linux.namespaces: ", 31), 0, "%s", err.text);
}

Test(plan, an_error_names_the_file_that_was_asked_for)
{
	options.config = "other.json";
	prepare_plan("");
	cr_expect_eq(plan_make(&plan, &err), -ENOTSUP);
	cr_expect_eq(strncmp(err.text, "other.json: linux.namespaces: ", 30), 0, "%s", err.text);
}

/* The kernel's are in test_host.c; the subjects' in their own tests. */
Test(plan, facts_of_the_host_are_the_subjects)
{
	struct host expected = {0};

	prepare_plan(NAMESPACES);
	cr_assert_eq(plan_read_host(&plan, &err), 0, "%s", err.text);
	cr_assert_neq(plan.host, &host);
	cr_expect_eq(plan.host->uid, geteuid());
	STEP(cgroup_read_host(&plan, &expected, &err));
	cr_expect_eq(plan.host->hierarchies.count, expected.hierarchies.count);
	STEP(lsm_read_host(&plan, &expected, &err));
	cr_expect_eq(plan.host->apparmor, expected.apparmor);
	cr_expect_eq(plan.host->selinux, expected.selinux);
	cr_expect_null(plan.host->resctrl, "nobody asked");
}

/* Each planner is asked: what one of them refuses is refused, and early. */
Test(plan, everything_that_can_be_refused_is)
{
	static const struct {
		const char *members, *part;
		int code;
	} cases[] = {
		{NAMESPACES ", \"mounts\": [{\"destination\": \"/x\", \"type\": \"bind\"}]",
		 "mounts[0]", EINVAL},
		{"\"linux\": {\"namespaces\": [{\"type\": \"mount\"}], \"resources\": "
		 "{\"pids\": {\"limit\": 1}}}",
		 "linux.resources.pids", ENOTSUP},
		{NAMESPACES ", \"process\": {" PROCESS ", \"terminal\": true}", "process.terminal",
		 EINVAL},
		{"\"linux\": {\"namespaces\": [{\"type\": \"mount\"}], \"sysctl\": "
		 "{\"net.ipv4.ip_forward\": \"1\"}}",
		 "linux.sysctl", EINVAL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		prepare_plan(cases[i].members);
		EXPECT_ERROR(plan_make(&plan, &err), cases[i].code, cases[i].part);
		cr_expect_eq(strncmp(err.text, "config.json: ", 13), 0, "%s", err.text);
	}
}

/* config.md: it is only required when `start` is called. */
Test(plan, a_missing_process_is_an_empty_one)
{
	const struct config *given;

	prepare_plan(NAMESPACES);
	given = plan.config;
	cr_assert_eq(plan_make(&plan, &err), 0, "%s", err.text);
	cr_assert(plan.config->process);
	cr_expect_str_eq(plan.config->process->cwd, "/");
	cr_expect_eq(plan.config->process->args.count, 0);
	cr_expect_null(plan.process.argv[0]);
	cr_expect_null(given->process, "a configuration never changes");
	cr_expect_eq(plan.config->root, given->root);
	cr_expect_eq(plan.config->linux, given->linux);
}

Test(plan, a_process_is_taken_as_it_is)
{
	const struct config *given;

	prepare_plan(NAMESPACES ", \"process\": {\"user\": {\"uid\": 0, \"gid\": 0}, \"cwd\": "
				"\"/tmp\", \"args\": [\"sh\"]}");
	given = plan.config;
	cr_assert_eq(plan_make(&plan, &err), 0, "%s", err.text);
	cr_expect_eq(plan.config, given);
	cr_expect_str_eq(plan.process.argv[0], "sh");
	cr_expect_eq(plan.namespaces.clone_flags, CLONE_NEWNS);
	cr_expect_str_eq(plan.rootfs.path, "/");
}

/* One line for each step that will be taken, in the order of the tables. */
static void expect_steps(const char *printed, const struct step_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct step *step = table->rows[i].step;
		const char *line = arena_printf(&arena, "\n\t%s\n", step->name);
		const char *found;

		if (!step_is_planned(step, &plan))
			continue;
		found = strstr(printed, line);
		cr_assert(found, "\"%s\" is missing, or stands before another one", step->name);
		/* Up to the newline, with which the next line begins. */
		printed = found + strlen(line) - 1;
	}
}

Test(plan, prints_the_steps_in_order)
{
	const char *printed, *inits;

	prepare_plan(NAMESPACES);
	cr_assert_eq(plan_make(&plan, &err), 0, "%s", err.text);
	printed = print_plan();
	cr_expect_eq(strncmp(printed, "host:\n", 6), 0);
	inits = strstr(printed, "\ninit:\n");
	cr_assert(inits);
	expect_steps(printed + 5, &create_host);
	expect_steps(inits + 6, &create_child);
}

Test(plan, prints_no_step_that_is_not_taken)
{
	prepare_plan(NAMESPACES);
	cr_assert_eq(plan_make(&plan, &err), 0, "%s", err.text);
	cr_expect(strstr(print_plan(), "\n\tstart socket\n"));
	cr_expect_not(strstr(print_plan(), "\n\tpid file\n"));
	cr_expect_not(strstr(print_plan(), "\n\tseccomp\n"));
	plan.waits_for_start = false;
	options.pid_file = "pid";
	cr_expect_not(strstr(print_plan(), "\n\tstart socket\n"));
	cr_expect_not(strstr(print_plan(), "\n\twait for start\n"));
	cr_expect(strstr(print_plan(), "\n\tpid file\n"));
}
