/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program inside the container: reports as one JSON object on stdout what a process there sees.
 *
 * It is static, needs no file of the root filesystem, and asks the kernel by system call wherever
 * there is one, so that it also works where /proc is missing or masked. Text files of /proc are
 * passed on as they are; the test side takes them apart.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

extern char **environ;

static json_t *text(const char *string)
{
	json_t *value = json_string(string);

	return value ? value : json_string("(not UTF-8)");
}

static json_t *strings(char *const *list)
{
	json_t *array = json_array();

	for (; *list; list++)
		json_array_append_new(array, text(*list));
	return array;
}

static json_t *link_target(const char *path)
{
	char target[4096];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return json_null();
	target[length] = '\0';
	return text(target);
}

/* The beginning of a file as text; null when it cannot be read. */
static json_t *file_text(const char *path)
{
	static char buffer[256 * 1024];
	size_t size = 0;
	ssize_t count;
	/* Not blocking: the path may be a fifo. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return json_null();
	while ((count = read(fd, buffer + size, sizeof(buffer) - 1 - size)) > 0)
		size += (size_t)count;
	close(fd);
	if (count < 0)
		return json_null();
	buffer[size] = '\0';
	return text(buffer);
}

static json_t *report_ids(void)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;
	gid_t groups[65536];
	int count = getgroups(ARRAY_SIZE(groups), groups);
	json_t *list = json_array();

	getresuid(&ruid, &euid, &suid);
	getresgid(&rgid, &egid, &sgid);
	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_integer(groups[i]));
	/* setfsuid(-1) changes nothing and tells the present one. */
	return json_pack("{s:[I,I,I,I], s:[I,I,I,I], s:o}", "uid", (json_int_t)ruid,
			 (json_int_t)euid, (json_int_t)suid, (json_int_t)(uid_t)setfsuid((uid_t)-1),
			 "gid", (json_int_t)rgid, (json_int_t)egid, (json_int_t)sgid,
			 (json_int_t)(gid_t)setfsgid((gid_t)-1), "groups", list);
}

static json_int_t mask_of(uint32_t low, uint32_t high)
{
	return (json_int_t)(((uint64_t)high << 32) | low);
}

static json_t *report_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	uint64_t bounding = 0, ambient = 0;

	syscall(SYS_capget, &header, data);
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			bounding |= UINT64_C(1) << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ambient |= UINT64_C(1) << cap;
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "effective",
			 mask_of(data[0].effective, data[1].effective), "permitted",
			 mask_of(data[0].permitted, data[1].permitted), "inheritable",
			 mask_of(data[0].inheritable, data[1].inheritable), "bounding",
			 (json_int_t)bounding, "ambient", (json_int_t)ambient);
}

static json_t *report_limits(void)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
		{"RLIMIT_AS", RLIMIT_AS},
		{"RLIMIT_CORE", RLIMIT_CORE},
		{"RLIMIT_CPU", RLIMIT_CPU},
		{"RLIMIT_DATA", RLIMIT_DATA},
		{"RLIMIT_FSIZE", RLIMIT_FSIZE},
		{"RLIMIT_LOCKS", RLIMIT_LOCKS},
		{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
		{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
		{"RLIMIT_NICE", RLIMIT_NICE},
		{"RLIMIT_NOFILE", RLIMIT_NOFILE},
		{"RLIMIT_NPROC", RLIMIT_NPROC},
		{"RLIMIT_RSS", RLIMIT_RSS},
		{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
		{"RLIMIT_RTTIME", RLIMIT_RTTIME},
		{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
		{"RLIMIT_STACK", RLIMIT_STACK},
	};
	json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)limits[i].resource, &limit))
			continue;
		/* RLIM_INFINITY becomes -1. */
		json_object_set_new(
			object, limits[i].name,
			json_pack("[I,I]", (json_int_t)limit.rlim_cur, (json_int_t)limit.rlim_max));
	}
	return object;
}

static const char *type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

static json_t *status_object(const struct stat *status)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:[I,I]}", "type",
			 type_of(status->st_mode), "mode", (json_int_t)(status->st_mode & 07777),
			 "uid", (json_int_t)status->st_uid, "gid", (json_int_t)status->st_gid,
			 "size", (json_int_t)status->st_size, "dev", (json_int_t)status->st_dev,
			 "ino", (json_int_t)status->st_ino, "rdev",
			 (json_int_t)major(status->st_rdev), (json_int_t)minor(status->st_rdev));
}

