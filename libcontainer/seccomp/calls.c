/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names become numbers by libseccomp's tables (seccomp_syscall_resolve_name(3)).
 */
#include "libcontainer/seccomp/calls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "libcontainer/warnings.h"
#include "spec/escape.h"

#define X32_BIT 0x40000000u
#define NEGATIVE 0x80000000u

/*
 * x32 shares the architecture of x86_64 and has a bit in its numbers; the numbers from 512 on are
 * those that differ from x86_64, all of them old. ARM has a few private calls far above the others.
 */
static const struct seccomp_abi abis[] = {
	{.token = SCMP_ARCH_X86_64,
	 .machine = SCMP_ARCH_X86_64,
	 .audit = SCMP_ARCH_X86_64,
	 .last = X32_BIT - 1,
	 .special = X32_BIT},
	{.token = SCMP_ARCH_X86,
	 .machine = SCMP_ARCH_X86_64,
	 .audit = SCMP_ARCH_X86,
	 .last = UINT32_MAX,
	 .special = NEGATIVE,
	 .narrow = true},
	{.token = SCMP_ARCH_X32,
	 .machine = SCMP_ARCH_X86_64,
	 .audit = SCMP_ARCH_X86_64,
	 .first = X32_BIT,
	 .last = UINT32_MAX,
	 .special = X32_BIT + 512},
	{.token = SCMP_ARCH_AARCH64,
	 .machine = SCMP_ARCH_AARCH64,
	 .audit = SCMP_ARCH_AARCH64,
	 .last = UINT32_MAX,
	 .special = NEGATIVE},
	{.token = SCMP_ARCH_ARM,
	 .machine = SCMP_ARCH_AARCH64,
	 .audit = SCMP_ARCH_ARM,
	 .last = UINT32_MAX,
	 .special = 0xf0000,
	 .narrow = true},
};

/* The numbers of the 32-bit x86 ABI (linux/net.h, linux/ipc.h, arch/x86/entry/syscalls). */
enum { SOCKETCALL = 102, IPC = 117 };
enum { SOCKETCALL_MASK = -1, IPC_MASK = 0xffff }; /* above: ipc's interface version */

/* The calls that 32-bit x86 made through a multiplexer before they got a number of their own, if
 * they did. libseccomp gives such a call a negative number where it has no other. */
static const struct multiplexed {
	int pseudo; /* libseccomp's number, which is negative */
	int direct; /* the call's own number; 0: none */
	uint32_t multiplexer, mask, selector;
} multiplexed_calls[] = {
	{__PNR_socket, 359, SOCKETCALL, SOCKETCALL_MASK, 1},
	{__PNR_bind, 361, SOCKETCALL, SOCKETCALL_MASK, 2},
	{__PNR_connect, 362, SOCKETCALL, SOCKETCALL_MASK, 3},
	{__PNR_listen, 363, SOCKETCALL, SOCKETCALL_MASK, 4},
	{__PNR_accept, 0, SOCKETCALL, SOCKETCALL_MASK, 5},
	{__PNR_getsockname, 367, SOCKETCALL, SOCKETCALL_MASK, 6},
	{__PNR_getpeername, 368, SOCKETCALL, SOCKETCALL_MASK, 7},
	{__PNR_socketpair, 360, SOCKETCALL, SOCKETCALL_MASK, 8},
	{__PNR_send, 0, SOCKETCALL, SOCKETCALL_MASK, 9},
	{__PNR_recv, 0, SOCKETCALL, SOCKETCALL_MASK, 10},
	{__PNR_sendto, 369, SOCKETCALL, SOCKETCALL_MASK, 11},
	{__PNR_recvfrom, 371, SOCKETCALL, SOCKETCALL_MASK, 12},
	{__PNR_shutdown, 373, SOCKETCALL, SOCKETCALL_MASK, 13},
	{__PNR_setsockopt, 366, SOCKETCALL, SOCKETCALL_MASK, 14},
	{__PNR_getsockopt, 365, SOCKETCALL, SOCKETCALL_MASK, 15},
	{__PNR_sendmsg, 370, SOCKETCALL, SOCKETCALL_MASK, 16},
	{__PNR_recvmsg, 372, SOCKETCALL, SOCKETCALL_MASK, 17},
	{__PNR_accept4, 364, SOCKETCALL, SOCKETCALL_MASK, 18},
	{__PNR_recvmmsg, 337, SOCKETCALL, SOCKETCALL_MASK, 19},
	{__PNR_sendmmsg, 345, SOCKETCALL, SOCKETCALL_MASK, 20},
	{__PNR_semop, 0, IPC, IPC_MASK, 1},
	{__PNR_semget, 393, IPC, IPC_MASK, 2},
	{__PNR_semctl, 394, IPC, IPC_MASK, 3},
	{__PNR_semtimedop, 0, IPC, IPC_MASK, 4},
	{__PNR_msgsnd, 400, IPC, IPC_MASK, 11},
	{__PNR_msgrcv, 401, IPC, IPC_MASK, 12},
	{__PNR_msgget, 399, IPC, IPC_MASK, 13},
	{__PNR_msgctl, 402, IPC, IPC_MASK, 14},
	{__PNR_shmat, 397, IPC, IPC_MASK, 21},
	{__PNR_shmdt, 398, IPC, IPC_MASK, 22},
	{__PNR_shmget, 395, IPC, IPC_MASK, 23},
	{__PNR_shmctl, 396, IPC, IPC_MASK, 24},
};

