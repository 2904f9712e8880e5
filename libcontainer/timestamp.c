/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/timestamp.h"

#include <stdbool.h>
#include <stdio.h>

enum { DAY_SECONDS = 24 * 60 * 60 };

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month] + (month == 1 && is_leap(year));
}

void timestamp_format(const struct timespec *time, char *text)
{
	long long days = time->tv_sec / DAY_SECONDS;
	int seconds = (int)(time->tv_sec % DAY_SECONDS);
	int year = 1970, month = 0;

	for (; days >= 365 + is_leap(year); year++)
		days -= 365 + is_leap(year);
	for (; days >= month_days(year, month); month++)
		days -= month_days(year, month);
	snprintf(text, TIMESTAMP_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%09luZ",
		 (unsigned)year % 10000, (unsigned)(month + 1) % 100, (unsigned)(days + 1) % 100,
		 (unsigned)(seconds / 3600) % 100, (unsigned)(seconds / 60 % 60) % 100,
		 (unsigned)(seconds % 60) % 100, (unsigned long)time->tv_nsec % 1000000000UL);
}

void timestamp_now(char *text)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	timestamp_format(&now, text);
}
