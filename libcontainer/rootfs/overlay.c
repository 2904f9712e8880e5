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
#include "spec/cleanup.h"

/* An overlay is no way around what the mount of the root filesystem forbids. */
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

/* The root of an overlay looks like that of its upper layer. */
static int make_upper(int layers, int lower, struct error *err)
{
	_close_ int upper = path_make_directory(layers, "upper", 0700, PATH_LINKS_REFUSED, err);
	struct stat status;

	if (upper < 0)
		return upper;
	if (fstat(lower, &status) < 0)
		return error_errno(err, "fstat");
	if (fchownat(upper, "", status.st_uid, status.st_gid, AT_EMPTY_PATH) < 0)
		return error_errno(err, "chown upper");
	if (fchmodat(layers, "upper", status.st_mode & 07777, 0) < 0)
		return error_errno(err, "chmod upper");
	return 0;
}

static int make_layers(int layers, int lower, struct error *err)
{
	_close_ int target = path_make_directory(layers, "lower", 0700, PATH_LINKS_REFUSED, err);
	_close_ int work = path_make_directory(layers, "work", 0700, PATH_LINKS_REFUSED, err);

	if (target < 0 || work < 0)
		return -err->code;
	if (make_upper(layers, lower, err) < 0)
		return -err->code;
	return mountfd_attach(lower, target, err);
}

/* volatile: what is thrown away need not be written out (sync, fsync). */
static int mount_layers(int layers, uint64_t attributes, struct error *err)
{
	static const struct parameter parameters[] = {
		{"source", "overlay"}, {"lowerdir", "lower"}, {"upperdir", "upper"},
		{"workdir", "work"},   {"volatile", NULL},
	};
	_close_ int context = mountfd_context("overlay", err);

	if (context < 0)
		return context;
	if (fchdir(layers) < 0)
		return error_errno(err, "fchdir");
	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
		if (mountfd_set(context, parameters[i].name, parameters[i].value, err) < 0)
			return -err->code;
	return mountfd_create(context, attributes, err);
}

static int make_on_stage(int layers, int lower, struct error *err)
{
	if (make_layers(layers, lower, err) < 0)
		return -err->code;
	return mount_layers(layers, inherited_attributes(lower), err);
}

int overlay_make(int lower, struct error *err)
{
	static const struct parameter parameters[] = {{"mode", "0700"}};
	_close_ int layers = mountfd_tmpfs(parameters, 1, 0, err);
	_close_ int overlay = -1;

	if (layers < 0)
		return error_wrap(err, "overlay");
	if (mountfd_stage(layers, err) < 0)
		return error_wrap(err, "overlay");
	overlay = make_on_stage(layers, lower, err);
	if (overlay < 0 || mountfd_unstage(layers, err) < 0)
		return error_wrap(err, "overlay");
	return take(&overlay);
}
