/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walking a table.
 */
#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(steps, .init = fixture_init, .fini = fixture_finish);

static char taken[8];

static int take_a(struct creation *taker, struct error *error)
{
	(void)taker;
	(void)error;
	strcat(taken, "a");
	return 0;
}

static int take_b(struct creation *taker, struct error *error)
{
	(void)taker;
	(void)error;
	strcat(taken, "b");
	return 0;
}

static int fail(struct creation *taker, struct error *error)
{
	(void)taker;
	return error_set(error, EBUSY, "reason");
}

static bool never(const struct plan *planned)
{
	cr_expect_eq(planned, &plan);
	return false;
}

static const struct step a = {"a", .run = take_a}, b = {"b", .run = take_b},
			 not_planned = {"no", .run = fail, .when = never},
			 failing = {"what it is about", .run = fail};

Test(steps, are_taken_in_their_order_as_far_as_they_are_planned)
{
	const struct step_row rows[] = {{&b}, {&not_planned}, {&a}};
	const struct step_table table = STEP_TABLE(rows);

	PLAN(steps_walk(&table, &creation, &err));
	cr_expect_str_eq(taken, "ba");
}

Test(steps, end_with_the_first_that_fails)
{
	const struct step_row rows[] = {{&a}, {&failing}, {&b}};
	const struct step_table table = STEP_TABLE(rows);

	REFUSED(steps_walk(&table, &creation, &err), EBUSY, "what it is about: reason");
	cr_expect_str_eq(taken, "a");
}

static int undo_a(const struct record *record, struct error *error)
{
	(void)record;
	(void)error;
	strcat(taken, "A");
	return 0;
}

static int undo_nothing(const struct record *record, struct error *error)
{
	(void)record;
	return error_set(error, EBUSY, "reason");
}

Test(steps, are_undone_from_the_last_one_up_to_the_first_that_fails)
{
	const struct step_row rows[] = {
		{&a, .undo = undo_a}, {&failing, .undo = undo_nothing}, {&b}, {&a, .undo = undo_a}};
	const struct step_table table = STEP_TABLE(rows);

	REFUSED(steps_undo(&table, &creation.record, &err), EBUSY, "undo what it is about: reason");
	cr_expect_str_eq(taken, "A");
}
