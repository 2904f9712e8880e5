/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file decides which cgroup a process enters that joins a container (cgroups(7),
 * proc_pid_cgroup(5)): the one that init is in, which may be below the container's when the
 * container has cgroups of its own; or, by --cgroup, another one at or below the container's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/io.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

enum { CGROUP_FILE_SIZE = 1 << 16 }; /* enough for a line with a path for each hierarchy */

/* Says whether a line of /proc/PID/cgroup is about this hierarchy. Such lines look like
 * "4:memory:/a" or, for cgroup2, "0::/a". */
static bool is_about(const struct hierarchy *hierarchy, const char *line)
{
	const char *controllers = strchr(line, ':');
	char first[64];

	if (!controllers)
		return false;
	controllers++;
	if (hierarchy->unified)
		return *controllers == ':';
	snprintf(first, sizeof first, "%.*s", (int)strcspn(hierarchy->controllers, ","),
		 hierarchy->controllers);
	return strncmp(controllers, first, strlen(first)) == 0 &&
	       strchr(",:", controllers[strlen(first)]);
}

/* A path outside of the caller's cgroup namespace begins with "/.." and cannot be used, so the
 * result is NULL then. */
static const char *path_of(const char *line)
{
	const char *path = strchr(strchr(line, ':') + 1, ':');

	return path && path[1] == '/' && strncmp(path + 1, "/..", 3) != 0 ? path + 1 : NULL;
}

static char *next_line(char **text)
{
	char *line = strsep(text, "\n");

	return line && *line ? line : NULL;
}

const char *const *cgroup_parse_process(char *text, const struct hierarchies *hierarchies,
					struct arena *arena)
{
	const char **found = arena_array(arena, hierarchies->count, sizeof *found);

	for (char *line; (line = next_line(&text));)
		for (size_t i = 0; i < hierarchies->count; i++)
			if (is_about(&hierarchies->at[i], line))
				found[i] = path_of(line);
	return found;
}

int cgroup_read_process(pid_t pid, const struct hierarchies *hierarchies, struct arena *arena,
			const char *const **paths, struct error *err)
{
	char *text = arena_alloc(arena, CGROUP_FILE_SIZE);
	char name[64];

	snprintf(name, sizeof name, "/proc/%d/cgroup", pid);
	if (io_read_file(AT_FDCWD, name, text, CGROUP_FILE_SIZE, err) < 0)
		return -err->code;
	*paths = cgroup_parse_process(text, hierarchies, arena);
	return 0;
}

int cgroup_read_joined(const struct plan *plan, struct joined *joined, struct error *err)
{
	return cgroup_read_process(joined->record->pid, &plan->host->hierarchies, plan->arena,
				   &joined->cgroups, err);
}

/* Says whether "CONTROLLER[,CONTROLLER...]:" in front of a --cgroup names a hierarchy. */
static bool names(const char *controllers, size_t length, const struct hierarchy *hierarchy)
{
	while (length > 0) {
		size_t word = strcspn(controllers, ",:");
		char name[64];

		snprintf(name, sizeof name, "%.*s", (int)word, controllers);
		if (controllers_have(hierarchy->controllers, name))
			return true;
		word += word < length;
		controllers += word;
		length -= word;
	}
	return false;
}

/* The value of a --cgroup is [CONTROLLER[,CONTROLLER...]:]PATH, where PATH is below the container's
 * cgroup. */
static int plan_subgroup(struct plan *plan, const char *text, struct error *err)
{
	const struct hierarchies *hierarchies = &plan->host->hierarchies;
	const char *colon = strchr(text, ':');
	bool named = false;
	char clean[PATH_MAX];

	if (cgroup_clean_path(colon ? colon + 1 : text, clean, err) < 0)
		return -err->code;
	for (size_t i = 0; i < hierarchies->count; i++) {
		if (colon && !names(text, (size_t)(colon - text), &hierarchies->at[i]))
			continue;
		if (strlen(plan->cgroup.at.path) + strlen(clean) >= PATH_MAX)
			return error_set(err, ENAMETOOLONG, "is longer than %d bytes",
					 PATH_MAX - 1);
		plan->cgroup.joins[i] =
			arena_printf(plan->arena, "%s%s", plan->cgroup.at.path, clean);
		named = true;
	}
	if (!named)
		return error_set(err, EINVAL, "no such controller is mounted");
	return 0;
}

static int plan_subgroups(struct plan *plan, struct error *err)
{
	for (const char *const *text = plan->joined->subgroups; text && *text; text++) {
		if (!plan->cgroup.planned)
			return error_set(err, ENOTSUP, "--cgroup: the container has no cgroup");
		if (plan_subgroup(plan, *text, err) < 0)
			return error_wrap(err, "--cgroup: \"%.200s\"", *text);
	}
	return 0;
}

int cgroup_plan_joined(struct plan *plan, struct error *err)
{
	const struct joined *joined = plan->joined;
	struct cgroup_plan *cgroup = &plan->cgroup;
	size_t count = plan->host->hierarchies.count;

	if (cgroup_of_record(&joined->record->cgroup, &plan->host->hierarchies, &cgroup->at, err) <
	    0)
		return -err->code;
	cgroup->planned = cgroup->at.layout;
	cgroup->clone_into = true;
	cgroup->entered = cgroup->planned && !cgroup->at.layout->single;
	cgroup->joins = arena_array(plan->arena, count, sizeof *cgroup->joins);
	for (size_t i = 0; i < count; i++)
		cgroup->joins[i] = joined->cgroups[i] ? joined->cgroups[i] : cgroup->at.path;
	return plan_subgroups(plan, err);
}

static void print_joined(const struct plan *plan, FILE *out)
{
	const struct hierarchies *hierarchies = &plan->host->hierarchies;

	for (size_t i = 0; i < hierarchies->count; i++)
		fprintf(out, "\t\t%s%s\n", hierarchies->at[i].mount, plan->cgroup.joins[i]);
}

/* The container's own cgroup exists unless the container is about to end, so a missing one is
 * usually the one that --cgroup names. */
static int error_missing(const struct plan *plan, const struct hierarchy *hierarchy,
			 const char *path, struct error *err)
{
	const char *const *subgroups = plan->joined->subgroups;

	if (err->code == ENOENT && subgroups && *subgroups)
		return error_set(err, ENOENT,
				 "--cgroup: %s%s does not exist; one below the container's has to "
				 "be made first",
				 hierarchy->mount, path);
	return -err->code;
}

static int step_open(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	const struct hierarchies *hierarchies = &plan->host->hierarchies;

	for (size_t i = 0; i < hierarchies->count; i++) {
		const char *path = plan->cgroup.joins[i];
		_close_ int directory = tree_open(&hierarchies->at[i], path, err);

		if (directory < 0)
			return error_missing(plan, &hierarchies->at[i], path, err);
		if (tree_hold(&hierarchies->at[i], &directory, plan->cgroup.clone_into,
			      &creation->cgroup, err) < 0)
			return error_wrap(err, "%s%s", hierarchies->at[i].mount, path);
	}
	return 0;
}

static void finish(struct creation *creation)
{
	tree_release(&creation->cgroup);
}

const struct step cgroup_open = {
	"cgroup",
	.run = step_open,
	.planned = PLANNED(cgroup.planned),
	.print = print_joined,
	.finish = finish,
};
