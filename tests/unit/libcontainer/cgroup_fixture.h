/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan for a cgroup, from a piece of config.json and a host written by hand.
 */
#ifndef KIST_TEST_CGROUP_FIXTURE_H
#define KIST_TEST_CGROUP_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/plan.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

static struct arena arena;
static struct host host;
static struct container_options options;
static struct plan plan;
static struct error err;

/* Kinds of hosts. */
static const struct hierarchy v2_at[] = {
	{"cpuset cpu io memory hugetlb pids rdma misc", "/sys/fs/cgroup", true},
};
static const struct hierarchy v1_at[] = {
	{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", false},
	{"cpuset", "/sys/fs/cgroup/cpuset", false},
	{"memory", "/sys/fs/cgroup/memory", false},
	{"devices", "/sys/fs/cgroup/devices", false},
	{"pids", "/sys/fs/cgroup/pids", false},
	{"name=systemd", "/sys/fs/cgroup/systemd", false},
	{"", "/sys/fs/cgroup/unified", true},
};
__attribute__((unused)) static const struct hierarchies none, v2 = {1, v2_at}, v1 = {6, v1_at},
							      hybrid = {7, v1_at};

#define EXPECT_ERROR(call, expected_code, part)                                                    \
	do {                                                                                       \
		cr_expect_eq((call), -(expected_code), #call ": %s", err.text);                    \
		cr_expect(strstr(err.text, part), "\"%s\" lacks \"%s\"", err.text, part);          \
	} while (0)

/* A plan from the members of "linux", not decided yet: "\"cgroupsPath\": \"/a\"". */
__attribute__((unused)) static void prepare(struct hierarchies hierarchies, const char *members)
{
	struct document document;

	arena_finish(&arena);
	document.text = arena_printf(
		&arena,
		"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, \"linux\": {%s}}",
		members);
	document.size = strlen(document.text);
	host.capabilities = 1ULL << CAP_SYS_ADMIN;
	host.hierarchies = hierarchies;
	options.id = "test";
	plan = (struct plan){.host = &host, .options = &options, .arena = &arena};
	cr_assert_eq(config_parse("config.json", &document, &arena, &plan.config, &err), 0, "%s",
		     err.text);
}

/* The same for the members of "linux.resources", and decided. */
__attribute__((unused)) static int plan_resources(struct hierarchies hierarchies,
						  const char *members)
{
	char text[4096];

	snprintf(text, sizeof text, "\"resources\": {%s}", members);
	prepare(hierarchies, text);
	return cgroup_plan(&plan, &err);
}

/* All writes, as "file=text file=text". */
__attribute__((unused)) static const char *writes(void)
{
	const char *all = "";

	for (size_t i = 0; i < plan.cgroup.limits.writes.count; i++)
		all = arena_printf(&arena, "%s%s%s=%s", all, *all ? " " : "",
				   plan.cgroup.limits.writes.at[i].file,
				   plan.cgroup.limits.writes.at[i].text);
	return all;
}

#define EXPECT_WRITES(hierarchies, members, expected)                                              \
	do {                                                                                       \
		cr_expect_eq(plan_resources(hierarchies, members), 0, "%s: %s", members,           \
			     err.text);                                                            \
		cr_expect_str_eq(writes(), expected, "%s", members);                               \
	} while (0)

#endif
