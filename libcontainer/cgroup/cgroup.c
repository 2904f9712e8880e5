/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/steps.h"
#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The kernel needs a moment to forget processes that were killed; kist waits so long for it. */
enum { REMOVE_PATIENCE_MS = 5000 };

static bool denies_cgroups(const struct hierarchies *hierarchies)
{
	return hierarchies->count > 0 &&
	       faccessat(AT_FDCWD, hierarchies->at[0].mount, W_OK, AT_EACCESS) < 0 &&
	       errno == EACCES;
}

int cgroup_read_host(const struct plan *plan, struct host *host, struct error *err)
{
	if (hierarchies_read(plan->arena, &host->hierarchies, err) < 0)
		return -err->code;
	host->cgroups_denied = denies_cgroups(&host->hierarchies);
	return 0;
}

/* A component must not lead elsewhere, nor be one that the kernel would refuse later. */
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

/* A container's own cgroup cannot be the root of a hierarchy. */
static int clean_path(const char *path, char clean[static PATH_MAX], struct error *err)
{
	if (cgroup_clean_path(path, clean, err) < 0)
		return -err->code;
	if (clean[0] == '\0')
		return error_set(err, EINVAL, "must not be the root of the hierarchy");
	return 0;
}

/*
 * A relative path is taken below the root, too, so that the same value means the same place,
 * whoever calls. A value of three words, which means a unit to systemd, is taken as a path like
 * that as well, as with other runtimes.
 */
static int plan_path(const struct plan *plan, const char **planned, struct error *err)
{
	const char *path = plan->config->linux->cgroupsPath;
	char clean[PATH_MAX];

	if (!path || path[0] == '\0') {
		*planned = arena_printf(plan->arena, "/kist-%s", plan->options->id);
		return strlen(*planned) - 1 <= NAME_MAX
			       ? 0
			       : error_set(err, ENAMETOOLONG,
					   "linux.cgroupsPath: is needed with an id so long: "
					   "/kist-ID is no name of a cgroup");
	}
	if (clean_path(path, clean, err) < 0)
		return error_wrap(err, "linux.cgroupsPath: \"%.200s\"", path);
	*planned = arena_strdup(plan->arena, clean);
	return 0;
}

/* A record has the names of both together, such as "cgroupfs-v2": manager and layout. */
static const struct cgroup_manager *const managers[] = {&cgroup_cgroupfs};
static const struct cgroup_layout *const layouts[] = {&cgroup_v1, &cgroup_v2};

/* Takes a manager's name and the dash off the front of a text. */
static const struct cgroup_manager *take_manager(const char **text)
{
	for (size_t i = 0; i < COUNT(managers); i++) {
		size_t length = strlen(managers[i]->name);

		if (!strncmp(*text, managers[i]->name, length) && (*text)[length] == '-') {
			*text += length + 1;
			return managers[i];
		}
	}
	return NULL;
}

static const struct cgroup_layout *find_layout(const char *name)
{
	for (size_t i = 0; i < COUNT(layouts); i++)
		if (!strcmp(layouts[i]->name, name))
			return layouts[i];
	return NULL;
}

/* The path of a record comes from a file, so only the clean form in which kist writes it is
 * accepted. */
static bool is_proper(const char *path)
{
	char clean[PATH_MAX];
	struct error ignored;

	return path && path[0] == '/' && clean_path(path, clean, &ignored) == 0 &&
	       strcmp(clean, path) == 0;
}

int cgroup_of_record(const struct record_cgroup *record, const struct hierarchies *hierarchies,
		     struct cgroup *cgroup, struct error *err)
{
	const char *name = record->driver ? record->driver : "";
	struct cgroup found = {.hierarchies = hierarchies, .path = record->path};

	if (!*name) {
		*cgroup = (struct cgroup){.path = ""};
		return 0;
	}
	found.manager = take_manager(&name);
	found.layout = find_layout(name);
	if (!found.manager || !found.layout)
		return error_set(err, ENOTSUP, "unknown cgroup driver \"%s\"", record->driver);
	if (!is_proper(record->path))
		return error_set(err, EINVAL, "the record has no proper cgroup path");
	*cgroup = found;
	return 0;
}

int cgroup_find(const struct record_cgroup *record, struct arena *arena, struct cgroup *cgroup,
		struct error *err)
{
	struct hierarchies *hierarchies = arena_alloc(arena, sizeof *hierarchies);
	struct cgroup found;

	if (cgroup_of_record(record, hierarchies, &found, err) < 0 ||
	    (found.layout && hierarchies_read(arena, hierarchies, err) < 0))
		return -err->code;
	*cgroup = found;
	return 0;
}

static const char *name_of(const struct cgroup *cgroup, struct arena *arena)
{
	return arena_printf(arena, "%s-%s", cgroup->manager->name, cgroup->layout->name);
}

static void warn_ignored(struct plan *plan, const char *property, const char *reason)
{
	warnings_add(&plan->warnings, plan->arena, CONTAINER_LOG_WARNING,
		     "linux.resources.memory.%s: ignored: %s", property, reason);
}

