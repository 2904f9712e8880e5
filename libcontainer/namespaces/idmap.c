/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/namespaces/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/environment.h"
#include "libcontainer/process/spawn.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

enum {
	LINES_MAX = 340, /* user_namespaces(7) */
	LINE_BYTES = 33, /* three numbers of ten digits, spaces, line feed */
	MAP_BYTES = LINES_MAX * LINE_BYTES + 1,
};

/* Where a caller without PATH has them. */
static const char HELPERS_PATH[] = "/usr/bin:/bin";

static const struct id_mappings *uids(const struct plan *plan)
{
	return &plan->config->linux->uidMappings;
}

static const struct id_mappings *gids(const struct plan *plan)
{
	return &plan->config->linux->gidMappings;
}

static bool has(const struct host *host, int capability)
{
	return host->capabilities & 1ULL << capability;
}

bool idmap_reaches_guarded(const struct host *host)
{
	return host->uid == 0 || has(host, CAP_DAC_OVERRIDE);
}

/* newuidmap asks whether the process is the caller's. */
static bool exposes_init(const struct plan *plan)
{
	switch (plan->idmap.writer) {
	case IDMAP_DIRECT:
		return !idmap_reaches_guarded(plan->host);
	case IDMAP_HELPERS:
		return plan->host->uid != 0;
	default:
		return false;
	}
}

static bool maps(const struct id_mappings *mappings, uint32_t id)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (id - mappings->at[i].containerID < mappings->at[i].size)
			return true;
	return false;
}

/* What anybody may map: himself. */
static bool maps_only(const struct id_mappings *mappings, uint32_t own)
{
	return mappings->count == 1 && mappings->at[0].size == 1 && mappings->at[0].hostID == own;
}

static enum idmap_writer choose_writer(const struct plan *plan)
{
	const struct host *host = plan->host;

	if ((has(host, CAP_SETUID) && has(host, CAP_SETGID)) ||
	    (maps_only(uids(plan), host->uid) && maps_only(gids(plan), host->gid)))
		return IDMAP_DIRECT;
	return IDMAP_HELPERS;
}

/* An image's root owns its files: to be it is what a builder wants. */
static uint32_t choose_id(const struct id_mappings *mappings)
{
	return maps(mappings, 0) ? 0 : mappings->at[0].containerID;
}

/* One line of /proc/PID/uid_map. Return: its length */
static size_t format_line(const struct id_mapping *mapping, char line[static LINE_BYTES + 1])
{
	return (size_t)snprintf(line, LINE_BYTES + 1, "%u %u %u\n", mapping->containerID,
				mapping->hostID, mapping->size);
}

static int check_count(const struct id_mappings *mappings, const char *property, struct error *err)
{
	if (mappings->count <= LINES_MAX)
		return 0;
	return error_set(err, EINVAL, "%s: %zu mappings are more than the kernel takes, %d",
			 property, mappings->count, LINES_MAX);
}

int idmap_check_size(const struct id_mappings *mappings, const char *property, struct error *err)
{
	size_t limit = (size_t)sysconf(_SC_PAGESIZE) - 1, used = 0;
	char line[LINE_BYTES + 1];

	if (check_count(mappings, property, err) < 0)
		return -err->code;
	for (size_t i = 0; i < mappings->count; i++)
		used += format_line(&mappings->at[i], line);
	if (used <= limit)
		return 0;
	return error_set(err, EINVAL, "%s: %zu bytes of text are more than the kernel takes, %zu",
			 property, used, limit);
}

static int check_mappings(const struct plan *plan, const struct id_mappings *mappings,
			  const char *property, struct error *err)
{
	if (mappings->count == 0)
		return error_set(err, EINVAL, "%s: missing: a new user namespace needs them",
				 property);
	/* The helpers' text is their own. */
	return plan->idmap.writer == IDMAP_HELPERS ? check_count(mappings, property, err)
						   : idmap_check_size(mappings, property, err);
}

