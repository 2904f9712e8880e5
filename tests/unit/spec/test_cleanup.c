/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/cleanup.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdbool.h>

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int open_null(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int use_descriptor(bool early)
{
	_close_ int fd = open_null();
	int number = fd;

	cr_assert(is_open(fd));
	if (early)
		return number;
	fd = take(&fd);
	return number;
}

static int hand_over(void)
{
	_close_ int fd = open_null();

	return take(&fd);
}

Test(cleanup, a_descriptor_is_closed_on_every_return)
{
	cr_expect_not(is_open(use_descriptor(true)));
	cr_expect_not(is_open(use_descriptor(false)));
}

Test(cleanup, a_taken_descriptor_stays_open)
{
	int fd = hand_over();

	cr_assert(is_open(fd));
	close(fd);
}

Test(cleanup, take_leaves_nothing_to_close)
{
	int fd = 42;

	cr_expect_eq(take(&fd), 42);
	cr_expect_eq(fd, -1);
	cr_expect_eq(take(&fd), -1);
}

Test(cleanup, closing_leaves_errno_alone)
{
	errno = ENOTSUP;
	{
		_close_ int none = -1, bad = 1000000;

		(void)none;
		(void)bad;
	}
	cr_expect_eq(errno, ENOTSUP);
}

Test(cleanup, memory_is_freed)
{
	_free_ char *none = NULL;
	_free_ char *text = malloc(1);

	cr_expect_not_null(text);
	cr_expect_null(none);
}

static int use_stream(void)
{
	_fclose_ FILE *none = NULL;
	_fclose_ FILE *stream = fopen("/dev/null", "re");

	cr_assert_not_null(stream);
	cr_assert_null(none);
	return fileno(stream);
}

Test(cleanup, a_stream_is_closed)
{
	cr_expect_not(is_open(use_stream()));
}
