/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile as a BPF program, made by libseccomp (config-linux.md, Seccomp; seccomp(2),
 * libseccomp's seccomp_rule_add(3)).
 */
#include "libcontainer/seccomp/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "libcontainer/log.h"
#include "spec/cleanup.h"

/* From so many rules on a binary tree pays (seccomp_attr_set(3)). */
enum { TREE_RULES = 32, OPTIMIZE_TREE = 2 };

static void cleanup_filter(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

/* An action with its number; libseccomp's values are the kernel's. */
static uint32_t action_value(uint64_t action, const uint32_t *number)
{
	switch (action) {
	case SECCOMP_RET_ERRNO:
		return SCMP_ACT_ERRNO(number ? *number : EPERM);
	case SECCOMP_RET_TRACE:
		return SCMP_ACT_TRACE(number ? *number : EPERM);
	default:
		return (uint32_t)action;
	}
}

/* What runs on this machine is of the same byte order, and known to the library; the filter kills
 * what comes from another architecture, so one that is left out makes it no weaker. */
static int add_architectures(scmp_filter_ctx filter, const struct seccomp *profile,
			     struct error *err)
{
	for (size_t i = 0; i < profile->architectures.count; i++) {
		uint64_t token = profile->architectures.at[i];
		int result = seccomp_arch_add(filter, (uint32_t)token);

		if (result == -EINVAL || result == -EDOM)
			log_debug("seccomp: %s is left out: it cannot run here",
				  words_name(&seccomp_architecture_words, token));
		else if (result < 0 && result != -EEXIST)
			return error_set(err, -result, "architectures[%zu]: %s: %s", i,
					 words_name(&seccomp_architecture_words, token),
					 error_describe(-result));
	}
	return 0;
}

static struct scmp_arg_cmp compare(const struct seccomp_arg *arg)
{
	return (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = (enum scmp_compare)arg->op,
		.datum_a = arg->value,
		.datum_b = arg->valueTwo,
	};
}

static bool index_repeats(const struct seccomp_args *args)
{
	unsigned seen = 0; /* bit: 1 << index */

	for (size_t i = 0; i < args->count; i++) {
		if (seen & 1U << args->at[i].index)
			return true;
		seen |= 1U << args->at[i].index;
	}
	return false;
}

/* libseccomp cannot combine two conditions on one argument; like other runtimes, each then is a
 * rule of its own. */
static int add_rule(scmp_filter_ctx filter, uint32_t action, int number,
		    const struct seccomp_args *args)
{
	struct scmp_arg_cmp compares[6];

	if (!index_repeats(args)) {
		for (size_t i = 0; i < args->count; i++)
			compares[i] = compare(&args->at[i]);
		return seccomp_rule_add_array(filter, action, number, (unsigned)args->count,
					      compares);
	}
	log_warning("linux.seccomp: several conditions on one argument: each is a rule of its own");
	for (size_t i = 0; i < args->count; i++) {
		int result;

		compares[0] = compare(&args->at[i]);
		result = seccomp_rule_add_array(filter, action, number, 1, compares);
		if (result < 0)
			return result;
	}
	return 0;
}

/* Profiles name the system calls of all architectures and of newer kernels. One that is meant to be
 * allowed is then refused; one that is meant to be refused is perhaps not. */
static void report_unknown(const char *name, uint64_t action, uint64_t default_action)
{
	bool denied = default_action == SECCOMP_RET_ALLOW || default_action == SECCOMP_RET_LOG;

	if (denied && action != SECCOMP_RET_ALLOW)
		log_warning("linux.seccomp: unknown system call \"%s\" cannot be filtered", name);
	else
		log_debug("linux.seccomp: unknown system call \"%s\" is left out", name);
}

static int error_rule(struct error *err, const char *name, int result)
{
	if (result == -EEXIST)
		return error_set(err, EEXIST,
				 "\"%s\": an earlier rule says something else about it", name);
	return error_set(err, -result, "\"%s\": %s", name, error_describe(-result));
}

static int add_names(scmp_filter_ctx filter, uint32_t action, uint64_t default_action,
		     const struct seccomp_syscall *syscall, struct error *err)
{
	for (size_t i = 0; i < syscall->names.count; i++) {
		const char *name = syscall->names.at[i];
		int number = seccomp_syscall_resolve_name(name);
		int result = 0;

		if (number == __NR_SCMP_ERROR)
			report_unknown(name, syscall->action, default_action);
		else
			result = add_rule(filter, action, number, &syscall->args);
		if (result < 0)
			return error_rule(err, name, result);
	}
	return 0;
}

static int add_syscall(scmp_filter_ctx filter, const struct seccomp *profile,
		       const struct seccomp_syscall *syscall, struct error *err)
{
	uint32_t action = action_value(syscall->action, syscall->errnoRet);

	/* libseccomp refuses a rule that says what happens anyway. */
	if (action == action_value(profile->defaultAction, profile->defaultErrnoRet))
		return 0;
	return add_names(filter, action, profile->defaultAction, syscall, err);
}

static int add_syscalls(scmp_filter_ctx filter, const struct seccomp *profile, struct error *err)
{
	for (size_t i = 0; i < profile->syscalls.count; i++)
		if (add_syscall(filter, profile, &profile->syscalls.at[i], err) < 0)
			return error_wrap(err, "syscalls[%zu]", i);
	return 0;
}

/* The library only writes to descriptors. */
static int export_program(scmp_filter_ctx filter, struct arena *arena, struct sock_fprog *program,
			  struct error *err)
{
	_close_ int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat status;
	int result;

	if (fd < 0)
		return error_errno(err, "memfd_create");
	result = seccomp_export_bpf(filter, fd);
	if (result < 0)
		return error_set(err, -result, "export: %s", error_describe(-result));
	if (fstat(fd, &status) < 0)
		return error_errno(err, "fstat");
	if ((size_t)status.st_size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return error_set(err, E2BIG,
				 "the filter needs more than the kernel's %d instructions",
				 BPF_MAXINSNS);
	program->filter = arena_alloc(arena, (size_t)status.st_size);
	program->len = (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter));
	if (pread(fd, program->filter, (size_t)status.st_size, 0) != status.st_size)
		return error_set(err, EIO, "read the filter: short read");
	return 0;
}

int seccomp_compile(const struct seccomp *profile, struct arena *arena, struct sock_fprog *program,
		    struct error *err)
{
	_cleanup_(cleanup_filter) scmp_filter_ctx filter =
		seccomp_init(action_value(profile->defaultAction, profile->defaultErrnoRet));

	if (!filter)
		return error_set(err, EINVAL, "defaultAction: not supported by libseccomp here");
	if (add_architectures(filter, profile, err) < 0)
		return -err->code;
	if (profile->syscalls.count >= TREE_RULES)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_TREE);
	if (add_syscalls(filter, profile, err) < 0)
		return -err->code;
	return export_program(filter, arena, program, err);
}
