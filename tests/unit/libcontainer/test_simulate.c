/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kist's programs against what profiles mean and against libseccomp's, over random profiles and
 * those of the engines; and that the simulator finds what is wrong.
 */
#include "libcontainer/seccomp/simulate.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "libcontainer/seccomp/seccomp.h"
#include "libcontainer/warnings.h"
#include "tests/unit/libcontainer/seccomp_oracle.h"

static struct arena arena;
static struct error err;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(simulate, .fini = finish);

#define DO(call) cr_assert_eq((call), 0, #call ": %s", err.text)
#define X32 (EM_X86_64 | __AUDIT_ARCH_LE)

static const uint64_t all_architectures[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, X32};

/* xorshift64*: the same profiles every time. */
static uint64_t random_state;

static uint64_t random_number(uint64_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * UINT64_C(2685821657736338717) % below;
}

static const char *const names[] = {
	"read",         "write",      "open",       "close",         "mmap",
	"ioctl",        "socket",     "connect",    "clone",         "fork",
	"kill",         "uname",      "semget",     "shmat",         "fcntl",
	"mkdir",        "getuid",     "getppid",    "unshare",       "ptrace",
	"personality",  "socketcall", "ipc",        "arch_prctl",    "prctl",
	"bpf",          "openat",     "fchmodat",   "execveat",      "clone3",
	"futex",        "accept",     "sendmsg",    "setns",         "perf_event_open",
	"no_such_call", "recvmmsg",   "semtimedop", "mount_setattr", "rt_sigaction",
};

static const uint64_t actions[] = {
	SECCOMP_RET_ALLOW, SECCOMP_RET_LOG,          SECCOMP_RET_ERRNO,
	SECCOMP_RET_TRAP,  SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRACE,
};

