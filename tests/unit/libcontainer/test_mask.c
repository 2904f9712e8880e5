/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Masked and read-only paths. Needs root.
 */
#include <sys/statvfs.h>

#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(mask_plan, .init = fixture_init, .fini = fixture_finish);
TestSuite(mask, .init = fixture_init, .fini = fixture_finish);

#define SET(list, ...) list = (struct strings)STRINGS(__VA_ARGS__)

Test(mask_plan, refuses)
{
	SET(linux_config.maskedPaths, "/proc/kcore", "proc/keys");
	FAILS(mask_plan(&plan, &err), EINVAL, "linux.maskedPaths[1]: proc/keys: must be absolute");
	linux_config.maskedPaths.count = 0;
	SET(linux_config.readonlyPaths, "/x/..");
	FAILS(mask_plan(&plan, &err), EINVAL, "linux.readonlyPaths[0]: must not be /");
}

static void expect_null(const char *path)
{
	struct stat status = stat_in_tree(path);

	cr_expect(S_ISCHR(status.st_mode), "%s", path);
	cr_expect_eq(status.st_rdev, makedev(1, 3), "%s", path);
}

static void expect_empty(const char *path)
{
	cr_expect_not(is_writable(path), "%s", path);
	/* A directory of a tmpfs with nothing in it has no subdirectory. */
	cr_expect_eq(statfs_in_tree(path).f_type, 0x01021994, "%s", path);
	cr_expect_eq(statfs_in_tree(path).f_ffree, 0, "%s", path);
	cr_expect_eq(stat_in_tree(path).st_nlink, 2, "%s", path);
}

ROOTFS_TEST(mask, hides_files_and_directories)
{
	_close_ int null = -1;

	MOUNTS({.destination = "/proc", .type = "proc"}, {.destination = "/sys", .type = "sysfs"});
	DO(mkdir("secrets", 0755));
	put_file("secrets/key", "secret");
	put_file("file", "secret");
	DO(symlink("/secrets", "link"));
	SET(linux_config.maskedPaths, "/proc/timer_list", "/proc/fs", "/sys/kernel", "/secrets/key",
	    "/secrets", "/file", "/file", "/nowhere", "/file/below", "/link");
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	STEP(devices_make.run(&creation, &err));
	STEP(mask_paths.run(&creation, &err));
	expect_null("/file");
	expect_empty("/proc/fs");
	expect_empty("/sys/kernel");
	expect_empty("/secrets");
	cr_expect_eq(in_tree("/secrets/key", O_PATH), -ENOENT);
	null = in_tree("/file", O_RDWR);
	DO(null);
	cr_expect_eq(write(null, "x", 1), 1);
	cr_expect_eq(read(null, &(char){0}, 1), 0);
	DO(access("/mnt/bundle/rootfs/secrets/key", F_OK));
	DO(access("/etc", F_OK));
}

/* What an image has in the place of the null device masks nothing (CVE-2025-31133). */
ROOTFS_TEST(mask, refuses_what_is_not_the_null_device)
{
	DO(mkdir("dev", 0755));
	put_file("sysctl", "1");
	DO(symlink("/sysctl", "dev/null"));
	put_file("file", "secret");
	SET(linux_config.maskedPaths, "/file");
	fixture_open();
	FAILS(mask_paths.run(&creation, &err), ELOOP,
	      "linux.maskedPaths[0]: /file: /dev/null: must not be, or lead through, a symbolic "
	      "link");
	DO(unlink("dev/null"));
	put_file("dev/null", "");
	FAILS(mask_paths.run(&creation, &err), EINVAL,
	      "linux.maskedPaths[0]: /file: /dev/null: is not the null device");
}

ROOTFS_TEST(mask, failures_are_fatal)
{
	DO(symlink("loop", "loop"));
	SET(linux_config.maskedPaths, "/nowhere", "/loop");
	SET(linux_config.readonlyPaths, "/loop/x");
	fixture_open();
	FAILS(mask_paths.run(&creation, &err), ELOOP,
	      "linux.maskedPaths[1]: /loop: too many links, or a magic link");
	FAILS(mask_readonly.run(&creation, &err), ELOOP,
	      "linux.readonlyPaths[0]: /loop/x: too many links, or a magic link");
}

ROOTFS_TEST(mask, readonly_keeps_flags_and_reaches_below)
{
	DO(mkdir("tree", 0755));
	put_file("file", "text");
	MOUNTS({.destination = "/proc",
		.type = "proc",
		.options.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC},
	       {.destination = "/tree/below", .type = "tmpfs"});
	SET(linux_config.readonlyPaths, "/proc/sys", "/tree", "/file", "/nowhere");
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	STEP(mask_readonly.run(&creation, &err));
	cr_expect_eq(statfs_in_tree("/proc/sys").f_flags &
			     (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC),
		     ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
	cr_expect_eq(statfs_in_tree("/proc").f_flags & ST_RDONLY, 0);
	cr_expect_eq(in_tree("/proc/sys/kernel/domainname", O_WRONLY), -EROFS);
	cr_expect_not(is_writable("/tree"));
	cr_expect_not(is_writable("/tree/below"));
	cr_expect_eq(in_tree("/file", O_WRONLY), -EROFS);
	cr_expect(is_writable("/"));
	expect_text("/file", "text");
}

ROOTFS_TEST(mask, masks_below_readonly_paths_stay)
{
	DO(mkdir("tree", 0755));
	put_file("tree/file", "secret");
	SET(linux_config.maskedPaths, "/tree/file");
	SET(linux_config.readonlyPaths, "/tree");
	fixture_open();
	STEP(devices_make.run(&creation, &err));
	STEP(mask_paths.run(&creation, &err));
	STEP(mask_readonly.run(&creation, &err));
	expect_null("/tree/file");
	cr_expect_not(is_writable("/tree"));
}