/* Open descriptors, found without /proc: fcntl knows. */
static json_t *report_descriptors(void)
{
	json_t *object = json_object();

	for (int fd = 0; fd < 4096; fd++) {
		char name[64], path[96];
		struct stat status;
		json_t *entry;

		if (fcntl(fd, F_GETFD) < 0 || fstat(fd, &status))
			continue;
		snprintf(name, sizeof(name), "%d", fd);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		entry = status_object(&status);
		json_object_set_new(entry, "target", link_target(path));
		json_object_set_new(entry, "flags", json_integer(fcntl(fd, F_GETFL)));
		json_object_set_new(entry, "tty", json_boolean(isatty(fd)));
		json_object_set_new(object, name, entry);
	}
	return object;
}

static json_t *report_entry(const char *path)
{
	struct stat status;
	json_t *entry;

	if (lstat(path, &status))
		return json_pack("{s:i}", "errno", errno);
	entry = status_object(&status);
	if (S_ISLNK(status.st_mode))
		json_object_set_new(entry, "target", link_target(path));
	return entry;
}

/* Every name in a directory with its lstat. */
static json_t *report_directory(const char *path)
{
	json_t *object = json_object();
	DIR *directory = opendir(path);
	struct dirent *found;

	if (!directory) {
		json_decref(object);
		return json_null();
	}
	while ((found = readdir(directory))) {
		char name[8192];

		if (!strcmp(found->d_name, ".") || !strcmp(found->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, found->d_name);
		json_object_set_new(object, found->d_name, report_entry(name));
	}
	closedir(directory);
	return object;
}

static json_t *report_namespaces(void)
{
	static const char *const kinds[] = {"pid", "net",  "mnt",    "ipc",
					    "uts", "user", "cgroup", "time"};
	json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		json_object_set_new(object, kinds[i], link_target(path));
	}
	return object;
}

static json_t *report_interfaces(void)
{
	json_t *object = json_object();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *list = if_nameindex();

	for (struct if_nameindex *at = list; at && at->if_index; at++) {
		struct ifreq request = {0};

		memcpy(request.ifr_name, at->if_name,
		       strnlen(at->if_name, sizeof(request.ifr_name) - 1));
		if (ioctl(fd, SIOCGIFFLAGS, &request))
			continue;
		json_object_set_new(object, at->if_name,
				    json_pack("{s:b}", "up", request.ifr_flags & IFF_UP));
	}
	if (list)
		if_freenameindex(list);
	if (fd >= 0)
		close(fd);
	return object;
}

/* The terminal on stdin, and whether it is the controlling one. */
static json_t *report_terminal(void)
{
	struct winsize size;
	pid_t session = -1;
	int controlling = open("/dev/tty", O_RDWR | O_CLOEXEC);
	bool has_controlling = controlling >= 0;

	if (has_controlling)
		close(controlling);
	ioctl(STDIN_FILENO, TIOCGSID, &session);
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		return json_pack("{s:b}", "controlling", has_controlling);
	return json_pack("{s:i, s:i, s:b, s:b, s:o}", "rows", size.ws_row, "columns", size.ws_col,
			 "controlling", has_controlling, "own_session", session == getsid(0),
			 "name", link_target("/proc/self/fd/0"));
}

/* Whether something can be made or changed at path; tried, since access(2) is not the truth. */
static json_t *report_write_errno(const char *path, const struct stat *status)
{
	char name[8192];
	int fd;

	if (S_ISDIR(status->st_mode)) {
		snprintf(name, sizeof(name), "%s/.probe-%d", path, getpid());
		if (mkdir(name, 0700))
			return json_integer(errno);
		rmdir(name);
		return json_integer(0);
	}
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return json_integer(errno);
	close(fd);
	return json_integer(0);
}

static json_t *report_read_errno(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char byte;
	ssize_t count;
	struct stat status;

	if (fd < 0)
		return json_integer(errno);
	count = fstat(fd, &status) || S_ISDIR(status.st_mode) ? 0 : read(fd, &byte, 1);
	json_t *result = json_integer(count < 0 && errno != EAGAIN ? errno : 0);
	close(fd);
	return result;
}