static int check_id(const struct id_mappings *mappings, uint32_t id, const char *property,
		    const char *mapped_by, struct error *err)
{
	if (maps(mappings, id))
		return 0;
	return error_set(err, EINVAL, "%s: %u is not mapped by %s", property, id, mapped_by);
}

static int check_user(const struct plan *plan, struct error *err)
{
	const struct user *user = &plan->config->process->user;
	const struct gids *groups = &user->additionalGids;
	const char *by_gids = "linux.gidMappings";

	if (check_id(uids(plan), user->uid, "process.user.uid", "linux.uidMappings", err) < 0 ||
	    check_id(gids(plan), user->gid, "process.user.gid", by_gids, err) < 0)
		return -err->code;
	for (size_t i = 0; i < groups->count; i++)
		if (check_id(gids(plan), groups->at[i], "process.user.additionalGids", by_gids,
			     err) < 0)
			return -err->code;
	if (groups->count > 0 && plan->idmap.deny_setgroups)
		return error_set(err, EPERM,
				 "process.user.additionalGids: an ordinary user who maps no group "
				 "but his own cannot set any");
	return 0;
}

/* A user namespace that others have made and mapped, perhaps without telling how. */
static int plan_written(struct plan *plan, bool denies_setgroups, struct error *err)
{
	struct idmap_plan *idmap = &plan->idmap;

	idmap->writer = IDMAP_WRITTEN;
	idmap->deny_setgroups = denies_setgroups;
	if (uids(plan)->count == 0 || gids(plan)->count == 0)
		return 0;
	idmap->uid = choose_id(uids(plan));
	idmap->gid = choose_id(gids(plan));
	return check_user(plan, err);
}

static int plan_joined(struct plan *plan, struct error *err)
{
	if (!(plan->joined->namespaces & 1U << NAMESPACE_USER))
		return 0;
	return plan_written(plan, plan->joined->denies_setgroups, err);
}

static int plan_new(struct plan *plan, struct error *err)
{
	struct idmap_plan *idmap = &plan->idmap;

	if (plan->namespaces.outside)
		return plan_written(plan, false, err);
	if (!(plan->namespaces.clone_flags & CLONE_NEWUSER))
		return 0;
	idmap->writer = choose_writer(plan);
	if (check_mappings(plan, uids(plan), "linux.uidMappings", err) < 0 ||
	    check_mappings(plan, gids(plan), "linux.gidMappings", err) < 0)
		return -err->code;
	idmap->deny_setgroups = idmap->writer == IDMAP_DIRECT && !has(plan->host, CAP_SETGID);
	idmap->uid = choose_id(uids(plan));
	idmap->gid = choose_id(gids(plan));
	return check_user(plan, err);
}

/* What others need to know of the decision. */
static void describe(struct plan *plan)
{
	struct idmap_plan *idmap = &plan->idmap;

	idmap->planned = idmap->writer != IDMAP_NONE;
	idmap->written = idmap->planned && idmap->writer != IDMAP_WRITTEN;
	idmap->by_host =
		!plan->host->mounts_denied && (!idmap->planned || has(plan->host, CAP_SYS_ADMIN));
	idmap->by_child = !idmap->by_host;
	idmap->exposes_init = exposes_init(plan);
}

int idmap_plan(struct plan *plan, struct error *err)
{
	int result = plan->joined ? plan_joined(plan, err) : plan_new(plan, err);

	describe(plan);
	return result;
}

/* Return: whether the file says so, or -errno */
static int says_deny(const char *path, struct error *err)
{
	char text[16];

	if (io_read_file(AT_FDCWD, path, text, sizeof text, err) < 0)
		return -err->code;
	return strcmp(text, "deny\n") == 0;
}

