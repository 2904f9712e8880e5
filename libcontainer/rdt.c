/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rdt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"
#include "spec/escape.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
	SCHEMATA_SIZE = 1 << 16, /* room for a few resources, with some hundred domains each */
	LOCK_WAIT_MS = 2000,     /* other processes hold the lock for a few system calls */
	GROUP_PATH_SIZE = 2 * (NAME_MAX + 1) + sizeof "mon_groups/",
};

/* The place where resctrl is mounted by convention. */
static const char standard_mount[] = "/sys/fs/resctrl";

/* Directories in the root that are no groups. */
static const char *const reserved_names[] = {"info", "mon_groups", "mon_data"};

/* The root of resctrl, and groups below it. */

/* The root is opened for reading, since an O_PATH descriptor cannot be locked. */
static int open_mount(const char *mount, struct error *err)
{
	_close_ int root =
		sys_openat2(AT_FDCWD, mount, O_RDONLY | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
	struct statfs statfs;

	if (root < 0)
		return error_errno(err, "%s", mount);
	if (fstatfs(root, &statfs) < 0)
		return error_errno(err, "%s: statfs", mount);
	if (statfs.f_type != RDTGROUP_SUPER_MAGIC)
		return error_set(err, ENODEV, "%s: is not a resctrl file system", mount);
	return take(&root);
}

static int open_locked(const char *mount, int operation, struct error *err)
{
	_close_ int root = open_mount(mount, err);

	if (root < 0)
		return root;
	if (io_lock(root, operation, LOCK_WAIT_MS, err) < 0)
		return error_wrap(err, "%s", mount);
	return take(&root);
}

static int open_beneath(int root, const char *path)
{
	return sys_openat2(root, path, O_PATH | O_DIRECTORY, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

static bool has_directory(int root, const char *path)
{
	_close_ int directory = open_beneath(root, path);

	return directory >= 0;
}

/* Whether the whole file system is mounted there, and not a single group (by a bind mount). */
static bool is_whole(const char *mount)
{
	struct error ignored;
	_close_ int root = open_mount(mount, &ignored);

	return root >= 0 && has_directory(root, "info");
}

static const char *find_mount(struct arena *arena)
{
	char text[2 * PATH_MAX];
	struct mntent entry;
	const char *found = NULL;
	FILE *mounts;

	if (is_whole(standard_mount))
		return standard_mount;
	mounts = setmntent("/proc/self/mounts", "re");
	while (mounts && !found && getmntent_r(mounts, &entry, text, sizeof text))
		if (strcmp(entry.mnt_type, "resctrl") == 0 && is_whole(entry.mnt_dir))
			found = arena_strdup(arena, entry.mnt_dir);
	if (mounts)
		endmntent(mounts);
	return found;
}

int rdt_read_host(const struct plan *plan, struct host *host, struct error *err)
{
	(void)err;
	if (plan->config->linux->intelRdt)
		host->resctrl = find_mount(plan->arena);
	return 0;
}

/* The planning half. */

static bool is_group_name(const char *name)
{
	for (size_t i = 0; i < COUNT(reserved_names); i++)
		if (strcmp(name, reserved_names[i]) == 0)
			return false;
	return *name && strlen(name) <= NAME_MAX && strpbrk(name, "/\n") == NULL &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int check_mounted(const struct plan *plan, struct error *err)
{
	if (plan->host->resctrl)
		return 0;
	return error_set(err, ENOTSUP,
			 "linux.intelRdt: no resctrl file system is mounted; on a CPU that has it: "
			 "mount -t resctrl resctrl %s",
			 standard_mount);
}

/* Control group "." is the root, which is the default class and has a name of its own. */
static int plan_control(struct plan *plan, const char *closid, struct error *err)
{
	struct rdt_plan *rdt = &plan->rdt;

	rdt->own = !closid;
	rdt->control = closid ? closid : plan->options->id;
	if (closid && strcmp(closid, "/") == 0)
		rdt->control = ".";
	else if (!is_group_name(rdt->control))
		return error_set(err, EINVAL,
				 closid ? "linux.intelRdt.closID: \"%s\" cannot be the name of a "
					  "group, which is one directory"
					: "linux.intelRdt: \"%s\", the id of the container, cannot "
					  "be the name of a group; closID can give it another",
				 show(rdt->control).text);
	return 0;
}

static int plan_monitor(struct plan *plan, struct error *err)
{
	plan->rdt.monitor = plan->options->id;
	if (is_group_name(plan->rdt.monitor))
		return 0;
	return error_set(err, EINVAL,
			 "linux.intelRdt.enableMonitoring: \"%s\", the id of the container, cannot "
			 "be the name of a group",
			 plan->rdt.monitor);
}

static void add_line(struct rdt_lines *lines, const char *property, const char *text)
{
	if (text)
		lines->at[lines->count++] = (struct rdt_line){property, text};
}

/* The order is that of config-linux.md: l3CacheSchema first, then memBwSchema, schemata last. */
static void plan_lines(struct plan *plan, const struct intel_rdt *config)
{
	struct rdt_lines *lines = &plan->rdt.lines;

	lines->at = arena_array(plan->arena, 2 + config->schemata.count, sizeof *lines->at);
	add_line(lines, "linux.intelRdt.l3CacheSchema", config->l3CacheSchema);
	add_line(lines, "linux.intelRdt.memBwSchema", config->memBwSchema);
	for (size_t i = 0; i < config->schemata.count; i++)
		add_line(lines, arena_printf(plan->arena, "linux.intelRdt.schemata[%zu]", i),
			 config->schemata.at[i]);
}

int rdt_plan(struct plan *plan, struct error *err)
{
	const struct intel_rdt *config = plan->config->linux->intelRdt;

	if (!config)
		return 0;
	if (check_mounted(plan, err) < 0 || plan_control(plan, config->closID, err) < 0)
		return -err->code;
	plan_lines(plan, config);
	return config->enableMonitoring ? plan_monitor(plan, err) : 0;
}

static bool is_planned(const struct plan *plan)
{
	return plan->rdt.control;
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct rdt_plan *rdt = &plan->rdt;
	bool is_root = strcmp(rdt->control, ".") == 0;
	const char *slash = is_root ? "" : "/", *control = is_root ? "" : rdt->control;

	fprintf(out, "\t\t%s%s%s\n", plan->host->resctrl, slash, control);
	for (size_t i = 0; i < rdt->lines.count; i++)
		fprintf(out, "\t\tschemata: %s\n", rdt->lines.at[i].text);
	if (rdt->monitor)
		fprintf(out, "\t\t%s%s%s/mon_groups/%s\n", plan->host->resctrl, slash, control,
			rdt->monitor);
}

struct record_rdt rdt_record(const struct plan *plan)
{
	const struct rdt_plan *rdt = &plan->rdt;

	return (struct record_rdt){
		.mount = plan->host->resctrl,
		.control = rdt->control,
		.own = rdt->own,
		.monitored = rdt->monitor,
	};
}

/* Comparing a class that exists with the configuration. */

/* Find what follows "L3:" in a schemata file, behind spaces; NULL: there is no such resource. */
static const char *find_resource(const char *schemata, const char *name, size_t length)
{
	for (const char *line = schemata; line; line = strchr(line, '\n')) {
		line += strspn(line, " \n");
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return line + length + 1;
	}
	return NULL;
}

/* Read a number without a sign, with spaces around it. Return: false when there is none */
static bool read_number(const char **text, int base, unsigned long long *number)
{
	char *end;

	*text += strspn(*text, " ");
	if (!isxdigit((unsigned char)**text))
		return false;
	*number = strtoull(*text, &end, base);
	if (end == *text)
		return false;
	*text = end + strspn(end, " ");
	return true;
}

struct domain {
	unsigned long long id, value;
};

/* Read the next "0=7ff" of a list. Masks are hexadecimal, bandwidths decimal. */
static bool next_domain(const char **list, int base, struct domain *domain)
{
	if (**list == ';')
		++*list;
	return read_number(list, 10, &domain->id) && *(*list)++ == '=' &&
	       read_number(list, base, &domain->value) && (**list == '\0' || strchr(";\n", **list));
}

/* The kernel rounds a bandwidth up to what the hardware can do, so it is compared with the rounded
 * value. */
static bool has_domain(const char *list, int base, unsigned long long step,
		       const struct domain *wanted)
{
	unsigned long long rounded = (wanted->value + step - 1) / step * step;
	struct domain found;

	while (next_domain(&list, base, &found))
		if (found.id == wanted->id)
			return found.value == wanted->value || found.value == rounded;
	return false;
}

static unsigned long long read_step(int root, const char *name, size_t length)
{
	char file[sizeof "info//bandwidth_gran" + NAME_MAX], text[32];
	const char *rest = text;
	unsigned long long step;
	struct error ignored;

	snprintf(file, sizeof file, "info/%.*s/bandwidth_gran", (int)length, name);
	if (io_read_file(root, file, text, sizeof text, &ignored) < 0 ||
	    !read_number(&rest, 10, &step) || step == 0)
		return 1;
	return step;
}

/* Whether a class is as a line wants it. Domains that the line does not name may have any value. */
static bool has_line(int root, const char *schemata, const char *line)
{
	size_t length = strcspn(line, ":\n");
	const char *found = find_resource(schemata, line, length);
	int base = *line == 'L' ? 16 : 10;
	unsigned long long step = found && base == 10 ? read_step(root, line, length) : 1;
	const char *list = line + length + 1;
	struct domain wanted;

	if (!found || line[length] != ':')
		return false;
	do
		if (!next_domain(&list, base, &wanted) || !has_domain(found, base, step, &wanted))
			return false;
	while (*list == ';');
	return true;
}

/* l3CacheSchema may have several lines, for the L3CODE and the L3DATA of a cache that is divided
 * between the two. */
static bool has_lines(int root, const char *schemata, const char *text)
{
	for (; text; text = strchr(text, '\n')) {
		text += strspn(text, " \n");
		if (*text && !has_line(root, schemata, text))
			return false;
	}
	return true;
}

static int compare(const struct plan *plan, int root, int group, struct error *err)
{
	const struct rdt_lines *lines = &plan->rdt.lines;
	char *schemata = arena_alloc(plan->arena, SCHEMATA_SIZE);

	if (lines->count == 0)
		return 0;
	if (io_read_file(group, "schemata", schemata, SCHEMATA_SIZE, err) < 0)
		return error_wrap(err, "%s", plan->rdt.control);
	for (size_t i = 0; i < lines->count; i++)
		if (!has_lines(root, schemata, lines->at[i].text))
			return error_set(err, EEXIST,
					 "%s: \"%s\" is not what the class of service has that is "
					 "there, see %s/%s/schemata; another closID would be a new "
					 "one",
					 lines->at[i].property, show(lines->at[i].text).text,
					 plan->host->resctrl, plan->rdt.control);
	return 0;
}

/* The steps. */

static int refuse_missing(const struct plan *plan, struct error *err)
{
	return error_set(err, ENOENT,
			 "linux.intelRdt.closID: there is no class of service \"%s\" in %s, and no "
			 "schemata to make one with",
			 show(plan->rdt.control).text, plan->host->resctrl);
}

/* A class of the container's own must not exist yet. Return: 1: the class exists and is as wanted;
 * 0: it has to be made */
static int check_control(const struct plan *plan, int root, struct error *err)
{
	const struct rdt_plan *rdt = &plan->rdt;
	_close_ int group = open_beneath(root, rdt->control);

	if (group < 0 && errno != ENOENT)
		return error_errno(err, "%s/%s", plan->host->resctrl, show(rdt->control).text);
	if (group < 0)
		return rdt->own || rdt->lines.count > 0 ? 0 : refuse_missing(plan, err);
	if (rdt->own)
		return error_set(err, EEXIST,
				 "linux.intelRdt: %s/%s is there already and not this container's; "
				 "closID would name a class of service to share",
				 plan->host->resctrl, rdt->control);
	return compare(plan, root, group, err) < 0 ? -err->code : 1;
}

static void monitors_path(const char *control, char path[static GROUP_PATH_SIZE])
{
	snprintf(path, GROUP_PATH_SIZE, "%s/mon_groups", control);
}

static void monitor_path(const char *control, const char *monitor,
			 char path[static GROUP_PATH_SIZE])
{
	snprintf(path, GROUP_PATH_SIZE, "%s/mon_groups/%s", control, monitor);
}

static int check_monitor(const struct plan *plan, int root, struct error *err)
{
	char path[GROUP_PATH_SIZE];

	if (!plan->rdt.monitor)
		return 0;
	if (!has_directory(root, "mon_groups"))
		return error_set(err, ENOTSUP,
				 "linux.intelRdt.enableMonitoring: this CPU cannot monitor");
	monitor_path(plan->rdt.control, plan->rdt.monitor, path);
	if (has_directory(root, path))
		return error_set(err, EEXIST,
				 "linux.intelRdt.enableMonitoring: %s/%s is there already and not "
				 "this container's",
				 plan->host->resctrl, path);
	return 0;
}

static int step_check(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	_close_ int root = open_locked(plan->host->resctrl, LOCK_SH, err);

	if (root < 0 || check_control(plan, root, err) < 0)
		return -err->code;
	return check_monitor(plan, root, err);
}

const struct step rdt_check = {
	"resctrl group",
	.run = step_check,
	.when = is_planned,
};

/* The kernel has a text about what was wrong with the last command; the error shows it. */
static int error_command(int root, const char *what, struct error *err)
{
	int code = errno;
	char status[256];
	struct error ignored;

	if (io_read_file(root, "info/last_cmd_status", status, sizeof status, &ignored) < 0 ||
	    strcmp(status, "ok\n") == 0)
		status[0] = '\0';
	status[strcspn(status, "\n")] = '\0';
	return error_set(err, code, "%s: %s%s%s%s", what, error_describe(code), *status ? " (" : "",
			 show(status).text, *status ? ")" : "");
}

/* The kernel wants whole lines, each in one write: of two lines for the same cache the later one
 * counts. */
static int write_line(int root, int schemata, const struct rdt_line *line, struct arena *arena,
		      struct error *err)
{
	const char *text = arena_printf(arena, "%s\n", line->text);
	size_t size = strlen(text);
	ssize_t written = write(schemata, text, size);

	if (written == (ssize_t)size)
		return 0;
	if (written >= 0)
		return error_set(err, E2BIG, "%s: longer than the kernel takes", line->property);
	error_command(root, show(line->text).text, err);
	return error_wrap(err, "%s", line->property);
}

static int write_lines(const struct plan *plan, int root, int group, struct error *err)
{
	const struct rdt_lines *lines = &plan->rdt.lines;
	_close_ int schemata = -1;

	if (lines->count == 0)
		return 0;
	schemata = openat(group, "schemata", O_WRONLY | O_CLOEXEC);
	if (schemata < 0)
		return error_errno(err, "%s/schemata", plan->rdt.control);
	for (size_t i = 0; i < lines->count; i++)
		if (write_line(root, schemata, &lines->at[i], plan->arena, err) < 0)
			return -err->code;
	return 0;
}

/* A class that exists is left as it is, since other processes are in it. */
static int make_control(struct creation *creation, int root, struct error *err)
{
	const struct plan *plan = creation->plan;
	struct record_rdt *record = &creation->record.rdt;
	int there = check_control(plan, root, err);
	_close_ int group = -1;

	if (there != 0)
		return there;
	if (mkdirat(root, plan->rdt.control, 0755) < 0)
		return error_command(root, "linux.intelRdt: mkdir", err);
	record->own = plan->rdt.own;
	record->made = true;
	group = open_beneath(root, plan->rdt.control);
	if (group < 0)
		return error_errno(err, "%s/%s", plan->host->resctrl, plan->rdt.control);
	return write_lines(plan, root, group, err);
}

static int make_monitor(struct creation *creation, int root, struct error *err)
{
	const struct rdt_plan *rdt = &creation->plan->rdt;
	char path[GROUP_PATH_SIZE];
	_close_ int monitors = -1;

	if (!rdt->monitor)
		return 0;
	monitors_path(rdt->control, path);
	monitors = open_beneath(root, path);
	if (monitors < 0)
		return error_errno(err, "linux.intelRdt.enableMonitoring: %s", path);
	if (mkdirat(monitors, rdt->monitor, 0755) < 0)
		return error_command(root, "linux.intelRdt.enableMonitoring: mkdir", err);
	creation->record.rdt.monitored = true;
	return 0;
}

static int hold_tasks(struct creation *creation, int root, const char *path, struct error *err)
{
	struct rdt_handles *handles = &creation->rdt;
	_close_ int group = open_beneath(root, path);
	int tasks;

	if (group < 0)
		return error_errno(err, "%s/%s", creation->plan->host->resctrl, path);
	tasks = openat(group, "tasks", O_WRONLY | O_CLOEXEC);
	if (tasks < 0)
		return error_errno(err, "%s/%s/tasks", creation->plan->host->resctrl, path);
	handles->tasks[handles->count++] = tasks;
	return 0;
}

/* The class comes first: only a task that is in a class can enter a monitoring group of that
 * class. */
static int hold_all_tasks(struct creation *creation, int root, struct error *err)
{
	const struct rdt_plan *rdt = &creation->plan->rdt;
	char path[GROUP_PATH_SIZE];

	if (hold_tasks(creation, root, rdt->control, err) < 0)
		return -err->code;
	if (!rdt->monitor)
		return 0;
	monitor_path(rdt->control, rdt->monitor, path);
	return hold_tasks(creation, root, path, err);
}

static int step_create(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	struct record_rdt *record = &creation->record.rdt;
	_close_ int root = open_locked(plan->host->resctrl, LOCK_EX, err);

	/* From here on the record says what this create has made; what exists already is somebody
	 * else's. */
	*record = (struct record_rdt){.mount = plan->host->resctrl, .control = plan->rdt.control};
	if (root < 0 || make_control(creation, root, err) < 0 ||
	    make_monitor(creation, root, err) < 0)
		return -err->code;
	return hold_all_tasks(creation, root, err);
}

static void finish(struct creation *creation)
{
	cleanup_close_all(creation->rdt.tasks, creation->rdt.count);
}

const struct step rdt_create = {
	"resctrl group",     .run = step_create, .when = is_planned,
	.print = print_step, .finish = finish,
};

static int step_join(struct creation *creation, struct error *err)
{
	const struct rdt_handles *handles = &creation->rdt;

	for (size_t i = 0; i < handles->count; i++)
		if (write(handles->tasks[i], "0", 1) < 0)
			return error_errno(err, "linux.intelRdt: entering %s",
					   i == 0 ? "the class of service"
						  : "the monitoring group");
	return 0;
}

const struct step rdt_join = {
	"resctrl group",
	.run = step_join,
	.when = is_planned,
};

/* The groups that exec joins. */

/* Find what follows "res:" or "mon:" in its line. */
static const char *find_group(const char *line, struct arena *arena)
{
	size_t length;

	if (!line)
		return NULL;
	line = strchr(line, ':') + 1;
	length = strcspn(line, "\n");
	return length > 0 ? arena_strndup(arena, line, length) : NULL;
}

/* The text has the lines "res:NAME", where the root is "/", and "mon:NAME". Without resctrl both
 * names are empty. */
void rdt_parse_process(const char *text, struct arena *arena, struct rdt_joined *joined)
{
	const char *control = find_group(strncmp(text, "res:", 4) == 0 ? text : NULL, arena);

	*joined = (struct rdt_joined){
		.control = control && strcmp(control, "/") == 0 ? "." : control,
		.monitor = find_group(strstr(text, "\nmon:"), arena),
	};
}

int rdt_read_joined(const struct plan *plan, struct joined *joined, struct error *err)
{
	char name[64], text[2 * (NAME_MAX + sizeof "res:\n")];

	if (!plan->config->linux->intelRdt)
		return 0;
	snprintf(name, sizeof name, "/proc/%d/cpu_resctrl_groups", joined->record->pid);
	if (io_read_file(AT_FDCWD, name, text, sizeof text, err) < 0)
		return error_wrap(err, "linux.intelRdt");
	rdt_parse_process(text, plan->arena, &joined->rdt);
	return 0;
}

int rdt_plan_joined(struct plan *plan, struct error *err)
{
	const struct rdt_joined *joined = &plan->joined->rdt;

	if (!plan->config->linux->intelRdt)
		return 0;
	if (check_mounted(plan, err) < 0)
		return -err->code;
	if (!joined->control)
		return error_set(err, ENODEV, "linux.intelRdt: the container is in no group");
	plan->rdt.control = joined->control;
	plan->rdt.monitor = joined->monitor;
	return 0;
}

static int step_open(struct creation *creation, struct error *err)
{
	_close_ int root = open_mount(creation->plan->host->resctrl, err);

	return root < 0 ? root : hold_all_tasks(creation, root, err);
}

const struct step rdt_open = {
	"resctrl group",     .run = step_open, .when = is_planned,
	.print = print_step, .finish = finish,
};

/* Removing. */

static int remove_group(int directory, const char *name, struct error *err)
{
	if (unlinkat(directory, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_errno(err, "%s: rmdir", name);
	return 0;
}

static int remove_monitor(int root, const char *control, const char *monitor, struct error *err)
{
	char path[GROUP_PATH_SIZE];
	_close_ int monitors = -1;

	monitors_path(control, path);
	monitors = open_beneath(root, path);
	if (monitors < 0)
		return errno == ENOENT ? 0 : error_errno(err, "%s", path);
	return remove_group(monitors, monitor, err);
}

static bool is_occupied(int root, const char *control)
{
	char path[GROUP_PATH_SIZE], byte[2];
	struct error ignored;

	snprintf(path, sizeof path, "%s/tasks", control);
	return io_read_file(root, path, byte, sizeof byte, &ignored) > 0;
}

static int remove_groups(int root, const struct record *record, struct error *err)
{
	const struct record_rdt *rdt = &record->rdt;

	if (rdt->monitored && remove_monitor(root, rdt->control, record->id, err) < 0)
		return -err->code;
	if (rdt->own || (rdt->made && !is_occupied(root, rdt->control)))
		return remove_group(root, rdt->control, err);
	return 0;
}

/* The names come from the record, which is a file, so they are used only if they have the form that
 * kist gives them. */
static int check_record(const struct record *record, struct error *err)
{
	const struct record_rdt *rdt = &record->rdt;
	bool is_root = rdt->control && strcmp(rdt->control, ".") == 0;

	if (rdt->mount && rdt->control && (is_root ? !rdt->own : is_group_name(rdt->control)) &&
	    (!rdt->monitored || is_group_name(record->id)))
		return 0;
	return error_set(err, EINVAL, "the record has no proper resctrl group");
}

int rdt_undo(const struct record *record, struct error *err)
{
	const struct record_rdt *rdt = &record->rdt;
	_close_ int root = -1;

	if (!rdt->own && !rdt->monitored && !rdt->made)
		return 0;
	if (check_record(record, err) < 0)
		return -err->code;
	root = open_locked(rdt->mount, LOCK_EX, err);
	/* Unmounting resctrl removes all groups, so nothing is left to be removed. */
	if (root == -ENOENT || root == -ENODEV)
		return 0;
	return root < 0 ? root : remove_groups(root, record, err);
}
