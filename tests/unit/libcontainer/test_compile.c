/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles as programs, judged by what the kernel then does. Needs root.
 */
#include "libcontainer/seccomp/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "libcontainer/seccomp/simulate.h"
#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(compile, .init = fixture_init, .fini = fixture_finish);

static struct seccomp profile = {.defaultAction = SECCOMP_RET_ALLOW};
static struct sock_fprog program;

static void set_rules(const struct seccomp_syscall *rules, size_t count)
{
	profile.syscalls = (struct seccomp_syscalls){count, rules};
}

#define RULES(...)                                                                                 \
	set_rules((const struct seccomp_syscall[]){__VA_ARGS__},                                   \
		  sizeof((const struct seccomp_syscall[]){__VA_ARGS__}) /                          \
			  sizeof(struct seccomp_syscall))

/* Also held against the profile. */
static int compile(void)
{
	struct seccomp_calls calls;

	if (seccomp_resolve(&profile, &arena, &calls, &err) < 0 ||
	    seccomp_compile(&profile, &calls, &arena, &program, &err) < 0)
		return -err.code;
	return seccomp_check(&profile, &calls, &program, &err);
}

static void load(void)
{
	STEP(compile());
	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

/* What a system call with these arguments fails with. */
static int code_of(long number, long first, long second)
{
	errno = 0;
	syscall(number, first, second, 0, 0, 0);
	return errno;
}

CHILD_TEST(compile, errno_has_a_default)
{
	const uint32_t number = ENOSYS;

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO},
	      {.names = STRINGS("getgid", "getegid"),
	       .action = SECCOMP_RET_ERRNO,
	       .errnoRet = &number});
	load();
	EXPECT(code_of(SYS_getuid, 0, 0) == EPERM);
	EXPECT(code_of(SYS_getgid, 0, 0) == ENOSYS && code_of(SYS_getegid, 0, 0) == ENOSYS);
	EXPECT(code_of(SYS_geteuid, 0, 0) == 0);
}

CHILD_TEST(compile, the_default_action_has_an_errno)
{
	const uint32_t number = EXDEV;

	profile.defaultAction = SECCOMP_RET_ERRNO;
	profile.defaultErrnoRet = &number;
	RULES({.names = STRINGS("getuid", "exit_group", "write", "no_such_call"),
	       .action = SECCOMP_RET_ALLOW});
	load();
	EXPECT(code_of(SYS_getuid, 0, 0) == 0);
	EXPECT(code_of(SYS_getgid, 0, 0) == EXDEV);
}

CHILD_TEST(compile, all_operators_compare)
{
	static const struct {
		enum seccomp_operator op;
		uint64_t value, other;
		long hit, miss;
	} cases[] = {
		{SECCOMP_NE, 5, 0, 6, 5},
		{SECCOMP_LT, 5, 0, 4, 5},
		{SECCOMP_LE, 5, 0, 5, 6},
		{SECCOMP_EQ, 5, 0, 5, 4},
		{SECCOMP_GE, 5, 0, 5, 4},
		{SECCOMP_GT, 5, 0, 6, 5},
		{SECCOMP_MASKED_EQ, 0xf0, 0x50, 0x5a, 0x6a},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct seccomp_arg arg = {.index = 1,
						.value = cases[i].value,
						.valueTwo = cases[i].other,
						.op = cases[i].op};
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			RULES({.names = STRINGS("getuid"),
			       .action = SECCOMP_RET_ERRNO,
			       .args = {1, &arg}});
			load();
			EXPECT(code_of(SYS_getuid, 0, cases[i].hit) == EPERM);
			EXPECT(code_of(SYS_getuid, 0, cases[i].miss) == 0);
			_exit(0);
		}
		EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
	}
}

CHILD_TEST(compile, conditions_on_several_arguments_must_all_hold)
{
	const struct seccomp_arg args[] = {{.index = 0, .value = 1, .op = SECCOMP_EQ},
					   {.index = 1, .value = 2, .op = SECCOMP_EQ}};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {2, args}});
	load();
	EXPECT(code_of(SYS_getuid, 1, 2) == EPERM);
	EXPECT(code_of(SYS_getuid, 1, 3) == 0 && code_of(SYS_getuid, 0, 2) == 0);
}

CHILD_TEST(compile, equalities_of_one_argument_are_alternatives)
{
	const struct seccomp_arg args[] = {{.index = 0, .value = 1, .op = SECCOMP_EQ},
					   {.index = 0, .value = 2, .op = SECCOMP_EQ}};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {2, args}});
	load();
	EXPECT(code_of(SYS_getuid, 1, 0) == EPERM && code_of(SYS_getuid, 2, 0) == EPERM);
	EXPECT(code_of(SYS_getuid, 3, 0) == 0);
}

CHILD_TEST(compile, other_conditions_on_one_argument_must_all_hold)
{
	const struct seccomp_arg args[] = {{.index = 0, .value = 10, .op = SECCOMP_GE},
					   {.index = 0, .value = 20, .op = SECCOMP_LT}};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {2, args}});
	load();
	EXPECT(code_of(SYS_getuid, 10, 0) == EPERM && code_of(SYS_getuid, 19, 0) == EPERM);
	EXPECT(code_of(SYS_getuid, 9, 0) == 0 && code_of(SYS_getuid, 20, 0) == 0);
}

