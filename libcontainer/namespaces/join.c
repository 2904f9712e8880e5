/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>

#include "libcontainer/compat.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The kernel's flag of a kind; the rows of both tables are in the order of enum namespace_kind. */
static uint64_t kind_flag(unsigned kind)
{
	return namespace_flag_words.at[kind].value;
}

static const char *kind_name(unsigned kind)
{
	return words_name(&namespace_words, kind);
}

int namespaces_plan(struct plan *plan, struct error *err)
{
	const struct namespace_entry *at = plan->config->linux->namespaces.at;
	struct namespaces_plan *planned = &plan->namespaces;

	if (!at[NAMESPACE_MOUNT].present || at[NAMESPACE_MOUNT].path)
		return error_set(err, ENOTSUP,
				 "linux.namespaces: a new namespace of type \"mount\" is needed; a "
				 "container in the mount namespace of the host or of another one is not "
				 "supported yet");
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		if (!at[kind].present)
			continue;
		if (at[kind].path)
			planned->joins |= 1U << kind;
		else if (kind == NAMESPACE_CGROUP)
			planned->unshare_flags |= kind_flag(kind);
		else
			planned->clone_flags |= kind_flag(kind);
	}
	return 0;
}

void namespaces_print(const struct plan *plan, FILE *out)
{
	const struct namespace_entry *at = plan->config->linux->namespaces.at;

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (at[kind].present)
			fprintf(out, "\t\t%s namespace: %s\n", kind_name(kind),
				at[kind].path ? at[kind].path : "new");
}

bool namespaces_joined(const struct plan *plan)
{
	return plan->namespaces.joins != 0;
}

bool namespaces_unshared(const struct plan *plan)
{
	return plan->namespaces.unshare_flags != 0;
}

/* The name of the kind that the kernel's flag stands for. */
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
	/* Anything may be there: a fifo must not block, a device must not be set off. */
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
				 "linux.namespaces: %s: %s is a namespace of type \"%s\"", kind_name(kind),
				 path, flag_name(flag));
	return take(&fd);
}

int namespaces_step_open(struct creation *creation, struct error *err)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		int fd;

		if (!(creation->plan->namespaces.joins & 1U << kind))
			continue;
		fd = namespaces_open(creation->plan, kind, err);
		if (fd < 0)
			return fd;
		creation->namespaces.at[kind] = fd;
	}
	return 0;
}

int namespaces_step_join(struct creation *creation, struct error *err)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		int fd = creation->namespaces.at[kind];

		/* The host side entered the pid namespace before it made init. */
		if (fd < 0 || kind == NAMESPACE_PID)
			continue;
		if (setns(fd, (int)kind_flag(kind)) < 0)
			return error_errno(err, "%s: setns", kind_name(kind));
	}
	return 0;
}

int namespaces_step_unshare(struct creation *creation, struct error *err)
{
	if (unshare((int)creation->plan->namespaces.unshare_flags) < 0)
		return error_errno(err, "unshare");
	return 0;
}
