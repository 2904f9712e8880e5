/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/host.h"
#include "libcontainer/io.h"
#include "libcontainer/log.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/rdt.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/start.h"
#include "libcontainer/steps.h"
#include "libcontainer/timestamp.h"
#include "spec/cleanup.h"
#include "spec/config.h"
#include "spec/escape.h"
#include "spec/schema_fields.h"

/* The form of record.json. A kist that does not know a form leaves such containers alone. */
#define RECORD_VERSION "1"

/* A number as text. */
enum { PID_BYTES = 16 };

static const struct word status_table[] = {
	{"creating", STATUS_CREATING}, {"created", STATUS_CREATED}, {"running", STATUS_RUNNING},
	{"paused", STATUS_PAUSED},     {"stopped", STATUS_STOPPED},
};

const struct words status_words = {"status", status_table,
				   sizeof status_table / sizeof *status_table};

/* What the directory may hold, in the order in which it goes. */
static const char *const record_files[] = {"start", "seccomp", ".record.json.new", "record.json",
					   "config.json"};

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
			return error_errno(err, "%s: create (choose another --root)", partial);
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
	FIELD(struct record_cgroup, freezers, OPTIONAL),
};
static const struct schema cgroup_schema = SCHEMA(struct record_cgroup, cgroup_fields);

static const struct field rdt_fields[] = {
	FIELD(struct record_rdt, mount, ABSOLUTE),
	FIELD(struct record_rdt, control, OPTIONAL),
	FIELD(struct record_rdt, own, OPTIONAL),
	FIELD(struct record_rdt, monitored, OPTIONAL),
};
static const struct schema rdt_schema = SCHEMA(struct record_rdt, rdt_fields);

static const struct field record_fields[] = {
	FIELD(struct record, version, REQUIRED),
	FIELD(struct record, id, REQUIRED),
	FIELD(struct record, bundle, REQUIRED | ABSOLUTE),
	FIELD(struct record, rootfs, REQUIRED | ABSOLUTE),
	FIELD(struct record, created, REQUIRED),
	FIELD(struct record, owner, REQUIRED),
	EMBEDDED(struct record, cgroup, cgroup_schema, REQUIRED),
	EMBEDDED(struct record, rdt, rdt_schema, OPTIONAL),
	FIELD(struct record, keyring, OPTIONAL),
	FIELD(struct record, annotations, OPTIONAL),
	FIELD(struct record, startContainer, OPTIONAL),
	FIELD(struct record, poststart, OPTIONAL),
	FIELD(struct record, poststop, OPTIONAL),
	FIELD(struct record, listener, OPTIONAL),
	FIELD(struct record, pid, REQUIRED),
	FIELD(struct record, pidfs_inode, REQUIRED),
	FIELD(struct record, start_time, REQUIRED),
	FIELD(struct record, pid_namespace, REQUIRED),
};
static const struct schema record_schema = SCHEMA(struct record, record_fields);

/* What every form has. */
static const struct field version_fields[] = {FIELD(struct record, version, REQUIRED)};
static const struct schema version_schema = SCHEMA(struct record, version_fields);
/* clang-format on */

/*
 * Finding a container
 */

int record_error_gone(const char *id, struct error *err)
{
	return error_set(err, ENOENT, "container \"%s\" does not exist", id);
}

static bool parse_record(const struct schema *schema, const struct document *document,
			 struct arena *arena, struct record *record)
{
	struct error ignored;

	*record = (struct record){0};
	return schema_parse(schema, "record.json", document->text, document->size, arena, record,
			    &ignored) == 0;
}

/* By force, too: what this kist does not understand it cannot undo as a whole. */
static int error_other_version(const char *id, const char *version, struct error *err)
{
	return error_set(err, ENOTSUP,
			 "container \"%s\" was made by another version of kist, with a record of "
			 "form %s; only that version can manage and delete it",
			 id, show(version).text);
}

