/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file is the layout of cgroup v1, which has a hierarchy for each controller or for a few,
 * and of the hybrid form, in which a cgroup2 hierarchy is mounted beside them (cgroups(7), CGROUPS
 * VERSION 1).
 *
 * The container has the same path in every hierarchy, because engines read its numbers there. Init
 * enters the v1 hierarchies by itself, through descriptors of `tasks` ("0" means the caller):
 * moving only the calling thread takes no lock that all of the system's processes share, as
 * writing to cgroup.procs does. In the cgroup2 hierarchy init is born.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/cgroup/layout.h"
#include "libcontainer/cgroup/v2.h"
#include "libcontainer/cgroup/walk.h"
#include "libcontainer/clock.h"
#include "libcontainer/io.h"
#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
	FREEZE_TIMEOUT_MS = 10000,
	/* Freezing can get stuck halfway when processes wait for each other; thawing them in
	 * between helps. */
	FREEZE_RETRY_MS = 100,
	KILL_TIMEOUT_MS = 10000,
	CPUSET_SIZE = 8192,
};

/* A new cpuset has neither processors nor memory, and no process can enter it like that. */
static const char *const cpuset_files[] = {"cpuset.cpus", "cpuset.mems"};

/* An empty file gets the content of its parent's. */
static int inherit_file(int parent, int child, const char *file, struct error *err)
{
	char text[CPUSET_SIZE];
	ssize_t size = io_read_file(child, file, text, sizeof text, err);

	if (size < 0)
		return (int)size;
	if (text[strspn(text, " \n")] != '\0')
		return 0;
	size = io_read_file(parent, file, text, sizeof text, err);
	if (size < 0)
		return (int)size;
	if (size == CPUSET_SIZE - 1)
		return error_set(err, E2BIG, "%s: the parent's list is too long", file);
	return io_write_file(child, file, text, err);
}

static int inherit_cpuset(int parent, int child, struct error *err)
{
	for (size_t i = 0; i < COUNT(cpuset_files); i++)
		if (inherit_file(parent, child, cpuset_files[i], err) < 0)
			return -err->code;
	return 0;
}

/* Every ancestor may be new and empty, too, so they inherit from the root down to the container. */
static int inherit_down(const struct hierarchy *hierarchy, const char *path, int directory,
			struct error *err)
{
	struct ancestor ancestor = {.path = path};
	_close_ int parent = -1;

	while (ancestor_next(&ancestor)) {
		_close_ int child = tree_open(hierarchy, ancestor.name, err);
		int above = parent;

		if (child < 0)
			return child;
		if (above >= 0 && inherit_cpuset(above, child, err) < 0)
			return error_wrap(err, "%s%s", hierarchy->mount, ancestor.name);
		cleanup_close(&parent);
		parent = take(&child);
	}
	return inherit_cpuset(parent, directory, err);
}

static int v1_make(const struct cgroup *cgroup, const struct hierarchy *hierarchy,
		   const struct cgroup_writes *writes, struct error *err)
{
	_close_ int directory = -1;

	/* On a hybrid host callers look for numbers in the v1 hierarchies, so the usual controllers
	 * of cgroup2 are not enabled. */
	if (hierarchy->unified)
		return unified_make(hierarchy, cgroup->path, writes, false, err);
	directory = tree_make(hierarchy, cgroup->path, err);
	if (directory < 0)
		return directory;
	if (controllers_have(hierarchy->controllers, "cpuset") &&
	    inherit_down(hierarchy, cgroup->path, directory, err) < 0)
		return -err->code;
	return take(&directory);
}

static int v1_remove(const struct cgroup *cgroup, unsigned patience_ms, struct error *err)
{
	const struct hierarchies *hierarchies = cgroup->hierarchies;
	struct error one;
	int result = 0;

	/* A cgroup that is not empty must not keep the others from being removed. After waiting for
	 * one, there is no need to wait for the others. */
	for (size_t i = 0; i < hierarchies->count; i++)
		if (tree_remove(&hierarchies->at[i], cgroup->path, result == 0 ? patience_ms : 0,
				&one) < 0 &&
		    result == 0) {
			*err = one;
			result = -one.code;
		}
	return result;
}

static bool freezer_frozen(int directory)
{
	return tree_says_frozen(directory, "freezer.state");
}

