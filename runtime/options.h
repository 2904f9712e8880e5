/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options: one row each, from which parsing and --help come. Long options may be written with one
 * dash or two, with their argument after '=' or as the next word, before or after the other
 * arguments; "--" ends them.
 */
#ifndef KIST_OPTIONS_H
#define KIST_OPTIONS_H

#include <stddef.h>

#include "libcontainer/container.h"

enum option_kind {
	OPTION_FLAG,         /* bool; --name=false undoes it */
	OPTION_STRING,       /* const char * */
	OPTION_NUMBER,       /* unsigned */
	OPTION_IGNORED_FLAG, /* accepted for callers' sake */
	OPTION_IGNORED_STRING,
};

struct option {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset;        /* in the command's options */
	const char *argument; /* what stands for it in --help */
	const char *help;
};

struct options {
	const struct option *at;
	size_t count;
};

/**
 * options_parse() - take the options out of argv.
 * @argv: ends in NULL; what is no option is moved to the front
 * @first_only: stop at the first word that is no option, as before a command's name
 * @target: the structure that the rows' offsets are in
 *
 * Return: how many words are left, or -EINVAL
 */
int options_parse(const struct options *options, char **argv, bool first_only, void *target,
		  struct error *err);

/**
 * options_print() - the rows as lines of --help.
 */
void options_print(const struct options *options, FILE *out);

#endif
