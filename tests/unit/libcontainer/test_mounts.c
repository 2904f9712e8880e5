/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of mounts: the order that their security rests on; and in which state of a container
 * they refuse. What really mounts is in tests/integration/test_running_mounts.py.
 */
#include "libcontainer/mounts.h"

#include "libcontainer/process/answer.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/procfs.h"
#include "libcontainer/rootfs/running.h"

#include "tests/unit/libcontainer/record_fixture.h"
#include "tests/unit/libcontainer/table_fixture.h"

static const struct step_table *const tables[] = {&mounts_add_host, &mounts_add_child,
						  &mounts_remove_host, &mounts_remove_child};

Test(mounts_tables, every_row_has_a_name_and_does_something)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		table_expect_steps(tables[i]);
		table_expect_nothing_undone(tables[i]);
	}
}

/* Guarded first; nothing of the host but what is meant for the container when it is joined. */
Test(mounts_tables, order_of_joining)
{
	const struct step_table *const children[] = {&mounts_add_child, &mounts_remove_child};

	for (size_t i = 0; i < 2; i++) {
		cr_expect_eq(children[i]->rows[0].step, &birth_begin);
		EXPECT_ORDER(children[i], &birth_begin, &procfs_open_own_descriptors,
			     &descriptors_keep_sources, &namespaces_join_process, &running_root);
		cr_expect_eq(table_last(children[i], 0)->step, &answer_end);
	}
}

Test(mounts_tables, sources_are_the_callers)
{
	const struct step_table *child = &mounts_add_child;
	size_t sources = table_find(child, 0, &rootfs_open_sources_by_child);

	cr_expect_lt(table_find(&mounts_add_host, 0, &rootfs_open_sources_by_host),
		     mounts_add_host.count);
	cr_expect_lt(table_find(child, 0, &namespaces_join_user), sources);
	cr_expect_lt(sources, table_find(child, 0, &namespaces_join_process));
	cr_expect_eq(table_find(&mounts_remove_child, 0, &rootfs_open_sources_by_child),
		     mounts_remove_child.count);
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
