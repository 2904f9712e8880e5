/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * More and fewer mounts in a container that is there. Most steps are those of create and exec.
 *
 *     host                                       child
 *       mount sources
 *       process   -------- clone3 ---------->      begin, let go of the host
 *                                                  join the namespaces
 *                                                  add or remove
 *       container <------- PAUSED -----------      and ends
 *
 * The container runs meanwhile, and is hostile. The child is not born in its pid namespace, where
 * nobody can therefore look into it, and holds nothing of the host but the sources. Places are looked
 * up below the container's root, once, and used by their descriptors; what was attached is taken back
 * by its own.
 */
#include "libcontainer/mounts.h"

#include "libcontainer/enter.h"
#include "libcontainer/process/answer.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/procfs.h"
#include "libcontainer/rootfs/peer_groups.h"
#include "libcontainer/rootfs/running.h"
#include "spec/check.h"

/* clang-format off */
static const struct step_row add_host_rows[] = {
	/* First: whatever is opened counts. */
	{&limits_raise},
	/* As in create: with the caller's privileges, where his files are to be seen. */
	{&idmapped_open},
	{&rootfs_open_sources_by_host},
	{&idmapped_own},
	/* Where a mount that is made in the container would be seen, too. */
	{&peer_groups_read},
	{&clone_joined},
	{&answer_wait},
};

static const struct step_row add_child_rows[] = {
	/* First: nobody may look into it, and it dies with kist. */
	{&birth_begin},
	/* The container's /proc is not in sight yet, which may be a fake. */
	{&procfs_open_own_descriptors},
	{&descriptors_keep_sources},
	/* An ordinary user has no privileges outside; and inside there is nothing of the host. */
	{&namespaces_join_user},
	{&rootfs_open_sources_by_child},
	{&namespaces_join_process},
	{&running_root},
	{&running_add},
	{&answer_end},
};

static const struct step_row remove_host_rows[] = {
	/* Where what is unmounted would go, too. */
	{&peer_groups_read},
	{&clone_joined},
	{&answer_wait},
};

static const struct step_row remove_child_rows[] = {
	{&birth_begin},
	{&procfs_open_own_descriptors},
	{&descriptors_keep_sources},
	{&namespaces_join_process},
	{&running_root},
	{&running_remove},
	{&answer_end},
};

const struct step_table mounts_add_host = STEP_TABLE(add_host_rows);
const struct step_table mounts_add_child = STEP_TABLE(add_child_rows);
const struct step_table mounts_remove_host = STEP_TABLE(remove_host_rows);
const struct step_table mounts_remove_child = STEP_TABLE(remove_child_rows);
/* clang-format on */

/* The container's configuration, with the mounts of the file and no others. */
static int prepare(struct entering *entering, const void *file, struct error *err)
{
	struct document document;

	if (config_read_named(file, &entering->arena, &document, err) < 0)
		return -err->code;
	return mounts_parse(config_shown_name(file), &document, &entering->arena, &entering->config,
			    err);
}

static int prepare_adding(struct entering *entering, const void *file, struct error *err)
{
	if (prepare(entering, file, err) < 0)
		return -err->code;
	return check_mount_entries(&entering->config, err) < 0
		       ? error_wrap(err, "%s", config_shown_name(file))
		       : 0;
}

static const struct verb verb_add = {
	.doing = "add mounts to",
	.statuses = ENTER_LIVE,
	.purpose = JOIN_TO_MOUNT,
	.own = 1U << NAMESPACE_MOUNT,
	.prepare = prepare_adding,
	.host = &mounts_add_host,
	.child = &mounts_add_child,
};

static const struct verb verb_remove = {
	.doing = "remove mounts from",
	.statuses = ENTER_LIVE,
	.purpose = JOIN_TO_UNMOUNT,
	.own = 1U << NAMESPACE_MOUNT,
	.prepare = prepare,
	.host = &mounts_remove_host,
	.child = &mounts_remove_child,
};

static int change(const struct verb *verb, const char *root, const char *id, const char *file,
		  struct error *err)
{
	const struct container_options options = {.root = root, .id = id};
	const struct request request = {
		.options = &options,
		.told = file,
		.about = config_shown_name(file),
	};

	return enter(verb, &request, err);
}

int container_mounts_add(const char *root, const char *id, const char *file, struct error *err)
{
	return change(&verb_add, root, id, file, err);
}

int container_mounts_remove(const char *root, const char *id, const char *file, struct error *err)
{
	return change(&verb_remove, root, id, file, err);
}
