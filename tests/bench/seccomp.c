/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a seccomp profile costs: seccomp.py reads this program's output.
 *
 *     seccomp compile CONFIG ROUNDS             "kist|resolve|compile|check|libseccomp TAB ns" for each
 *                                               round, then "instructions TAB kist's TAB libseccomp's"
 *     seccomp under none|kist|libseccomp CONFIG COMMAND...
 *                                               COMMAND under this program of the profile
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "libcontainer/seccomp/seccomp.h"
#include "libcontainer/warnings.h"
#include "tests/unit/libcontainer/seccomp_oracle.h"

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

static const struct seccomp *read_profile(const char *file, struct arena *arena)
{
	const struct config *config;
	struct document document;
	struct error err;

	if (config_read(AT_FDCWD, file, arena, &document, &err) < 0 ||
	    config_parse(file, &document, arena, &config, &err) < 0) {
		fprintf(stderr, "seccomp: %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	if (!config->linux->seccomp) {
		fprintf(stderr, "seccomp: %s has no profile\n", file);
		exit(EXIT_FAILURE);
	}
	return config->linux->seccomp;
}

static void must(int result, const char *what)
{
	if (result == 0)
		return;
	fprintf(stderr, "seccomp: %s: %s\n", what, strerror(-result));
	exit(EXIT_FAILURE);
}

/* As plan_make does it; print: the times of its three parts. */
static struct sock_fprog kist_program(const struct seccomp *profile, struct arena *arena,
				      bool print)
{
	struct seccomp_calls calls;
	struct sock_fprog program;
	struct warnings warnings = {0};
	struct error err;
	long start = now_ns(), resolved, compiled, checked;

	must(seccomp_resolve(profile, arena, &calls, &warnings, &err), "resolve");
	resolved = now_ns();
	must(seccomp_compile(profile, &calls, arena, &program, &err), "compile");
	compiled = now_ns();
	must(seccomp_check(profile, &calls, &program, &err), "check");
	checked = now_ns();
	if (print)
		printf("kist\t%ld\nresolve\t%ld\ncompile\t%ld\ncheck\t%ld\n", checked - start,
		       resolved - start, compiled - resolved, checked - compiled);
	return program;
}

static struct sock_fprog oracle_program(const struct seccomp *profile, struct arena *arena,
					bool print)
{
	struct sock_fprog program;
	long start = now_ns();

	must(oracle_compile(profile, ORACLE_TREE, arena, &program), "libseccomp");
	if (print)
		printf("libseccomp\t%ld\n", now_ns() - start);
	return program;
}

static int compile(const char *file, long rounds)
{
	struct arena arena _arena_ = {0};
	const struct seccomp *profile = read_profile(file, &arena);

	for (long i = 0; i < rounds; i++) {
		struct arena scratch _arena_ = {0};
		unsigned kist = kist_program(profile, &scratch, true).len;
		unsigned oracle = oracle_program(profile, &scratch, true).len;

		if (i == 0)
			printf("instructions\t%u\t%u\n", kist, oracle);
	}
	return EXIT_SUCCESS;
}

static int under(const char *whose, const char *file, char **command)
{
	struct arena arena _arena_ = {0};
	const struct seccomp *profile = read_profile(file, &arena);
	struct sock_fprog program = strcmp(whose, "kist") == 0
					    ? kist_program(profile, &arena, false)
					    : oracle_program(profile, &arena, false);

	if (strcmp(whose, "none") != 0) {
		must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
		must((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
	}
	execv(command[0], command);
	must(-errno, command[0]);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "compile") == 0)
		return compile(argv[2], strtol(argv[3], NULL, 10));
	if (argc > 4 && strcmp(argv[1], "under") == 0)
		return under(argv[2], argv[3], &argv[4]);
	fprintf(stderr, "usage: seccomp compile CONFIG ROUNDS\n"
			"       seccomp under none|kist|libseccomp CONFIG COMMAND...\n");
	return EXIT_FAILURE;
}
