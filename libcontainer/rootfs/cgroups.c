/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/rootfs/cgroups.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "libcontainer/cgroup/tree.h"
#include "libcontainer/plan.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "spec/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_source(const struct hierarchy *hierarchy, const char *name,
		       struct cgroup_sources *sources)
{
	sources->at[sources->count] = -1;
	sources->hierarchies[sources->count] = hierarchy;
	sources->names[sources->count++] = name;
}

void cgroups_list(const struct plan *plan, bool unified, struct cgroup_sources *sources)
{
	const struct cgroup *cgroup = &plan->cgroup.at;
	const struct hierarchy *alone;

	if (!plan->cgroup.planned)
		return;
	alone = hierarchies_unified(cgroup->hierarchies);
	if (alone && (unified || cgroup->layout->single)) {
		add_source(alone, "", sources);
		return;
	}
	for (size_t i = 0; i < cgroup->hierarchies->count; i++) {
		const struct hierarchy *hierarchy = &cgroup->hierarchies->at[i];

		add_source(hierarchy, last_name(hierarchy->mount), sources);
	}
}

static bool has_namespace(const struct plan *plan)
{
	return plan->namespaces.unshare_flags & CLONE_NEWCGROUP ||
	       plan->namespaces.joins & 1u << NAMESPACE_CGROUP;
}

/* Without a cgroup namespace the container's /proc/self/cgroup holds a path from the root of the
 * hierarchy, so on v2 the mount must show the whole hierarchy for that path to be found in it. */
static const char *source_path(const struct plan *plan)
{
	const struct cgroup *cgroup = &plan->cgroup.at;

	return cgroup->layout->single && !has_namespace(plan) ? "/" : cgroup->path;
}

static int open_source(const struct plan *plan, const struct hierarchy *hierarchy,
		       struct error *err)
{
	_close_ int directory = tree_open(hierarchy, source_path(plan), err);
	int source;

	if (directory < 0)
		return directory;
	source = open_tree(directory, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (source < 0)
		return error_errno(err, "%s: open_tree", hierarchy->mount);
	return source;
}

int cgroups_open(const struct plan *plan, struct cgroup_sources *sources, struct error *err)
{
	for (size_t i = 0; i < sources->count; i++) {
		sources->at[i] = open_source(plan, sources->hierarchies[i], err);
		if (sources->at[i] < 0)
			return -err->code;
	}
	return 0;
}

/* Each hierarchy is mounted on a directory of its own, which is made here. */
static int mount_one(int directory, const char *name, int source,
		     const struct mount_options *options, struct error *err)
{
	_close_ int target = path_make_directory(directory, name, 0755, PATH_LINKS_REFUSED, err);

	if (target < 0)
		return target;
	if (mountfd_change(source, false, options->set | options->rset, options->clear, err) < 0 ||
	    mountfd_propagate(source, MS_PRIVATE, err) < 0 ||
	    mountfd_attach(source, target, err) < 0)
		return error_wrap(err, "%s", name);
	return 0;
}

/* Controllers that are mounted together share one directory, such as cpu,cpuacct. Programs look
 * for each controller by its own name, so every name that is not the directory's becomes a link
 * to it. */
static int add_links(const struct plan *plan, const struct hierarchy *hierarchy,
		     const char *(*links)[2], int room)
{
	const char *directory = last_name(hierarchy->mount);
	char *rest, *controllers = arena_strdup(plan->arena, hierarchy->controllers);
	int count = 0;

	for (const char *name = strtok_r(controllers, ",", &rest); name && count < room;
	     name = strtok_r(NULL, ",", &rest)) {
		if (!strcmp(name, directory) || strchr(name, '='))
			continue;
		links[count][0] = name;
		links[count][1] = directory;
		count++;
	}
	return count;
}

int cgroups_links(const struct plan *plan, const char *(*links)[2], int room)
{
	const struct hierarchies *hierarchies = &plan->host->hierarchies;
	int count = 0;

	for (size_t i = 0; i < hierarchies->count; i++)
		if (!hierarchies->at[i].unified)
			count += add_links(plan, &hierarchies->at[i], links + count, room - count);
	return count;
}

static int make_links(const struct plan *plan, int directory, struct error *err)
{
	const char *links[CGROUP_HIERARCHIES_MAX][2];
	int count = cgroups_links(plan, links, CGROUP_HIERARCHIES_MAX);

	for (int i = 0; i < count; i++)
		if (path_make_link(directory, links[i][0], links[i][1], PATH_LINKS_REFUSED, err) <
		    0)
			return -err->code;
	return 0;
}

static int fill(const struct plan *plan, const struct cgroup_sources *sources,
		const struct mount_options *options, int directory, struct error *err)
{
	for (size_t i = 0; i < sources->count; i++)
		if (mount_one(directory, sources->names[i], sources->at[i], options, err) < 0)
			return -err->code;
	return make_links(plan, directory, err);
}

int cgroups_mount(const struct plan *plan, const struct cgroup_sources *sources,
		  const struct mount_options *options, int target, struct error *err)
{
	static const struct parameter parameters[] = {{"mode", "0755"}};
	bool empty = sources->count == 0;
	_close_ int directory =
		mountfd_tmpfs(parameters, COUNT(parameters),
			      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
				      (empty ? MOUNT_ATTR_RDONLY : 0),
			      err);

	if (directory < 0)
		return directory;
	if (mountfd_attach(directory, target, err) < 0)
		return -err->code;
	return empty ? 0 : fill(plan, sources, options, directory, err);
}

bool cgroups_are_callers(const struct plan *plan)
{
	return !plan->cgroup.planned && hierarchies_are_v2(&plan->host->hierarchies) &&
	       plan->namespaces.unshare_flags & CLONE_NEWCGROUP;
}

int cgroups_make_callers(struct error *err)
{
	_close_ int context = mountfd_context("cgroup2", err);

	return context < 0 ? context : mountfd_create(context, 0, err);
}
