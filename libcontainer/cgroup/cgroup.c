/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libcontainer/cgroup/tree.h"
#include "libcontainer/io.h"
#include "libcontainer/log.h"
#include "libcontainer/mountinfo.h"
#include "libcontainer/open_container.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
	/* How long to wait until the kernel has forgotten processes that were killed. */
	REMOVE_PATIENCE_MS = 5000,
	CONTROLLERS_SIZE = 512,
};

/* Where everybody mounts it, alone or as one of many. */
static const char standard_mount[] = "/sys/fs/cgroup";

/* What v1 can mount; everything else among a hierarchy's mount options is an option. */
static const char v1_controllers[] = "cpu cpuacct cpuset memory devices freezer blkio pids hugetlb "
				     "net_cls net_prio perf_event rdma misc debug";

bool cgroup_has_controller(const char *list, const char *controller)
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

const struct hierarchy *cgroup_hierarchy(const struct hierarchies *hierarchies,
					 const char *controller)
{
	for (size_t i = 0; i < hierarchies->count; i++)
		if (cgroup_has_controller(hierarchies->at[i].controllers, controller))
			return &hierarchies->at[i];
	return NULL;
}

const struct hierarchy *cgroup_unified(const struct hierarchies *hierarchies)
{
	for (size_t i = 0; i < hierarchies->count; i++)
		if (hierarchies->at[i].unified)
			return &hierarchies->at[i];
	return NULL;
}

const struct cgroup_driver *cgroup_driver_find(const char *name)
{
	static const struct cgroup_driver *const drivers[] = {&cgroup_v2_driver, &cgroup_v1_driver};

	for (size_t i = 0; i < COUNT(drivers); i++)
		if (!strcmp(drivers[i]->name, name))
			return drivers[i];
	return NULL;
}

/* The hierarchies of this host. */

static bool is_controller(const char *option)
{
	return !strncmp(option, "name=", strlen("name=")) ||
	       cgroup_has_controller(v1_controllers, option);
}

/* "rw,cpu,cpuacct" -> "cpu,cpuacct" */
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

/* What is collected; a device number stands for a hierarchy. */
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

/* The whole hierarchy, the first time it is seen: not a bind mount of some cgroup. */
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

