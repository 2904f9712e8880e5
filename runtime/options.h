/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options: one row each, from which parsing and --help come. Long options may be written with one
 * dash or two (go-runc writes one), their argument after '=' or as the next word. Letters may be
 * joined; the argument of the last one may follow at once. Options stand before or after the other
 * words; "--" ends them.
 */
#ifndef KIST_OPTIONS_H
#define KIST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "spec/error.h"
#include "spec/names.h"

/* How an argument is read: by the type of the member that it goes to. */
enum option_kind {
	OPTION_FLAG,    /* bool; takes no argument, but for --name=false, which undoes it */
	OPTION_PATH,    /* const char *; not empty */
	OPTION_LIST,    /* const char *const *; each use adds one; see options_finish() */
	OPTION_NUMBER,  /* unsigned */
	OPTION_WORD,    /* int; the value of one of the row's words */
	OPTION_IGNORED, /* takes an argument, for callers' sake */
};

/* clang-format off */
/* The kind and the offset of a row. */
#define OPTION_AT(type, member)                                                                    \
	_Generic(((type *)NULL)->member,                                                           \
		bool: OPTION_FLAG,                                                                 \
		const char *: OPTION_PATH,                                                         \
		const char *const *: OPTION_LIST,                                                  \
		unsigned: OPTION_NUMBER,                                                           \
		int: OPTION_WORD),                                                                 \
	offsetof(type, member)
/* clang-format on */

struct option {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset;        /* in the structure that is parsed into */
	const char *argument; /* what stands for it in --help */
	const char *help;
	struct words words; /* OPTION_WORD; help names them, and is said when it is none */
};

/* The words of a table, and what they are called when it is none of them. */
#define WORDS(what, table)                                                                         \
	{                                                                                          \
		what, table, sizeof(table) / sizeof *(table)                                       \
	}

struct options {
	const struct option *at;
	size_t count;
	const struct options *before; /* those that stand before these, and are not found here */
	const char *hint;             /* what may have been meant by one that is unknown */
};

/* OPTIONS(array): struct options of it. */
#define OPTIONS(rows)                                                                              \
	{                                                                                          \
		.at = rows, .count = sizeof(rows) / sizeof *(rows)                                 \
	}

/**
 * options_parse() - take the options out of argv.
 * @argv: ends in NULL; what is no option is moved to the front
 * @words: stop at that many words that are no options, and take what follows the last one as it is:
 * 1 before a command's name; 0: go through all
 * @target: the structure that the rows' offsets are in; it keeps what was parsed before a mistake
 *
 * Return: how many words are left, or -EINVAL
 */
int options_parse(const struct options *options, char **argv, int words, void *target,
		  struct error *err);

/**
 * options_finish() - free the lists in what was parsed into.
 */
void options_finish(const struct options *options, void *target);

/**
 * options_print() - the rows as lines of --help.
 */
void options_print(const struct options *options, FILE *out);

#endif
