/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making text from elsewhere safe to show. A message may quote what a configuration, a file name or
 * a command line says; a terminal must not obey it, a log must keep one line an entry, and JSON
 * must stay UTF-8 (RFC 8259, section 7; RFC 3629).
 */
#ifndef KIST_SPEC_ESCAPE_H
#define KIST_SPEC_ESCAPE_H

#include <stddef.h>

enum escape_form {
	ESCAPE_TEXT, /* control characters and bytes that are not UTF-8 become \xNN */
	ESCAPE_JSON, /* the inside of a JSON string; bytes that are not UTF-8 become U+FFFD */
};

/* No byte of text becomes longer than this, so size = ESCAPE_FACTOR * length + 1 always fits. */
enum { ESCAPE_FACTOR = 6 };

/**
 * escape() - copy text with everything replaced that is not safe to show.
 * @buffer: the result, ended by NUL
 * @size: room in buffer, at least 1; a text that does not fit is cut after a whole character
 *
 * Return: the result's length
 */
size_t escape(char *buffer, size_t size, const char *text, enum escape_form form);

/* A message quotes no more bytes of a value, since more does not help its reader. */
enum { SHOWN_MAX = 80 };

struct shown {
	char text[ESCAPE_FACTOR * SHOWN_MAX + 1];
};

/**
 * show() - a value for a message, escaped as ESCAPE_TEXT. A value that is too long is cut, and ends
 * in "...".
 *
 *     error_set(err, EINVAL, "hostname: \"%s\" is too long", show(hostname).text);
 */
struct shown show(const char *text);

#endif
