/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How init begins. Needs root.
 */
#include "libcontainer/process/birth.h"

#include <signal.h>

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(birth, .init = fixture_init, .fini = fixture_finish);

/* A creator at the other end of sync. Return: its end */
static int have_creator(void)
{
	int ends[2];

	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	creation.sync = ends[0];
	return ends[1];
}

CHILD_TEST(birth, begins_with_nothing_of_the_caller_s)
{
	struct sigaction action;
	sigset_t mask;
	int death = 0;

	have_creator();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGRTMAX, SIG_IGN);
	sigfillset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	STEP(birth_begin.run(&creation, &err));
	EXPECT(umask(0) == 0);
	EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	EXPECT(prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) == 0 && death == SIGKILL);
	EXPECT(sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && sigisemptyset(&mask));
	EXPECT(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
	EXPECT(sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
	EXPECT(sigaction(SIGRTMAX, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
}

static bool is_pending(int signal)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, signal);
}

/* What a terminal sends to everybody in the foreground is forwarded by kist, and would kill or stop
 * init before there is anything to forward it to. */
CHILD_TEST(birth, is_not_reached_by_the_caller_s_terminal)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};
	struct sigaction action;
	sigset_t mask;

	have_creator();
	sigfillset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	EXPECT(raise(SIGINT) == 0 && is_pending(SIGINT));
	STEP(birth_begin.run(&creation, &err));
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		EXPECT(raise(signals[i]) == 0);
	/* Another process of exec's begins once more. */
	STEP(birth_begin.run(&creation, &err));
	EXPECT(raise(SIGTSTP) == 0);
	STEP(birth_session.run(&creation, &err));
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		EXPECT(sigaction(signals[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL);
}

CHILD_TEST(birth, shows_another_command_line)
{
	char words[] = "kist\0exec\0-e\0TOKEN=s3cret\0c1", few[] = "a b", none[] = "x";
	const struct container_command_line line = {words, sizeof words}, small = {few, sizeof few},
					    nothing = {none, 0};

	birth_hide_command_line(&line);
	EXPECT(strcmp(words, "kist init") == 0);
	for (size_t i = sizeof "kist init" - 1; i < sizeof words; i++)
		EXPECT(words[i] == '\0');
	birth_hide_command_line(&small);
	EXPECT(strcmp(few, "kis") == 0);
	birth_hide_command_line(&nothing);
	EXPECT(*none == 'x');
}

/* A hook, say: it leads a session of its own. */
CHILD_TEST(birth, has_every_signal_at_its_default)
{
	struct sigaction action;

	signal(SIGINT, SIG_IGN);
	STEP(birth_reset_signals(&err));
	EXPECT(sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
}

CHILD_TEST(birth, does_not_outlive_its_creator)
{
	close(have_creator());
	FAILS(birth_begin.run(&creation, &err), ECANCELED, "the creator has gone");
}

CHILD_TEST(birth, leads_a_session)
{
	STEP(birth_session.run(&creation, &err));
	EXPECT(getsid(0) == getpid());
	FAILS(birth_session.run(&creation, &err), EPERM, "setsid: Operation not permitted");
}