/* Does init live in a user namespace that knows no setgroups(2)? */
int idmap_read_joined(const struct plan *plan, struct joined *joined, struct error *err)
{
	char path[64];
	int denies;

	(void)plan;
	if (!(joined->namespaces & 1U << NAMESPACE_USER))
		return 0;
	snprintf(path, sizeof path, "/proc/%d/setgroups", joined->record->pid);
	denies = says_deny(path, err);
	if (denies < 0)
		return denies;
	joined->denies_setgroups = denies;
	return 0;
}

static void print_mappings(const char *name, const struct id_mappings *mappings, FILE *out)
{
	for (size_t i = 0; i < mappings->count; i++)
		fprintf(out, "\t\t%s %u-%u are the host's from %u\n", name,
			mappings->at[i].containerID,
			mappings->at[i].containerID + (mappings->at[i].size - 1),
			mappings->at[i].hostID);
}

static void print_step(const struct plan *plan, FILE *out)
{
	print_mappings("uids", uids(plan), out);
	print_mappings("gids", gids(plan), out);
	if (plan->idmap.writer == IDMAP_HELPERS)
		fputs("\t\twritten by newuidmap and newgidmap\n", out);
	if (plan->idmap.deny_setgroups)
		fputs("\t\tsetgroups denied\n", out);
}

/* It must be written at once. The plan has seen that it fits. */
static void format_map(const struct id_mappings *mappings, char text[static MAP_BYTES])
{
	for (size_t i = 0; i < mappings->count; i++)
		text += format_line(&mappings->at[i], text);
}

static const char *explain(int code)
{
	switch (code) {
	case EINVAL:
		return " (do mappings overlap?)";
	case EPERM:
		return " (an id of the host that the caller may not map)";
	default:
		return "";
	}
}

static int write_map(pid_t pid, const char *name, const struct id_mappings *mappings,
		     const char *property, struct error *err)
{
	char path[64], text[MAP_BYTES] = "";

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	format_map(mappings, text);
	if (io_write_file(AT_FDCWD, path, text, err) < 0)
		return error_set(err, err->code, "%s: write %s: %s%s", property, name,
				 error_describe(err->code), explain(err->code));
	return 0;
}

static int deny_setgroups(pid_t pid, struct error *err)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/setgroups", pid);
	return io_write_file(AT_FDCWD, path, "deny", err);
}

static int write_directly(const struct plan *plan, pid_t pid, struct error *err)
{
	if (plan->idmap.deny_setgroups && deny_setgroups(pid, err) < 0)
		return -err->code;
	if (write_map(pid, "gid_map", gids(plan), "linux.gidMappings", err) < 0)
		return -err->code;
	return write_map(pid, "uid_map", uids(plan), "linux.uidMappings", err);
}

/* newuidmap PID CONTAINER-ID HOST-ID SIZE ... */
static const char **helper_arguments(const struct plan *plan, const char *helper, pid_t pid,
				     const struct id_mappings *mappings)
{
	size_t count = 2 + 3 * mappings->count;
	const char **args = arena_array(plan->arena, count + 1, sizeof *args);

	args[0] = helper;
	args[1] = arena_printf(plan->arena, "%d", pid);
	for (size_t i = 0; i < mappings->count; i++) {
		const struct id_mapping *mapping = &mappings->at[i];
		const uint32_t numbers[] = {mapping->containerID, mapping->hostID, mapping->size};

		for (size_t j = 0; j < 3; j++)
			args[2 + 3 * i + j] = arena_printf(plan->arena, "%u", numbers[j]);
	}
	return args;
}

/* Found in the caller's PATH: it runs with the caller's privileges, and those that it has itself. */
static int find_helper(const char *name, char *path, size_t size, struct error *err)
{
	const char *directories = environment_find(environ, "PATH");
	int code = executable_search(name, directories ? directories : HELPERS_PATH, path, size);

	if (code == 0)
		return 0;
	return error_set(err, code, "%s%s", error_describe(code),
			 code == ENOENT ? " (is the package uidmap installed?)" : "");
}

