/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/cgroup/hierarchies.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "libcontainer/io.h"
#include "libcontainer/mountinfo.h"
#include "spec/arena.h"
#include "spec/cleanup.h"

enum { CONTROLLERS_SIZE = 512 };

/* Hosts mount cgroup2 here when it is the only hierarchy, and several hierarchies below. */
static const char standard_mount[] = "/sys/fs/cgroup";

/* These are the controllers that v1 can mount. The other mount options of a hierarchy are not
 * controllers. */
static const char v1_controllers[] = "cpu cpuacct cpuset memory devices freezer blkio pids hugetlb "
				     "net_cls net_prio perf_event rdma misc debug";

bool controllers_have(const char *list, const char *controller)
{
	static const char separators[] = ", \n";
	size_t length = strlen(controller);

	for (list += strspn(list, separators); *list; list += strspn(list, separators)) {
		size_t word = strcspn(list, separators);

		if (word == length && !strncmp(list, controller, length))
			return true;
		list += word;
	}
	return false;
}

const struct hierarchy *hierarchies_find(const struct hierarchies *hierarchies,
					 const char *controller)
{
	for (size_t i = 0; i < hierarchies->count; i++)
		if (controllers_have(hierarchies->at[i].controllers, controller))
			return &hierarchies->at[i];
	return NULL;
}

const struct hierarchy *hierarchies_unified(const struct hierarchies *hierarchies)
{
	for (size_t i = 0; i < hierarchies->count; i++)
		if (hierarchies->at[i].unified)
			return &hierarchies->at[i];
	return NULL;
}

bool hierarchies_are_v2(const struct hierarchies *hierarchies)
{
	return hierarchies->count == 1 && hierarchies->at[0].unified;
}

static bool is_controller(const char *option)
{
	return !strncmp(option, "name=", strlen("name=")) ||
	       controllers_have(v1_controllers, option);
}

/* Finds the controllers among mount options: "rw,cpu,cpuacct" becomes "cpu,cpuacct". */
static const char *find_controllers(char *options, struct arena *arena)
{
	const char *controllers = "";
	char *rest;

	for (char *option = strtok_r(options, ",", &rest); option;
	     option = strtok_r(NULL, ",", &rest))
		if (is_controller(option))
			controllers = arena_printf(arena, "%s%s%s", controllers,
						   *controllers ? "," : "", option);
	return controllers;
}

/* The hierarchies that have been found so far. Mounts of the same hierarchy have the same device
 * number. */
struct collection {
	struct hierarchy at[CGROUP_HIERARCHIES_MAX];
	const char *devices[CGROUP_HIERARCHIES_MAX];
	size_t count;
};

static bool is_known(const struct collection *collection, const char *device)
{
	for (size_t i = 0; i < collection->count; i++)
		if (!strcmp(collection->devices[i], device))
			return true;
	return false;
}

/* Each hierarchy is taken once, by a mount of the whole and not by a bind mount of some cgroup. */
static bool is_hierarchy(const struct collection *collection, const struct mountinfo_line *line)
{
	return (!strcmp(line->type, "cgroup") || !strcmp(line->type, "cgroup2")) &&
	       !strcmp(line->root, "/") && !is_known(collection, line->device);
}

static int collect(struct collection *collection, const struct mountinfo_line *line,
		   struct arena *arena, struct error *err)
{
	bool unified = !strcmp(line->type, "cgroup2");

	if (collection->count == CGROUP_HIERARCHIES_MAX)
		return error_set(err, E2BIG, "more than %d cgroup hierarchies are mounted",
				 CGROUP_HIERARCHIES_MAX);
	mountinfo_unescape(line->target);
	collection->devices[collection->count] = arena_strdup(arena, line->device);
	collection->at[collection->count++] = (struct hierarchy){
		.controllers = unified ? "" : find_controllers(line->options, arena),
		.mount = arena_strdup(arena, line->target),
		.unified = unified,
	};
	return 0;
}

int hierarchies_parse(FILE *mountinfo, struct arena *arena, struct hierarchies *hierarchies,
		      struct error *err)
{
	struct collection collection = {0};
	struct hierarchy *at;
	char *text _free_ = NULL;
	size_t room = 0;

	while (getline(&text, &room, mountinfo) > 0) {
		struct mountinfo_line line;

		if (mountinfo_split(text, &line) && is_hierarchy(&collection, &line) &&
		    collect(&collection, &line, arena, err) < 0)
			return -err->code;
	}
	at = arena_array(arena, collection.count, sizeof *at);
	memcpy(at, collection.at, collection.count * sizeof *at);
	*hierarchies = (struct hierarchies){.count = collection.count, .at = at};
	return 0;
}

/* Reads which controllers cgroup2 has on this host, as a list separated by spaces. */
static int read_controllers(struct hierarchy *unified, struct arena *arena, struct error *err)
{
	_close_ int mount = open(unified->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char text[CONTROLLERS_SIZE];

	if (mount < 0)
		return error_errno(err, "%s", unified->mount);
	if (io_read_file(mount, "cgroup.controllers", text, sizeof text, err) < 0)
		return error_wrap(err, "%s", unified->mount);
	text[strcspn(text, "\n")] = '\0';
	unified->controllers = arena_strdup(arena, text);
	return 0;
}

static int read_unified_alone(struct arena *arena, struct hierarchies *hierarchies,
			      struct error *err)
{
	struct hierarchy *unified = arena_alloc(arena, sizeof *unified);

	*unified = (struct hierarchy){.mount = standard_mount, .unified = true};
	if (read_controllers(unified, arena, err) < 0)
		return -err->code;
	*hierarchies = (struct hierarchies){.count = 1, .at = unified};
	return 0;
}

static int read_mounted(struct arena *arena, struct hierarchies *hierarchies, struct error *err)
{
	FILE *mountinfo _fclose_ = mountinfo_open(err);
	struct hierarchies found;
	struct hierarchy *at;

	if (!mountinfo)
		return -err->code;
	if (hierarchies_parse(mountinfo, arena, &found, err) < 0)
		return -err->code;
	at = arena_array(arena, found.count, sizeof *at);
	for (size_t i = 0; i < found.count; i++) {
		at[i] = found.at[i];
		if (at[i].unified && read_controllers(&at[i], arena, err) < 0)
			return -err->code;
	}
	*hierarchies = (struct hierarchies){.count = found.count, .at = at};
	return 0;
}

int hierarchies_read(struct arena *arena, struct hierarchies *hierarchies, struct error *err)
{
	struct statfs statfs_mount;

	if (statfs(standard_mount, &statfs_mount) == 0 &&
	    statfs_mount.f_type == CGROUP2_SUPER_MAGIC)
		return read_unified_alone(arena, hierarchies, err);
	return read_mounted(arena, hierarchies, err);
}
