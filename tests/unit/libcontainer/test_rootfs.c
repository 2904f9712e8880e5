/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root filesystem as a tree: opened, shut off from the host, sealed. Needs root. Its plan and
 * what is seen from inside are in test_pivot.c, the mounts in test_mount.c.
 */
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(rootfs, .init = fixture_init, .fini = fixture_finish);

#define BIND                                                                                       \
	{                                                                                          \
		.mode = MOUNT_MODE_BIND                                                            \
	}

static const char *print(void (*printer)(const struct plan *plan, FILE *out))
{
	char *text = NULL;
	const char *kept;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	printer(&plan, out);
	fclose(out);
	kept = arena_strdup(&arena, text);
	free(text);
	return kept;
}

static bool is_readonly(const char *path)
{
	struct statvfs status;
	_close_ int file = in_tree(path, O_PATH);

	cr_assert_geq(file, 0, "%s", err.text);
	DO(fstatvfs(file, &status));
	return status.f_flag & ST_RDONLY;
}

Test(rootfs, is_printed)
{
	STEP(fixture_plan());
	cr_expect_str_eq(print(rootfs_open.print), "\t\t/mnt/bundle/rootfs  private\n");
	options.ephemeral = true;
	linux_config.rootfsPropagation = &(const uint64_t){MS_SLAVE | MS_REC};
	STEP(fixture_plan());
	cr_expect_str_eq(print(rootfs_open.print), "\t\t/mnt/bundle/rootfs  slave  ephemeral\n");
}

/*
 * Sources
 */

Test(rootfs, sources_are_opened_where_there_are_some)
{
	STEP(fixture_plan());
	cr_expect_not(step_is_planned(&rootfs_open_sources, &plan));
	MOUNTS({.destination = "/t", .type = "tmpfs"});
	STEP(fixture_plan());
	cr_expect_not(step_is_planned(&rootfs_open_sources, &plan));
	MOUNTS({.destination = "/t", .type = "tmpfs"},
	       {.destination = "/b", .source = "/mnt/outside", .options = BIND});
	STEP(fixture_plan());
	cr_expect(step_is_planned(&rootfs_open_sources, &plan));
	cr_expect_str_eq(print(rootfs_open_sources.print), "\t\t/mnt/outside\n");
	STEP(rootfs_open_sources.run(&creation, &err));
	cr_assert_eq(creation.rootfs.count, 2);
	cr_expect_eq(creation.rootfs.sources[0], -1);
	cr_expect_geq(creation.rootfs.sources[1], 0);
	cr_expect_eq(fcntl(creation.rootfs.sources[1], F_GETFD), FD_CLOEXEC);
}

/* Whatever comes after it has no descriptor: all that is there is closed by number. */
Test(rootfs, sources_up_to_the_one_that_fails)
{
	MOUNTS({.destination = "/a", .source = "/mnt/outside", .options = BIND},
	       {.destination = "/b", .source = "none", .options = BIND},
	       {.destination = "/c", .source = "/mnt/outside", .options = BIND});
	STEP(fixture_plan());
	FAILS(rootfs_open_sources.run(&creation, &err), ENOENT,
	      "mounts[1]: /b: source /mnt/bundle/none: No such file or directory");
	cr_assert_eq(creation.rootfs.count, 3);
	cr_expect_geq(creation.rootfs.sources[0], 0);
	cr_expect_lt(creation.rootfs.sources[1], 0);
	cr_expect_eq(creation.rootfs.sources[2], -1);
}

/*
 * The tree
 */

ROOTFS_TEST(rootfs, has_the_mounts_below_its_path)
{
	DO(mkdir("sub", 0755));
	DO(mount("tmpfs", "sub", "tmpfs", 0, NULL));
	DO(mkdir("sub/deep", 0755));
	fixture_open();
	cr_expect_eq(fcntl(creation.rootfs.tree, F_GETFD), FD_CLOEXEC);
	cr_expect(S_ISDIR(stat_in_tree("/sub/deep").st_mode));
	cr_expect_eq(creation.rootfs.attached, !host.detached_mounts);
	STEP(rootfs_attach(&creation, &err));
	cr_expect(creation.rootfs.attached);
	STEP(rootfs_attach(&creation, &err));
}

