/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For a change that makes other processes wait the kernel wants CAP_SYS_NICE, in the initial user
 * namespace. So init makes the change for itself while it still has the caller's privileges. In a
 * user namespace of its own init never has them, and the host side makes the change from outside.
 */
#include "libcontainer/process/scheduling.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <string.h>
#include <sys/resource.h>

#include "libcontainer/compat.h"
#include "libcontainer/steps.h"

#define POLICY(policy) (1u << (policy))
#define ANY_POLICY (~0u)

/* What an errno means to the user; the first row that fits counts. */
static const struct hint {
	int code;
	unsigned policies;
	const char *text;
} hints[] = {
	{EPERM, POLICY(SCHED_FIFO) | POLICY(SCHED_RR),
	 " (needs CAP_SYS_NICE, and in a cgroup of v1 linux.resources.cpu.realtimeRuntime)"},
	{EPERM, POLICY(SCHED_DEADLINE), " (needs CAP_SYS_NICE, and every CPU of the host)"},
	{EPERM, ANY_POLICY, " (needs CAP_SYS_NICE)"},
	{EBUSY, POLICY(SCHED_DEADLINE), " (the CPUs have been promised to others)"},
	{EINVAL, POLICY(SCHED_DEADLINE),
	 " (the period is not between the sysctls kernel.sched_deadline_period_min_us and "
	 "..._max_us)"},
	{EINVAL, ANY_POLICY, " (this kernel does not have it)"},
	{EOPNOTSUPP, ANY_POLICY, " (this kernel has no utilization clamping)"},
};

static const char *hint(int code, uint64_t policy)
{
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].code == code && (hints[i].policies & POLICY(policy)))
			return hints[i].text;
	return "";
}

/* The configuration has flags for bounds of utilization, but no bounds. -1 is the kernel's number
 * for its default; 0 would slow the container down to a crawl. */
static struct sched_attributes attributes(const struct scheduler *scheduler)
{
	return (struct sched_attributes){
		.size = sizeof(struct sched_attributes),
		.policy = (uint32_t)scheduler->policy,
		.flags = scheduler->flags,
		.nice = scheduler->nice,
		.priority = (uint32_t)scheduler->priority,
		.runtime = scheduler->runtime,
		.deadline = scheduler->deadline,
		.period = scheduler->period,
		.util_min = UINT32_MAX,
		.util_max = UINT32_MAX,
	};
}

static int set_scheduler(pid_t pid, const struct scheduler *scheduler, struct error *err)
{
	struct sched_attributes attr = attributes(scheduler);

	/* sched_setattr(2) ignores the nice value where the policy has no use for it, but children
	 * may have a use for it. */
	if (!(scheduler->flags & SCHED_FLAG_KEEP_PARAMS) &&
	    setpriority(PRIO_PROCESS, (id_t)pid, scheduler->nice) < 0)
		return error_set(err, errno, "process.scheduler.nice: %d: %s (needs CAP_SYS_NICE)",
				 scheduler->nice, error_describe(errno));
	if (sys_sched_setattr(pid, &attr) < 0)
		return error_set(err, errno, "process.scheduler: %s: %s%s",
				 words_name(&scheduler_policy_words, scheduler->policy),
				 error_describe(errno), hint(errno, scheduler->policy));
	return 0;
}

/* The specification says that the whole process group gets the priority. The group has one process
 * yet, and later ones inherit the priority. */
static int set_io_priority(pid_t pid, const struct io_priority *priority, struct error *err)
{
	int value = IOPRIO_PRIO_VALUE((int)priority->class, priority->priority);

	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, value) < 0)
		return error_set(err, errno, "process.ioPriority: %s %d: %s%s",
				 words_name(&io_class_words, priority->class), priority->priority,
				 error_describe(errno),
				 errno == EPERM ? " (needs CAP_SYS_NICE)" : "");
	return 0;
}

/* Set everything for a process. @pid: 0: the caller. It is the caller whom the kernel asks for
 * privileges. */
static int set_all(pid_t pid, const struct process *process, struct error *err)
{
	if (process->scheduler && set_scheduler(pid, process->scheduler, err) < 0)
		return -err->code;
	if (process->ioPriority && set_io_priority(pid, process->ioPriority, err) < 0)
		return -err->code;
	return 0;
}

static int set_affinity(const struct bitmap *cpus)
{
	return (int)syscall(SYS_sched_setaffinity, 0, sizeof *cpus, cpus);
}

