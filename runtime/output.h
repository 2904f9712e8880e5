/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables for people to read. Whether stdout has taken all of a table is checked once, in main.c.
 */
#ifndef KIST_OUTPUT_H
#define KIST_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

/**
 * output_table() - print columns that are as wide as their widest cell.
 * @cells: rows * columns texts, row by row; control characters in them are escaped, which a
 * terminal would obey
 */
void output_table(const char *const *cells, size_t rows, size_t columns, FILE *out);

#endif
