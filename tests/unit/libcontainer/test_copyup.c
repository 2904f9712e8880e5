/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The copy that a tmpfs begins with. Needs root.
 */
#include "libcontainer/rootfs/copyup.h"

#include <sys/xattr.h>

#include "tests/unit/libcontainer/rootfs_fixture.h"

static int from, to;

static void prepare(void)
{
	fixture_init();
	DO(mkdir("from", 0755));
	DO(mkdir("to", 0711));
	from = open("from", O_RDONLY | O_DIRECTORY);
	to = open("to", O_RDONLY | O_DIRECTORY);
	DO(from);
	DO(to);
}

TestSuite(copyup, .init = prepare, .fini = fixture_finish);

static struct stat status_of(const char *path)
{
	struct stat status = {0};

	DO(lstat(path, &status));
	return status;
}

static void expect_same(const char *name)
{
	char original[64], copy[64];
	struct stat a, b;

	snprintf(original, sizeof original, "from/%s", name);
	snprintf(copy, sizeof copy, "to/%s", name);
	a = status_of(original);
	b = status_of(copy);
	cr_expect_eq(a.st_mode, b.st_mode, "%s: %o is not %o", name, b.st_mode, a.st_mode);
	cr_expect_eq(a.st_uid, b.st_uid, "%s", name);
	cr_expect_eq(a.st_gid, b.st_gid, "%s", name);
	cr_expect_eq(a.st_rdev, b.st_rdev, "%s", name);
	cr_expect_eq(a.st_size * !S_ISDIR(a.st_mode), b.st_size * !S_ISDIR(b.st_mode), "%s", name);
	cr_expect_eq(a.st_mtim.tv_sec, b.st_mtim.tv_sec, "%s", name);
	cr_expect_eq(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec, "%s", name);
	cr_expect_neq(a.st_ino, b.st_ino, "%s", name);
}

static void expect_content(const char *path, const char *text)
{
	char found[64] = "";
	_close_ int file = open(path, O_RDONLY);

	DO(file);
	DO(read(file, found, sizeof found - 1));
	cr_expect_str_eq(found, text);
}

Test(copyup, takes_files_of_every_type_as_they_are)
{
	static const struct timespec old[] = {{.tv_sec = 1}, {.tv_sec = 1000000, .tv_nsec = 7}};
	static const char *const names[] = {"file", "program", "fifo",    "socket",      "null",
					    "link", "dir",     "dir/sub", "dir/sub/deep"};

	put_file("from/file", "text");
	put_file("from/program", "#!");
	DO(chown("from/program", 5, 6));
	DO(chmod("from/program", 06755));
	DO(mknod("from/fifo", S_IFIFO | 0620, 0));
	DO(mknod("from/socket", S_IFSOCK | 0600, 0));
	DO(mknod("from/null", S_IFCHR | 0666, makedev(1, 3)));
	DO(symlink("/nowhere/at/all", "from/link"));
	DO(lchown("from/link", 7, 8));
	DO(mkdir("from/dir", 01777));
	DO(mkdir("from/dir/sub", 0500));
	DO(chown("from/dir/sub", 9, 10));
	put_file("from/dir/sub/deep", "deep text");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64];

		snprintf(path, sizeof path, "from/%s", names[i]);
		DO(utimensat(AT_FDCWD, path, old, AT_SYMLINK_NOFOLLOW));
	}
	STEP(copyup(from, to, &err));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		expect_same(names[i]);
	expect_content("to/file", "text");
	expect_content("to/dir/sub/deep", "deep text");
	cr_expect_eq(status_of("to").st_mode, S_IFDIR | 0711, "its own permissions stay");
}

/* vfs_cap_data: revision 2, effective, CAP_NET_BIND_SERVICE. */
static const unsigned char capability[20] = {1, 0, 0, 2, 0, 4};

Test(copyup, keeps_file_capabilities)
{
	unsigned char found[sizeof capability] = {0};

	put_file("from/program", "#!");
	DO(chown("from/program", 5, 6));
	DO(setxattr("from/program", "security.capability", capability, sizeof capability, 0));
	STEP(copyup(from, to, &err));
	cr_expect_eq(getxattr("to/program", "security.capability", found, sizeof found),
		     sizeof capability);
	cr_expect_arr_eq(found, capability, sizeof capability);
}

Test(copyup, copies_what_does_not_fit_into_one_call)
{
	static char block[1 << 16];
	_close_ int file = open("from/large", O_WRONLY | O_CREAT, 0600);

	memset(block, 'x', sizeof block);
	for (int i = 0; i < 50; i++)
		DO(write(file, block, sizeof block));
	STEP(copyup(from, to, &err));
	cr_expect_eq(status_of("to/large").st_size, 50 * (off_t)sizeof block);
}

Test(copyup, follows_no_link)
{
	put_file("/mnt/outside/secret", "secret");
	DO(symlink("/mnt/outside", "from/dir"));
	DO(symlink("../../outside/secret", "from/file"));
	STEP(copyup(from, to, &err));
	cr_expect(S_ISLNK(status_of("to/dir").st_mode));
	cr_expect(S_ISLNK(status_of("to/file").st_mode));
}

Test(copyup, has_an_end)
{
	DO(chdir("from"));
	for (int i = 0; i < 80; i++) {
		DO(mkdir("d", 0755));
		DO(chdir("d"));
	}
	DO(chdir("/mnt/bundle/rootfs"));
	cr_expect_eq(copyup(from, to, &err), -ELOOP);
	cr_expect(strstr(err.text, "d: d: d: "), "%s", err.text);
	cr_expect(strstr(err.text, "nested more than 64 directories deep"), "%s", err.text);
}

Test(copyup, says_which_file_it_could_not_copy)
{
	DO(mount("tmpfs", "to", "tmpfs", 0, "size=4k"));
	close(to);
	to = open("to", O_RDONLY | O_DIRECTORY);
	DO(mkdir("from/dir", 0755));
	put_file("from/dir/large", "x");
	DO(truncate("from/dir/large", 1 << 20));
	FAILS(copyup(from, to, &err), ENOSPC, "dir: large: copy: No space left on device");
}
