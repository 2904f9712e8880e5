/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file makes device nodes and the links of /dev (config-linux.md, Devices, Default Devices;
 * mknod(2)). A file that exists already is neither trusted to be what its name says nor changed:
 * it may be the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/nodes.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/rootfs/rootfs.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"
#include "spec/escape.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Every container gets these. /dev/console comes with a terminal, and /dev/ptmx is a link. */
static const struct device_plan default_devices[] = {
	{.path = "/dev/null", .major = 1, .minor = 3},
	{.path = "/dev/zero", .major = 1, .minor = 5},
	{.path = "/dev/full", .major = 1, .minor = 7},
	{.path = "/dev/random", .major = 1, .minor = 8},
	{.path = "/dev/urandom", .major = 1, .minor = 9},
	{.path = "/dev/tty", .major = 5, .minor = 0},
};

/* Entries with the same needs follow one another, so that each is looked up only once. */
static const char self_fd[] = "/proc/self/fd";

struct link {
	const char *path, *text;
	const char *needs; /* the link is made only when this path exists; NULL: always */
};

static const struct link links[] = {
	{"/dev/fd", self_fd, self_fd},
	{"/dev/stdin", "/proc/self/fd/0", self_fd},
	{"/dev/stdout", "/proc/self/fd/1", self_fd},
	{"/dev/stderr", "/proc/self/fd/2", self_fd},
	{"/dev/core", "/proc/kcore", "/proc/kcore"},
	{"/dev/ptmx", "pts/ptmx", NULL},
};

/* A path leads out when at some point it has more ".." than directories before them. */
static bool leads_out(const char *path)
{
	int depth = 0;

	while (*path && depth >= 0) {
		size_t size = strcspn(path, "/");

		if (size == 2 && strncmp(path, "..", 2) == 0)
			depth--;
		else if (size > 0 && !(size == 1 && *path == '.'))
			depth++;
		path += size + (path[size] == '/');
	}
	return depth < 0;
}

/* The kernel would stay at the root, but whoever wrote the path meant another place. */
static int check_path(const struct plan *plan, const char *path, struct error *err)
{
	if (leads_out(path))
		return error_set(err, EINVAL, "\"%s\" leads out of the root", show(path).text);
	if (strcmp(path_clean(plan->arena, path), "/") == 0)
		return error_set(err, EINVAL, "\"%s\" is the root, and no place for a device",
				 show(path).text);
	return 0;
}

static int check_device(const struct device *device, struct error *err)
{
	if (device->type == S_IFIFO)
		return 0;
	if (!device->major || !device->minor)
		return error_set(err, EINVAL, "%s: missing", device->major ? "minor" : "major");
	if (*device->major < 0 || *device->major > UINT32_MAX || *device->minor < 0 ||
	    *device->minor > UINT32_MAX)
		return error_set(err, EINVAL, "major, minor: out of range");
	return 0;
}

bool devices_bound(const struct plan *plan)
{
	return plan->idmap.planned || plan->host->nodes_denied;
}

/* The host side makes the nodes where init is not allowed to, but the host side is. */
static bool are_made(const struct plan *plan)
{
	const uint64_t needed = 1ULL << CAP_MKNOD | 1ULL << CAP_CHOWN;

	return plan->namespaces.host_enters && !plan->host->nodes_denied &&
	       (plan->host->capabilities & needed) == needed;
}

/* Translates an id of the host to the id that a process in the container sees for it. */
static uint32_t seen(const struct plan *plan, const struct id_mappings *mappings, uint32_t id)
{
	return plan->idmap.planned ? idmap_id_of(mappings, id) : id;
}

static int fail_bound(const struct device *device, const char *what, const char *is,
		      struct error *err)
{
	return error_set(err, EPERM,
			 "%s: cannot be given to the host's own %s, which is bound, since in a "
			 "user namespace no device can be made; there it is %s",
			 what, show(device->path).text, is);
}

static int check_bound_owner(const char *name, const uint32_t *asked, uint32_t is,
			     const struct device *device, struct error *err)
{
	char what[32], found[16];

	if (!asked || *asked == is)
		return 0;
	snprintf(what, sizeof what, "%s: %u", name, *asked);
	snprintf(found, sizeof found, "%u", is);
	return fail_bound(device, what, found, err);
}

