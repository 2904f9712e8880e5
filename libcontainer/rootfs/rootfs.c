/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libcontainer/io.h"
#include "libcontainer/rootfs/entry.h"
#include "libcontainer/rootfs/idmapped.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/overlay.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/rootfs/peers.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

static const char *root_path(const struct plan *plan)
{
	return path_on_host(plan->arena, plan->bundle, plan->config->root->path);
}

static bool has_root(const struct plan *plan)
{
	return plan->config->root && plan->config->root->path;
}

static struct host_file find_directory(const char *path, struct arena *arena)
{
	char absolute[PATH_MAX];
	struct stat status;

	if (!realpath(path, absolute) || stat(absolute, &status) < 0)
		return (struct host_file){.code = errno};
	if (!S_ISDIR(status.st_mode))
		return (struct host_file){.code = ENOTDIR};
	return (struct host_file){.path = arena_strdup(arena, absolute)};
}

int rootfs_read_host(const struct plan *plan, struct host *host, struct error *err)
{
	(void)err;
	if (has_root(plan))
		host->root = find_directory(root_path(plan), plan->arena);
	return 0;
}

int rootfs_plan(struct plan *plan, struct error *err)
{
	const struct config *config = plan->config;
	const struct host_file *root = &plan->host->root;

	if (!has_root(plan))
		return error_set(err, EINVAL, "root.path: missing");
	if (root->code)
		return error_set(err, root->code, "root.path: %s: %s", root_path(plan),
				 error_describe(root->code));
	plan->rootfs.path = root->path;
	plan->rootfs.propagation = config->linux->rootfsPropagation
					   ? *config->linux->rootfsPropagation
					   : MS_PRIVATE | MS_REC;
	return 0;
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct rootfs_plan *rootfs = &plan->rootfs;
	const char *propagation =
		words_name(&propagation_words, rootfs->propagation & ~(unsigned long)MS_REC);

	fprintf(out, "\t\t%s  %s%s\n", rootfs->path, propagation ? propagation : "private",
		plan->options->ephemeral ? "  ephemeral" : "");
	if (plan->options->overlay)
		fprintf(out, "\t\tchanges are kept in %s/upper\n", plan->options->overlay);
}

/* The host side opens these sources for init, which could not see them, or has fewer privileges. */
static bool has_source(const struct mount_plan *mount)
{
	return mount->kind == MOUNT_BIND || mount->kind == MOUNT_CGROUP;
}

static bool has_sources(const struct plan *plan)
{
	const struct mount_plans *mounts = &plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (has_source(&mounts->at[i]))
			return true;
	/* The default devices are in every container, so bound devices always have sources. */
	return devices_bound(plan) || plan->options->overlay;
}

static bool sources_planned(const struct plan *plan)
{
	return has_sources(plan) && !plan->idmap.planned && plan->idmap.by_host;
}

static bool sources_of_init(const struct plan *plan)
{
	return has_sources(plan) && !plan->namespaces.host_opens;
}

static void print_sources(const struct plan *plan, FILE *out)
{
	const struct mount_plans *mounts = &plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (has_source(&mounts->at[i]))
			fprintf(out, "\t\t%s\n",
				mounts->at[i].source ? mounts->at[i].source : "cgroup");
}

/* A bind on /proc must show a procfs (CVE-2019-16884). */
static int check_proc(int source, struct error *err)
{
	struct statfs status;

	if (fstatfs(source, &status) < 0)
		return error_errno(err, "statfs");
	if (status.f_type != PROC_SUPER_MAGIC)
		return error_set(err, EINVAL, "only a procfs may be mounted here");
	return 0;
}

/* A user namespace may not copy a mount without the mounts below it: what they cover could be
 * seen. */
static const char *explain_copy(const struct plan *plan, bool recursive)
{
	return recursive || !plan->idmap.planned ? " (is it on an unbindable mount?)"
						 : " (is it on an unbindable mount, or are there "
						   "mounts below it, which a user "
						   "namespace sees with rbind only?)";
}

