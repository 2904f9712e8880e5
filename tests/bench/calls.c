/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a system call costs under a filter: calls ROUNDS prints "getppid|personality|acct TAB ns" for
 * each round. The usual profiles allow the first, allow the second by its argument, and deny the
 * third.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

static void time_call(const char *name, long number, long argument)
{
	enum { CALLS = 100000 };
	long start = now_ns();

	for (int i = 0; i < CALLS; i++)
		syscall(number, argument);
	printf("%s\t%.1f\n", name, (double)(now_ns() - start) / CALLS);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1;

	for (long i = 0; i < rounds; i++) {
		time_call("getppid", SYS_getppid, 0);
		time_call("personality", SYS_personality, 0xffffffff);
		time_call("acct", SYS_acct, -1);
	}
	return EXIT_SUCCESS;
}