/* A path given by the test: what it is, whether it can be read and written, what is in it. */
static json_t *report_path(const char *path)
{
	json_t *entry = report_entry(path);
	struct stat status;
	struct statfs filesystem;

	if (stat(path, &status))
		return entry;
	json_object_set_new(entry, "follow", status_object(&status));
	if (!statfs(path, &filesystem))
		json_object_set_new(entry, "magic", json_integer((json_int_t)filesystem.f_type));
	json_object_set_new(entry, "read", report_read_errno(path));
	json_object_set_new(entry, "write", report_write_errno(path, &status));
	if (S_ISDIR(status.st_mode))
		json_object_set_new(entry, "list", report_directory(path));
	if (S_ISREG(status.st_mode))
		json_object_set_new(entry, "text", file_text(path));
	return entry;
}

static json_t *report_files(void)
{
	static const char *const paths[] = {
		"/proc/self/status",        "/proc/self/mountinfo",     "/proc/self/cgroup",
		"/proc/self/stat",          "/proc/self/oom_score_adj", "/proc/self/cmdline",
		"/proc/self/timerslack_ns",
	};
	json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		json_object_set_new(object, paths[i], file_text(paths[i]));
	return object;
}

static json_t *report_process(void)
{
	int deathsig = -1;

	prctl(PR_GET_PDEATHSIG, &deathsig);
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "pid", getpid(), "ppid", getppid(),
			 "sid", getsid(0), "pgid", getpgid(0), "deathsig", deathsig, "nnp",
			 prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), "dumpable",
			 prctl(PR_GET_DUMPABLE));
}

static json_t *report_cwd(void)
{
	char path[4096];
	struct stat status;
	json_t *entry;

	if (stat(".", &status))
		return json_pack("{s:i}", "errno", errno);
	entry = status_object(&status);
	/* The bare system call: libc hides "(unreachable)". */
	if (syscall(SYS_getcwd, path, sizeof(path)) > 0)
		json_object_set_new(entry, "path", text(path));
	return entry;
}

/* sched_setattr(2); the kernel's header and libc's define one structure both. */
struct sched_attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static json_t *report_scheduler(void)
{
	struct sched_attributes found = {0};

	if (syscall(SYS_sched_getattr, 0, &found, sizeof(found), 0))
		return json_pack("{s:i}", "errno", errno);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "policy",
			 (json_int_t)found.policy, "flags", (json_int_t)found.flags, "nice",
			 (json_int_t)getpriority(PRIO_PROCESS, 0), "priority",
			 (json_int_t)found.priority, "runtime", (json_int_t)found.runtime,
			 "deadline", (json_int_t)found.deadline, "period", (json_int_t)found.period,
			 "io", (json_int_t)syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0));
}

/* The first CPUs of those it may run on, as a mask. */
static json_t *report_affinity(void)
{
	uint64_t mask[128] = {0};

	if (syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask) < 0)
		return json_pack("{s:i}", "errno", errno);
	return json_integer((json_int_t)mask[0]);
}

/* The session keyring, and whether a key that a test put into the caller's can be found. */
static json_t *report_keyring(void)
{
	char description[512] = "";
	long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	long found =
		syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "secret", 0);
	int reason = found < 0 ? errno : 0;

	if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, description, sizeof(description) - 1) < 0)
		return json_pack("{s:i}", "errno", errno);
	return json_pack("{s:I, s:s, s:i}", "id", (json_int_t)id, "description", description,
			 "secret", reason);
}

static json_t *report_memory_policy(void)
{
	uint64_t nodes[128] = {0};
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof(nodes) * 8UL, NULL, 0UL))
		return json_pack("{s:i}", "errno", errno);
	return json_pack("{s:i, s:I}", "mode", mode, "nodes", (json_int_t)nodes[0]);
}

