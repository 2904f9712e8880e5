/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people read: tables. Whether stdout took it all is looked at once, in main.c.
 */
#ifndef KIST_OUTPUT_H
#define KIST_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

/**
 * output_table() - columns as wide as their widest cell, and no wider.
 * @cells: rows * columns texts, row by row; what a terminal would obey is escaped
 */
void output_table(const char *const *cells, size_t rows, size_t columns, FILE *out);

#endif
