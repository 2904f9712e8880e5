/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Init as a process: how it begins, which session and directory it is in, and the comparison of
 * what the kernel says with the plan, before the container's program takes over (config.md,
 * Process; prctl(2), setsid(2), getcwd(2)).
 *
 * Nothing that the caller of kist happens to be reaches the container: not its signal dispositions,
 * its mask, its umask, its session.
 */
#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "libcontainer/process/process.h"
#include "libcontainer/process/self.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* What the kernel takes for a signal set, and for struct sigaction at most. */
enum { SIGNALS = 64, SIGSET_BYTES = SIGNALS / 8, SIGACTION_BYTES = 64 };

int self_guard(struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_PDEATHSIG)");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_DUMPABLE)");
	return 0;
}

/* The child has it from its parent, who for his part is as before. */
pid_t self_clone(struct clone_args *args, bool guarded)
{
	bool closes = guarded && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
	pid_t pid;
	int code;

	if (closes)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	pid = sys_clone3(args);
	code = errno;
	if (closes && pid != 0)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	errno = code;
	return pid;
}

/* The kernel shows more than that where the last byte is no NUL. */
void self_hide_command_line(const struct container_command_line *line)
{
	if (line->bytes == 0)
		return;
	memset(line->at, 0, line->bytes);
	snprintf(line->at, line->bytes, "kist init");
}

/* A creator that died before the death signal was asked for sends none: its end of the socket
 * tells. */
static int check_creator(int sync, struct error *err)
{
	struct pollfd end = {.fd = sync};

	if (poll(&end, 1, 0) < 0)
		return error_errno(err, "poll");
	if (end.revents)
		return error_set(err, ECANCELED, "the creator has gone");
	return 0;
}

/* Terminals send them to the whole foreground process group, and some callers to their own: they mean
 * kist, which forwards them. */
static const int for_group[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, 0};

static bool is_for_group(int signal)
{
	for (const int *one = for_group; *one; one++)
		if (*one == signal)
			return true;
	return false;
}

/* The system call itself: libc keeps two signals for itself. */
static int set_disposition(int signal, void (*handler)(int), struct error *err)
{
	unsigned char action[SIGACTION_BYTES] = {0};

	/* The first member of the kernel's structure. */
	memcpy(action, &handler, sizeof handler);
	if (syscall(SYS_rt_sigaction, signal, action, NULL, SIGSET_BYTES) < 0)
		return error_errno(err, "rt_sigaction %d", signal);
	return 0;
}

/* What is ignored is not pending any more when it is unblocked. */
static int set_signals(void (*group_handler)(int), struct error *err)
{
	static const unsigned char none[SIGSET_BYTES];

	for (int signal = 1; signal <= SIGNALS; signal++) {
		if (signal == SIGKILL || signal == SIGSTOP)
			continue;
		if (set_disposition(signal, is_for_group(signal) ? group_handler : SIG_DFL, err) <
		    0)
			return -err->code;
	}
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, SIGSET_BYTES) < 0)
		return error_errno(err, "rt_sigprocmask");
	return 0;
}

/* Callers ignore signals or handle them, and execve keeps what is ignored. */
int self_reset_signals(struct error *err)
{
	return set_signals(SIG_DFL, err);
}

static int guard_if_possible(const struct plan *plan, struct error *err)
{
	if (!idmap_exposes_init(plan))
		return self_guard(err);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_PDEATHSIG)");
	return 0;
}

static int step_begin(struct creation *creation, struct error *err)
{
	if (guard_if_possible(creation->plan, err) < 0 || check_creator(creation->sync, err) < 0)
		return -err->code;
	/* Modes of what is made in the root filesystem are meant as they are written. */
	umask(0);
	/* Until it leads a session it is in the caller's process group. */
	return set_signals(SIG_IGN, err);
}

const struct step self_begin = {
	"begin",
	.run = step_begin,
};

const struct step self_begin_inside = {
	"begin",
	.run = step_begin,
	.when = namespaces_joined_outside,
};

static int step_session(struct creation *creation, struct error *err)
{
	(void)creation;
	if (setsid() < 0)
		return error_errno(err, "setsid");
	for (const int *one = for_group; *one; one++)
		if (set_disposition(*one, SIG_DFL, err) < 0)
			return -err->code;
	return 0;
}

const struct step self_session = {
	"session",
	.run = step_session,
};

/* The kernel says "(unreachable)/..." for a directory that is not below the root: the way out of
 * CVE-2024-21626. libc would hide it. */
static int verify_reachable(struct error *err)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof path) < 0)
		return error_errno(err, "getcwd");
	if (path[0] != '/')
		return error_set(err, EPERM, "process.cwd: is outside of the root filesystem");
	return 0;
}

static int enter_cwd(const char *cwd, struct error *err)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int directory = -1;

	if (root < 0)
		return error_errno(err, "/");
	/* Not chdir: it would follow a magic link such as /proc/self/fd/7. */
	directory = path_make_directory(root, cwd, 0755, PATH_LINKS_FOLLOWED, err);
	if (directory < 0)
		return error_wrap(err, "process.cwd");
	if (fchdir(directory) < 0)
		return error_errno(err, "process.cwd: %s", cwd);
	return verify_reachable(err);
}

static bool cwd_made_early(const struct plan *plan)
{
	return plan->config->root->readonly;
}

static int step_make_cwd(struct creation *creation, struct error *err)
{
	int directory =
		path_make_directory(creation->rootfs.tree, creation->plan->config->process->cwd,
				    0755, PATH_LINKS_FOLLOWED, err);

	/* What is wrong with it is found out when it is entered; its user may do more than root. */
	if (directory >= 0)
		close(directory);
	return 0;
}

const struct step self_make_cwd = {
	"working directory",
	.run = step_make_cwd,
	.when = cwd_made_early,
};

static int step_cwd(struct creation *creation, struct error *err)
{
	int result = enter_cwd(creation->plan->config->process->cwd, err);

	/* On a network filesystem root may be less than the container's user. */
	creation->cwd_denied = result == -EACCES;
	return creation->cwd_denied ? 0 : result;
}

static void print_cwd(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\t%s\n", plan->config->process->cwd);
}

const struct step self_cwd = {
	"working directory",
	.run = step_cwd,
	.print = print_cwd,
};

static int step_cwd_again(struct creation *creation, struct error *err)
{
	if (!creation->cwd_denied)
		return 0;
	if (enter_cwd(creation->plan->config->process->cwd, err) < 0)
		return -err->code;
	creation->cwd_denied = false;
	return 0;
}

const struct step self_cwd_again = {
	"working directory again",
	.run = step_cwd_again,
};

/* One number that the kernel gave against the planned one. */
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

/* Only a system call filter that is active already can refuse to answer. */
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

/* The kernel keeps the groups sorted. */
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

/* Sets that are read one capability at a time. */
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
	/* The kernel lets no other be set (capabilities(7)), and those sets have just been seen. */
	return compare_mask("ambient", read_ambient(planned->permitted & planned->inheritable),
			    planned->ambient, err);
}

static int verify_privileges(const struct plan *plan, struct error *err)
{
	int no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	/* Only what is set is a promise; the caller may have had it set before. */
	if (plan->config->process->noNewPrivileges && no_new_privs != 1)
		return error_set(err, EPERM, "noNewPrivileges is not in force");
	if (seccomp_early(plan) && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
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

static int step_verify(struct creation *creation, struct error *err)
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
	if (verify_reachable(err) < 0)
		return -err->code;
	return verify_descriptors(creation, err);
}

const struct step self_verify = {
	"verify",
	.run = step_verify,
};
