/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of mounts: the order that their security rests on; and in which state of a container
 * they refuse. What really mounts is in tests/integration/test_running_mounts.py.
 */
#include "libcontainer/mounts.h"

#include "tests/unit/libcontainer/record_fixture.h"

typedef int step_run(struct creation *creation, struct error *err);

/* Where a step stands; the table's length when it does not. */
static size_t find(const struct mounts_table *table, step_run *run)
{
	size_t i = 0;

	while (i < table->count && table->at[i].run != run)
		i++;
	return i;
}

static size_t find_name(const struct mounts_table *table, const char *name)
{
	size_t i = 0;

	while (i < table->count && strcmp(table->at[i].name, name) != 0)
		i++;
	return i;
}

static const struct mounts_table *const tables[] = {&mounts_add_host, &mounts_add_child,
						    &mounts_remove_host, &mounts_remove_child};

Test(mounts_tables, every_row_has_a_name_and_does_something)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (size_t j = 0; j < tables[i]->count; j++) {
			cr_expect(tables[i]->at[j].name && tables[i]->at[j].run);
			cr_expect_null(tables[i]->at[j].undo,
				       "the container's steps are not theirs");
		}
}

/* Guarded first; nothing of the host but what is meant for the container when it is joined. */
Test(mounts_tables, order_of_joining)
{
	const struct mounts_table *const children[] = {&mounts_add_child, &mounts_remove_child};

	for (size_t i = 0; i < 2; i++) {
		const struct mounts_table *child = children[i];
		size_t join = find(child, namespaces_step_join_process);

		cr_expect_eq(child->at[0].run, self_step_begin);
		cr_assert_lt(join, child->count);
		cr_expect_lt(find_name(child, "descriptors"), find_name(child, "let go"));
		cr_expect_lt(find_name(child, "let go"), join);
		cr_expect_lt(join, find_name(child, "root"));
		cr_expect_lt(find_name(child, "root"), child->count);
	}
}

Test(mounts_tables, sources_are_the_callers)
{
	const struct mounts_table *child = &mounts_add_child;
	size_t sources = find(child, rootfs_step_sources);

	cr_expect_lt(find(&mounts_add_host, rootfs_step_sources), mounts_add_host.count);
	cr_expect_lt(find(child, namespaces_step_join_user), sources);
	cr_expect_lt(sources, find(child, namespaces_step_join_process));
	cr_expect_eq(find(&mounts_remove_child, rootfs_step_sources), mounts_remove_child.count);
}

/*
 * States
 */

TestSuite(mounts, .init = fixture_init, .fini = fixture_finish);

static int add_to(const char *id)
{
	return container_mounts_add(root, id, "/nonexistent", &err);
}

static int remove_from(const char *id)
{
	return container_mounts_remove(root, id, "/nonexistent", &err);
}

Test(mounts, there_must_be_a_container)
{
	FAILS(add_to("none"), ENOENT, "container \"none\" does not exist");
	cr_expect_eq(remove_from("../x"), -EINVAL);
}

Test(mounts, not_of_one_that_has_stopped)
{
	make_stopped("web");
	FAILS(add_to("web"), ESRCH,
	      "cannot add mounts to a stopped container: container not running");
	FAILS(remove_from("web"), ESRCH,
	      "cannot remove mounts from a stopped container: container not running");
}

Test(mounts, not_of_one_that_is_still_being_created)
{
	begin_container("web");
	FAILS(add_to("web"), EAGAIN,
	      "cannot add mounts to a container that is still being created");
	FAILS(remove_from("web"), EAGAIN,
	      "cannot remove mounts from a container that is still being created");
}

static void put_config(const char *id)
{
	put_file(id, "config.json",
		 "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"x\"},\"linux\":{\"namespaces\":["
		 "{\"type\":\"mount\"}]}}");
}

Test(mounts, of_a_file_that_is_there)
{
	make_running("web");
	put_config("web");
	FAILS(add_to("web"), ENOENT, "/nonexistent: No such file or directory");
	cr_expect(init_lives());
}

/* This init is where the test is: what is mounted would be mounted for the host. */
Test(mounts, never_of_the_host)
{
	make_running("web");
	put_config("web");
	put_file("web", "mounts.json", "[{\"destination\":\"/x\",\"type\":\"tmpfs\"}]");
	FAILS(container_mounts_add(root, "web", arena_printf(&arena, "%s/web/mounts.json", root),
				   &err),
	      EINVAL, "init is in the mount namespace of the caller");
	cr_expect(init_lives());
}
