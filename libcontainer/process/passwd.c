/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading the container's /etc/passwd (passwd(5)), which may be anything: a fifo, a device, a line
 * without end. Fixed memory, and an end to how much is read.
 */
#include "libcontainer/process/passwd.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "libcontainer/rootfs/path.h"
#include "spec/cleanup.h"

enum { LINE_BYTES = 4096, FILE_BYTES = 1 << 20 };

/* name:password:UID:GID:comment:directory:shell */
enum { UID_FIELD = 2, DIRECTORY_FIELD = 5 };

/* The start of a field, NULL when the line has too few. */
static const char *find_field(const char *line, int field)
{
	for (; line && field > 0; field--) {
		line = strchr(line, ':');
		line = line ? line + 1 : NULL;
	}
	return line;
}

static bool parse_uid(const char *text, uint64_t *uid)
{
	uint64_t value = 0;
	const char *digit;

	for (digit = text; *digit >= '0' && *digit <= '9' && value <= UINT32_MAX; digit++)
		value = value * 10 + (uint64_t)(*digit - '0');
	*uid = value;
	return digit > text && *digit == ':' && value <= UINT32_MAX;
}

/* Whether this line, without its newline, is the user's, and has a home. */
static bool take_home(const char *line, uid_t uid, char *home, size_t size)
{
	const char *number = find_field(line, UID_FIELD);
	const char *directory = find_field(line, DIRECTORY_FIELD);
	uint64_t parsed;
	size_t length;

	if (!number || !directory || !parse_uid(number, &parsed) || parsed != uid)
		return false;
	length = strcspn(directory, ":");
	if (directory[0] != '/' || length >= size)
		return false;
	memcpy(home, directory, length);
	home[length] = '\0';
	return true;
}

/* Lines of a file, one at a time. */
struct reader {
	int file;
	size_t total, used, next; /* bytes read; bytes in buffer; of them, taken */
	char buffer[LINE_BYTES];
};

/* Return: whether there is another byte. */
static bool refill(struct reader *reader)
{
	ssize_t got = -1;

	if (reader->total < FILE_BYTES)
		got = read(reader->file, reader->buffer, sizeof reader->buffer);
	reader->used = got > 0 ? (size_t)got : 0;
	reader->total += reader->used;
	reader->next = 0;
	return reader->used > 0;
}

/* The next line without its newline; one that is too long is left empty. Return: false at the end.
 */
static bool read_line(struct reader *reader, char *line, size_t size)
{
	size_t length = 0;
	bool any = false;

	while (reader->next < reader->used || refill(reader)) {
		char c = reader->buffer[reader->next++];

		any = true;
		if (c == '\n')
			break;
		if (length < size)
			line[length++] = c;
	}
	line[length < size ? length : 0] = '\0';
	return any;
}

static bool search_file(int file, uid_t uid, char *home, size_t size)
{
	struct reader reader = {.file = file};
	char line[LINE_BYTES];

	while (read_line(&reader, line, sizeof line))
		if (take_home(line, uid, home, size))
			return true;
	return false;
}

/* A descriptor of /etc/passwd when it is a file; -1: it tells nothing. */
static int open_passwd(int root)
{
	struct error ignored;
	_close_ int file = path_open(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY,
				     PATH_LINKS_FOLLOWED, &ignored);
	struct stat status;

	if (file < 0 || fstat(file, &status) < 0 || !S_ISREG(status.st_mode))
		return -1;
	return take(&file);
}

int passwd_find_home(uid_t uid, char *home, size_t size, struct error *err)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int file = -1;

	if (root < 0)
		return error_errno(err, "/");
	file = open_passwd(root);
	if (file < 0 || !search_file(file, uid, home, size))
		memcpy(home, "/", 2);
	return 0;
}
