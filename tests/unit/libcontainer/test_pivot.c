/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Planning the root filesystem, sealing it and entering it. Needs root. What pivots is a process of
 * its own, which tells by its exit status what it saw.
 */
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(rootfs_plan, .init = fixture_init, .fini = fixture_finish);
TestSuite(pivot, .init = fixture_init, .fini = fixture_finish);

static int plan_root(void)
{
	fixture_read_host();
	return rootfs_plan(&plan, &err);
}

Test(rootfs_plan, relative_to_the_bundle)
{
	STEP(plan_root());
	cr_expect_str_eq(plan.rootfs.path, "/mnt/bundle/rootfs");
	cr_expect_eq(plan.rootfs.propagation, MS_PRIVATE | MS_REC);
	DO(symlink("rootfs", "/mnt/bundle/link"));
	root.path = "/mnt/bundle/link/";
	linux_config.rootfsPropagation = &(const uint64_t){MS_SHARED};
	STEP(plan_root());
	cr_expect_str_eq(plan.rootfs.path, "/mnt/bundle/rootfs");
	cr_expect_eq(plan.rootfs.propagation, MS_SHARED);
}

Test(rootfs_plan, must_be_a_directory)
{
	root.path = "none";
	FAILS(plan_root(), ENOENT, "root.path: /mnt/bundle/none: No such file or directory");
	put_file("/mnt/bundle/file", "");
	root.path = "/mnt/bundle/file";
	FAILS(plan_root(), ENOTDIR, "root.path: /mnt/bundle/file: Not a directory");
	config.root = NULL;
	FAILS(plan_root(), EINVAL, "root.path: missing");
}

/* In the child: everything up to pivot, then a look around. Each failure has a number of its own.
 */
static int enter(int (*look)(void))
{
	const struct step *const steps[] = {
		&mount_all, &devices_make, &mask_paths, &mask_readonly, &rootfs_seal, &pivot_enter,
	};

	if (unshare(CLONE_NEWNS) < 0 || rootfs_open.run(&creation, &err) < 0)
		return 100;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i]->run(&creation, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			return 101 + (int)i;
		}
	if (creation.rootfs.tree != -1)
		return 110;
	return look();
}

