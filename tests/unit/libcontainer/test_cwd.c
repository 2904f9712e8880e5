/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The working directory: made, entered, and not outside of the root. Needs root.
 */
#include "libcontainer/process/cwd.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(cwd, .init = fixture_init, .fini = fixture_finish);

static const char *cwd(void)
{
	static char path[4096];

	EXPECT(syscall(SYS_getcwd, path, sizeof path) > 0);
	return path;
}

CHILD_TEST(cwd, makes_and_enters_the_directory)
{
	struct stat status;

	enter_new_root();
	process.cwd = "/a/b//c";
	STEP(cwd_enter.run(&creation, &err));
	EXPECT(strcmp(cwd(), "/a/b/c") == 0);
	EXPECT(stat("/a/b", &status) == 0 && (status.st_mode & 07777) == 0755);
	STEP(cwd_enter_again.run(&creation, &err));
}

/* The directory is made early where the root will be read-only: it could not be made later. */
CHILD_TEST(cwd, makes_the_directory_early)
{
	static struct root root;

	config.root = &root;
	EXPECT(!cwd_make.when(&plan));
	root.readonly = true;
	EXPECT(cwd_make.when(&plan));
	own_mnt();
	creation.rootfs.tree = open("/mnt", O_PATH | O_DIRECTORY | O_CLOEXEC);
	process.cwd = "/a/b";
	STEP(cwd_make.run(&creation, &err));
	EXPECT(access("/mnt/a/b", F_OK) == 0);
	put_file("/mnt/file", 0644, "");
	process.cwd = "/file/below";
	/* Entering it will say so. */
	STEP(cwd_make.run(&creation, &err));
}

CHILD_TEST(cwd, follows_links_within_the_root)
{
	enter_new_root();
	EXPECT(mkdir("/b", 0755) == 0 && symlink("../../b", "/a") == 0);
	process.cwd = "/a";
	STEP(cwd_enter.run(&creation, &err));
	EXPECT(strcmp(cwd(), "/b") == 0);
}

CHILD_TEST(cwd, leaves_no_way_out_by_a_descriptor)
{
	static char path[32];
	int host_directory = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	EXPECT(host_directory >= 0);
	enter_new_root();
	snprintf(path, sizeof path, "/proc/self/fd/%d", host_directory);
	process.cwd = path;
	EXPECT(cwd_enter.run(&creation, &err) == -ELOOP);
	EXPECT(symlink(path, "/link") == 0);
	process.cwd = "/link";
	FAILS(cwd_enter.run(&creation, &err), ELOOP,
	      "process.cwd: /link: too many links, or a magic link");
}

CHILD_TEST(cwd, a_file_is_no_directory)
{
	enter_new_root();
	put_file("/file", 0644, "");
	process.cwd = "/file";
	FAILS(cwd_enter.run(&creation, &err), ENOTDIR, "process.cwd: /file: Not a directory");
}

CHILD_TEST(cwd, the_user_tries_again)
{
	enter_new_root();
	EXPECT(mkdir("/private", 0700) == 0 && chown("/private", 1000, 1000) == 0);
	EXPECT(mkdir("/private/home", 0755) == 0);
	process.cwd = "/private/home";
	/* Root without capabilities is what root is on a network filesystem. */
	EXPECT(setresuid(2000, 2000, 0) == 0);
	STEP(cwd_enter.run(&creation, &err));
	EXPECT(creation.cwd_denied && strcmp(cwd(), "/") == 0);
	FAILS(cwd_enter_again.run(&creation, &err), EACCES,
	      "process.cwd: /private/home: Permission denied");
	EXPECT(setresuid(0, 0, 0) == 0 && setresuid(1000, 1000, 1000) == 0);
	STEP(cwd_enter_again.run(&creation, &err));
	EXPECT(!creation.cwd_denied && strcmp(cwd(), "/private/home") == 0);
}
