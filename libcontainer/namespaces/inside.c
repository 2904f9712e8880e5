/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host side enters init's mount namespace, and returns (setns(2), mount_namespaces(7)).
 * Entering a mount namespace changes the root and the working directory as well. Init itself opens
 * the descriptors for that: in /proc a guarded process is closed to others without
 * CAP_SYS_PTRACE.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <unistd.h>

#include "libcontainer/process/sync.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The mount namespace, root and working directory of a process. */
struct place {
	int namespace, root, directory;
};

static bool may_enter(const struct host *host)
{
	const uint64_t needed = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_CHROOT;

	return (host->capabilities & needed) == needed;
}

void namespaces_plan_opening(struct plan *plan)
{
	const struct idmap_plan *idmap = &plan->idmap;
	struct namespaces_plan *namespaces = &plan->namespaces;

	namespaces->host_enters = idmap->planned && idmap->by_host && may_enter(plan->host);
	namespaces->host_opens = namespaces->host_enters || (!idmap->planned && idmap->by_host);
}

static int open_link(const char *path, int flags, struct error *err)
{
	int file = open(path, flags | O_CLOEXEC);

	return file < 0 ? error_errno(err, "%s", path) : file;
}

/* Opens the place of the calling process. The caller closes what is open, also after a failure. */
static int place_open(struct place *place, struct error *err)
{
	*place = (struct place){-1, -1, -1};
	place->namespace = open_link("/proc/self/ns/mnt", O_RDONLY, err);
	if (place->namespace < 0)
		return -err->code;
	place->root = open_link("/proc/self/root", O_PATH | O_DIRECTORY, err);
	if (place->root < 0)
		return -err->code;
	place->directory = open_link("/proc/self/cwd", O_PATH | O_DIRECTORY, err);
	return place->directory < 0 ? -err->code : 0;
}

static int place_send(const struct place *place, int sync, struct error *err)
{
	if (sync_send_descriptor(sync, place->namespace, err) < 0 ||
	    sync_send_descriptor(sync, place->root, err) < 0)
		return -err->code;
	return sync_send_descriptor(sync, place->directory, err);
}

static int place_receive(struct place *place, const struct creation *creation, struct error *err)
{
	int *const descriptors[] = {&place->namespace, &place->root, &place->directory};

	*place = (struct place){-1, -1, -1};
	for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
		*descriptors[i] = sync_receive_descriptor(creation, err);
		if (*descriptors[i] < 0)
			return -err->code;
	}
	return 0;
}

static void place_close(const struct place *place)
{
	cleanup_close(&place->namespace);
	cleanup_close(&place->root);
	cleanup_close(&place->directory);
}

static int place_enter(const struct place *place, struct error *err)
{
	if (setns(place->namespace, CLONE_NEWNS) < 0)
		return error_errno(err, "setns");
	if (fchdir(place->root) < 0 || chroot(".") < 0)
		return error_errno(err, "chroot");
	return fchdir(place->directory) < 0 ? error_errno(err, "fchdir") : 0;
}

/* An error on the way back replaces one from inside: the process cannot do anything from there. */
static int enter_and_return(struct creation *creation, const struct place *there,
			    const struct place *own, int (*run)(struct creation *, struct error *),
			    struct error *err)
{
	struct error of_return;
	int result = place_enter(there, err);

	if (result == 0)
		result = run(creation, err);
	if (place_enter(own, &of_return) == 0)
		return result;
	*err = of_return;
	return error_wrap(err, "back to the caller's mount namespace");
}

int namespaces_run_inside(struct creation *creation, int (*run)(struct creation *, struct error *),
			  struct error *err)
{
	struct place own = {-1, -1, -1}, there;
	int result = place_receive(&there, creation, err);

	if (result == 0)
		result = place_open(&own, err);
	if (result == 0)
		result = enter_and_return(creation, &there, &own, run, err);
	place_close(&there);
	place_close(&own);
	return result;
}

static int step_send_places(struct creation *creation, struct error *err)
{
	struct place place;
	int result = place_open(&place, err);

	if (result == 0)
		result = place_send(&place, creation->sync, err);
	place_close(&place);
	return result;
}

const struct step namespaces_send_places = {
	"mount namespace",
	.run = step_send_places,
	.planned = PLANNED(namespaces.host_enters),
};
