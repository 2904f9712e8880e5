/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/peer_groups.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcontainer/mountinfo.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

static void keep_group(struct rootfs_handles *rootfs, uint64_t group, struct arena *arena)
{
	/* The array grows when it is empty, and whenever its count has reached a power of two. */
	if ((rootfs->group_count & (rootfs->group_count - 1)) == 0) {
		uint64_t *grown = arena_array(arena, rootfs->group_count * 2 + 1, sizeof *grown);

		if (rootfs->group_count > 0)
			memcpy(grown, rootfs->groups, rootfs->group_count * sizeof *grown);
		rootfs->groups = grown;
	}
	rootfs->groups[rootfs->group_count++] = group;
}

static int step_groups(struct creation *creation, struct error *err)
{
	FILE *mountinfo _fclose_ = mountinfo_open(err);
	struct mountinfo_line line;
	char *text _free_ = NULL;
	size_t room = 0;

	if (!mountinfo)
		return -err->code;
	while (getline(&text, &room, mountinfo) > 0)
		if (mountinfo_split(text, &line) && line.group)
			keep_group(&creation->rootfs, line.group, creation->plan->arena);
	return 0;
}

const struct step peer_groups_read = {
	"peer groups",
	.run = step_groups,
};

/* The place of a mount of the container among the other mounts, as mountinfo shows it. */
struct place_peers {
	uint64_t parent; /* id of the mount that it is attached to */
	uint64_t group;  /* its peer group; 0: none */
};

static int find_peers(const struct creation *creation, uint64_t id, struct place_peers *peers,
		      struct error *err)
{
	FILE *mountinfo _fclose_ = mountinfo_open_at(creation->procfs, err);
	struct mountinfo_line line;
	char *text _free_ = NULL;
	size_t room = 0;

	if (!mountinfo)
		return -err->code;
	while (getline(&text, &room, mountinfo) > 0) {
		if (!mountinfo_split(text, &line) || line.id != id)
			continue;
		*peers = (struct place_peers){line.parent, line.group};
		return 0;
	}
	return error_set(err, ENOENT, "its mount has gone meanwhile");
}

static bool is_shared_with_host(const struct creation *creation, const struct place_peers *peers)
{
	const struct rootfs_handles *rootfs = &creation->rootfs;

	for (size_t i = 0; peers->group && i < rootfs->group_count; i++)
		if (rootfs->groups[i] == peers->group)
			return true;
	return false;
}

int peer_groups_check_place(const struct creation *creation, int target, struct error *err)
{
	struct place_peers place;
	uint64_t id;

	if (mountfd_id(target, "", &id, err) < 0 || find_peers(creation, id, &place, err) < 0)
		return -err->code;
	if (is_shared_with_host(creation, &place))
		return error_set(err, EPERM,
				 "is on a mount that the host shares, and would see this one");
	return 0;
}

int peer_groups_check_mount(const struct creation *creation, int mount, struct error *err)
{
	struct place_peers own, parent;
	uint64_t id;

	if (mountfd_id(mount, "", &id, err) < 0 || find_peers(creation, id, &own, err) < 0 ||
	    find_peers(creation, own.parent, &parent, err) < 0)
		return -err->code;
	if (is_shared_with_host(creation, &parent))
		return error_set(err, EPERM,
				 "is on a mount that the host shares, and would lose this one");
	return 0;
}