static const char *explain_source(const struct plan *plan, const struct mount_plan *mount, int code)
{
	switch (code) {
	case EINVAL:
		return explain_copy(plan, mount->recursive);
	case EMFILE:
		return " (each source takes a descriptor: raise the hard limit of RLIMIT_NOFILE)";
	default:
		return "";
	}
}

static int open_bind(const struct plan *plan, const struct mount_plan *mount, struct error *err)
{
	bool nofollow = mount->mount->options.mode & MOUNT_MODE_SRC_NOFOLLOW;
	unsigned flags =
		(mount->recursive ? AT_RECURSIVE : 0) | (nofollow ? AT_SYMLINK_NOFOLLOW : 0);
	_close_ int source = mountfd_clone(AT_FDCWD, mount->source, flags, err);

	if (source < 0)
		return error_set(err, err->code, "source %s: %s%s", mount->source,
				 error_describe(err->code), explain_source(plan, mount, err->code));
	if (strcmp(mount->target, "/proc") == 0 && check_proc(source, err) < 0)
		return error_wrap(err, "source %s", mount->source);
	return take(&source);
}

/* Returns the text of a symbolic link, or NULL when the source is none. */
static const char *read_link(const struct plan *plan, const char *source)
{
	char *text = arena_alloc(plan->arena, PATH_MAX);
	ssize_t length = readlink(source, text, PATH_MAX - 1);

	return length < 0 ? NULL : text;
}

static void list_cgroups(const struct plan *plan, const struct mount_plan *entry,
			 struct rootfs_handles *rootfs)
{
	struct cgroup_sources *sources = arena_alloc(plan->arena, sizeof *sources);

	cgroups_list(plan, entry_has_type(entry->mount, "cgroup2"), sources);
	rootfs->cgroups[entry->index] = sources;
}

static void prepare_source(struct creation *creation, const struct mount_plan *mount)
{
	const struct plan *plan = creation->plan;
	bool copied = mount->mount->options.mode & MOUNT_MODE_COPY_SYMLINK;

	if (mount->kind == MOUNT_CGROUP)
		list_cgroups(plan, mount, &creation->rootfs);
	if (mount->kind == MOUNT_BIND && copied)
		creation->rootfs.links[mount->index] = read_link(plan, mount->source);
}

static int open_source(struct creation *creation, const struct mount_plan *mount, struct error *err)
{
	struct rootfs_handles *rootfs = &creation->rootfs;
	int *source = &rootfs->sources[mount->index];

	if (mount->kind == MOUNT_CGROUP)
		return cgroups_open(creation->plan, rootfs->cgroups[mount->index], err);
	if (mount->kind != MOUNT_BIND || rootfs->links[mount->index])
		return 0;
	*source = open_bind(creation->plan, mount, err);
	return *source < 0 ? -err->code : idmapped_apply(creation, mount, *source, err);
}

static int for_each_mount(struct creation *creation,
			  int (*run)(struct creation *, const struct mount_plan *, struct error *),
			  struct error *err)
{
	const struct mount_plans *mounts = &creation->plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (run(creation, &mounts->at[i], err) < 0)
			return error_wrap(err, "mounts[%zu]: %s", mounts->at[i].index,
					  mounts->at[i].target);
	return 0;
}

int rootfs_step_prepare(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	struct rootfs_handles *rootfs = &creation->rootfs;
	size_t count = plan->rootfs.mounts.count;

	(void)err;
	rootfs->count = count;
	rootfs->sources = io_no_descriptors(plan->arena, count);
	rootfs->links = arena_array(plan->arena, count, sizeof *rootfs->links);
	rootfs->peers = arena_array(plan->arena, count, sizeof *rootfs->peers);
	rootfs->cgroups = arena_array(plan->arena, count, sizeof *rootfs->cgroups);
	rootfs->device_count = plan->rootfs.devices.count;
	rootfs->devices = io_no_descriptors(plan->arena, rootfs->device_count);
	for (size_t i = 0; i < count; i++)
		prepare_source(creation, &plan->rootfs.mounts.at[i]);
	return 0;
}

