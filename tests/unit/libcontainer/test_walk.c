/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes in a cgroup and below: found and signalled. Needs root. What is removed from below is
 * in test_tree.c.
 */
#include "cgroup_live.h"

TestSuite(walk, .init = begin_everywhere, .fini = end);

/* Put this very test into a cgroup, and out of it again. */
static void enter(int directory)
{
	cr_assert_eq(io_write_file(directory, "cgroup.procs", "0", &err), 0, "%s", err.text);
}

static void leave(const struct hierarchy *hierarchy)
{
	_close_ int root = tree_open(hierarchy, "/", &err);

	cr_assert_geq(root, 0);
	enter(root);
}

Test(walk, finds_processes_below)
{
	const struct hierarchy *hierarchy = enterable();
	_close_ int top = tree_make(hierarchy, path, &err), first = make_below(hierarchy, "a/b/c"),
		    second = make_below(hierarchy, "d");

	(void)first;
	cr_expect_not(walk_populated(top));
	enter(second);
	cr_expect(walk_populated(top));
	EXPECT_ERROR(tree_remove(hierarchy, path, 20, &err), EBUSY,
		     "container's cgroup is not empty: ");
	leave(hierarchy);
	cr_expect_not(walk_populated(top));
	cr_expect_eq(tree_remove(hierarchy, path, 0, &err), 0, "%s", err.text);
}

/* More processes than are signalled at a time, in several cgroups; each is counted once. */
Test(walk, signals_all)
{
	enum { CHILDREN = 150 };
	const struct hierarchy *hierarchy = enterable();
	_close_ int top = tree_make(hierarchy, path, &err), below = make_below(hierarchy, "a/b");
	pid_t pids[CHILDREN];

	for (int i = 0; i < CHILDREN; i++) {
		char text[16];

		pids[i] = spawn(wait_forever);
		snprintf(text, sizeof text, "%d", (int)pids[i]);
		cr_assert_eq(io_write_file(i % 2 ? top : below, "cgroup.procs", text, &err), 0);
	}
	cr_expect_eq(walk_signal(top, 0), CHILDREN);
	cr_expect_eq(walk_signal(top, SIGTERM), CHILDREN);
	for (int i = 0; i < CHILDREN; i++)
		cr_expect_eq(status_of(pids[i]), 128 + SIGTERM);
	cr_expect_eq(walk_signal(top, SIGTERM), 0);
	cr_expect_eq(tree_remove(hierarchy, path, 1000, &err), 0, "%s", err.text);
}
