/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/notify.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libcontainer/process/sync.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

#define DIRECTORY "/run/notify"
#define NAME "notify.sock"

_Static_assert(sizeof NOTIFY_PATH == sizeof DIRECTORY "/" NAME, "one path");

bool notify_planned(const struct plan *plan)
{
	return plan->options->notify;
}

static int make_directory(const struct plan *plan, struct error *err)
{
	const char *label = plan->config->linux->mountLabel;
	const struct parameter parameters[] = {
		{"mode", "0755"},
		/* There is room for a socket, and for its extended attributes. */
		{"nr_inodes", "16"},
		{"size", "16k"},
		{"context", label},
	};
	size_t count = sizeof parameters / sizeof *parameters;

	return mountfd_tmpfs(parameters, label && *label ? count : count - 1,
			     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
}

/* Init's umask is 0, so everybody may write to the socket. It is bound by its bare name, which
 * leads nowhere else. */
static int bind_here(struct error *err)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = NAME};
	_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_errno(err, "socket");
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, "bind");
	return take(&fd);
}

/* The filesystem becomes read-only last; its sockets can be written to all the same. */
static int fill_directory(int directory, struct error *err)
{
	_close_ int fd = -1;

	if (fchdir(directory) < 0)
		return error_errno(err, "fchdir");
	fd = bind_here(err);
	if (fd < 0 || mountfd_change(directory, false, MOUNT_ATTR_RDONLY, 0, err) < 0)
		return -err->code;
	return take(&fd);
}

static int step_bind(struct creation *creation, struct error *err)
{
	_close_ int directory = make_directory(creation->plan, err);
	_close_ int fd = directory < 0 ? directory : fill_directory(directory, err);
	_close_ int target = -1;

	if (fd < 0)
		return error_wrap(err, DIRECTORY);
	target = path_make_directory(creation->rootfs.tree, DIRECTORY, 0755, path_links(DIRECTORY),
				     err);
	if (target < 0)
		return -err->code;
	if (mountfd_attach(directory, target, err) < 0)
		return error_wrap(err, DIRECTORY);
	creation->notify = take(&fd);
	return 0;
}

static int step_send(struct creation *creation, struct error *err)
{
	if (sync_send_notify(creation->sync, creation->notify, err) < 0)
		return -err->code;
	close(take(&creation->notify));
	return 0;
}

const struct step notify_send = {
	"notify socket",
	.run = step_send,
	.when = notify_planned,
};

static void print_step(const struct plan *plan, FILE *out)
{
	(void)plan;
	fputs("\t\t" NOTIFY_PATH "\n", out);
}

const struct step notify_bind = {
	"notify socket",
	.run = step_bind,
	.when = notify_planned,
	.print = print_step,
};
