/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

FILE *mountinfo_open(struct error *err)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");

	if (!file)
		error_errno(err, "/proc/self/mountinfo");
	return file;
}

FILE *mountinfo_open_at(int descriptors, struct error *err)
{
	_close_ int fd = openat(descriptors, "../mountinfo", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (file)
		take(&fd);
	else
		error_errno(err, "mountinfo");
	return file;
}

/* Find the group in fields such as "shared:2 master:1". */
static uint64_t find_group(const char *fields)
{
	static const char word[] = "shared:";
	const char *found = strstr(fields, word);

	return found ? strtoull(found + strlen(word), NULL, 10) : 0;
}

/* Such a line is: 36 35 98:0 /mnt1 /mnt2 rw,noatime shared:2 master:1 - ext3 /dev/root
 * rw,errors=continue */
bool mountinfo_split(char *text, struct mountinfo_line *line)
{
	char *fields[5], *rest, *separator, *source;

	for (size_t i = 0; i < COUNT(fields); i++)
		if (!(fields[i] = strtok_r(i == 0 ? text : NULL, " ", &rest)))
			return false;
	separator = strstr(rest, " - ");
	if (!separator)
		return false;
	*separator = '\0';
	line->id = strtoull(fields[0], NULL, 10);
	line->parent = strtoull(fields[1], NULL, 10);
	line->device = fields[2];
	line->root = fields[3];
	line->target = fields[4];
	line->group = find_group(rest);
	line->type = strtok_r(separator + strlen(" - "), " ", &rest);
	source = strtok_r(NULL, " ", &rest);
	line->options = strtok_r(NULL, " \n", &rest);
	return source && line->options;
}

void mountinfo_unescape(char *text)
{
	char *out = text;

	while (*text) {
		unsigned value;

		if (text[0] == '\\' && sscanf(text + 1, "%3o", &value) == 1 && value < 256 &&
		    strspn(text + 1, "01234567") >= 3) {
			*out++ = (char)value;
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}
