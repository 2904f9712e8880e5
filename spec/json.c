/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * jansson refuses an integer that is too big for it. The document is then parsed once more, with a
 * mark in the place of each such integer that 64 bits hold. A mark is a string that begins with
 * NUL, which no string of a document can, and that is no longer than the literal, so that lines and
 * columns stay.
 */
#include "spec/json.h"

#include <string.h>
#include <sys/auxv.h>

/* The digits of a mark. NUL is six bytes of JSON text: with two quotes, eleven of the nineteen
 * bytes that the shortest such literal has are left, and eleven digits to this base hold any
 * uint64_t. The characters from '#' on are so many digits without a quote and a backslash. */
#define NUL_ESCAPE "\\u0000"
enum { MARK_DIGITS = 11, MARK_BASE = '[' - '#' + 1 };

static void mark_write(char *literal, size_t size, uint64_t value)
{
	char *digits = literal + sizeof NUL_ESCAPE;

	memset(literal, ' ', size);
	memcpy(literal, "\"" NUL_ESCAPE, sizeof NUL_ESCAPE);
	for (size_t i = MARK_DIGITS; i-- > 0; value /= MARK_BASE)
		digits[i] = (char)('#' + value % MARK_BASE);
	digits[MARK_DIGITS] = '"';
}

static bool is_mark(const json_t *json)
{
	return json_is_string(json) && json_string_length(json) > 0 && !*json_string_value(json);
}

static uint64_t mark_value(const json_t *json)
{
	uint64_t value = 0;

	for (const char *digit = json_string_value(json) + 1; *digit; digit++)
		value = value * MARK_BASE + (uint64_t)(*digit - '#');
	return value;
}

static size_t count_digits(const char *text, size_t size)
{
	size_t count = 0;

	while (count < size && text[count] >= '0' && text[count] <= '9')
		count++;
	return count;
}

/* Read an integer literal.
 *
 * Return: whether it is above INT64_MAX and no more than UINT64_MAX */
static bool is_large(const char *digits, size_t size, uint64_t *value)
{
	*value = 0;
	if (*digits == '0')
		return false;
	for (size_t i = 0; i < size; i++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(digits[i] - '0'), value))
			return false;
	return *value > INT64_MAX;
}

/* Skip the string that begins at text[i]. It must not be able to pass for a mark, so an escaped NUL
 * in it becomes a raw one, which is refused in any case.
 *
 * Return: the index of its closing quote */
static size_t skip_string(char *text, size_t size, size_t i)
{
	for (i++; i < size && text[i] != '"'; i++) {
		if (text[i] != '\\')
			continue;
		if (strncmp(text + i, NUL_ESCAPE, strlen(NUL_ESCAPE)) == 0)
			text[i] = '\0';
		else
			i++;
	}
	return i;
}

static bool is_part_of_number(char c)
{
	return c && strchr("-+.eE", c);
}

static const char *mark_large(const char *text, size_t size, struct arena *arena)
{
	char *copy = arena_strndup(arena, text, size);
	size_t digits;

	for (size_t i = 0; i < size; i += digits ? digits : 1) {
		uint64_t value;

		if (copy[i] == '"')
			i = skip_string(copy, size, i);
		digits = i < size ? count_digits(copy + i, size - i) : 0;
		if (digits == 0 || is_part_of_number(copy[i + digits]) ||
		    (i > 0 && is_part_of_number(copy[i - 1])))
			continue;
		if (is_large(copy + i, digits, &value))
			mark_write(copy + i, digits, value);
	}
	return copy;
}

/* jansson would open /dev/urandom for the seed of its hash tables, but the kernel has already given
 * this process random bytes (AT_RANDOM). */
static void seed_hashes(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	size_t seed = 0;

	if (random)
		memcpy(&seed, random, sizeof seed);
	json_object_seed(seed | 1);
}

static json_t *load_marked(const char *text, size_t size, struct arena *arena, json_error_t *error)
{
	json_t *json = json_loadb(mark_large(text, size, arena), size,
				  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, error);
	char *shown = json ? NULL : strstr(error->text, " near '\"" NUL_ESCAPE);

	/* The error may quote a mark, which means nothing to the user. */
	if (shown)
		*shown = '\0';
	return json;
}

json_t *json_parse(const char *text, size_t size, struct arena *arena, json_error_t *error)
{
	json_t *json;

	seed_hashes();
	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, error);
	if (!json && json_error_code(error) == json_error_numeric_overflow)
		json = load_marked(text, size, arena, error);
	return json;
}

bool json_exact(const json_t *json, bool *negative, uint64_t *bits)
{
	*negative = json_integer_value(json) < 0;
	*bits = is_mark(json) ? mark_value(json) : (uint64_t)json_integer_value(json);
	return json_is_integer(json) || is_mark(json);
}

const char *json_text(const json_t *json)
{
	return is_mark(json) ? NULL : json_string_value(json);
}

const char *json_type_name(const json_t *json)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number with a fraction or an exponent",
		[JSON_TRUE] = "a boolean",
		[JSON_FALSE] = "a boolean",
		[JSON_NULL] = "null",
	};

	return names[is_mark(json) ? JSON_INTEGER : json_typeof(json)];
}
