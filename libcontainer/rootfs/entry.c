/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/entry.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "libcontainer/plan.h"
#include "libcontainer/rootfs/path.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

bool entry_in_list(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

bool entry_has_type(const struct mount *mount, const char *type)
{
	return mount->type && strcmp(mount->type, type) == 0;
}

unsigned long entry_propagation(const struct mount *mount)
{
	const struct propagations *propagation = &mount->options.propagation;
	unsigned long types = 0;

	for (size_t i = 0; i < propagation->count; i++)
		types |= propagation->at[i];
	return types;
}

bool entry_wants_readonly(const struct mount *mount)
{
	const struct mount_options *options = &mount->options;

	return (options->set | (options->rset & ~options->clear)) & MOUNT_ATTR_RDONLY;
}

uint64_t entry_early_attributes(const struct mount_plan *entry, uint64_t set)
{
	return entry->readonly_late ? set & ~(uint64_t)MOUNT_ATTR_RDONLY : set;
}

static enum mount_kind find_kind(const struct mount *mount)
{
	if (mount->options.mode & MOUNT_MODE_REMOUNT)
		return MOUNT_REMOUNT;
	if (mount->options.mode & MOUNT_MODE_BIND || entry_has_type(mount, "bind") ||
	    entry_has_type(mount, "rbind"))
		return MOUNT_BIND;
	if (entry_has_type(mount, "cgroup") || entry_has_type(mount, "cgroup2"))
		return MOUNT_CGROUP;
	return MOUNT_FILESYSTEM;
}

/* lxcfs provides files that show the container's own limits, which may be mounted over these files
 * of procfs. */
static const char *const proc_files[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/loadavg",
	"/proc/meminfo",
	"/proc/slabinfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/sys/crypto/fips_enabled",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/uptime",
};

/* A mount below /proc could fake what others trust there (CVE-2019-19921). */
static int check_destination(const struct mount_plan *entry, struct error *err)
{
	const char *target = entry->target;

	if (strcmp(target, "/") == 0 && entry->kind == MOUNT_CGROUP)
		return error_set(err, EINVAL, "destination: /: no place for a cgroup mount");
	if (path_is_below(target, "/proc") &&
	    !(entry->kind == MOUNT_BIND && entry_in_list(target, proc_files, COUNT(proc_files))))
		return error_set(err, EINVAL, "destination: %s: not allowed below /proc", target);
	/* Whether a bind shows a procfs is only checked once its source is open. */
	if (strcmp(target, "/proc") == 0 && entry->kind != MOUNT_BIND &&
	    entry->kind != MOUNT_REMOUNT && !entry_has_type(entry->mount, "proc"))
		return error_set(err, EINVAL, "type: only a procfs may be mounted on /proc");
	return 0;
}

static int check_type(const struct mount_plan *entry, struct error *err)
{
	const char *type = entry->mount->type;

	if (entry->kind == MOUNT_FILESYSTEM && (!type || !*type))
		return error_set(err, EINVAL, "type: missing, and no bind is asked for");
	return 0;
}

static int check_source(const struct mount_plan *entry, struct error *err)
{
	const char *source = entry->mount->source;

	if (entry->kind == MOUNT_BIND && (!source || !*source))
		return error_set(err, EINVAL, "source: missing, and a bind is asked for");
	return 0;
}

/* A bind shows a filesystem that exists already, so data for making a filesystem cannot apply to
 * it. */
static int check_data(const struct mount_plan *entry, struct error *err)
{
	const struct mount_options *options = &entry->mount->options;

	if (entry->kind != MOUNT_BIND && !(options->mode & MOUNT_MODE_BIND))
		return 0;
	for (size_t i = 0; i < options->data.count; i++)
		if (*options->data.at[i])
			return error_set(err, EINVAL,
					 "options: unknown option \"%s\" of a bind mount",
					 options->data.at[i]);
	return 0;
}

static int check_copyup(const struct mount_plan *entry, struct error *err)
{
	if (!(entry->mount->options.mode & MOUNT_MODE_TMPCOPYUP))
		return 0;
	if (entry->kind == MOUNT_FILESYSTEM && entry_has_type(entry->mount, "tmpfs"))
		return 0;
	return error_set(err, EINVAL, "options: tmpcopyup: only a new tmpfs can be copied to");
}

static int check_source_words(const struct mount_plan *entry, struct error *err)
{
	const unsigned words = MOUNT_MODE_COPY_SYMLINK | MOUNT_MODE_SRC_NOFOLLOW;

	if (!(entry->mount->options.mode & words) || entry->kind == MOUNT_BIND)
		return 0;
	return error_set(err, EINVAL,
			 "options: copy-symlink, src-nofollow: only the source of a bind can be a "
			 "symbolic link");
}

static int (*const checks[])(const struct mount_plan *entry, struct error *err) = {
	check_destination, check_type, check_source, check_data, check_copyup, check_source_words,
};

static void decide(const struct plan *plan, size_t i, struct mount_plan *entry)
{
	const struct mount *mount = &plan->config->mounts.at[i];

	entry->mount = mount;
	entry->index = i;
	entry->kind = find_kind(mount);
	entry->target = path_clean(plan->arena, mount->destination);
	entry->recursive =
		mount->options.mode & MOUNT_MODE_RECURSIVE || entry_has_type(mount, "rbind");
	if (entry->kind == MOUNT_BIND && mount->source)
		entry->source = path_on_host(plan->arena, plan->bundle, mount->source);
}

static int check(const struct mount_plan *entry, struct error *err)
{
	for (size_t i = 0; i < COUNT(checks); i++)
		if (checks[i](entry, err) < 0)
			return -err->code;
	return 0;
}

int entry_plan(const struct plan *plan, size_t index, struct mount_plan *entry, struct error *err)
{
	decide(plan, index, entry);
	return check(entry, err);
}
