/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/io.h"
#include "libcontainer/log.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* Room for a pid as text. */
enum { PID_BYTES = 16 };

static bool file_planned(const struct plan *plan)
{
	return plan->options->pid_file;
}

/* Open the directory of a file that the caller named. @name: set to the file's name in it */
static int open_parent(const char *path, const char **name, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";
	int directory;

	*name = slash ? slash + 1 : path;
	if (slash && (size_t)snprintf(parent, sizeof parent, "%.*s", (int)(slash - path) + 1,
				      path) >= sizeof parent)
		return error_set(err, ENAMETOOLONG, "%s: %s", path, error_describe(ENAMETOOLONG));
	directory = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return directory < 0 ? error_errno(err, "%s", path) : directory;
}

static int step_check(struct creation *creation, struct error *err)
{
	const char *path = creation->plan->options->pid_file, *name;
	_close_ int directory = open_parent(path, &name, err);
	struct stat status;

	if (directory < 0)
		return directory;
	if (fstatat(directory, name, &status, 0) == 0 && !S_ISREG(status.st_mode))
		return error_set(err, EEXIST, "%s: exists and is not a regular file", path);
	return 0;
}

const struct step pid_file_check = {
	"pid file",
	.run = step_check,
	.when = file_planned,
};

/* Format what the pid file says, which is the number alone. */
static size_t format_pid(const struct record *record, char text[static PID_BYTES])
{
	return (size_t)snprintf(text, PID_BYTES, "%d", record->pid);
}

/* Callers read the file as soon as it exists, so it appears with all of its text, which has no
 * newline. */
static int step_write(struct creation *creation, struct error *err)
{
	const char *path = creation->plan->options->pid_file, *name;
	char text[PID_BYTES];
	size_t size = format_pid(&creation->record, text);
	_close_ int directory = open_parent(path, &name, err);

	if (directory < 0)
		return directory;
	if (io_replace_file(directory, name, 0644, text, size, err) < 0)
		return error_wrap(err, "%s", path);
	creation->record.pid_file = path;
	return 0;
}

const struct step pid_file_write = {
	"pid file",
	.run = step_write,
	.when = file_planned,
};

static int remove_pid_file(const struct record *record, struct error *err)
{
	char text[PID_BYTES], found[PID_BYTES];
	const char *name;
	_close_ int directory = open_parent(record->pid_file, &name, err);

	if (directory < 0 || io_read_file(directory, name, found, sizeof found, err) < 0)
		return -err->code;
	format_pid(record, text);
	if (strcmp(found, text) == 0 && unlinkat(directory, name, 0) < 0)
		return error_errno(err, "%s", name);
	return 0;
}

int pid_file_undo(const struct record *record, struct error *err)
{
	struct error failure;

	(void)err;
	if (record->pid_file && remove_pid_file(record, &failure) < 0 && failure.code != ENOENT)
		log_warning("pid file %s: %s", record->pid_file, failure.text);
	return 0;
}