/* No kernel of today can apply these any more, and no caller depends on them, so they are only
 * warned about. */
static void warn_obsolete(struct plan *plan, const struct memory *memory)
{
	if (memory->kernel && *memory->kernel > 0)
		warn_ignored(plan, "kernel", "kernel memory counts towards memory.limit");
	if (memory->kernelTCP && *memory->kernelTCP > 0)
		warn_ignored(plan, "kernelTCP", "TCP buffers count towards memory.limit");
	if (memory->useHierarchy && !*memory->useHierarchy)
		warn_ignored(plan, "useHierarchy", "the kernel always accounts hierarchically");
}

static int plan_limits(struct plan *plan, const struct hierarchies *hierarchies, struct error *err)
{
	const struct resources *resources = plan->config->linux->resources;

	if (resources && resources->memory)
		warn_obsolete(plan, resources->memory);
	return cgroup_limits_make(resources, hierarchies, plan->arena, &plan->cgroup.limits, err);
}

/* An unprivileged caller may not restrict devices, and need not: their permissions protect them
 * from him. */
static int plan_devices(struct plan *plan, struct error *err)
{
	struct cgroup_limits *limits = &plan->cgroup.limits;

	if (cgroup_devices_make(plan->config->linux->resources, &plan->host->hierarchies,
				plan->arena, limits, err) < 0)
		return -err->code;
	if (limits->devices.count > 0 && !cgroup_devices_may_load(plan->host->capabilities)) {
		limits->devices = (struct bpf_program){0};
		limits->device_rules = (struct cgroup_device_rules){0};
		warnings_add(&plan->warnings, plan->arena, CONTAINER_LOG_WARNING,
			     "linux.resources.devices: not enforced, which needs CAP_SYS_ADMIN; "
			     "devices are protected by their permissions only");
	}
	return 0;
}

/* The pids limit counts for clone3(2), but not for entering, so with a limit of 0 init cannot be
 * born in the cgroup. */
static bool may_clone_into(const struct cgroup_writes *writes)
{
	for (size_t i = 0; i < writes->count; i++)
		if (!strcmp(writes->at[i].file, "pids.max") && !strcmp(writes->at[i].text, "0"))
			return false;
	return true;
}

/* The container gets no cgroup, so limits are refused: kist never ignores a limit. */
static int plan_without(struct plan *plan, struct error *err)
{
	static const struct hierarchies none = {.refused = "the cgroup manager is disabled"};
	const struct resources *resources = plan->config->linux->resources;

	if (resources && resources->devices.count > 0)
		warnings_add(&plan->warnings, plan->arena, CONTAINER_LOG_WARNING,
			     "linux.resources.devices: not enforced: the container has no cgroup");
	return plan_limits(plan, &none, err);
}

/* A caller who is not root may make a cgroup only where one was delegated to him, and sets
 * cgroupsPath then. His container goes without a cgroup when it asks for nothing that needs one. */
static bool goes_without(const struct plan *plan)
{
	const struct linux_config *config = plan->config->linux;
	const struct resources *resources = config->resources;
	bool limited = resources && (resources->memory || resources->cpu || resources->pids);

	return plan->host->cgroups_denied && !limited &&
	       !(config->cgroupsPath && *config->cgroupsPath);
}

/* The host has no cgroup hierarchy, which is only an error when something is asked of it. */
static int plan_unmounted(struct plan *plan, struct error *err)
{
	const char *path = plan->config->linux->cgroupsPath;

	if (plan_limits(plan, &plan->host->hierarchies, err) < 0 || plan_devices(plan, err) < 0)
		return -err->code;
	if (path && path[0])
		return error_set(err, ENOTSUP,
				 "linux.cgroupsPath: no cgroup hierarchy is mounted; mount cgroup2 "
				 "on /sys/fs/cgroup");
	return 0;
}

int cgroup_plan(struct plan *plan, struct error *err)
{
	const struct hierarchies *hierarchies = &plan->host->hierarchies;
	struct cgroup_plan *cgroup = &plan->cgroup;

	cgroup->at = (struct cgroup){.path = ""};
	if (plan->options->cgroup_manager == CONTAINER_SYSTEMD)
		return error_set(err, ENOTSUP, "--cgroup-manager: systemd is not supported yet");
	if (plan->options->cgroup_manager == CONTAINER_NO_CGROUP || goes_without(plan))
		return plan_without(plan, err);
	if (hierarchies->count == 0)
		return plan_unmounted(plan, err);
	if (plan_path(plan, &cgroup->at.path, err) < 0 || plan_limits(plan, hierarchies, err) < 0 ||
	    plan_devices(plan, err) < 0)
		return -err->code;
	cgroup->at.hierarchies = hierarchies;
	cgroup->at.manager = &cgroup_cgroupfs;
	cgroup->at.layout = hierarchies_are_v2(hierarchies) ? &cgroup_v2 : &cgroup_v1;
	cgroup->planned = true;
	cgroup->clone_into = may_clone_into(&cgroup->limits.writes);
	cgroup->entered = !cgroup->at.layout->single || !cgroup->clone_into;
	return 0;
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

	fprintf(out, "\t\t%s (%s-%s)\n", cgroup->at.path, cgroup->at.manager->name,
		cgroup->at.layout->name);
	for (size_t i = 0; i < cgroup->limits.writes.count; i++) {
		const struct cgroup_write *write = &cgroup->limits.writes.at[i];

		fprintf(out, "\t\t%s/%s = %s\n", write->controller, write->file, write->text);
	}
	if (cgroup->limits.devices.count > 0)
		print_device_rules(&cgroup->limits.device_rules, out);
}

