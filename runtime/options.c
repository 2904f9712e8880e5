/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/options.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "spec/error.h"

static bool takes_argument(const struct option *option)
{
	return option->kind != OPTION_FLAG && option->kind != OPTION_IGNORED_FLAG;
}

/* Find a long option; name may go on with "=value". */
static const struct option *find_long(const struct options *options, const char *name)
{
	size_t length = strcspn(name, "=");

	for (size_t i = 0; i < options->count; i++)
		if (strlen(options->at[i].name) == length &&
		    strncmp(options->at[i].name, name, length) == 0)
			return &options->at[i];
	return NULL;
}

static const struct option *find_letter(const struct options *options, char letter)
{
	for (size_t i = 0; i < options->count; i++)
		if (options->at[i].letter == letter)
			return &options->at[i];
	return NULL;
}

static int store_flag(const struct option *option, const char *value, bool *flag, struct error *err)
{
	if (!value || strcmp(value, "true") == 0)
		*flag = true;
	else if (strcmp(value, "false") == 0)
		*flag = false;
	else
		return error_set(err, EINVAL, "--%s: \"%s\" is neither true nor false",
				 option->name, value);
	return 0;
}

static int store_number(const struct option *option, const char *value, unsigned *number,
			struct error *err)
{
	char *end;
	unsigned long parsed;

	errno = 0;
	parsed = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || errno || parsed > INT_MAX)
		return error_set(err, EINVAL, "--%s: \"%s\" is not a number", option->name, value);
	*number = (unsigned)parsed;
	return 0;
}

static int store(const struct option *option, const char *value, void *target, struct error *err)
{
	void *member = (char *)target + option->offset;

	switch (option->kind) {
	case OPTION_FLAG:
		return store_flag(option, value, member, err);
	case OPTION_STRING:
		*(const char **)member = value;
		return 0;
	case OPTION_NUMBER:
		return store_number(option, value, member, err);
	default:
		return 0;
	}
}

/* The word at *argv, and the next one when it is its argument. */
static int parse_word(const struct options *options, char ***argv, void *target, struct error *err)
{
	const char *word = **argv;
	const char *name = word + strspn(word, "-");
	const struct option *option = find_long(options, name);
	const char *value = strchr(name, '=');

	if (value)
		value++;
	/* "-b" and "-bVALUE", but no long option with one dash. */
	if (!option && word[1] != '-') {
		option = find_letter(options, word[1]);
		value = option && word[2] ? word + 2 + (word[2] == '=') : NULL;
		if (option && value && !takes_argument(option))
			option = NULL;
	}
	if (!option)
		return error_set(err, EINVAL, "unknown option \"%s\" (see --help)", word);
	if (takes_argument(option) && !value) {
		value = *++*argv;
		if (!value)
			return error_set(err, EINVAL, "option \"%s\" needs an argument: %s", word,
					 option->argument);
	}
	return store(option, value, target, err);
}

int options_parse(const struct options *options, char **argv, bool first_only, void *target,
		  struct error *err)
{
	int left = 0;
	char **word = argv;

	for (; *word; word++) {
		if (strcmp(*word, "--") == 0) {
			word++;
			break;
		}
		if ((*word)[0] == '-' && (*word)[1]) {
			if (parse_word(options, &word, target, err) < 0)
				return -err->code;
		} else if (first_only) {
			break;
		} else {
			argv[left++] = *word;
		}
	}
	while (*word)
		argv[left++] = *word++;
	argv[left] = NULL;
	return left;
}

void options_print(const struct options *options, FILE *out)
{
	for (size_t i = 0; i < options->count; i++) {
		const struct option *option = &options->at[i];
		char letter[] = {option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
				 option->letter ? ',' : ' ', '\0'};
		char name[64];

		snprintf(name, sizeof name, "--%s%s%s", option->name,
			 takes_argument(option) ? " " : "",
			 takes_argument(option) ? option->argument : "");
		fprintf(out, "  %s %-28s %s\n", letter, name, option->help);
	}
}
