/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file decides which namespaces are new and which are joined (config-linux.md, Namespaces;
 * setns(2), ioctl_ns(2)).
 *
 * A host name or a kernel parameter that is meant for a joined namespace must not be set for the
 * host: a path may lead to the namespace that kist itself is in.
 */
#include <errno.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* Both tables of words have their rows in the order of enum namespace_kind. */
static uint64_t kind_flag(unsigned kind)
{
	return namespace_flag_words.at[kind].value;
}

static const char *kind_name(unsigned kind)
{
	return words_name(&namespace_words, kind);
}

/* With user and ipc namespaces in one clone3(2) the root of a new mqueue would belong to nobody:
 * the kernel makes it while init has no id yet. */
static bool is_unshared(const struct namespace_entry *at, unsigned kind)
{
	return kind == NAMESPACE_CGROUP || (kind == NAMESPACE_IPC && at[NAMESPACE_USER].present);
}

int namespaces_plan(struct plan *plan, struct error *err)
{
	const struct namespace_entry *at = plan->config->linux->namespaces.at;
	struct namespaces_plan *planned = &plan->namespaces;

	if (!at[NAMESPACE_MOUNT].present || at[NAMESPACE_MOUNT].path)
		return error_set(
			err, ENOTSUP,
			"linux.namespaces: a new namespace of type \"mount\" is needed: %s "
			"would see the container's root and devices mounted, which is not "
			"supported",
			at[NAMESPACE_MOUNT].present ? "whoever is in the one that is joined"
						    : "without it, the host");
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		if (!at[kind].present)
			continue;
		if (at[kind].path)
			planned->joins |= 1U << kind;
		else if (is_unshared(at, kind))
			planned->unshare_flags |= kind_flag(kind);
		else
			planned->clone_flags |= kind_flag(kind);
	}
	planned->outside = at[NAMESPACE_USER].path;
	if (!planned->outside)
		planned->entered =
			planned->joins & (at[NAMESPACE_USER].present ? ~0U : 1U << NAMESPACE_PID);
	if (idmap_plan(plan, err) < 0)
		return -err->code;
	namespaces_plan_opening(plan);
	return uts_plan(plan, err);
}

void namespaces_print(const struct plan *plan, FILE *out)
{
	const struct namespace_entry *at = plan->config->linux->namespaces.at;

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (at[kind].present)
			fprintf(out, "\t\t%s namespace: %s\n", kind_name(kind),
				at[kind].path ? at[kind].path : "new");
}

static bool is_named(const struct plan *plan)
{
	return plan->namespaces.joins != 0;
}

static bool is_joined(const struct plan *plan)
{
	return !plan->namespaces.outside &&
	       (plan->namespaces.joins & ~plan->namespaces.entered) != 0;
}

static bool is_unshared_step(const struct plan *plan)
{
	return plan->namespaces.unshare_flags != 0;
}

static const char *flag_name(int flag)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (kind_flag(kind) == (uint64_t)flag)
			return kind_name(kind);
	return "?";
}

int namespaces_open(const struct plan *plan, enum namespace_kind kind, struct error *err)
{
	const char *path = plan->config->linux->namespaces.at[kind].path;
	/* The path may lead to any file, so a fifo must not block, and a device must not be set
	 * off. */
	_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int flag;

	if (fd < 0)
		return error_errno(err, "linux.namespaces: %s: %s", kind_name(kind), path);
	flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag < 0)
		return error_set(err, EINVAL, "linux.namespaces: %s: %s is not a namespace",
				 kind_name(kind), path);
	if ((uint64_t)flag != kind_flag(kind))
		return error_set(err, EINVAL,
				 "linux.namespaces: %s: %s is a namespace of type \"%s\"",
				 kind_name(kind), path, flag_name(flag));
	return take(&fd);
}

