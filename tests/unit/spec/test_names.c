/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/names.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <linux/audit.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
	const struct words *words;
	size_t count;
} vocabularies[] = {
	{&namespace_words, 8},
	{&namespace_flag_words, 8},
	{&capability_words, 41},
	{&rlimit_words, 16},
	{&propagation_words, 8},
	{&device_type_words, 4},
	{&device_rule_type_words, 3},
	{&seccomp_action_words, 9},
	{&seccomp_operator_words, 7},
	{&seccomp_architecture_words, 23},
	{&seccomp_flag_words, 4},
	{&scheduler_policy_words, 7},
	{&scheduler_flag_words, 7},
	{&io_class_words, 3},
	{&memory_policy_words, 7},
	{&memory_policy_flag_words, 3},
	{&personality_words, 2},
	{&signal_words, 34},
	{&hook_words, 6},
};

Test(names, every_vocabulary_is_complete_and_has_no_word_twice)
{
	for (size_t i = 0; i < COUNT(vocabularies); i++) {
		const struct words *words = vocabularies[i].words;

		cr_expect_eq(words->count, vocabularies[i].count, "%s: %zu", words->what,
			     words->count);
		for (size_t j = 0; j < words->count; j++)
			for (size_t k = 0; k < j; k++)
				cr_expect_str_neq(words->at[j].name, words->at[k].name);
	}
}

Test(names, every_word_is_found)
{
	for (size_t i = 0; i < COUNT(vocabularies); i++) {
		const struct words *words = vocabularies[i].words;

		for (size_t j = 0; j < words->count; j++) {
			const struct word *word = &words->at[j];
			uint64_t value = ~word->value;

			cr_expect(words_find(words, word->name, &value));
			cr_expect_eq(value, word->value, "%s", word->name);
			cr_expect_eq(words_row(words, word->name), word);
			cr_expect_not_null(words_name(words, word->value));
		}
	}
}

Test(names, only_exact_words_are_found)
{
	static const char *const strange[] = {"", "PID", "pid ", " pid", "pi", "pidpid", "x", "\n"};

	for (size_t i = 0; i < COUNT(strange); i++) {
		uint64_t value = 42;

		cr_expect_not(words_find(&namespace_words, strange[i], &value));
		cr_expect_eq(value, 42);
		cr_expect_null(words_row(&namespace_words, strange[i]));
	}
	cr_expect_null(words_name(&namespace_words, NAMESPACE_KINDS));
}

Test(names, the_first_name_of_a_value)
{
	cr_expect_str_eq(words_name(&seccomp_action_words, 0), "SCMP_ACT_KILL");
	cr_expect_str_eq(words_name(&device_type_words, S_IFCHR), "c");
	cr_expect_str_eq(words_name(&signal_words, SIGABRT), "SIGABRT");
	cr_expect_str_eq(words_name(&propagation_words, MS_SLAVE), "slave");
}

Test(names, rows_that_stand_by_their_index)
{
	static const uint64_t flags[] = {
		[NAMESPACE_PID] = CLONE_NEWPID,       [NAMESPACE_NETWORK] = CLONE_NEWNET,
		[NAMESPACE_MOUNT] = CLONE_NEWNS,      [NAMESPACE_IPC] = CLONE_NEWIPC,
		[NAMESPACE_UTS] = CLONE_NEWUTS,       [NAMESPACE_USER] = CLONE_NEWUSER,
		[NAMESPACE_CGROUP] = CLONE_NEWCGROUP, [NAMESPACE_TIME] = 0x80,
	};

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++) {
		cr_expect_eq(namespace_words.at[kind].value, kind);
		cr_expect_eq(namespace_flag_words.at[kind].value, flags[kind]);
	}
	for (unsigned capability = 0; capability < capability_words.count; capability++)
		cr_expect_eq(capability_words.at[capability].value, capability);
	for (unsigned hook = 0; hook < hook_words.count; hook++)
		cr_expect_eq(hook_words.at[hook].value, hook);
}

