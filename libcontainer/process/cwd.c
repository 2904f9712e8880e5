/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/cwd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The kernel says "(unreachable)/..." for a directory that is not below the root, which was the way
 * out of the container in CVE-2024-21626. libc would hide the word, so the system call is made
 * directly. */
int cwd_verify(struct error *err)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof path) < 0)
		return error_errno(err, "getcwd");
	if (path[0] != '/')
		return error_set(err, EPERM, "process.cwd: is outside of the root filesystem");
	return 0;
}

static int enter_cwd(const char *cwd, struct error *err)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int directory = -1;

	if (root < 0)
		return error_errno(err, "/");
	/* chdir(2) is not used, since it would follow a magic link such as /proc/self/fd/7. */
	directory = path_make_directory(root, cwd, 0755, PATH_LINKS_FOLLOWED, err);
	if (directory < 0)
		return error_wrap(err, "process.cwd");
	if (fchdir(directory) < 0)
		return error_errno(err, "process.cwd: %s", cwd);
	return cwd_verify(err);
}

static bool is_made_early(const struct plan *plan)
{
	return plan->config->root->readonly;
}

static int step_make(struct creation *creation, struct error *err)
{
	int directory =
		path_make_directory(creation->rootfs.tree, creation->plan->config->process->cwd,
				    0755, PATH_LINKS_FOLLOWED, err);

	/* An error is ignored here: entering the directory finds it later, and the container's user
	 * may enter what root may not. */
	if (directory >= 0)
		close(directory);
	return 0;
}

const struct step cwd_make = {
	"working directory",
	.run = step_make,
	.when = is_made_early,
};

static int step_enter(struct creation *creation, struct error *err)
{
	int result = enter_cwd(creation->plan->config->process->cwd, err);

	/* On a network filesystem root may be allowed less than the container's user. */
	creation->cwd_denied = result == -EACCES;
	return creation->cwd_denied ? 0 : result;
}

static void print_cwd(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\t%s\n", plan->config->process->cwd);
}

const struct step cwd_enter = {
	"working directory",
	.run = step_enter,
	.print = print_cwd,
};

static int step_enter_again(struct creation *creation, struct error *err)
{
	if (!creation->cwd_denied)
		return 0;
	if (enter_cwd(creation->plan->config->process->cwd, err) < 0)
		return -err->code;
	creation->cwd_denied = false;
	return 0;
}

const struct step cwd_enter_again = {
	"working directory again",
	.run = step_enter_again,
};
