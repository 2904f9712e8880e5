/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Points in time.
 */
#include "libcontainer/timestamp.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *format(time_t seconds, long nanoseconds)
{
	static char text[TIMESTAMP_BYTES];
	const struct timespec time = {seconds, nanoseconds};

	memset(text, 'x', sizeof text);
	timestamp_format(&time, text);
	cr_assert_eq(text[sizeof text - 1], '\0', "fills the room exactly");
	return text;
}

Test(timestamp, known_ones)
{
	static const struct {
		time_t seconds;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000000000Z"},
		{1, "1970-01-01T00:00:01.000000000Z"},
		{86399, "1970-01-01T23:59:59.000000000Z"},
		{86400, "1970-01-02T00:00:00.000000000Z"},
		{68169599, "1972-02-28T23:59:59.000000000Z"},
		{68169600, "1972-02-29T00:00:00.000000000Z"},
		{68256000, "1972-03-01T00:00:00.000000000Z"},
		{94694399, "1972-12-31T23:59:59.000000000Z"},
		{951782400, "2000-02-29T00:00:00.000000000Z"},
		{2147483648, "2038-01-19T03:14:08.000000000Z"},
		{4107542400, "2100-03-01T00:00:00.000000000Z"},
		{253402300799, "9999-12-31T23:59:59.000000000Z"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_str_eq(format(cases[i].seconds, 0), cases[i].text);
}

/* Always nine digits: as text they sort as they do in time. */
Test(timestamp, nanoseconds)
{
	cr_expect_str_eq(format(0, 1), "1970-01-01T00:00:00.000000001Z");
	cr_expect_str_eq(format(0, 10000000), "1970-01-01T00:00:00.010000000Z");
	cr_expect_str_eq(format(0, 999999999), "1970-01-01T00:00:00.999999999Z");
}

/* Two centuries, of which one has a leap year in the end; every day at another hour. */
Test(timestamp, as_libc_has_it)
{
	for (time_t seconds = 0; seconds < 6400000000; seconds += 86400 + 3671) {
		char expected[64];
		struct tm time;

		gmtime_r(&seconds, &time);
		strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000000Z", &time);
		cr_assert_str_eq(format(seconds, 0), expected);
	}
}

Test(timestamp, not_of_a_time_zone)
{
	setenv("TZ", "America/New_York", 1);
	tzset();
	cr_expect_str_eq(format(0, 0), "1970-01-01T00:00:00.000000000Z");
}

Test(timestamp, now)
{
	char before[TIMESTAMP_BYTES], now[TIMESTAMP_BYTES], after[TIMESTAMP_BYTES];
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	timestamp_format(&time, before);
	timestamp_now(now);
	clock_gettime(CLOCK_REALTIME, &time);
	timestamp_format(&time, after);
	cr_expect_leq(strcmp(before, now), 0);
	cr_expect_leq(strcmp(now, after), 0);
}
