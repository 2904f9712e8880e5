/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of small numbers, CPUs or memory nodes, as the kernel takes it, and the list that people
 * write for it: "0-3,7" (cpuset(7), List format).
 */
#ifndef KIST_SPEC_BITMAP_H
#define KIST_SPEC_BITMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/error.h"

/* A kernel can be built for at most so many CPUs, and has fewer memory nodes. */
enum { BITMAP_BITS = 8192, BITMAP_WORD_BITS = 8 * sizeof(unsigned long) };

struct bitmap {
	unsigned long words[BITMAP_BITS / BITMAP_WORD_BITS]; /* bit 0 of word 0 is number 0 */
};

/* A list as it was written, and the numbers in it. */
struct bitmap_list {
	const char *text; /* NULL: absent or empty */
	struct bitmap numbers;
};

/**
 * bitmap_parse_list() - read numbers and ranges that are separated by commas.
 * @bitmap: the numbers of the list are added to it
 *
 * Return: 0 or -EINVAL
 */
int bitmap_parse_list(const char *text, struct bitmap *bitmap, struct error *err);

/**
 * bitmap_has() - whether a number below BITMAP_BITS is in the set.
 */
bool bitmap_has(const struct bitmap *bitmap, unsigned number);

#endif
