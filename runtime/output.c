/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/output.h"

#include <stdbool.h>
#include <string.h>

#include "spec/arena.h"
#include "spec/escape.h"

enum { GAP = 3 };

struct cell {
	char *text;
	size_t width; /* in characters: escape() leaves none cut */
};

static struct cell cell_make(struct arena *arena, const char *text)
{
	size_t size = ESCAPE_FACTOR * strlen(text) + 1;
	struct cell cell = {.text = arena_alloc(arena, size)};

	escape(cell.text, size, text, ESCAPE_TEXT);
	for (const char *byte = cell.text; *byte; byte++)
		cell.width += (*byte & 0xc0) != 0x80;
	return cell;
}

void output_table(const char *const *cells, size_t rows, size_t columns, FILE *out)
{
	struct arena arena _arena_ = {0};
	struct cell *made = arena_array(&arena, rows * columns, sizeof *made);
	size_t *widths = arena_array(&arena, columns, sizeof *widths);

	for (size_t i = 0; i < rows * columns; i++) {
		made[i] = cell_make(&arena, cells[i]);
		if (made[i].width > widths[i % columns])
			widths[i % columns] = made[i].width;
	}
	for (size_t i = 0; i < rows * columns; i++) {
		size_t column = i % columns;
		bool last = column == columns - 1;
		size_t padding = last ? 0 : widths[column] + GAP - made[i].width;

		fprintf(out, "%s%*s%s", made[i].text, (int)padding, "", last ? "\n" : "");
	}
}