/* The kernel cuts the set of all CPUs to those that the cgroup allows and that exist. */
int scheduling_affinity_reset(struct error *err)
{
	struct bitmap all;

	memset(&all, 0xff, sizeof all);
	/* On a kernel without this system call nobody has restricted the CPUs. */
	if (set_affinity(&all) < 0 && errno != ENOSYS)
		return error_errno(err, "sched_setaffinity");
	return 0;
}

static int set_cpus(const struct bitmap_list *cpus, const char *property, struct error *err)
{
	if (set_affinity(&cpus->numbers) == 0)
		return 0;
	return error_set(err, errno, "process.execCPUAffinity.%s: %s: %s%s", property, cpus->text,
			 error_describe(errno),
			 errno == EINVAL ? " (none of these CPUs is there, and the cgroup's)" : "");
}

static const struct bitmap_list *initial_cpus(const struct plan *plan)
{
	const struct exec_cpu_affinity *affinity = plan->config->process->execCPUAffinity;

	return affinity && affinity->initial.text ? &affinity->initial : NULL;
}

static const struct bitmap_list *final_cpus(const struct plan *plan)
{
	const struct exec_cpu_affinity *affinity = plan->config->process->execCPUAffinity;

	return plan->joined && affinity && affinity->final.text ? &affinity->final : NULL;
}

int scheduling_affinity_enter(const struct plan *plan, struct bitmap *own, struct error *err)
{
	const struct bitmap_list *cpus = initial_cpus(plan);

	if (!cpus)
		return 0;
	memset(own, 0, sizeof *own);
	if (syscall(SYS_sched_getaffinity, 0, sizeof *own, own) < 0)
		return error_errno(err, "sched_getaffinity");
	return set_cpus(cpus, "initial", err);
}

int scheduling_affinity_return(const struct plan *plan, const struct bitmap *own, struct error *err)
{
	if (initial_cpus(plan) && set_affinity(own) < 0)
		return error_errno(err, "sched_setaffinity");
	return 0;
}

static int step_affinity(struct creation *creation, struct error *err)
{
	const struct bitmap_list *cpus = final_cpus(creation->plan);

	return cpus ? set_cpus(cpus, "final", err) : scheduling_affinity_reset(err);
}

const struct step scheduling_affinity = {
	"cpu affinity",
	.run = step_affinity,
};

static int step_set(struct creation *creation, struct error *err)
{
	return set_all(0, creation->plan->config->process, err);
}

static int step_set_init(struct creation *creation, struct error *err)
{
	return set_all(creation->record.pid, creation->plan->config->process, err);
}

static bool is_asked_for(const struct plan *plan)
{
	return plan->config->process->scheduler || plan->config->process->ioPriority;
}

/* Without the privilege the host side may do no more than init may, and it may not be init's
 * user. */
static bool host_side_may_more(const struct plan *plan)
{
	return plan->idmap.planned && (plan->host->capabilities & 1ULL << CAP_SYS_NICE);
}

static bool is_planned(const struct plan *plan)
{
	return is_asked_for(plan) && !host_side_may_more(plan);
}

static bool set_by_host(const struct plan *plan)
{
	return is_asked_for(plan) && host_side_may_more(plan);
}

static void print_scheduler(const struct scheduler *scheduler, FILE *out)
{
	fprintf(out, "\t\t%s nice %d", words_name(&scheduler_policy_words, scheduler->policy),
		scheduler->nice);
	if (scheduler->priority)
		fprintf(out, " priority %d", scheduler->priority);
	if (scheduler->runtime)
		fprintf(out, " runtime %" PRIu64 " deadline %" PRIu64 " period %" PRIu64,
			scheduler->runtime, scheduler->deadline, scheduler->period);
	words_print(&scheduler_flag_words, scheduler->flags, out);
	fputc('\n', out);
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct process *process = plan->config->process;

	if (process->scheduler)
		print_scheduler(process->scheduler, out);
	if (process->ioPriority)
		fprintf(out, "\t\t%s %d\n", words_name(&io_class_words, process->ioPriority->class),
			process->ioPriority->priority);
}

const struct step scheduling_set_init = {
	"scheduling",
	.run = step_set_init,
	.when = set_by_host,
	.print = print_step,
};

const struct step scheduling_set = {
	"scheduling",
	.run = step_set,
	.when = is_planned,
	.print = print_step,
};