static int check_bound_mode(const struct device *device, uint32_t is, struct error *err)
{
	char what[32], found[16];

	if (!device->fileMode || (*device->fileMode & 07777) == is)
		return 0;
	snprintf(what, sizeof what, "fileMode: %04o", *device->fileMode & 07777);
	snprintf(found, sizeof found, "%04o", is);
	return fail_bound(device, what, found, err);
}

/* A bound node keeps the mode and owner that it has on the host, so config.json must not ask for
 * others. A missing node is reported when it is opened. */
static int check_bound(const struct plan *plan, size_t index, struct error *err)
{
	const struct linux_config *linux = plan->config->linux;
	const struct device *device = &linux->devices.at[index];
	const struct host_file *found = &plan->host->devices[index];

	if (found->code)
		return 0;
	if (check_bound_mode(device, found->mode & 07777, err) < 0 ||
	    check_bound_owner("uid", device->uid, seen(plan, &linux->uidMappings, found->uid),
			      device, err) < 0)
		return -err->code;
	return check_bound_owner("gid", device->gid, seen(plan, &linux->gidMappings, found->gid),
				 device, err);
}

static int check_properties(const struct plan *plan, size_t index, struct error *err)
{
	const struct device *device = &plan->config->linux->devices.at[index];

	if (device->type == S_IFIFO || !devices_bound(plan))
		return 0;
	return are_made(plan) ? idmap_check_owner(plan, device->uid, device->gid, err)
			      : check_bound(plan, index, err);
}

static struct host_file find_node(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return (struct host_file){.code = errno};
	return (struct host_file){
		.mode = status.st_mode, .uid = status.st_uid, .gid = status.st_gid};
}

int devices_read_host(const struct plan *plan, struct host *host, struct error *err)
{
	const struct linux_config *linux = plan->config->linux;
	struct host_file *found;

	(void)err;
	/* Without a user namespace, and where mknod(2) is allowed, no device is bound. */
	if (!linux->namespaces.at[NAMESPACE_USER].present && !host->nodes_denied)
		return 0;
	found = arena_array(plan->arena, linux->devices.count, sizeof *found);
	for (size_t i = 0; i < linux->devices.count; i++)
		found[i] = find_node(linux->devices.at[i].path);
	host->devices = found;
	return 0;
}

static void plan_device(struct plan *plan, int index)
{
	const struct device *device = &plan->config->linux->devices.at[index];
	struct device_plans *devices = &plan->rootfs.devices;
	uint32_t permissions = device->fileMode ? *device->fileMode & 07777 : 0666;

	devices->at[devices->count++] = (struct device_plan){
		.path = path_clean(plan->arena, device->path),
		.index = index,
		.mode = (uint32_t)device->type | permissions,
		.major = device->type == S_IFIFO ? 0 : (uint32_t)*device->major,
		.minor = device->type == S_IFIFO ? 0 : (uint32_t)*device->minor,
		.uid = device->uid ? *device->uid : 0,
		.gid = device->gid ? *device->gid : 0,
		.bind = devices_bound(plan) && device->type != S_IFIFO,
		.made = are_made(plan),
	};
}

static bool is_configured(const struct plan *plan, const char *path)
{
	const struct devices *devices = &plan->config->linux->devices;

	for (size_t i = 0; i < devices->count; i++)
		if (strcmp(path_clean(plan->arena, devices->at[i].path), path) == 0)
			return true;
	return false;
}

/* A default device that config.json lists, too, is made only as config.json describes it. */
static void plan_defaults(struct plan *plan)
{
	struct device_plans *devices = &plan->rootfs.devices;

	for (size_t i = 0; i < COUNT(default_devices); i++) {
		struct device_plan *device = &devices->at[devices->count];

		if (is_configured(plan, default_devices[i].path))
			continue;
		*device = default_devices[i];
		device->index = -1;
		device->bind = devices_bound(plan);
		device->made = are_made(plan);
		device->mode = S_IFCHR | 0666;
		devices->count++;
	}
}

