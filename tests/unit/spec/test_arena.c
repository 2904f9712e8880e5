/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/arena.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static bool is_zero(const char *memory, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i])
			return false;
	return true;
}

Test(arena, memory_is_zeroed_aligned_and_not_shared)
{
	struct arena arena _arena_ = {0};
	char *before[64];

	for (size_t i = 0; i < 64; i++) {
		before[i] = arena_alloc(&arena, i + 1);
		cr_expect_eq((uintptr_t)before[i] % alignof(max_align_t), 0);
		cr_expect(is_zero(before[i], i + 1));
		memset(before[i], (int)i + 1, i + 1);
	}
	for (size_t i = 0; i < 64; i++)
		for (size_t j = 0; j <= i; j++)
			cr_expect_eq(before[i][j], (char)(i + 1));
}

Test(arena, holds_more_than_one_block)
{
	struct arena arena _arena_ = {0};
	char *first = arena_strdup(&arena, "first");

	for (size_t i = 0; i < 1000; i++)
		memset(arena_alloc(&arena, 1000), 0xff, 1000);
	cr_expect_str_eq(first, "first");
}

Test(arena, holds_what_is_larger_than_a_block)
{
	struct arena arena _arena_ = {0};
	const size_t size = 5 * 1024 * 1024;
	char *large = arena_alloc(&arena, size), *small = arena_strdup(&arena, "small");

	cr_expect(is_zero(large, size));
	memset(large, 0xff, size);
	cr_expect_str_eq(small, "small");
}

Test(arena, nothing_is_something_too)
{
	struct arena arena _arena_ = {0};

	cr_expect_not_null(arena_alloc(&arena, 0));
	cr_expect_not_null(arena_array(&arena, 0, 8));
	cr_expect_str_eq(arena_strdup(&arena, ""), "");
}

Test(arena, arrays)
{
	struct arena arena _arena_ = {0};
	uint64_t *numbers = arena_array(&arena, 1000, sizeof *numbers);

	cr_expect(is_zero((const char *)numbers, 1000 * sizeof *numbers));
	memset(numbers, 0xff, 1000 * sizeof *numbers);
}

Test(arena, copies_strings)
{
	struct arena arena _arena_ = {0};
	char text[] = "text";
	char *copy = arena_strdup(&arena, text), *part = arena_strndup(&arena, "bundle", 3);

	text[0] = '?';
	cr_expect_str_eq(copy, "text");
	cr_expect_str_eq(part, "bun");
	cr_expect_str_eq(arena_strndup(&arena, text, 0), "");
}

Test(arena, strndup_takes_bytes_that_are_no_text)
{
	struct arena arena _arena_ = {0};

	cr_expect_eq(memcmp(arena_strndup(&arena, "a\0b", 3), "a\0b", 4), 0);
}

Test(arena, prints_any_length)
{
	struct arena arena _arena_ = {0};
	char *text = arena_printf(&arena, "%s/%05d", "web", 42);
	char *wide = arena_printf(&arena, "%100000d", 7);

	cr_expect_str_eq(text, "web/00042");
	cr_expect_eq(strlen(wide), 100000);
	cr_expect_eq(wide[99999], '7');
	cr_expect_str_eq(arena_printf(&arena, "%s", ""), "");
}

Test(arena, is_usable_again_after_finish)
{
	struct arena arena _arena_ = {0};

	arena_finish(&arena);
	arena_strdup(&arena, "first");
	arena_finish(&arena);
	cr_expect_null(arena.block);
	arena_finish(&arena);
	cr_expect_str_eq(arena_strdup(&arena, "second"), "second");
}

Test(arena, an_array_that_overflows_aborts, .signal = SIGABRT)
{
	struct arena arena = {0};

	arena_array(&arena, SIZE_MAX / 8 + 2, 8);
}

Test(arena, more_memory_than_there_can_be_aborts, .signal = SIGABRT)
{
	struct arena arena = {0};

	arena_alloc(&arena, SIZE_MAX);
}