static bool is_frozen(const struct hierarchy *hierarchy, int directory)
{
	if (hierarchy->unified)
		return unified_frozen(directory);
	return controllers_have(hierarchy->controllers, "freezer") && freezer_frozen(directory);
}

/* Returns an enum cgroup_use, or -errno. */
static int use_of_one(const struct hierarchy *hierarchy, const char *path, struct error *err)
{
	_close_ int directory = -1;

	/* The cgroup is nearly always missing, in each of about ten hierarchies, so the cheap check
	 * comes first. */
	if (!tree_exists(hierarchy, path))
		return CGROUP_FREE;
	directory = tree_open(hierarchy, path, err);
	if (directory < 0)
		return directory == -ENOENT ? CGROUP_FREE : directory;
	if (hierarchy->unified)
		return unified_use(directory);
	if (walk_populated(directory))
		return CGROUP_POPULATED;
	return is_frozen(hierarchy, directory) ? CGROUP_FROZEN : CGROUP_FREE;
}

static int v1_use(const struct cgroup *cgroup, struct error *err)
{
	const struct hierarchies *hierarchies = cgroup->hierarchies;
	int use = CGROUP_FREE;

	for (size_t i = 0; i < hierarchies->count && use == CGROUP_FREE; i++)
		use = use_of_one(&hierarchies->at[i], cgroup->path, err);
	return use;
}

/* The freezer of v1 or that of cgroup2 may have been used, by kist or by others. */
static bool frozen_anywhere(const struct cgroup *cgroup)
{
	const struct hierarchies *hierarchies = cgroup->hierarchies;
	struct error ignored;

	for (size_t i = 0; i < hierarchies->count; i++) {
		const struct hierarchy *hierarchy = &hierarchies->at[i];
		_close_ int directory = -1;

		if (!hierarchy->unified && !controllers_have(hierarchy->controllers, "freezer"))
			continue;
		directory = tree_open(hierarchy, cgroup->path, &ignored);
		if (directory >= 0 && is_frozen(hierarchy, directory))
			return true;
	}
	return false;
}

static int freezer_write(int directory, bool frozen, struct error *err)
{
	return io_write_file(directory, "freezer.state", frozen ? "FROZEN" : "THAWED", err);
}

/* The file is read until it says FROZEN, because FREEZING becomes FROZEN only when somebody reads
 * it. */
static bool freezer_wait(int directory, unsigned timeout_ms)
{
	long long deadline_ms = clock_now_ms() + timeout_ms;

	while (!freezer_frozen(directory)) {
		if (clock_now_ms() > deadline_ms)
			return false;
		clock_sleep_ms(1);
	}
	return true;
}

static int freezer_freeze(int directory, bool frozen, struct error *err)
{
	long long deadline_ms = clock_now_ms() + FREEZE_TIMEOUT_MS;

	if (!frozen)
		return freezer_write(directory, false, err);
	while (clock_now_ms() < deadline_ms) {
		if (freezer_write(directory, true, err) < 0)
			return -err->code;
		if (freezer_wait(directory, FREEZE_RETRY_MS))
			return 0;
		if (freezer_write(directory, false, err) < 0)
			return -err->code;
	}
	return error_set(err, ETIMEDOUT, "a process cannot be frozen: it waits in the kernel");
}

static int freeze_one(const struct hierarchy *hierarchy, const char *path, bool frozen,
		      struct error *err)
{
	_close_ int directory = tree_open(hierarchy, path, err);

	if (directory < 0)
		return directory;
	return hierarchy->unified ? unified_freeze(directory, frozen, err)
				  : freezer_freeze(directory, frozen, err);
}

/* cgroup2's freezer is preferred: processes that it holds can be killed and traced. */
static const struct hierarchy *find_freezer(const struct hierarchies *hierarchies)
{
	const struct hierarchy *unified = hierarchies_unified(hierarchies);

	return unified ? unified : hierarchies_find(hierarchies, "freezer");
}

/* Both freezers are thawed, because somebody else may have used v1's. */
static int thaw_all(const struct cgroup *cgroup, struct error *err)
{
	const struct hierarchy *freezer = hierarchies_find(cgroup->hierarchies, "freezer");
	const struct hierarchy *unified = hierarchies_unified(cgroup->hierarchies);
	int result = freezer ? freeze_one(freezer, cgroup->path, false, err) : 0;

	if (result < 0 && (result != -ENOENT || !unified))
		return result;
	return unified ? freeze_one(unified, cgroup->path, false, err) : 0;
}

