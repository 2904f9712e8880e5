/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/owner.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "libcontainer/io.h"

/* What stands further down in a longer file is not found. */
enum { PASSWD_BYTES = 64 * 1024 };

/* passwd(5): name:password:UID:... */
static bool line_is_of(const char *line, uint32_t uid)
{
	char text[16];
	int length = snprintf(text, sizeof text, "%u:", uid);

	for (int field = 0; field < 2; field++) {
		line += strcspn(line, ":\n");
		if (*line++ != ':')
			return false;
	}
	return strncmp(line, text, (size_t)length) == 0;
}

bool owner_find(uint32_t uid, char *buffer, size_t size)
{
	char text[PASSWD_BYTES];
	struct error ignored;

	if (io_read_file(AT_FDCWD, "/etc/passwd", text, sizeof text, &ignored) < 0)
		return false;
	for (const char *line = text; *line; line += *line == '\n') {
		size_t length = strcspn(line, ":\n");

		if (line_is_of(line, uid) && length > 0 && length < size) {
			memcpy(buffer, line, length);
			buffer[length] = '\0';
			return true;
		}
		line = strchrnul(line, '\n');
	}
	return false;
}