/* Returns the property that changes something in a namespace of this kind, or NULL. */
static const char *setting_of(const struct plan *plan, enum namespace_kind kind)
{
	if (kind == NAMESPACE_UTS && uts_named(plan))
		return "hostname and domainname";
	return sysctl_sets(plan, kind) ? "linux.sysctl" : NULL;
}

enum { OWN_PATH_SIZE = 32 };

static void own_path(unsigned kind, char path[static OWN_PATH_SIZE])
{
	snprintf(path, OWN_PATH_SIZE, "/proc/self/ns/%s", namespace_flag_words.at[kind].name);
}

static bool is_own(int fd, enum namespace_kind kind)
{
	struct stat joined, own;
	char path[OWN_PATH_SIZE];

	own_path(kind, path);
	/* A namespace that cannot be compared is taken for the host's. */
	if (fstat(fd, &joined) < 0 || stat(path, &own) < 0)
		return true;
	return joined.st_dev == own.st_dev && joined.st_ino == own.st_ino;
}

static int check_settings(const struct plan *plan, int fd, enum namespace_kind kind,
			  struct error *err)
{
	const char *property = setting_of(plan, kind);

	if (!property || !is_own(fd, kind))
		return 0;
	return error_set(err, EINVAL,
			 "linux.namespaces: %s: %s is the namespace of the host, which %s "
			 "would change",
			 kind_name(kind), plan->config->linux->namespaces.at[kind].path, property);
}

static int step_open(struct creation *creation, struct error *err)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		_close_ int fd = -1;

		if (!(creation->plan->namespaces.joins & 1U << kind))
			continue;
		fd = namespaces_open(creation->plan, kind, err);
		if (fd < 0)
			return fd;
		if (check_settings(creation->plan, fd, kind, err) < 0)
			return -err->code;
		creation->namespaces.at[kind] = take(&fd);
	}
	return 0;
}

static void finish(struct creation *creation)
{
	cleanup_close_all(creation->namespaces.at, NAMESPACE_KINDS);
}

const struct step namespaces_open_paths = {
	"join namespaces",
	.run = step_open,
	.when = is_named,
	.finish = finish,
};

static int step_join(struct creation *creation, struct error *err)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		int fd = creation->namespaces.at[kind];

		if (fd < 0 || creation->plan->namespaces.entered & 1U << kind)
			continue;
		if (setns(fd, (int)kind_flag(kind)) < 0)
			return error_errno(err, "%s: setns", kind_name(kind));
		close(take(&creation->namespaces.at[kind]));
	}
	return 0;
}

const struct step namespaces_join = {
	"join namespaces",
	.run = step_join,
	.when = is_joined,
};

static int join(struct creation *creation, unsigned kind, struct error *err)
{
	int *fd = &creation->namespaces.at[kind];

	if (*fd < 0)
		return 0;
	if (setns(*fd, (int)kind_flag(kind)) < 0)
		return error_errno(err, "linux.namespaces: %s: setns", kind_name(kind));
	close(take(fd));
	return 0;
}

/* Namespaces of the host can be joined only with the caller's privileges, and so before the user
 * namespace. Namespaces that belong to the user namespace can be joined by an ordinary user only
 * after it. */
static int step_join_outside(struct creation *creation, struct error *err)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (kind != NAMESPACE_USER && join(creation, kind, err) < 0 && err->code != EPERM)
			return -err->code;
	if (join(creation, NAMESPACE_USER, err) < 0)
		return -err->code;
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (join(creation, kind, err) < 0)
			return -err->code;
	return 0;
}

const struct step namespaces_join_outside = {
	"join namespaces",
	.run = step_join_outside,
	.planned = PLANNED(namespaces.outside),
};

/*
 * From here on the functions join the namespaces of a running container, as exec does.
 */