int cgroup_hierarchies_parse(FILE *mountinfo, struct arena *arena, struct hierarchies *hierarchies,
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

/* Which controllers cgroup2 has here, as a list separated by spaces. */
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

static int read_unified_alone(struct arena *arena, struct host *host, struct error *err)
{
	struct hierarchy *unified = arena_alloc(arena, sizeof *unified);

	*unified = (struct hierarchy){.mount = standard_mount, .unified = true};
	if (read_controllers(unified, arena, err) < 0)
		return -err->code;
	host->hierarchies = (struct hierarchies){.count = 1, .at = unified};
	return 0;
}

static int read_mounted(struct arena *arena, struct host *host, struct error *err)
{
	FILE *mountinfo _fclose_ = mountinfo_open(err);
	struct hierarchies found;
	struct hierarchy *at;

	if (!mountinfo)
		return -err->code;
	if (cgroup_hierarchies_parse(mountinfo, arena, &found, err) < 0)
		return -err->code;
	at = arena_array(arena, found.count, sizeof *at);
	for (size_t i = 0; i < found.count; i++) {
		at[i] = found.at[i];
		if (at[i].unified && read_controllers(&at[i], arena, err) < 0)
			return -err->code;
	}
	host->hierarchies = (struct hierarchies){.count = found.count, .at = at};
	return 0;
}

int cgroup_hierarchies_read(struct arena *arena, struct host *host, struct error *err)
{
	struct statfs statfs_mount;

	if (statfs(standard_mount, &statfs_mount) == 0 &&
	    statfs_mount.f_type == CGROUP2_SUPER_MAGIC)
		return read_unified_alone(arena, host, err);
	return read_mounted(arena, host, err);
}

static bool denies_cgroups(const struct hierarchies *hierarchies)
{
	return hierarchies->count > 0 &&
	       faccessat(AT_FDCWD, hierarchies->at[0].mount, W_OK, AT_EACCESS) < 0 &&
	       errno == EACCES;
}

int cgroup_read_host(const struct plan *plan, struct host *host, struct error *err)
{
	if (cgroup_hierarchies_read(plan->arena, host, err) < 0)
		return -err->code;
	host->cgroups_denied = denies_cgroups(&host->hierarchies);
	return 0;
}

/* The planning half. */

static const struct cgroup_driver *choose_driver(const struct hierarchies *hierarchies)
{
	if (hierarchies->count == 0)
		return NULL;
	return hierarchies->count == 1 && hierarchies->at[0].unified ? &cgroup_v2_driver
								     : &cgroup_v1_driver;
}

/* Nothing that leads elsewhere, and nothing that the kernel would refuse later. */
static int check_component(const char *component, size_t length, struct error *err)
{
	if ((length == 1 && component[0] == '.') ||
	    (length == 2 && component[0] == '.' && component[1] == '.'))
		return error_set(err, EINVAL, "must not contain \"%.*s\"", (int)length, component);
	if (length > NAME_MAX)
		return error_set(err, ENAMETOOLONG, "the name \"%.20s...\" is longer than %d bytes",
				 component, NAME_MAX);
	if (memchr(component, '\n', length))
		return error_set(err, EINVAL, "must not contain a line feed");
	return 0;
}

int cgroup_clean_path(const char *path, char clean[static PATH_MAX], struct error *err)
{
	size_t used = 0;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t length = strcspn(path, "/");

		if (check_component(path, length, err) < 0)
			return -err->code;
		if (used + 1 + length >= PATH_MAX)
			return error_set(err, ENAMETOOLONG, "is longer than %d bytes",
					 PATH_MAX - 1);
		clean[used++] = '/';
		memcpy(clean + used, path, length);
		used += length;
		path += length;
	}
	clean[used] = '\0';
	return 0;
}

/* Of a container's own. */
static int clean_path(const char *path, char clean[static PATH_MAX], struct error *err)
{
	if (cgroup_clean_path(path, clean, err) < 0)
		return -err->code;
	if (clean[0] == '\0')
		return error_set(err, EINVAL, "must not be the root of the hierarchy");
	return 0;
}

/*
 * A relative path is taken below the root, too: the same value means the same place, whoever calls.
 * So are the three words that mean a unit to systemd, as with other runtimes.
 */
static int plan_path(struct plan *plan, struct error *err)
{
	const char *path = plan->config->linux->cgroupsPath;
	char clean[PATH_MAX];

	if (!path || path[0] == '\0') {
		plan->cgroup.path = arena_printf(plan->arena, "/kist-%s", plan->options->id);
		return strlen(plan->cgroup.path) - 1 <= NAME_MAX
			       ? 0
			       : error_set(err, ENAMETOOLONG,
					   "linux.cgroupsPath: is needed with an id so long: "
					   "/kist-ID is no name of a cgroup");
	}
	if (clean_path(path, clean, err) < 0)
		return error_wrap(err, "linux.cgroupsPath: \"%.200s\"", path);
	plan->cgroup.path = arena_strdup(plan->arena, clean);
	return 0;
}

/* Nobody can be born where nobody may be: the limit counts for clone3, but not for entering. */
static bool may_clone_into(const struct cgroup_plan *cgroup)
{
	for (size_t i = 0; i < cgroup->writes.count; i++)
		if (!strcmp(cgroup->writes.at[i].file, "pids.max") &&
		    !strcmp(cgroup->writes.at[i].text, "0"))
			return false;
	return true;
}

/* Asked for by --cgroup-manager: limits would be ignored, which they never are. */
static int plan_without(struct plan *plan, struct error *err)
{
	static const struct hierarchies none;
	const struct resources *resources = plan->config->linux->resources;

	plan->cgroup.path = "";
	if (resources && resources->devices.count > 0)
		log_warning("linux.resources.devices: not enforced: the container has no cgroup");
	return cgroup_resources_plan(plan, &none, err);
}

