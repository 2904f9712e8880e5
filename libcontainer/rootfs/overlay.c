/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The overlay inherits these attributes, so that it is no way around what the mount of the root
 * filesystem forbids. */
static uint64_t inherited_attributes(int lower)
{
	static const struct {
		unsigned long flag;
		uint64_t attribute;
	} table[] = {
		{ST_NOSUID, MOUNT_ATTR_NOSUID},
		{ST_NODEV, MOUNT_ATTR_NODEV},
		{ST_NOEXEC, MOUNT_ATTR_NOEXEC},
	};
	struct statvfs status;
	uint64_t attributes = 0;

	if (fstatvfs(lower, &status) < 0)
		return 0;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (status.f_flag & table[i].flag)
			attributes |= table[i].attribute;
	return attributes;
}

bool overlay_planned(const struct plan *plan)
{
	return plan->options->ephemeral || plan->options->overlay;
}

/* The layers get the owner of the root filesystem: whoever mounts may be the root of a user
 * namespace, and the kernel accesses the layers as whoever mounted. */
static int give(int directory, const char *name, const struct stat *lower, struct error *err)
{
	if (fchownat(directory, name, lower->st_uid, lower->st_gid,
		     AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "chown %s", name);
	return 0;
}

/* The root of an overlay has the owner and mode of its upper layer, so that layer gets those of the
 * root filesystem. */
static int resemble(int layers, const struct stat *lower, struct error *err)
{
	_close_ int upper = path_open(layers, "upper", O_PATH, PATH_LINKS_REFUSED, err);

	if (upper < 0)
		return upper;
	if (give(upper, "", lower, err) < 0)
		return -err->code;
	if (fchmodat(layers, "upper", lower->st_mode & 07777, 0) < 0)
		return error_errno(err, "chmod upper");
	return 0;
}

static int make_layer(int layers, const char *name, struct error *err)
{
	_close_ int layer = path_make_directory(layers, name, 0700, PATH_LINKS_REFUSED, err);

	return layer < 0 ? layer : 0;
}

static bool is_there(int layers, const char *name)
{
	struct error ignored;
	_close_ int layer = path_open(layers, name, O_PATH, PATH_LINKS_REFUSED, &ignored);

	return layer >= 0;
}

/* An upper layer that exists already keeps its owner and mode, as its last container left them. */
static int make_layers(int layers, const struct stat *lower, struct error *err)
{
	bool kept = is_there(layers, "upper");

	if (make_layer(layers, "upper", err) < 0 || make_layer(layers, "work", err) < 0)
		return -err->code;
	return kept ? 0 : resemble(layers, lower, err);
}

/* The directory of --overlay is made when it is missing. */
static int open_kept(const char *path, const struct stat *lower, struct error *err)
{
	bool made = mkdir(path, 0700) == 0;
	_close_ int directory = -1;

	if (!made && errno != EEXIST)
		return error_errno(err, "mkdir");
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return error_errno(err, "open");
	if (made && give(directory, "", lower, err) < 0)
		return -err->code;
	if (make_layers(directory, lower, err) < 0 || give(directory, "work", lower, err) < 0)
		return -err->code;
	return take(&directory);
}

static int open_private(const char *path, const struct stat *lower, struct error *err)
{
	_close_ int directory = open_kept(path, lower, err);
	_close_ int mount = -1;

	if (directory < 0)
		return directory;
	mount = mountfd_clone(directory, "", 0, err);
	if (mount < 0 || mountfd_propagate(mount, MS_PRIVATE, err) < 0)
		return -err->code;
	return take(&mount);
}

int overlay_open(const char *path, const char *rootfs, struct error *err)
{
	struct stat lower;
	int mount;

	if (stat(rootfs, &lower) < 0)
		return error_errno(err, "%s", rootfs);
	mount = open_private(path, &lower, err);
	return mount < 0 ? error_wrap(err, "--overlay %s", path) : mount;
}

/* The paths of the layers that can be written to, below the stage. */
struct layers {
	const char *upper, *work;
};

static int set_all(int context, const struct parameter *parameters, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (mountfd_set(context, parameters[i].name, parameters[i].value, err) < 0)
			return -err->code;
	return 0;
}

static int set_options(int context, const struct plan *plan, struct error *err)
{
	/* Changes that vanish with the container need not be written out (sync, fsync). */
	if (plan->options->ephemeral && mountfd_set(context, "volatile", NULL, err) < 0)
		return -err->code;
	/* A user namespace may set only the extended attributes in "user.", so the overlay must use
	 * those. */
	if (plan->idmap.planned && mountfd_set(context, "userxattr", NULL, err) < 0)
		return -err->code;
	return 0;
}

static int mount_layers(const struct plan *plan, int stage, const struct layers *layers,
			uint64_t attributes, struct error *err)
{
	const struct parameter parameters[] = {
		{"source", "overlay"},
		{"lowerdir", "lower"},
		{"upperdir", layers->upper},
		{"workdir", layers->work},
	};
	_close_ int context = mountfd_context("overlay", err);

	if (context < 0)
		return context;
	if (fchdir(stage) < 0)
		return error_errno(err, "fchdir");
	if (set_all(context, parameters, sizeof parameters / sizeof *parameters, err) < 0 ||
	    set_options(context, plan, err) < 0)
		return -err->code;
	return mountfd_create(context, attributes, err);
}

static int attach_on_stage(int stage, const char *name, int mount, struct error *err)
{
	_close_ int target = path_make_directory(stage, name, 0700, PATH_LINKS_REFUSED, err);

	return target < 0 ? target : mountfd_attach(mount, target, err);
}

static int make_in_memory(int stage, int lower, struct error *err)
{
	struct stat status;

	if (fstat(lower, &status) < 0)
		return error_errno(err, "fstat");
	return make_layers(stage, &status, err);
}

static int make_on_stage(const struct creation *creation, int stage, int lower, struct error *err)
{
	static const struct layers in_memory = {"upper", "work"};
	static const struct layers kept = {"kept/upper", "kept/work"};
	bool keeps = creation->plan->options->overlay;
	uint64_t attributes = inherited_attributes(lower);

	if (keeps ? attach_on_stage(stage, "kept", creation->rootfs.overlay, err) < 0
		  : make_in_memory(stage, lower, err) < 0)
		return -err->code;
	if (attach_on_stage(stage, "lower", lower, err) < 0)
		return -err->code;
	return mount_layers(creation->plan, stage, keeps ? &kept : &in_memory, attributes, err);
}

int overlay_make(const struct creation *creation, int lower, struct error *err)
{
	static const struct parameter parameters[] = {{"mode", "0700"}};
	_close_ int stage = mountfd_tmpfs(parameters, 1, 0, err);
	_close_ int overlay = -1;

	if (stage < 0)
		return error_wrap(err, "overlay");
	if (mountfd_stage(stage, err) < 0)
		return error_wrap(err, "overlay");
	overlay = make_on_stage(creation, stage, lower, err);
	if (overlay < 0 || mountfd_unstage(stage, err) < 0)
		return error_wrap(err, "overlay");
	return take(&overlay);
}