static ino_t inode_of(const char *process, unsigned kind, struct error *err)
{
	char path[OWN_PATH_SIZE];
	struct stat status;

	snprintf(path, sizeof path, "/proc/%s/ns/%s", process, namespace_flag_words.at[kind].name);
	if (stat(path, &status) == 0)
		return status.st_ino;
	error_set(err, errno, "%s: %s%s", path, error_describe(errno),
		  errno == EACCES || errno == EPERM
			  ? " (an ordinary user cannot join a container before it is started, nor "
			    "one of somebody else)"
			  : "");
	return 0;
}

int namespaces_differ(pid_t pid, unsigned *kinds, struct error *err)
{
	char process[16];
	unsigned found = 0;

	snprintf(process, sizeof process, "%d", pid);
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		ino_t own, other;

		own = inode_of("self", kind, err);
		/* A kernel that does not know this kind has no two namespaces of it. */
		if (own == 0 && err->code == ENOENT)
			continue;
		other = own ? inode_of(process, kind, err) : 0;
		/* A process loses its namespaces shortly before it ends. */
		if (other == 0 && err->code == ENOENT)
			return error_set(err, ESRCH, "process %d is ending", pid);
		if (other == 0)
			return -err->code;
		found |= (own != other) << kind;
	}
	*kinds = found;
	return 0;
}

static unsigned choose_joins(const struct plan *plan)
{
	unsigned joins = plan->joined->namespaces;

	if (plan->joined->purpose == JOIN_TO_EXECUTE)
		return joins;
	/* Joining a pid namespace concerns only children, and without exec none are born. */
	joins &= ~(1U << NAMESPACE_PID);
	/* namespaces_join_user joins the user namespace first, as a step of its own. */
	if (plan->joined->purpose == JOIN_TO_MOUNT && plan->idmap.by_child)
		joins &= ~(1U << NAMESPACE_USER);
	return joins;
}

int namespaces_plan_joined(struct plan *plan, struct error *err)
{
	if (idmap_plan(plan, err) < 0)
		return -err->code;
	plan->namespaces.joins = choose_joins(plan);
	namespaces_plan_opening(plan);
	return 0;
}

void namespaces_joined_print(const struct plan *plan, FILE *out)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (plan->namespaces.joins & 1U << kind)
			fprintf(out, "\t\t%s namespace\n", kind_name(kind));
}

static const unsigned long requests[NAMESPACE_KINDS] = {
	[NAMESPACE_PID] = PIDFD_GET_PID_NAMESPACE,
	[NAMESPACE_NETWORK] = PIDFD_GET_NET_NAMESPACE,
	[NAMESPACE_MOUNT] = PIDFD_GET_MNT_NAMESPACE,
	[NAMESPACE_IPC] = PIDFD_GET_IPC_NAMESPACE,
	[NAMESPACE_UTS] = PIDFD_GET_UTS_NAMESPACE,
	[NAMESPACE_USER] = PIDFD_GET_USER_NAMESPACE,
	[NAMESPACE_CGROUP] = PIDFD_GET_CGROUP_NAMESPACE,
	[NAMESPACE_TIME] = PIDFD_GET_TIME_NAMESPACE,
};

int namespaces_send(int connection, struct error *err)
{
	_close_ int self = sys_pidfd_open(getpid(), 0);

	if (self < 0)
		return error_errno(err, "pidfd_open");
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		_close_ int fd = ioctl(self, requests[kind], 0);

		/* A kernel that does not know the kind, or the request, gives no descriptor. */
		if (fd >= 0 && sync_send_descriptor(connection, fd, err) < 0)
			return -err->code;
	}
	return 0;
}

static void keep(int *fd, int *at)
{
	int flag = ioctl(*fd, NS_GET_NSTYPE);

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if ((uint64_t)flag == kind_flag(kind) && at[kind] < 0)
			at[kind] = take(fd);
}