static int run_inside(int (*look)(void))
{
	int status = -1;
	pid_t pid;

	STEP(fixture_plan());
	STEP(rootfs_open_sources.run(&creation, &err));
	pid = fork();
	if (pid == 0)
		_exit(enter(look));
	DO(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* How many mounts the container sees, and how many of those are not its own. */
static int count_mounts(int *foreign)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[1024];
	int count = 0;

	if (!file)
		return -1;
	*foreign = 0;
	for (; fgets(line, sizeof line, file); count++)
		*foreign += strstr(line, "/mnt/bundle") || strstr(line, " /sys ") ||
			    strstr(line, "shared:") || strstr(line, "master:");
	fclose(file);
	return count;
}

static int look_for_mounts(void)
{
	char directory[64];
	int foreign;

	/* The root, /proc and /dev. */
	if (count_mounts(&foreign) != 3 || foreign != 0)
		return 1;
	if (!getcwd(directory, sizeof directory) || strcmp(directory, "/") != 0)
		return 2;
	if (access("/etc/container", F_OK) < 0 || access("/mnt/outside", F_OK) == 0)
		return 3;
	if (access("/../../etc/container", F_OK) < 0)
		return 4;
	return 0;
}

#define PROC_AND_DEV                                                                               \
	{.destination = "/proc", .type = "proc"},                                                  \
	{                                                                                          \
		.destination = "/dev", .type = "tmpfs", .options = {                               \
			.set = MOUNT_ATTR_RDONLY,                                                  \
			.data = STRINGS("mode=755")                                                \
		}                                                                                  \
	}

ROOTFS_TEST(pivot, only_the_containers_mounts_are_left)
{
	DO(mkdir("etc", 0755));
	put_file("etc/container", "");
	MOUNTS(PROC_AND_DEV);
	cr_expect_eq(run_inside(look_for_mounts), 0);
	/* The host has noticed nothing. */
	DO(access("/mnt/outside", F_OK));
	DO(access("/proc/self", F_OK));
	cr_expect_eq(access("/mnt/bundle/rootfs/proc/self", F_OK), -1);
}

static int look_for_propagation(void)
{
	struct statx status;

	if (statx(AT_FDCWD, "/", 0, 0, &status) < 0 ||
	    !(status.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return 1;
	/* A mount made now must not reach the host. */
	return mount("tmpfs", "/etc", "tmpfs", 0, NULL) < 0 || mkdir("/etc/inside", 0755) < 0;
}

/* Even when every mount of the host is shared. */
ROOTFS_TEST(pivot, nothing_propagates_to_the_host)
{
	DO(mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL));
	DO(mkdir("etc", 0755));
	MOUNTS(PROC_AND_DEV);
	cr_expect_eq(run_inside(look_for_propagation), 0);
	cr_expect_eq(access("/mnt/bundle/rootfs/etc/inside", F_OK), -1);
	cr_expect_eq(access("/mnt/bundle/rootfs/proc/self", F_OK), -1);
	DO(access("/mnt/outside", F_OK));
	DO(access("/proc/self", F_OK));
	DO(access("/dev/null", F_OK));
}

static int count_shared(void)
{
	int foreign;

	count_mounts(&foreign);
	return foreign;
}

ROOTFS_TEST(pivot, propagation_of_the_root)
{
	DO(mount(NULL, "/mnt", NULL, MS_SHARED, NULL));
	MOUNTS(PROC_AND_DEV);
	cr_expect_eq(run_inside(count_shared), 0, "private");
	linux_config.rootfsPropagation = &(const uint64_t){MS_SHARED};
	cr_expect_eq(run_inside(count_shared), 1, "shared");
	linux_config.rootfsPropagation = &(const uint64_t){MS_SHARED | MS_REC};
	cr_expect_eq(run_inside(count_shared), 3, "shared, recursive");
	linux_config.rootfsPropagation = &(const uint64_t){MS_SLAVE};
	cr_expect_eq(run_inside(count_shared), 1, "slave");
	linux_config.rootfsPropagation = &(const uint64_t){MS_UNBINDABLE};
	cr_expect_eq(run_inside(count_shared), 0, "unbindable");
}

static int look_for_readonly(void)
{
	struct statvfs status;

	if (statvfs("/", &status) < 0 || !(status.f_flag & ST_RDONLY) ||
	    !(status.f_flag & ST_NODEV))
		return 1;
	if (mkdir("/x", 0755) == 0 || errno != EROFS)
		return 2;
	if (mkdir("/dev/x", 0755) == 0 || errno != EROFS)
		return 3;
	return mkdir("/tmp/x", 0755) < 0 ? 4 : 0;
}

ROOTFS_TEST(pivot, readonly_root_keeps_flags_and_mounts_below)
{
	root.readonly = true;
	DO(mount("tmpfs", "/mnt/bundle/rootfs", "tmpfs", MS_NODEV, NULL));
	MOUNTS(PROC_AND_DEV, {.destination = "/tmp", .type = "tmpfs"});
	cr_expect(rootfs_seal.when(&plan));
	cr_expect_eq(run_inside(look_for_readonly), 0);
	/* The host's mount has not become read-only. */
	DO(mkdir("/mnt/bundle/rootfs/writable", 0755));
}

static int look_without_pivot(void)
{
	if (access("/etc/container", F_OK) < 0 || access("/mnt/outside", F_OK) == 0)
		return 1;
	if (access("/../../etc/container", F_OK) < 0)
		return 2;
	/* The classic way out of a chroot ends at the container's root, which covers the host's. */
	if (mkdir("/jail", 0755) < 0 || chroot("/jail") < 0)
		return 3;
	for (int i = 0; i < 32; i++)
		if (chdir("..") < 0)
			return 4;
	if (chroot(".") < 0)
		return 5;
	return access("/mnt/outside", F_OK) == 0 || access("/etc/container", F_OK) < 0 ? 6 : 0;
}

ROOTFS_TEST(pivot, no_pivot)
{
	options.no_pivot = true;
	DO(mkdir("etc", 0755));
	put_file("etc/container", "");
	MOUNTS(PROC_AND_DEV);
	cr_expect_eq(run_inside(look_without_pivot), 0);
	DO(access("/proc/self", F_OK));
}

static int look_at_overlay(void)
{
	struct statfs status;

	if (statfs("/", &status) < 0 || status.f_type != 0x794c7630)
		return 1;
	if (mkdir("/etc/kist", 0755) < 0)
		return 2;
	return look_for_readonly() == 1 ? 0 : 3;
}

ROOTFS_TEST(pivot, ephemeral_root_of_the_host)
{
	options.ephemeral = true;
	root.path = "/";
	MOUNTS(PROC_AND_DEV);
	linux_config.maskedPaths = (struct strings)STRINGS("/proc/timer_list", "/proc/fs");
	cr_expect_eq(run_inside(look_at_overlay), 0);
	cr_expect_eq(access("/etc/kist", F_OK), -1);
}

static int look_at_host_tree(void)
{
	return access("/mnt/outside", F_OK) < 0;
}

ROOTFS_TEST(pivot, root_of_the_host)
{
	root.path = "/";
	cr_expect_eq(run_inside(look_at_host_tree), 0);
	DO(access("/mnt/outside", F_OK));
}