static int open_sources(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	struct rootfs_handles *rootfs = &creation->rootfs;

	/* The overlay is opened first, because its path may be relative to the caller's working
	 * directory. */
	if (plan->options->overlay) {
		rootfs->overlay = overlay_open(plan->options->overlay, plan->rootfs.path, err);
		if (rootfs->overlay < 0)
			return -err->code;
	}
	if (devices_open(creation, err) < 0)
		return -err->code;
	return for_each_mount(creation, open_source, err);
}

static int keep_peers(struct creation *creation, const struct mount_plan *mount, struct error *err)
{
	int source = creation->rootfs.sources[mount->index];

	return source >= 0 && peers_asked(creation->plan, mount)
		       ? peers_keep(creation, mount, source, err)
		       : 0;
}

static int step_sources(struct creation *creation, struct error *err)
{
	if (rootfs_step_prepare(creation, err) < 0 || open_sources(creation, err) < 0)
		return -err->code;
	return peers_planned(creation->plan) ? for_each_mount(creation, keep_peers, err) : 0;
}

static void finish(struct creation *creation)
{
	struct rootfs_handles *rootfs = &creation->rootfs;

	cleanup_close_all(rootfs->sources, rootfs->count);
	cleanup_close_all(rootfs->mappings, rootfs->mapping_count);
	cleanup_close_all(rootfs->devices, rootfs->device_count);
	for (size_t i = 0; rootfs->cgroups && i < rootfs->count; i++)
		if (rootfs->cgroups[i])
			cleanup_close_all(rootfs->cgroups[i]->at, rootfs->cgroups[i]->count);
	peers_close(rootfs);
	cleanup_close(&rootfs->tree);
	cleanup_close(&rootfs->overlay);
	*rootfs = (struct rootfs_handles){.tree = -1, .overlay = -1};
}

const struct step rootfs_open_sources = {
	"mount sources",        .run = step_sources, .when = sources_planned,
	.print = print_sources, .finish = finish,
};

const struct step rootfs_open_sources_in_init = {
	"mount sources",
	.run = step_sources,
	.when = sources_of_init,
	.print = print_sources,
};

const struct step rootfs_open_sources_by_host = {
	"mount sources",
	.run = step_sources,
	.planned = PLANNED(idmap.by_host),
	.finish = finish,
};

const struct step rootfs_open_sources_by_child = {
	"mount sources",
	.run = step_sources,
	.planned = PLANNED(idmap.by_child),
};

static int copy_root(const struct plan *plan, struct error *err)
{
	bool alone = overlay_planned(plan);
	int tree = mountfd_clone(AT_FDCWD, plan->rootfs.path, alone ? 0 : AT_RECURSIVE, err);

	if (tree >= 0 || err->code != EINVAL)
		return tree;
	return error_set(err, EINVAL, "open_tree: %s%s", error_describe(EINVAL),
			 explain_copy(plan, !alone));
}

/* A copy of a shared mount is shared, too, and the host would see what is mounted onto it. */
static int open_tree_private(const struct plan *plan, struct error *err)
{
	bool slave = plan->rootfs.propagation & MS_SLAVE;
	_close_ int tree = copy_root(plan, err);

	if (tree < 0 || mountfd_propagate(tree, (slave ? MS_SLAVE : MS_PRIVATE) | MS_REC, err) < 0)
		return error_wrap(err, "%s", plan->rootfs.path);
	return take(&tree);
}

static int open_inside(struct creation *creation, struct error *err)
{
	if (open_sources(creation, err) < 0)
		return -err->code;
	creation->rootfs.tree = open_tree_private(creation->plan, err);
	return creation->rootfs.tree < 0 ? -err->code : 0;
}

static int step_inside(struct creation *creation, struct error *err)
{
	if (namespaces_run_inside(creation, open_inside, err) < 0)
		return -err->code;
	return peers_planned(creation->plan) ? for_each_mount(creation, keep_peers, err) : 0;
}

const struct step rootfs_inside = {
	"mount sources",        .run = step_inside, .planned = PLANNED(namespaces.host_enters),
	.print = print_sources, .finish = finish,
};

/* From here on the host sees nothing that init mounts or unmounts. The tree has been copied before,
 * because the copy may have to stay a slave of the host's mounts. */