int namespaces_receive(int connection, int init, const int *cancel, int *at, struct error *err)
{
	for (;;) {
		_close_ int fd = -1;
		int word = sync_await(connection, init, cancel, -1, err);

		if (word == 0)
			word = sync_receive(connection, init, &fd, err);

		if (word == SYNC_CLOSED)
			return at[NAMESPACE_MOUNT] < 0
				       ? error_set(err, ENOTSUP, "init does not tell")
				       : 0;
		if (word < 0)
			return word;
		if (word != SYNC_FD || fd < 0)
			return error_set(err, EPROTO, "init sent a malformed message");
		keep(&fd, at);
	}
}

unsigned namespaces_differ_from(const int *at)
{
	unsigned found = 0;

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		found |= (at[kind] >= 0 && !is_own(at[kind], kind)) << kind;
	return found;
}

/* The user namespace is joined first, because the others belong to it. */
static int join_received(struct creation *creation, struct error *err)
{
	unsigned joins = creation->plan->namespaces.joins;

	if (joins & 1U << NAMESPACE_USER && join(creation, NAMESPACE_USER, err) < 0)
		return -err->code;
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (joins & 1U << kind && join(creation, kind, err) < 0)
			return -err->code;
	return 0;
}

static int join_process(struct creation *creation, unsigned joins, struct error *err)
{
	uint64_t flags = 0;

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (joins & 1U << kind)
			flags |= kind_flag(kind);
	return setns(creation->namespaces.process, (int)flags) < 0 ? error_errno(err, "setns") : 0;
}

static int step_join_process(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	int result = creation->namespaces.process < 0
			     ? join_received(creation, err)
			     : join_process(creation, plan->namespaces.joins, err);

	if (result < 0)
		return result;
	if (creation->namespaces.process >= 0)
		close(take(&creation->namespaces.process));
	return plan->idmap.planned ? idmap_become_root(creation, err) : 0;
}

const struct step namespaces_join_named = {
	"join namespaces",
	.run = step_join_process,
	.when = is_named,
};

const struct step namespaces_join_process = {
	"join namespaces",
	.run = step_join_process,
};

static int step_join_user(struct creation *creation, struct error *err)
{
	int result = creation->namespaces.process < 0
			     ? join(creation, NAMESPACE_USER, err)
			     : join_process(creation, 1U << NAMESPACE_USER, err);

	if (result < 0)
		return result;
	if (idmap_become_root(creation, err) < 0)
		return -err->code;
	return unshare(CLONE_NEWNS) < 0 ? error_errno(err, "unshare") : 0;
}

const struct step namespaces_join_user = {
	"join user namespace",
	.run = step_join_user,
	.planned = PLANNED(idmap.by_child),
};

static int open_own(unsigned kind, struct error *err)
{
	char path[OWN_PATH_SIZE];
	int fd;

	own_path(kind, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? error_errno(err, "%s", path) : fd;
}

int namespaces_enter(const struct creation *creation, struct namespaces_handles *own,
		     struct error *err)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		own->at[kind] = -1;
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		if (!(creation->plan->namespaces.entered & 1U << kind))
			continue;
		own->at[kind] = open_own(kind, err);
		if (own->at[kind] < 0)
			return own->at[kind];
		if (setns(creation->namespaces.at[kind], (int)kind_flag(kind)) < 0)
			return error_errno(err, "linux.namespaces: %s: setns", kind_name(kind));
	}
	return 0;
}

int namespaces_return(struct namespaces_handles *own, struct error *err)
{
	int result = 0;

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		_close_ int fd = take(&own->at[kind]);

		if (fd >= 0 && setns(fd, (int)kind_flag(kind)) < 0)
			result = error_errno(err, "setns back to the caller's %s namespace",
					     kind_name(kind));
	}
	return result;
}

static int step_unshare(struct creation *creation, struct error *err)
{
	if (unshare((int)creation->plan->namespaces.unshare_flags) < 0)
		return error_errno(err, "unshare");
	return 0;
}

const struct step namespaces_unshare = {
	"unshare namespaces",
	.run = step_unshare,
	.when = is_unshared_step,
};
