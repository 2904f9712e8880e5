/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file enters the finished root filesystem (pivot_root(2)). Afterwards none of the host's
 * mounts is left in the mount namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/rootfs.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The old root ends up on top of the new one, where "." finds it. The old root is private
 * (&rootfs_open), so the host does not notice that it is unmounted. */
static int pivot(struct error *err)
{
	if (sys_pivot_root(".", ".") < 0)
		return errno == EINVAL
			       ? error_set(
					 err, EINVAL,
					 "pivot_root: %s (on an initial ramdisk --no-pivot helps)",
					 error_describe(EINVAL))
			       : error_errno(err, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		return error_errno(err, "umount2: old root");
	return 0;
}

/* The old root's proc and sysfs are unmounted, as far as they exist. A full view of proc or sysfs
 * anywhere in the mount namespace, even out of sight, lets a user namespace inside the container
 * mount another one without what is masked here. */
static int hide_kernel_views(struct error *err)
{
	static const char *const views[] = {"/proc", "/sys"};

	for (size_t i = 0; i < sizeof views / sizeof *views; i++)
		if (umount2(views[i], MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL &&
		    errno != ENOENT)
			return error_errno(err, "umount2 %s", views[i]);
	return 0;
}

/* With --no-pivot the old root stays, covered by the new one. */
static int cover(struct error *err)
{
	if (hide_kernel_views(err) < 0)
		return -err->code;
	if (chroot(".") < 0)
		return error_errno(err, "chroot");
	return 0;
}

/* The tree was private or a slave while it was built, so only the other types of propagation are
 * left to set. */
static int set_propagation(int tree, unsigned long propagation, struct error *err)
{
	if (propagation & (MS_SHARED | MS_UNBINDABLE))
		return mountfd_propagate(tree, propagation, err);
	return 0;
}

/* No other mount may be left over the new root: "/.." would lead to it. */
static int verify(int tree, struct error *err)
{
	uint64_t wanted, found;

	if (mountfd_id(tree, "", &wanted, err) < 0 || mountfd_id(AT_FDCWD, "/..", &found, err) < 0)
		return -err->code;
	if (found != wanted)
		return error_set(err, EPERM, "another root is left over the container's");
	return 0;
}

static int step_enter(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;

	if (rootfs_attach(creation, err) < 0)
		return -err->code;
	if (fchdir(creation->rootfs.tree) < 0)
		return error_errno(err, "fchdir");
	if (plan->options->no_pivot ? cover(err) < 0 : pivot(err) < 0)
		return -err->code;
	if (chdir("/") < 0)
		return error_errno(err, "chdir /");
	if (verify(creation->rootfs.tree, err) < 0)
		return -err->code;
	if (set_propagation(creation->rootfs.tree, plan->rootfs.propagation, err) < 0)
		return -err->code;
	close(take(&creation->rootfs.tree));
	return 0;
}

const struct step pivot_enter = {
	"pivot",
	.run = step_enter,
};
