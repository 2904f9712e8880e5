/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Container paths, on a tree of real files in a temporary directory. Device nodes need root.
 */
#include "libcontainer/rootfs/path.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "spec/cleanup.h"

/* top/outside is what a container must not reach, top/tree its root. */
static char top[] = "/tmp/test-path-XXXXXX";
static int tree = -1;

static void make_tree(void)
{
	umask(0);
	cr_assert(mkdtemp(top));
	cr_assert_eq(chdir(top), 0);
	cr_assert_eq(mkdir("outside", 0755), 0);
	cr_assert_eq(mkdir("tree", 0755), 0);
	tree = open("tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(tree, 0);
	cr_assert_eq(mkdirat(tree, "etc", 0755), 0);
	cr_assert_eq(symlinkat("../../../../../outside", tree, "up"), 0);
	cr_assert_eq(symlinkat("/etc", tree, "absolute"), 0);
	cr_assert_eq(symlinkat("/nowhere", tree, "dangling"), 0);
	cr_assert_eq(symlinkat("loop", tree, "loop"), 0);
}

static void remove_tree(void)
{
	char command[64];

	close(tree);
	snprintf(command, sizeof command, "rm -r %s", top);
	cr_assert_eq(system(command), 0);
}

TestSuite(path, .init = make_tree, .fini = remove_tree);

static struct error err;

static bool same(int descriptor, int directory, const char *name)
{
	struct stat one, other;

	return fstat(descriptor, &one) == 0 && fstatat(directory, name, &other, 0) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

Test(path, opens_below_the_tree)
{
	_close_ int etc = path_open(tree, "/etc", O_PATH, PATH_LINKS_FOLLOWED, &err);
	_close_ int root = path_open(tree, "/", O_PATH, PATH_LINKS_REFUSED, &err);
	_close_ int above = path_open(tree, "/../../..", O_PATH, PATH_LINKS_FOLLOWED, &err);

	cr_assert(same(etc, tree, "etc"));
	cr_assert(same(root, tree, "."));
	cr_assert(same(above, tree, "."));
	cr_assert_eq(fcntl(etc, F_GETFD), FD_CLOEXEC);
}

Test(path, links_lead_within_the_tree)
{
	_close_ int absolute = path_open(tree, "/absolute", O_PATH, PATH_LINKS_FOLLOWED, &err);

	cr_assert(same(absolute, tree, "etc"));
	cr_assert_eq(path_open(tree, "/up", O_PATH, PATH_LINKS_FOLLOWED, &err), -ENOENT);
	cr_assert_str_eq(err.text, "/up: No such file or directory");
	cr_assert_eq(path_open(tree, "/loop", O_PATH, PATH_LINKS_FOLLOWED, &err), -ELOOP);
}

Test(path, links_are_refused)
{
	cr_assert_eq(path_open(tree, "/absolute", O_PATH, PATH_LINKS_REFUSED, &err), -ELOOP);
	cr_assert_str_eq(err.text, "/absolute: must not be, or lead through, a symbolic link");
	cr_assert_eq(path_make_directory(tree, "/absolute/x", 0755, PATH_LINKS_REFUSED, &err),
		     -ELOOP);
	cr_assert_eq(path_make_file(tree, "/absolute/x", 0644, PATH_LINKS_REFUSED, &err), -ELOOP);
	cr_assert_eq(path_make_link(tree, "/absolute/x", "y", PATH_LINKS_REFUSED, &err), -ELOOP);
	cr_assert_eq(faccessat(tree, "etc/x", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

Test(path, magic_links_are_never_followed)
{
	_close_ int proc = open("/proc", O_PATH | O_CLOEXEC);

	cr_assert_eq(path_open(proc, "/self/root", O_PATH, PATH_LINKS_FOLLOWED, &err), -ELOOP);
	cr_assert_str_eq(err.text, "/self/root: too many links, or a magic link");
	cr_assert_eq(path_make_directory(proc, "/self/cwd/x", 0755, PATH_LINKS_FOLLOWED, &err),
		     -ELOOP);
}

Test(path, makes_directories_with_their_mode)
{
	_close_ int made = path_make_directory(tree, "a//b/./c/", 0750, PATH_LINKS_FOLLOWED, &err);
	struct stat status;

	cr_assert(same(made, tree, "a/b/c"), "%s", err.text);
	cr_assert_eq(fstatat(tree, "a", &status, 0), 0);
	cr_assert_eq(status.st_mode, S_IFDIR | 0750);
}

Test(path, makes_directories_through_links_below_the_tree)
{
	_close_ int made = path_make_directory(tree, "/absolute/new/../newer", 0755,
					       PATH_LINKS_FOLLOWED, &err);

	cr_assert(same(made, tree, "etc/newer"), "%s", err.text);
	cr_assert_eq(faccessat(tree, "etc/new", F_OK, 0), 0);
}

Test(path, does_not_make_what_a_dangling_link_names)
{
	cr_assert_eq(path_make_directory(tree, "/up/x", 0755, PATH_LINKS_FOLLOWED, &err), -ENOENT);
	cr_assert_str_eq(err.text, "/up: is a dangling symbolic link");
	cr_assert_eq(path_make_file(tree, "/dangling", 0644, PATH_LINKS_FOLLOWED, &err), -ENOENT);
	cr_assert_str_eq(err.text, "/dangling: is a dangling symbolic link");
	cr_assert_eq(access("outside/x", F_OK), -1);
	cr_assert_eq(faccessat(tree, "nowhere", F_OK, 0), -1);
	cr_assert_eq(faccessat(tree, "outside", F_OK, 0), -1);
}

Test(path, a_file_on_the_way_is_an_error)
{
	_close_ int file = path_make_file(tree, "/etc/passwd", 0640, PATH_LINKS_FOLLOWED, &err);
	struct stat status;

	cr_assert_eq(fstat(file, &status), 0);
	cr_assert_eq(status.st_mode, S_IFREG | 0640);
	cr_assert_eq(path_make_directory(tree, "/etc/passwd/x", 0755, PATH_LINKS_FOLLOWED, &err),
		     -ENOTDIR);
	cr_assert_eq(path_make_directory(tree, "/etc/passwd", 0755, PATH_LINKS_FOLLOWED, &err),
		     -ENOTDIR);
	cr_assert_str_eq(err.text, "/etc/passwd: Not a directory");
}

Test(path, makes_files_with_their_directories)
{
	_close_ int made = path_make_file(tree, "run/x/y", 0600, PATH_LINKS_REFUSED, &err);
	_close_ int again = path_make_file(tree, "/run/x/y", 0644, PATH_LINKS_REFUSED, &err);
	_close_ int top_level = path_make_file(tree, "z", 0600, PATH_LINKS_REFUSED, &err);
	_close_ int directory = path_make_file(tree, "/etc", 0600, PATH_LINKS_REFUSED, &err);
	char byte;

	cr_assert(same(made, tree, "run/x/y"), "%s", err.text);
	cr_assert(same(again, tree, "run/x/y"));
	cr_assert(same(top_level, tree, "z"));
	cr_assert(same(directory, tree, "etc"));
	cr_assert_eq(read(made, &byte, 1), -1);
	cr_assert_eq(errno, EBADF, "not O_PATH");
}

Test(path, a_name_is_needed)
{
	bool made;

	cr_assert_eq(path_make_file(tree, "/none/..", 0600, PATH_LINKS_FOLLOWED, &err), -EINVAL);
	cr_assert_str_eq(err.text, "/none/..: does not end in a name");
	cr_assert_eq(path_make_node(tree, "/", S_IFIFO, 0, PATH_LINKS_FOLLOWED, &made, &err),
		     -EINVAL);
	cr_assert_eq(path_make_link(tree, "", "x", PATH_LINKS_FOLLOWED, &err), -EINVAL);
}

Test(path, long_paths_are_errors)
{
	char path[2 * PATH_MAX];

	for (size_t i = 0; i < sizeof path; i++)
		path[i] = i % 2 ? 'x' : '/';
	path[sizeof path - 1] = '\0';
	cr_assert_eq(path_open(tree, path, O_PATH, PATH_LINKS_FOLLOWED, &err), -ENAMETOOLONG);
	cr_assert_eq(path_make_directory(tree, path, 0755, PATH_LINKS_FOLLOWED, &err),
		     -ENAMETOOLONG);
	cr_assert_eq(path_make_file(tree, path, 0600, PATH_LINKS_FOLLOWED, &err), -ENAMETOOLONG);
	cr_assert_eq(path_make_link(tree, path, "x", PATH_LINKS_FOLLOWED, &err), -ENAMETOOLONG);
}

Test(path, makes_nodes)
{
	bool made = false;
	_close_ int node = path_make_node(tree, "/dev/null", S_IFCHR | 0666, makedev(1, 3),
					  PATH_LINKS_REFUSED, &made, &err);
	struct stat status;

	cr_assert_geq(node, 0, "%s", err.text);
	cr_assert(made);
	cr_assert_eq(fstat(node, &status), 0);
	cr_assert_eq(status.st_mode, S_IFCHR | 0666);
	cr_assert_eq(status.st_rdev, makedev(1, 3));
}

Test(path, opens_what_is_in_place_of_a_node)
{
	bool made = true;
	_close_ int node = path_make_node(tree, "/dangling", S_IFCHR | 0666, makedev(1, 3),
					  PATH_LINKS_FOLLOWED, &made, &err);
	struct stat status;

	cr_assert_geq(node, 0, "%s", err.text);
	cr_assert_not(made);
	cr_assert_eq(fstat(node, &status), 0);
	cr_assert(S_ISLNK(status.st_mode));
}

Test(path, makes_links)
{
	char text[16] = "";

	cr_assert_eq(path_make_link(tree, "/etc/mtab", "../proc/mounts", PATH_LINKS_FOLLOWED, &err),
		     0);
	cr_assert_eq(readlinkat(tree, "etc/mtab", text, sizeof text), 14);
	cr_assert_str_eq(text, "../proc/mounts");
	cr_assert_eq(path_make_link(tree, "/etc/mtab", "x", PATH_LINKS_FOLLOWED, &err), -EEXIST);
	cr_assert_eq(path_make_link(tree, "/none/mtab", "x", PATH_LINKS_FOLLOWED, &err), 0);
	cr_assert_eq(readlinkat(tree, "none/mtab", text, sizeof text), 1);
}

Test(path_text, clean)
{
	static const char *const cases[][2] = {
		{"/", "/"},
		{"", "/"},
		{"proc", "/proc"},
		{"/proc/", "/proc"},
		{"//a///b//", "/a/b"},
		{"/a/./b/.", "/a/b"},
		{"/a/../b", "/b"},
		{"/../..", "/"},
		{"../../proc", "/proc"},
		{"/a/b/../..", "/"},
		{"/...", "/..."},
		{"/a/..b", "/a/..b"},
	};
	struct arena arena _arena_ = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_str_eq(path_clean(&arena, cases[i][0]), cases[i][1], "%s", cases[i][0]);
}

Test(path_text, below)
{
	cr_expect(path_is_below("/dev/pts", "/dev"));
	cr_expect(path_is_below("/dev", "/"));
	cr_expect_not(path_is_below("/dev", "/dev"));
	cr_expect_not(path_is_below("/devices", "/dev"));
	cr_expect_not(path_is_below("/", "/"));
}

Test(path_text, on_host)
{
	struct arena arena _arena_ = {0};

	cr_expect_str_eq(path_on_host(&arena, "/b", "/x"), "/x");
	cr_expect_str_eq(path_on_host(&arena, "/b", "rootfs"), "/b/rootfs");
}
