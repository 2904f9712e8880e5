/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a mount of type cgroup shows. That real directories are opened needs root; how they are
 * mounted is in test_mount.c.
 */
#include "cgroup_live.h"

#include <sched.h>
#include <sys/stat.h>

#include "libcontainer/rootfs/cgroups.h"

Test(cgroups, links)
{
	const char *links[CGROUP_HIERARCHIES_MAX][2];

	prepare(hybrid, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_assert_eq(cgroups_links(&plan, links, CGROUP_HIERARCHIES_MAX), 2);
	cr_expect_str_eq(links[0][0], "cpu");
	cr_expect_str_eq(links[0][1], "cpu,cpuacct");
	cr_expect_str_eq(links[1][0], "cpuacct");
	cr_expect_str_eq(links[1][1], "cpu,cpuacct");
	cr_expect_eq(cgroups_links(&plan, links, 1), 1);
	prepare(v2, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cr_expect_eq(cgroups_links(&plan, links, CGROUP_HIERARCHIES_MAX), 0);
}

static struct hierarchies chosen;

static void choose(struct hierarchies hierarchies)
{
	begin();
	chosen = hierarchies;
	if (chosen.count == 0)
		cr_skip_test("there are no such hierarchies");
}

static void begin_v1(void)
{
	choose(select_hierarchies(false));
}

static void begin_hybrid(void)
{
	choose(real_hierarchies());
	if (chosen.count == 1 || !hierarchies_unified(&chosen))
		cr_skip_test("no hierarchy of cgroup2 beside those of v1");
}

static void begin_v2(void)
{
	choose(select_hierarchies(true));
}

static void expect_same(int source, const struct hierarchy *hierarchy, const char *where)
{
	_close_ int own = tree_open(hierarchy, where, &err);
	struct stat one, other;

	cr_assert_eq(fstat(source, &one), 0);
	cr_assert_eq(fstat(own, &other), 0);
	cr_expect_eq(one.st_ino, other.st_ino);
}

static void expect_every_one(void)
{
	struct cgroup_sources sources = {0};

	create_container(chosen, "");
	cgroups_list(&plan, false, &sources);
	cr_assert_eq(cgroups_open(&plan, &sources, &err), 0, "%s", err.text);
	cr_assert_eq(sources.count, chosen.count);
	for (size_t i = 0; i < chosen.count; i++) {
		_close_ int source = sources.at[i];

		cr_expect(strstr(chosen.at[i].mount, sources.names[i]));
		cr_expect_null(strchr(sources.names[i], '/'));
		expect_same(source, &chosen.at[i], plan.cgroup.at.path);
	}
}

Test(cgroups, of_v1, .init = begin_v1, .fini = end)
{
	expect_every_one();
}

Test(cgroups, of_hybrid, .init = begin_hybrid, .fini = end)
{
	expect_every_one();
}

static void expect_source(const char *where)
{
	struct cgroup_sources sources = {0};
	_close_ int source = -1;

	cgroups_list(&plan, false, &sources);
	cr_assert_eq(cgroups_open(&plan, &sources, &err), 0, "%s", err.text);
	cr_assert_eq(sources.count, 1);
	source = sources.at[0];
	cr_expect_str_eq(sources.names[0], "");
	expect_same(source, &chosen.at[0], where);
}

Test(cgroups, of_v2, .init = begin_v2, .fini = end)
{
	create_container(chosen, "");
	expect_source("/");
	plan.namespaces.unshare_flags = CLONE_NEWCGROUP;
	expect_source(plan.cgroup.at.path);
	plan.namespaces.unshare_flags = 0;
	plan.namespaces.joins = 1u << NAMESPACE_CGROUP;
	expect_source(plan.cgroup.at.path);
}

Test(cgroups, unified_alone_beside_v1)
{
	struct cgroup_sources sources = {0};

	prepare(hybrid, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cgroups_list(&plan, true, &sources);
	cr_assert_eq(sources.count, 1);
	cr_expect(sources.hierarchies[0]->unified);
	cr_expect_str_eq(sources.names[0], "");
}

Test(cgroups, without_a_cgroup)
{
	struct cgroup_sources sources = {0};

	prepare(none, "");
	cr_assert_eq(cgroup_plan(&plan, &err), 0);
	cgroups_list(&plan, false, &sources);
	cr_expect_eq(sources.count, 0);
	cr_expect_not(cgroups_are_callers(&plan));
}
