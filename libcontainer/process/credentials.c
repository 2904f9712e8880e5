/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who the container's program is: user, groups, umask (config.md, POSIX-platform User;
 * credentials(7)).
 *
 * The system calls are made directly: libc would change the ids of all threads of the process that
 * kist was, while init has only one.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "libcontainer/compat.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/process.h"
#include "libcontainer/steps.h"

mode_t credentials_umask(const struct plan *plan)
{
	const uint32_t *mask = plan->config->process->user.umask;

	return mask ? *mask : 022;
}

/* The user opens /dev/stdout by its path, so a pipe or a file that the caller passed must belong to
 * the user. Devices such as a terminal or /dev/null belong to the host, and stay as they are. */
static bool is_handed_over(int descriptor, const struct stat *status)
{
	/* A file that was opened only for reading, /etc/hosts for instance, stays its owner's: a
	 * new owner could write to it. */
	if (S_ISREG(status->st_mode))
		return (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
	return S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode);
}

static int give_stdio(uid_t uid, struct error *err)
{
	for (int descriptor = 0; descriptor <= 2; descriptor++) {
		struct stat status;

		if (fstat(descriptor, &status) < 0)
			return error_errno(err, "stdio: descriptor %d", descriptor);
		if (status.st_uid == uid || !is_handed_over(descriptor, &status))
			continue;
		/* On read-only filesystems, and on those without owners, the file keeps its
		 * owner. */
		if (fchown(descriptor, uid, (gid_t)-1) < 0 && errno != EPERM && errno != EROFS &&
		    errno != EINVAL)
			return error_errno(err, "stdio: chown descriptor %d", descriptor);
	}
	return 0;
}

static int change_ids(const struct user *user, bool denied, struct error *err)
{
	const struct gids *groups = &user->additionalGids;

	/* This is done for an empty list, too, since the caller's groups must not stay. Where the
	 * kernel denies the call there are no groups, or groups that cannot be dropped. */
	if (!denied && syscall(SYS_setgroups, groups->count, groups->at) < 0)
		return error_errno(err, "process.user.additionalGids: setgroups");
	if (syscall(SYS_setresgid, user->gid, user->gid, user->gid) < 0)
		return error_errno(err, "process.user.gid: setresgid %u", user->gid);
	if (syscall(SYS_setresuid, user->uid, user->uid, user->uid) < 0)
		return error_errno(err, "process.user.uid: setresuid %u", user->uid);
	return 0;
}

static int step_become(struct creation *creation, struct error *err)
{
	const struct user *user = &creation->plan->config->process->user;

	if (user->uid != 0 && give_stdio(user->uid, err) < 0)
		return -err->code;
	if (change_ids(user, idmap_denied(creation), err) < 0)
		return -err->code;
	umask(credentials_umask(creation->plan));
	return birth_guard(err);
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct user *user = &plan->config->process->user;

	fprintf(out, "\t\tuid %u, gid %u, groups", user->uid, user->gid);
	for (size_t i = 0; i < user->additionalGids.count; i++)
		fprintf(out, " %u", user->additionalGids.at[i]);
	fprintf(out, "%s, umask %03o\n", user->additionalGids.count ? "" : " none",
		credentials_umask(plan));
}

const struct step credentials_become = {
	"user",
	.run = step_become,
	.print = print_step,
};