static int run_helper(const char **args, const char *property, struct error *err)
{
	char path[PATH_MAX];
	const struct spawn helper = {
		.path = path,
		.argv = args,
		.envp = (const char *const *)environ,
		.input = STDIN_FILENO,
	};

	if (find_helper(args[0], path, sizeof path, err) < 0 || spawn_run(&helper, err) < 0)
		return error_wrap(err, "%s: %s", property, args[0]);
	return 0;
}

static int write_by_helpers(const struct plan *plan, pid_t pid, struct error *err)
{
	const char **newgidmap = helper_arguments(plan, "newgidmap", pid, gids(plan));
	const char **newuidmap = helper_arguments(plan, "newuidmap", pid, uids(plan));

	if (run_helper(newgidmap, "linux.gidMappings", err) < 0)
		return -err->code;
	return run_helper(newuidmap, "linux.uidMappings", err);
}

static int step_write(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	pid_t pid = creation->record.pid;

	return plan->idmap.writer == IDMAP_DIRECT ? write_directly(plan, pid, err)
						  : write_by_helpers(plan, pid, err);
}

const struct step idmap_write = {
	"id maps",
	.run = step_write,
	.planned = PLANNED(idmap.written),
	.print = print_step,
};

static int step_go(struct creation *creation, struct error *err)
{
	return sync_send(creation->sync, SYNC_GO, err);
}

const struct step idmap_go = {
	"user namespace",
	.run = step_go,
	.planned = PLANNED(idmap.planned),
};

int idmap_namespace_of(pid_t pid, struct error *err)
{
	char path[64];
	int descriptor;

	snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	return descriptor < 0 ? error_errno(err, "%s", path) : descriptor;
}

/* Nobody opens the namespace of a guarded process but itself, without CAP_SYS_PTRACE. */
static int send_own_namespace(int socket, struct error *err)
{
	_close_ int userns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);

	if (userns < 0)
		return error_errno(err, "/proc/self/ns/user");
	return io_send_descriptor(socket, "", 1, userns, err);
}

/* A process of a new user namespace, that lives until the other end of the socket is closed: by its
 * maker, or by the kernel when that one is killed. It holds nothing else. */
