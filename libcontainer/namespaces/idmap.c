/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/namespaces/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/namespaces/userns.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/environment.h"
#include "libcontainer/process/spawn.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* newuidmap and newgidmap are looked for here when the caller has no PATH. */
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

/* newuidmap(1) requires that the process is its caller's, which a guarded init is for root only. */
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

/* Without any privileges a process may map a single id, which is its own. */
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

/* Root of the container owns the image's files, so init builds the container as root where root is
 * mapped. */
static uint32_t choose_id(const struct id_mappings *mappings)
{
	return maps(mappings, 0) ? 0 : mappings->at[0].containerID;
}

static int check_mappings(const struct plan *plan, const struct id_mappings *mappings,
			  const char *property, struct error *err)
{
	if (mappings->count == 0)
		return error_set(err, EINVAL, "%s: missing: a new user namespace needs them",
				 property);
	/* The helpers write the text of the maps themselves, so only the number of mappings is
	 * checked for them. */
	return plan->idmap.writer == IDMAP_HELPERS ? userns_check_count(mappings, property, err)
						   : userns_check_size(mappings, property, err);
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

/* Others have made and mapped this user namespace, and config.json may not tell how. */
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

/* These members say what the other parts of a plan need to know of the decision. */
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

/* Returns whether a setgroups file denies setgroups(2), or -errno. */
static int says_deny(const char *path, struct error *err)
{
	char text[16];

	if (io_read_file(AT_FDCWD, path, text, sizeof text, err) < 0)
		return -err->code;
	return strcmp(text, "deny\n") == 0;
}

/* Finds out whether init lives in a user namespace that denies setgroups(2). */
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
	if (userns_write_map(pid, "gid_map", gids(plan), "linux.gidMappings", err) < 0)
		return -err->code;
	return userns_write_map(pid, "uid_map", uids(plan), "linux.uidMappings", err);
}

/* The arguments are: newuidmap PID CONTAINER-ID HOST-ID SIZE ..., with three numbers for each
 * mapping. */
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

/* The helper is looked for in the caller's PATH: it runs with the caller's privileges, and those
 * that its file gives it. */
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

/* The kernel shows an id without a mapping as this one (user_namespaces(7), Unmapped user and group
 * IDs). */
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

bool idmap_denied(const struct creation *creation)
{
	return creation->plan->idmap.deny_setgroups || creation->setgroups_denied;
}

/* The ids of the namespace's creator are not mapped, and no files could be made with them, so the
 * process needs ids of the namespace. */
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

/* setgroups(2) may have been denied by the maker of a namespace that is joined, by newgidmap, or by
 * whoever made the namespace that kist itself is in. */
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