static int v1_freeze(const struct cgroup *cgroup, bool frozen, struct error *err)
{
	const struct hierarchy *freezer = find_freezer(cgroup->hierarchies);

	if (!freezer)
		return error_set(err, ENOTSUP,
				 "controller freezer is not available: neither it nor cgroup2 is "
				 "mounted");
	return frozen ? freeze_one(freezer, cgroup->path, true, err) : thaw_all(cgroup, err);
}

/* Each process must get one signal only, so the signal is sent in one hierarchy; all have the same
 * processes. */
static int signal_once(const struct cgroup *cgroup, int signal, struct error *err)
{
	const struct hierarchies *hierarchies = cgroup->hierarchies;
	const struct hierarchy *freezer = find_freezer(hierarchies);
	const struct hierarchy *chosen = freezer ? freezer : &hierarchies->at[0];
	_close_ int directory = tree_open(chosen, cgroup->path, err);
	bool thaw = freezer && !frozen_anywhere(cgroup);
	struct error ignored;

	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	if (chosen->unified)
		return unified_kill(directory, signal, err);
	if (thaw)
		freezer_freeze(directory, true, &ignored);
	walk_signal(directory, signal);
	if (thaw)
		freezer_freeze(directory, false, &ignored);
	return 0;
}

/* Sends SIGKILL in one hierarchy, and returns a number that is 0 when no process was found. */
static unsigned kill_one(const struct hierarchy *hierarchy, const char *path)
{
	struct error ignored;
	_close_ int directory = tree_open(hierarchy, path, &ignored);

	if (directory < 0)
		return 0;
	if (!hierarchy->unified)
		return walk_signal(directory, SIGKILL);
	unified_kill(directory, SIGKILL, &ignored);
	return unified_populated(directory);
}

/* Processes of the container may have frozen cgroups further down, so these are thawed, too. */
static void thaw_below(int directory)
{
	if (directory >= 0)
		walk_write(directory, "freezer.state", "THAWED");
}

/* v1's freezer keeps processes from forking while they are killed. A frozen process dies only when
 * it is thawed, so thawing comes last. */
static unsigned kill_everywhere(const struct cgroup *cgroup)
{
	const struct hierarchies *hierarchies = cgroup->hierarchies;
	const struct hierarchy *freezer = hierarchies_find(hierarchies, "freezer");
	struct error ignored;
	_close_ int directory = freezer ? tree_open(freezer, cgroup->path, &ignored) : -1;
	unsigned found = 0;

	if (directory >= 0 && !hierarchies_unified(hierarchies) &&
	    freezer_write(directory, true, &ignored) == 0)
		freezer_wait(directory, FREEZE_RETRY_MS);
	for (size_t i = 0; i < hierarchies->count; i++)
		found += kill_one(&hierarchies->at[i], cgroup->path);
	thaw_below(directory);
	return found;
}

/* Killing is repeated until no process is left: without cgroup2 a process can fork between reading
 * the list and the signal. */
static int kill_until_empty(const struct cgroup *cgroup, struct error *err)
{
	long long deadline_ms = clock_now_ms() + KILL_TIMEOUT_MS;

	while (kill_everywhere(cgroup) > 0) {
		if (clock_now_ms() > deadline_ms)
			return error_set(err, EBUSY,
					 "container's cgroup is not empty: processes in %s do not "
					 "end",
					 cgroup->path);
		clock_sleep_ms(1);
	}
	return 0;
}

static int v1_kill(const struct cgroup *cgroup, int signal, struct error *err)
{
	if (signal == SIGKILL)
		return kill_until_empty(cgroup, err);
	return signal_once(cgroup, signal, err);
}

static void v1_release(const struct cgroup *cgroup)
{
	const struct hierarchy *freezer = hierarchies_find(cgroup->hierarchies, "freezer");
	struct error ignored;
	_close_ int directory = freezer ? tree_open(freezer, cgroup->path, &ignored) : -1;

	thaw_below(directory);
}

const struct cgroup_layout cgroup_v1 = {
	.name = "v1",
	.make = v1_make,
	.use = v1_use,
	.remove = v1_remove,
	.kill = v1_kill,
	.freeze = v1_freeze,
	.release = v1_release,
};
