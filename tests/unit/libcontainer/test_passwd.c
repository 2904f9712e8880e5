/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's /etc/passwd, hostile ones included. Needs root.
 */
#include "libcontainer/process/passwd.h"

#include "tests/unit/libcontainer/process_fixture.h"

static void enter_root(void)
{
	own_mnt();
	EXPECT(chdir("/mnt") == 0 && mkdir("etc", 0755) == 0 && chroot("/mnt") == 0);
	EXPECT(chdir("/") == 0);
}

static bool home_is(uid_t uid, const char *expected)
{
	char home[64];

	EXPECT(passwd_find_home(uid, home, sizeof home, &err) == 0);
	return strcmp(home, expected) == 0;
}

CHILD_TEST(passwd, is_searched_by_number)
{
	enter_root();
	put_file("/etc/passwd", 0644,
		 "1001:x:0:0::/zero:\n"
		 "# comment\n\nshort:x:1000\n"
		 "empty:x::0::/no:\n"
		 "negative:x:-1:0::/no:\n"
		 "letters:x:10a:0::/no:\n"
		 "relative:x:1000:0::no:\n"
		 "big:x:4294968296:0::/no:\n"
		 "good:x:1000:0::/good\n"
		 "late:x:1000:0::/late:\n"
		 "last:x:1002:0:::/last:/bin/sh\n"
		 "end:x:1003:0::/end:/bin/sh");
	EXPECT(home_is(0, "/zero"));
	EXPECT(home_is(1000, "/good"));
	EXPECT(home_is(1001, "/"));
	EXPECT(home_is(1002, "/"));
	EXPECT(home_is(1003, "/end"));
	EXPECT(home_is(10, "/"));
	EXPECT(home_is(4294967295U, "/"));
}

CHILD_TEST(passwd, has_names)
{
	char name[8] = "before";

	enter_root();
	EXPECT(!passwd_find_name(1000, name, sizeof name) && strcmp(name, "before") == 0);
	put_file("/etc/passwd", 0644, ":x:1000:\ntoolongname:x:1000:\ngood:x:1000:\n");
	EXPECT(passwd_find_name(1000, name, sizeof name) && strcmp(name, "good") == 0);
	EXPECT(!passwd_find_name(1001, name, sizeof name) && strcmp(name, "good") == 0);
}

CHILD_TEST(passwd, lines_and_homes_may_be_too_long)
{
	char text[20000];

	enter_root();
	memset(text, 'x', sizeof text);
	memcpy(text, "a:x:5:0::/", 10);
	strcpy(text + 9000, "\nb:x:6:0::/six:\n");
	put_file("/etc/passwd", 0644, text);
	EXPECT(home_is(5, "/"));
	EXPECT(home_is(6, "/six"));
	memcpy(text + 200, ":\n", 3);
	EXPECT(unlink("/etc/passwd") == 0);
	put_file("/etc/passwd", 0644, text);
	EXPECT(home_is(5, "/"));
}

CHILD_TEST(passwd, may_be_missing_or_anything)
{
	enter_root();
	EXPECT(home_is(0, "/"));
	EXPECT(mkfifo("/etc/passwd", 0666) == 0);
	EXPECT(home_is(0, "/"));
	EXPECT(unlink("/etc/passwd") == 0 && mkdir("/etc/passwd", 0755) == 0);
	EXPECT(home_is(0, "/"));
	EXPECT(rmdir("/etc/passwd") == 0 && symlink("/etc/passwd", "/etc/passwd") == 0);
	EXPECT(home_is(0, "/"));
}

CHILD_TEST(passwd, reading_has_an_end)
{
	_close_ int file = -1;

	enter_root();
	file = open("/etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	EXPECT(file >= 0 && ftruncate(file, 1LL << 40) == 0);
	EXPECT(home_is(0, "/"));
}
