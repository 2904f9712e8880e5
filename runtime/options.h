/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options of a command line. Each is one row of a table, from which parsing and --help come. A long
 * option may be written with one dash or two (go-runc writes one), and its argument after '=' or as
 * the next word. Letters may be joined; the argument of the last one may follow it at once. Options
 * stand before or after the other words; "--" ends them.
 */
#ifndef KIST_OPTIONS_H
#define KIST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "spec/error.h"
#include "spec/names.h"

/* How an argument is read, which depends on the type of the member that it is stored in. */
enum option_kind {
	OPTION_FLAG,    /* bool; takes no argument, but for --name=false, which undoes it */
	OPTION_PATH,    /* const char *; not empty */
	OPTION_LIST,    /* const char *const *; each use adds one; see options_finish() */
	OPTION_NUMBER,  /* unsigned */
	OPTION_WORD,    /* int; the value of one of the row's words */
	OPTION_IGNORED, /* takes an argument, which is ignored: callers pass it */
};

/* clang-format off */
/* The kind and the offset of a row, by the member that it is stored in. */
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
	const char *argument; /* its name in --help */
	const char *help;
	struct words words; /* OPTION_WORD: the words it may be, which help has to name */
};

/* A struct words of a table. An argument that is none of the words is an unknown "what". */
#define WORDS(what, table)                                                                         \
	{                                                                                          \
		what, table, sizeof(table) / sizeof *(table)                                       \
	}

struct options {
	const struct option *at;
	size_t count;
	const struct options *before; /* options that stand before the command; NULL */
	const char *hint;             /* for errors: what an unknown option may have meant; NULL */
};

/* A struct options of an array of rows. */
#define OPTIONS(rows)                                                                              \
	{                                                                                          \
		.at = rows, .count = sizeof(rows) / sizeof *(rows)                                 \
	}

/**
 * options_parse() - take the options out of argv.
 * @argv: ends in NULL; the words that are no options are moved to the front
 * @words: stop at the word that is the so many-th which is no option, and leave it and what follows
 * it as they are: 1 before a command's name; 0: go through all
 * @target: the structure that the rows' offsets are in; it keeps what was parsed before a mistake
 *
 * Return: how many words are left, or -code
 */
int options_parse(const struct options *options, char **argv, int words, void *target,
		  struct error *err);

/**
 * options_finish() - free the lists that options_parse() has made.
 * @target: as for options_parse()
 */
void options_finish(const struct options *options, void *target);

/**
 * options_print() - print the rows as lines of --help.
 */
void options_print(const struct options *options, FILE *out);

#endif
