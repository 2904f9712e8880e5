/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/passwd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "libcontainer/io.h"

/* What stands further down in a longer file is not found. */
enum { PASSWD_BYTES = 64 * 1024 };

/* The n-th field of a line, counted from 0; its length in *length. */
static const char *line_field(const char *line, int n, size_t *length)
{
	for (; n > 0; n--) {
		line += strcspn(line, ":\n");
		if (*line != ':')
			return NULL;
		line++;
	}
	*length = strcspn(line, ":\n");
	return line;
}

static bool line_is_of(const char *line, uint32_t uid)
{
	enum { PASSWD_UID = 2 };
	char text[16];
	size_t length, wanted = (size_t)snprintf(text, sizeof text, "%u", uid);
	const char *field = line_field(line, PASSWD_UID, &length);

	return field && length == wanted && memcmp(field, text, length) == 0;
}

static bool copy_field(const char *line, enum passwd_field field, char *buffer, size_t size)
{
	size_t length;
	const char *text = line_field(line, (int)field, &length);

	if (!text || length == 0 || length >= size)
		return false;
	memcpy(buffer, text, length);
	buffer[length] = '\0';
	return true;
}

bool passwd_find(uint32_t uid, enum passwd_field field, char *buffer, size_t size)
{
	char text[PASSWD_BYTES];
	struct error ignored;
	const char *line = text;

	if (io_read_file(AT_FDCWD, "/etc/passwd", text, sizeof text, &ignored) < 0)
		return false;
	while (*line) {
		if (line_is_of(line, uid))
			return copy_field(line, field, buffer, size);
		line = strchrnul(line, '\n');
		line += *line == '\n';
	}
	return false;
}
