/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs beside the container's own: what they get, and that nothing that they do makes kist
 * wait, or say more than it has room for.
 */
#include "libcontainer/process/spawn.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "spec/cleanup.h"
#include "tests/unit/libcontainer/expect.h"

static char top[] = "/tmp/test-spawn-XXXXXX";
static struct error err;
static int null = -1;

static void begin(void)
{
	cr_assert(mkdtemp(top));
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	DO(null);
}

static void finish(void)
{
	char command[64];

	close(null);
	snprintf(command, sizeof command, "rm -r %s", top);
	cr_assert_eq(system(command), 0);
}

TestSuite(spawn, .init = begin, .fini = finish, .timeout = 60);

/* A shell with this script, in a directory of its own, with nothing in its environment. */
static int run_for(const char *script, int32_t timeout_s)
{
	const struct spawn spawn = {
		.path = "/bin/sh",
		.argv = (const char *const[]){"sh", "-c", script, NULL},
		.envp = (const char *const[]){NULL},
		.directory = top,
		.input = null,
		.timeout_s = timeout_s,
	};

	return spawn_run(&spawn, &err);
}

static int run(const char *script)
{
	return run_for(script, 0);
}

/* What a program wrote to a file in its directory. */
static const char *file(const char *name)
{
	static char text[4096];
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", top, name);
	STEP(io_read_file(AT_FDCWD, path, text, sizeof text, &err));
	return text;
}

static bool is_there(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", top, name);
	return access(path, F_OK) == 0;
}

static double now_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A process that is gone, or only waits for somebody to ask how it ended. */
static bool is_gone(pid_t pid)
{
	char path[32], text[512];
	const char *state;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if (io_read_file(AT_FDCWD, path, text, sizeof text, &err) < 0)
		return true;
	state = strrchr(text, ')');
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static void expect_gone(pid_t pid)
{
	for (int i = 0; i < 200 && !is_gone(pid); i++)
		usleep(10000);
	cr_expect(is_gone(pid), "process %d is still there", pid);
}

/*
 * What it gets
 */

Test(spawn, success)
{
	STEP(run("exit 0"));
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD, "it was reaped");
}

Test(spawn, nothing_of_the_caller_s_environment)
{
	cr_assert_eq(setenv("SECRET", "1", 1), 0);
	STEP(run("cat /proc/$$/environ >environ"));
	cr_expect_str_eq(file("environ"), "");
}

Test(spawn, arguments_and_environment_as_given)
{
	const struct spawn spawn = {
		.path = "/bin/sh",
		.argv = (const char *const[]){"name", "-c", "echo \"$0 $1 $A\" >said", "zero",
					      "one", NULL},
		.envp = (const char *const[]){"A=b c", NULL},
		.directory = top,
		.input = null,
	};

	STEP(spawn_run(&spawn, &err));
	cr_expect_str_eq(file("said"), "zero one b c\n");
}

Test(spawn, begins_in_its_directory)
{
	char expected[64];

	STEP(run("pwd >pwd"));
	snprintf(expected, sizeof expected, "%s\n", top);
	cr_expect_str_eq(file("pwd"), expected);
}

Test(spawn, begins_in_the_root_when_there_is_no_directory)
{
	char script[128];
	const struct spawn spawn = {
		.path = "/bin/sh",
		.argv = (const char *const[]){"sh", "-c", script, NULL},
		.envp = (const char *const[]){NULL},
		.directory = "/nonexistent",
		.input = null,
	};

	snprintf(script, sizeof script, "pwd >%s/pwd", top);
	STEP(spawn_run(&spawn, &err));
	cr_expect_str_eq(file("pwd"), "/\n");
}

Test(spawn, reads_its_input)
{
	_close_ int input = open(top, O_TMPFILE | O_RDWR, 0600);
	const struct spawn spawn = {
		.path = "/bin/sh",
		.argv = (const char *const[]){"sh", "-c", "cat >copy", NULL},
		.envp = (const char *const[]){NULL},
		.directory = top,
		.input = input,
	};

	cr_assert_eq(write(input, "state", 5), 5);
	DO(lseek(input, 0, SEEK_SET));
	STEP(spawn_run(&spawn, &err));
	cr_expect_str_eq(file("copy"), "state");
}

/* Also what is not close-on-exec, as --preserve-fds and what an embedder has open. */
Test(spawn, no_descriptor_but_stdio)
{
	int leaked = dup(null);

	DO(leaked);
	DO(dup2(null, 77));
	STEP(run("for fd in 3 4 5 6 7 8 9 77; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done "
		 ">open"));
	cr_expect_str_eq(file("open"), "");
	close(77);
	close(leaked);
}

