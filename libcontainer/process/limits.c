/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resource limits and the OOM score (config.md, POSIX process and Linux Process; getrlimit(2),
 * proc_pid_oom_score_adj(5)).
 *
 * The host side sets the limits from outside, and late, so that kist itself never runs under them.
 * To set them for another user's process the kernel demands CAP_SYS_RESOURCE; without it init
 * lowers its own limits, which nobody could raise again.
 *
 * One limit is raised for kist's own sake: each source of a mount is a descriptor, and there may be
 * more of them than the caller's soft limit allows. Every program that kist executes has the
 * caller's limit again.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/process/process.h"
#include "libcontainer/procfs.h"
#include "libcontainer/rootfs/entry.h"
#include "libcontainer/steps.h"

/* proc_pid_oom_score_adj(5) */
enum { OOM_SCORE_MAX = 1000 };

static int check_oom(const int32_t *score, struct error *err)
{
	if (score && (*score < -OOM_SCORE_MAX || *score > OOM_SCORE_MAX))
		return error_set(err, EINVAL, "process.oomScoreAdj: %d is not within -%d and %d",
				 *score, OOM_SCORE_MAX, OOM_SCORE_MAX);
	return 0;
}

static bool has_oom_score(const struct plan *plan)
{
	return plan->config->process->oomScoreAdj != NULL;
}

static bool oom_by_init(const struct plan *plan)
{
	return has_oom_score(plan) && !plan->idmap.planned;
}

/* The configuration was checked before: the types of limits are known, and no soft limit is above
 * its hard one. */
int limits_plan(struct plan *plan, struct error *err)
{
	if (plan->joined ? has_oom_score(plan) : oom_by_init(plan))
		plan->writes_procfs = true;
	return check_oom(plan->config->process->oomScoreAdj, err);
}

/* How many descriptors the caller and kist may have open besides the sources. */
enum { DESCRIPTORS_SPARE = 256 };

static uint64_t descriptors_needed(const struct config *config)
{
	uint64_t needed = DESCRIPTORS_SPARE + config->linux->devices.count;

	for (size_t i = 0; i < config->mounts.count; i++) {
		/* A shared mount takes two descriptors for each mount below it that the host is to
		 * see, and their number is not known here. */
		if (entry_propagation(&config->mounts.at[i]) & MS_SHARED)
			return UINT64_MAX;
		needed += 1 + (config->mounts.at[i].uidMappings.count > 0);
	}
	return needed;
}

bool limits_raised(const struct plan *plan)
{
	const struct rlimit *limit = &plan->host->descriptors;

	return limit->rlim_cur < limit->rlim_max &&
	       descriptors_needed(plan->config) > limit->rlim_cur;
}

static int set_descriptors(const struct rlimit *limit, struct error *err)
{
	return setrlimit(RLIMIT_NOFILE, limit) < 0 ? error_errno(err, "setrlimit") : 0;
}

static int step_raise(struct creation *creation, struct error *err)
{
	rlim_t most = creation->plan->host->descriptors.rlim_max;

	return set_descriptors(&(struct rlimit){most, most}, err);
}

static int step_restore(struct creation *creation, struct error *err)
{
	return set_descriptors(&creation->plan->host->descriptors, err);
}

const struct step limits_restore = {
	"descriptor limit",
	.run = step_restore,
	.when = limits_raised,
};

static const char *limit_hint(int code)
{
	return code == EPERM ? " (raising a hard limit needs CAP_SYS_RESOURCE)" : "";
}

static int set_limit(pid_t pid, const struct rlimit_entry *entry, struct error *err)
{
	struct rlimit limit = {.rlim_cur = entry->soft, .rlim_max = entry->hard};

	if (prlimit(pid, (int)entry->type, &limit, NULL) < 0)
		return error_set(err, errno, "%s: soft %" PRIu64 ", hard %" PRIu64 ": %s%s",
				 words_name(&rlimit_words, entry->type), entry->soft, entry->hard,
				 error_describe(errno), limit_hint(errno));
	return 0;
}

/* Set limits. @pid: 0: this process */
static int set_limits(pid_t pid, const struct rlimits *limits, struct error *err)
{
	for (size_t i = 0; i < limits->count; i++)
		if (set_limit(pid, &limits->at[i], err) < 0)
			return error_wrap(err, "process.rlimits[%zu]", i);
	return 0;
}

static int step_set(struct creation *creation, struct error *err)
{
	return set_limits(creation->record.pid, &creation->plan->config->process->rlimits, err);
}