int devices_plan(struct plan *plan, struct error *err)
{
	const struct devices *devices = &plan->config->linux->devices;

	plan->rootfs.devices.count = 0;
	plan->rootfs.devices.at = arena_array(plan->arena, devices->count + COUNT(default_devices),
					      sizeof *plan->rootfs.devices.at);
	plan_defaults(plan);
	for (size_t i = 0; i < devices->count; i++) {
		if (check_path(plan, devices->at[i].path, err) < 0)
			return error_wrap(err, "linux.devices[%zu].path", i);
		if (check_device(&devices->at[i], err) < 0 || check_properties(plan, i, err) < 0)
			return error_wrap(err, "linux.devices[%zu]", i);
		/* The specification makes /dev/ptmx a link, whatever engines list in
		 * config.json. */
		if (strcmp(path_clean(plan->arena, devices->at[i].path), "/dev/ptmx") != 0)
			plan_device(plan, (int)i);
	}
	return 0;
}

static char type_letter(uint32_t mode)
{
	return S_ISCHR(mode) ? 'c' : S_ISBLK(mode) ? 'b' : 'p';
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct device_plans *devices = &plan->rootfs.devices;

	for (size_t i = 0; i < devices->count; i++) {
		const struct device_plan *device = &devices->at[i];

		fprintf(out, "\t\t%s  %c %u:%u  ", device->path, type_letter(device->mode),
			device->major, device->minor);
		if (device->bind && !device->made)
			fputs("as on the host\n", out);
		else
			fprintf(out, "%04o  %u:%u\n", device->mode & 07777, device->uid,
				device->gid);
	}
	for (size_t i = 0; i < COUNT(links); i++)
		fprintf(out, "\t\t%s -> %s\n", links[i].path, links[i].text);
}

static int fail_unexpected(const struct device_plan *device, struct error *err)
{
	if (S_ISFIFO(device->mode))
		return error_set(err, EEXIST, "%s: exists and is not a fifo", device->path);
	return error_set(err, EEXIST, "%s: exists and is not the %s device %u:%u", device->path,
			 S_ISCHR(device->mode) ? "character" : "block", device->major,
			 device->minor);
}

static int check_node(int node, const struct device_plan *device, struct error *err)
{
	struct stat status;

	if (fstat(node, &status) < 0)
		return error_errno(err, "%s: fstat", device->path);
	if ((status.st_mode & S_IFMT) != (device->mode & S_IFMT))
		return fail_unexpected(device, err);
	if (!S_ISFIFO(status.st_mode) && status.st_rdev != makedev(device->major, device->minor))
		return fail_unexpected(device, err);
	return 0;
}

/* A default device has no index in config.json, and the error names its path already. */
static int fail(const struct device_plan *device, struct error *err)
{
	return device->index < 0 ? -err->code : error_wrap(err, "linux.devices[%d]", device->index);
}