/* An embedder may have closed them, so that the pipes are where stdio goes. */
static void run_without_stdio(void)
{
	const struct spawn missing = {
		.path = "/nonexistent",
		.argv = (const char *const[]){"x", NULL},
		.envp = (const char *const[]){NULL},
		.input = null,
	};

	close(0);
	close(1);
	close(2);
	if (run("echo out; echo err >&2; exit 3") != -ECHILD ||
	    strcmp(err.text, "exited with status 3: err") != 0)
		_exit(1);
	_exit(spawn_run(&missing, &err) == -ENOENT ? 0 : 2);
}

Test(spawn, a_caller_without_stdio)
{
	int status;
	pid_t pid = fork();

	DO(pid);
	if (pid == 0)
		run_without_stdio();
	DO(waitpid(pid, &status, 0));
	cr_expect_eq(status, 0);
}

Test(spawn, signals_umask_and_session)
{
	sigset_t all;

	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	DO(sigprocmask(SIG_BLOCK, &all, NULL));
	umask(077);
	STEP(run("grep -E '^Sig(Blk|Ign)' /proc/self/status >signals; umask >umask; "
		 "cut -d' ' -f1,5,6 /proc/$$/stat >session; echo $$ >pid"));
	cr_expect_str_eq(file("signals"), "SigBlk:\t0000000000000000\n"
					  "SigIgn:\t0000000000000000\n");
	cr_expect_str_eq(file("umask"), "0022\n");
	int pid = atoi(file("pid"));
	char expected[64];

	snprintf(expected, sizeof expected, "%d %d %d\n", pid, pid, pid);
	cr_expect_str_eq(file("session"), expected);
}

/*
 * How it ends
 */

Test(spawn, a_status)
{
	FAILS(run("exit 7"), ECHILD, "exited with status 7");
}

Test(spawn, a_signal)
{
	FAILS(run("kill -9 $$"), ECHILD, "was killed by signal 9 (SIGKILL)");
	FAILS(run("kill -SEGV $$"), ECHILD, "was killed by signal 11 (SIGSEGV)");
}

Test(spawn, the_last_line_is_told)
{
	FAILS(run("echo first; echo; echo 'the reason' >&2; exit 1"), ECHILD,
	      "exited with status 1: the reason");
	FAILS(run("printf 'no newline'; exit 1"), ECHILD, "exited with status 1: no newline");
	FAILS(run("printf 'reason\\n\\n  \\n\\r\\n'; exit 1"), ECHILD,
	      "exited with status 1: reason");
	FAILS(run("printf '\\n\\n'; exit 1"), ECHILD, "exited with status 1");
	FAILS(run("printf 'a\\0b\\n'; exit 1"), ECHILD, "exited with status 1: a?b");
}

/* 100 KB in one line: what fits of its end. */
Test(spawn, a_long_line_is_cut)
{
	cr_expect_eq(run("head -c 100000 /dev/zero | tr '\\0' x; echo END; exit 1"), -ECHILD);
	cr_expect_lt(strlen(err.text), 600);
	cr_expect_eq(strncmp(err.text, "exited with status 1: xxx", 25), 0);
	cr_expect(strstr(err.text, "xEND"));
}

Test(spawn, megabytes_are_read)
{
	STEP(run("head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2"));
	FAILS(run("head -c 20000000 /dev/zero; echo; echo done; exit 1"), ECHILD,
	      "exited with status 1: done");
}

Test(spawn, closes_its_output)
{
	double began = now_s();

	STEP(run("exec >&- 2>&-; sleep 0.2"));
	cr_expect_geq(now_s() - began, 0.2);
}

Test(spawn, what_cannot_be_executed)
{
	struct spawn spawn = {
		.path = "/nonexistent",
		.argv = (const char *const[]){"x", NULL},
		.envp = (const char *const[]){NULL},
		.directory = "/",
		.input = null,
	};

	FAILS(spawn_run(&spawn, &err), ENOENT, "execute: No such file or directory");
	spawn.path = "/etc/passwd";
	FAILS(spawn_run(&spawn, &err), EACCES, "execute: Permission denied");
	spawn.path = "/proc";
	FAILS(spawn_run(&spawn, &err), EACCES, "execute: Permission denied");
}

