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

static struct seccomp_calls calls;

static int compile(void)
{
	if (seccomp_resolve(&profile, &arena, &calls, &plan.warnings, &err) < 0)
		return -err.code;
	return seccomp_compile(&profile, &calls, &arena, &program, &err);
}

static void load(void)
{
	STEP(compile());
	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

/* What a sanitizer needs to end the process. */
#define SANITIZER_CALLS "sigaltstack", "mmap", "munmap"

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
	RULES({.names = STRINGS("getuid", "exit_group", "write", SANITIZER_CALLS, "no_such_call"),
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

CHILD_TEST(compile, equalities_on_one_argument_are_alternatives)
{
	const struct seccomp_arg args[] = {{.index = 0, .value = 1, .op = SECCOMP_EQ},
					   {.index = 1, .value = 7, .op = SECCOMP_EQ},
					   {.index = 0, .value = 2, .op = SECCOMP_EQ}};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {3, args}});
	load();
	EXPECT(code_of(SYS_getuid, 1, 7) == EPERM && code_of(SYS_getuid, 2, 7) == EPERM);
	EXPECT(code_of(SYS_getuid, 3, 7) == 0 && code_of(SYS_getuid, 1, 8) == 0);
}

CHILD_TEST(compile, other_conditions_on_one_argument_must_all_hold)
{
	const struct seccomp_arg args[] = {{.index = 0, .value = 10, .op = SECCOMP_GE},
					   {.index = 0, .value = 20, .op = SECCOMP_LE},
					   {.index = 0, .value = 15, .op = SECCOMP_NE}};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {3, args}});
	load();
	EXPECT(code_of(SYS_getuid, 10, 0) == EPERM && code_of(SYS_getuid, 20, 0) == EPERM);
	EXPECT(code_of(SYS_getuid, 9, 0) == 0 && code_of(SYS_getuid, 15, 0) == 0 &&
	       code_of(SYS_getuid, 21, 0) == 0);
}

CHILD_TEST(compile, wide_arguments_are_compared_by_both_halves)
{
	const long value = 0x500000003;
	const struct seccomp_arg arg = {.index = 1, .value = (uint64_t)value, .op = SECCOMP_LT};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {1, &arg}});
	load();
	EXPECT(code_of(SYS_getuid, 0, value - 1) == EPERM);
	EXPECT(code_of(SYS_getuid, 0, 0x4ffffffff) == EPERM);
	EXPECT(code_of(SYS_getuid, 0, value) == 0 && code_of(SYS_getuid, 0, 0x600000000) == 0);
}

/* The kernel makes the same socket of all of them. */
CHILD_TEST(compile, an_int_is_compared_by_what_the_kernel_sees_of_it)
{
	const struct seccomp_arg arg = {.index = 0, .value = 40, .op = SECCOMP_EQ};

	RULES({.names = STRINGS("socket"), .action = SECCOMP_RET_ERRNO, .args = {1, &arg}});
	load();
	EXPECT(code_of(SYS_socket, 40, 1) == EPERM);
	EXPECT(code_of(SYS_socket, 0x100000028, 1) == EPERM);
	EXPECT(code_of(SYS_socket, (long)0xffffffff00000028, 1) == EPERM);
	EXPECT(code_of(SYS_socket, 1, 1) == 0);
}

CHILD_TEST(compile, a_negative_int_may_be_written_with_64_bits)
{
	const struct seccomp_arg arg = {.index = 0, .value = UINT64_MAX, .op = SECCOMP_EQ};

	RULES({.names = STRINGS("personality"), .action = SECCOMP_RET_ERRNO, .args = {1, &arg}});
	load();
	EXPECT(code_of(SYS_personality, 0xffffffff, 0) == EPERM);
	EXPECT(code_of(SYS_personality, -1, 0) == EPERM && code_of(SYS_personality, 0, 0) == 0);
}

CHILD_TEST(compile, newer_calls_than_the_profile_do_not_exist)
{
	const uint32_t number = EXDEV;

	profile.defaultAction = SECCOMP_RET_ERRNO;
	profile.defaultErrnoRet = &number;
	RULES({.names = STRINGS("getuid", "exit_group", "write", SANITIZER_CALLS),
	       .action = SECCOMP_RET_ALLOW},
	      {.names = STRINGS("clone3"), .action = SECCOMP_RET_ERRNO, .errnoRet = &number});
	load();
	EXPECT(code_of(SYS_getgid, 0, 0) == EXDEV && code_of(SYS_clone3, 0, 0) == EXDEV);
	EXPECT(code_of(SYS_clone3 + 1, 0, 0) == ENOSYS && code_of(1000, 0, 0) == ENOSYS);
}

/* What a program answers to a call, tried by the simulator. */
static uint32_t answer(uint32_t architecture, uint32_t number, uint64_t first)
{
	const struct seccomp_data data = {.nr = (int)number, .arch = architecture, .args = {first}};
	uint32_t found = 0;

	PLAN(seccomp_simulate(&program, &data, &found, &err));
	return found;
}