/*
 * The arguments that are narrower than a register, by the kernel's SYSCALL_DEFINE: i is an int, an
 * unsigned int or a typedef of one (a descriptor, a pid, an id, a clock, a key), m a mode_t of 16
 * bits, - is of full width.
 *
 * Only calls are listed whose arguments a profile may want to compare, and only where the signature
 * is the same on all architectures. An argument that is missing is compared by all 64 bits, as
 * libseccomp does with every argument. Some are missing on purpose, because the kernel does see all
 * 64 bits: the flags of unshare and mount, the protection and flags of mmap and mprotect, the
 * request of ptrace. The flags of clone are an unsigned long too, but the kernel only takes
 * lower_32_bits() of it.
 */
static const struct signature {
	const char *types, *names;
} signatures[] = {
	{"i",
	 " clone close dup epoll_create1 exit exit_group inotify_init1 iopl mlockall personality "
	 "setfsgid setfsuid setgid setuid umask userfaultfd "},
	{"ii",
	 " dup2 eventfd2 fanotify_init getpriority ioprio_get kill landlock_restrict_self listen "
	 "msgget pidfd_open setns setpgid setregid setreuid shutdown timerfd_create tkill "},
	{"iii",
	 " close_range dup3 fchown fsmount ioprio_set membarrier pidfd_getfd semget setpriority "
	 "setresgid setresuid socket socketpair tgkill "},
	{"im", " fchmod "},
	{"-m", " chmod creat mkdir "},
	{"-mi", " mknod "},
	{"-im", " open "},
	{"i-m", " fchmodat mkdirat "},
	{"i-mi", " fchmodat2 mknodat "},
	{"i-im", " openat "},
	{"-i",
	 " delete_module fsopen memfd_create pipe2 setdomainname sethostname swapon umount2 "},
	{"-ii", " chown lchown "},
	{"-ii--i", " futex "},
	{"-iii", " perf_event_open "},
	{"i--",
	 " accept arch_prctl clock_adjtime clock_getres clock_gettime clock_settime "
	 "getrlimit io_uring_setup keyctl modify_ldt prctl process_vm_readv process_vm_writev "
	 "read readv setrlimit write writev "},
	{"i-i",
	 " bind bpf connect faccessat finit_module fspick lseek mount_setattr open_by_handle_at "
	 "open_tree quotactl recvmsg sched_setattr sendmsg shmat shmget syslog unlinkat wait4 "},
	{"ii-", " clock_nanosleep fcntl ioctl kexec_file_load msgctl prlimit64 rt_sigqueueinfo "
		"sched_setscheduler seccomp shmctl "},
	{"iii-", " getsockopt kcmp reboot rt_tgsigqueueinfo semctl "},
	{"iii-i", " setsockopt "},
	{"iiii", " io_uring_enter "},
	{"ii-i", " io_uring_register pidfd_send_signal waitid "},
	{"ii--i", " fsconfig "},
	{"i-ii", " faccessat2 recvmmsg sendmmsg statx "},
	{"i-iii", " fchownat "},
	{"i-i-i", " linkat move_mount renameat2 "},
	{"i--i", " accept4 msgsnd newfstatat recvfrom signalfd4 "},
	{"i--i-i", " sendto "},
	{"i---i", " execveat msgrcv "},
	{"---i", " request_key "},
	{"----i", " add_key "},
	{"--i", " getrandom landlock_create_ruleset madvise mlock2 "},
};

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; length && (at = strstr(at, word)); at += length)
		if (at[-1] == ' ' && at[length] == ' ')
			return true;
	return false;
}