static const char *freezer_file(const struct hierarchy *hierarchy)
{
	if (hierarchy->unified)
		return "cgroup.events";
	return controllers_have(hierarchy->controllers, "freezer") ? "freezer.state" : NULL;
}

/* The record names the files that say whether the container is frozen. */
static struct strings find_freezers(const struct cgroup *cgroup, struct arena *arena)
{
	const struct hierarchies *hierarchies = cgroup->hierarchies;
	const char **at = arena_array(arena, hierarchies->count, sizeof *at);
	size_t count = 0;

	for (size_t i = 0; i < hierarchies->count; i++) {
		const struct hierarchy *hierarchy = &hierarchies->at[i];
		const char *file = freezer_file(hierarchy);

		if (file)
			at[count++] = arena_printf(arena, "%s%s/%s", hierarchy->mount, cgroup->path,
						   file);
	}
	return (struct strings){.count = count, .at = at};
}

struct record_cgroup cgroup_record(const struct plan *plan)
{
	const struct cgroup *cgroup = &plan->cgroup.at;

	if (!plan->cgroup.planned)
		return (struct record_cgroup){.driver = "", .path = ""};
	return (struct record_cgroup){
		.driver = name_of(cgroup, plan->arena),
		.path = cgroup->path,
		.freezers = find_freezers(cgroup, plan->arena),
	};
}

bool cgroup_is_frozen(const struct record_cgroup *record)
{
	for (size_t i = 0; i < record->freezers.count; i++)
		if (tree_says_frozen(AT_FDCWD, record->freezers.at[i]))
			return true;
	return false;
}

/* config-linux.md (Control groups) calls a cgroup that is in use not fit for a container. Callers
 * look for this text. */
static int refuse_populated(const char *path, struct error *err)
{
	return error_set(err, EBUSY,
			 "container's cgroup is not empty: another container or process uses %s",
			 path);
}

static int refuse_frozen(const char *path, struct error *err)
{
	return error_set(err, EBUSY, "container's cgroup is frozen: %s; nothing could run in it",
			 path);
}

static int step_check(struct creation *creation, struct error *err)
{
	const struct cgroup *cgroup = &creation->plan->cgroup.at;
	int use = cgroup->layout->use(cgroup, err);

	if (use == CGROUP_POPULATED)
		return refuse_populated(cgroup->path, err);
	return use == CGROUP_FROZEN ? refuse_frozen(cgroup->path, err) : use;
}

const struct step cgroup_check = {
	"cgroup",
	.run = step_check,
	.planned = PLANNED(cgroup.planned),
};

static int step_create(struct creation *creation, struct error *err)
{
	const struct cgroup_plan *plan = &creation->plan->cgroup;

	return plan->at.manager->start(&plan->at, &plan->limits, plan->clone_into,
				       &creation->cgroup, err);
}

static void finish(struct creation *creation)
{
	tree_release(&creation->cgroup);
}

const struct step cgroup_create = {
	"cgroup",
	.run = step_create,
	.planned = PLANNED(cgroup.planned),
	.print = print_step,
	.finish = finish,
};

static int step_join(struct creation *creation, struct error *err)
{
	return tree_enter(&creation->cgroup, err);
}

const struct step cgroup_join = {
	"cgroup",
	.run = step_join,
	.planned = PLANNED(cgroup.entered),
};

int cgroup_undo_empty(const struct record *record, struct error *err)
{
	struct arena arena _arena_ = {0};
	struct cgroup cgroup;

	if (cgroup_find(&record->cgroup, &arena, &cgroup, err) < 0)
		return -err->code;
	return cgroup.layout ? cgroup.manager->stop(&cgroup, 0, err) : 0;
}

int cgroup_undo(const struct record *record, struct error *err)
{
	struct arena arena _arena_ = {0};
	struct cgroup cgroup;

	if (cgroup_find(&record->cgroup, &arena, &cgroup, err) < 0)
		return -err->code;
	if (!cgroup.layout)
		return 0;
	if (cgroup.layout->kill(&cgroup, SIGKILL, err) < 0)
		return -err->code;
	return cgroup.manager->stop(&cgroup, REMOVE_PATIENCE_MS, err);
}

void cgroup_release_killed(const struct record_cgroup *record)
{
	struct arena arena _arena_ = {0};
	struct cgroup cgroup;
	struct error ignored;

	if (cgroup_find(record, &arena, &cgroup, &ignored) == 0 && cgroup.layout &&
	    cgroup.layout->release)
		cgroup.layout->release(&cgroup);
}
