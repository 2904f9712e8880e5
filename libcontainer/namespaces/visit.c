/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A visit of the host side to init's mount namespace, and back (setns(2), mount_namespaces(7)). To
 * enter one changes the root and the working directory as well.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* Where a process is. */
struct place {
	int namespace, root, directory;
};

bool namespaces_may_visit(const struct plan *plan)
{
	/* setns(2) asks for them, for the last since init is guarded. */
	const uint64_t needed =
		1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_CHROOT | 1ULL << CAP_SYS_PTRACE;

	return (plan->host->capabilities & needed) == needed;
}

static int open_link(const char *process, const char *name, int flags, struct error *err)
{
	char path[64];
	int file;

	snprintf(path, sizeof path, "/proc/%s/%s", process, name);
	file = open(path, flags | O_CLOEXEC);
	return file < 0 ? error_errno(err, "%s", path) : file;
}

/* What is open is to be closed, also after a failure. */
static int open_directories(struct place *place, const char *process, struct error *err)
{
	place->root = open_link(process, "root", O_PATH | O_DIRECTORY, err);
	if (place->root < 0)
		return -err->code;
	place->directory = open_link(process, "cwd", O_PATH | O_DIRECTORY, err);
	return place->directory < 0 ? -err->code : 0;
}

static int open_own(struct place *place, struct error *err)
{
	place->namespace = open_link("self", "ns/mnt", O_RDONLY, err);
	return place->namespace < 0 ? -err->code : open_directories(place, "self", err);
}

static int open_of_init(struct place *place, const struct creation *creation, struct error *err)
{
	char process[16];

	snprintf(process, sizeof process, "%d", creation->record.pid);
	/* A pidfd is good for setns, and of nobody else. */
	place->namespace = fcntl(creation->init, F_DUPFD_CLOEXEC, 0);
	return place->namespace < 0 ? error_errno(err, "dup")
				    : open_directories(place, process, err);
}

static void place_close(const struct place *place)
{
	cleanup_close(&place->namespace);
	cleanup_close(&place->root);
	cleanup_close(&place->directory);
}

static int go_to(const struct place *place, struct error *err)
{
	if (setns(place->namespace, CLONE_NEWNS) < 0)
		return error_errno(err, "setns");
	if (fchdir(place->root) < 0 || chroot(".") < 0)
		return error_errno(err, "chroot");
	return fchdir(place->directory) < 0 ? error_errno(err, "fchdir") : 0;
}

/* An error on the way back counts more: nothing can be done from there. */
static int go_and_return(struct creation *creation, const struct place *there,
			 const struct place *own, namespaces_visitor *run, struct error *err)
{
	struct error of_return;
	int result = go_to(there, err);

	if (result == 0)
		result = run(creation, err);
	if (go_to(own, &of_return) == 0)
		return result;
	*err = of_return;
	return error_wrap(err, "back to the caller's mount namespace");
}

int namespaces_visit(struct creation *creation, namespaces_visitor *run, struct error *err)
{
	struct place own = {-1, -1, -1}, there = {-1, -1, -1};
	int result = open_own(&own, err);

	if (result == 0)
		result = open_of_init(&there, creation, err);
	if (result == 0)
		result = go_and_return(creation, &there, &own, run, err);
	place_close(&there);
	place_close(&own);
	return result;
}
