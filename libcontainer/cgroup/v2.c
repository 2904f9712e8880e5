/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file is the layout of cgroup2, the unified hierarchy (cgroups(7), CGROUPS VERSION 2;
 * Linux's admin-guide/cgroup-v2.rst).
 *
 * Init is born in its cgroup (CLONE_INTO_CGROUP), so no process of the container is ever outside.
 */
#include "libcontainer/cgroup/v2.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/cgroup/layout.h"
#include "libcontainer/cgroup/walk.h"
#include "libcontainer/clock.h"
#include "libcontainer/io.h"
#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
	FREEZE_TIMEOUT_MS = 10000,
	/* The kernel has some 15 controllers with names of up to 10 letters. */
	CONTROLLERS_SIZE = 512,
};

/* On v2 these controllers are enabled wherever the kernel has them, so that there are numbers to
 * read and limits can be set later. On a hybrid host callers look at the v1 hierarchies instead. */
static const char *const usual_controllers[] = {"cpu", "cpuset", "io", "memory", "pids", "hugetlb"};

/* A container wants these controllers. */
struct wanted {
	const struct cgroup_writes *writes; /* their controllers have to enforce a limit */
	bool usual;                         /* the usual controllers are wanted, too */
};

static bool is_needed(const struct wanted *wanted, const char *controller)
{
	const struct cgroup_writes *writes = wanted->writes;

	for (size_t i = 0; i < writes->count; i++)
		if (!strcmp(writes->at[i].controller, controller))
			return true;
	return false;
}

static bool is_usual(const char *controller)
{
	for (size_t i = 0; i < COUNT(usual_controllers); i++)
		if (!strcmp(usual_controllers[i], controller))
			return true;
	return false;
}

/* Takes the next word off a list of controllers. */
static bool next_controller(const char **list, char controller[static CONTROLLERS_SIZE])
{
	const char *start = *list + strspn(*list, " \n");
	size_t length = strcspn(start, " \n");

	if (length == 0 || length >= CONTROLLERS_SIZE)
		return false;
	memcpy(controller, start, length);
	controller[length] = '\0';
	*list = start + length;
	return true;
}

static bool is_wanted(const struct wanted *wanted, const char *controller)
{
	return (wanted->usual && is_usual(controller)) || is_needed(wanted, controller);
}

/* Says whether every controller that is wanted, and that the hierarchy has, is available. */
static bool has_wanted(const struct wanted *wanted, const struct hierarchy *unified,
		       const char *available)
{
	const char *list = unified->controllers;
	char controller[CONTROLLERS_SIZE];

	while (next_controller(&list, controller))
		if (is_wanted(wanted, controller) && !controllers_have(available, controller))
			return false;
	return true;
}

static const char *explain_enable(int code)
{
	switch (code) {
	case EACCES:
	case EPERM:
		return " (it is not delegated to the user)";
	case EOPNOTSUPP:
		return " (it is threaded)";
	case EROFS:
		return " (the hierarchy is mounted read-only)";
	default:
		return "";
	}
}

/* Enables one controller for the children of a cgroup. A failure is an error only when a limit
 * needs the controller. */
static int enable_controller(const struct wanted *wanted, int directory, const char *name,
			     const char *controller, struct error *err)
{
	char text[CONTROLLERS_SIZE + 1];
	struct error reason;

	snprintf(text, sizeof text, "+%s", controller);
	if (io_write_file(directory, "cgroup.subtree_control", text, &reason) == 0 ||
	    !is_needed(wanted, controller))
		return 0;
	return error_set(err, reason.code, "controller %s is not available: %s/%s%s", controller,
			 name, reason.text, explain_enable(reason.code));
}

/* Lists the wanted controllers that a cgroup has available and its children do not have yet:
 * "+memory +pids". */
static void find_disabled(const struct wanted *wanted, const char *available, const char *enabled,
			  char text[static CONTROLLERS_SIZE])
{
	char controller[CONTROLLERS_SIZE];
	size_t used = 0;

	text[0] = '\0';
	while (next_controller(&available, controller)) {
		if (!is_wanted(wanted, controller) || controllers_have(enabled, controller))
			continue;
		used += (size_t)snprintf(text + used, CONTROLLERS_SIZE - used, "%s+%s",
					 used ? " " : "", controller);
		if (used >= CONTROLLERS_SIZE)
			return;
	}
}