__attribute__((noreturn)) static void member_run(int socket)
{
	struct error err;
	char byte;

	if (dup2(socket, 0) == 0 && close_range(1, UINT_MAX, 0) == 0 &&
	    send_own_namespace(0, &err) == 0)
		while (read(0, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

static pid_t spawn_member(const struct host *host, int socket, struct error *err)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t pid = birth_clone(&args, idmap_reaches_guarded(host), err);

	if (pid == 0)
		member_run(socket);
	return pid;
}

static int write_maps(pid_t pid, const struct id_mappings *uid_map,
		      const struct id_mappings *gid_map, struct error *err)
{
	if (write_map(pid, "uid_map", uid_map, "uidMappings", err) < 0)
		return -err->code;
	return write_map(pid, "gid_map", gid_map, "gidMappings", err);
}

static int receive_namespace(int socket, struct error *err)
{
	int userns = -1;
	char byte;

	if (io_receive_descriptor(socket, &byte, 1, &userns, err) < 0)
		return -err->code;
	return userns < 0 ? error_set(err, EIO, "the user namespace was not handed over") : userns;
}

int idmap_namespace(const struct host *host, const struct id_mappings *uid_map,
		    const struct id_mappings *gid_map, struct error *err)
{
	_close_ int own = -1, members = -1, userns = -1;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(err, "socketpair");
	own = pair[0];
	members = pair[1];
	pid = spawn_member(host, members, err);
	if (pid < 0)
		return pid;
	close(take(&members));
	if (write_maps(pid, uid_map, gid_map, err) == 0)
		userns = receive_namespace(own, err);
	close(take(&own));
	while (waitid(P_PID, (id_t)pid, NULL, WEXITED) < 0 && errno == EINTR)
		;
	return userns < 0 ? -err->code : take(&userns);
}

/* "CONTAINER-ID HOST-ID SIZE", in numbers of whatever width. */
static const char *read_line(const char *text, struct id_mapping *mapping)
{
	uint32_t *const numbers[] = {&mapping->containerID, &mapping->hostID, &mapping->size};
	char *end;

	for (size_t i = 0; i < 3; i++) {
		*numbers[i] = (uint32_t)strtoul(text, &end, 10);
		if (end == text)
			return NULL;
		text = end;
	}
	return text;
}

int idmap_host_id(pid_t pid, const char *map, uint32_t id, uint32_t *host_id, struct error *err)
{
	/* Columns of ten digits. */
	char path[64], text[LINES_MAX * 3 * 11 + 1];
	struct id_mapping mapping;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, map);
	if (io_read_file(AT_FDCWD, path, text, sizeof text, err) < 0)
		return -err->code;
	for (const char *line = read_line(text, &mapping); line; line = read_line(line, &mapping))
		if (id - mapping.containerID < mapping.size) {
			*host_id = mapping.hostID + (id - mapping.containerID);
			return 0;
		}
	return error_set(err, ENOENT, "%u is not in %s", id, map);
}

int idmap_check_owner(const struct plan *plan, const uint32_t *uid, const uint32_t *gid,
		      struct error *err)
{
	if (uid && uids(plan)->count > 0 &&
	    check_id(uids(plan), *uid, "uid", "linux.uidMappings", err) < 0)
		return -err->code;
	if (gid && gids(plan)->count > 0 &&
	    check_id(gids(plan), *gid, "gid", "linux.gidMappings", err) < 0)
		return -err->code;
	return 0;
}

/* user_namespaces(7), Unmapped user and group IDs */
enum { OVERFLOW_ID = 65534 };

uint32_t idmap_id_of(const struct id_mappings *mappings, uint32_t host_id)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct id_mapping *mapping = &mappings->at[i];

		if (host_id - mapping->hostID < mapping->size)
			return mapping->containerID + (host_id - mapping->hostID);
	}
	return OVERFLOW_ID;
}

/* The ids of the namespace's creator are not mapped, and files could not be made with them. */
bool idmap_denied(const struct creation *creation)
{
	return creation->plan->idmap.deny_setgroups || creation->setgroups_denied;
}

int idmap_become_root(const struct creation *creation, struct error *err)
{
	const struct idmap_plan *idmap = &creation->plan->idmap;

	if (!idmap_denied(creation) && syscall(SYS_setgroups, 0, NULL) < 0)
		return error_set(err, errno, "setgroups: %s%s", error_describe(errno),
				 idmap->writer == IDMAP_WRITTEN && errno == EPERM
					 ? " (has the user namespace its maps?)"
					 : "");
	if (syscall(SYS_setresgid, idmap->gid, idmap->gid, idmap->gid) < 0)
		return error_errno(err, "setresgid %u", idmap->gid);
	if (syscall(SYS_setresuid, idmap->uid, idmap->uid, idmap->uid) < 0)
		return error_errno(err, "setresuid %u", idmap->uid);
	return birth_guard(err);
}

/* The maker of a namespace that is joined may have denied it, or newgidmap, or whoever made the one
 * that kist itself is in. */
static int read_setgroups(struct creation *creation, struct error *err)
{
	const struct gids *groups = &creation->plan->config->process->user.additionalGids;
	int denied = says_deny("/proc/self/setgroups", err);

	if (denied < 0)
		return denied;
	creation->setgroups_denied = denied;
	if (creation->setgroups_denied && groups->count > 0)
		return error_set(err, EPERM,
				 "process.user.additionalGids: the user namespace denies "
				 "setgroups(2)");
	return 0;
}

static int step_become(struct creation *creation, struct error *err)
{
	if (sync_receive_go(creation->sync, err) < 0 || read_setgroups(creation, err) < 0)
		return -err->code;
	return idmap_become_root(creation, err);
}

const struct step idmap_become = {
	"id maps",
	.run = step_become,
	.planned = PLANNED(idmap.planned),
};