static int leave_peer_groups(struct error *err)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return error_errno(err, "/");
	if (mountfd_propagate(root, MS_PRIVATE | MS_REC, err) < 0)
		return err->code == EINVAL
			       ? error_set(err, EINVAL, "/ is not the root of a mount (chroot)")
			       : error_wrap(err, "/");
	return 0;
}

static int step_open(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	_close_ int tree = plan->namespaces.host_enters ? take(&creation->rootfs.tree)
							: open_tree_private(plan, err);

	if (tree < 0 || leave_peer_groups(err) < 0)
		return -err->code;
	creation->rootfs.tree =
		overlay_planned(plan) ? overlay_make(creation, tree, err) : take(&tree);
	if (creation->rootfs.tree < 0)
		return -err->code;
	/* Before Linux 6.15 nothing can be mounted onto a tree that is not attached. */
	return plan->host->detached_mounts ? 0 : rootfs_attach(creation, err);
}

const struct step rootfs_open = {
	"root filesystem",
	.run = step_open,
	.print = print_step,
};

int rootfs_attach(struct creation *creation, struct error *err)
{
	_close_ int root = -1;

	if (creation->rootfs.attached)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_errno(err, "/");
	if (mountfd_attach(creation->rootfs.tree, root, err) < 0)
		return error_wrap(err, "/");
	creation->rootfs.attached = true;
	return 0;
}

/* The mount takes the place of the old tree and is not mounted on it: of two roots that are
 * stacked, pivot_root(2) would leave one. It is attached at once, since a source of the host side
 * cannot be mounted onto as long as it is detached. */
int rootfs_replace(struct creation *creation, int mount, struct error *err)
{
	struct rootfs_handles *rootfs = &creation->rootfs;
	_close_ int root = fcntl(mount, F_DUPFD_CLOEXEC, 0);

	if (root < 0)
		return error_errno(err, "dup");
	if (rootfs->attached && mountfd_unstage(rootfs->tree, err) < 0)
		return -err->code;
	close(rootfs->tree);
	rootfs->tree = take(&root);
	rootfs->attached = false;
	return rootfs_attach(creation, err);
}

static bool seal_planned(const struct plan *plan)
{
	const struct mount_plans *mounts = &plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->at[i].readonly_late)
			return true;
	return plan->config->root->readonly;
}

static void print_seal(const struct plan *plan, FILE *out)
{
	const struct mount_plans *mounts = &plan->rootfs.mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->at[i].readonly_late)
			fprintf(out, "\t\t%s\n", mounts->at[i].target);
	if (plan->config->root->readonly)
		fprintf(out, "\t\t/\n");
}

static int seal_mount(int tree, const struct mount_plan *entry, struct error *err)
{
	_close_ int mount = path_open(tree, entry->target, O_PATH, path_links(entry->target), err);
	bool recursive = entry->mount->options.rset & MOUNT_ATTR_RDONLY;

	if (mount < 0)
		return mount;
	if (mountfd_change(mount, recursive, MOUNT_ATTR_RDONLY, 0, err) < 0)
		return error_wrap(err, "%s", entry->target);
	return 0;
}

static int step_seal(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	const struct mount_plans *mounts = &plan->rootfs.mounts;
	int tree = creation->rootfs.tree;

	if (rootfs_attach(creation, err) < 0)
		return -err->code;
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->at[i].readonly_late && seal_mount(tree, &mounts->at[i], err) < 0)
			return error_wrap(err, "mounts[%zu]", mounts->at[i].index);
	if (plan->config->root->readonly &&
	    mountfd_change(tree, false, MOUNT_ATTR_RDONLY, 0, err) < 0)
		return error_wrap(err, "/");
	return 0;
}

const struct step rootfs_seal = {
	"read-only root",
	.run = step_seal,
	.when = seal_planned,
	.print = print_seal,
};

static int step_close(struct creation *creation, struct error *err)
{
	(void)err;
	finish(creation);
	return 0;
}

const struct step rootfs_close = {
	"descriptor limit",
	.run = step_close,
	.when = limits_raised,
};
