/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first block has room for a record and what `state` prints of it: pages that nobody writes to
 * cost nothing. The next one has room for an ordinary configuration. What does not fit gets a block
 * of its own size. */
enum { FIRST_BLOCK_BYTES = 2 * 1024, BLOCK_BYTES = 16 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) char at[];
};

static size_t block_size(const struct arena *arena, size_t wanted)
{
	size_t usual = arena->block ? BLOCK_BYTES : FIRST_BLOCK_BYTES;

	return wanted > usual ? wanted : usual;
}

static struct arena_block *block_create(size_t size)
{
	struct arena_block *block = calloc(1, sizeof *block + size);

	if (!block)
		abort();
	block->size = size;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *block = arena->block;
	void *memory;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) / align * align;
	if (!block || block->size - block->used < size) {
		block = block_create(block_size(arena, size));
		block->next = arena->block;
		arena->block = block;
	}
	memory = block->at + block->used;
	block->used += size;
	return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		abort();
	return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		abort();
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, args);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void arena_finish(struct arena *arena)
{
	struct arena_block *block = arena->block;

	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	arena->block = NULL;
}
