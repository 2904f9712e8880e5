/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading the filter into the kernel: whether, when and how (seccomp(2)).
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/seccomp/simulate.h"
#include "libcontainer/seccomp/thread.h"
#include "libcontainer/steps.h"
#include "spec/check.h"

/* The name of the file in the container's directory that keeps the program. */
#define KEPT "seccomp"

/* Nothing more is known about the profile's flags than that each is a word for which the kernel has
 * a bit. */
static unsigned flag_bits(const struct strings *flags)
{
	unsigned bits = 0;

	for (size_t i = 0; i < flags->count; i++) {
		uint64_t bit;

		if (words_find(&seccomp_flag_words, flags->at[i], &bit))
			bits |= (unsigned)bit;
	}
	return bits;
}

/* No compiler is trusted blindly: the very program that will be loaded is tried out first. */
static int make_program(struct plan *plan, struct error *err)
{
	const struct seccomp *profile = plan->config->linux->seccomp;
	struct sock_fprog *program = &plan->seccomp.program;
	struct seccomp_calls calls;

	if (seccomp_resolve(profile, plan->arena, &calls, &plan->warnings, err) < 0)
		return -err->code;
	if (seccomp_compile(profile, &calls, plan->arena, program, err) < 0)
		return -err->code;
	return seccomp_check(profile, &calls, program, err);
}

/* A process that joins a container gets the program that create has made for it. */
static int plan_program(struct plan *plan, struct error *err)
{
	const struct joined *joined = plan->joined;

	if (!joined || joined->filter.len == 0)
		return make_program(plan, err);
	plan->seccomp.program = joined->filter;
	return 0;
}

/* Whether init may still load a filter when it has only the privileges that it keeps in the end. */
static bool may_load(const struct plan *plan)
{
	return plan->config->process->noNewPrivileges ||
	       (plan->process.capabilities.effective & 1ULL << CAP_SYS_ADMIN);
}

/* Whether init's policy rules out a second thread. On one processor a thread in real time would
 * keep the other from running, and the kernel makes none in the class of SCHED_DEADLINE. */
static bool in_real_time(const struct scheduler *scheduler)
{
	return scheduler && (scheduler->policy == SCHED_FIFO || scheduler->policy == SCHED_RR ||
			     scheduler->policy == SCHED_DEADLINE);
}

static bool may_have_thread(const struct plan *plan)
{
	const struct resources *resources = plan->config->linux->resources;
	const struct pids *pids = resources ? resources->pids : NULL;

	return !in_real_time(plan->config->process->scheduler) &&
	       !(pids && pids->limit && *pids->limit == 1);
}

/* Whether another process may trace the thread, and so has the capability that the thread keeps,
 * until the container is started. Hooks of the image with CAP_SYS_PTRACE may, and others in a pid
 * namespace that is shared. */
static bool may_be_traced(const struct plan *plan)
{
	return plan->process.capabilities.bounding & 1ULL << CAP_SYS_PTRACE ||
	       !(plan->joined || plan->namespaces.clone_flags & CLONE_NEWPID);
}

/*
 * The filter is loaded by the last call before execve, so that a profile need allow nothing on
 * kist's behalf. Init makes this call where it may; else a thread does, which then has the filter,
 * too, and could not send a listener. Where neither can, the filter goes in early.
 */
static int plan_loading(struct plan *plan, struct error *err)
{
	const struct seccomp *profile = plan->config->linux->seccomp;
	struct seccomp_plan *seccomp = &plan->seccomp;

	seccomp->notifies = seccomp_notifies(profile);
	if (seccomp->notifies && !may_have_thread(plan))
		return error_set(
			err, EINVAL,
			"SCMP_ACT_NOTIFY: takes a second thread of init, which a real-time "
			"process.scheduler and a linux.resources.pids.limit of 1 exclude");
	seccomp->late = may_load(plan);
	if (seccomp->late)
		return 0;
	seccomp->by_thread = !seccomp->notifies && may_have_thread(plan) && !may_be_traced(plan);
	seccomp->early = !seccomp->by_thread;
	seccomp->late = seccomp->by_thread;
	if (seccomp->early && profile->defaultAction == SECCOMP_RET_USER_NOTIF)
		return error_set(err, EINVAL,
				 "defaultAction: without process.noNewPrivileges, SCMP_ACT_NOTIFY "
				 "would have the agent answer calls of kist's own");
	return 0;
}

static unsigned plan_flags(const struct plan *plan)
{
	unsigned flags = flag_bits(&plan->config->linux->seccomp->flags);

	/* The thread that sends the listener must not have the filter. */
	if (plan->seccomp.notifies)
		return (flags | SECCOMP_FILTER_FLAG_NEW_LISTENER) &
		       ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC;
	/* The kernel refuses this flag without a listener. */
	return flags & ~(unsigned)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
}

