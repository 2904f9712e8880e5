/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mappings of ids that a mount option gives, as podman and crun write them: idmap=TEXT and
 * ridmap=TEXT (crun(1), idmap mount options). Such an option says the same as uidMappings and
 * gidMappings of the mount.
 *
 *     uids=0-1-10#10-11-10;gids=0-1-10
 *
 * Each range is CONTAINER-HOST-SIZE, in the order of uid_map (user_namespaces(7)): ids of the
 * filesystem from CONTAINER on are seen as those from HOST on. With an @ before the range, HOST is
 * an id in the container's user namespace.
 */
#ifndef KIST_SPEC_MAPPING_H
#define KIST_SPEC_MAPPING_H

#include "spec/arena.h"
#include "spec/config.h"
#include "spec/error.h"

struct mappings {
	struct id_mappings uids, gids;
};

/**
 * mapping_parse() - read the TEXT of such an option.
 * @userns: the mappings of the container's user namespace, for ranges with an @
 * @mappings: zeroed; owned by the arena
 *
 * The caller checks whether one of the two mappings is missing, and whether ranges overlap.
 *
 * Return: 0 or -EINVAL
 */
int mapping_parse(const char *text, const struct mappings *userns, struct arena *arena,
		  struct mappings *mappings, struct error *err);

#endif
