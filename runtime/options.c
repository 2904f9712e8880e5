/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/options.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool takes_argument(const struct option *option)
{
	return option->kind != OPTION_FLAG;
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

static int unknown_option(const struct options *options, const char *word, struct error *err)
{
	const char *name = word + strspn(word, "-");
	const char *closest = NULL;
	char given[64];

	if (options->before && find_long(options->before, name))
		return error_set(err, EINVAL,
				 "unknown option \"%s\" (it stands before the command; %s)", word,
				 options->hint ? options->hint : "see --help");
	snprintf(given, sizeof given, "%.*s", (int)strcspn(name, "="), name);
	for (size_t i = 0; i < options->count; i++)
		closest = name_closer(closest, options->at[i].name, given);
	if (closest)
		return error_set(err, EINVAL, "unknown option \"%s\" (did you mean --%s?)", word,
				 closest);
	return error_set(err, EINVAL, "unknown option \"%s\" (%s%ssee --help)", word,
			 options->hint ? options->hint : "", options->hint ? "; " : "");
}

/* An error about a letter that is not the first of its word names the letter: the word alone would
 * not show which one is meant. */
static int unknown_letter(const struct options *options, const char *word, const char *letter,
			  struct error *err)
{
	unknown_option(options, word, err);
	return letter == word + 1 ? -err->code : error_wrap(err, "-%c", *letter);
}

/* These are all the forms in which callers in Go may write a boolean. */
static const struct word booleans[] = {
	{"true", true},   {"True", true}, {"TRUE", true},   {"t", true},
	{"T", true},      {"1", true},    {"false", false}, {"False", false},
	{"FALSE", false}, {"f", false},   {"F", false},     {"0", false},
};

static int store_flag(const struct option *option, const char *value, bool *flag, struct error *err)
{
	static const struct words words = WORDS("boolean", booleans);
	uint64_t found = true;

	if (value && !words_find(&words, value, &found))
		return error_set(err, EINVAL, "--%s: \"%s\" is neither true nor false",
				 option->name, value);
	*flag = found;
	return 0;
}

/* An empty argument is refused: it may come from a script's variable that is not set, and must not
 * be taken for the working directory, or for no argument. */
static int store_path(const struct option *option, const char *value, const char **path,
		      struct error *err)
{
	if (!*value)
		return error_set(err, EINVAL, "--%s: the argument is empty", option->name);
	*path = value;
	return 0;
}

/* Add a value to a list that ends in NULL. */
static void store_item(const char *value, const char ***list)
{
	size_t count = 0;

	while (*list && (*list)[count])
		count++;
	*list = reallocarray(*list, count + 2, sizeof **list);
	if (!*list)
		abort();
	(*list)[count] = value;
	(*list)[count + 1] = NULL;
}

static int store_number(const struct option *option, const char *value, unsigned *number,
			struct error *err)
{
	char *end;
	unsigned long parsed;

	errno = 0;
	parsed = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end)
		return error_set(err, EINVAL, "--%s: \"%s\" is not a number", option->name, value);
	if (errno || parsed > INT_MAX)
		return error_set(err, ERANGE, "--%s: %s is too large, at most %d", option->name,
				 value, INT_MAX);
	*number = (unsigned)parsed;
	return 0;
}

static int store_word(const struct option *option, const char *value, int *word, struct error *err)
{
	uint64_t found;

	if (!words_find(&option->words, value, &found))
		return error_set(err, EINVAL, "--%s: unknown %s \"%s\" (%s)", option->name,
				 option->words.what, value, option->help);
	*word = (int)found;
	return 0;
}

static int store(const struct option *option, const char *value, void *target, struct error *err)
{
	void *member = (char *)target + option->offset;

	switch (option->kind) {
	case OPTION_FLAG:
		return store_flag(option, value, member, err);
	case OPTION_PATH:
		return store_path(option, value, member, err);
	case OPTION_LIST:
		store_item(value, member);
		return 0;
	case OPTION_NUMBER:
		return store_number(option, value, member, err);
	case OPTION_WORD:
		return store_word(option, value, member, err);
	case OPTION_IGNORED:
		return 0;
	}
	return 0;
}

/* Store the argument of an option.
 * @value: the argument, if it is joined to the option; NULL: it is the next word, if the option
 * takes one */
static int parse_option(const struct option *option, const char *value, char ***argv, void *target,
			struct error *err)
{
	if (!value && takes_argument(option)) {
		value = *++*argv;
		if (!value)
			return error_set(err, EINVAL, "--%s needs an argument: %s", option->name,
					 option->argument);
	}
	return store(option, value, target, err);
}

static int parse_letters(const struct options *options, char ***argv, void *target,
			 struct error *err)
{
	const char *word = **argv;

	for (const char *letter = word + 1; *letter; letter++) {
		const struct option *option = find_letter(options, *letter);
		const char *rest = letter[1] ? letter + 1 : NULL;

		if (!option)
			return unknown_letter(options, word, letter, err);
		if (rest && *rest == '=')
			return parse_option(option, rest + 1, argv, target, err);
		if (takes_argument(option))
			return parse_option(option, rest, argv, target, err);
		if (parse_option(option, NULL, argv, target, err) < 0)
			return -err->code;
	}
	return 0;
}

/* Parse the word at *argv, and the next word when that is its argument. */
static int parse_word(const struct options *options, char ***argv, void *target, struct error *err)
{
	const char *word = **argv;
	bool one_dash = word[1] != '-';
	const char *name = word + (one_dash ? 1 : 2);
	const struct option *option = find_long(options, name);
	const char *equals = strchr(name, '=');

	if (option)
		return parse_option(option, equals ? equals + 1 : NULL, argv, target, err);
	if (one_dash)
		return parse_letters(options, argv, target, err);
	return unknown_option(options, word, err);
}

int options_parse(const struct options *options, char **argv, int words, void *target,
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
		} else if (left + 1 == words) {
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

void options_finish(const struct options *options, void *target)
{
	for (size_t i = 0; i < options->count; i++)
		if (options->at[i].kind == OPTION_LIST) {
			const char ***list = (void *)((char *)target + options->at[i].offset);

			free(*list);
			*list = NULL;
		}
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
