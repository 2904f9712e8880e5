/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor: what the kernel needs for one run of the default container (config.json beside this
 * file), and nothing else. No configuration is read, nothing is planned, checked, recorded, logged
 * or told to anybody: the calls are written down here, each with the cheapest interface that does
 * the job soundly. A runtime can be compared with it, and cannot do the same with fewer calls.
 *
 *     floor [--no-cgroup] [--without=STEP[,STEP...]] ROOTFS
 *
 * ROOTFS has the directories /dev, /proc and /sys, and the program /bin/true. The exit status is
 * that of /bin/true, or 1 when anything failed.
 *
 * --without leaves steps out, to see what each of them costs: a name in steps[] below, a namespace
 * (network, ipc, uts), a hierarchy of cgroup v1 by its directory (memory), with cgroup v2
 * "devices", the program with the device rules, or "pivot": chroot instead. What rests on a step
 * that is left out is left out with it.
 *
 * What makes it cheap, and still sound:
 * - The child borrows the parent's memory (CLONE_VM | CLONE_VFORK), so that no page is copied. It
 *   runs alone in its process-id namespace, and the parent has nothing to do until execve.
 * - CLONE_INTO_CGROUP enters cgroup2; in v1 the child writes "0" into `tasks`: moving one's own
 *   single thread takes no lock that the whole system shares.
 * - Mounts are made by descriptor (fsopen, open_tree) and put in place by move_mount; only what
 * lies in the root filesystem itself, which nobody vouches for, needs openat2(RESOLVE_IN_ROOT). In
 *   filesystems that were made a moment ago a plain path is safe.
 * - open_tree_attr (Linux 6.15) copies a mount and makes it read-only at once.
 * - A detached mount that is closed without having been attached makes the kernel wait for a grace
 *   period, so none is made before it is known where it goes.
 *
 * See clone(2), fsopen(2), open_tree(2), move_mount(2), mount_setattr(2), pivot_root(2),
 * cgroups(7), capabilities(7).
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "libcontainer/compat.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum {
	PATH_BYTES = 512,
	HIERARCHIES = 16,
	CGROUP2_MAGIC = 0x63677270,
};

#define CGROUP_ROOT "/sys/fs/cgroup"
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct hierarchy {
	char path[PATH_BYTES]; /* the container's directory */
	const char *name;      /* the mount's last component, "memory"; owned by the mount table */
	bool unified;
	int tasks; /* v1 */
};

struct floor {
	const char *rootfs;
	const char *without; /* ",STEP,STEP," or "" */
	bool cgroup;

	char mounts[32768]; /* mountinfo(5) */
	size_t count;
	struct hierarchy hierarchies[HIERARCHIES];
	int unified; /* cgroup2 directory, or -1 */

	/* The child's: -1 when not there. */
	int tree, dev, proc, sys;

	/* The child tells through the memory that it shares. */
	const char *failed;
	int code;
};

/* Returns -1, so that a step can end with it. */
static int fail(struct floor *floor, const char *what)
{
	if (!floor->failed) {
		floor->code = errno;
		floor->failed = what;
	}
	return -1;
}

static bool has(const struct floor *floor, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = floor->without; (at = strstr(at, name)); at += length)
		if (at[-1] == ',' && at[length] == ',')
			return false;
	return true;
}

/*
 * Files
 */