/* To those the kernel does not tell how a child ended. */
Test(spawn, a_caller_that_ignores_its_children)
{
	struct sigaction action;

	signal(SIGCHLD, SIG_IGN);
	FAILS(run("exit 7"), ECHILD, "exited with status 7");
	DO(sigaction(SIGCHLD, NULL, &action));
	cr_expect_eq(action.sa_handler, SIG_IGN);
	action = (struct sigaction){.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
	DO(sigaction(SIGCHLD, &action, NULL));
	FAILS(run("exit 8"), ECHILD, "exited with status 8");
	DO(sigaction(SIGCHLD, NULL, &action));
	cr_expect(action.sa_flags & SA_NOCLDWAIT);
	signal(SIGCHLD, SIG_DFL);
}

/*
 * Time and forks
 */

Test(spawn, in_time)
{
	STEP(run_for("sleep 0.1", 20));
	FAILS(run_for("exit 2", 20), ECHILD, "exited with status 2");
	STEP(run_for("exit 0", INT32_MAX));
}

Test(spawn, time_is_up)
{
	double began = now_s(), took;

	FAILS(run_for("echo hanging; sleep 1000", 1), ETIMEDOUT,
	      "timed out after 1 s and was killed: hanging");
	took = now_s() - began;
	cr_expect(took >= 1 && took < 5, "%f s", took);
}

Test(spawn, time_is_up_for_what_only_prints)
{
	double began = now_s();

	cr_expect_eq(run_for("while :; do echo x; done", 1), -ETIMEDOUT);
	cr_expect_lt(now_s() - began, 5);
}

Test(spawn, cancelled)
{
	struct spawn spawn = {
		.path = "/bin/sh",
		.argv = (const char *const[]){"sh", "-c", "sleep 1000", NULL},
		.envp = (const char *const[]){NULL},
		.input = null,
	};
	double began = now_s();
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	spawn.cancel = &ends[0];
	close(ends[1]);
	FAILS(spawn_run(&spawn, &err), ECANCELED, "interrupted");
	cr_expect_lt(now_s() - began, 5);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "it was reaped");
}

Test(spawn, the_whole_group_is_killed)
{
	FAILS(run_for("sleep 1000 & echo $! >child; (trap '' TERM HUP INT; sleep 1000) & "
		      "echo $! >other; wait",
		      1),
	      ETIMEDOUT, "timed out after 1 s and was killed");
	expect_gone(atoi(file("child")));
	expect_gone(atoi(file("other")));
}

Test(spawn, a_failure_leaves_nothing_in_the_background)
{
	double began = now_s();

	FAILS(run("sleep 1000 & echo $! >child; exit 1"), ECHILD, "exited with status 1");
	cr_expect_lt(now_s() - began, 5);
	expect_gone(atoi(file("child")));
}

/* A daemon that a hook starts stays, and though it holds the pipe nobody waits for it. */
Test(spawn, what_is_left_running_is_not_waited_for)
{
	double began = now_s();
	pid_t child;

	STEP(run("sleep 1000 & echo $! >child"));
	cr_expect_lt(now_s() - began, 5);
	child = atoi(file("child"));
	cr_expect_not(is_gone(child));
	kill(child, SIGKILL);
}

Test(spawn, what_is_left_printing_is_not_waited_for)
{
	double began = now_s();

	STEP(run("(while echo x; do :; done) & echo $! >child"));
	cr_expect_lt(now_s() - began, 5);
	/* Nobody reads any more. */
	expect_gone(atoi(file("child")));
}

/* A caller that is killed. */
Test(spawn, dies_with_kist)
{
	pid_t caller = fork();

	DO(caller);
	if (caller == 0)
		_exit(run("echo $$ >pid.new; mv pid.new pid; exec sleep 1000") < 0);
	for (int i = 0; i < 500 && !is_there("pid"); i++)
		usleep(10000);
	cr_expect_not(is_gone(atoi(file("pid"))));
	kill(caller, SIGKILL);
	DO(waitpid(caller, NULL, 0));
	expect_gone(atoi(file("pid")));
}

/* Open descriptors below a limit. */
static int count_open(int limit)
{
	int count = 0;

	for (int fd = 0; fd < limit; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* An error, wherever there is no room for one more; and none is left open. */
static void run_with_few(int limit)
{
	const struct rlimit few = {.rlim_cur = (rlim_t)limit, .rlim_max = (rlim_t)limit};
	int before, result;

	for (int fd = 3; fd < 64; fd++)
		if (fd != null)
			close(fd);
	before = count_open(64);
	DO(setrlimit(RLIMIT_NOFILE, &few));
	result = run("exit 0");
	if (result != 0 && result != -EMFILE && result != -EINVAL)
		_exit(1);
	if ((limit <= 4 && result == 0) || (limit >= 12 && result < 0))
		_exit(2);
	_exit(count_open(64) == before ? 0 : 3);
}

Test(spawn, a_caller_that_may_open_little)
{
	for (int limit = 3; limit < 16; limit++) {
		int status;
		pid_t pid = fork();

		DO(pid);
		if (pid == 0)
			run_with_few(limit);
		DO(waitpid(pid, &status, 0));
		cr_expect_eq(status, 0, "limit %d: %d", limit, WEXITSTATUS(status));
	}
}
