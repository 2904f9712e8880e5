/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs held against profiles: random ones, broken ones, and those of libseccomp.
 */
#include "libcontainer/seccomp/simulate.h"

#include <criterion/criterion.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libcontainer/seccomp/seccomp.h"
#include "spec/cleanup.h"
#include "tests/unit/libcontainer/expect.h"

enum { PROFILES = 4000, RULES_MAX = 40, NAMES_MAX = 6, ARGS_MAX = 6 };

static struct error err;
static uint64_t seed;

/* xorshift: the same profiles each time. */
static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t below(uint64_t limit)
{
	return next() % limit;
}

static const char *const names[] = {
	"read",
	"write",
	"open",
	"ioctl",
	"socket",
	"connect",
	"sendmsg",
	"clone",
	"clone3",
	"unshare",
	"setns",
	"mount",
	"umount2",
	"personality",
	"kill",
	"getuid",
	"getuid32",
	"ptrace",
	"bpf",
	"keyctl",
	"mmap",
	"mmap2",
	"semop",
	"msgget",
	"shmctl",
	"accept4",
	"openat2",
	"futex",
	"waitid",
	"execve",
	"prctl",
	"fcntl",
	"fcntl64",
	"recvmmsg",
	"rt_sigaction",
	"process_madvise",
	"landlock_create_ruleset",
	"arch_prctl",
	"set_thread_area",
	"_newselect",
};

static const uint64_t actions[] = {
	SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO,       SECCOMP_RET_KILL_PROCESS,
	SECCOMP_RET_TRAP,  SECCOMP_RET_KILL_THREAD, SECCOMP_RET_LOG,
};

/* Values near each other, so that conditions meet; and some that are wide or negative. */
static uint64_t random_value(void)
{
	static const uint64_t shapes[] = {0, 0x80000000, 0xffffffff, 0x100000000, UINT64_MAX - 3};

	return shapes[below(sizeof shapes / sizeof *shapes)] + below(4);
}

static struct seccomp_args random_args(struct arena *arena, size_t most)
{
	size_t count = below(3) ? 0 : below(most + 1);
	struct seccomp_arg *at = arena_array(arena, count, sizeof *at);

	for (size_t i = 0; i < count; i++)
		at[i] = (struct seccomp_arg){
			.index = (uint32_t)below(6),
			.value = random_value(),
			.valueTwo = random_value(),
			.op = 1 + below(7),
		};
	return (struct seccomp_args){count, at};
}

static struct seccomp_syscall random_rule(struct arena *arena, size_t conditions)
{
	size_t count = 1 + below(NAMES_MAX);
	const char **at = arena_array(arena, count, sizeof *at);
	uint32_t *number = arena_alloc(arena, sizeof *number);

	for (size_t i = 0; i < count; i++)
		at[i] = names[below(sizeof names / sizeof *names)];
	*number = (uint32_t)below(100);
	return (struct seccomp_syscall){
		.names = {count, at},
		.action = actions[below(sizeof actions / sizeof *actions)],
		.errnoRet = below(2) ? number : NULL,
		.args = random_args(arena, conditions),
	};
}

/* @conditions: the most that a rule has; none: with a default that is no errno, either */
static struct seccomp random_profile(struct arena *arena, size_t conditions)
{
	static const uint64_t architectures[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32,
						 SCMP_ARCH_AARCH64, SCMP_ARCH_ARM};
	size_t count = below(RULES_MAX);
	struct seccomp_syscall *rules = arena_array(arena, count, sizeof *rules);

	for (size_t i = 0; i < count; i++)
		rules[i] = random_rule(arena, conditions);
	return (struct seccomp){
		.defaultAction = actions[below(conditions ? 3 : 1)],
		.architectures = {below(6), architectures},
		.syscalls = {count, rules},
	};
}

/* The program means what the profile means, by two ways that share nothing but numbers. */
Test(simulate, random_profiles)
{
	size_t compiled = 0;

	seed = 20260101;
	for (size_t i = 0; i < PROFILES; i++) {
		struct arena arena = {0};
		const struct seccomp profile = random_profile(&arena, ARGS_MAX);
		struct seccomp_calls calls;
		struct sock_fprog program;
		int result;

		STEP(seccomp_resolve(&profile, &arena, &calls, &err));
		result = seccomp_compile(&profile, &calls, &arena, &program, &err);
		if (result == 0) {
			STEP(seccomp_check(&profile, &calls, &program, &err));
			compiled++;
		} else {
			cr_assert_eq(result, -EEXIST, "%s", err.text);
		}
		arena_finish(&arena);
	}
	cr_expect_gt(compiled, PROFILES / 2);
}