static const char *signature_of(const char *name)
{
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
		if (has_word(signatures[i].names, name))
			return signatures[i].types;
	return "";
}

uint64_t seccomp_argument_mask(const struct seccomp_abi *abi, const struct seccomp_call *call,
			       unsigned index)
{
	char type = strlen(call->types) > index ? call->types[index] : '-';

	if (type == 'm')
		return UINT16_MAX;
	return type == 'i' || abi->narrow ? UINT32_MAX : UINT64_MAX;
}

uint32_t seccomp_answer(uint64_t action, const uint32_t *number)
{
	uint32_t value = (uint32_t)action;

	if (value == SECCOMP_RET_ERRNO || value == SECCOMP_RET_TRACE)
		value |= (number ? *number : EPERM) & SECCOMP_RET_DATA;
	return value;
}

static const struct seccomp_abi *find_abi(uint64_t token)
{
	for (size_t i = 0; i < sizeof abis / sizeof *abis; i++)
		if (abis[i].token == token && abis[i].machine == seccomp_arch_native())
			return &abis[i];
	return NULL;
}

static bool is_listed(const struct seccomp_calls *calls, const struct seccomp_abi *abi)
{
	for (size_t i = 0; i < calls->count; i++)
		if (calls->at[i].abi == abi)
			return true;
	return false;
}

static int choose_architectures(const struct seccomp *profile, struct arena *arena,
				struct seccomp_calls *calls, struct warnings *warnings,
				struct error *err)
{
	const struct seccomp_abi *native = find_abi(seccomp_arch_native());

	if (!native)
		return error_set(err, ENOTSUP, "not supported on this architecture");
	*calls = (struct seccomp_calls){.count = 1, .at[0].abi = native};
	for (size_t i = 0; i < profile->architectures.count; i++) {
		uint64_t token = profile->architectures.at[i];
		const struct seccomp_abi *abi = find_abi(token);

		if (!abi)
			warnings_add(warnings, arena, CONTAINER_LOG_DEBUG,
				     "linux.seccomp: %s is left out: it cannot run here",
				     words_name(&seccomp_architecture_words, token));
		else if (!is_listed(calls, abi))
			calls->at[calls->count++].abi = abi;
	}
	return 0;
}

