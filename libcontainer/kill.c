/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals to a container (runtime.md, Kill).
 */
#include <errno.h>
#include <signal.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/compat.h"
#include "libcontainer/enter.h"
#include "spec/cleanup.h"
#include "spec/config.h"

#include "libcontainer/container.h"

/* Callers of kist compare this sentence, so its words must stay. */
static int error_not_running(struct error *err)
{
	return error_set(err, ESRCH, "container not running");
}

/* Processes may outlive init when init does not have a pid namespace of its own. Then the cgroup
 * may be somebody else's by now, too. */
static bool may_be_outlived(struct container *container)
{
	const struct config *config;
	const struct namespace_entry *pid;
	struct error ignored;

	if (record_read_config(&container->record, &container->arena, &config, &ignored) < 0)
		return false;
	pid = &config->linux->namespaces.at[NAMESPACE_PID];
	return !pid->present || pid->path;
}

static bool is_free(const struct cgroup *cgroup)
{
	struct error somebody;

	return cgroup->layout->use(cgroup, &somebody) == CGROUP_FREE;
}

static int kill_all(struct container *container, enum status status, int signal, struct error *err)
{
	bool stopped = status == STATUS_STOPPED;
	struct cgroup cgroup;

	if (cgroup_find(&container->record.cgroup, &container->arena, &cgroup, err) < 0)
		return -err->code;
	if (stopped && (!cgroup.layout || !may_be_outlived(container)))
		return error_not_running(err);
	if (!cgroup.layout)
		return error_set(err, ENOTSUP,
				 "--all: the container has no cgroup to find its "
				 "processes by");
	if (stopped && (is_free(&cgroup) || container_shares_cgroup(&container->record)))
		return error_not_running(err);
	return cgroup.layout->kill(&cgroup, signal, err);
}

static int kill_opened(struct container *container, int signal, bool all, struct error *err)
{
	if (all)
		return kill_all(container, container->status, signal, err);
	if (container->status == STATUS_STOPPED)
		return error_not_running(err);
	if (sys_pidfd_send_signal(container->init, signal) < 0)
		return errno == ESRCH ? error_not_running(err) : error_errno(err, "kill");
	if (signal == SIGKILL)
		cgroup_release_killed(&container->record.cgroup);
	return 0;
}

/* A stopped container is accepted, since processes of it may be left. */
static const struct verb verb_kill = {
	.doing = "kill",
	.statuses = ENTER_ANY & ~ENTER_IN(STATUS_CREATING),
};

int container_kill(const char *root, const char *id, int signal, bool all, struct error *err)
{
	struct container container;
	int result;

	if (enter_open(root, id, &verb_kill, &container, err) < 0)
		return -err->code;
	result = kill_opened(&container, signal, all, err);
	container_close(&container);
	return result;
}
