/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The bytes that may follow a lead byte (RFC 3629, section 4), so that there are no overlong forms,
 * no surrogates, and nothing above U+10FFFF. */
struct lead {
	unsigned char first, last;     /* the lead byte */
	unsigned char lowest, highest; /* the byte after it; the others are 80..BF */
	unsigned char length;
};

static const struct lead leads[] = {
	{0x01, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct lead *lead_find(unsigned char byte)
{
	for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	return NULL;
}

/* Return: the length of the character that text begins with; 0: its first byte begins none */
static size_t character_length(const unsigned char *text)
{
	const struct lead *lead = lead_find(text[0]);

	if (!lead)
		return 0;
	if (lead->length > 1 && (text[1] < lead->lowest || text[1] > lead->highest))
		return 0;
	for (size_t i = 2; i < lead->length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return lead->length;
}

/* Control characters are C0, DEL, and C1, which terminals obey in UTF-8 too (C2 9B is CSI). */
static bool is_control(const unsigned char *text, size_t length)
{
	if (length == 1)
		return text[0] < 0x20 || text[0] == 0x7f;
	return length == 2 && text[0] == 0xc2 && text[1] < 0xa0;
}

static int escape_character(char *out, size_t size, const unsigned char *text, size_t length,
			    enum escape_form form)
{
	unsigned last = text[length ? length - 1 : 0];

	if (length && !is_control(text, length)) {
		bool quote = form == ESCAPE_JSON && (last == '"' || last == '\\');

		return snprintf(out, size, "%s%.*s", quote ? "\\" : "", (int)length,
				(const char *)text);
	}
	if (form == ESCAPE_JSON)
		return snprintf(out, size, "\\u%04x", length ? last : 0xfffd);
	if (length == 2)
		return snprintf(out, size, "\\x%02x\\x%02x", text[0], text[1]);
	return snprintf(out, size, "\\x%02x", text[0]);
}

size_t escape(char *buffer, size_t size, const char *text, enum escape_form form)
{
	const unsigned char *next = (const unsigned char *)text;
	size_t used = 0;

	buffer[0] = '\0';
	while (*next) {
		char piece[2 * ESCAPE_FACTOR];
		size_t length = character_length(next);
		size_t added = (size_t)escape_character(piece, sizeof piece, next, length, form);

		if (added >= size - used)
			break;
		memcpy(buffer + used, piece, added + 1);
		used += added;
		next += length ? length : 1;
	}
	return used;
}

struct shown show(const char *text)
{
	static const char dots[] = "...";
	struct shown shown;
	bool cut = strnlen(text, SHOWN_MAX + 1) > SHOWN_MAX;
	size_t used =
		escape(shown.text, cut ? SHOWN_MAX + 1 : sizeof shown.text, text, ESCAPE_TEXT);

	if (cut)
		memcpy(shown.text + used, dots, sizeof dots);
	return shown;
}
