/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/idmapped.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mount.h>

#include "libcontainer/io.h"
#include "libcontainer/namespaces/userns.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/rootfs.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

static bool is_asked(const struct mount *mount)
{
	/* An entry with mappings is mapped even without the option idmap: the specification only
	 * says that the two SHOULD go together. */
	return mount->options.mode & MOUNT_MODE_IDMAP || mount->uidMappings.count > 0;
}

static bool is_recursive(const struct mount *mount)
{
	return mount->options.mode & MOUNT_MODE_IDMAP_BELOW;
}

static bool same(const struct id_mappings *one, const struct id_mappings *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (one->at[i].containerID != other->at[i].containerID ||
		    one->at[i].hostID != other->at[i].hostID ||
		    one->at[i].size != other->at[i].size)
			return false;
	return true;
}

static struct mount_mapping find_mapping(const struct plan *plan, const struct mount_plan *entry)
{
	const struct mount *mount = entry->mount;
	const struct linux_config *linux = plan->config->linux;
	bool given = mount->uidMappings.count > 0;
	struct mount_mapping mapping = {
		.uids = given ? &mount->uidMappings : &linux->uidMappings,
		.gids = given ? &mount->gidMappings : &linux->gidMappings,
		.index = entry->index,
	};

	/* Init has guarded itself, so opening its user namespace takes CAP_SYS_PTRACE. Without that
	 * capability another user namespace with the same maps is made. */
	mapping.own = plan->idmap.planned && plan->host->capabilities & 1ULL << CAP_SYS_PTRACE &&
		      same(mapping.uids, &linux->uidMappings) &&
		      same(mapping.gids, &linux->gidMappings);
	return mapping;
}

static int add_mapping(struct mount_mappings *mappings, const struct mount_mapping *mapping)
{
	size_t i = 0;

	while (i < mappings->count && !(same(mappings->at[i].uids, mapping->uids) &&
					same(mappings->at[i].gids, mapping->gids)))
		i++;
	if (i == mappings->count)
		mappings->at[mappings->count++] = *mapping;
	return (int)i;
}

static int check(const struct plan *plan, const struct mount_plan *entry, struct error *err)
{
	if (entry->kind != MOUNT_BIND && entry->kind != MOUNT_FILESYSTEM)
		return error_set(err, EINVAL, "options: idmap: only for binds and new filesystems");
	if (!(plan->host->capabilities & 1ULL << CAP_SYS_ADMIN) || plan->host->mounts_denied)
		return error_set(err, EPERM,
				 "options: idmap: takes CAP_SYS_ADMIN over the filesystem, which "
				 "an ordinary user does not have");
	if (!plan->namespaces.host_opens)
		return error_set(err, EPERM,
				 "options: idmap: takes CAP_SYS_CHROOT, too, in a container with a "
				 "user namespace");
	if (entry->kind == MOUNT_FILESYSTEM && plan->idmap.planned)
		return error_set(err, EINVAL,
				 "options: idmap: a filesystem that is made in the container's "
				 "user namespace has its mapping already");
	return 0;
}

/* Maps that are those of the container's user namespace have been checked where that namespace is
 * planned. */
static int check_sizes(const struct mount_mapping *mapping, const struct mount *mount,
		       struct error *err)
{
	bool given = mount->uidMappings.count > 0;

	if (mapping->own)
		return 0;
	if (userns_check_size(mapping->uids, given ? "uidMappings" : "linux.uidMappings", err) < 0)
		return -err->code;
	return userns_check_size(mapping->gids, given ? "gidMappings" : "linux.gidMappings", err);
}

int idmapped_plan(struct plan *plan, struct mount_plan *entry, struct error *err)
{
	struct mount_mappings *mappings = &plan->rootfs.mappings;
	struct mount_mapping mapping;

	entry->mapping = -1;
	if (!is_asked(entry->mount))
		return 0;
	if (check(plan, entry, err) < 0)
		return -err->code;
	if (!mappings->at)
		mappings->at =
			arena_array(plan->arena, plan->config->mounts.count, sizeof *mappings->at);
	mapping = find_mapping(plan, entry);
	if (check_sizes(&mapping, entry->mount, err) < 0)
		return -err->code;
	entry->mapping = add_mapping(mappings, &mapping);
	return 0;
}