int seccomp_plan(struct plan *plan, struct error *err)
{
	const struct seccomp *profile = plan->config->linux->seccomp;

	if (!profile)
		return 0;
	if (plan_program(plan, err) < 0 || plan_loading(plan, err) < 0)
		return error_wrap(err, "linux.seccomp");
	plan->seccomp.flags = plan_flags(plan);
	if (!plan->seccomp.notifies)
		return 0;
	return io_check_socket(profile->listenerPath, "linux.seccomp.listenerPath", err);
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct seccomp *profile = plan->config->linux->seccomp;

	fprintf(out, "\t\tdefault action %s, %zu rules, %u instructions\n",
		words_name(&seccomp_action_words, profile->defaultAction), profile->syscalls.count,
		plan->seccomp.program.len);
	for (size_t i = 0; i < profile->flags.count; i++)
		fprintf(out, "\t\t%s\n", profile->flags.at[i]);
	if (plan->seccomp.by_thread)
		fputs("\t\tby a thread that keeps CAP_SYS_ADMIN\n", out);
	if (plan->seccomp.notifies)
		fprintf(out, "\t\tagent %s\n", profile->listenerPath);
}

static bool is_planned(const struct plan *plan)
{
	return plan->seccomp.program.len > 0;
}

/*
 * Keeping the program
 */

static int step_keep(struct creation *creation, struct error *err)
{
	const struct sock_fprog *program = &creation->plan->seccomp.program;

	return io_create_file(creation->record.directory, KEPT, 0600, program->filter,
			      program->len * sizeof *program->filter, err);
}

const struct step seccomp_keep = {
	"seccomp program",
	.run = step_keep,
	.when = is_planned,
};

int seccomp_read_joined(const struct plan *plan, struct joined *joined, struct error *err)
{
	/* There is room for one instruction more than is allowed, to see that the file is too
	 * long. */
	const size_t room = (BPF_MAXINSNS + 1) * sizeof(struct sock_filter);
	struct sock_filter *filter = arena_alloc(plan->arena, room);
	ssize_t size = io_read_file(joined->record->directory, KEPT, (char *)filter, room, err);

	if (size == -ENOENT)
		return 0;
	if (size < 0)
		return -err->code;
	if (size == 0 || size % sizeof *filter || size / sizeof *filter > BPF_MAXINSNS)
		return error_set(err, EINVAL, "%s: is not a filter", KEPT);
	joined->filter = (struct sock_fprog){(unsigned short)(size / sizeof *filter), filter};
	return 0;
}

/*
 * Loading
 */

static int step_thread(struct creation *creation, struct error *err)
{
	const struct seccomp_plan *plan = &creation->plan->seccomp;

	creation->seccomp_thread = seccomp_thread_begin_load(&plan->program, plan->flags, err);
	return creation->seccomp_thread ? 0 : -err->code;
}

const struct step seccomp_thread = {
	"seccomp thread",
	.run = step_thread,
	.planned = PLANNED(seccomp.by_thread),
};

/* Set the error for a filter that was not loaded.
 * @answer: of seccomp(2): -errno, or with TSYNC the thread that stands in the way */
static int error_not_loaded(const struct seccomp_plan *plan, long answer, struct error *err)
{
	int code = (int)-answer;

	if (answer > 0)
		return error_set(err, EBUSY, "thread %ld has another filter", answer);
	if (code == EACCES)
		return error_set(
			err, EACCES,
			"loading a filter without process.noNewPrivileges needs CAP_SYS_ADMIN");
	if (code == EBUSY)
		return error_set(err, EBUSY,
				 "SCMP_ACT_NOTIFY: kist itself has a filter with a listener");
	if (code == EINVAL && plan->flags)
		return error_set(err, EINVAL,
				 "linux.seccomp.flags: this kernel does not know them all (%#x)",
				 plan->flags);
	return error_set(err, code, "seccomp(2): %s", error_describe(code));
}

static long load(const struct seccomp_plan *plan)
{
	long answer = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, plan->flags, &plan->program);

	return answer < 0 ? -errno : answer;
}

static int load_and_send(const struct creation *creation, struct error *err)
{
	const struct seccomp_plan *plan = &creation->plan->seccomp;
	struct seccomp_thread *thread = seccomp_thread_begin_send(creation->sync, err);
	long listener;

	if (!thread)
		return -err->code;
	listener = load(plan);
	seccomp_thread_send(thread, (int)listener);
	return listener < 0 ? error_not_loaded(plan, listener, err) : 0;
}

static int step_load(struct creation *creation, struct error *err)
{
	const struct seccomp_plan *plan = &creation->plan->seccomp;
	long answer;

	if (plan->notifies)
		return load_and_send(creation, err);
	answer = plan->by_thread ? seccomp_thread_load(creation->seccomp_thread) : load(plan);
	return answer == 0 ? 0 : error_not_loaded(plan, answer, err);
}

const struct step seccomp_load_early = {
	"seccomp",
	.run = step_load,
	.planned = PLANNED(seccomp.early),
	.print = print_step,
};

const struct step seccomp_load_late = {
	"seccomp",
	.run = step_load,
	.planned = PLANNED(seccomp.late),
	.print = print_step,
};
