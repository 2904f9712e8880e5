/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/mountinfo.h"

#include <criterion/criterion.h>
#include <string.h>

#include "spec/cleanup.h"

static struct mountinfo_line split(const char *text)
{
	static char line[256];
	struct mountinfo_line found;

	strncpy(line, text, sizeof line - 1);
	cr_assert(mountinfo_split(line, &found), "%s", text);
	return found;
}

Test(mountinfo, a_line)
{
	struct mountinfo_line line = split("36 35 98:0 /a /b rw,noatime master:1 shared:2 - ext3 "
					   "/dev/root rw,errors=continue\n");

	cr_expect_eq(line.id, 36);
	cr_expect_eq(line.parent, 35);
	cr_expect_str_eq(line.device, "98:0");
	cr_expect_str_eq(line.root, "/a");
	cr_expect_str_eq(line.target, "/b");
	cr_expect_str_eq(line.type, "ext3");
	cr_expect_str_eq(line.options, "rw,errors=continue");
	cr_expect(line.group);
}

Test(mountinfo, who_is_shared)
{
	cr_expect(split("36 35 98:0 / /b rw shared:1 - ext3 x rw\n").group);
	cr_expect_not(split("36 35 98:0 / /b rw - ext3 x rw\n").group);
	cr_expect_not(split("36 35 98:0 / /b rw master:1 - ext3 x rw\n").group);
	cr_expect_not(split("36 35 98:0 / /b rw unbindable - ext3 x rw\n").group);
	/* Names are anybody's to choose. */
	cr_expect_not(split("36 35 98:0 / /b rw - ext3 shared:1 rw\n").group);
}

Test(mountinfo, what_is_no_line)
{
	const char *const texts[] = {"", "36 35 98:0 /a\n", "36 35 98:0 / /b rw\n",
				     "36 35 98:0 / /b rw - ext3\n"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char text[64] = "";
		struct mountinfo_line line;

		strncpy(text, texts[i], sizeof text - 1);
		cr_expect_not(mountinfo_split(text, &line), "%s", texts[i]);
	}
}

Test(mountinfo, escapes)
{
	char text[] = "/a\\040b\\134\\0\\999";

	mountinfo_unescape(text);
	cr_expect_str_eq(text, "/a b\\\\0\\999");
}

Test(mountinfo, of_this_process)
{
	struct error err;
	FILE *file _fclose_ = mountinfo_open(&err);
	char *text _free_ = NULL;
	size_t room = 0;
	bool has_root = false;

	cr_assert(file);
	while (getline(&text, &room, file) > 0) {
		struct mountinfo_line line;

		cr_expect(mountinfo_split(text, &line));
		has_root |= strcmp(line.target, "/") == 0;
	}
	cr_expect(has_root);
}
