/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "libcontainer/mountinfo.h"
#include "libcontainer/rootfs/entry.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/rootfs/rootfs.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

bool peers_asked(const struct plan *plan, const struct mount_plan *entry)
{
	return entry->kind == MOUNT_BIND && entry_propagation(entry->mount) & MS_SHARED &&
	       plan->rootfs.propagation & MS_SHARED;
}

bool peers_planned(const struct plan *plan)
{
	const struct mount_plans *mounts = &plan->rootfs.mounts;

	/* A caller without privileges outside its user namespace works in a mount namespace of its
	 * own, where it has no peers of the host. */
	for (size_t i = 0; i < mounts->count && plan->namespaces.host_opens; i++)
		if (peers_asked(plan, &mounts->at[i]))
			return true;
	return false;
}

/* The host side calls the following functions, up to peers_keep(), before there is a container. */

/* Mounts are looked for in several views: in the source as the host sees it, in the copy of the
 * source that becomes the bind, and in the copy that keeps the peer groups. A bind that comes from
 * init's mount namespace is in none of the groups; then member is a further copy that is. */
struct views {
	char path[PATH_MAX]; /* path of the source without symbolic links */
	int host, bind, group, member;
};

/* An empty path means the view itself, which may be a file. */
static int open_below(int view, const char *path, struct error *err)
{
	int file = -1;

	if (*path)
		return path_open(view, path, O_PATH, PATH_LINKS_REFUSED, err);
	file = fcntl(view, F_DUPFD_CLOEXEC, 0);
	return file < 0 ? error_errno(err, "dup") : file;
}

static bool is_mount(int view, const char *path, uint64_t id)
{
	struct error ignored;
	uint64_t found;
	_close_ int file = open_below(view, path, &ignored);

	return file >= 0 && mountfd_id(file, "", &found, &ignored) == 0 && found == id;
}

/* Returns the path of a mount below the views: "" for the source's own mount, NULL for a mount that
 * is elsewhere or covered by another. */
static const char *find_below(const struct views *views, const struct mountinfo_line *line)
{
	const char *path = "";

	if (path_is_below(line->target, views->path))
		path = line->target + (views->path[1] ? strlen(views->path) : 0);
	return is_mount(views->host, path, line->id) ? path : NULL;
}

void peers_add(const struct plan *plan, struct peers *peers, const struct peer *one)
{
	struct peer *peer = arena_alloc(plan->arena, sizeof *peer);

	*peer = *one;
	peer->next = peers->first;
	peers->first = peer;
}

/* The copy that keeps the groups has left them. Its return now proves that the bind can return
 * later, too. */
static int go_back(int group, int mount, const struct views *views, const char *path,
		   struct error *err)
{
	_close_ int member = -1;

	if (views->member < 0)
		return mountfd_join(group, mount, err);
	member = open_below(views->member, path, err);
	return member < 0 ? member : mountfd_join(group, member, err);
}

static int add_peer(const struct plan *plan, const struct views *views, const char *path,
		    struct peers *peers, struct error *err)
{
	_close_ int mount = open_below(views->bind, path, err);
	_close_ int group = mount < 0 ? -1 : open_below(views->group, path, err);

	if (mount < 0 || group < 0 || go_back(group, mount, views, path, err) < 0)
		return -err->code;
	peers_add(plan, peers, &(struct peer){NULL, take(&mount), take(&group), *path});
	return 0;
}

static int add_peers(const struct plan *plan, const struct mount_plan *entry,
		     const struct views *views, struct peers *peers, struct error *err)
{
	FILE *mountinfo _fclose_ = mountinfo_open(err);
	char *text _free_ = NULL;
	size_t room = 0;

	if (!mountinfo)
		return -err->code;
	while (getline(&text, &room, mountinfo) > 0) {
		struct mountinfo_line line;
		const char *path;

		if (!mountinfo_split(text, &line) || !line.group)
			continue;
		mountinfo_unescape(line.target);
		path = find_below(views, &line);
		if (path && (entry->recursive || !*path) &&
		    add_peer(plan, views, path, peers, err) < 0)
			return -err->code;
	}
	return 0;
}