enum { X32_BIT = 0x40000000 };

static void listed(const uint64_t *architectures, size_t count)
{
	profile.architectures = (struct seccomp_architectures){count, architectures};
}

#define X32 (EM_X86_64 | __AUDIT_ARCH_LE)
#define DENIED (SECCOMP_RET_ERRNO | EPERM)

/* The kernel takes a mode_t for 16 bits. */
Test(compile, a_mode_is_compared_by_16_bits)
{
	const struct seccomp_arg arg = {.index = 1, .value = 04755, .op = SECCOMP_EQ};
	struct seccomp_data data = {
		.nr = SYS_fchmod, .arch = AUDIT_ARCH_X86_64, .args = {0, 1 << 16 | 04755}};
	uint32_t found = 0;

	RULES({.names = STRINGS("fchmod"), .action = SECCOMP_RET_ERRNO, .args = {1, &arg}});
	PLAN(compile());
	PLAN(seccomp_simulate(&program, &data, &found, &err));
	cr_expect_eq(found, DENIED);
	data.args[1] = 1 << 15 | 04755;
	PLAN(seccomp_simulate(&program, &data, &found, &err));
	cr_expect_eq(found, SECCOMP_RET_ALLOW);
}

Test(compile, foreign_calls_kill)
{
	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid | X32_BIT, 0), SECCOMP_RET_KILL_THREAD);
	cr_expect_eq(answer(AUDIT_ARCH_I386, 24, 0), SECCOMP_RET_KILL_THREAD);
	cr_expect_eq(answer(AUDIT_ARCH_AARCH64, 24, 0), SECCOMP_RET_KILL_THREAD);
	/* A tracer has taken the call away. */
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, UINT32_MAX, 0), SECCOMP_RET_ALLOW);
}

Test(compile, each_architecture_has_its_numbers)
{
	const uint64_t all[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, X32};

	listed(all, 3);
	RULES({.names = STRINGS("getuid", "ptrace"), .action = SECCOMP_RET_ERRNO});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, SYS_ptrace, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, X32_BIT | 521, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, X32_BIT | SYS_getuid, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, X32_BIT | SYS_getpid, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(answer(AUDIT_ARCH_I386, 26, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_I386, 24, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_I386, SYS_getuid, 0), SECCOMP_RET_ALLOW);
}

Test(compile, each_architecture_has_its_newest_call)
{
	const uint64_t all[] = {AUDIT_ARCH_I386, X32};

	listed(all, 2);
	profile.defaultAction = SECCOMP_RET_ERRNO;
	RULES({.names = STRINGS("clone3", "ptrace"), .action = SECCOMP_RET_ALLOW});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_I386, 434, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_I386, 436, 0), SECCOMP_RET_ERRNO | ENOSYS);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, X32_BIT | 434, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, X32_BIT | 436, 0), SECCOMP_RET_ERRNO | ENOSYS);
	/* ptrace of x32 is 521: old, like the others from 512 on. */
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, X32_BIT | 521, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, X32_BIT | 520, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, UINT32_MAX, 0), DENIED);
}

Test(compile, only_an_errno_becomes_enosys)
{
	static const uint64_t others[] = {SECCOMP_RET_ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_TRAP,
					  SECCOMP_RET_KILL_PROCESS};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		profile.defaultAction = others[i];
		RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO});
		PLAN(compile());
		cr_expect_eq(answer(AUDIT_ARCH_X86_64, 1000, 0), others[i]);
	}
}

enum { SOCKETCALL = 102, DIRECT_SOCKET = 359, SELECT_SOCKET = 1, IPC = 117, SELECT_SHMAT = 21 };

Test(compile, socketcall_and_ipc_are_the_calls_they_select)
{
	const uint64_t x86[] = {AUDIT_ARCH_I386};

	listed(x86, 1);
	RULES({.names = STRINGS("socket", "shmat"), .action = SECCOMP_RET_ERRNO});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_I386, DIRECT_SOCKET, 0), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_I386, SOCKETCALL, SELECT_SOCKET), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_I386, SOCKETCALL, SELECT_SOCKET + 1), SECCOMP_RET_ALLOW);
	cr_expect_eq(answer(AUDIT_ARCH_I386, IPC, SELECT_SHMAT), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_I386, IPC, 1 << 16 | SELECT_SHMAT), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_I386, IPC, SELECT_SHMAT + 1), SECCOMP_RET_ALLOW);
}

