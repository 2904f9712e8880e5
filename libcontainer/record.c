/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/host.h"
#include "libcontainer/io.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/start.h"
#include "libcontainer/steps.h"
#include "libcontainer/timestamp.h"
#include "spec/cleanup.h"
#include "spec/schema_fields.h"

/* The form of record.json. A kist that does not know a form leaves such containers alone. */
#define RECORD_VERSION "1"

/* A record is small; what is larger is none. */
enum { RECORD_BYTES_MAX = 1024 * 1024 };

static const struct word status_table[] = {
	{"creating", STATUS_CREATING}, {"created", STATUS_CREATED}, {"running", STATUS_RUNNING},
	{"paused", STATUS_PAUSED},     {"stopped", STATUS_STOPPED},
};

const struct words status_words = {
	"status", status_table, sizeof status_table / sizeof *status_table};

/* What the directory may hold, in the order in which it goes. */
static const char *const record_files[] = {"start", ".record.json.new", "record.json", "config.json"};

static bool is_id_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       strchr("_+.-", c);
}

int record_check_id(const char *id, struct error *err)
{
	size_t length = strlen(id);

	if (length == 0)
		return error_set(err, EINVAL, "container id: must not be empty");
	if (length > NAME_MAX)
		return error_set(err, EINVAL, "container id: %zu bytes are too long, at most %d", length,
				 NAME_MAX);
	if (strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
		return error_set(err, EINVAL, "container id: \"%s\" is not allowed", id);
	if (id[0] == '-')
		return error_set(err, EINVAL, "container id: must not begin with '-'");
	for (const char *c = id; *c; c++)
		if (!is_id_character(*c))
			return error_set(err, EINVAL,
					 "container id: only letters, digits and \"_+.-\" are allowed");
	return 0;
}

/* mkdir -p, for the root of all containers. */
static int make_directories(const char *path, struct error *err)
{
	char partial[PATH_MAX];

	if (strlen(path) >= sizeof partial)
		return error_set(err, ENAMETOOLONG, "--root: path is too long");
	strcpy(partial, path);
	for (char *slash = partial + 1;; slash++) {
		slash = strchrnul(slash, '/');
		char saved = *slash;

		*slash = '\0';
		if (mkdir(partial, 0711) < 0 && errno != EEXIST)
			return error_errno(err, "%s: create", partial);
		*slash = saved;
		if (!saved)
			return 0;
	}
}

/* Whoever owns the root can put what he likes in the place of a container. */
static int check_root_owner(int fd, const char *path, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return error_errno(err, "%s", path);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return error_set(err, EPERM, "%s: belongs to another user (uid %u)", path,
				 status.st_uid);
	if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
		return error_set(err, EPERM, "%s: everybody may write to it", path);
	return 0;
}

static int open_root(const char *path, struct error *err)
{
	_close_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "%s", path);
	if (check_root_owner(fd, path, err) < 0)
		return -err->code;
	return take(&fd);
}

static int make_root(const char *path, struct error *err)
{
	int fd = open_root(path, err);

	if (fd != -ENOENT)
		return fd;
	if (make_directories(path, err) < 0)
		return -err->code;
	return open_root(path, err);
}

/* clang-format off */
static const struct field cgroup_fields[] = {
	FIELD(struct record_cgroup, driver, REQUIRED),
	FIELD(struct record_cgroup, path, REQUIRED),
};
/* clang-format on */
