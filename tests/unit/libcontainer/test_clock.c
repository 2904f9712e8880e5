/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A clock that only moves forward.
 */
#include "libcontainer/clock.h"

#include <criterion/criterion.h>

Test(clock, sleeps_as_long_as_asked)
{
	long long began_ms = clock_now_ms();

	clock_sleep_ms(20);
	cr_expect_geq(clock_now_ms() - began_ms, 20);
}

Test(clock, more_than_a_second)
{
	long long began_ms = clock_now_ms();

	clock_sleep_ms(1001);
	cr_expect_geq(clock_now_ms() - began_ms, 1001);
}
