/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/cgroup/writes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "spec/cleanup.h"

/* The last file is kept open, because device rules are many lines for the same file. */
struct open_file {
	const char *name;
	int fd;
};

static int open_file(struct open_file *file, int directory, const char *name)
{
	if (file->name && !strcmp(file->name, name))
		return 0;
	cleanup_close(&file->fd);
	file->name = NULL;
	file->fd = openat(directory, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (file->fd >= 0)
		file->name = name;
	return file->fd < 0 ? -1 : 0;
}

static int explain_missing(const struct cgroup_write *write, struct error *err)
{
	return error_set(err, ENOENT, "%s: %s is missing%s%s", write->property, write->file,
			 write->missing ? ": " : "", write->missing ? write->missing : "");
}

static int write_limit(struct open_file *file, int directory, const struct cgroup_write *limit,
		       struct error *err)
{
	if (open_file(file, directory, limit->file) < 0) {
		if (errno != ENOENT)
			return error_errno(err, "%s: %s", limit->property, limit->file);
		return limit->optional ? 0 : explain_missing(limit, err);
	}
	if (write(file->fd, limit->text, strlen(limit->text)) < 0)
		return error_errno(err, "%s: %s: write \"%s\"", limit->property, limit->file,
				   limit->text);
	return 0;
}

/*
 * Some files constrain each other (memory <= memory and swap, burst <= quota), and which one has
 * to be written first depends on what is in them. A text that the kernel refuses is written again
 * after the rest.
 */
static int write_pass(const struct cgroup_writes *writes, const struct hierarchy *hierarchy,
		      int directory, bool *again, struct error *err)
{
	struct open_file file = {.fd = -1};
	bool last = *again;
	int result = 0;

	*again = false;
	for (size_t i = 0; i < writes->count && result == 0; i++) {
		if (!controllers_have(hierarchy->controllers, writes->at[i].controller))
			continue;
		result = write_limit(&file, directory, &writes->at[i], err);
		if (result == -EINVAL && !last) {
			*again = true;
			result = 0;
		}
	}
	cleanup_close(&file.fd);
	return result;
}

int cgroup_writes_apply(const struct cgroup_writes *writes, const struct hierarchy *hierarchy,
			int directory, struct error *err)
{
	bool again = false;
	int result = write_pass(writes, hierarchy, directory, &again, err);

	return again && result == 0 ? write_pass(writes, hierarchy, directory, &again, err)
				    : result;
}