/* Who is not root may make a cgroup only where one was delegated to him, and says so: a container
 * of his that asks for nothing of cgroups goes without. */
static bool goes_without(const struct plan *plan)
{
	const struct linux_config *config = plan->config->linux;
	const struct resources *resources = config->resources;
	bool limited = resources && (resources->memory || resources->cpu || resources->pids);

	return plan->host->cgroups_denied && !limited &&
	       !(config->cgroupsPath && *config->cgroupsPath);
}

/* There is none on this host. Fine, unless something is asked of it. */
static int plan_unmounted(struct plan *plan, struct error *err)
{
	const char *path = plan->config->linux->cgroupsPath;

	plan->cgroup.path = "";
	if (cgroup_resources_plan(plan, &plan->host->hierarchies, err) < 0 ||
	    cgroup_devices_plan(plan, &plan->host->hierarchies, err) < 0)
		return -err->code;
	if (path && path[0])
		return error_set(err, ENOTSUP,
				 "linux.cgroupsPath: no cgroup hierarchy is mounted; mount cgroup2 "
				 "on %s",
				 standard_mount);
	return 0;
}

int cgroup_plan(struct plan *plan, struct error *err)
{
	const struct hierarchies *hierarchies = &plan->host->hierarchies;

	if (plan->options->cgroup_manager == CONTAINER_SYSTEMD)
		return error_set(err, ENOTSUP, "--cgroup-manager: systemd is not supported yet");
	if (plan->options->cgroup_manager == CONTAINER_NO_CGROUP || goes_without(plan))
		return plan_without(plan, err);
	if (hierarchies->count == 0)
		return plan_unmounted(plan, err);
	plan->cgroup.driver = choose_driver(hierarchies);
	if (plan_path(plan, err) < 0 || cgroup_resources_plan(plan, hierarchies, err) < 0 ||
	    cgroup_devices_plan(plan, hierarchies, err) < 0)
		return -err->code;
	plan->cgroup.clone_into = may_clone_into(&plan->cgroup);
	return 0;
}

bool cgroup_planned(const struct plan *plan)
{
	return plan->cgroup.driver;
}

/* v2 has one hierarchy, and init is born in it where that is possible. */
static bool joined_by_init(const struct plan *plan)
{
	return cgroup_planned(plan) &&
	       (plan->cgroup.driver == &cgroup_v1_driver || !plan->cgroup.clone_into);
}

static void print_device_rules(const struct cgroup_device_rules *rules, FILE *out)
{
	fprintf(out, "\t\tdevices: %s the others\n", rules->allow ? "allow" : "deny");
	for (size_t i = 0; i < rules->count; i++) {
		char text[CGROUP_DEVICE_TEXT_SIZE];

		cgroup_device_format(&rules->at[i], text);
		fprintf(out, "\t\tdevices: %s %s\n", rules->at[i].allow ? "allow" : "deny", text);
	}
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct cgroup_plan *cgroup = &plan->cgroup;

	fprintf(out, "\t\t%s (%s)\n", cgroup->path, cgroup->driver->name);
	for (size_t i = 0; i < cgroup->writes.count; i++) {
		const struct cgroup_write *write = &cgroup->writes.at[i];

		fprintf(out, "\t\t%s/%s = %s\n", write->controller, write->file, write->text);
	}
	if (cgroup->devices.count > 0)
		print_device_rules(&cgroup->device_rules, out);
}

static const char *freezer_file(const struct hierarchy *hierarchy)
{
	if (hierarchy->unified)
		return "cgroup.events";
	return cgroup_has_controller(hierarchy->controllers, "freezer") ? "freezer.state" : NULL;
}

struct strings cgroup_freezers(const struct plan *plan)
{
	const struct hierarchies *hierarchies = &plan->host->hierarchies;
	const char **at = arena_array(plan->arena, hierarchies->count, sizeof *at);
	size_t count = 0;

