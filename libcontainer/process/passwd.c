/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading /etc/passwd (passwd(5)). The container's may be anything: a fifo, a device, a line
 * without end. So the reader uses a fixed amount of memory, and reads up to a limit.
 */
#include "libcontainer/process/passwd.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "libcontainer/rootfs/path.h"
#include "spec/cleanup.h"

enum { LINE_BYTES = 4096, FILE_BYTES = 1 << 20 };

/* A line is name:password:UID:GID:comment:directory:shell */
enum { NAME_FIELD = 0, UID_FIELD = 2, DIRECTORY_FIELD = 5 };

/* Find the start of a field. Return: NULL when the line has too few fields */
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

/* The field of a user that is looked for; its text must begin with first. */
struct wanted {
	uid_t uid;
	int field;
	char first; /* 0: any character, but the field must not be empty */
	char *text;
	size_t size;
};

static bool is_users(const char *line, uid_t uid)
{
	const char *number = find_field(line, UID_FIELD);
	uint64_t parsed;

	return number && parse_uid(number, &parsed) && parsed == uid;
}

/* Take the field from a line without its newline. Return: whether the line has the field of this
 * user */
static bool take_field(const char *line, const struct wanted *wanted)
{
	const char *field = is_users(line, wanted->uid) ? find_field(line, wanted->field) : NULL;
	size_t length;

	if (!field)
		return false;
	length = strcspn(field, ":");
	if (length == 0 || length >= wanted->size || (wanted->first && *field != wanted->first))
		return false;
	memcpy(wanted->text, field, length);
	wanted->text[length] = '\0';
	return true;
}

/* Reads a file line by line. */
struct reader {
	int file;
	size_t total, used, next; /* bytes read; bytes in buffer; bytes of buffer that were taken */
	char buffer[LINE_BYTES];
};

/* Read on when the buffer is used up. Return: whether there is another byte */
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

/* Read the next line without its newline; a line that is too long becomes empty. Return: false at
 * the end of the file */
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

static bool search_file(int file, const struct wanted *wanted)
{
	struct reader reader = {.file = file};
	char line[LINE_BYTES];

	while (read_line(&reader, line, sizeof line))
		if (take_field(line, wanted))
			return true;
	return false;
}

/* Open /etc/passwd. Return: descriptor; -1 when it is missing or no regular file, and so tells
 * nothing */
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

/* Find a field. Return: whether it was found, or -errno */
static int find(const struct wanted *wanted, struct error *err)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int file = -1;

	if (root < 0)
		return error_errno(err, "/");
	file = open_passwd(root);
	return file >= 0 && search_file(file, wanted);
}

int passwd_find_home(uid_t uid, char *home, size_t size, struct error *err)
{
	const struct wanted wanted = {uid, DIRECTORY_FIELD, '/', home, size};
	int found = find(&wanted, err);

	if (found < 0)
		return found;
	if (!found)
		memcpy(home, "/", 2);
	return 0;
}

bool passwd_find_name(uid_t uid, char *name, size_t size)
{
	const struct wanted wanted = {uid, NAME_FIELD, 0, name, size};
	struct error ignored;

	return find(&wanted, &ignored) > 0;
}