static const uint64_t values[] = {
	0,
	1,
	2,
	40,
	0xff,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x100000028,
	UINT64_MAX,
	UINT64_MAX - 39,
	0x7fffffffffffffff,
	0x8000000000000000,
	0x1b6,
	0x10000,
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PICK(array) ((array)[random_number(COUNT(array))])

static struct seccomp_args random_args(size_t count)
{
	struct seccomp_arg *args = arena_array(&arena, count, sizeof *args);

	for (size_t i = 0; i < count; i++)
		args[i] = (struct seccomp_arg){
			.index = (uint32_t)random_number(3),
			.value = PICK(values) + random_number(2),
			.valueTwo = PICK(values),
			.op = SECCOMP_NE + random_number(SECCOMP_MASKED_EQ - SECCOMP_NE + 1),
		};
	return (struct seccomp_args){count, args};
}

static struct strings random_names(void)
{
	size_t count = 1 + random_number(5);
	const char **list = arena_array(&arena, count, sizeof *list);

	for (size_t i = 0; i < count; i++)
		list[i] = PICK(names);
	return (struct strings){count, list};
}

static const uint32_t *random_errno(uint64_t action)
{
	uint32_t *number = arena_alloc(&arena, sizeof *number);

	*number = (uint32_t)random_number(4) + 36; /* ENOSYS among them */
	return action == SECCOMP_RET_ERRNO && random_number(2) ? number : NULL;
}

static struct seccomp_syscalls random_rules(void)
{
	size_t count = random_number(12);
	struct seccomp_syscall *rules = arena_array(&arena, count, sizeof *rules);

	for (size_t i = 0; i < count; i++) {
		rules[i].names = random_names();
		rules[i].action = PICK(actions);
		rules[i].errnoRet = random_errno(rules[i].action);
		rules[i].args = random_args(random_number(2) ? random_number(5) : 0);
	}
	return (struct seccomp_syscalls){count, rules};
}

static struct seccomp random_profile(void)
{
	uint64_t action = PICK(actions);

	return (struct seccomp){
		.defaultAction = action,
		.defaultErrnoRet = random_errno(action),
		.architectures = {random_number(COUNT(all_architectures) + 1), all_architectures},
		.syscalls = random_rules(),
	};
}

/* Random profiles may contradict themselves, or deny what does not exist. */
static bool is_refused(const struct seccomp *profile, struct seccomp_calls *calls,
		       struct sock_fprog *program)
{
	if (seccomp_resolve(profile, &arena, calls, &(struct warnings){0}, &err) == 0 &&
	    seccomp_compile(profile, calls, &arena, program, &err) == 0)
		return false;
	cr_assert(err.code == EEXIST || err.code == EINVAL, "%s", err.text);
	return true;
}

/* The kernel's own verdict on the program comes when it is loaded, in test_compile.c. */
static void is_well_formed(const struct sock_fprog *program)
{
	for (size_t i = 0; i < program->len; i++) {
		const struct sock_filter *at = &program->filter[i];
		size_t farthest = at->code == (BPF_JMP | BPF_JA) ? at->k
				  : at->jt > at->jf              ? at->jt
								 : at->jf;

		if (BPF_CLASS(at->code) == BPF_JMP)
			cr_assert_lt(i + 1 + farthest, program->len);
	}
	cr_assert_eq(BPF_CLASS(program->filter[program->len - 1].code), BPF_RET);
}

Test(simulate, random_profiles_mean_what_they_say, .timeout = 60)
{
	size_t compiled = 0;

	for (unsigned seed = 1; seed <= 5000; seed++) {
		struct seccomp profile;
		struct seccomp_calls calls;
		struct sock_fprog program;

		random_state = seed;
		profile = random_profile();
		if (!is_refused(&profile, &calls, &program)) {
			is_well_formed(&program);
			cr_assert_eq(seccomp_check(&profile, &calls, &program, &err), 0,
				     "seed %u: %s", seed, err.text);
			compiled++;
		}
		arena_finish(&arena);
	}
	cr_expect_gt(compiled, 2000);
}

struct programs {
	const struct sock_fprog *kist, *oracle;
	size_t tried;
};

/*
 * Calls about which libseccomp is wrong, or which it does not know about:
 *
 * - an int whose upper half is not zero: libseccomp compares the whole register;
 * - calls newer than the profile: it answers the default, here ENOSYS;
 * - the conditions of a call that was made through socketcall, which it compares with socketcall's
 *   own arguments, and those of ipc, whose version it takes for a part of the call's number.
 */
static bool is_comparable(const struct seccomp_data *data, uint32_t kist)
{
	for (size_t i = 0; i < COUNT(data->args); i++)
		if (data->args[i] > UINT32_MAX)
			return false;
	if (data->arch == AUDIT_ARCH_I386 && (data->nr == 102 || data->nr == 117))
		return false;
	return kist != (SECCOMP_RET_ERRNO | ENOSYS);
}

static int compare_with_oracle(void *context, const struct seccomp_data *data, struct error *error)
{
	struct programs *programs = context;
	uint32_t kist, oracle;

	if (seccomp_simulate(programs->kist, data, &kist, error) < 0 ||
	    seccomp_simulate(programs->oracle, data, &oracle, error) < 0)
		return -error->code;
	if (!is_comparable(data, kist))
		return 0;
	programs->tried++;
	if (kist == oracle)
		return 0;
	return error_set(error, EINVAL, "call %d of %#x with %#llx, %#llx, %#llx: %#x, not %#x",
			 data->nr, data->arch, data->args[0], data->args[1], data->args[2], kist,
			 oracle);
}

/* One rule per call, without repeated arguments and with values that an int can have: libseccomp
 * has no order of rules, refuses the second, and does not cut the third. */
static struct seccomp simple_profile(void)
{
	static const uint64_t small[] = {0, 1, 2, 40, 0xff, 0x1b6};
	static const char *const plain[] = {"read",  "write", "close", "ioctl",  "clone",
					    "uname", "fcntl", "prctl", "getuid", "setns"};
	struct seccomp_syscall *rules = arena_array(&arena, COUNT(plain), sizeof *rules);
	uint64_t action = PICK(actions);

	for (size_t i = 0; i < COUNT(plain); i++) {
		size_t count = random_number(4);
		struct seccomp_arg *args = arena_array(&arena, count, sizeof *args);

		for (uint32_t j = 0; j < count; j++)
			args[j] = (struct seccomp_arg){
				.index = j,
				.value = PICK(small),
				.valueTwo = PICK(small),
				.op = SECCOMP_NE +
				      random_number(SECCOMP_MASKED_EQ - SECCOMP_NE + 1),
			};
		rules[i] = (struct seccomp_syscall){
			.names = {1, &plain[i]}, .action = PICK(actions), .args = {count, args}};
	}
	return (struct seccomp){
		.defaultAction = action,
		.architectures = {random_number(COUNT(all_architectures) + 1), all_architectures},
		.syscalls = {COUNT(plain), rules},
	};
}

static size_t expect_like_oracle(const struct seccomp *profile, int optimize, const char *what)
{
	struct seccomp_calls calls;
	struct sock_fprog program, oracle;
	struct programs programs = {&program, &oracle, 0};

	DO(seccomp_resolve(profile, &arena, &calls, &(struct warnings){0}, &err));
	DO(seccomp_compile(profile, &calls, &arena, &program, &err));
	DO(oracle_compile(profile, optimize, &arena, &oracle));
	cr_assert_eq(seccomp_try(profile, &calls, compare_with_oracle, &programs, &err), 0,
		     "%s: %s", what, err.text);
	return programs.tried;
}

Test(simulate, simple_profiles_are_as_libseccomp_has_them, .timeout = 60)
{
	size_t tried = 0;

	for (unsigned seed = 1; seed <= 1000; seed++) {
		struct seccomp profile;
		char what[32];

		snprintf(what, sizeof what, "seed %u", seed);
		random_state = seed;
		profile = simple_profile();
		tried += expect_like_oracle(&profile, 1, what);
		arena_finish(&arena);
	}
	cr_expect_gt(tried, 100000);
}

/* Only the profile: not everything else in an engine's configuration can be done. */
static const struct seccomp *engine_profile(const char *name)
{
	const struct config *config;
	struct document document;
	json_t *whole, *seccomp, *reduced;
	char *text;
	char path[256];

	snprintf(path, sizeof path, CONFIGS "/%s.json", name);
	whole = json_load_file(path, 0, NULL);
	seccomp = json_object_get(json_object_get(whole, "linux"), "seccomp");
	cr_assert_not_null(seccomp, "%s", path);
	reduced = json_pack("{s:s,s:{s:s},s:{s:O}}", "ociVersion", "1.0.2", "root", "path", "/",
			    "linux", "seccomp", seccomp);
	text = json_dumps(reduced, 0);
	document = (struct document){text, strlen(text)};
	DO(config_parse(path, &document, &arena, &config, &err));
	free(text);
	json_decref(reduced);
	json_decref(whole);
	return config->linux->seccomp;
}

static const char *const engines[] = {
	"docker-20.10-bridge", "docker-28-bridge", "podman-4.3-run",
	"podman-5.8-run",      "buildah-1.28-run", "docker-swarm-20.10",
};

Test(simulate, engine_profiles_mean_what_they_say)
{
	for (size_t i = 0; i < COUNT(engines); i++) {
		const struct seccomp *profile = engine_profile(engines[i]);
		struct seccomp_calls calls;
		struct sock_fprog program;

		DO(seccomp_resolve(profile, &arena, &calls, &(struct warnings){0}, &err));
		DO(seccomp_compile(profile, &calls, &arena, &program, &err));
		DO(seccomp_check(profile, &calls, &program, &err));
		cr_expect_lt(program.len, 500);
	}
}

Test(simulate, engine_profiles_are_as_libseccomp_has_them, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(engines); i++) {
		const struct seccomp *profile = engine_profile(engines[i]);

		cr_expect_gt(expect_like_oracle(profile, 1, engines[i]), 1000);
		cr_expect_gt(expect_like_oracle(profile, ORACLE_TREE, engines[i]), 1000);
	}
}

