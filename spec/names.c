/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/names.h"

#include <ctype.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* The headers of the oldest supported system lack these. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif
#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef MPOL_WEIGHTED_INTERLEAVE
#define MPOL_WEIGHTED_INTERLEAVE 6
#endif
#ifndef MPOL_PREFERRED_MANY
#define MPOL_PREFERRED_MANY 5
#endif
#ifndef MPOL_F_NUMA_BALANCING
#define MPOL_F_NUMA_BALANCING (1 << 13)
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef AUDIT_ARCH_LOONGARCH64
#define AUDIT_ARCH_LOONGARCH64 (258 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)
#endif
#ifndef MS_LAZYTIME
#define MS_LAZYTIME (1UL << 25)
#endif
#define SCHED_ISO_POLICY 4 /* reserved by the kernel, never implemented */

/* The kernel tells x32 from x86_64 by a bit of the number, not by the architecture; libseccomp has
 * a token of its own for it. */
#define SCMP_ARCH_X32_TOKEN (EM_X86_64 | __AUDIT_ARCH_LE)

#define WORDS(variable, description)                                                               \
	const struct words variable##_words = {description, variable##_table,                      \
					       sizeof variable##_table / sizeof *variable##_table}

static const struct word namespace_table[] = {
	{"pid", NAMESPACE_PID},       {"network", NAMESPACE_NETWORK},
	{"mount", NAMESPACE_MOUNT},   {"ipc", NAMESPACE_IPC},
	{"uts", NAMESPACE_UTS},       {"user", NAMESPACE_USER},
	{"cgroup", NAMESPACE_CGROUP}, {"time", NAMESPACE_TIME, .unsupported = true},
};
WORDS(namespace, "namespace");

static const struct word namespace_flag_table[] = {
	{"pid", CLONE_NEWPID},       {"net", CLONE_NEWNET},   {"mnt", CLONE_NEWNS},
	{"ipc", CLONE_NEWIPC},       {"uts", CLONE_NEWUTS},   {"user", CLONE_NEWUSER},
	{"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME},
};
WORDS(namespace_flag, "namespace");

#define CAPABILITY(name)                                                                           \
	{                                                                                          \
#name, name                                                                        \
	}
static const struct word capability_table[] = {
	CAPABILITY(CAP_CHOWN),
	CAPABILITY(CAP_DAC_OVERRIDE),
	CAPABILITY(CAP_DAC_READ_SEARCH),
	CAPABILITY(CAP_FOWNER),
	CAPABILITY(CAP_FSETID),
	CAPABILITY(CAP_KILL),
	CAPABILITY(CAP_SETGID),
	CAPABILITY(CAP_SETUID),
	CAPABILITY(CAP_SETPCAP),
	CAPABILITY(CAP_LINUX_IMMUTABLE),
	CAPABILITY(CAP_NET_BIND_SERVICE),
	CAPABILITY(CAP_NET_BROADCAST),
	CAPABILITY(CAP_NET_ADMIN),
	CAPABILITY(CAP_NET_RAW),
	CAPABILITY(CAP_IPC_LOCK),
	CAPABILITY(CAP_IPC_OWNER),
	CAPABILITY(CAP_SYS_MODULE),
	CAPABILITY(CAP_SYS_RAWIO),
	CAPABILITY(CAP_SYS_CHROOT),
	CAPABILITY(CAP_SYS_PTRACE),
	CAPABILITY(CAP_SYS_PACCT),
	CAPABILITY(CAP_SYS_ADMIN),
	CAPABILITY(CAP_SYS_BOOT),
	CAPABILITY(CAP_SYS_NICE),
	CAPABILITY(CAP_SYS_RESOURCE),
	CAPABILITY(CAP_SYS_TIME),
	CAPABILITY(CAP_SYS_TTY_CONFIG),
	CAPABILITY(CAP_MKNOD),
	CAPABILITY(CAP_LEASE),
	CAPABILITY(CAP_AUDIT_WRITE),
	CAPABILITY(CAP_AUDIT_CONTROL),
	CAPABILITY(CAP_SETFCAP),
	CAPABILITY(CAP_MAC_OVERRIDE),
	CAPABILITY(CAP_MAC_ADMIN),
	CAPABILITY(CAP_SYSLOG),
	CAPABILITY(CAP_WAKE_ALARM),
	CAPABILITY(CAP_BLOCK_SUSPEND),
	CAPABILITY(CAP_AUDIT_READ),
	CAPABILITY(CAP_PERFMON),
	CAPABILITY(CAP_BPF),
	CAPABILITY(CAP_CHECKPOINT_RESTORE),
};
WORDS(capability, "capability");

#define RLIMIT(name)                                                                               \
	{                                                                                          \
#name, name                                                                        \
	}
static const struct word rlimit_table[] = {
	RLIMIT(RLIMIT_AS),      RLIMIT(RLIMIT_CORE),     RLIMIT(RLIMIT_CPU),
	RLIMIT(RLIMIT_DATA),    RLIMIT(RLIMIT_FSIZE),    RLIMIT(RLIMIT_LOCKS),
	RLIMIT(RLIMIT_MEMLOCK), RLIMIT(RLIMIT_MSGQUEUE), RLIMIT(RLIMIT_NICE),
	RLIMIT(RLIMIT_NOFILE),  RLIMIT(RLIMIT_NPROC),    RLIMIT(RLIMIT_RSS),
	RLIMIT(RLIMIT_RTPRIO),  RLIMIT(RLIMIT_RTTIME),   RLIMIT(RLIMIT_SIGPENDING),
	RLIMIT(RLIMIT_STACK),
};
WORDS(rlimit, "rlimit");

static const struct word propagation_table[] = {
	{"shared", MS_SHARED},
	{"slave", MS_SLAVE},
	{"private", MS_PRIVATE},
	{"unbindable", MS_UNBINDABLE},
	{"rshared", MS_SHARED | MS_REC},
	{"rslave", MS_SLAVE | MS_REC},
	{"rprivate", MS_PRIVATE | MS_REC},
	{"runbindable", MS_UNBINDABLE | MS_REC},
};
WORDS(propagation, "propagation");

static const struct word device_type_table[] = {
	{"c", S_IFCHR},
	{"b", S_IFBLK},
	{"p", S_IFIFO},
	{"u", S_IFCHR},
};
WORDS(device_type, "device type");

static const struct word device_rule_type_table[] = {{"a", 'a'}, {"b", 'b'}, {"c", 'c'}};
WORDS(device_rule_type, "device type");

static const struct word seccomp_action_table[] = {
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF},
};
WORDS(seccomp_action, "seccomp action");

