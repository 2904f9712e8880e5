/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which descriptors the container gets: stdio and what --preserve-fds names, nothing else
 * (close_range(2); CVE-2024-21626 was one that stayed open).
 *
 * Every descriptor of kist's own is close-on-exec from birth, and the other descriptors that the
 * caller leaked were made so when kist began. Therefore a descriptor in the preserved range that is
 * not close-on-exec is the caller's.
 */
#include <errno.h>
#include <limits.h>

#include "libcontainer/compat.h"
#include "libcontainer/log.h"
#include "libcontainer/process/process.h"
#include "libcontainer/steps.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { FIRST_PRESERVED = STDERR_FILENO + 1 };

static bool is_preserved(const struct plan *plan)
{
	return plan->options->preserve_fds > 0;
}

static unsigned first_to_close(const struct plan *plan)
{
	return FIRST_PRESERVED + plan->options->preserve_fds;
}

static bool is_callers(unsigned descriptor)
{
	int flags = descriptor > INT_MAX ? -1 : fcntl((int)descriptor, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

static int step_check(struct creation *creation, struct error *err)
{
	const struct container_options *options = creation->plan->options;

	for (unsigned i = 0; i < options->preserve_fds; i++)
		if (!is_callers(FIRST_PRESERVED + i))
			return error_set(err, EBADF, "%s: descriptor %u is not open",
					 i < options->listen_fds ? "LISTEN_FDS" : "--preserve-fds",
					 FIRST_PRESERVED + i);
	return 0;
}

const struct step descriptors_check = {
	"preserved descriptors",
	.run = step_check,
	.when = is_preserved,
};

/* The log stays open for debugging, which measures the steps that are left; nothing else is logged
 * from here on. */
int descriptors_log(void)
{
	return log_wants(CONTAINER_LOG_DEBUG) ? log_descriptor() : -1;
}

/* The lowest kept descriptor that is not below from; UINT_MAX when there is none. */
static unsigned next_kept(const int *kept, size_t count, unsigned from)
{
	unsigned lowest = UINT_MAX;

	for (size_t i = 0; i < count; i++)
		if (kept[i] >= 0 && (unsigned)kept[i] >= from && (unsigned)kept[i] < lowest)
			lowest = (unsigned)kept[i];
	return lowest;
}

/* Close every descriptor from a number on, except the kept ones. */
static int close_around(unsigned from, const int *kept, size_t count, struct error *err)
{
	for (;;) {
		unsigned next = next_kept(kept, count, from);
		unsigned last = next == UINT_MAX ? UINT_MAX : next - 1;

		if (next > from && close_range(from, last, 0) < 0)
			return error_errno(err, "close_range %u", from);
		if (next == UINT_MAX)
			return 0;
		from = next + 1;
	}
}

int descriptors_close_but(const int *kept, size_t count, struct error *err)
{
	return close_around(0, kept, count, err);
}

static int step_close(struct creation *creation, struct error *err)
{
	const int kept[] = {creation->sync, creation->start, creation->notify, descriptors_log()};
	int *const gone[] = {&creation->init,
			     &creation->console.leader,
			     &creation->console.socket,
			     &creation->pidfd_socket,
			     &creation->procfs,
			     &creation->rootfs.tree,
			     &creation->cgroup.directory};

	if (close_around(first_to_close(creation->plan), kept, COUNT(kept), err) < 0)
		return -err->code;
	for (size_t i = 0; i < COUNT(gone); i++)
		*gone[i] = -1;
	return 0;
}

const struct step descriptors_close = {
	"descriptors",
	.run = step_close,
};

static int step_let_go(struct creation *creation, struct error *err)
{
	log_end();
	return step_close(creation, err);
}

const struct step descriptors_let_go = {
	"descriptors",
	.run = step_let_go,
};

static int step_keep_sources(struct creation *creation, struct error *err)
{
	const struct rootfs_handles *rootfs = &creation->rootfs;
	const struct namespaces_handles *namespaces = &creation->namespaces;
	const int own[] = {creation->sync, creation->procfs, namespaces->process, log_descriptor()};
	const struct {
		const int *at;
		size_t count;
	} lists[] = {{own, COUNT(own)},
		     {namespaces->at, NAMESPACE_KINDS},
		     {rootfs->sources, rootfs->count},
		     {rootfs->mappings, rootfs->mapping_count}};
	size_t room = COUNT(own) + NAMESPACE_KINDS + rootfs->count + rootfs->mapping_count;
	int *kept = arena_array(creation->plan->arena, room, sizeof *kept);
	size_t count = 0;

	for (size_t i = 0; i < COUNT(lists); i++)
		for (size_t j = 0; j < lists[i].count; j++)
			kept[count++] = lists[i].at[j];
	return descriptors_close_but(kept, count, err);
}

const struct step descriptors_keep_sources = {
	"let go",
	.run = step_keep_sources,
};
