/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls that a profile names, as numbers of each architecture of its filter
 * (config-linux.md, Seccomp). The compiler and the simulator both work on these.
 */
#ifndef KIST_SECCOMP_CALLS_H
#define KIST_SECCOMP_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/arena.h"
#include "spec/config.h"
#include "spec/error.h"

struct warnings;

/* A system call of one architecture, by one name of one rule. */
struct seccomp_call {
	uint32_t number;
	uint32_t order; /* among all names of the profile */
	uint32_t rule;  /* index into syscalls */
	const char *name;
	const char *types; /* of its arguments, where they are narrow: see signatures[] */
	/* For a call that x86 also makes through socketcall(2) or ipc(2), number is that of the
	 * multiplexer, and these bits of its first argument select the call. For any other call
	 * they are 0. */
	uint32_t selector, selector_mask;
};

/* How an architecture is told from others, and how its calls are numbered. */
struct seccomp_abi {
	uint32_t token;       /* SCMP_ARCH_* */
	uint32_t machine;     /* SCMP_ARCH_* of the kernel that can run it */
	uint32_t audit;       /* AUDIT_ARCH_*, in seccomp_data.arch */
	uint32_t first, last; /* its numbers, among those of this audit architecture */
	uint32_t special;     /* numbers from here on are not in the sequence of new calls */
	bool narrow;          /* arguments are of 32 bits */
};

struct seccomp_architecture {
	const struct seccomp_abi *abi;
	size_t count;
	const struct seccomp_call *calls; /* sorted by number, then by order */
};

struct seccomp_calls {
	size_t count;
	struct seccomp_architecture at[3]; /* the machine's own is the first */
};

/* A tracer puts this number in the place of a call that is not to be made (ptrace(2)). */
#define SECCOMP_NO_CALL UINT32_MAX

/**
 * seccomp_resolve() - find the numbers of the names on all architectures of the filter.
 *
 * These are the machine's own and those of the profile that can run on it: the filter kills what
 * comes from any other, so one that is left out makes it no weaker.
 *
 * A name that libseccomp does not know on any architecture is left out of a list of what is allowed;
 * in a list of what is denied it is an error, since it would be allowed.
 *
 * @warnings: what is left out, for debugging
 *
 * Return: 0, -EINVAL for such a name, -ENOTSUP on a machine that the table of architectures lacks
 */
int seccomp_resolve(const struct seccomp *profile, struct arena *arena, struct seccomp_calls *calls,
		    struct warnings *warnings, struct error *err);

/**
 * seccomp_argument_mask() - the bits of a call's argument that the kernel looks at.
 * @index: 0 to 5
 *
 * The filter sees the whole register, but of an int the kernel drops the upper half: a filter that
 * compares it can be deceived by setting bits there (CVE-2019-10063).
 *
 * Return: UINT64_MAX, or as many low bits as the type in the call's signature has
 */
uint64_t seccomp_argument_mask(const struct seccomp_abi *abi, const struct seccomp_call *call,
			       unsigned index);

/**
 * seccomp_answer() - what a filter returns for an action: SECCOMP_RET_*, with its number.
 * @number: the errno or the message of an action that takes one; NULL: EPERM
 */
uint32_t seccomp_answer(uint64_t action, const uint32_t *number);

#endif