/* The kernel looks at the low half only, and so must the filter (CVE-2019-10063). */
CHILD_TEST(compile, an_int_cannot_hide_in_the_upper_half)
{
	const struct seccomp_arg tiocsti = {.index = 1, .value = 0x5412, .op = SECCOMP_EQ};

	RULES({.names = STRINGS("ioctl"), .action = SECCOMP_RET_ERRNO, .args = {1, &tiocsti}});
	load();
	EXPECT(code_of(SYS_ioctl, -1, 0x5412) == EPERM);
	EXPECT(code_of(SYS_ioctl, -1, 0x100005412) == EPERM);
	EXPECT(code_of(SYS_ioctl, -1, 0x5413) == EBADF);
}

/* C libraries fall back to an older call on ENOSYS only. */
CHILD_TEST(compile, calls_that_are_newer_than_the_profile_do_not_exist)
{
	profile.defaultAction = SECCOMP_RET_ERRNO;
	RULES({.names = STRINGS("exit_group", "write", "getuid", "rseq"),
	       .action = SECCOMP_RET_ALLOW});
	load();
	EXPECT(code_of(SYS_getgid, 0, 0) == EPERM);
	EXPECT(code_of(SYS_pidfd_open, 0, 0) == ENOSYS);
	EXPECT(code_of(SYS_clone3, 0, 0) == ENOSYS);
}

Test(compile, an_unknown_call_cannot_be_denied)
{
	RULES({.names = STRINGS("getuid", "no_such_call"), .action = SECCOMP_RET_ERRNO});
	REFUSED(compile(), EINVAL,
		"syscalls[0].names[1]: unknown system call \"no_such_call\" cannot be filtered, "
		"and "
		"would be allowed");
}

Test(compile, too_many_instructions)
{
	enum { RULE_COUNT = 1000 };
	static const char *const name = "getuid";
	struct seccomp_arg(*args)[6] = arena_array(&arena, RULE_COUNT, sizeof *args);
	struct seccomp_syscall *rules = arena_array(&arena, RULE_COUNT, sizeof *rules);

	for (size_t i = 0; i < RULE_COUNT; i++) {
		for (uint32_t j = 0; j < 6; j++)
			args[i][j] = (struct seccomp_arg){.index = j, .value = i, .op = SECCOMP_GT};
		rules[i] = (struct seccomp_syscall){
			.names = {1, &name}, .action = SECCOMP_RET_ERRNO, .args = {6, args[i]}};
	}
	set_rules(rules, RULE_COUNT);
	REFUSED(compile(), E2BIG, "the filter needs more than the kernel's 4096 instructions");
}

CHILD_TEST(compile, many_rules_become_a_tree)
{
	static const char *const names[] = {
		"getuid",    "getgid",      "geteuid", "getegid", "getppid", "getpgrp", "getsid",
		"gettid",    "sync",        "uname",   "umask",   "alarm",   "pause",   "times",
		"chroot",    "acct",        "ptrace",  "syslog",  "swapon",  "swapoff", "reboot",
		"mount",     "setns",       "unshare", "bpf",     "keyctl",  "add_key", "getcpu",
		"getrandom", "personality", "vhangup", "iopl",
	};
	struct seccomp_syscall *rules = arena_array(&arena, 32, sizeof *rules);

	for (size_t i = 0; i < 32; i++)
		rules[i] = (struct seccomp_syscall){.names = {1, &names[i]},
						    .action = SECCOMP_RET_ERRNO};
	set_rules(rules, 32);
	load();
	EXPECT(code_of(SYS_getuid, 0, 0) == EPERM && code_of(SYS_bpf, 0, 0) == EPERM);
	EXPECT(code_of(SYS_getpid, 0, 0) == 0);
}

Test(compile, more_architectures_take_more_instructions)
{
	const uint64_t both[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64};
	unsigned short native;

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO});
	PLAN(compile());
	native = program.len;
	profile.architectures = (struct seccomp_architectures){3, both};
	PLAN(compile());
	cr_expect_gt(program.len, native);
}

Test(compile, an_architecture_of_other_machines_is_left_out)
{
	const uint64_t big_endian[] = {AUDIT_ARCH_S390X};

	profile.architectures = (struct seccomp_architectures){1, big_endian};
	PLAN(compile());
}

Test(compile, a_rule_that_says_the_default_changes_nothing)
{
	unsigned short length;

	PLAN(compile());
	length = program.len;
	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ALLOW});
	PLAN(compile());
	cr_expect_eq(program.len, length);
}

Test(compile, contradictions_are_named)
{
	const struct seccomp_arg arg = {.index = 0, .value = 1, .op = SECCOMP_EQ};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {1, &arg}},
	      {.names = STRINGS("getuid"), .action = SECCOMP_RET_TRAP, .args = {1, &arg}});
	REFUSED(compile(), EEXIST,
		"syscalls[1]: \"getuid\": an earlier rule says something else about it");
}

Test(compile, leaves_no_descriptor)
{
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;

	close(before);
	PLAN(compile());
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(after);
	cr_expect_eq(before, after);
}
