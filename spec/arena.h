/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that is freed all at once.
 *
 * A configuration, a plan and a record live and die as a whole, so nothing in them is freed on its
 * own and there is no destructor code. Allocation never fails to the caller: a process of this size
 * that cannot get a page cannot do anything else either, and aborts.
 */
#ifndef KIST_SPEC_ARENA_H
#define KIST_SPEC_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *block; /* the newest, from which a list leads to the older ones */
};

/**
 * arena_alloc() - zeroed memory, aligned for any type, valid until arena_finish().
 */
void *arena_alloc(struct arena *arena, size_t size);

/**
 * arena_array() - zeroed memory for count elements of size bytes; an overflow aborts.
 */
void *arena_array(struct arena *arena, size_t count, size_t size);

/**
 * arena_strdup() - a copy of a text, as arena_alloc() makes it.
 * arena_strndup() - the same of so many bytes, with a NUL after them.
 * arena_printf() - the same of a text that is made by a format.
 */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *arena, const char *format,
							 ...);

__attribute__((format(printf, 2, 0))) char *arena_vprintf(struct arena *arena, const char *format,
							  va_list args);

/**
 * arena_finish() - free everything. The arena is empty and usable again.
 */
void arena_finish(struct arena *arena);

/* An arena that frees itself at the end of its scope: struct arena arena _arena_ = {}; */
#define _arena_ __attribute__((cleanup(arena_finish)))

#endif
