/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tests say about calls. `err` is the test's struct error.
 */
#ifndef KIST_TEST_EXPECT_H
#define KIST_TEST_EXPECT_H

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

/* A call of libc, and one of kist's, that must succeed; one of kist's that must fail like this. */
#define DO(call) cr_assert_geq((call), 0, #call ": %s", strerror(errno))
#define STEP(call) cr_assert_geq((call), 0, #call ": %s", err.text)
#define FAILS(call, code, message)                                                                 \
	do {                                                                                       \
		cr_expect_eq((call), -(code), #call ": %s", err.text);                             \
		cr_expect_str_eq(err.text, message);                                               \
	} while (0)

#endif
