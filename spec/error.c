/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	CONTEXT_LEAST = 64, /* a context has at least so much room, however long the text is */
	CONTEXTS = 256,     /* error_errno() leaves so much room to all contexts together */
};

const char *error_describe(int code)
{
	const char *text = strerrordesc_np(code);

	return text ? text : "unknown error";
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	err->code = code;
	return -code;
}

/* Cut a text at a length, but not within a character (UTF-8), and with a mark that shows it. */
static void truncate_text(char *text, size_t length)
{
	static const char mark[] = "...";

	length -= sizeof mark - 1;
	while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	memcpy(text + length, mark, sizeof mark);
}

/* Print a text, cut where it does not fit.
 * @room: bytes, with the NUL
 *
 * Return: the length of the text */
static size_t print(char *text, size_t room, const char *format, va_list args)
{
	int length = vsnprintf(text, room, format, args);

	if (length >= 0 && (size_t)length >= room)
		truncate_text(text, room - 1);
	return strlen(text);
}

/* The text before the reason is cut where needed: however long a path is, there is room for the
 * reason. */
int error_errno(struct error *err, const char *format, ...)
{
	int code = errno;
	const char *reason = error_describe(code);
	va_list args;
	size_t used;

	va_start(args, format);
	used = print(err->text, sizeof err->text - CONTEXTS - strlen(reason), format, args);
	va_end(args);
	snprintf(err->text + used, sizeof err->text - used, ": %s", reason);
	err->code = code;
	return -code;
}

/* Cut a text at its beginning, since the reason stands at its end. */
static void drop_beginning(char *text, size_t length, size_t most)
{
	const char *end = text + length - most + strlen("...");

	while (((unsigned char)*end & 0xc0) == 0x80)
		end++;
	memmove(text + strlen("..."), end, strlen(end) + 1);
	memcpy(text, "...", strlen("..."));
}

/* The text that is there gets its room first, but a context is never cut to less than
 * CONTEXT_LEAST. */
int error_wrap(struct error *err, const char *format, ...)
{
	char context[sizeof err->text];
	size_t length = strlen(err->text);
	size_t taken = length + strlen(": ") + CONTEXT_LEAST;
	size_t room = CONTEXT_LEAST + (taken < sizeof context ? sizeof context - taken : 0);
	va_list args;
	size_t used;

	va_start(args, format);
	used = print(context, room, format, args);
	va_end(args);
	memcpy(context + used, ": ", 3);
	used += 2;
	if (used + length >= sizeof err->text) {
		drop_beginning(err->text, length, sizeof err->text - 1 - used);
		length = strlen(err->text);
	}
	memmove(err->text + used, err->text, length + 1);
	memcpy(err->text, context, used);
	return -err->code;
}