/* One bit of any instruction. */
Test(simulate, a_wrong_program_is_found)
{
	const struct seccomp *profile = engine_profile("docker-28-bridge");
	struct seccomp_calls calls;
	struct sock_fprog program;
	size_t found = 0;

	DO(seccomp_resolve(profile, &arena, &calls, &(struct warnings){0}, &err));
	DO(seccomp_compile(profile, &calls, &arena, &program, &err));
	for (size_t i = 0; i < program.len; i++) {
		struct sock_filter saved = program.filter[i];

		program.filter[i].k ^= 1;
		found += seccomp_check(profile, &calls, &program, &err) < 0;
		program.filter[i] = saved;
	}
	cr_expect_eq(found, program.len, "%zu of %u", found, program.len);
	DO(seccomp_check(profile, &calls, &program, &err));
}

Test(simulate, a_mismatch_names_the_call)
{
	const struct seccomp_syscall rule = {.names = {1, (const char *const[]){"getuid"}},
					     .action = SECCOMP_RET_ERRNO};
	const struct seccomp profile = {.defaultAction = SECCOMP_RET_ALLOW, .syscalls = {1, &rule}};
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = {1, &allow};
	struct seccomp_calls calls;

	DO(seccomp_resolve(&profile, &arena, &calls, &(struct warnings){0}, &err));
	cr_expect_eq(seccomp_check(&profile, &calls, &program, &err), -EINVAL);
	cr_expect_str_eq(
		err.text,
		"the filter would answer 0x7fff0000 instead of 0 to system call 1073741824 "
		"of architecture 0xc000003e with 0, 0, 0, 0, 0, 0");
}

static int run(struct sock_filter first)
{
	struct sock_filter code[] = {first, BPF_STMT(BPF_RET | BPF_K, 7)};
	const struct sock_fprog program = {2, code};
	const struct seccomp_data data = {.nr = 5};
	uint32_t answer = 0;
	int result = seccomp_simulate(&program, &data, &answer, &err);

	cr_expect(result < 0 || answer == 7);
	return result;
}

Test(simulate, what_is_no_filter_is_refused)
{
	cr_expect_eq(run((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60)), 0);
	cr_expect_eq(run((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64)), -EINVAL);
	cr_expect_eq(run((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2)), -EINVAL);
	cr_expect_eq(run((struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0)), -EINVAL);
	cr_expect_str_eq(err.text, "the filter's instruction 0 is not valid");
	cr_expect_eq(run((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1)), -EINVAL);
	cr_expect_str_eq(err.text, "the filter's instruction 2 is not valid");
}
