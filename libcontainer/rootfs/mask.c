/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file covers the paths that the container must not read, or not write (config-linux.md,
 * Masked Paths, Readonly Paths).
 *
 * What covers a masked path is verified: files are covered with the container's own null device,
 * recognised by its number (CVE-2025-31133: /dev/null of an image may be anything), directories
 * with one empty filesystem. A path that does not exist is skipped; every other failure is fatal.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/rootfs/rootfs.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int check_paths(const struct plan *plan, const char *property, const struct strings *paths,
		       struct error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (paths->at[i][0] != '/')
			return error_set(err, EINVAL, "%s[%zu]: %s: must be absolute", property, i,
					 paths->at[i]);
		if (strcmp(path_clean(plan->arena, paths->at[i]), "/") == 0)
			return error_set(err, EINVAL, "%s[%zu]: must not be /", property, i);
	}
	return 0;
}

int mask_plan(struct plan *plan, struct error *err)
{
	const struct linux_config *config = plan->config->linux;

	if (check_paths(plan, "linux.maskedPaths", &config->maskedPaths, err) < 0)
		return -err->code;
	return check_paths(plan, "linux.readonlyPaths", &config->readonlyPaths, err);
}

static bool paths_planned(const struct plan *plan)
{
	return plan->config->linux->maskedPaths.count > 0;
}

static bool readonly_planned(const struct plan *plan)
{
	return plan->config->linux->readonlyPaths.count > 0;
}

static void print_paths(const struct strings *paths, FILE *out)
{
	for (size_t i = 0; i < paths->count; i++)
		fprintf(out, "\t\t%s\n", paths->at[i]);
}

static void print_step(const struct plan *plan, FILE *out)
{
	print_paths(&plan->config->linux->maskedPaths, out);
}

static void print_readonly(const struct plan *plan, FILE *out)
{
	print_paths(&plan->config->linux->readonlyPaths, out);
}

/* The limits leave room for nothing but the root directory. Some kernels count one inode more, so
 * the second set allows two. */
static int make_empty(struct error *err)
{
	static const struct parameter limits[][3] = {
		{{"nr_blocks", "1"}, {"nr_inodes", "1"}, {"mode", "0755"}},
		{{"nr_blocks", "1"}, {"nr_inodes", "2"}, {"mode", "0755"}},
	};
	const uint64_t attributes =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int mount = -1;

	for (size_t i = 0; i < COUNT(limits) && mount < 0; i++)
		mount = mountfd_tmpfs(limits[i], COUNT(limits[i]), attributes, err);
	return mount;
}

static int check_null(int node, struct error *err)
{
	struct stat status;

	if (fstat(node, &status) < 0)
		return error_errno(err, "fstat");
	if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))
		return error_set(err, EINVAL, "is not the null device");
	return 0;
}

/* These descriptors are what files and directories are covered with. They are -1 until the first
 * path needs them. */
struct covers {
	int tree;
	int null, empty;
};

static int cover_file(int target, struct covers *covers, struct error *err)
{
	_close_ int copy = -1;

	if (covers->null < 0)
		covers->null =
			path_open(covers->tree, "/dev/null", O_PATH, PATH_LINKS_REFUSED, err);
	if (covers->null < 0)
		return covers->null;
	if (check_null(covers->null, err) < 0)
		return error_wrap(err, "/dev/null");
	copy = mountfd_clone(covers->null, "", 0, err);
	if (copy < 0 ||
	    mountfd_change(copy, false, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
			   0, err) < 0)
		return -err->code;
	return mountfd_attach(copy, target, err);
}

/* The first directory is covered with the empty filesystem's first mount, the others with copies of
 * it. So no mount is left over to be unmounted, which takes the kernel long. */
static int cover_directory(int target, struct covers *covers, struct error *err)
{
	_close_ int copy = -1;

	if (covers->empty < 0) {
		covers->empty = make_empty(err);
		return covers->empty < 0 ? covers->empty
					 : mountfd_attach(covers->empty, target, err);
	}
	copy = mountfd_clone(covers->empty, "", 0, err);
	return copy < 0 ? copy : mountfd_attach(copy, target, err);
}

static int cover(int target, struct covers *covers, struct error *err)
{
	struct stat status;

	if (fstat(target, &status) < 0)
		return error_errno(err, "fstat");
	return S_ISDIR(status.st_mode) ? cover_directory(target, covers, err)
				       : cover_file(target, covers, err);
}

static int change_paths(int tree, const char *property, const struct strings *paths,
			int (*change)(int target, struct covers *covers, struct error *err),
			struct covers *covers, struct error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		_close_ int target =
			path_open(tree, paths->at[i], O_PATH, PATH_LINKS_FOLLOWED, err);

		if (target == -ENOENT || target == -ENOTDIR)
			continue;
		if (target < 0)
			return error_wrap(err, "%s[%zu]", property, i);
		if (change(target, covers, err) < 0)
			return error_wrap(err, "%s[%zu]: %s", property, i, paths->at[i]);
	}
	return 0;
}

static int step_paths(struct creation *creation, struct error *err)
{
	const struct strings *paths = &creation->plan->config->linux->maskedPaths;
	struct covers covers = {.tree = creation->rootfs.tree, .null = -1, .empty = -1};
	int result = change_paths(covers.tree, "linux.maskedPaths", paths, cover, &covers, err);

	cleanup_close(&covers.null);
	cleanup_close(&covers.empty);
	return result;
}

const struct step mask_paths = {
	"masked paths",
	.run = step_paths,
	.when = paths_planned,
	.print = print_step,
};

/* A copy of what is seen at the path is mounted over it, so that the flags of the existing mounts
 * are kept. */
static int make_readonly(int target, struct covers *covers, struct error *err)
{
	_close_ int copy = mountfd_clone(target, "", AT_RECURSIVE, err);

	(void)covers;
	if (copy < 0 || mountfd_change(copy, true, MOUNT_ATTR_RDONLY, 0, err) < 0)
		return -err->code;
	return mountfd_attach(copy, target, err);
}

static int step_readonly(struct creation *creation, struct error *err)
{
	const struct strings *paths = &creation->plan->config->linux->readonlyPaths;

	return change_paths(creation->rootfs.tree, "linux.readonlyPaths", paths, make_readonly,
			    NULL, err);
}

const struct step mask_readonly = {
	"read-only paths",
	.run = step_readonly,
	.when = readonly_planned,
	.print = print_readonly,
};