	for (size_t i = 0; plan->cgroup.driver && i < hierarchies->count; i++) {
		const struct hierarchy *hierarchy = &hierarchies->at[i];
		const char *file = freezer_file(hierarchy);

		if (file)
			at[count++] = arena_printf(plan->arena, "%s%s/%s", hierarchy->mount,
						   plan->cgroup.path, file);
	}
	return (struct strings){.count = count, .at = at};
}

bool cgroup_says_frozen(int directory, const char *file)
{
	char text[256];
	struct error ignored;

	return io_read_file(directory, file, text, sizeof text, &ignored) > 0 &&
	       (strcmp(text, "FROZEN\n") == 0 || strstr(text, "frozen 1\n"));
}

bool cgroup_is_frozen(const struct strings *freezers)
{
	for (size_t i = 0; i < freezers->count; i++)
		if (cgroup_says_frozen(AT_FDCWD, freezers->at[i]))
			return true;
	return false;
}

/* The steps. */

/* config-linux.md, Control groups: a cgroup that is in use is not fit. Callers look for this text.
 */
int cgroup_refuse_populated(const char *path, struct error *err)
{
	return error_set(err, EBUSY,
			 "container's cgroup is not empty: another container or process uses %s",
			 path);
}

int cgroup_refuse_frozen(const char *path, struct error *err)
{
	return error_set(err, EBUSY, "container's cgroup is frozen: %s; nothing could run in it",
			 path);
}

int cgroup_step_check(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;

	return plan->cgroup.driver->check(plan->host, plan->cgroup.path, err);
}

static int step_create(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;

	return plan->cgroup.driver->create(plan, &creation->cgroup, err);
}

const struct step cgroup_create = {
	"cgroup",
	.run = step_create,
	.when = cgroup_planned,
	.print = print_step,
};

static int step_join(struct creation *creation, struct error *err)
{
	return creation->plan->cgroup.driver->attach(&creation->cgroup, err);
}

const struct step cgroup_join = {
	"cgroup",
	.run = step_join,
	.when = joined_by_init,
};

/* What is empty goes at once. What is not is killed, and goes when the kernel has forgotten it: unless
 * it is of another container by now. */
static int kill_and_destroy(const struct record *record, const struct host *host, struct error *err)
{
	const struct cgroup_driver *driver = cgroup_driver_find(record->cgroup.driver);
	const char *path = record->cgroup.path;
	int result = driver->destroy(host, path, 0, err);

	if (result != -EBUSY)
		return result;
	if (container_shares_cgroup(record))
		return 0;
	if (driver->kill(host, path, SIGKILL, err) < 0)
		return -err->code;
	return driver->destroy(host, path, REMOVE_PATIENCE_MS, err);
}

/* The path comes from a file; it is not followed anywhere else than it came from. */
static int check_record(const struct record_cgroup *cgroup, struct error *err)
{
	char clean[PATH_MAX];

	if (!cgroup_driver_find(cgroup->driver))
		return error_set(err, ENOTSUP, "unknown cgroup driver \"%s\"", cgroup->driver);
	if (!cgroup->path || cgroup->path[0] != '/' || clean_path(cgroup->path, clean, err) < 0 ||
	    strcmp(clean, cgroup->path) != 0)
		return error_set(err, EINVAL, "the record has no proper cgroup path");
	return 0;
}

static bool has_cgroup(const struct record_cgroup *cgroup)
{
	return cgroup->driver && cgroup->driver[0];
}

void cgroup_release_killed(const struct record_cgroup *cgroup)
{
	struct arena arena _arena_ = {0};
	struct host host = {0};
	const struct cgroup_driver *driver;
	struct error ignored;

	if (!has_cgroup(cgroup) || check_record(cgroup, &ignored) < 0)
		return;
	driver = cgroup_driver_find(cgroup->driver);
	if (driver->release && cgroup_hierarchies_read(&arena, &host, &ignored) == 0)
		driver->release(&host, cgroup->path);
}