static const struct word seccomp_operator_table[] = {
	{"SCMP_CMP_NE", SECCOMP_NE},
	{"SCMP_CMP_LT", SECCOMP_LT},
	{"SCMP_CMP_LE", SECCOMP_LE},
	{"SCMP_CMP_EQ", SECCOMP_EQ},
	{"SCMP_CMP_GE", SECCOMP_GE},
	{"SCMP_CMP_GT", SECCOMP_GT},
	{"SCMP_CMP_MASKED_EQ", SECCOMP_MASKED_EQ},
};
WORDS(seccomp_operator, "seccomp operator");

static const struct word seccomp_architecture_table[] = {
	{"SCMP_ARCH_X86", AUDIT_ARCH_I386},
	{"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64},
	{"SCMP_ARCH_X32", SCMP_ARCH_X32_TOKEN},
	{"SCMP_ARCH_ARM", AUDIT_ARCH_ARM},
	{"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64},
	{"SCMP_ARCH_LOONGARCH64", AUDIT_ARCH_LOONGARCH64},
	{"SCMP_ARCH_M68K", AUDIT_ARCH_M68K},
	{"SCMP_ARCH_MIPS", AUDIT_ARCH_MIPS},
	{"SCMP_ARCH_MIPS64", AUDIT_ARCH_MIPS64},
	{"SCMP_ARCH_MIPS64N32", AUDIT_ARCH_MIPS64N32},
	{"SCMP_ARCH_MIPSEL", AUDIT_ARCH_MIPSEL},
	{"SCMP_ARCH_MIPSEL64", AUDIT_ARCH_MIPSEL64},
	{"SCMP_ARCH_MIPSEL64N32", AUDIT_ARCH_MIPSEL64N32},
	{"SCMP_ARCH_PARISC", AUDIT_ARCH_PARISC},
	{"SCMP_ARCH_PARISC64", AUDIT_ARCH_PARISC64},
	{"SCMP_ARCH_PPC", AUDIT_ARCH_PPC},
	{"SCMP_ARCH_PPC64", AUDIT_ARCH_PPC64},
	{"SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE},
	{"SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64},
	{"SCMP_ARCH_S390", AUDIT_ARCH_S390},
	{"SCMP_ARCH_S390X", AUDIT_ARCH_S390X},
	{"SCMP_ARCH_SH", AUDIT_ARCH_SHEL},
	{"SCMP_ARCH_SHEB", AUDIT_ARCH_SH},
};
WORDS(seccomp_architecture, "seccomp architecture");

#define SECCOMP_FLAG(name)                                                                         \
	{                                                                                          \
#name, name                                                                        \
	}
static const struct word seccomp_flag_table[] = {
	SECCOMP_FLAG(SECCOMP_FILTER_FLAG_TSYNC),
	SECCOMP_FLAG(SECCOMP_FILTER_FLAG_LOG),
	SECCOMP_FLAG(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
	SECCOMP_FLAG(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV),
};
WORDS(seccomp_flag, "seccomp flag");

static const struct word scheduler_policy_table[] = {
	{"SCHED_OTHER", SCHED_NORMAL},
	{"SCHED_FIFO", SCHED_FIFO},
	{"SCHED_RR", SCHED_RR},
	{"SCHED_BATCH", SCHED_BATCH},
	{"SCHED_ISO", SCHED_ISO_POLICY},
	{"SCHED_IDLE", SCHED_IDLE},
	{"SCHED_DEADLINE", SCHED_DEADLINE},
};
WORDS(scheduler_policy, "scheduling policy");

#define SCHEDULER_FLAG(name)                                                                       \
	{                                                                                          \
#name, name                                                                        \
	}
static const struct word scheduler_flag_table[] = {
	SCHEDULER_FLAG(SCHED_FLAG_RESET_ON_FORK),  SCHEDULER_FLAG(SCHED_FLAG_RECLAIM),
	SCHEDULER_FLAG(SCHED_FLAG_DL_OVERRUN),     SCHEDULER_FLAG(SCHED_FLAG_KEEP_POLICY),
	SCHEDULER_FLAG(SCHED_FLAG_KEEP_PARAMS),    SCHEDULER_FLAG(SCHED_FLAG_UTIL_CLAMP_MIN),
	SCHEDULER_FLAG(SCHED_FLAG_UTIL_CLAMP_MAX),
};
WORDS(scheduler_flag, "scheduling flag");

static const struct word io_class_table[] = {
	{"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
	{"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
	{"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
};
WORDS(io_class, "I/O priority class");

static const struct word memory_policy_table[] = {
	{"MPOL_DEFAULT", MPOL_DEFAULT},
	{"MPOL_BIND", MPOL_BIND},
	{"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
	{"MPOL_WEIGHTED_INTERLEAVE", MPOL_WEIGHTED_INTERLEAVE},
	{"MPOL_PREFERRED", MPOL_PREFERRED},
	{"MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY},
	{"MPOL_LOCAL", MPOL_LOCAL},
};
WORDS(memory_policy, "memory policy");

static const struct word memory_policy_flag_table[] = {
	{"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
	{"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
	{"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
};
WORDS(memory_policy_flag, "memory policy flag");

static const struct word personality_table[] = {{"LINUX", PER_LINUX}, {"LINUX32", PER_LINUX32}};
WORDS(personality, "execution domain");

#define SIGNAL(name)                                                                               \
	{                                                                                          \
#name, name                                                                        \
	}
static const struct word signal_table[] = {
	SIGNAL(SIGHUP),    SIGNAL(SIGINT),   SIGNAL(SIGQUIT),     SIGNAL(SIGILL),
	SIGNAL(SIGTRAP),   SIGNAL(SIGABRT),  SIGNAL(SIGIOT),      SIGNAL(SIGBUS),
	SIGNAL(SIGFPE),    SIGNAL(SIGKILL),  SIGNAL(SIGUSR1),     SIGNAL(SIGSEGV),
	SIGNAL(SIGUSR2),   SIGNAL(SIGPIPE),  SIGNAL(SIGALRM),     SIGNAL(SIGTERM),
	SIGNAL(SIGSTKFLT), SIGNAL(SIGCHLD),  {"SIGCLD", SIGCHLD}, SIGNAL(SIGCONT),
	SIGNAL(SIGSTOP),   SIGNAL(SIGTSTP),  SIGNAL(SIGTTIN),     SIGNAL(SIGTTOU),
	SIGNAL(SIGURG),    SIGNAL(SIGXCPU),  SIGNAL(SIGXFSZ),     SIGNAL(SIGVTALRM),
	SIGNAL(SIGPROF),   SIGNAL(SIGWINCH), SIGNAL(SIGIO),       {"SIGPOLL", SIGIO},
	SIGNAL(SIGPWR),    SIGNAL(SIGSYS),
};
WORDS(signal, "signal");

static const struct word hook_table[] = {
	{"prestart", HOOK_PRESTART},
	{"createRuntime", HOOK_CREATE_RUNTIME},
	{"createContainer", HOOK_CREATE_CONTAINER},
	{"startContainer", HOOK_START_CONTAINER},
	{"poststart", HOOK_POSTSTART},
	{"poststop", HOOK_POSTSTOP},
};
WORDS(hook, "hook");

const struct word *words_row(const struct words *words, const char *name)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->at[i].name, name) == 0)
			return &words->at[i];
	return NULL;
}

bool words_find(const struct words *words, const char *name, uint64_t *value)
{
	const struct word *word = words_row(words, name);

	if (word)
		*value = word->value;
	return word;
}

/* A name from which so many edits lead to another is simply another word. */
enum { EDITS_MAX = 3 };

/* Return: how many edits lead from one word to the other; any number above limit when there are
 * more */
static unsigned distance(const char *a, const char *b, unsigned limit)
{
	enum { LONGEST = 64 };
	unsigned row[LONGEST + 1];
	size_t length = strlen(b);

	if (length > LONGEST || strlen(a) > LONGEST)
		return limit + 1;
	for (size_t j = 0; j <= length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= length; j++) {
			unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);
			unsigned shortest = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

			diagonal = row[j];
			row[j] = replaced < shortest ? replaced : shortest;
		}
	}
	return row[length];
}

const char *name_closer(const char *closest, const char *name, const char *given)
{
	unsigned least = closest ? distance(given, closest, EDITS_MAX) : EDITS_MAX;
	unsigned edits = distance(given, name, least);

	return edits < least && edits < strlen(given) ? name : closest;
}

const char *words_closest(const struct words *words, const char *name)
{
	const char *closest = NULL;

	for (size_t i = 0; i < words->count; i++)
		closest = name_closer(closest, words->at[i].name, name);
	return closest;
}

const char *words_name(const struct words *words, uint64_t value)
{
	for (size_t i = 0; i < words->count; i++)
		if (words->at[i].value == value)
			return words->at[i].name;
	return NULL;
}

void words_print(const struct words *words, uint64_t mask, FILE *out)
{
	for (size_t i = 0; i < words->count; i++)
		if (mask & words->at[i].value)
			fprintf(out, " %s", words->at[i].name);
}

bool words_supported(const struct words *words, uint64_t value)
{
	const struct word *word = words_row(words, words_name(words, value));

	return !word->unsupported;
}

/* Return: the decimal number that a text is, when it is in range; else -1 */
static int parse_number(const char *text, int least, int most)
{
	char *end;
	long number;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	return errno || *end || number < least || number > most ? -1 : (int)number;
}

/* Find a real-time signal: "RTMIN", "RTMIN+3", "RTMAX-1". The kernel's numbers are 32 to 64, of
 * which libc keeps the first two for itself. */
static int find_realtime(const char *name)
{
	int base = strncasecmp(name, "RTMIN", 5) == 0   ? SIGRTMIN
		   : strncasecmp(name, "RTMAX", 5) == 0 ? SIGRTMAX
							: -1;
	int offset;

	if (base < 0 || !name[5])
		return base;
	if (name[5] != (base == SIGRTMIN ? '+' : '-'))
		return -1;
	offset = parse_number(name + 6, 0, SIGRTMAX - SIGRTMIN);
	return offset < 0 ? -1 : base == SIGRTMIN ? base + offset : base - offset;
}

int signal_find(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;

	if (isdigit((unsigned char)*text))
		return parse_number(text, 0, SIGRTMAX);
	for (size_t i = 0; i < signal_words.count; i++)
		if (strcasecmp(signal_words.at[i].name + 3, name) == 0)
			return (int)signal_words.at[i].value;
	return find_realtime(name);
}

/*
 * A word that sets an attribute, and its opposite. An access time word replaces whatever stood in
 * the three-bit field before: clearing only its own bit would leave a mixture that the kernel
 * refuses.
 */
#define SETS(name, bit)                                                                            \
	{name, MOUNT_OPTION_ATTRIBUTE, MOUNT_ATTR_##bit, 0},                                       \
	{                                                                                          \
		"r" name, MOUNT_OPTION_RECURSIVE_ATTRIBUTE, MOUNT_ATTR_##bit, 0                    \
	}
#define CLEARS(name, bit)                                                                          \
	{name, MOUNT_OPTION_ATTRIBUTE, 0, MOUNT_ATTR_##bit},                                       \
	{                                                                                          \
		"r" name, MOUNT_OPTION_RECURSIVE_ATTRIBUTE, 0, MOUNT_ATTR_##bit                    \
	}
#define ATIME(name, value)                                                                         \
	{name, MOUNT_OPTION_ATTRIBUTE, value, MOUNT_ATTR__ATIME},                                  \
	{                                                                                          \
		"r" name, MOUNT_OPTION_RECURSIVE_ATTRIBUTE, value, MOUNT_ATTR__ATIME               \
	}
#define SUPERBLOCK(name, flag)                                                                     \
	{                                                                                          \
		name, MOUNT_OPTION_SUPERBLOCK, flag, 0                                             \
	}
#define NO_SUPERBLOCK(name, flag)                                                                  \
	{                                                                                          \
		name, MOUNT_OPTION_SUPERBLOCK, 0, flag                                             \
	}
#define PROPAGATION(name, flag)                                                                    \
	{name, MOUNT_OPTION_PROPAGATION, flag, 0},                                                 \
	{                                                                                          \
		"r" name, MOUNT_OPTION_PROPAGATION, (flag) | MS_REC, 0                             \
	}
#define NOTHING(name)                                                                              \
	{                                                                                          \
		name, MOUNT_OPTION_NOTHING, 0, 0                                                   \
	}
#define MODE(name, set, clear)                                                                     \
	{                                                                                          \
		name, MOUNT_OPTION_MODE, set, clear                                                \
	}

const struct mount_option mount_option_table[] = {
	SETS("ro", RDONLY),
	CLEARS("rw", RDONLY),
	SETS("nosuid", NOSUID),
	CLEARS("suid", NOSUID),
	SETS("nodev", NODEV),
	CLEARS("dev", NODEV),
	SETS("noexec", NOEXEC),
	CLEARS("exec", NOEXEC),
	SETS("nodiratime", NODIRATIME),
	CLEARS("diratime", NODIRATIME),
	SETS("nosymfollow", NOSYMFOLLOW),
	CLEARS("symfollow", NOSYMFOLLOW),
	ATIME("relatime", MOUNT_ATTR_RELATIME),
	ATIME("noatime", MOUNT_ATTR_NOATIME),
	ATIME("strictatime", MOUNT_ATTR_STRICTATIME),
	/* The opposites fall back to the kernel's default, relatime. */
	ATIME("atime", MOUNT_ATTR_RELATIME),
	ATIME("norelatime", MOUNT_ATTR_RELATIME),
	ATIME("nostrictatime", MOUNT_ATTR_RELATIME),
	SUPERBLOCK("sync", MS_SYNCHRONOUS),
	NO_SUPERBLOCK("async", MS_SYNCHRONOUS),
	SUPERBLOCK("dirsync", MS_DIRSYNC),
	SUPERBLOCK("lazytime", MS_LAZYTIME),
	NO_SUPERBLOCK("nolazytime", MS_LAZYTIME),
	SUPERBLOCK("iversion", MS_I_VERSION),
	NO_SUPERBLOCK("noiversion", MS_I_VERSION),
	SUPERBLOCK("mand", MS_MANDLOCK),
	NO_SUPERBLOCK("nomand", MS_MANDLOCK),
	SUPERBLOCK("silent", MS_SILENT),
	NO_SUPERBLOCK("loud", MS_SILENT),
	PROPAGATION("shared", MS_SHARED),
	PROPAGATION("slave", MS_SLAVE),
	PROPAGATION("private", MS_PRIVATE),
	PROPAGATION("unbindable", MS_UNBINDABLE),
	MODE("bind", MOUNT_MODE_BIND, 0),
	MODE("rbind", MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE, 0),
	MODE("remount", MOUNT_MODE_REMOUNT, 0),
	NOTHING("defaults"),
	MODE("idmap", MOUNT_MODE_IDMAP, MOUNT_MODE_IDMAP_BELOW),
	MODE("ridmap", MOUNT_MODE_IDMAP | MOUNT_MODE_IDMAP_BELOW, 0),
	MODE("tmpcopyup", MOUNT_MODE_TMPCOPYUP, 0),
	MODE("copy-symlink", MOUNT_MODE_COPY_SYMLINK, 0),
	MODE("src-nofollow", MOUNT_MODE_SRC_NOFOLLOW, 0),
	MODE("dest-nofollow", MOUNT_MODE_DEST_NOFOLLOW, 0),
};

const size_t mount_option_count = sizeof mount_option_table / sizeof *mount_option_table;

const struct mount_option *mount_option_find(const char *name)
{
	for (size_t i = 0; i < mount_option_count; i++)
		if (strcmp(mount_option_table[i].name, name) == 0)
			return &mount_option_table[i];
	return NULL;
}
