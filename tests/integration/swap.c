/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The enemy's thread: exchanges two names, over and over, so that a directory is a symbolic link
 * now and a directory again before whoever looked has come to use it.
 *
 *     swap ONE OTHER
 *
 * Ends when its standard input ends, or with its parent; then prints how often it has exchanged
 * them. See renameat2(2), RENAME_EXCHANGE.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Looking for the end takes as long as an exchange. */
enum { BATCH = 256 };

static bool has_ended(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&input, 1, 0) != 0;
}

static bool exchange(const char *one, const char *other)
{
	for (int i = 0; i < BATCH; i++)
		if (renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) < 0)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	unsigned long count = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: swap ONE OTHER\n");
		return 1;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (; !has_ended(); count += BATCH) {
		if (!exchange(argv[1], argv[2])) {
			fprintf(stderr, "swap: %s, %s: %s\n", argv[1], argv[2], strerror(errno));
			return 1;
		}
	}
	printf("%lu\n", count);
	return 0;
}