/* Whatever is changed in a program, the check notices; but for what no call gets to: rules behind
 * others that decide before them. */
Test(simulate, notices_a_wrong_program)
{
	struct arena arena = {0};
	struct seccomp profile;
	struct seccomp_calls calls;
	struct sock_fprog program;
	size_t noticed = 0;

	seed = 7;
	do
		profile = random_profile(&arena, 1);
	while (profile.syscalls.count < RULES_MAX / 2 ||
	       seccomp_resolve(&profile, &arena, &calls, &err) < 0 ||
	       seccomp_compile(&profile, &calls, &arena, &program, &err) < 0);
	STEP(seccomp_check(&profile, &calls, &program, &err));
	for (size_t i = 0; i < program.len; i++) {
		const struct sock_filter original = program.filter[i];

		program.filter[i].k ^= 1;
		noticed += seccomp_check(&profile, &calls, &program, &err) < 0;
		program.filter[i] = original;
	}
	cr_expect_gt(noticed, (size_t)program.len * 9 / 10, "%zu of %u", noticed, program.len);
	arena_finish(&arena);
}

Test(simulate, refuses_what_is_no_program)
{
	static const struct sock_filter codes[][2] = {
		{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)},
		{BPF_STMT(BPF_RET | BPF_A, 0), BPF_STMT(BPF_RET | BPF_K, 0)},
	};
	const struct seccomp_data data = {0};
	uint32_t answer;

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		const struct sock_fprog program = {2, (struct sock_filter *)codes[i]};

		cr_expect_eq(seccomp_simulate(&program, &data, &answer, &err), -EINVAL, "%zu", i);
	}
}

/* What libseccomp makes of a profile. */
static struct sock_fprog library_program(const struct seccomp *profile, struct arena *arena)
{
	scmp_filter_ctx filter =
		seccomp_init(seccomp_answer(profile->defaultAction, profile->defaultErrnoRet));
	struct sock_fprog program;
	int fd = memfd_create("oracle", MFD_CLOEXEC);
	off_t size;

	cr_assert(filter && fd >= 0);
	for (size_t i = 0; i < profile->architectures.count; i++)
		seccomp_arch_add(filter, (uint32_t)profile->architectures.at[i]);
	for (size_t i = 0; i < profile->syscalls.count; i++) {
		const struct seccomp_syscall *rule = &profile->syscalls.at[i];
		uint32_t answer = seccomp_answer(rule->action, rule->errnoRet);

		for (size_t j = 0; j < rule->names.count; j++)
			if (answer !=
			    seccomp_answer(profile->defaultAction, profile->defaultErrnoRet))
				seccomp_rule_add_array(
					filter, answer,
					seccomp_syscall_resolve_name(rule->names.at[j]), 0, NULL);
	}
	cr_assert_eq(seccomp_export_bpf(filter, fd), 0);
	seccomp_release(filter);
	size = lseek(fd, 0, SEEK_END);
	program.len = (unsigned short)((size_t)size / sizeof *program.filter);
	program.filter = arena_alloc(arena, (size_t)size);
	cr_assert_eq(pread(fd, program.filter, (size_t)size, 0), size);
	close(fd);
	return program;
}

struct oracle {
	struct sock_fprog own, library;
	size_t tried;
};

static int ask_oracle(void *context, const struct seccomp_data *data, struct error *error)
{
	struct oracle *oracle = context;
	uint32_t own, library;

	oracle->tried++;
	if (seccomp_simulate(&oracle->own, data, &own, error) < 0 ||
	    seccomp_simulate(&oracle->library, data, &library, error) < 0)
		return -error->code;
	/* It allows a call by which nothing is called on x32, and has no opinion on foreign ones. */
	if (own == library || (uint32_t)data->nr == SECCOMP_NO_CALL)
		return 0;
	return error_set(error, EINVAL, "%#x, libseccomp %#x: call %d of %#x with %#llx", own,
			 library, data->nr, data->arch, data->args[0]);
}

/* Profiles on which there is no difference of opinion: without conditions, and with a default that
 * is no errno. */
Test(simulate, libseccomp_answers_the_same)
{
	seed = 42;
	for (size_t i = 0; i < 100; i++) {
		struct arena arena = {0};
		const struct seccomp profile = random_profile(&arena, 0);
		struct seccomp_calls calls;
		struct oracle oracle = {.library = library_program(&profile, &arena)};

		STEP(seccomp_resolve(&profile, &arena, &calls, &err));
		STEP(seccomp_compile(&profile, &calls, &arena, &oracle.own, &err));
		STEP(seccomp_try(&profile, &calls, ask_oracle, &oracle, &err));
		cr_expect_gt(oracle.tried, 0);
		arena_finish(&arena);
	}
}
