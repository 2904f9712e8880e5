/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A root filesystem to work on and a creation filled by hand, for the tests of libcontainer/rootfs.
 * Needs root. Everything happens on a tmpfs over /mnt in a mount namespace of the test's own
 * process, so nothing is left behind:
 *
 *     /mnt/bundle/rootfs   the root filesystem
 *     /mnt/outside         what no container may reach
 */
#ifndef KIST_TEST_ROOTFS_FIXTURE_H
#define KIST_TEST_ROOTFS_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/rootfs/rootfs.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"
#include "tests/unit/libcontainer/expect.h"

static struct arena arena;
static struct config config;
static struct linux_config linux_config;
static struct root root;
static struct host host;
static struct container_options options;
static struct plan plan;
static struct creation creation;
static struct error err;

/* A test of both ways: on a detached tree (Linux 6.15), and on one in the mount namespace. */
#define ROOTFS_TEST(suite, name)                                                                   \
	static void suite##_##name(void);                                                          \
	Test(suite, name##_detached)                                                               \
	{                                                                                          \
		if (syscall(SYS_open_tree_attr, -1, "", 0, NULL, 1) < 0 && errno == ENOSYS)        \
			cr_skip_test("no mounting onto detached trees before Linux 6.15");         \
		host.detached_mounts = true;                                                       \
		suite##_##name();                                                                  \
	}                                                                                          \
	Test(suite, name##_attached)                                                               \
	{                                                                                          \
		suite##_##name();                                                                  \
	}                                                                                          \
	static void suite##_##name(void)

static inline void fixture_init(void)
{
	umask(0);
	DO(unshare(CLONE_NEWNS));
	DO(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	DO(mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755"));
	DO(mkdir("/mnt/outside", 0755));
	DO(mkdir("/mnt/bundle", 0755));
	DO(mkdir("/mnt/bundle/rootfs", 0755));
	DO(chdir("/mnt/bundle/rootfs"));
	root.path = "rootfs";
	config.root = &root;
	config.linux = &linux_config;
	plan = (struct plan){
		.config = &config,
		.host = &host,
		.options = &options,
		.bundle = "/mnt/bundle",
		.arena = &arena,
	};
	creation = (struct creation){.plan = &plan, .rootfs = {.tree = -1, .overlay = -1}};
}

static inline void fixture_finish(void)
{
	arena_finish(&arena);
}

/* What the plan is about, as it is there. */
static inline void fixture_read_host(void)
{
	STEP(rootfs_read_host(&plan, &host, &err));
	STEP(devices_read_host(&plan, &host, &err));
}

static inline int fixture_plan(void)
{
	int (*const planners[])(struct plan *, struct error *) = {rootfs_plan, mount_plan,
								  devices_plan, mask_plan};

	fixture_read_host();
	plan.idmap.by_host = true;
	plan.namespaces.host_opens = !plan.idmap.planned || plan.namespaces.host_enters;
	for (size_t i = 0; i < sizeof planners / sizeof *planners; i++)
		if (planners[i](&plan, &err) < 0)
			return -err.code;
	return 0;
}

/* Plan, and have the tree open. */
static inline void fixture_open(void)
{
	STEP(fixture_plan());
	STEP(rootfs_open_sources.run(&creation, &err));
	STEP(rootfs_open.run(&creation, &err));
}

/* A file in the container, looked up as the container would; -1 when it is not there. */
static inline int in_tree(const char *path, uint64_t flags)
{
	return path_open(creation.rootfs.tree, path, flags, PATH_LINKS_FOLLOWED, &err);
}

static inline struct stat stat_in_tree(const char *path)
{
	struct stat status = {0};
	_close_ int file = in_tree(path, O_PATH | O_NOFOLLOW);

	cr_assert_geq(file, 0, "%s", err.text);
	DO(fstat(file, &status));
	return status;
}

static inline struct statfs statfs_in_tree(const char *path)
{
	struct statfs status = {0};
	_close_ int file = in_tree(path, O_PATH);

	cr_assert_geq(file, 0, "%s", err.text);
	DO(fstatfs(file, &status));
	return status;
}

/* Write a file of the root filesystem or elsewhere on the host side. */
static inline void put_file(const char *path, const char *text)
{
	_close_ int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	DO(file);
	DO(write(file, text, strlen(text)));
}

static inline void expect_text(const char *path, const char *text)
{
	char found[64] = "";
	_close_ int file = in_tree(path, O_RDONLY);

	cr_assert_geq(file, 0, "%s", err.text);
	DO(read(file, found, sizeof found - 1));
	cr_expect_str_eq(found, text, "%s", path);
}

static inline bool is_writable(const char *directory)
{
	_close_ int parent = in_tree(directory, O_PATH | O_DIRECTORY);

	cr_assert_geq(parent, 0, "%s", err.text);
	return mkdirat(parent, "written", 0700) == 0 &&
	       unlinkat(parent, "written", AT_REMOVEDIR) == 0;
}

#define STRINGS(...)                                                                               \
	{                                                                                          \
		.count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),              \
		.at = (const char *const[]){__VA_ARGS__},                                          \
	}

#define MOUNTS(...)                                                                                \
	config.mounts = (struct mounts)                                                            \
	{                                                                                          \
		.count = sizeof((const struct mount[]){__VA_ARGS__}) / sizeof(struct mount),       \
		.at = (const struct mount[]){__VA_ARGS__},                                         \
	}

#endif
