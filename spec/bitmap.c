/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/bitmap.h"

#include <ctype.h>
#include <errno.h>

#include "spec/escape.h"

/* Parse a decimal number, and move text behind it. Of a number that is too large it is enough to
 * know that it is. */
static bool parse_number(const char **text, unsigned *number)
{
	if (!isdigit((unsigned char)**text))
		return false;
	for (*number = 0; isdigit((unsigned char)**text); ++*text)
		if (*number < BITMAP_BITS)
			*number = *number * 10 + (unsigned)(**text - '0');
	return true;
}

/* Parse a number such as "3", or a range such as "0-3". */
static bool parse_range(const char **text, unsigned *first, unsigned *last)
{
	if (!parse_number(text, first))
		return false;
	*last = *first;
	if (**text != '-')
		return true;
	++*text;
	return parse_number(text, last);
}

static void add_range(struct bitmap *bitmap, unsigned first, unsigned last)
{
	for (unsigned number = first; number <= last; number++)
		bitmap->words[number / BITMAP_WORD_BITS] |= 1UL << number % BITMAP_WORD_BITS;
}

int bitmap_parse_list(const char *text, struct bitmap *bitmap, struct error *err)
{
	const char *at = text;

	do {
		unsigned first, last;

		if (!parse_range(&at, &first, &last) || (*at && *at != ','))
			return error_set(err, EINVAL, "\"%s\" is not a list such as 0-3,7",
					 show(text).text);
		if (first >= BITMAP_BITS || last >= BITMAP_BITS)
			return error_set(err, EINVAL, "\"%s\" goes beyond %d", show(text).text,
					 BITMAP_BITS - 1);
		if (first > last)
			return error_set(err, EINVAL,
					 "\"%s\" has a range that ends before it "
					 "begins",
					 show(text).text);
		add_range(bitmap, first, last);
	} while (*at++);
	return 0;
}

bool bitmap_has(const struct bitmap *bitmap, unsigned number)
{
	return bitmap->words[number / BITMAP_WORD_BITS] >> number % BITMAP_WORD_BITS & 1;
}
