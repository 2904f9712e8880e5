/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ephemeral root filesystem. Needs root.
 */
#include "libcontainer/rootfs/overlay.h"

#include <sys/statvfs.h>

#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(overlay, .init = fixture_init, .fini = fixture_finish);

ROOTFS_TEST(overlay, changes_stay_in_memory)
{
	_close_ int file = -1;

	options.ephemeral = true;
	DO(mkdir("etc", 0755));
	put_file("etc/file", "lower");
	DO(chmod(".", 0751));
	DO(chown(".", 3, 4));
	MOUNTS({.destination = "/etc/new", .type = "tmpfs"});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	STEP(devices_make.run(&creation, &err));
	expect_text("/etc/file", "lower");
	file = in_tree("/etc/file", O_WRONLY | O_TRUNC);
	DO(file);
	DO(write(file, "upper", 5));
	expect_text("/etc/file", "upper");
	cr_expect_eq(stat_in_tree("/").st_mode, S_IFDIR | 0751);
	cr_expect_eq(stat_in_tree("/").st_uid, 3);
	cr_expect_eq(stat_in_tree("/").st_gid, 4);
	cr_expect_eq(stat_in_tree("/dev/null").st_rdev, makedev(1, 3));
	/* The root filesystem itself is as it was. */
	DO(chdir("/mnt/bundle/rootfs"));
	cr_expect_eq(access("dev", F_OK), -1);
	cr_expect_eq(access("etc/new", F_OK), -1);
	creation.rootfs.tree = open(".", O_PATH);
	expect_text("/etc/file", "lower");
}

ROOTFS_TEST(overlay, names_with_separators)
{
	options.ephemeral = true;
	root.path = "/mnt/bundle/a:b,c\\:d=\"e";
	DO(mkdir(root.path, 0755));
	DO(chdir(root.path));
	put_file("file", "text");
	fixture_open();
	expect_text("/file", "text");
	cr_expect(is_writable("/"));
}

ROOTFS_TEST(overlay, keeps_what_the_mount_forbids)
{
	options.ephemeral = true;
	DO(mount("tmpfs", "/mnt/bundle/rootfs", "tmpfs", MS_NOSUID | MS_NODEV, NULL));
	fixture_open();
	cr_expect_eq(statfs_in_tree("/").f_flags & (ST_NOSUID | ST_NODEV | ST_NOEXEC),
		     ST_NOSUID | ST_NODEV);
}

/* Only its own filesystem: what is mounted below does not come along. */
ROOTFS_TEST(overlay, of_the_hosts_root)
{
	options.ephemeral = true;
	root.path = "/";
	MOUNTS({.destination = "/proc", .type = "proc"},
	       {.destination = "/mnt", .type = "tmpfs", .options.set = MOUNT_ATTR_RDONLY});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect_eq(statfs_in_tree("/").f_type, 0x794c7630);
	cr_expect_eq(in_tree("/mnt/bundle", O_PATH), -ENOENT);
	cr_expect_eq(stat_in_tree("/etc").st_uid, 0);
	cr_expect(is_writable("/"));
	/* The stage is empty again, and lookups of the caller go on as ever. */
	DO(access("/mnt/bundle/rootfs", F_OK));
	cr_expect_eq(access("/upper", F_OK), -1);
}
