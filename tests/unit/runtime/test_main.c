/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call of kist ends with: its status, and the error on stderr and in the log.
 */
int kist_main(int argc, char **argv);
#define main kist_main
#include "runtime/main.c"
#undef main

#include "tests/unit/runtime/runtime_fixture.h"

static int call(char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return kist_main(argc, argv);
}

#define CALL(...) call(ARGV("kist", __VA_ARGS__))

Test(main, silent_success)
{
	int errors = capture(stderr), out = capture(stdout);

	cr_expect_eq(CALL("--version"), 0);
	cr_expect_str_eq(contents(out), container_version());
	cr_expect_str_eq(contents(errors), "");
}

Test(main, help)
{
	int out = capture(stdout);
	char *text;

	cr_expect_eq(CALL(NULL), 0);
	text = strdup(contents(out));
	cr_expect_eq(strncmp(text, "usage: kist ", 12), 0);
	for (char **other = ARGV("--help", "-h", "help"); *other; other++) {
		out = capture(stdout);
		cr_expect_eq(CALL(*other), 0);
		cr_expect_str_eq(contents(out), text, "%s", *other);
	}
	free(text);
}

Test(main, an_error_is_said_once)
{
	int errors = capture(stderr), out = capture(stdout);

	cr_expect_eq(CALL("--root", "/nonexistent", "state", "x"), 1);
	cr_expect_str_eq(contents(errors), "kist: state x: container \"x\" does not exist\n");
	cr_expect_str_eq(contents(out), "");
}

Test(main, an_error_of_exec_is_255)
{
	int errors = capture(stderr);

	cr_expect_eq(CALL("exec", "--nosuch", "x"), 255);
	cr_expect_str_eq(contents(errors),
			 "kist: exec: unknown option \"--nosuch\" (see --help)\n");
	cr_expect_eq(CALL("exec"), 255);
	cr_expect_eq(CALL("--nosuch", "exec"), 1, "of kist's own");
}

Test(main, an_error_is_one_line_that_a_terminal_does_not_obey)
{
	int errors = capture(stderr);

	cr_expect_eq(CALL("a\033[31m\n"), 1);
	cr_expect_str_eq(contents(errors),
			 "kist: unknown command \"a\\x1b[31m\\x0a\" (see kist --help)\n");
}

Test(main, an_error_is_in_the_log_too)
{
	char path[] = "/tmp/kist-test-XXXXXX";
	int log = mkstemp(path);

	capture(stderr);
	cr_expect_eq(CALL("--log", path, "--log-format", "json", "--nosuch"), 1);
	cr_expect(strstr(contents(log), "\"msg\":\"unknown option \\\"--nosuch\\\" (see --help)\""),
		  "%s", contents(log));
	cr_expect_eq(CALL("--log", path, "--log-format", "json", "delete", "-x", "id"), 1);
	cr_expect(strstr(contents(log), "\"msg\":\"delete: unknown option \\\"-x\\\""), "%s",
		  contents(log));
	unlink(path);
}

Test(main, half_an_answer_is_an_error)
{
	for (char **command = ARGV("--help", "--version", "help", "features"); *command;
	     command++) {
		int errors = capture(stderr);

		cr_assert_not_null(freopen("/dev/full", "w", stdout));
		cr_expect_eq(CALL(*command), 1, "%s", *command);
		cr_expect_str_eq(contents(errors),
				 "kist: write to stdout: No space left on device\n");
	}
}

/* What fails in the middle and succeeds at the end is an error as well. */
Test(main, a_hole_in_an_answer_is_an_error)
{
	int errors = capture(stderr);

	cr_assert_not_null(freopen("/dev/full", "w", stdout));
	fputs("lost", stdout);
	fflush(stdout);
	capture(stdout);
	cr_expect_eq(CALL("--version"), 1);
	cr_expect_str_eq(contents(errors), "kist: write to stdout: Input/output error\n");
}

Test(main, standard_streams_are_open)
{
	close(STDIN_FILENO);
	close(STDERR_FILENO);
	secure_stdio();
	cr_expect_geq(fcntl(STDIN_FILENO, F_GETFD), 0);
	cr_expect_geq(fcntl(STDERR_FILENO, F_GETFD), 0);
}

Test(main, needs_its_own_name)
{
	capture(stderr);
	cr_expect_eq(kist_main(0, ARGV(NULL)), 1);
}
