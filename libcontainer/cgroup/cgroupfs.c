/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * With this manager kist makes the cgroup itself, in each hierarchy, without asking a service, and
 * writes the limits before any process is inside.
 */
#include "libcontainer/cgroup/layout.h"
#include "spec/cleanup.h"

static int start_one(const struct cgroup *cgroup, const struct hierarchy *hierarchy,
		     const struct cgroup_limits *limits, bool born_inside,
		     struct cgroup_handles *handles, struct error *err)
{
	_close_ int directory = cgroup->layout->make(cgroup, hierarchy, &limits->writes, err);

	if (directory < 0 || cgroup_limits_write(limits, hierarchy, directory, err) < 0)
		return -err->code;
	return tree_hold(hierarchy, &directory, born_inside, handles, err);
}

static int start(const struct cgroup *cgroup, const struct cgroup_limits *limits, bool born_inside,
		 struct cgroup_handles *handles, struct error *err)
{
	const struct hierarchies *hierarchies = cgroup->hierarchies;

	for (size_t i = 0; i < hierarchies->count; i++)
		if (start_one(cgroup, &hierarchies->at[i], limits, born_inside, handles, err) < 0)
			return -err->code;
	return 0;
}

static int stop(const struct cgroup *cgroup, unsigned patience_ms, struct error *err)
{
	return cgroup->layout->remove(cgroup, patience_ms, err);
}

const struct cgroup_manager cgroup_cgroupfs = {
	.name = "cgroupfs",
	.start = start,
	.stop = stop,
};
