/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every vocabulary of the specification, one table each. What is read, what is printed by
 * `features` and what the kernel is told come from the same row.
 */
#ifndef KIST_SPEC_NAMES_H
#define KIST_SPEC_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct word {
	const char *name;
	uint64_t value;
	bool unsupported; /* known, and refused by name for now */
};

struct words {
	const char *what; /* singular, for errors: unknown <what> "foo" */
	const struct word *at;
	size_t count;
};

/* config-linux.md, Namespaces. The value indexes linux.namespaces. */
enum namespace_kind {
	NAMESPACE_PID,
	NAMESPACE_NETWORK,
	NAMESPACE_MOUNT,
	NAMESPACE_IPC,
	NAMESPACE_UTS,
	NAMESPACE_USER,
	NAMESPACE_CGROUP,
	NAMESPACE_TIME,
	NAMESPACE_KINDS,
};

extern const struct words namespace_words;        /* enum namespace_kind */
extern const struct words namespace_flag_words;   /* the name below /proc/PID/ns; value: CLONE_NEW*;
						     rows in the order of enum namespace_kind */
extern const struct words capability_words;       /* CAP_* numbers */
extern const struct words rlimit_words;           /* RLIMIT_* */
extern const struct words propagation_words;      /* rootfsPropagation: MS_SHARED ... */
extern const struct words device_type_words;      /* S_IFCHR, S_IFBLK, S_IFIFO; "u" is "c" */
extern const struct words device_rule_type_words; /* 'a', 'b', 'c' */
extern const struct words seccomp_action_words;   /* SECCOMP_RET_* */
extern const struct words seccomp_operator_words; /* enum seccomp_operator */
extern const struct words
	seccomp_architecture_words;           /* AUDIT_ARCH_*, and libseccomp's own token for x32 */
extern const struct words seccomp_flag_words; /* SECCOMP_FILTER_FLAG_* */
extern const struct words scheduler_policy_words;   /* SCHED_* */
extern const struct words scheduler_flag_words;     /* SCHED_FLAG_* */
extern const struct words io_class_words;           /* IOPRIO_CLASS_* */
extern const struct words memory_policy_words;      /* MPOL_* */
extern const struct words memory_policy_flag_words; /* MPOL_F_* */
extern const struct words personality_words;        /* PER_LINUX, PER_LINUX32 */
extern const struct words signal_words;             /* SIG*, without the real-time ones */
extern const struct words hook_words;               /* enum hook_kind */

/* config.md, POSIX-platform Hooks, in the order in which they run. */
enum hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS,
};

enum seccomp_operator {
	SECCOMP_NE = 1,
	SECCOMP_LT,
	SECCOMP_LE,
	SECCOMP_EQ,
	SECCOMP_GE,
	SECCOMP_GT,
	SECCOMP_MASKED_EQ,
};

/**
 * words_find() - look a name up, exactly as written.
 * @value: set only when found
 */
bool words_find(const struct words *words, const char *name, uint64_t *value);

/**
 * words_row() - the row of a name, NULL for none.
 */
const struct word *words_row(const struct words *words, const char *name);

/**
 * words_closest() - the name that was probably meant, NULL when none is close.
 */
const char *words_closest(const struct words *words, const char *name);

/**
 * name_closer() - find the name that was probably meant in a table whose rows are more than words.
 * It is called with every name in turn.
 * @closest: what it returned for the names before, NULL at first
 * @given: the name that was not found
 *
 * Return: the closest so far, NULL when none is close
 */
const char *name_closer(const char *closest, const char *name, const char *given);

/**
 * words_name() - the first name of a value, NULL for none.
 */
const char *words_name(const struct words *words, uint64_t value);

/**
 * words_print() - the names of the values in a mask, each with a space before it.
 */
void words_print(const struct words *words, uint64_t mask, FILE *out);

/**
 * words_supported() - whether a value of the vocabulary is not refused by name.
 */
bool words_supported(const struct words *words, uint64_t value);

/**
 * signal_find() - a signal by number ("9") or name ("KILL", "SIGKILL", "sigkill", "SIGRTMIN+3").
 *
 * Return: the number, 0 (which only asks whether the process is there) to 64; -1 if it is none
 */
int signal_find(const char *text);

/*
 * Mount options (config.md, Linux mount options). What a word does to a mount is data: struct
 * mount_options accumulates the rows of the words in the order given, so the later word wins.
 */
enum mount_option_kind {
	MOUNT_OPTION_ATTRIBUTE,           /* value: MOUNT_ATTR_* to set; see clear */
	MOUNT_OPTION_RECURSIVE_ATTRIBUTE, /* the same with AT_RECURSIVE */
	MOUNT_OPTION_SUPERBLOCK,  /* value: MS_* flag of the filesystem, told by name to fsconfig */
	MOUNT_OPTION_PROPAGATION, /* value: MS_SHARED ..., with MS_REC where recursive */
	MOUNT_OPTION_MODE,        /* value: enum mount_mode */
	MOUNT_OPTION_NOTHING,     /* known, and nothing to do: defaults, async, loud ... */
};

/* How the mount comes about, as bits: several may be given. */
enum mount_mode {
	MOUNT_MODE_BIND = 1 << 0,
	MOUNT_MODE_RECURSIVE = 1 << 1, /* rbind is BIND | RECURSIVE */
	MOUNT_MODE_REMOUNT = 1 << 2,
	MOUNT_MODE_IDMAP = 1 << 3,
	MOUNT_MODE_IDMAP_BELOW = 1 << 4, /* ridmap is IDMAP | IDMAP_BELOW */
	MOUNT_MODE_TMPCOPYUP = 1 << 5,
	MOUNT_MODE_COPY_SYMLINK = 1 << 6,
	MOUNT_MODE_SRC_NOFOLLOW = 1 << 7,
	MOUNT_MODE_DEST_NOFOLLOW = 1 << 8,
};

struct mount_option {
	const char *name;
	enum mount_option_kind kind;
	uint64_t set;   /* what the word sets, by kind */
	uint64_t clear; /* what it clears; for the atime words all of MOUNT_ATTR__ATIME */
};

extern const struct mount_option mount_option_table[];
extern const size_t mount_option_count;

/**
 * mount_option_find() - the row of a word; NULL: the filesystem's own option.
 */
const struct mount_option *mount_option_find(const char *name);

#endif