static bool is_permissive(uint64_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* The calls of an architecture while they are being found. */
struct finding {
	const struct seccomp_abi *abi;
	struct seccomp_call *calls;
	size_t count;
	struct warnings *warnings;
	struct arena *arena;
};

/* A name that is unknown is no error in itself: profiles name the calls of all architectures and of
 * newer kernels. */
static int report_unknown(struct finding *finding, const struct seccomp *profile, size_t i,
			  size_t j, struct error *err)
{
	const struct seccomp_syscall *syscall = &profile->syscalls.at[i];
	const char *name = syscall->names.at[j];

	if (is_permissive(profile->defaultAction) && !is_permissive(syscall->action))
		return error_set(err, EINVAL,
				 "syscalls[%zu].names[%zu]: unknown system call \"%s\" cannot be "
				 "filtered, and would be allowed",
				 i, j, show(name).text);
	warnings_add(
		finding->warnings, finding->arena, CONTAINER_LOG_DEBUG,
		"linux.seccomp: syscalls[%zu].names[%zu]: unknown system call \"%s\" is left out",
		i, j, show(name).text);
	return 0;
}

static const struct multiplexed *find_multiplexed(const struct seccomp_abi *abi, int number)
{
	if (abi->token != SCMP_ARCH_X86)
		return NULL;
	for (size_t i = 0; i < sizeof multiplexed_calls / sizeof *multiplexed_calls; i++) {
		const struct multiplexed *row = &multiplexed_calls[i];

		if (row->pseudo == number || (row->direct && row->direct == number))
			return row;
	}
	return NULL;
}

static uint64_t sort_key(const struct seccomp_call *call)
{
	return (uint64_t)call->number << 32 | call->order;
}

static int compare_calls(const void *a, const void *b)
{
	uint64_t one = sort_key(a), other = sort_key(b);

	return (one > other) - (one < other);
}

static void add_call(struct finding *finding, struct seccomp_call call, int number)
{
	if (number < 0) /* the architecture lacks the call */
		return;
	call.number = (uint32_t)number;
	finding->calls[finding->count++] = call;
}

/* Add at most two calls: the one of that number, and the one by its multiplexer. */
static void add_number(struct finding *finding, struct seccomp_call call, int number)
{
	const struct multiplexed *row = find_multiplexed(finding->abi, number);

	if (!row) {
		add_call(finding, call, number);
		return;
	}
	add_call(finding, call, row->direct ? row->direct : -1);
	call.selector = row->selector;
	call.selector_mask = row->mask;
	add_call(finding, call, (int)row->multiplexer);
}

/* Names that libseccomp does not know at all are reported once, for the machine's architecture. */
static int add_names(struct finding *finding, const struct seccomp *profile, size_t i,
		     uint32_t *order, struct error *err)
{
	const struct seccomp_syscall *syscall = &profile->syscalls.at[i];

	for (size_t j = 0; j < syscall->names.count; j++) {
		const char *name = syscall->names.at[j];
		struct seccomp_call call = {
			.order = (*order)++,
			.rule = (uint32_t)i,
			.name = name,
			.types = syscall->args.count > 0 ? signature_of(name) : "",
		};
		int number = seccomp_syscall_resolve_name_arch(finding->abi->token, name);

		if (number != __NR_SCMP_ERROR)
			add_number(finding, call, number);
		else if (finding->abi->token == finding->abi->machine &&
			 report_unknown(finding, profile, i, j, err) < 0)
			return -err->code;
	}
	return 0;
}

static int find_calls(const struct seccomp *profile, struct arena *arena,
		      struct seccomp_architecture *architecture, struct warnings *warnings,
		      struct error *err)
{
	struct finding finding = {.abi = architecture->abi, .warnings = warnings, .arena = arena};
	size_t names = 0;
	uint32_t order = 0;

	for (size_t i = 0; i < profile->syscalls.count; i++)
		names += profile->syscalls.at[i].names.count;
	if (finding.abi->token == SCMP_ARCH_X86)
		names *= 2; /* a multiplexed call is two */
	finding.calls = arena_array(arena, names, sizeof *finding.calls);
	for (size_t i = 0; i < profile->syscalls.count; i++)
		if (add_names(&finding, profile, i, &order, err) < 0)
			return -err->code;
	qsort(finding.calls, finding.count, sizeof *finding.calls, compare_calls);
	architecture->calls = finding.calls;
	architecture->count = finding.count;
	return 0;
}

int seccomp_resolve(const struct seccomp *profile, struct arena *arena, struct seccomp_calls *calls,
		    struct warnings *warnings, struct error *err)
{
	if (choose_architectures(profile, arena, calls, warnings, err) < 0)
		return -err->code;
	for (size_t i = 0; i < calls->count; i++)
		if (find_calls(profile, arena, &calls->at[i], warnings, err) < 0)
			return -err->code;
	return 0;
}