/* As init: in a mount namespace of its own, which is a copy of the host's. */
static int mount_into_the_tree(void)
{
	_close_ int target = -1, context = fsopen("tmpfs", FSOPEN_CLOEXEC), tmpfs = -1;

	if (unshare(CLONE_NEWNS) < 0 || rootfs_open.run(&creation, &err) < 0)
		return 1;
	target = in_tree("/sub", O_PATH);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return 2;
	tmpfs = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (tmpfs < 0 || mkdirat(tmpfs, "inside", 0755) < 0)
		return 3;
	if (move_mount(tmpfs, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
	    0)
		return 4;
	return faccessat(creation.rootfs.tree, "sub/inside", F_OK, 0) < 0 ? 5 : 0;
}

/* Whatever is mounted into it stays in it, though all mounts of the host are shared. */
ROOTFS_TEST(rootfs, is_shut_off_from_the_host)
{
	int status = -1;
	pid_t pid;

	DO(mount(NULL, "/mnt", NULL, MS_SHARED | MS_REC, NULL));
	DO(mkdir("sub", 0755));
	STEP(fixture_plan());
	STEP(rootfs_open_sources.run(&creation, &err));
	pid = fork();
	DO(pid);
	if (pid == 0)
		_exit(mount_into_the_tree());
	DO(waitpid(pid, &status, 0));
	cr_expect_eq(status, 0, "%d", WEXITSTATUS(status));
	cr_expect_eq(access("/mnt/bundle/rootfs/sub/inside", F_OK), -1);
}

ROOTFS_TEST(rootfs, of_an_ephemeral_container_is_written_elsewhere)
{
	options.ephemeral = true;
	put_file("file", "old");
	fixture_open();
	expect_text("/file", "old");
	cr_expect(is_writable("/"));
	DO(mkdirat(creation.rootfs.tree, "new", 0755));
	cr_expect_eq(access("/mnt/bundle/rootfs/new", F_OK), -1);
}

ROOTFS_TEST(rootfs, that_has_gone)
{
	STEP(fixture_plan());
	STEP(rootfs_open_sources.run(&creation, &err));
	DO(chdir("/"));
	DO(rmdir("/mnt/bundle/rootfs"));
	FAILS(rootfs_open.run(&creation, &err), ENOENT,
	      "/mnt/bundle/rootfs: open_tree: No such file or directory");
	cr_expect_eq(creation.rootfs.tree, -1);
}

/* In a chroot there is no mount that could be kept from the host. */
ROOTFS_TEST(rootfs, not_from_a_chroot)
{
	_close_ int outside = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	DO(mkdir("/mnt/outside/rootfs", 0755));
	DO(chroot("/mnt/outside"));
	DO(chdir("/"));
	plan.bundle = "/";
	STEP(fixture_plan());
	FAILS(rootfs_open.run(&creation, &err), EINVAL, "/ is not the root of a mount (chroot)");
	/* The leak checker wants /proc at the end. */
	DO(fchdir(outside));
	DO(chroot("."));
}

/*
 * Sealing
 */

ROOTFS_TEST(rootfs, is_sealed_alone)
{
	root.readonly = true;
	MOUNTS({.destination = "/t", .type = "tmpfs"});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect(rootfs_seal.when(&plan));
	cr_expect_str_eq(print(rootfs_seal.print), "\t\t/\n");
	STEP(rootfs_seal.run(&creation, &err));
	cr_expect(is_readonly("/"));
	cr_expect_not(is_writable("/"));
	cr_expect(is_writable("/t"));
	/* It is the mount that is read-only, not what the host has there. */
	DO(mkdir("/mnt/bundle/rootfs/still", 0755));
}

/* /dev is made read-only when everything in it is made. */
ROOTFS_TEST(rootfs, late_mounts_are_sealed)
{
	MOUNTS({.destination = "/dev", .type = "tmpfs", .options = {.set = MOUNT_ATTR_RDONLY}},
	       {.destination = "/t", .type = "tmpfs"});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect(rootfs_seal.when(&plan));
	cr_expect_str_eq(print(rootfs_seal.print), "\t\t/dev\n");
	cr_expect(is_writable("/dev"));
	STEP(rootfs_seal.run(&creation, &err));
	cr_expect(is_readonly("/dev"));
	cr_expect_not(is_readonly("/"));
	cr_expect_not(is_readonly("/t"));
}

Test(rootfs, nothing_is_sealed_that_nobody_asked_for)
{
	MOUNTS({.destination = "/t", .type = "tmpfs", .options = {.set = MOUNT_ATTR_RDONLY}});
	STEP(fixture_plan());
	cr_expect_not(rootfs_seal.when(&plan));
	cr_expect_str_eq(print(rootfs_seal.print), "");
}