static int step_lower(struct creation *creation, struct error *err)
{
	return set_limits(0, &creation->plan->config->process->rlimits, err);
}

enum { SCORE_BYTES = 16 };

static void format_score(const struct plan *plan, char text[static SCORE_BYTES])
{
	snprintf(text, SCORE_BYTES, "%d", *plan->config->process->oomScoreAdj);
}

static int explain_oom(const char *text, struct error *err)
{
	if (err->code == EACCES || err->code == EPERM)
		return error_set(err, err->code,
				 "process.oomScoreAdj: %s: %s (lowering it needs CAP_SYS_RESOURCE)",
				 text, error_describe(err->code));
	return error_wrap(err, "process.oomScoreAdj");
}

static int step_oom(struct creation *creation, struct error *err)
{
	char text[SCORE_BYTES];

	format_score(creation->plan, text);
	if (procfs_write(creation->procfs, "self/oom_score_adj", text, err) == 0)
		return 0;
	return explain_oom(text, err);
}

static int write_host_score(const struct plan *plan, const char *path, struct error *err)
{
	char text[SCORE_BYTES];

	format_score(plan, text);
	return io_write_file(AT_FDCWD, path, text, err) < 0 ? explain_oom(text, err) : 0;
}

static int step_oom_init(struct creation *creation, struct error *err)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", creation->record.pid);
	return write_host_score(creation->plan, path, err);
}

static int step_oom_early(struct creation *creation, struct error *err)
{
	return write_host_score(creation->plan, "/proc/self/oom_score_adj", err);
}

/* prlimit(2) wants the same user and group, or the capability. */
static bool host_side_may(const struct plan *plan)
{
	const struct user *user = &plan->config->process->user;
	const struct host *host = plan->host;

	return (host->capabilities & 1ULL << CAP_SYS_RESOURCE) ||
	       (user->uid == host->uid && user->gid == host->gid);
}

static bool is_planned(const struct plan *plan)
{
	return plan->config->process->rlimits.count > 0 && host_side_may(plan);
}

static bool lowered_by_init(const struct plan *plan)
{
	return plan->config->process->rlimits.count > 0 && !host_side_may(plan);
}

/* Only the real root may write the score of a process that guards itself, and root of a user
 * namespace is not the real root. So the host side writes it. */
static bool oom_by_host(const struct plan *plan)
{
	return has_oom_score(plan) && plan->idmap.planned && idmap_reaches_guarded(plan->host);
}

static bool oom_early(const struct plan *plan)
{
	return has_oom_score(plan) && plan->idmap.planned && !idmap_reaches_guarded(plan->host);
}

static void print_raise(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\tRLIMIT_NOFILE soft %ju, for kist alone\n",
		(uintmax_t)plan->host->descriptors.rlim_max);
}

/* Restore the caller's limit, since an embedded kist is the caller's process. */
static void finish(struct creation *creation)
{
	struct error ignored;

	step_restore(creation, &ignored);
}

const struct step limits_raise = {
	"descriptor limit",   .run = step_raise, .when = limits_raised,
	.print = print_raise, .finish = finish,
};

static void print_value(uint64_t value, FILE *out)
{
	if (value == RLIM_INFINITY)
		fputs("unlimited", out);
	else
		fprintf(out, "%" PRIu64, value);
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct rlimits *limits = &plan->config->process->rlimits;

	for (size_t i = 0; i < limits->count; i++) {
		fprintf(out, "\t\t%s soft ", words_name(&rlimit_words, limits->at[i].type));
		print_value(limits->at[i].soft, out);
		fputs(" hard ", out);
		print_value(limits->at[i].hard, out);
		fputc('\n', out);
	}
}

const struct step limits_set = {
	"rlimits",
	.run = step_set,
	.when = is_planned,
	.print = print_step,
};

const struct step limits_lower = {
	"rlimits",
	.run = step_lower,
	.when = lowered_by_init,
	.print = print_step,
};

static void print_oom(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\t%d\n", *plan->config->process->oomScoreAdj);
}

const struct step limits_oom_init = {
	"oom score",
	.run = step_oom_init,
	.when = oom_by_host,
	.print = print_oom,
};

const struct step limits_oom_early = {
	"oom score",
	.run = step_oom_early,
	.when = oom_early,
	.print = print_oom,
};

const struct step limits_oom = {
	"oom score",
	.run = step_oom,
	.when = oom_by_init,
	.print = print_oom,
};

const struct step limits_oom_joined = {
	"oom score",
	.run = step_oom,
	.when = has_oom_score,
	.print = print_oom,
};
