/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time for code that waits for the kernel, in milliseconds of a clock that only moves forward. */
#ifndef KIST_CLOCK_H
#define KIST_CLOCK_H

/**
 * clock_now_ms() - the time since some fixed moment in the past, in milliseconds.
 */
long long clock_now_ms(void);

/**
 * clock_sleep_ms() - sleep for so many milliseconds, or until a signal arrives.
 */
void clock_sleep_ms(unsigned ms);

#endif