static int enable_each(const struct wanted *wanted, int directory, const char *name,
		       const char *disabled, struct error *err)
{
	char controller[CONTROLLERS_SIZE];

	while (next_controller(&disabled, controller))
		if (enable_controller(wanted, directory, name, controller + 1, err) < 0)
			return -err->code;
	return 0;
}

/*
 * A cgroup other than the root that has processes of its own must not hand controllers on. For
 * most controllers the kernel refuses it; the few that it allows (cpu, cpuset, pids) would make
 * the cgroup the root of a threaded subtree and all its other children useless.
 */
static bool hands_on(int directory)
{
	bool is_root = faccessat(directory, "cgroup.type", F_OK, 0) < 0;

	return is_root || !walk_occupied(directory);
}

static int refuse_needed(const struct wanted *wanted, const char *name, const char *disabled,
			 struct error *err)
{
	char controller[CONTROLLERS_SIZE];

	while (next_controller(&disabled, controller))
		if (is_needed(wanted, controller + 1))
			return error_set(err, EBUSY,
					 "controller %s is not available: %s has processes of its "
					 "own, so its children can have no limits",
					 controller + 1, name);
	return 0;
}

/* Hands the controllers that a cgroup has itself on to its children. */
static int enable_below(const struct wanted *wanted, int directory, const char *name,
			struct error *err)
{
	char available[CONTROLLERS_SIZE], enabled[CONTROLLERS_SIZE], disabled[CONTROLLERS_SIZE];
	struct error ignored;

	if (io_read_file(directory, "cgroup.controllers", available, sizeof available, err) < 0 ||
	    io_read_file(directory, "cgroup.subtree_control", enabled, sizeof enabled, err) < 0)
		return error_wrap(err, "%s", name);
	find_disabled(wanted, available, enabled, disabled);
	if (disabled[0] == '\0')
		return 0;
	if (!hands_on(directory))
		return refuse_needed(wanted, name, disabled, err);
	if (io_write_file(directory, "cgroup.subtree_control", disabled, &ignored) == 0)
		return 0;
	return enable_each(wanted, directory, name, disabled, err);
}

/* Controllers are enabled from the root down to the parent: a cgroup can only hand on what it has
 * been handed. */
static int enable_down(const struct wanted *wanted, const struct hierarchy *unified,
		       const char *path, struct error *err)
{
	struct ancestor ancestor = {.path = path};

	while (ancestor_next(&ancestor)) {
		_close_ int directory = tree_open(unified, ancestor.name, err);
		char name[2 * PATH_MAX];

		if (directory < 0)
			return directory;
		snprintf(name, sizeof name, "%s%s", unified->mount,
			 ancestor.name[1] ? ancestor.name : "");
		if (enable_below(wanted, directory, name, err) < 0)
			return -err->code;
	}
	return 0;
}

/* No process can enter a cgroup whose type is "domain invalid". */
static int check_type(int directory, struct error *err)
{
	char type[32];

	if (io_read_file(directory, "cgroup.type", type, sizeof type, err) < 0)
		return -err->code;
	if (strcmp(type, "domain\n") != 0)
		return error_set(err, EOPNOTSUPP,
				 "is of type \"%.*s\": its parent has processes of its own and "
				 "controllers enabled",
				 (int)strcspn(type, "\n"), type);
	return 0;
}

/* Once all wanted controllers have been enabled, for an earlier container, reading one file is all
 * that is needed. */
static int enable_controllers(const struct wanted *wanted, const struct hierarchy *unified,
			      const char *path, int directory, struct error *err)
{
	char available[CONTROLLERS_SIZE];

	if (io_read_file(directory, "cgroup.controllers", available, sizeof available, err) < 0)
		return -err->code;
	if (has_wanted(wanted, unified, available))
		return 0;
	if (enable_down(wanted, unified, path, err) < 0)
		return -err->code;
	if (check_type(directory, err) < 0)
		return error_wrap(err, "%s%s", unified->mount, path);
	return 0;
}

int unified_make(const struct hierarchy *unified, const char *path,
		 const struct cgroup_writes *writes, bool usual, struct error *err)
{
	const struct wanted wanted = {writes, usual};
	_close_ int directory = tree_make(unified, path, err);

	if (directory < 0 || enable_controllers(&wanted, unified, path, directory, err) < 0)
		return -err->code;
	return take(&directory);
}

