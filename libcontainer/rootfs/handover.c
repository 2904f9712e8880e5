/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/handover.h"

#include <errno.h>

#include "libcontainer/process/sync.h"
#include "libcontainer/rootfs/peers.h"
#include "libcontainer/steps.h"

static void add_places(struct rootfs_handles *rootfs, int *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rootfs->places[rootfs->place_count++] = &at[i];
}

static size_t count_places(const struct rootfs_handles *rootfs)
{
	size_t count = 2 + rootfs->count + rootfs->device_count;

	for (size_t i = 0; i < rootfs->count; i++)
		count += rootfs->cgroups[i] ? rootfs->cgroups[i]->count : 0;
	return count;
}

static int step_prepare(struct creation *creation, struct error *err)
{
	struct rootfs_handles *rootfs = &creation->rootfs;

	if (rootfs_step_prepare(creation, err) < 0)
		return -err->code;
	rootfs->places =
		arena_array(creation->plan->arena, count_places(rootfs), sizeof *rootfs->places);
	add_places(rootfs, &rootfs->tree, 1);
	add_places(rootfs, &rootfs->overlay, 1);
	add_places(rootfs, rootfs->sources, rootfs->count);
	add_places(rootfs, rootfs->devices, rootfs->device_count);
	for (size_t i = 0; i < rootfs->count; i++)
		if (rootfs->cgroups[i])
			add_places(rootfs, rootfs->cgroups[i]->at, rootfs->cgroups[i]->count);
	return 0;
}

const struct step handover_prepare = {
	"room for sources",
	.run = step_prepare,
	.planned = PLANNED(namespaces.host_enters),
};

/* A batch that is not full ends the handover, so the receiver needs no count beforehand. After a
 * full one another follows, if need be an empty one. */
static bool is_last(const struct sync_batch *batch)
{
	return batch->count < IO_DESCRIPTORS_MAX;
}

static int add(struct creation *creation, struct sync_batch *batch, size_t place, int descriptor,
	       struct error *err)
{
	batch->places[batch->count] = (uint32_t)place;
	batch->descriptors[batch->count++] = descriptor;
	if (is_last(batch))
		return 0;
	if (sync_send_batch(creation->sync, batch, err) < 0)
		return -err->code;
	batch->count = 0;
	return 0;
}

static int add_sources(struct creation *creation, struct sync_batch *batch, struct error *err)
{
	const struct rootfs_handles *rootfs = &creation->rootfs;

	for (size_t i = 0; i < rootfs->place_count; i++)
		if (*rootfs->places[i] >= 0 && add(creation, batch, i, *rootfs->places[i], err) < 0)
			return -err->code;
	return 0;
}

/* How many peers a bind has is only known once its source is open, so they have no places of their
 * own. Behind the other places each mount has two: one for the bind itself, and one for all mounts
 * below it. */
static int add_peers(struct creation *creation, struct sync_batch *batch, struct error *err)
{
	const struct rootfs_handles *rootfs = &creation->rootfs;

	for (size_t i = 0; i < rootfs->count; i++)
		for (const struct peer *peer = rootfs->peers[i].first; peer; peer = peer->next)
			if (add(creation, batch, rootfs->place_count + 2 * i + peer->below,
				peer->mount, err) < 0)
				return -err->code;
	return 0;
}

static int step_send(struct creation *creation, struct error *err)
{
	struct sync_batch batch = {0};

	if (add_sources(creation, &batch, err) < 0 || add_peers(creation, &batch, err) < 0)
		return -err->code;
	return sync_send_batch(creation->sync, &batch, err);
}

const struct step handover_send = {
	"sources to init",
	.run = step_send,
	.planned = PLANNED(namespaces.host_enters),
};

static int put(struct creation *creation, size_t place, int descriptor, struct error *err)
{
	struct rootfs_handles *rootfs = &creation->rootfs;

	if (place < rootfs->place_count) {
		*rootfs->places[place] = descriptor;
		return 0;
	}
	place -= rootfs->place_count;
	if (place / 2 >= rootfs->count)
		return error_set(err, EPROTO, "a descriptor that has no place");
	peers_add(creation->plan, &rootfs->peers[place / 2],
		  &(struct peer){.mount = descriptor, .group = -1, .below = place % 2});
	return 0;
}

static int step_receive(struct creation *creation, struct error *err)
{
	struct sync_batch batch;

	do {
		if (sync_receive_batch(creation->sync, &batch, err) < 0)
			return -err->code;
		for (size_t i = 0; i < batch.count; i++)
			if (put(creation, batch.places[i], batch.descriptors[i], err) < 0)
				return -err->code;
	} while (!is_last(&batch));
	return 0;
}

const struct step handover_receive = {
	"sources from the host",
	.run = step_receive,
	.planned = PLANNED(namespaces.host_enters),
};
