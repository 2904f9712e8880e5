/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/io.h"
#include "libcontainer/steps.h"
#include "libcontainer/timestamp.h"
#include "spec/cleanup.h"
#include "spec/config.h"
#include "spec/escape.h"

/* The files that the directory may hold, in the order in which they are removed. */
static const char *const own_files[] = {"start", "seccomp", ".record.json.new", "record.json",
					"config.json"};

static bool is_id_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       strchr("_+.-", c);
}

int directory_check_id(const char *id, struct error *err)
{
	size_t length = strlen(id);

	if (length == 0)
		return error_set(err, EINVAL, "container id: must not be empty");
	if (length > NAME_MAX)
		return error_set(err, EINVAL, "container id: %zu bytes are too long, at most %d",
				 length, NAME_MAX);
	if (strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
		return error_set(err, EINVAL, "container id: \"%s\" is not allowed", id);
	if (id[0] == '-')
		return error_set(err, EINVAL, "container id: must not begin with '-'");
	for (const char *c = id; *c; c++)
		if (!is_id_character(*c))
			return error_set(
				err, EINVAL,
				"container id: only letters, digits and \"_+.-\" are allowed");
	return 0;
}

/* As mkdir -p: make the root directory of all containers. */
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
			return error_errno(err, "%s: create (choose another --root)", partial);
		*slash = saved;
		if (!saved)
			return 0;
	}
}

/* A user who owns the root directory can put what he likes in the place of a container. */
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

int directory_open_root(const char *path, struct error *err)
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
	int fd = directory_open_root(path, err);

	if (fd != -ENOENT)
		return fd;
	if (make_directories(path, err) < 0)
		return -err->code;
	return directory_open_root(path, err);
}

static void describe(const struct plan *plan, struct record *record)
{
	char *created = arena_alloc(plan->arena, TIMESTAMP_BYTES);

	timestamp_now(created);
	record->id = plan->options->id;
	record->bundle = plan->bundle;
	record->rootfs = plan->rootfs.path;
	record->created = created;
	record->owner = plan->host->uid;
	record->annotations = plan->config->annotations;
	record->startContainer = plan->config->hooks.startContainer.count > 0;
	record->poststart = plan->config->hooks.poststart.count > 0;
	record->listener = plan->seccomp.late && plan->seccomp.notifies;
	record->cgroup = cgroup_record(plan);
	record->rdt = rdt_record(plan);
}

static int error_in_use(const char *id, struct error *err)
{
	return error_set(err, EEXIST, "container \"%s\" already exists: the id is in use", id);
}

/* This check gives an early error only: mkdir decides whether the id is free. */
static int step_check(struct creation *creation, struct error *err)
{
	const struct container_options *options = creation->plan->options;
	struct error ignored;
	_close_ int root = directory_open_root(options->root, &ignored);
	struct stat status;

	if (root >= 0 && fstatat(root, options->id, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return error_in_use(options->id, err);
	return 0;
}

const struct step directory_check = {
	"id",
	.run = step_check,
};

/* Whether the directory still has the id as its name, which another container may have by now. */
static bool is_named(int root, const char *id, int directory)
{
	struct stat held, named;

	return fstat(directory, &held) == 0 && held.st_nlink > 0 &&
	       fstatat(root, id, &named, AT_SYMLINK_NOFOLLOW) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

/* Return: descriptor; -ENOENT when the directory has been removed: until this process locks it, it
 * looks like the directory of a dead creator, which may be deleted */
static int lock_directory(int root, const char *id, struct error *err)
{
	_close_ int directory = openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return error_errno(err, "open");
	if (flock(directory, LOCK_EX) < 0)
		return error_errno(err, "flock");
	if (!is_named(root, id, directory))
		return error_set(err, ENOENT, "open: it was removed");
	return take(&directory);
}

static int claim_directory(int root, const char *id, struct error *err)
{
	int directory;

	do {
		if (mkdirat(root, id, 0700) < 0)
			return errno == EEXIST ? error_in_use(id, err) : error_errno(err, "mkdir");
		directory = lock_directory(root, id, err);
	} while (directory == -ENOENT);
	/* The undo column does not know of this directory yet, so it is removed here. */
	if (directory < 0)
		unlinkat(root, id, AT_REMOVEDIR);
	return directory;
}

static int step_record(struct creation *creation, struct error *err)
{
	return record_write(&creation->record, creation->plan->arena, err);
}

const struct step directory_record = {
	"record",
	.run = step_record,
};

static int step_claim(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	const struct document *document = creation->document;
	_close_ int root = make_root(plan->options->root, err);
	int directory;

	if (root < 0)
		return root;
	directory = claim_directory(root, plan->options->id, err);
	if (directory < 0)
		return directory;
	creation->record.directory = directory;
	describe(plan, &creation->record);
	if (io_create_file(directory, "config.json", 0600, document->text, document->size, err) < 0)
		return -err->code;
	/* The record has no init yet: it lets a delete undo what a killed creator leaves. */
	return step_record(creation, err);
}

const struct step directory_claim = {
	"id",
	.run = step_claim,
};

/* The record is written to disk, too, so that a later delete knows what a killed kist owed. */
static int step_owe(struct creation *creation, struct error *err)
{
	creation->record.poststop = true;
	return step_record(creation, err);
}

const struct step directory_owe_early = {
	"poststop hooks are owed",
	.run = step_owe,
	.planned = PLANNED(hooks.owed_early),
};

const struct step directory_owe_late = {
	"poststop hooks are owed",
	.run = step_owe,
	.planned = PLANNED(hooks.owed_late),
};

static int step_settle(struct creation *creation, struct error *err)
{
	if (flock(creation->record.directory, LOCK_UN) < 0)
		return error_errno(err, "flock");
	creation->settled = true;
	return 0;
}

const struct step directory_settle = {
	"settle",
	.run = step_settle,
	.planned = PLANNED(hooks.runs[HOOK_POSTSTART]),
};

static bool is_own_file(const char *name)
{
	for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++)
		if (strcmp(own_files[i], name) == 0)
			return true;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int directory_check_files(const struct record *record, struct error *err)
{
	int fd = openat(record->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		error_errno(err, "%s", record->id);
		cleanup_close(&fd);
		return -err->code;
	}
	while ((entry = readdir(directory)))
		if (!is_own_file(entry->d_name))
			return error_set(err, ENOTEMPTY,
					 "\"%s\" is no container: its directory holds %s, which is "
					 "not kist's",
					 record->id, show(entry->d_name).text);
	return 0;
}

static int remove_files(const struct record *record, struct error *err)
{
	for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++)
		if (unlinkat(record->directory, own_files[i], 0) < 0 && errno != ENOENT)
			return error_errno(err, "%s", own_files[i]);
	return 0;
}

int directory_undo(const struct record *record, struct error *err)
{
	_close_ int root = -1;

	if (record->directory < 0)
		return 0;
	if (remove_files(record, err) < 0)
		return -err->code;
	root = openat(record->directory, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return errno == ENOENT ? 0 : error_errno(err, "..");
	if (is_named(root, record->id, record->directory) &&
	    unlinkat(root, record->id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_errno(err, "rmdir");
	return 0;
}