int cgroup_undo(const struct record *record, struct error *err)
{
	const struct record_cgroup *cgroup = &record->cgroup;
	struct arena arena _arena_ = {0};
	struct host host = {0};

	if (!has_cgroup(cgroup))
		return 0;
	if (check_record(cgroup, err) < 0 || cgroup_hierarchies_read(&arena, &host, err) < 0)
		return -err->code;
	return kill_and_destroy(record, &host, err);
}

/* What a mount of type cgroup shows. */

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_cgroup_namespace(const struct plan *plan)
{
	return plan->namespaces.unshare_flags & CLONE_NEWCGROUP ||
	       plan->namespaces.joins & 1u << NAMESPACE_CGROUP;
}

/* /proc/self/cgroup of a container in the host's cgroup namespace is relative to the whole. */
static const char *source_path(const struct plan *plan)
{
	bool whole = plan->cgroup.driver == &cgroup_v2_driver && !has_cgroup_namespace(plan);

	return whole ? "/" : plan->cgroup.path;
}

static int open_source(const struct plan *plan, const struct hierarchy *hierarchy,
		       struct error *err)
{
	_close_ int directory = tree_open(hierarchy, source_path(plan), err);
	int source;

	if (directory < 0)
		return directory;
	source = open_tree(directory, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (source < 0)
		return error_errno(err, "%s: open_tree", hierarchy->mount);
	return source;
}

static void add_source(const struct hierarchy *hierarchy, bool alone,
		       struct cgroup_sources *sources)
{
	sources->at[sources->count] = -1;
	sources->hierarchies[sources->count] = hierarchy;
	sources->names[sources->count++] = alone ? "" : last_name(hierarchy->mount);
}

/* The one of cgroup2, if there is one. */
static const struct hierarchy *find_unified(const struct hierarchies *hierarchies)
{
	for (size_t i = 0; i < hierarchies->count; i++)
		if (hierarchies->at[i].unified)
			return &hierarchies->at[i];
	return NULL;
}

int cgroup_sources_list(const struct plan *plan, bool unified, struct cgroup_sources *sources,
			struct error *err)
{
	const struct hierarchies *hierarchies = &plan->host->hierarchies;
	const struct hierarchy *alone = find_unified(hierarchies);

	if (!plan->cgroup.driver)
		return error_set(err, ENOTSUP, "the container has no cgroup to show");
	if (alone && (unified || plan->cgroup.driver == &cgroup_v2_driver)) {
		add_source(alone, true, sources);
		return 0;
	}
	for (size_t i = 0; i < hierarchies->count; i++)
		add_source(&hierarchies->at[i], false, sources);
	return 0;
}

int cgroup_sources_open(const struct plan *plan, struct cgroup_sources *sources, struct error *err)
{
	for (size_t i = 0; i < sources->count; i++) {
		sources->at[i] = open_source(plan, sources->hierarchies[i], err);
		if (sources->at[i] < 0)
			return -err->code;
	}
	return 0;
}

/* The controllers of one hierarchy that are not its directory's name. */
static int add_links(const struct plan *plan, const struct hierarchy *hierarchy,
		     const char *(*links)[2], int room)
{
	const char *directory = last_name(hierarchy->mount);
	char *rest, *controllers = arena_strdup(plan->arena, hierarchy->controllers);
	int count = 0;

	for (const char *name = strtok_r(controllers, ",", &rest); name && count < room;
	     name = strtok_r(NULL, ",", &rest)) {
		if (!strcmp(name, directory) || strchr(name, '='))
			continue;
		links[count][0] = name;
		links[count][1] = directory;
		count++;
	}
	return count;
}

int cgroup_links(const struct plan *plan, const char *(*links)[2], int room)
{
	const struct hierarchies *hierarchies = &plan->host->hierarchies;
	int count = 0;

	if (plan->cgroup.driver != &cgroup_v1_driver)
		return 0;
	for (size_t i = 0; i < hierarchies->count; i++)
		if (!hierarchies->at[i].unified)
			count += add_links(plan, &hierarchies->at[i], links + count, room - count);
	return count;
}
