/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

int error_errno(struct error *err, const char *format, ...)
{
	int code = errno;
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof err->text - used, ": %s", error_describe(code));
	err->code = code;
	return -code;
}

int error_wrap(struct error *err, const char *format, ...)
{
	char context[sizeof err->text];
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(context, sizeof context - 2, format, args);
	va_end(args);
	used = strlen(context);
	memcpy(context + used, ": ", 3);
	used += 2;
	/* Move what is there to the right, as far as it fits. */
	memmove(err->text + used, err->text, sizeof err->text - used);
	memcpy(err->text, context, used);
	err->text[sizeof err->text - 1] = '\0';
	return -err->code;
}
