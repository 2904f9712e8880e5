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

Test(steps, are_taken_in_their_order_as_far_as_they_are_planned)
{
	const struct step steps[] = {
		{"b", take_b, NULL, NULL, NULL},
		{"no", fail, NULL, never, NULL},
		{"a", take_a, NULL, NULL, NULL},
	};

	PLAN(steps_walk(steps, 3, &creation, &err));
	cr_expect_str_eq(taken, "ba");
}

Test(steps, end_with_the_first_that_fails)
{
	const struct step steps[] = {
		{"a", take_a, NULL, NULL, NULL},
		{"what it is about", fail, NULL, NULL, NULL},
		{"b", take_b, NULL, NULL, NULL},
	};

	REFUSED(steps_walk(steps, 3, &creation, &err), EBUSY, "what it is about: reason");
	cr_expect_str_eq(taken, "a");
}