static int write_at(const char *directory, const char *file, const char *text, size_t length)
{
	char path[PATH_BYTES + 32];
	int fd;
	ssize_t written;

	snprintf(path, sizeof path, "%s/%s", directory, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	written = write(fd, text, length);
	close(fd);
	return written < 0 ? -1 : 0;
}

static ssize_t read_at(const char *directory, const char *file, char *text, size_t room)
{
	char path[PATH_BYTES + 32];
	int fd;
	ssize_t length;

	snprintf(path, sizeof path, "%s/%s", directory, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = read(fd, text, room);
	close(fd);
	return length;
}

/*
 * Cgroups: the parent's part
 */

static void hierarchy_add(struct floor *floor, char *mount, bool unified)
{
	struct hierarchy *hierarchy = &floor->hierarchies[floor->count];
	const char *slash = strrchr(mount, '/');

	/* Other places where a hierarchy may be mounted once more do not matter. */
	if (strncmp(mount, CGROUP_ROOT, sizeof CGROUP_ROOT - 1) != 0)
		return;
	if (floor->count == HIERARCHIES || !has(floor, slash + 1))
		return;
	snprintf(hierarchy->path, sizeof hierarchy->path, "%s/floor-%d", mount, getpid());
	hierarchy->name = slash + 1;
	hierarchy->unified = unified;
	hierarchy->tasks = -1;
	floor->count++;
}

/* One line: "36 35 98:0 /root /mount options [fields] - type source options". */
static void mount_line_read(struct floor *floor, char *line)
{
	char *separator = strstr(line, " - cgroup");
	char *mount = line;

	if (!separator)
		return;
	for (int field = 0; field < 4; field++)
		mount = strchr(mount, ' ') + 1;
	*strchr(mount, ' ') = '\0';
	hierarchy_add(floor, mount, separator[strlen(" - cgroup")] == '2');
}

static int hierarchies_find(struct floor *floor)
{
	struct statfs root;
	char *next;
	size_t length = 0;
	ssize_t n;
	int fd;

	if (statfs(CGROUP_ROOT, &root) == 0 && root.f_type == CGROUP2_MAGIC) {
		strcpy(floor->mounts, CGROUP_ROOT);
		hierarchy_add(floor, floor->mounts, true);
		return 0;
	}
	fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(floor, "open /proc/self/mountinfo");
	while ((n = read(fd, floor->mounts + length, sizeof floor->mounts - 1 - length)) > 0)
		length += (size_t)n;
	close(fd);
	floor->mounts[length] = '\0';
	for (char *line = floor->mounts; (next = strchr(line, '\n')); line = next + 1) {
		*next = '\0';
		mount_line_read(floor, line);
	}
	return 0;
}

/* A new cpuset of v1 has neither processors nor memory nodes, and nothing can enter it so. */
static int cpuset_fill(struct floor *floor, const char *path)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char parent[PATH_BYTES], text[1024];

	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
	for (size_t i = 0; i < COUNT(files); i++) {
		ssize_t length = read_at(parent, files[i], text, sizeof text);

		if (length < 0 || write_at(path, files[i], text, (size_t)length) < 0)
			return fail(floor, files[i]);
	}
	return 0;
}

/* The rules of config.json, and what every container may use (config-linux.md, Default devices). */
static int device_rules_write(struct floor *floor, const char *path)
{
	static const char *const rules[] = {"c *:* m",   "b *:* m",    "c 1:3 rwm", "c 1:5 rwm",
					    "c 1:7 rwm", "c 1:8 rwm",  "c 1:9 rwm", "c 5:0 rwm",
					    "c 5:2 rwm", "c 136:* rwm"};
	char file[PATH_BYTES + 32];
	int fd, n = 0;

	if (write_at(path, "devices.deny", "a", 1) < 0)
		return fail(floor, "devices.deny");
	snprintf(file, sizeof file, "%s/devices.allow", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < COUNT(rules) && fd >= 0 && n >= 0; i++)
		n = (int)write(fd, rules[i], strlen(rules[i]));
	if (fd < 0 || n < 0)
		return fail(floor, "devices.allow");
	close(fd);
	return 0;
}

#define LOAD(to, from, field)                                                                      \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = to, .src_reg = from, .off = field    \
	}
#define JUMP(op, register, value, count)                                                           \
	{                                                                                          \
		.code = BPF_JMP | (op) | BPF_K, .dst_reg = register, .imm = value, .off = count    \
	}
#define SET(op, register, value)                                                                   \
	{                                                                                          \
		.code = BPF_ALU64 | (op) | BPF_K, .dst_reg = register, .imm = value                \
	}
#define COPY(to, from)                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from                \
	}
#define EXIT                                                                                       \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

