/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command line to take options out of, and a stream that ends up in text.
 */
#ifndef KIST_TEST_RUNTIME_FIXTURE_H
#define KIST_TEST_RUNTIME_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "spec/cleanup.h"
#include "spec/error.h"

__attribute__((unused)) static struct error err;

/* ARGV("a", "b"): an argv that may be permuted. ARGV(NULL) has no words. */
#define ARGV(...) ((char **)(const char *[]){__VA_ARGS__, NULL})

#define REFUSED(call, message)                                                                     \
	do {                                                                                       \
		cr_expect_lt((call), 0, #call);                                                    \
		cr_expect_str_eq(err.text, message);                                               \
	} while (0)

/* The whole of a file, which may be a memfd. Cut at the buffer's end. */
static inline const char *contents(int fd)
{
	static char text[65536];
	ssize_t got = pread(fd, text, sizeof text - 1, 0);

	cr_assert_geq(got, 0);
	text[got] = '\0';
	return text;
}

/* From here on stdout, or stderr, goes there. Return: to be read by contents() */
static inline int capture(FILE *stream)
{
	int fd = memfd_create("captured", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	fflush(stream);
	cr_assert_geq(dup2(fd, fileno(stream)), 0);
	return fd;
}

#endif