/* socketcall's own arguments are in memory, where a filter cannot look. */
Test(compile, what_cannot_be_seen_gets_the_strictest_answer)
{
	const struct seccomp_arg arg = {.index = 0, .value = 40, .op = SECCOMP_EQ};
	const uint64_t x86[] = {AUDIT_ARCH_I386};

	listed(x86, 1);
	RULES({.names = STRINGS("socket"), .action = SECCOMP_RET_ERRNO, .args = {1, &arg}});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_I386, DIRECT_SOCKET, 40), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_I386, DIRECT_SOCKET, 41), SECCOMP_RET_ALLOW);
	cr_expect_eq(answer(AUDIT_ARCH_I386, SOCKETCALL, SELECT_SOCKET), DENIED);

	profile.defaultAction = SECCOMP_RET_ERRNO;
	RULES({.names = STRINGS("socket"), .action = SECCOMP_RET_ALLOW, .args = {1, &arg}});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_I386, SOCKETCALL, SELECT_SOCKET), DENIED);

	RULES({.names = STRINGS("socket"), .action = SECCOMP_RET_ALLOW, .args = {1, &arg}},
	      {.names = STRINGS("socketcall"), .action = SECCOMP_RET_ALLOW});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_I386, SOCKETCALL, SELECT_SOCKET), SECCOMP_RET_ALLOW);
}

Test(compile, a_rule_without_conditions_decides)
{
	const struct seccomp_arg arg = {.index = 0, .value = 1, .op = SECCOMP_EQ};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_LOG, .args = {1, &arg}},
	      {.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO},
	      {.names = STRINGS("getuid"), .action = SECCOMP_RET_TRAP});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, 1), DENIED);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, 2), DENIED);
}

Test(compile, of_conditions_that_hold_the_first_decides)
{
	const struct seccomp_arg small = {.index = 0, .value = 10, .op = SECCOMP_LT};
	const struct seccomp_arg nonzero = {.index = 0, .value = 0, .op = SECCOMP_NE};

	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_TRAP, .args = {1, &small}},
	      {.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO, .args = {1, &nonzero}});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, 5), SECCOMP_RET_TRAP);
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, 10), DENIED);
}

Test(compile, an_unknown_name_is_left_out_of_what_is_allowed)
{
	profile.defaultAction = SECCOMP_RET_ERRNO;
	RULES({.names = STRINGS("no_such_call", "getuid"), .action = SECCOMP_RET_ALLOW});
	PLAN(compile());
	cr_expect_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, 0), SECCOMP_RET_ALLOW);
}

Test(compile, an_unknown_name_cannot_be_denied)
{
	RULES({.names = STRINGS("getuid"), .action = SECCOMP_RET_ERRNO},
	      {.names = STRINGS("getgid", "no_such_call"), .action = SECCOMP_RET_ERRNO});
	REFUSED(compile(), EINVAL,
		"syscalls[1].names[1]: unknown system call \"no_such_call\" cannot be filtered, "
		"and would be allowed");
	RULES({.names = STRINGS("no_such_call"), .action = SECCOMP_RET_LOG});
	PLAN(compile());
}

/* So many different conditions that jumps must go far, and then too many. */
static void many_conditions(size_t count)
{
	static const char *const name[] = {"getuid"};
	struct seccomp_syscall *rules = arena_array(&arena, count, sizeof *rules);
	struct seccomp_arg *args = arena_array(&arena, count, sizeof *args);

	for (size_t i = 0; i < count; i++) {
		args[i] = (struct seccomp_arg){.index = 1, .value = i << 31, .op = SECCOMP_EQ};
		rules[i] = (struct seccomp_syscall){.names = {1, name},
						    .action = i % 2 ? SECCOMP_RET_ERRNO
								    : SECCOMP_RET_TRAP,
						    .args = {1, &args[i]}};
	}
	set_rules(rules, count);
}

Test(compile, jumps_may_be_long)
{
	many_conditions(800);
	PLAN(compile());
	cr_expect_gt(program.len, 4 * 800);
	PLAN(seccomp_check(&profile, &calls, &program, &err));
}

/* A rule so long that both its ends are out of reach from its middle, at every length: the last
 * conditions jump to near targets, the first to far ones, and some just across the limit. */
Test(compile, rules_may_be_long)
{
	enum { LONGEST = 300 };
	static const char *const name[] = {"getuid"};
	struct seccomp_arg args[LONGEST + 1];

	for (size_t length = 1; length <= LONGEST; length++) {
		const struct seccomp_syscall rule = {.names = {1, name},
						     .action = SECCOMP_RET_ERRNO,
						     .args = {length + 1, args}};

		for (size_t i = 0; i < length; i++)
			args[i] = (struct seccomp_arg){.index = 0, .value = i, .op = SECCOMP_EQ};
		args[length] = (struct seccomp_arg){.index = 1, .value = 0, .op = SECCOMP_EQ};
		set_rules(&rule, 1);
		PLAN(compile());
		for (size_t i = 0; i < length; i++)
			cr_assert_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, i), DENIED, "%zu of %zu",
				     i, length);
		cr_assert_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, length), SECCOMP_RET_ALLOW);
		cr_assert_eq(answer(AUDIT_ARCH_X86_64, SYS_getuid, 1ULL << 32), SECCOMP_RET_ALLOW);
	}
}

Test(compile, too_large_a_program_is_an_error)
{
	many_conditions(70000);
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
