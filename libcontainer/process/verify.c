/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/verify.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/process/cwd.h"
#include "libcontainer/process/process.h"
#include "libcontainer/steps.h"

/* Compare a number that the kernel gave with the planned one. */
static int compare(const char *what, unsigned actual, unsigned planned, struct error *err)
{
	if (actual == planned)
		return 0;
	return error_set(err, EPERM, "%s is %u, planned %u", what, actual, planned);
}

static int compare_mask(const char *what, uint64_t actual, uint64_t planned, struct error *err)
{
	if (actual == planned)
		return 0;
	return error_set(err, EPERM, "%s capabilities are %#llx, planned %#llx", what,
			 (unsigned long long)actual, (unsigned long long)planned);
}

/* The error for a system call that must not fail: only a filter that is in force already can refuse
 * it. */
static int error_unanswered(const char *call, struct error *err)
{
	return error_errno(err, "%s (without noNewPrivileges, linux.seccomp must allow it)", call);
}

static int verify_uids(const struct user *user, struct error *err)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) < 0)
		return error_unanswered("getresuid", err);
	if (compare("real uid", real, user->uid, err) < 0 ||
	    compare("effective uid", effective, user->uid, err) < 0)
		return -err->code;
	return compare("saved uid", saved, user->uid, err);
}

static int verify_gids(const struct user *user, struct error *err)
{
	gid_t real, effective, saved;

	if (getresgid(&real, &effective, &saved) < 0)
		return error_unanswered("getresgid", err);
	if (compare("real gid", real, user->gid, err) < 0 ||
	    compare("effective gid", effective, user->gid, err) < 0)
		return -err->code;
	return compare("saved gid", saved, user->gid, err);
}

static int compare_gids(const void *one, const void *other)
{
	gid_t a = *(const gid_t *)one, b = *(const gid_t *)other;

	return (a > b) - (a < b);
}

static bool contains(const gid_t *groups, size_t count, gid_t gid)
{
	return bsearch(&gid, groups, count, sizeof *groups, compare_gids) != NULL;
}

/* The kernel keeps the groups sorted, so they are compared with a sorted list. */
static int verify_groups(const struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	const struct gids *planned = &plan->config->process->user.additionalGids;
	gid_t *groups = plan->process.groups;
	int count = getgroups(0, NULL);

	if (idmap_denied(creation))
		return 0;
	if (count < 0)
		return error_unanswered("getgroups", err);
	if (compare("number of additional groups", (unsigned)count, (unsigned)planned->count, err) <
	    0)
		return -err->code;
	if (count > 0 && getgroups(count, groups) < 0)
		return error_unanswered("getgroups", err);
	for (size_t i = 0; i < planned->count; i++)
		if (!contains(groups, planned->count, planned->at[i]))
			return error_set(err, EPERM, "additional group %u is missing",
					 planned->at[i]);
	return 0;
}

static int verify_sets(const struct capability_masks *planned, struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (capget(&header, data) < 0)
		return error_unanswered("capget", err);
	if (compare_mask("effective", data[0].effective | (uint64_t)data[1].effective << 32,
			 planned->effective, err) < 0 ||
	    compare_mask("permitted", data[0].permitted | (uint64_t)data[1].permitted << 32,
			 planned->permitted, err) < 0)
		return -err->code;
	return compare_mask("inheritable",
			    data[0].inheritable | (uint64_t)data[1].inheritable << 32,
			    planned->inheritable, err);
}

/* The kernel tells the bounding and the ambient set one capability at a time. */
static uint64_t read_bounding(uint64_t known)
{
	uint64_t mask = 0;

	for (int capability = 0; capability < 64; capability++)
		if ((known & 1ULL << capability) && prctl(PR_CAPBSET_READ, capability, 0, 0, 0))
			mask |= 1ULL << capability;
	return mask;
}

static uint64_t read_ambient(uint64_t possible)
{
	uint64_t mask = 0;

	for (int capability = 0; capability < 64; capability++)
		if ((possible & 1ULL << capability) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0))
			mask |= 1ULL << capability;
	return mask;
}

static int verify_capabilities(const struct plan *plan, struct error *err)
{
	const struct capability_masks *planned = &plan->process.capabilities;
	uint64_t known = plan->host->known_capabilities;

	if (verify_sets(planned, err) < 0)
		return -err->code;
	if (compare_mask("bounding", read_bounding(known), planned->bounding, err) < 0)
		return -err->code;
	/* Only capabilities that are permitted and inheritable can be ambient (capabilities(7)),
	 * and those two sets were just compared; so no others are read. */
	return compare_mask("ambient", read_ambient(planned->permitted & planned->inheritable),
			    planned->ambient, err);
}

static int verify_privileges(const struct plan *plan, struct error *err)
{
	int no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	/* noNewPrivileges is compared only if it is asked for: the caller may have set it
	 * before. */
	if (plan->config->process->noNewPrivileges && no_new_privs != 1)
		return error_set(err, EPERM, "noNewPrivileges is not in force");
	if (plan->seccomp.early && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		return error_set(err, EPERM, "linux.seccomp is not in force");
	return 0;
}

static int verify_umask(const struct plan *plan, struct error *err)
{
	mode_t actual = umask(0);

	umask(actual);
	if (actual == credentials_umask(plan))
		return 0;
	return error_set(err, EPERM, "umask is %03o, planned %03o", actual,
			 credentials_umask(plan));
}

static bool may_be_open(const struct creation *creation, int descriptor)
{
	return descriptor < 3 + (int)creation->plan->options->preserve_fds ||
	       descriptor == creation->sync || descriptor == creation->start ||
	       descriptor == creation->notify || descriptor == descriptors_log();
}

/* One poll(2) tells for many descriptors at once whether they are open. */
static int verify_descriptors(const struct creation *creation, struct error *err)
{
	struct pollfd probes[256];
	struct rlimit limit;
	nfds_t count = sizeof probes / sizeof *probes;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < count)
		count = limit.rlim_cur;
	for (nfds_t i = 0; i < count; i++)
		probes[i] = (struct pollfd){.fd = (int)i};
	if (poll(probes, count, 0) < 0)
		return error_unanswered("poll", err);
	for (nfds_t i = 0; i < count; i++)
		if (!(probes[i].revents & POLLNVAL) && !may_be_open(creation, (int)i))
			return error_set(err, EPERM, "descriptor %d is open", (int)i);
	return 0;
}

static int step_compare(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	const struct user *user = &plan->config->process->user;

	if (verify_uids(user, err) < 0 || verify_gids(user, err) < 0 ||
	    verify_groups(creation, err) < 0)
		return -err->code;
	if (verify_capabilities(plan, err) < 0 || verify_privileges(plan, err) < 0 ||
	    verify_umask(plan, err) < 0)
		return -err->code;
	if (creation->cwd_denied)
		return error_set(err, EACCES, "process.cwd was not entered");
	if (cwd_verify(err) < 0)
		return -err->code;
	return verify_descriptors(creation, err);
}

const struct step verify_compare = {
	"verify",
	.run = step_compare,
};