Test(names, capabilities_are_those_of_libcap)
{
	for (size_t i = 0; i < capability_words.count; i++) {
		const char *name = capability_words.at[i].name;
		cap_value_t value = -1;

		cr_expect_eq(cap_from_name(name, &value), 0, "%s", name);
		cr_expect_eq((uint64_t)value, capability_words.at[i].value, "%s", name);
	}
}

/* libseccomp calls SCMP_ARCH_X86_64 "x86_64". */
Test(names, architectures_are_those_of_libseccomp)
{
	for (size_t i = 0; i < seccomp_architecture_words.count; i++) {
		const struct word *word = &seccomp_architecture_words.at[i];
		char name[32] = "";
		uint32_t token;

		for (size_t j = 0; word->name[10 + j]; j++)
			name[j] = (char)tolower((unsigned char)word->name[10 + j]);
		token = seccomp_arch_resolve_name(name);
		/* An older libseccomp does not know the newer ones. */
		cr_expect(token == 0 || token == word->value, "%s: %#x", name, token);
	}
}

static const struct {
	const struct words *words;
	const char *name;
	uint64_t value;
} values[] = {
	{&seccomp_architecture_words, "SCMP_ARCH_X86", 0x40000003},
	{&seccomp_architecture_words, "SCMP_ARCH_X86_64", 0xc000003e},
	{&seccomp_architecture_words, "SCMP_ARCH_X32", 0x4000003e},
	{&seccomp_architecture_words, "SCMP_ARCH_ARM", 0x40000028},
	{&seccomp_architecture_words, "SCMP_ARCH_AARCH64", 0xc00000b7},
	{&seccomp_architecture_words, "SCMP_ARCH_MIPS", 0x00000008},
	{&seccomp_architecture_words, "SCMP_ARCH_MIPS64", 0x80000008},
	{&seccomp_architecture_words, "SCMP_ARCH_MIPS64N32", 0xa0000008},
	{&seccomp_architecture_words, "SCMP_ARCH_MIPSEL", 0x40000008},
	{&seccomp_architecture_words, "SCMP_ARCH_MIPSEL64", 0xc0000008},
	{&seccomp_architecture_words, "SCMP_ARCH_MIPSEL64N32", 0xe0000008},
	{&seccomp_architecture_words, "SCMP_ARCH_PPC", 0x00000014},
	{&seccomp_architecture_words, "SCMP_ARCH_PPC64", 0x80000015},
	{&seccomp_architecture_words, "SCMP_ARCH_PPC64LE", 0xc0000015},
	{&seccomp_architecture_words, "SCMP_ARCH_S390", 0x00000016},
	{&seccomp_architecture_words, "SCMP_ARCH_S390X", 0x80000016},
	{&seccomp_architecture_words, "SCMP_ARCH_PARISC", 0x0000000f},
	{&seccomp_architecture_words, "SCMP_ARCH_PARISC64", 0x8000000f},
	{&seccomp_architecture_words, "SCMP_ARCH_RISCV64", 0xc00000f3},
	{&seccomp_architecture_words, "SCMP_ARCH_LOONGARCH64", 0xc0000102},
	{&seccomp_architecture_words, "SCMP_ARCH_M68K", 0x00000004},
	{&seccomp_architecture_words, "SCMP_ARCH_SH", 0x4000002a},
	{&seccomp_architecture_words, "SCMP_ARCH_SHEB", 0x0000002a},
	{&seccomp_action_words, "SCMP_ACT_KILL", SCMP_ACT_KILL},
	{&seccomp_action_words, "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
	{&seccomp_action_words, "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
	{&seccomp_action_words, "SCMP_ACT_TRAP", SCMP_ACT_TRAP},
	{&seccomp_action_words, "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
	{&seccomp_action_words, "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
	{&seccomp_action_words, "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
	{&seccomp_action_words, "SCMP_ACT_LOG", SCMP_ACT_LOG},
	{&seccomp_action_words, "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
	{&seccomp_operator_words, "SCMP_CMP_NE", SCMP_CMP_NE},
	{&seccomp_operator_words, "SCMP_CMP_LT", SCMP_CMP_LT},
	{&seccomp_operator_words, "SCMP_CMP_LE", SCMP_CMP_LE},
	{&seccomp_operator_words, "SCMP_CMP_EQ", SCMP_CMP_EQ},
	{&seccomp_operator_words, "SCMP_CMP_GE", SCMP_CMP_GE},
	{&seccomp_operator_words, "SCMP_CMP_GT", SCMP_CMP_GT},
	{&seccomp_operator_words, "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
	{&seccomp_flag_words, "SECCOMP_FILTER_FLAG_TSYNC", 1},
	{&seccomp_flag_words, "SECCOMP_FILTER_FLAG_LOG", 2},
	{&seccomp_flag_words, "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 4},
	{&seccomp_flag_words, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 32},
	{&rlimit_words, "RLIMIT_NOFILE", RLIMIT_NOFILE},
	{&rlimit_words, "RLIMIT_RTTIME", RLIMIT_RTTIME},
	{&scheduler_policy_words, "SCHED_OTHER", 0},
	{&scheduler_policy_words, "SCHED_DEADLINE", 6},
	{&scheduler_flag_words, "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
	{&io_class_words, "IOPRIO_CLASS_RT", 1},
	{&io_class_words, "IOPRIO_CLASS_IDLE", 3},
	{&memory_policy_words, "MPOL_DEFAULT", 0},
	{&memory_policy_words, "MPOL_PREFERRED_MANY", 5},
	{&memory_policy_words, "MPOL_WEIGHTED_INTERLEAVE", 6},
	{&memory_policy_flag_words, "MPOL_F_STATIC_NODES", 1 << 15},
	{&personality_words, "LINUX32", 8},
	{&device_type_words, "u", S_IFCHR},
	{&device_type_words, "b", S_IFBLK},
	{&device_type_words, "p", S_IFIFO},
	{&propagation_words, "unbindable", MS_UNBINDABLE},
};

Test(names, values_are_the_kernels)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		uint64_t value = ~values[i].value;

		cr_expect(words_find(values[i].words, values[i].name, &value), "%s",
			  values[i].name);
		cr_expect_eq(value, values[i].value, "%s: %#lx", values[i].name,
			     (unsigned long)value);
	}
}

static const struct {
	const char *text;
	int signal;
} signals[] = {
	{"1", SIGHUP},
	{"9", SIGKILL},
	{"09", SIGKILL},
	{"64", 64},
	{"0", 0}, /* asks whether the process is there */
	{"KILL", SIGKILL},
	{"SIGKILL", SIGKILL},
	{"sigkill", SIGKILL},
	{"Kill", SIGKILL},
	{"SIGIOT", SIGABRT},
	{"SIGCLD", SIGCHLD},
	{"POLL", SIGIO},
	{"winch", SIGWINCH},
	{"65", -1},
	{"-1", -1},
	{"+9", -1},
	{" 9", -1},
	{"9 ", -1},
	{"9x", -1},
	{"0x9", -1},
	{"99999999999999999999", -1},
	{"", -1},
	{"SIG", -1},
	{"SIGSIGKILL", -1},
	{"KILLED", -1},
	{"SIG9", -1},
	{"RTMIN-1", -1},
	{"RTMAX+1", -1},
	{"RTMIN+", -1},
	{"RTMIN+x", -1},
	{"RTMIN+-1", -1},
	{"RTMIN+31", -1},
	{"RTMAX-31", -1},
	{"RTMID", -1},
};

Test(names, signals_by_number_and_name)
{
	for (size_t i = 0; i < COUNT(signals); i++)
		cr_expect_eq(signal_find(signals[i].text), signals[i].signal, "%s: %d",
			     signals[i].text, signal_find(signals[i].text));
	for (size_t i = 0; i < signal_words.count; i++)
		cr_expect_eq(signal_find(signal_words.at[i].name), (int)signal_words.at[i].value);
}

Test(names, real_time_signals_count_from_both_ends)
{
	cr_expect_eq(signal_find("SIGRTMIN"), SIGRTMIN);
	cr_expect_eq(signal_find("rtmin"), SIGRTMIN);
	cr_expect_eq(signal_find("SIGRTMIN+3"), SIGRTMIN + 3);
	cr_expect_eq(signal_find("RTMAX"), SIGRTMAX);
	cr_expect_eq(signal_find("SIGRTMAX-14"), SIGRTMAX - 14);
	cr_expect_eq(signal_find("RTMIN+30"), SIGRTMAX);
	cr_expect_eq(signal_find("RTMAX-30"), SIGRTMIN);
}

/* config.md, Linux mount options: the table. */
static const char *const specified_options[] = {
	"async",
	"atime",
	"bind",
	"defaults",
	"dev",
	"diratime",
	"dirsync",
	"exec",
	"iversion",
	"lazytime",
	"loud",
	"mand",
	"noatime",
	"nodev",
	"nodiratime",
	"noexec",
	"noiversion",
	"nolazytime",
	"nomand",
	"norelatime",
	"nostrictatime",
	"nosuid",
	"nosymfollow",
	"private",
	"ratime",
	"rbind",
	"rdev",
	"rdiratime",
	"relatime",
	"remount",
	"rexec",
	"rnoatime",
	"rnodev",
	"rnodiratime",
	"rnoexec",
	"rnorelatime",
	"rnostrictatime",
	"rnosuid",
	"rnosymfollow",
	"ro",
	"rprivate",
	"rrelatime",
	"rro",
	"rrw",
	"rshared",
	"rslave",
	"rstrictatime",
	"rsuid",
	"rsymfollow",
	"runbindable",
	"rw",
	"shared",
	"silent",
	"slave",
	"strictatime",
	"suid",
	"symfollow",
	"sync",
	"tmpcopyup",
	"unbindable",
	"idmap",
	"ridmap",
	/* and what another runtime has besides */
	"copy-symlink",
	"src-nofollow",
	"dest-nofollow",
};

Test(names, mount_options_are_those_of_the_specification)
{
	for (size_t i = 0; i < COUNT(specified_options); i++) {
		const struct mount_option *option = mount_option_find(specified_options[i]);

		cr_assert_not_null(option, "%s", specified_options[i]);
		cr_expect_str_eq(option->name, specified_options[i]);
	}
	cr_expect_eq(mount_option_count, COUNT(specified_options));
}

Test(names, other_words_are_the_filesystems_own)
{
	static const char *const others[] = {"",         "RO",     "ro ",       "mode=755",
					     "size=64k", "rsync",  "rdefaults", "rremount",
					     "gid=5",    "rrbind", "nobind"};

	for (size_t i = 0; i < COUNT(others); i++)
		cr_expect_null(mount_option_find(others[i]), "%s", others[i]);
}

static const struct {
	const char *name;
	enum mount_option_kind kind;
	uint64_t set, clear;
} options[] = {
	{"ro", MOUNT_OPTION_ATTRIBUTE, MOUNT_ATTR_RDONLY, 0},
	{"rw", MOUNT_OPTION_ATTRIBUTE, 0, MOUNT_ATTR_RDONLY},
	{"rro", MOUNT_OPTION_RECURSIVE_ATTRIBUTE, MOUNT_ATTR_RDONLY, 0},
	{"rrw", MOUNT_OPTION_RECURSIVE_ATTRIBUTE, 0, MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_OPTION_ATTRIBUTE, MOUNT_ATTR_NOSUID, 0},
	{"rsuid", MOUNT_OPTION_RECURSIVE_ATTRIBUTE, 0, MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_OPTION_ATTRIBUTE, MOUNT_ATTR_NODEV, 0},
	{"rdev", MOUNT_OPTION_RECURSIVE_ATTRIBUTE, 0, MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_OPTION_ATTRIBUTE, MOUNT_ATTR_NOEXEC, 0},
	{"exec", MOUNT_OPTION_ATTRIBUTE, 0, MOUNT_ATTR_NOEXEC},
	{"nodiratime", MOUNT_OPTION_ATTRIBUTE, MOUNT_ATTR_NODIRATIME, 0},
	{"rdiratime", MOUNT_OPTION_RECURSIVE_ATTRIBUTE, 0, MOUNT_ATTR_NODIRATIME},
	{"nosymfollow", MOUNT_OPTION_ATTRIBUTE, 0x200000, 0},
	{"rsymfollow", MOUNT_OPTION_RECURSIVE_ATTRIBUTE, 0, 0x200000},
	/* The kernel refuses a mixture in the access time field. */
	{"noatime", MOUNT_OPTION_ATTRIBUTE, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"rnoatime", MOUNT_OPTION_RECURSIVE_ATTRIBUTE, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"strictatime", MOUNT_OPTION_ATTRIBUTE, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"relatime", MOUNT_OPTION_ATTRIBUTE, 0, MOUNT_ATTR__ATIME},
	{"atime", MOUNT_OPTION_ATTRIBUTE, 0, MOUNT_ATTR__ATIME},
	{"norelatime", MOUNT_OPTION_ATTRIBUTE, 0, MOUNT_ATTR__ATIME},
	{"rnostrictatime", MOUNT_OPTION_RECURSIVE_ATTRIBUTE, 0, MOUNT_ATTR__ATIME},
	{"sync", MOUNT_OPTION_SUPERBLOCK, MS_SYNCHRONOUS, 0},
	{"async", MOUNT_OPTION_SUPERBLOCK, 0, MS_SYNCHRONOUS},
	{"dirsync", MOUNT_OPTION_SUPERBLOCK, MS_DIRSYNC, 0},
	{"lazytime", MOUNT_OPTION_SUPERBLOCK, 1 << 25, 0},
	{"nolazytime", MOUNT_OPTION_SUPERBLOCK, 0, 1 << 25},
	{"iversion", MOUNT_OPTION_SUPERBLOCK, MS_I_VERSION, 0},
	{"nomand", MOUNT_OPTION_SUPERBLOCK, 0, MS_MANDLOCK},
	{"silent", MOUNT_OPTION_SUPERBLOCK, MS_SILENT, 0},
	{"loud", MOUNT_OPTION_SUPERBLOCK, 0, MS_SILENT},
	{"shared", MOUNT_OPTION_PROPAGATION, MS_SHARED, 0},
	{"rslave", MOUNT_OPTION_PROPAGATION, MS_SLAVE | MS_REC, 0},
	{"rprivate", MOUNT_OPTION_PROPAGATION, MS_PRIVATE | MS_REC, 0},
	{"runbindable", MOUNT_OPTION_PROPAGATION, MS_UNBINDABLE | MS_REC, 0},
	{"bind", MOUNT_OPTION_MODE, MOUNT_MODE_BIND, 0},
	{"rbind", MOUNT_OPTION_MODE, MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE, 0},
	{"remount", MOUNT_OPTION_MODE, MOUNT_MODE_REMOUNT, 0},
	{"idmap", MOUNT_OPTION_MODE, MOUNT_MODE_IDMAP, MOUNT_MODE_IDMAP_BELOW},
	{"ridmap", MOUNT_OPTION_MODE, MOUNT_MODE_IDMAP | MOUNT_MODE_IDMAP_BELOW, 0},
	{"tmpcopyup", MOUNT_OPTION_MODE, MOUNT_MODE_TMPCOPYUP, 0},
	{"copy-symlink", MOUNT_OPTION_MODE, MOUNT_MODE_COPY_SYMLINK, 0},
	{"src-nofollow", MOUNT_OPTION_MODE, MOUNT_MODE_SRC_NOFOLLOW, 0},
	{"dest-nofollow", MOUNT_OPTION_MODE, MOUNT_MODE_DEST_NOFOLLOW, 0},
	{"defaults", MOUNT_OPTION_NOTHING, 0, 0},
};

Test(names, what_a_mount_option_does)
{
	for (size_t i = 0; i < COUNT(options); i++) {
		const struct mount_option *option = mount_option_find(options[i].name);

		cr_assert_not_null(option, "%s", options[i].name);
		cr_expect_eq(option->kind, options[i].kind, "%s", options[i].name);
		cr_expect_eq(option->set, options[i].set, "%s", options[i].name);
		cr_expect_eq(option->clear, options[i].clear, "%s", options[i].name);
	}
}
