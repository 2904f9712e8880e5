/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/warnings.h"

#include <stdarg.h>

void warnings_add(struct warnings *warnings, struct arena *arena, enum container_log_level level,
		  const char *format, ...)
{
	struct warning *warning = arena_alloc(arena, sizeof *warning);
	va_list args;

	va_start(args, format);
	*warning = (struct warning){.level = level, .text = arena_vprintf(arena, format, args)};
	va_end(args);
	if (warnings->last)
		warnings->last->next = warning;
	else
		warnings->first = warning;
	warnings->last = warning;
}

void warnings_log(const struct warnings *warnings)
{
	for (const struct warning *warning = warnings->first; warning; warning = warning->next)
		container_log(warning->level, "%s", warning->text);
}
