/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/mapping.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "spec/escape.h"
#include "spec/schema_fields.h"

/* Parse a decimal number, and move text behind it. Of a number that is too large it is enough to
 * know that it is. */
static bool parse_number(const char **text, uint64_t *number)
{
	if (!isdigit((unsigned char)**text))
		return false;
	for (*number = 0; isdigit((unsigned char)**text); ++*text)
		if (*number <= UINT32_MAX)
			*number = *number * 10 + (uint64_t)(**text - '0');
	return true;
}

static bool accept_character(const char **text, char expected)
{
	if (**text != expected)
		return false;
	++*text;
	return true;
}

/* Parse a range such as "0-1-10". */
static bool parse_range(const char **text, struct id_mapping *range)
{
	uint64_t container, host, size;

	if (!parse_number(text, &container) || !accept_character(text, '-') ||
	    !parse_number(text, &host) || !accept_character(text, '-') ||
	    !parse_number(text, &size))
		return false;
	if (container > ID_MAX || host > ID_MAX || size > UINT32_MAX || size == 0)
		return false;
	*range = (struct id_mapping){(uint32_t)container, (uint32_t)host, (uint32_t)size};
	return true;
}

/* Translate the range's ids of the user namespace to ids of the host. */
static int translate(const struct id_mappings *userns, struct id_mapping *range, struct error *err)
{
	uint64_t end = (uint64_t)range->hostID + range->size;

	for (size_t i = 0; i < userns->count; i++) {
		const struct id_mapping *outer = &userns->at[i];

		if (range->hostID < outer->containerID ||
		    end > (uint64_t)outer->containerID + outer->size)
			continue;
		range->hostID = outer->hostID + (range->hostID - outer->containerID);
		return 0;
	}
	return error_set(err, EINVAL,
			 "no range of the container's user namespace has all of %u-%llu",
			 range->hostID, (unsigned long long)end - 1);
}

static int add_range(const char **text, const struct id_mappings *userns,
		     struct id_mappings *mappings, struct id_mapping *at, struct error *err)
{
	const char *begin = *text;
	bool relative = accept_character(text, '@');
	struct id_mapping *range = &at[mappings->count++];

	if (!parse_range(text, range) || (**text && !strchr("#;", **text)))
		return error_set(err, EINVAL,
				 "\"%s\" does not begin with a range of ids such as 0-1000-10",
				 show(begin).text);
	return relative ? translate(userns, range, err) : 0;
}

static size_t count_ranges(const char *text)
{
	size_t count = 1;

	for (; *text && *text != ';'; text++)
		count += *text == '#';
	return count;
}

/* Parse the ranges up to a semicolon, or up to the end. */
static int add_ranges(const char **text, const struct id_mappings *userns, struct arena *arena,
		      struct id_mappings *mappings, struct error *err)
{
	struct id_mapping *at = arena_array(arena, count_ranges(*text), sizeof *at);

	*mappings = (struct id_mappings){.at = at};
	do {
		if (add_range(text, userns, mappings, at, err) < 0)
			return -err->code;
	} while (accept_character(text, '#'));
	return 0;
}

static bool accept_name(const char **text, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(*text, name, length) != 0)
		return false;
	*text += length;
	return true;
}

static int add_part(const char **text, const struct mappings *userns, struct arena *arena,
		    struct mappings *mappings, struct error *err)
{
	const char *begin = *text;
	bool of_users = accept_name(text, "uids=");
	struct id_mappings *part = of_users ? &mappings->uids : &mappings->gids;

	if (!of_users && !accept_name(text, "gids="))
		return error_set(err, EINVAL,
				 "\"%s\" begins with neither uids= nor gids=", show(begin).text);
	if (part->count > 0)
		return error_set(err, EINVAL, "%.4s is there twice", begin);
	return add_ranges(text, of_users ? &userns->uids : &userns->gids, arena, part, err);
}

int mapping_parse(const char *text, const struct mappings *userns, struct arena *arena,
		  struct mappings *mappings, struct error *err)
{
	do {
		if (add_part(&text, userns, arena, mappings, err) < 0)
			return -err->code;
	} while (accept_character(&text, ';'));
	return 0;
}