/* Says whether cgroup.events has a line like "frozen 1". */
static bool has_event(int events, const char *line)
{
	char text[256];
	ssize_t size = pread(events, text, sizeof text - 1, 0);

	if (size < 0)
		return false;
	text[size] = '\0';
	return strstr(text, line);
}

static bool ask_event(int directory, const char *line)
{
	_close_ int events = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return events >= 0 && has_event(events, line);
}

bool unified_populated(int directory)
{
	return ask_event(directory, "populated 1");
}

bool unified_frozen(int directory)
{
	return tree_says_frozen(directory, "cgroup.events");
}

/* The kernel reports each change of cgroup.events by POLLPRI. */
static bool wait_event(int events, const char *line, unsigned timeout_ms)
{
	long long deadline_ms = clock_now_ms() + timeout_ms;
	struct pollfd poll_events = {.fd = events, .events = POLLPRI};

	while (!has_event(events, line)) {
		long long left_ms = deadline_ms - clock_now_ms();

		if (left_ms <= 0)
			return false;
		poll(&poll_events, 1, (int)left_ms);
	}
	return true;
}

int unified_freeze(int directory, bool frozen, struct error *err)
{
	_close_ int events = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct error ignored;

	if (events < 0)
		return error_errno(err, "cgroup.events");
	if (io_write_file(directory, "cgroup.freeze", frozen ? "1" : "0", err) < 0)
		return -err->code;
	/* A frozen parent keeps the cgroup frozen after a thaw, so nothing is waited for: what was
	 * asked for is done. */
	if (!frozen || wait_event(events, "frozen 1", FREEZE_TIMEOUT_MS))
		return 0;
	io_write_file(directory, "cgroup.freeze", "0", &ignored);
	return error_set(err, ETIMEDOUT, "a process cannot be frozen: it waits in the kernel");
}

/* The cgroup is frozen meanwhile, so that no process can fork away from the signal. The signal is
 * sent even when the cgroup cannot be frozen. */
static int signal_frozen(int directory, int signal)
{
	bool thaw = !unified_frozen(directory);
	struct error ignored;

	if (thaw)
		unified_freeze(directory, true, &ignored);
	walk_signal(directory, signal);
	if (thaw)
		unified_freeze(directory, false, &ignored);
	return 0;
}

int unified_kill(int directory, int signal, struct error *err)
{
	if (signal == SIGKILL)
		return io_write_file(directory, "cgroup.kill", "1", err);
	return signal_frozen(directory, signal);
}

int unified_use(int directory)
{
	if (unified_populated(directory))
		return CGROUP_POPULATED;
	return unified_frozen(directory) ? CGROUP_FROZEN : CGROUP_FREE;
}

/* Opens the container's directory; -ENOENT says that there is none. */
static int open_own(const struct cgroup *cgroup, struct error *err)
{
	return tree_open(hierarchies_unified(cgroup->hierarchies), cgroup->path, err);
}

static int v2_make(const struct cgroup *cgroup, const struct hierarchy *hierarchy,
		   const struct cgroup_writes *writes, struct error *err)
{
	return unified_make(hierarchy, cgroup->path, writes, true, err);
}

static int v2_use(const struct cgroup *cgroup, struct error *err)
{
	_close_ int directory = open_own(cgroup, err);

	if (directory < 0)
		return directory == -ENOENT ? CGROUP_FREE : directory;
	return unified_use(directory);
}

static int v2_remove(const struct cgroup *cgroup, unsigned patience_ms, struct error *err)
{
	return tree_remove(hierarchies_unified(cgroup->hierarchies), cgroup->path, patience_ms,
			   err);
}

static int v2_kill(const struct cgroup *cgroup, int signal, struct error *err)
{
	_close_ int directory = open_own(cgroup, err);

	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	return unified_kill(directory, signal, err);
}

static int v2_freeze(const struct cgroup *cgroup, bool frozen, struct error *err)
{
	_close_ int directory = open_own(cgroup, err);

	return directory < 0 ? directory : unified_freeze(directory, frozen, err);
}

const struct cgroup_layout cgroup_v2 = {
	.name = "v2",
	.single = true,
	.make = v2_make,
	.use = v2_use,
	.remove = v2_remove,
	.kill = v2_kill,
	.freeze = v2_freeze,
};