/* The same rules for cgroup2. */
static int device_program_attach(struct floor *floor, int directory)
{
	enum { KIND = 2, ACCESS, MAJOR, MINOR };
	static const struct bpf_insn program[] = {
		LOAD(KIND, 1, offsetof(struct bpf_cgroup_dev_ctx, access_type)),
		LOAD(MAJOR, 1, offsetof(struct bpf_cgroup_dev_ctx, major)),
		LOAD(MINOR, 1, offsetof(struct bpf_cgroup_dev_ctx, minor)),
		COPY(ACCESS, KIND),
		SET(BPF_RSH, ACCESS, 16),
		SET(BPF_AND, KIND, 0xffff),
		SET(BPF_MOV, 0, 1),
		JUMP(BPF_JEQ, ACCESS, BPF_DEVCG_ACC_MKNOD, 12), /* to the exit that allows */
		JUMP(BPF_JNE, KIND, BPF_DEVCG_DEV_CHAR, 10),    /* to the one that denies */
		JUMP(BPF_JEQ, MAJOR, 136, 10),
		JUMP(BPF_JNE, MAJOR, 1, 5),
		JUMP(BPF_JEQ, MINOR, 3, 8),
		JUMP(BPF_JEQ, MINOR, 5, 7),
		JUMP(BPF_JGE, MINOR, 10, 5),
		JUMP(BPF_JGE, MINOR, 7, 5),
		JUMP(BPF_JA, 0, 0, 3),
		JUMP(BPF_JNE, MAJOR, 5, 2),
		JUMP(BPF_JEQ, MINOR, 0, 2),
		JUMP(BPF_JEQ, MINOR, 2, 1),
		SET(BPF_MOV, 0, 0),
		EXIT,
	};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
			       .insn_cnt = COUNT(program),
			       .insns = (uintptr_t)program,
			       .license = (uintptr_t) ""};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
	union bpf_attr attach = {.target_fd = (uint32_t)directory,
				 .attach_bpf_fd = (uint32_t)fd,
				 .attach_type = BPF_CGROUP_DEVICE,
				 .attach_flags = BPF_F_ALLOW_MULTI};

	if (fd < 0 || syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) < 0)
		return fail(floor, "bpf: device rules");
	close(fd);
	return 0;
}

