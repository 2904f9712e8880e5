/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time for those who wait for the kernel, in milliseconds of a clock that only moves forward.
 */
#ifndef KIST_CLOCK_H
#define KIST_CLOCK_H

/**
 * clock_now_ms() - the time since some moment in the past.
 */
long long clock_now_ms(void);

/**
 * clock_sleep_ms() - pause for so long, or until a signal arrives.
 */
void clock_sleep_ms(unsigned ms);

#endif