static int open_host_device(const struct device_plan *device, struct error *err)
{
	_close_ int node = open(device->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	_close_ int mount = -1;

	if (node < 0)
		return error_errno(err, "%s", device->path);
	if (check_node(node, device, err) < 0)
		return -err->code;
	mount = mountfd_clone(node, "", 0, err);
	/* The copy must leave the peer group of the host's /dev: what is mounted over it would
	 * appear there, too. */
	if (mount < 0 || mountfd_propagate(mount, MS_PRIVATE, err) < 0)
		return -err->code;
	return take(&mount);
}

static int open_device(const struct device_plan *device, struct error *err)
{
	int mount = open_host_device(device, err);

	return mount < 0 ? error_wrap(err, "bind from the host") : mount;
}

/* The host side makes a node for each bound device, or takes the host's. */
static int open_bound(struct creation *creation, int nodes, struct error *err)
{
	const struct device_plans *devices = &creation->plan->rootfs.devices;
	pid_t init = creation->record.pid;

	for (size_t i = 0; i < devices->count; i++) {
		const struct device_plan *device = &devices->at[i];

		if (!device->bind)
			continue;
		creation->rootfs.devices[i] = device->made ? nodes_make(nodes, i, device, init, err)
							   : open_device(device, err);
		if (creation->rootfs.devices[i] < 0)
			return fail(device, err);
	}
	return 0;
}

int devices_open(struct creation *creation, struct error *err)
{
	const struct device_plans *devices = &creation->plan->rootfs.devices;
	_close_ int nodes = -1;

	if (devices->count == 0 || !devices->at[0].made)
		return open_bound(creation, -1, err);
	nodes = nodes_open(err);
	if (nodes < 0 || open_bound(creation, nodes, err) < 0)
		return -err->code;
	return nodes_leave(nodes, err);
}

/* An empty file may be a mount point that kist has made before. */
static bool is_empty_file(int file)
{
	struct stat status;

	return fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

/* A file that is not empty must be the device already. */
static int bind_device(int tree, int source, const struct device_plan *device, struct error *err)
{
	_close_ int target =
		path_make_file(tree, device->path, 0666, path_links(device->path), err);

	if (target < 0)
		return target;
	if (!is_empty_file(target))
		return check_node(target, device, err);
	if (mountfd_change(source, false, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, err) < 0 ||
	    mountfd_attach(source, target, err) < 0)
		return error_wrap(err, "%s", device->path);
	return 0;
}

static int make_node(int tree, const struct device_plan *device, struct error *err)
{
	dev_t number = makedev(device->major, device->minor);
	bool made;
	_close_ int node = path_make_node(tree, device->path, device->mode, number,
					  path_links(device->path), &made, err);

	if (node < 0 || check_node(node, device, err) < 0)
		return -err->code;
	if (made && fchownat(node, "", device->uid, device->gid, AT_EMPTY_PATH) < 0)
		return error_errno(err, "%s: chown", device->path);
	return 0;
}

static bool exists(int tree, const char *path)
{
	struct error ignored;
	_close_ int found = path_open(tree, path, O_PATH, PATH_LINKS_FOLLOWED, &ignored);

	return found >= 0;
}

/* A device 5:2 looks for the devpts that is mounted beside it, so it is as good as the link. */
static bool leads_to_devpts(int ptmx)
{
	struct stat status;
	char text[32] = "";

	if (fstat(ptmx, &status) < 0)
		return false;
	if (S_ISCHR(status.st_mode))
		return status.st_rdev == makedev(5, 2);
	if (!S_ISLNK(status.st_mode) || readlinkat(ptmx, "", text, sizeof text - 1) < 0)
		return false;
	return strcmp(text, "pts/ptmx") == 0 || strcmp(text, "/dev/pts/ptmx") == 0;
}

/* An image may have something else in place of the other links, but pseudo-terminals must be the
 * container's own. */
static int check_link(int tree, const struct link *link, struct error *err)
{
	_close_ int found = -1;

	if (link->needs)
		return 0;
	found = path_open(tree, link->path, O_PATH | O_NOFOLLOW, PATH_LINKS_FOLLOWED, err);
	if (found < 0)
		return found;
	if (!leads_to_devpts(found))
		return error_set(err, EEXIST, "%s: exists and does not lead to %s", link->path,
				 link->text);
	return 0;
}

static int make_link(int tree, const struct link *link, struct error *err)
{
	int result = path_make_link(tree, link->path, link->text, PATH_LINKS_REFUSED, err);

	return result == -EEXIST ? check_link(tree, link, err) : result;
}

static int make_links(int tree, struct error *err)
{
	const char *asked = NULL;
	bool there = true;

	for (const struct link *link = links; link < links + COUNT(links); link++) {
		if (link->needs != asked)
			there = !link->needs || exists(tree, link->needs);
		asked = link->needs;
		if (there && make_link(tree, link, err) < 0)
			return -err->code;
	}
	return 0;
}

static int step_make(struct creation *creation, struct error *err)
{
	const struct device_plans *devices = &creation->plan->rootfs.devices;
	int tree = creation->rootfs.tree;

	for (size_t i = 0; i < devices->count; i++) {
		const struct device_plan *device = &devices->at[i];
		int made = device->bind
				   ? bind_device(tree, creation->rootfs.devices[i], device, err)
				   : make_node(tree, device, err);

		if (made < 0)
			return fail(device, err);
	}
	return make_links(tree, err);
}

const struct step devices_make = {
	"devices",
	.run = step_make,
	.print = print_step,
};
