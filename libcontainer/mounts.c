/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How mounts are added to a container that has been created or is running, and how they are removed
 * from it. Most of the steps are those of create and exec.
 *
 *     host                                            child
 *       mount sources, peer groups
 *       process      ----------- clone3 ---------->     begin, let go of the host
 *                                                       join the namespaces
 *                                                       add or remove the mounts
 *       answer       <---------- PAUSED -----------     end
 *
 * The container runs meanwhile, and may be hostile. The child is not born in the container's pid
 * namespace, so no process in there can look into the child; and the child holds no descriptor of
 * the host but the sources. Each place is looked up once, below the container's root, and is then
 * used by its descriptor. What was attached is taken back by its own descriptor, too.
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
	/* The limit of descriptors is raised first, since every descriptor that is opened
	 * counts. */
	{&limits_raise},
	/* As in create, sources are opened with the caller's privileges, in the mount namespace
	 * where the caller's files can be seen. */
	{&idmapped_open},
	{&rootfs_open_sources_by_host},
	{&idmapped_own},
	/* The peer groups say in which places outside a mount would be seen that is made in the
	 * container. */
	{&peer_groups_read},
	{&clone_joined},
	{&answer_wait},
};

static const struct step_row add_child_rows[] = {
	/* This is the first step: from here on no process of the container can look into the child,
	 * and the child dies with kist. */
	{&birth_begin},
	/* The directory of descriptors is opened before the container's /proc comes into sight,
	 * which may be a fake. */
	{&procfs_open_own_descriptors},
	{&descriptors_keep_sources},
	/* An ordinary user has the privileges to open sources only inside of the user namespace,
	 * while files of the host can be seen only before the mount namespace is joined; so the
	 * sources are opened between the two. */
	{&namespaces_join_user},
	{&rootfs_open_sources_by_child},
	{&namespaces_join_process},
	{&running_root},
	{&running_add},
	{&answer_end},
};

static const struct step_row remove_host_rows[] = {
	/* The peer groups say in which places outside a mount would go, too, that is removed in the
	 * container. */
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

/* Take the container's configuration, but with the mounts of the file instead of its own. */
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
