/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tests say of the tables of steps: which steps stand there, and in which order.
 */
#ifndef KIST_TABLE_FIXTURE_H
#define KIST_TABLE_FIXTURE_H

#include <criterion/criterion.h>

#include "libcontainer/steps.h"

/* Where a step stands, from a row on; the table's length when it does not. */
static inline size_t table_find(const struct step_table *table, size_t from,
				const struct step *step)
{
	while (from < table->count && table->rows[from].step != step)
		from++;
	return from;
}

static inline const struct step_row *table_last(const struct step_table *table, size_t from_end)
{
	return &table->rows[table->count - 1 - from_end];
}

static inline void table_expect_order(const struct step_table *table,
				      const struct step *const *order, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++, at++) {
		at = table_find(table, at, order[i]);
		cr_assert_lt(at, table->count, "%zu: \"%s\" is not where it should be", i,
			     order[i]->name);
	}
}

/* These, in this order, whatever stands between them. */
#define EXPECT_ORDER(table, ...)                                                                   \
	table_expect_order(table, (const struct step *const[]){__VA_ARGS__},                       \
			   sizeof((const struct step *const[]){__VA_ARGS__}) /                     \
				   sizeof(const struct step *))

static inline void table_expect_steps(const struct step_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct step *step = table->rows[i].step;

		cr_expect(step->name && *step->name && step->run);
	}
}

static inline void table_expect_nothing_undone(const struct step_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		cr_expect_null(table->rows[i].undo, "%s", table->rows[i].step->name);
}

#endif
