/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories of a hierarchy: made, opened and removed. What has to do with real ones needs root.
 */
#include "cgroup_live.h"

#include <sys/stat.h>

Test(tree, ancestors)
{
	struct ancestor ancestor = {.path = "/a/bc/d"};

	cr_assert(ancestor_next(&ancestor));
	cr_expect_str_eq(ancestor.name, "/");
	cr_assert(ancestor_next(&ancestor));
	cr_expect_str_eq(ancestor.name, "/a");
	cr_assert(ancestor_next(&ancestor));
	cr_expect_str_eq(ancestor.name, "/a/bc");
	cr_expect_not(ancestor_next(&ancestor));
	ancestor = (struct ancestor){.path = "/a"};
	cr_assert(ancestor_next(&ancestor));
	cr_expect_str_eq(ancestor.name, "/");
	cr_expect_not(ancestor_next(&ancestor));
}

/* What mountinfo told may be covered by something else meanwhile. */
Test(tree, something_else_is_mounted)
{
	struct hierarchy wrong = {.controllers = "", .mount = "/tmp", .unified = true};

	EXPECT_ERROR(tree_open(&wrong, "/a", &err), ENODEV, "/tmp: something else is mounted");
	wrong.mount = "/nonexistent";
	EXPECT_ERROR(tree_make(&wrong, "/a", &err), ENOENT, "/nonexistent");
}

TestSuite(tree_live, .init = begin_everywhere, .fini = end);

Test(tree_live, makes_and_removes)
{
	char below[300];

	snprintf(below, sizeof below, "%s/a/b", path);
	FOR_EACH(hierarchy)
	{
		_close_ int directory = -1, again = -1;

		EXPECT_ERROR(tree_open(hierarchy, below, &err), ENOENT, below);
		directory = tree_make(hierarchy, below, &err);
		cr_assert_geq(directory, 0, "%s", err.text);
		/* It may be there already. */
		again = tree_make(hierarchy, below, &err);
		cr_assert_geq(again, 0, "%s", err.text);
		cr_expect_eq(tree_remove(hierarchy, path, 0, &err), 0, "%s", err.text);
		cr_expect_not(exists(hierarchy, path));
		cr_expect_eq(tree_remove(hierarchy, path, 0, &err), 0, "%s", err.text);
	}
}

static const char *below(const char *name)
{
	return arena_printf(&arena, "%s/%s", path, name);
}

static void make(const struct hierarchy *hierarchy, const char *name)
{
	_close_ int directory = tree_make(hierarchy, name, &err);

	cr_assert_geq(directory, 0, "%s", err.text);
}

/* As somebody else does it. */
static void make_by_hand(const struct hierarchy *hierarchy, const char *name)
{
	_close_ int mount = tree_open(hierarchy, "/", &err);

	cr_assert_eq(mkdirat(mount, name + 1, 0755), 0, "%s: %s", name, strerror(errno));
}

Test(tree_live, parents_go_with_the_last_child)
{
	FOR_EACH(hierarchy)
	{
		make(hierarchy, below("a/b/c"));
		make(hierarchy, below("a/d"));
		cr_expect_eq(tree_remove(hierarchy, below("a/b/c"), 0, &err), 0, "%s", err.text);
		cr_expect_not(exists(hierarchy, below("a/b")));
		cr_expect(exists(hierarchy, below("a/d")));
		cr_expect_eq(tree_remove(hierarchy, below("a/d"), 0, &err), 0, "%s", err.text);
		cr_expect_not(exists(hierarchy, path));
	}
}

/* Also those that a creator left which was killed before it had made the child. */
Test(tree_live, parents_go_though_the_child_is_missing)
{
	const struct hierarchy *hierarchy = &host.hierarchies.at[0];
	_close_ int mount = tree_open(hierarchy, "/", &err);

	make(hierarchy, below("a/b"));
	cr_assert_eq(unlinkat(mount, below("a/b") + 1, AT_REMOVEDIR), 0);
	cr_expect_eq(tree_remove(hierarchy, below("a/b"), 0, &err), 0, "%s", err.text);
	cr_expect_not(exists(hierarchy, path));
}

Test(tree_live, parents_of_others_stay)
{
	FOR_EACH(hierarchy)
	{
		/* What is asked for itself is no parent that goes with its last child. */
		make(hierarchy, path);
		make(hierarchy, below("a/b"));
		cr_expect_eq(tree_remove(hierarchy, below("a/b"), 0, &err), 0, "%s", err.text);
		cr_expect_not(exists(hierarchy, below("a")));
		cr_expect(exists(hierarchy, path));
		make_by_hand(hierarchy, below("a"));
		make(hierarchy, below("a/b/c"));
		cr_expect_eq(tree_remove(hierarchy, below("a/b/c"), 0, &err), 0, "%s", err.text);
		cr_expect_not(exists(hierarchy, below("a/b")));
		cr_expect(exists(hierarchy, below("a")));
	}
}

/* A container may nest as it likes; descriptors are limited. */
Test(tree_live, removes_wide_and_deep)
{
	const struct hierarchy *hierarchy = &host.hierarchies.at[0];
	_close_ int at = tree_make(hierarchy, path, &err);

	cr_assert_geq(at, 0, "%s", err.text);
	for (int depth = 0; depth < 300; depth++) {
		int next;

		cr_assert_eq(mkdirat(at, ".hidden", 0755), 0);
		cr_assert_eq(mkdirat(at, "x", 0755), 0, "%d: %s", depth, strerror(errno));
		next = openat(at, "x", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
		cr_assert_geq(at, 0);
	}
	cr_expect_eq(tree_remove(hierarchy, path, 0, &err), 0, "%s", err.text);
	cr_expect_not(exists(hierarchy, path));
}

/* A busy one is removed as soon as it can be. */
Test(tree_live, waits_for_the_last_process)
{
	const struct hierarchy *hierarchy = enterable();
	_close_ int top = tree_make(hierarchy, path, &err);
	char text[16];
	pid_t pid, killer;

	pid = spawn(wait_forever);
	snprintf(text, sizeof text, "%d", (int)pid);
	cr_assert_eq(io_write_file(top, "cgroup.procs", text, &err), 0);
	killer = fork();
	if (killer == 0) {
		clock_sleep_ms(100);
		_exit(kill(pid, SIGKILL));
	}
	cr_expect_eq(tree_remove(hierarchy, path, 5000, &err), 0, "%s", err.text);
	cr_expect_eq(status_of(killer), 0);
	cr_expect_eq(status_of(pid), 128 + SIGKILL);
}
