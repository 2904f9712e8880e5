/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Claiming an id by its directory, and freeing it again. What acts for another user needs root.
 */
#include "libcontainer/directory.h"

#include <libgen.h>
#include <limits.h>

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(directory, .init = fixture_init, .fini = fixture_finish);

static struct container container;

Test(directory_id, one_file_name)
{
	static const char *const ids[] = {"a", "0", "_", "+", ".a", "...", "a-", "A_b+C.d-9"};
	char longest[NAME_MAX + 1] = "";

	memset(longest, 'x', NAME_MAX);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		cr_expect_eq(directory_check_id(ids[i], &err), 0, "%s", ids[i]);
	cr_expect_eq(directory_check_id(longest, &err), 0);
}

Test(directory_id, anything_else_is_refused)
{
	static const char *const ids[] = {"a/b", "/",   "../x", "a b",  "a\n",
					  "a:b", "a@b", "a*",   "\x7f", "\xc3\xa9"};
	char too_long[NAME_MAX + 2] = "";

	memset(too_long, 'x', NAME_MAX + 1);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		FAILS(directory_check_id(ids[i], &err), EINVAL,
		      "container id: only letters, digits and \"_+.-\" are allowed");
	FAILS(directory_check_id("", &err), EINVAL, "container id: must not be empty");
	FAILS(directory_check_id(".", &err), EINVAL, "container id: \".\" is not allowed");
	FAILS(directory_check_id("..", &err), EINVAL, "container id: \"..\" is not allowed");
	FAILS(directory_check_id("--force", &err), EINVAL, "container id: must not begin with '-'");
	FAILS(directory_check_id(too_long, &err), EINVAL,
	      "container id: 256 bytes are too long, at most 255");
}

Test(directory, is_the_owner_s_alone)
{
	begin_container("web");
	cr_expect_eq(mode_of(AT_FDCWD, root), 0711);
	cr_expect_eq(mode_of(creation.record.directory, "."), 0700);
	cr_expect_eq(mode_of(creation.record.directory, "config.json"), 0600);
	cr_expect_eq(mode_of(creation.record.directory, "record.json"), 0600);
	cr_expect_eq(fcntl(creation.record.directory, F_GETFD), FD_CLOEXEC);
}

Test(directory, keeps_the_configuration_verbatim)
{
	begin_container("web");
	cr_expect_str_eq(get_file("web", "config.json"), document.text);
}

Test(directory, an_id_is_claimed_once)
{
	static const char *const in_use = "container \"web\" already exists: the id is in use";

	STEP(directory_check.run(&creation, &err));
	begin_container("web");
	leave_container();
	FAILS(directory_check.run(&creation, &err), EEXIST, in_use);
	FAILS(directory_claim.run(&creation, &err), EEXIST, in_use);
	cr_expect_eq(creation.record.directory, -1, "the other's would be undone");
	cr_expect_str_eq(get_file("web", "config.json"), document.text);
}

/* mkdir(2) does not follow it, and neither does whoever looks first. */
Test(directory, an_id_whose_name_is_taken_by_something_else)
{
	DO(mkdir(dirname(strdupa(root)), 0700));
	DO(mkdir(root, 0700));
	DO(chdir(root));
	DO(symlink("/nowhere", "web"));
	cr_expect_eq(directory_check.run(&creation, &err), -EEXIST);
	cr_expect_eq(directory_claim.run(&creation, &err), -EEXIST);
	FAILS(container_open(root, "web", &container, &err), ENOTDIR,
	      arena_printf(&arena, "%s/web: Not a directory", root));
}

static void make_root_with_mode(mode_t mode)
{
	DO(mkdir(dirname(strdupa(root)), 0755));
	DO(mkdir(root, 0755));
	DO(chmod(root, mode));
}

Test(directory, a_root_that_everybody_may_write_to)
{
	const char *refusal = arena_printf(&arena, "%s: everybody may write to it", root);

	make_root_with_mode(0777);
	FAILS(directory_claim.run(&creation, &err), EPERM, refusal);
	FAILS(container_open(root, "web", &container, &err), EPERM, refusal);
	DO(chmod(root, 01777));
	STEP(directory_claim.run(&creation, &err));
}

Test(directory, a_root_of_another_user)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	make_root_with_mode(0755);
	DO(chown(root, 1000, 1000));
	FAILS(directory_claim.run(&creation, &err), EPERM,
	      arena_printf(&arena, "%s: belongs to another user (uid 1000)", root));
	cr_expect_eq(container_open(root, "web", &container, &err), -EPERM);
}

Test(directory, a_root_that_cannot_be)
{
	static char too_long[PATH_MAX + 16];

	options.root = "/proc/version";
	FAILS(directory_claim.run(&creation, &err), ENOTDIR, "/proc/version: Not a directory");
	options.root = "/proc/none/x";
	FAILS(directory_claim.run(&creation, &err), ENOENT,
	      "/proc/none: create (choose another --root): No such file or directory");
	memset(too_long, 'x', sizeof too_long - 1);
	too_long[0] = '/';
	options.root = too_long;
	cr_expect_eq(directory_claim.run(&creation, &err), -ENAMETOOLONG);
}

/* Undoing removes what it found, not what the record calls it. */
Test(directory, the_directory_s_name_is_the_id)
{
	make_stopped("web");
	DO(chdir(root));
	DO(rename("web", "other"));
	open_container("other", &container);
	cr_expect_str_eq(container.record.id, "other");
	STEP(directory_undo(&container.record, &err));
	cr_expect_not(is_there("other"));
	container_close(&container);
}

Test(directory, undo_frees_the_id)
{
	make_created("web");
	open_container("web", &container);
	put_file("web", ".record.json.new", "{");
	STEP(directory_undo(&container.record, &err));
	cr_expect_not(is_there("web"));
	STEP(directory_undo(&container.record, &err));
	container_close(&container);
	STEP(directory_claim.run(&creation, &err));
}

Test(directory, undo_of_nothing)
{
	STEP(directory_undo(&creation.record, &err));
}

Test(directory, undo_does_not_remove_what_kist_did_not_make)
{
	make_stopped("web");
	put_file("web", "precious", "x");
	open_container("web", &container);
	FAILS(directory_undo(&container.record, &err), ENOTEMPTY, "rmdir: Directory not empty");
	cr_expect_str_eq(get_file("web", "precious"), "x");
	container_close(&container);
}

/* Two deletes at once, and a create between them: the slower delete must leave it alone. */
Test(directory, undo_leaves_a_new_container_of_the_same_id)
{
	struct record old;

	begin_container("web");
	old = creation.record;
	STEP(directory_undo(&old, &err));
	creation.record.directory = -1;
	STEP(directory_claim.run(&creation, &err));
	STEP(directory_undo(&old, &err));
	close(old.directory);
	cr_expect_eq(faccessat(creation.record.directory, "record.json", F_OK, 0), 0);
	FAILS(directory_claim.run(&creation, &err), EEXIST,
	      "container \"web\" already exists: the id is in use");
}