/* A record that cannot be read is what a killed creator leaves. */
static int read_record(struct container *container, const char *id, struct error *err)
{
	struct arena *arena = &container->arena;
	struct record record;
	struct document document;
	struct error ignored;
	bool whole;

	container->damaged = true;
	if (config_read(container->record.directory, "record.json", arena, &document, &ignored) < 0)
		return 0;
	whole = parse_record(&record_schema, &document, arena, &record);
	if (!whole && !parse_record(&version_schema, &document, arena, &record))
		return 0;
	if (strcmp(record.version, RECORD_VERSION) != 0)
		return error_other_version(id, record.version, err);
	if (!whole)
		return 0;
	record.directory = container->record.directory;
	container->record = record;
	container->damaged = false;
	return 0;
}

/* The creator holds a lock on the directory, and the kernel takes it from a dead one. */
static bool creator_lives(int directory)
{
	if (flock(directory, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(directory, LOCK_UN);
	return false;
}

static bool is_removed(int directory)
{
	struct stat status;

	return fstat(directory, &status) == 0 && status.st_nlink == 0;
}

/* What the directory of a container says of it. */
static int read_directory(struct container *container, const char *id, struct error *err)
{
	int directory = container->record.directory;

	/* In this order: once the creator has gone, the record is its last word. */
	container->creating = creator_lives(directory);
	if (read_record(container, id, err) < 0)
		return -err->code;
	/* A creator may have begun just now, a delete have ended. */
	if (container->record.pid == 0)
		container->creating |= creator_lives(directory);
	if (container->damaged && is_removed(directory))
		return record_error_gone(id, err);
	return 0;
}

/* @root: the name of base */
static int open_container(int base, const char *root, const char *id, struct container *container,
			  struct error *err)
{
	int directory = openat(base, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return errno == ENOENT ? record_error_gone(id, err)
				       : error_errno(err, "%s/%s", root, id);
	*container = (struct container){.record.directory = directory};
	if (read_directory(container, id, err) < 0) {
		container_close(container);
		return -err->code;
	}
	container->record.id = arena_strdup(&container->arena, id);
	return 0;
}

int container_open(const char *root, const char *id, struct container *container, struct error *err)
{
	_close_ int base = -1;

	if (record_check_id(id, err) < 0)
		return -err->code;
	base = open_root(root, err);
	if (base < 0)
		return base == -ENOENT ? record_error_gone(id, err) : base;
	return open_container(base, root, id, container, err);
}

void container_close(struct container *container)
{
	cleanup_close(&container->record.directory);
	arena_finish(&container->arena);
}

int record_read_config(const struct record *record, struct arena *arena,
		       const struct config **config, struct error *err)
{
	static const char name[] = "config.json";
	struct document document;

	if (config_read(record->directory, name, arena, &document, err) < 0)
		return -err->code;
	return config_parse(name, &document, arena, config, err);
}

struct state record_state(const struct record *record, enum status status)
{
	return (struct state){
		.ociVersion = SPEC_VERSION,
		.id = record->id,
		.pid = record->pid,
		.status = words_name(&status_words, status),
		.bundle = record->bundle,
		.rootfs = record->rootfs,
		.created = record->created,
		.annotations = record->annotations,
	};
}

/*
 * The status
 */

static enum status live_status(const struct container *container)
{
	if (start_is_awaited(container->record.directory))
		return STATUS_CREATED;
	return cgroup_is_frozen(&container->record.cgroup.freezers) ? STATUS_PAUSED
								    : STATUS_RUNNING;
}

int container_status(const struct container *container, int *pidfd, struct error *err)
{
	const struct record *record = &container->record;
	int found;

	*pidfd = -1;
	if (container->creating)
		return STATUS_CREATING;
	if (container->damaged || record->pid == 0)
		return STATUS_STOPPED;
	found = clone_find(record, err);
	if (found == -ESRCH)
		return STATUS_STOPPED;
	if (found < 0)
		return found;
	*pidfd = found;
	return (int)live_status(container);
}

/* Or below it. */
static bool is_in_cgroup(const struct record_cgroup *one, const struct record_cgroup *other)
{
	return strcmp(one->driver, other->driver) == 0 &&
	       (strcmp(one->path, other->path) == 0 || path_is_below(one->path, other->path));
}

/* Or may soon be. */
static bool is_alive_in(const struct record_cgroup *cgroup, const struct container *container)
{
	struct error ignored;
	_close_ int pidfd = -1;

	return !container->damaged && is_in_cgroup(&container->record.cgroup, cgroup) &&
	       container_status(container, &pidfd, &ignored) != STATUS_STOPPED;
}

/* @name: an entry of base, the root directory */
static bool uses_cgroup(const struct record *record, int base, const char *name)
{
	struct container container;
	struct error ignored;
	bool uses;

	if (strcmp(name, record->id) == 0 || record_check_id(name, &ignored) < 0 ||
	    open_container(base, "..", name, &container, &ignored) < 0)
		return false;
	uses = is_alive_in(&record->cgroup, &container);
	container_close(&container);
	return uses;
}

bool record_shares_cgroup(const struct record *record)
{
	_close_ int base = openat(record->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *directory = base < 0 ? NULL : fdopendir(base);
	const struct dirent *entry;

	if (!directory)
		return false;
	base = -1;
	while ((entry = readdir(directory)))
		if (uses_cgroup(record, dirfd(directory), entry->d_name))
			return true;
	return false;
}

/*
 * Removing
 */

/* Whoever has it may be who waits for us, by a hook. */
static int lock_configuration(int file, int operation, int wait_ms, const char *id,
			      struct error *err)
{
	if (io_lock(file, operation, wait_ms, err) == 0)
		return 0;
	if (err->code != EBUSY)
		return error_wrap(err, "lock");
	return error_set(err, EBUSY,
			 "container \"%s\" is being started or deleted by another process, which "
			 "may wait for a hook",
			 id);
}

/* The directory's own lock is the creator's. A half-made container may have no configuration, and no
 * hooks then. */
static int open_lock(const struct record *record, int operation, int wait_ms, struct error *err)
{
	_close_ int file = openat(record->directory, "config.json",
				  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (file >= 0)
		return lock_configuration(file, operation, wait_ms, record->id, err) < 0
			       ? -err->code
			       : take(&file);
	file = openat(record->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file >= 0)
		return take(&file);
	return errno == ENOENT ? record_error_gone(record->id, err) : error_errno(err, "lock");
}

static int check_lock(int lock, const struct record *record, struct error *err)
{
	struct stat status;

	return fstat(lock, &status) == 0 && status.st_nlink > 0
		       ? 0
		       : record_error_gone(record->id, err);
}

int record_lock(const struct record *record, int wait_ms, struct error *err)
{
	_close_ int lock = open_lock(record, LOCK_EX, wait_ms, err);

	if (lock < 0)
		return lock;
	/* A creator that has just begun either has this lock, or will find its directory removed. */
	if (record->pid == 0 && flock(record->directory, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, EAGAIN, "container \"%s\" is being created by a live process",
				 record->id);
	return check_lock(lock, record, err) < 0 ? -err->code : take(&lock);
}

int record_share(const struct record *record, struct error *err)
{
	_close_ int lock = open_lock(record, LOCK_SH, RECORD_WAIT_MS, err);

	if (lock < 0)
		return lock;
	return check_lock(lock, record, err) < 0 ? -err->code : take(&lock);
}

/*
 * Steps
 */

static void describe(const struct plan *plan, struct record *record)
{
	char *created = arena_alloc(plan->arena, TIMESTAMP_BYTES);

	timestamp_now(created);
	record->version = RECORD_VERSION;
	record->id = plan->options->id;
	record->bundle = plan->bundle;
	record->rootfs = plan->rootfs.path;
	record->created = created;
	record->owner = plan->host->uid;
	record->annotations = plan->config->annotations;
	record->startContainer = plan->config->hooks.startContainer.count > 0;
	record->poststart = plan->config->hooks.poststart.count > 0;
	record->listener = seccomp_late(plan) && plan->seccomp.notifies;
	record->cgroup.driver = plan->cgroup.driver ? plan->cgroup.driver->name : "";
	record->cgroup.path = plan->cgroup.driver ? plan->cgroup.path : "";
	record->cgroup.freezers = cgroup_freezers(plan);
	record->rdt = rdt_record(plan);
}

static int error_in_use(const char *id, struct error *err)
{
	return error_set(err, EEXIST, "container \"%s\" already exists: the id is in use", id);
}

/* Only for the sake of the error: mkdir decides. */
int record_step_check(struct creation *creation, struct error *err)
{
	const struct container_options *options = creation->plan->options;
	struct error ignored;
	_close_ int root = open_root(options->root, &ignored);
	struct stat status;

	if (root >= 0 && fstatat(root, options->id, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return error_in_use(options->id, err);
	return 0;
}

/* The id can be somebody else's by now. */
static bool is_named(int root, const char *id, int directory)
{
	struct stat held, named;

	return fstat(directory, &held) == 0 && held.st_nlink > 0 &&
	       fstatat(root, id, &named, AT_SYMLINK_NOFOLLOW) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

/* Return: -ENOENT when it is gone: until it is locked, it could be a dead creator's. */
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
	/* No undo knows of it yet. */
	if (directory < 0)
		unlinkat(root, id, AT_REMOVEDIR);
	return directory;
}

int record_step_claim(struct creation *creation, struct error *err)
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
	/* Without init yet: what a killed creator leaves can be undone from it. */
	return record_step_write(creation, err);
}

int record_step_write(struct creation *creation, struct error *err)
{
	const char *text = schema_format(&record_schema, &creation->record, SCHEMA_COMPACT,
					 creation->plan->arena);

	return io_replace_file(creation->record.directory, "record.json", 0600, text, strlen(text),
			       err);
}

/* On disk, too: for whoever finds what a killed kist left. */
int record_step_owe(struct creation *creation, struct error *err)
{
	creation->record.poststop = true;
	return record_step_write(creation, err);
}

int record_step_settle(struct creation *creation, struct error *err)
{
	if (flock(creation->record.directory, LOCK_UN) < 0)
		return error_errno(err, "flock");
	creation->settled = true;
	return 0;
}

bool record_pid_file_planned(const struct plan *plan)
{
	return plan->options->pid_file;
}

/* The directory of a file that the caller named, and what the file is called in it. */
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

int record_step_check_pid_file(struct creation *creation, struct error *err)
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

/* What the pid file says: the number alone. */
static size_t format_pid(const struct record *record, char text[static PID_BYTES])
{
	return (size_t)snprintf(text, PID_BYTES, "%d", record->pid);
}

/* Callers read it as soon as it is there: never half of it, and no newline. */
int record_step_pid_file(struct creation *creation, struct error *err)
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

int record_undo_pid_file(const struct record *record, struct error *err)
{
	struct error failure;

	(void)err;
	if (record->pid_file && remove_pid_file(record, &failure) < 0 && failure.code != ENOENT)
		log_warning("pid file %s: %s", record->pid_file, failure.text);
	return 0;
}

static bool is_record_file(const char *name)
{
	for (size_t i = 0; i < sizeof record_files / sizeof *record_files; i++)
		if (strcmp(record_files[i], name) == 0)
			return true;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int record_check_files(const struct record *record, struct error *err)
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
		if (!is_record_file(entry->d_name))
			return error_set(err, ENOTEMPTY,
					 "\"%s\" is no container: its directory holds %s, which is "
					 "not kist's",
					 record->id, show(entry->d_name).text);
	return 0;
}

static int remove_files(const struct record *record, struct error *err)
{
	for (size_t i = 0; i < sizeof record_files / sizeof *record_files; i++)
		if (unlinkat(record->directory, record_files[i], 0) < 0 && errno != ENOENT)
			return error_errno(err, "%s", record_files[i]);
	return 0;
}

int record_undo(const struct record *record, struct error *err)
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