static int report(int argc, char **argv)
{
	/* First: what the report itself would disturb. */
	json_t *descriptors = report_descriptors();
	mode_t mask = umask(0);
	struct utsname names;
	json_t *paths = json_object(), *object;

	umask(mask);
	uname(&names);
	for (int i = 0; i < argc; i++)
		json_object_set_new(paths, argv[i], report_path(argv[i]));
	object = json_pack("{s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "descriptors",
			   descriptors, "ids", report_ids(), "capabilities", report_capabilities(),
			   "limits", report_limits(), "umask", (int)mask, "process",
			   report_process(), "cwd", report_cwd(), "env", strings(environ), "dev",
			   report_directory("/dev"), "pts", report_directory("/dev/pts"), "files",
			   report_files());
	json_object_set_new(object, "hostname", text(names.nodename));
	json_object_set_new(object, "domainname", text(names.domainname));
	json_object_set_new(object, "namespaces", report_namespaces());
	json_object_set_new(object, "interfaces", report_interfaces());
	json_object_set_new(object, "terminal", report_terminal());
	json_object_set_new(object, "root", report_path("/"));
	json_object_set_new(object, "machine", text(names.machine));
	json_object_set_new(object, "personality", json_integer(personality(0xffffffff)));
	json_object_set_new(object, "scheduler", report_scheduler());
	json_object_set_new(object, "affinity", report_affinity());
	json_object_set_new(object, "keyring", report_keyring());
	json_object_set_new(object, "memory_policy", report_memory_policy());
	json_object_set_new(object, "paths", paths);
	json_dumpf(object, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(object);
	putchar('\n');
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int quit(int argc, char **argv)
{
	return argc ? atoi(argv[0]) : EXIT_SUCCESS;
}

static int echo(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("%s%s", i ? " " : "", argv[i]);
	putchar('\n');
	return EXIT_SUCCESS;
}

static int echo_to_stderr(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		fprintf(stderr, "%s\n", argv[i]);
	return EXIT_SUCCESS;
}

/* Copy stdin to stdout until end-of-file. */
static int copy(int argc, char **argv)
{
	char buffer[4096];
	ssize_t count;

	(void)argc;
	(void)argv;
	while ((count = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (write(STDOUT_FILENO, buffer, (size_t)count) != count)
			return EXIT_FAILURE;
	return count < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * Wait for a signal, print its number, end. The first process of a pid namespace does not get
 * signals that it does not handle, so they are blocked and waited for.
 */
static int wait_for_signal(int argc, char **argv)
{
	sigset_t set;
	int number;

	(void)argc;
	(void)argv;
	sigfillset(&set);
	sigdelset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("ready");
	fflush(stdout);
	if (sigwait(&set, &number))
		return EXIT_FAILURE;
	printf("%d\n", number);
	return EXIT_SUCCESS;
}

/* End by a signal: from outside the namespace nobody is there to send one. */
static int die(int argc, char **argv)
{
	int number = argc ? atoi(argv[0]) : SIGKILL;

	signal(number, SIG_DFL);
	/* init is immune against its own signals, but not against a fault of its own. */
	if (number == SIGSEGV)
		*(volatile int *)(uintptr_t)argc = 0;
	kill(getpid(), number);
	return EXIT_FAILURE;
}

/* Leave children behind that ignore everything but SIGKILL. */
static int fork_children(int argc, char **argv)
{
	int count = argc ? atoi(argv[0]) : 1;

	for (int i = 0; i < count; i++) {
		if (fork() == 0) {
			signal(SIGTERM, SIG_IGN);
			for (;;)
				pause();
		}
	}
	return wait_for_signal(0, NULL);
}

/* Try system calls by name, with arguments that do nothing when they are let through. */
static int try_syscalls(int argc, char **argv)
{
	static const struct {
		const char *name;
		long number;
		long arguments[3];
	} calls[] = {
		{"getpid", SYS_getpid, {0}},
		{"keyctl", SYS_keyctl, {-1}},
		{"unshare", SYS_unshare, {0}},
		{"uname", SYS_uname, {0}},
		{"mkdirat", SYS_mkdirat, {-1}},
		{"chroot", SYS_chroot, {0}},
		{"personality", SYS_personality, {0xffffffff}},
		{"sethostname", SYS_sethostname, {0, 1L << 32}},
		{"reboot", SYS_reboot, {0}},
		{"socket-vsock", SYS_socket, {40, 1, 0}},
		{"socket-inet", SYS_socket, {AF_INET, SOCK_DGRAM, 0}},
		{"clone3", SYS_clone3, {0}},
		{"mount", SYS_mount, {0}},
		{"mount_setattr", SYS_mount_setattr, {-1}},
		{"bpf", SYS_bpf, {-1}},
		{"nonexistent", 100000, {0}},
	};
	json_t *object = json_object();

	for (int i = 0; i < argc; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(calls); j++) {
			const long *with = calls[j].arguments;
			long result;

			if (strcmp(argv[i], calls[j].name))
				continue;
			result = syscall(calls[j].number, with[0], with[1], with[2], 0L, 0L, 0L);
			json_object_set_new(object, argv[i], json_integer(result < 0 ? errno : 0));
		}
	}
	json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	putchar('\n');
	return EXIT_SUCCESS;
}

/* Fill memory until something stops it. */
static int eat(int argc, char **argv)
{
	size_t chunk = 1 << 20;
	long megabytes = argc ? atol(argv[0]) : 1024;

	for (long i = 0; i < megabytes; i++) {
		char *memory = malloc(chunk);

		if (!memory)
			return EXIT_FAILURE;
		memset(memory, 1, chunk);
	}
	puts("full");
	return EXIT_SUCCESS;
}

/* Open a device node by path: 0 or errno, which the cgroup's device rules decide. */
static int open_devices(int argc, char **argv)
{
	json_t *object = json_object();

	for (int i = 0; i < argc; i++) {
		int fd = open(argv[i], O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

		json_object_set_new(object, argv[i], json_integer(fd < 0 ? errno : 0));
		if (fd >= 0)
			close(fd);
	}
	json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	putchar('\n');
	return EXIT_SUCCESS;
}

/*
 * A spy: look at what every other process of the pid namespace shows through /proc, until SIGUSR1.
 * Executables are held by O_PATH, and written to at the end, when none of them is in use any more.
 */
enum { HELD_MAX = 512 };

struct spy {
	json_int_t observations, memory;
	json_t *executables, *foreign, *written;
	struct {
		struct stat status;
		int fd;
	} held[HELD_MAX];
	size_t count;
};

/* Whether a path of this process leads to the very same thing. */
static bool is_here(const char *path, const struct stat *status)
{
	struct stat here;

	return !stat(path, &here) && here.st_dev == status->st_dev && here.st_ino == status->st_ino;
}

static void spy_on_executable(struct spy *spy, const char *link)
{
	struct stat status;
	char name[256] = "";
	int fd = open(link, O_PATH | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	(void)!readlink(link, name, sizeof(name) - 1);
	spy->observations++;
	spy->memory += !strncmp(name, "/memfd:", 7);
	for (size_t i = 0; i < spy->count; i++) {
		if (spy->held[i].status.st_dev == status.st_dev &&
		    spy->held[i].status.st_ino == status.st_ino) {
			close(fd);
			return;
		}
	}
	json_array_append_new(spy->executables, json_pack("[I,I]", (json_int_t)status.st_dev,
							  (json_int_t)status.st_ino));
	if (spy->count == HELD_MAX) {
		close(fd);
		return;
	}
	spy->held[spy->count].status = status;
	spy->held[spy->count++].fd = fd;
}

/* A link of a process must lead to something that can be found here under the same name. */
static void spy_on_link(struct spy *spy, const char *link)
{
	struct stat status;
	char name[4096] = "";

	if (stat(link, &status) || readlink(link, name, sizeof(name) - 1) < 0)
		return;
	spy->observations++;
	if (S_ISSOCK(status.st_mode) || is_here(name, &status) ||
	    json_array_size(spy->foreign) > 20)
		return;
	json_array_append_new(spy->foreign, json_pack("[s,s]", link, name));
}

/* Its standard streams are the caller's. */
static void spy_on_descriptors(struct spy *spy, const char *pid)
{
	char path[512];

	for (int fd = 3; fd < 20; fd++) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%d", pid, fd);
		spy_on_link(spy, path);
	}
}

static void spy_on(struct spy *spy, const char *pid)
{
	char path[512];

	snprintf(path, sizeof(path), "/proc/%s/root", pid);
	spy_on_link(spy, path);
	snprintf(path, sizeof(path), "/proc/%s/cwd", pid);
	spy_on_link(spy, path);
	spy_on_descriptors(spy, pid);
	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	spy_on_executable(spy, path);
}

static volatile sig_atomic_t over;

static void end_watch(int number)
{
	over = number;
}

static void watch(struct spy *spy)
{
	while (!over) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		while (proc && (entry = readdir(proc)))
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			    atoi(entry->d_name) != getpid())
				spy_on(spy, entry->d_name);
		closedir(proc);
	}
}

/* Write a byte that is there already to what is not the container's own. */
static void try_to_write(struct spy *spy)
{
	static const char *const own[] = {"/probe", "/bin/busybox"};

	for (size_t i = 0; i < spy->count; i++) {
		const struct stat *status = &spy->held[i].status;
		char path[64];
		int fd;

		if (is_here(own[0], status) || is_here(own[1], status))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", spy->held[i].fd);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && pwrite(fd, "\177", 1, 0) == 1)
			json_array_append_new(spy->written, link_target(path));
		if (fd >= 0)
			close(fd);
	}
}

static int spy(int argc, char **argv)
{
	static struct spy self;

	(void)argc;
	(void)argv;
	signal(SIGUSR1, end_watch);
	self.executables = json_array();
	self.foreign = json_array();
	self.written = json_array();
	puts("watching");
	fflush(stdout);
	watch(&self);
	try_to_write(&self);
	json_dumpf(json_pack("{s:I, s:I, s:o, s:o, s:o}", "observations", self.observations,
			     "memory", self.memory, "executables", self.executables, "foreign",
			     self.foreign, "written", self.written),
		   stdout, JSON_COMPACT);
	putchar('\n');
	return EXIT_SUCCESS;
}

/* A socket that talks to what NOTIFY_SOCKET names (sd_notify(3)); -1 with errno. */
static int connect_notify(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (path)
		strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("connect");
		return -1;
	}
	return fd;
}

/* Send each argument as a message. */
static int notify(int argc, char **argv)
{
	int fd = connect_notify();

	for (int i = 0; i < argc && fd >= 0; i++) {
		if (send(fd, argv[i], strlen(argv[i]), MSG_NOSIGNAL) < 0) {
			perror("send");
			return EXIT_FAILURE;
		}
	}
	return fd < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Send the first argument again and again, with garbage in between, until nobody listens. */
static int notify_flood(int argc, char **argv)
{
	int fd = connect_notify();
	unsigned char garbage[70000];

	(void)argc;
	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (unsigned char)(i * 7);
	while (fd >= 0 && send(fd, argv[0], strlen(argv[0]), MSG_NOSIGNAL) >= 0) {
		send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
		send(fd, garbage, 1000, MSG_NOSIGNAL);
		send(fd, garbage, 0, MSG_NOSIGNAL);
	}
	perror("send");
	return EXIT_SUCCESS;
}

static int send_with_descriptor(int fd, const char *message, int descriptor)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {(void *)(uintptr_t)message, strlen(message)};
	struct msghdr header = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = &control,
				.msg_controllen = sizeof(control.bytes)};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(int));
	return sendmsg(fd, &header, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* sd_notify_barrier(3): a pipe that closes once the message has been read. */
static int notify_barrier(int argc, char **argv)
{
	int ends[2], fd = connect_notify();
	char byte;

	(void)argc;
	(void)argv;
	if (fd < 0 || pipe(ends) || send_with_descriptor(fd, "BARRIER=1", ends[1]))
		return EXIT_FAILURE;
	close(ends[1]);
	return read(ends[0], &byte, 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A connection that has something to send which nobody takes, and that waits for it when it is
 * closed. */
static int make_lingering(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger linger = {.l_onoff = 1, .l_linger = 1000};
	socklen_t size = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	static char data[1 << 20];

	if (bind(server, (struct sockaddr *)&address, size) || listen(server, 1) ||
	    getsockname(server, (struct sockaddr *)&address, &size) ||
	    connect(client, (struct sockaddr *)&address, size) ||
	    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		return -1;
	while (send(client, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	return client;
}

/* Whoever closes what comes with this message waits. */
static int notify_linger(int argc, char **argv)
{
	int fd = connect_notify(), lingering = make_lingering();

	(void)argc;
	(void)argv;
	if (fd < 0 || lingering < 0 || send_with_descriptor(fd, "FDSTORE=1", lingering)) {
		perror("linger");
		return EXIT_FAILURE;
	}
	/* The last one to have it is whoever got it; its other side stays. */
	close(lingering);
	if (fork() == 0)
		pause();
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{"report", report},
		{"exit", quit},
		{"echo", echo},
		{"stderr", echo_to_stderr},
		{"copy", copy},
		{"wait", wait_for_signal},
		{"die", die},
		{"fork", fork_children},
		{"syscalls", try_syscalls},
		{"eat", eat},
		{"open", open_devices},
		{"spy", spy},
		{"notify", notify},
		{"notify-flood", notify_flood},
		{"notify-barrier", notify_barrier},
		{"notify-linger", notify_linger},
	};

	if (argc < 2)
		return report(0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 2, argv + 2);
	fprintf(stderr, "probe: unknown command \"%s\"\n", argv[1]);
	return EXIT_FAILURE;
}