static bool has_mapping(const struct plan *plan, bool own)
{
	const struct mount_mappings *mappings = &plan->rootfs.mappings;

	for (size_t i = 0; i < mappings->count; i++)
		if (mappings->at[i].own == own)
			return true;
	return false;
}

static bool is_planned(const struct plan *plan)
{
	return has_mapping(plan, false);
}

static bool own_planned(const struct plan *plan)
{
	return has_mapping(plan, true);
}

static void print_targets(const struct plan *plan, bool own, FILE *out)
{
	const struct mount_plans *mounts = &plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->at[i].mapping >= 0 &&
		    plan->rootfs.mappings.at[mounts->at[i].mapping].own == own)
			fprintf(out, "\t\t%s\n", mounts->at[i].target);
}

static void print_step(const struct plan *plan, FILE *out)
{
	print_targets(plan, false, out);
}

static void print_own(const struct plan *plan, FILE *out)
{
	print_targets(plan, true, out);
}

/* The host side runs this step once; init inherits the descriptors. */
static int step_open(struct creation *creation, struct error *err)
{
	const struct mount_mappings *planned = &creation->plan->rootfs.mappings;
	struct rootfs_handles *rootfs = &creation->rootfs;
	bool guarded = idmap_reaches_guarded(creation->plan->host);

	rootfs->mappings = io_no_descriptors(creation->plan->arena, planned->count);
	rootfs->mapping_count = planned->count;
	for (size_t i = 0; i < planned->count; i++) {
		if (planned->at[i].own)
			continue;
		rootfs->mappings[i] =
			userns_make(guarded, planned->at[i].uids, planned->at[i].gids, err);
		if (rootfs->mappings[i] < 0)
			return error_wrap(err, "mounts[%zu]", planned->at[i].index);
	}
	return 0;
}

static void finish(struct creation *creation)
{
	cleanup_close_all(creation->rootfs.mappings, creation->rootfs.mapping_count);
	creation->rootfs.mapping_count = 0;
}

const struct step idmapped_open = {
	"id-mapped mounts",  .run = step_open, .when = is_planned,
	.print = print_step, .finish = finish,
};

static const char *explain(int code)
{
	switch (code) {
	case EINVAL:
		return " (its filesystem cannot show other owners)";
	case EPERM:
		return " (it shows other owners already, or is not the host's to map)";
	default:
		return "";
	}
}

static int map(const struct mount_plan *entry, int mount, int userns, struct error *err)
{
	if (mountfd_idmap(mount, is_recursive(entry->mount), userns, err) == 0)
		return 0;
	return error_set(err, err->code, "idmap: %s%s", error_describe(err->code),
			 explain(err->code));
}

int idmapped_apply(const struct creation *creation, const struct mount_plan *entry, int mount,
		   struct error *err)
{
	if (entry->mapping < 0 || creation->plan->rootfs.mappings.at[entry->mapping].own)
		return 0;
	return map(entry, mount, creation->rootfs.mappings[entry->mapping], err);
}

/* The mounts show the ids of this process's user namespace: the running container's init when kist
 * joins one, else the new init. */
static pid_t init_of(const struct creation *creation)
{
	const struct joined *joined = creation->plan->joined;

	return joined ? joined->record->pid : creation->record.pid;
}

/* When the host side runs this step, init's user namespace has its maps, and init has not been told
 * to go on. */
static int step_own(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	const struct mount_plans *mounts = &plan->rootfs.mounts;
	_close_ int userns = userns_of(init_of(creation), err);

	if (userns < 0)
		return userns;
	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount_plan *entry = &mounts->at[i];

		/* With copy-symlink the source is a link that is copied, so there is no mount to
		 * map. */
		if (creation->rootfs.links[i])
			continue;
		if (entry->mapping >= 0 && plan->rootfs.mappings.at[entry->mapping].own &&
		    map(entry, creation->rootfs.sources[i], userns, err) < 0)
			return error_wrap(err, "mounts[%zu]: %s", entry->index, entry->target);
	}
	return 0;
}

const struct step idmapped_own = {
	"id-mapped mounts",
	.run = step_own,
	.when = own_planned,
	.print = print_own,
};