static int unified_enter(struct floor *floor, struct hierarchy *hierarchy)
{
	floor->unified = open(hierarchy->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (floor->unified < 0)
		return fail(floor, hierarchy->path);
	/* Beside v1 hierarchies, the rules are in the one with the devices controller. */
	if (floor->count == 1 && has(floor, "devices"))
		return device_program_attach(floor, floor->unified);
	return 0;
}

static int hierarchy_make(struct floor *floor, struct hierarchy *hierarchy)
{
	char path[PATH_BYTES + 32];

	if (mkdir(hierarchy->path, 0755) < 0)
		return fail(floor, hierarchy->path);
	if (hierarchy->unified)
		return unified_enter(floor, hierarchy);
	if (strstr(hierarchy->name, "cpuset") && cpuset_fill(floor, hierarchy->path) < 0)
		return -1;
	if (strstr(hierarchy->name, "devices") && device_rules_write(floor, hierarchy->path) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/tasks", hierarchy->path);
	hierarchy->tasks = open(path, O_WRONLY | O_CLOEXEC);
	return hierarchy->tasks < 0 ? fail(floor, "open tasks") : 0;
}

static int cgroup_make(struct floor *floor)
{
	if (!floor->cgroup)
		return 0;
	if (hierarchies_find(floor) < 0)
		return -1;
	for (size_t i = 0; i < floor->count; i++)
		if (hierarchy_make(floor, &floor->hierarchies[i]) < 0)
			return -1;
	return 0;
}

static void cgroup_remove(struct floor *floor)
{
	for (size_t i = floor->count; i-- > 0;)
		if (rmdir(floor->hierarchies[i].path) < 0 && errno != ENOENT)
			fail(floor, floor->hierarchies[i].path);
}

/*
 * The child's steps
 */

static int step_cgroup(struct floor *floor)
{
	for (size_t i = 0; i < floor->count; i++)
		if (floor->hierarchies[i].tasks >= 0 &&
		    write(floor->hierarchies[i].tasks, "0", 1) < 0)
			return fail(floor, floor->hierarchies[i].path);
	return unshare(CLONE_NEWCGROUP) < 0 ? fail(floor, "unshare cgroup namespace") : 0;
}

static int step_session(struct floor *floor)
{
	return setsid() < 0 ? fail(floor, "setsid") : 0;
}

static int step_loopback(struct floor *floor)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (!has(floor, "network"))
		return 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return fail(floor, "loopback");
	close(fd);
	return 0;
}

/* A copy of a mount, with attributes set. */
static int tree_copy(int directory, const char *path, unsigned flags, uint64_t set,
		     uint64_t propagation)
{
	struct mount_attr attr = {.attr_set = set, .propagation = propagation};
	int fd = (int)syscall(SYS_open_tree_attr, directory, path,
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags, &attr, sizeof attr);

	if (fd >= 0 || errno != ENOSYS)
		return fd;
	/* Before Linux 6.15. */
	fd = open_tree(directory, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
	if (fd >= 0 &&
	    mount_setattr(fd, "", AT_EMPTY_PATH | (flags & AT_RECURSIVE), &attr, sizeof attr) < 0)
		return -1;
	return fd;
}

/* The root filesystem as a mount of its own, on top of the host's. */
static int step_root(struct floor *floor)
{
	struct mount_attr private = {.propagation = MS_PRIVATE};

	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof private) < 0)
		return fail(floor, "make / private");
	floor->tree =
		tree_copy(AT_FDCWD, floor->rootfs, AT_RECURSIVE, MOUNT_ATTR_RDONLY, MS_PRIVATE);
	if (floor->tree < 0)
		return fail(floor, floor->rootfs);
	if (move_mount(floor->tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail(floor, "attach the root filesystem");
	return 0;
}

struct option {
	const char *name, *value;
};

/* A new filesystem, detached. Its context's descriptor is left to execve. */
static int filesystem_make(const char *type, const char *source, const struct option *options,
			   unsigned attributes)
{
	int fd = fsopen(type, FSOPEN_CLOEXEC);

	if (fd < 0 || fsconfig(fd, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return -1;
	for (; options && options->name; options++)
		if (fsconfig(fd, options->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			     options->name, options->value, 0) < 0)
			return -1;
	if (fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(fd, FSMOUNT_CLOEXEC, attributes);
}

static int attach(int mount, int directory, const char *name)
{
	return move_mount(mount, "", directory, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Attach at a directory of the root filesystem, which may be anything. */
static int attach_in_root(const struct floor *floor, int mount, const char *name)
{
	int target = sys_openat2(floor->tree, name, O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT);

	if (target < 0 || mount < 0)
		return -1;
	return move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int step_proc(struct floor *floor)
{
	floor->proc = filesystem_make("proc", "proc", NULL, 0);
	return attach_in_root(floor, floor->proc, "proc") < 0 ? fail(floor, "/proc") : 0;
}

static int step_dev(struct floor *floor)
{
	static const struct option options[] = {{"mode", "755"}, {"size", "65536k"}, {NULL, NULL}};

	floor->dev = filesystem_make("tmpfs", "tmpfs", options,
				     MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME);
	umask(0);
	return attach_in_root(floor, floor->dev, "dev") < 0 ? fail(floor, "/dev") : 0;
}

enum { HARDENED = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV };

/* A filesystem on a new directory of /dev. */
static int dev_mount(struct floor *floor, const char *name, const char *type, const char *source,
		     const struct option *options, unsigned attributes)
{
	int fd;

	if (floor->dev < 0)
		return 0;
	if (mkdirat(floor->dev, name, 0755) < 0)
		return fail(floor, name);
	fd = filesystem_make(type, source, options, attributes);
	return fd < 0 || attach(fd, floor->dev, name) < 0 ? fail(floor, name) : 0;
}

static int step_pts(struct floor *floor)
{
	static const struct option options[] = {{"newinstance", NULL},
						{"ptmxmode", "0666"},
						{"mode", "0620"},
						{"gid", "5"},
						{NULL, NULL}};

	return dev_mount(floor, "pts", "devpts", "devpts", options,
			 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

static int step_shm(struct floor *floor)
{
	static const struct option options[] = {{"mode", "1777"}, {"size", "65536k"}, {NULL, NULL}};

	return dev_mount(floor, "shm", "tmpfs", "shm", options, HARDENED);
}

static int step_mqueue(struct floor *floor)
{
	return dev_mount(floor, "mqueue", "mqueue", "mqueue", NULL, HARDENED);
}

static int step_sysfs(struct floor *floor)
{
	floor->sys = filesystem_make("sysfs", "sysfs", NULL, HARDENED | MOUNT_ATTR_RDONLY);
	return attach_in_root(floor, floor->sys, "sys") < 0 ? fail(floor, "/sys") : 0;
}

static int cgroup_copy(const struct hierarchy *hierarchy)
{
	return tree_copy(AT_FDCWD, hierarchy->path, 0, HARDENED | MOUNT_ATTR_RDONLY, 0);
}

/* Controllers that are mounted together are also found by each one's name. */
static int cgroup_links(int directory, const char *name)
{
	char copy[PATH_BYTES], *rest = copy, *controller;

	if (!strchr(name, ','))
		return 0;
	snprintf(copy, sizeof copy, "%s", name);
	while ((controller = strsep(&rest, ",")))
		if (symlinkat(name, directory, controller) < 0)
			return -1;
	return 0;
}

/* v1: a directory for each hierarchy, in a tmpfs; without a cgroup it stays empty. */
static int cgroup_tree_mount(struct floor *floor)
{
	static const struct option options[] = {{"mode", "755"}, {NULL, NULL}};
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
	int tmpfs = filesystem_make("tmpfs", "cgroup", options, HARDENED);

	if (tmpfs < 0 || attach(tmpfs, floor->sys, "fs/cgroup") < 0)
		return fail(floor, CGROUP_ROOT);
	for (size_t i = 0; i < floor->count; i++) {
		const struct hierarchy *hierarchy = &floor->hierarchies[i];

		if (mkdirat(tmpfs, hierarchy->name, 0755) < 0 ||
		    attach(cgroup_copy(hierarchy), tmpfs, hierarchy->name) < 0 ||
		    cgroup_links(tmpfs, hierarchy->name) < 0)
			return fail(floor, hierarchy->path);
	}
	if (mount_setattr(tmpfs, "", AT_EMPTY_PATH, &readonly, sizeof readonly) < 0)
		return fail(floor, CGROUP_ROOT);
	return 0;
}

static int step_cgroupfs(struct floor *floor)
{
	if (floor->sys < 0)
		return 0;
	if (floor->count != 1 || !floor->hierarchies[0].unified)
		return cgroup_tree_mount(floor);
	if (attach(cgroup_copy(&floor->hierarchies[0]), floor->sys, "fs/cgroup") < 0)
		return fail(floor, CGROUP_ROOT);
	return 0;
}

static int step_devices(struct floor *floor)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} nodes[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
		     {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
	static const char *const links[][2] = {{"fd", "/proc/self/fd"},
					       {"stdin", "/proc/self/fd/0"},
					       {"stdout", "/proc/self/fd/1"},
					       {"stderr", "/proc/self/fd/2"},
					       {"ptmx", "pts/ptmx"}};

	for (size_t i = 0; i < COUNT(nodes) && floor->dev >= 0; i++)
		if (mknodat(floor->dev, nodes[i].name, S_IFCHR | 0666,
			    makedev(nodes[i].major, nodes[i].minor)) < 0)
			return fail(floor, nodes[i].name);
	for (size_t i = 0; i < COUNT(links) && floor->dev >= 0; i++)
		if (symlinkat(links[i][1], floor->dev, links[i][0]) < 0)
			return fail(floor, links[i][0]);
	return 0;
}

/* A file is covered by the container's /dev/null, a directory by an empty tmpfs. */
static int mask(struct floor *floor, int directory, const char *name, int *empty)
{
	struct stat info;
	int target, cover;

	target = directory < 0 ? -1 : openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return directory < 0 || errno == ENOENT ? 0 : fail(floor, name);
	if (fstat(target, &info) < 0)
		return fail(floor, name);
	if (!S_ISDIR(info.st_mode))
		cover = floor->dev < 0 ? -1 : tree_copy(floor->dev, "null", 0, 0, MS_PRIVATE);
	else if (*empty < 0)
		cover = *empty = filesystem_make("tmpfs", "tmpfs", NULL, MOUNT_ATTR_RDONLY);
	else
		cover = tree_copy(*empty, "", AT_EMPTY_PATH, 0, MS_PRIVATE);
	if (cover < 0 || move_mount(cover, "", target, "",
				    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail(floor, name);
	return 0;
}

static int step_masked(struct floor *floor)
{
	static const char *const paths[] = {"acpi",        "asound",        "kcore",
					    "keys",        "latency_stats", "timer_list",
					    "timer_stats", "sched_debug",   "scsi"};
	static const char *const sys_paths[] = {"firmware"};
	int empty = -1;

	/* Without /dev/null there is nothing to cover a file with. */
	if (floor->dev < 0 || !has(floor, "nodes"))
		return 0;
	for (size_t i = 0; i < COUNT(paths); i++)
		if (mask(floor, floor->proc, paths[i], &empty) < 0)
			return -1;
	for (size_t i = 0; i < COUNT(sys_paths); i++)
		if (mask(floor, floor->sys, sys_paths[i], &empty) < 0)
			return -1;
	return 0;
}

static int step_readonly(struct floor *floor)
{
	static const char *const paths[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};

	for (size_t i = 0; i < COUNT(paths) && floor->proc >= 0; i++) {
		int copy = tree_copy(floor->proc, paths[i], AT_RECURSIVE, MOUNT_ATTR_RDONLY,
				     MS_PRIVATE);

		if (copy < 0 && errno == ENOENT)
			continue;
		if (copy < 0 || attach(copy, floor->proc, paths[i]) < 0)
			return fail(floor, paths[i]);
	}
	return 0;
}

static int step_enter(struct floor *floor)
{
	if (fchdir(floor->tree) < 0)
		return fail(floor, "enter the root filesystem");
	if (!has(floor, "pivot"))
		return chroot(".") < 0 ? fail(floor, "chroot") : 0;
	if (sys_pivot_root(".", ".") < 0)
		return fail(floor, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail(floor, "leave the host's root");
	return 0;
}

static int step_hostname(struct floor *floor)
{
	static const char name[] = "kist";

	if (has(floor, "uts") && sethostname(name, sizeof name - 1) < 0)
		return fail(floor, "sethostname");
	return 0;
}

static int step_rlimit(struct floor *floor)
{
	struct rlimit limit = {1024, 1024};

	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? fail(floor, "RLIMIT_NOFILE") : 0;
}

static int step_user(struct floor *floor)
{
	umask(022);
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 ||
	    syscall(SYS_setresuid, 0, 0, 0) < 0)
		return fail(floor, "user");
	return 0;
}

static int step_capabilities(struct floor *floor)
{
	const uint32_t kept = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = kept, .permitted = kept}};

	/* The kernel says where they end: EINVAL. */
	for (unsigned long number = 0;; number++) {
		if (number < 32 && (kept & 1u << number))
			continue;
		if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) {
			if (errno == EINVAL && number > 32)
				break;
			return fail(floor, "bounding set");
		}
	}
	return syscall(SYS_capset, &header, data) < 0 ? fail(floor, "capset") : 0;
}

static int step_privileges(struct floor *floor)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(floor, "no_new_privs") : 0;
}

static int step_descriptors(struct floor *floor)
{
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return fail(floor, "close_range");
	return 0;
}

static int step_execute(struct floor *floor)
{
	static char program[] = "/bin/true";
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char terminal[] = "TERM=xterm", home[] = "HOME=/root";
	static char *const args[] = {program, NULL}, *const env[] = {path, terminal, home, NULL};

	execve(program, args, env);
	return fail(floor, "execve /bin/true");
}

static const struct {
	const char *name;
	int (*run)(struct floor *floor);
} steps[] = {
	{"cgroup", step_cgroup},
	{"session", step_session},
	{"loopback", step_loopback},
	{"root", step_root},
	{"proc", step_proc},
	{"dev", step_dev},
	{"pts", step_pts},
	{"shm", step_shm},
	{"mqueue", step_mqueue},
	{"sysfs", step_sysfs},
	{"cgroupfs", step_cgroupfs},
	{"nodes", step_devices},
	{"masked", step_masked},
	{"readonly", step_readonly},
	{"enter", step_enter},
	{"hostname", step_hostname},
	{"rlimit", step_rlimit},
	{"user", step_user},
	{"capabilities", step_capabilities},
	{"privileges", step_privileges},
	{"descriptors", step_descriptors},
	{"execute", step_execute},
};

__attribute__((noinline)) static void init_run(struct floor *floor)
{
	for (size_t i = 0; i < COUNT(steps); i++)
		if (has(floor, steps[i].name) && steps[i].run(floor) < 0)
			break;
	_exit(1);
}

/*
 * The parent
 */

/* clone3(2) that may come back twice on one stack: no function returns between it and execve. */
__attribute__((always_inline)) static inline long clone3_vfork(struct clone_args *args)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(SYS_clone3), "D"(args), "S"(sizeof *args)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof *args;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return x0;
#else
#error "clone3_vfork: unknown architecture"
#endif
}

static uint64_t clone_flags(const struct floor *floor)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} namespaces[] = {{"network", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}};
	uint64_t flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_NEWPID | CLONE_NEWNS;

	for (size_t i = 0; i < COUNT(namespaces); i++)
		if (has(floor, namespaces[i].name))
			flags |= namespaces[i].flag;
	if (floor->unified >= 0)
		flags |= CLONE_INTO_CGROUP;
	return flags;
}

/* Returns the exit status of /bin/true, or -1. */
static int container_run(struct floor *floor)
{
	int pidfd = -1;
	siginfo_t info;
	long pid;
	struct clone_args args = {.flags = clone_flags(floor),
				  .pidfd = (uintptr_t)&pidfd,
				  .exit_signal = SIGCHLD,
				  .cgroup = (uint64_t)floor->unified};

	pid = clone3_vfork(&args);
	if (pid == 0)
		init_run(floor);
	if (pid < 0) {
		errno = (int)-pid;
		return fail(floor, "clone3");
	}
	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		return fail(floor, "waitid");
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static int usage(void)
{
	fputs("usage: floor [--no-cgroup] [--without=STEP[,STEP...]] ROOTFS\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct floor floor = {.without = "",
				     .cgroup = true,
				     .unified = -1,
				     .tree = -1,
				     .dev = -1,
				     .proc = -1,
				     .sys = -1};
	static char without[PATH_BYTES];
	int status = 1, at;

	for (at = 1; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--no-cgroup") == 0) {
			floor.cgroup = false;
		} else if (strncmp(argv[at], "--without=", 10) == 0) {
			snprintf(without, sizeof without, ",%s,", argv[at] + 10);
			floor.without = without;
		} else {
			return usage();
		}
	}
	if (at != argc - 1)
		return usage();
	floor.rootfs = argv[at];
	if (cgroup_make(&floor) == 0)
		status = container_run(&floor);
	cgroup_remove(&floor);
	if (!floor.failed)
		return status;
	fprintf(stderr, "floor: %s: %s\n", floor.failed, strerror(floor.code));
	return 1;
}