static void close_peers(const struct peers *peers)
{
	for (const struct peer *peer = peers->first; peer; peer = peer->next) {
		cleanup_close(&peer->mount);
		cleanup_close(&peer->group);
	}
}

static int copy_view(const struct views *views, const struct mount_plan *entry, struct error *err)
{
	return mountfd_clone(views->host, "", entry->recursive ? AT_RECURSIVE : 0, err);
}

static int open_views(const struct plan *plan, const struct mount_plan *entry, struct views *views,
		      struct error *err)
{
	bool nofollow = entry->mount->options.mode & MOUNT_MODE_SRC_NOFOLLOW;

	if (!realpath(entry->source, views->path))
		return error_errno(err, "%s", entry->source);
	views->host = open(entry->source, O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0));
	if (views->host < 0)
		return error_errno(err, "%s", entry->source);
	views->group = copy_view(views, entry, err);
	if (views->group < 0)
		return -err->code;
	if (plan->namespaces.host_enters) {
		views->member = copy_view(views, entry, err);
		if (views->member < 0)
			return -err->code;
	}
	return mountfd_propagate(views->group, MS_PRIVATE | MS_REC, err);
}

int peers_keep(struct creation *creation, const struct mount_plan *entry, int source,
	       struct error *err)
{
	struct peers *peers = &creation->rootfs.peers[entry->index];
	struct views views = {.host = -1, .bind = source, .group = -1, .member = -1};
	int result = open_views(creation->plan, entry, &views, err);

	if (result == 0)
		result = add_peers(creation->plan, entry, &views, peers, err);
	cleanup_close(&views.host);
	cleanup_close(&views.group);
	cleanup_close(&views.member);
	if (result != -EINVAL && result != -EPERM)
		return result;
	/* The kernel is older than 5.15, or a mount below is locked (mount_namespaces(7)). The bind
	 * then stays in the peer group, and the host sees everything that is mounted there, which
	 * is better than that it sees nothing. */
	close_peers(peers);
	*peers = (struct peers){.stay = true};
	return 0;
}

bool peers_stay(const struct creation *creation, const struct mount_plan *entry)
{
	return creation->rootfs.peers && creation->rootfs.peers[entry->index].stay;
}

/* The bind itself always exists, but the host may have unmounted meanwhile what was mounted below
 * its source. */
static bool is_gone(const struct peer *peer, int result)
{
	return peer->below && result == -EINVAL;
}

static int leave(const struct peers *peers, struct error *err)
{
	for (const struct peer *peer = peers->first; peer; peer = peer->next) {
		int result = mountfd_propagate(peer->mount, MS_PRIVATE, err);

		if (result < 0 && !is_gone(peer, result))
			return result;
	}
	return 0;
}

int peers_leave(const struct creation *creation, const struct mount_plan *entry, struct error *err)
{
	const struct peers *peers = creation->rootfs.peers;

	if (!peers || leave(&peers[entry->index], err) == 0)
		return 0;
	return error_wrap(err, "%s", entry->target);
}

static int join(const struct peers *peers, struct error *err)
{
	for (const struct peer *peer = peers->first; peer; peer = peer->next) {
		int result = mountfd_join(peer->mount, peer->group, err);

		if (result < 0 && !is_gone(peer, result))
			return result;
	}
	return 0;
}

static int step_join(struct creation *creation, struct error *err)
{
	const struct mount_plans *mounts = &creation->plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (join(&creation->rootfs.peers[i], err) < 0)
			return error_wrap(err, "mounts[%zu]: %s", i, mounts->at[i].target);
	return 0;
}

const struct step peers_join = {
	"propagation",
	.run = step_join,
	.when = peers_planned,
};

void peers_close(const struct rootfs_handles *rootfs)
{
	for (size_t i = 0; rootfs->peers && i < rootfs->count; i++)
		close_peers(&rootfs->peers[i]);
}
