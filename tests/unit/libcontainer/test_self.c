/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Init as a process: how it begins, its directory, and the comparison with the plan. Needs root.
 */
#include <signal.h>

#include "libcontainer/process/process.h"
#include "libcontainer/process/self.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(self, .init = fixture_init, .fini = fixture_finish);

/* A creator at the other end of sync. Return: its end */
static int have_creator(void)
{
	int ends[2];

	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	creation.sync = ends[0];
	return ends[1];
}

CHILD_TEST(self, begins_with_nothing_of_the_caller_s)
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
	STEP(self_begin.run(&creation, &err));
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
CHILD_TEST(self, is_not_reached_by_the_caller_s_terminal)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};
	struct sigaction action;
	sigset_t mask;

	have_creator();
	sigfillset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	EXPECT(raise(SIGINT) == 0 && is_pending(SIGINT));
	STEP(self_begin.run(&creation, &err));
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		EXPECT(raise(signals[i]) == 0);
	/* Another process of exec's begins once more. */
	STEP(self_begin.run(&creation, &err));
	EXPECT(raise(SIGTSTP) == 0);
	STEP(self_session.run(&creation, &err));
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		EXPECT(sigaction(signals[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL);
}

CHILD_TEST(self, shows_another_command_line)
{
	char words[] = "kist\0exec\0-e\0TOKEN=s3cret\0c1", few[] = "a b", none[] = "x";
	const struct container_command_line line = {words, sizeof words}, small = {few, sizeof few},
					    nothing = {none, 0};

	self_hide_command_line(&line);
	EXPECT(strcmp(words, "kist init") == 0);
	for (size_t i = sizeof "kist init" - 1; i < sizeof words; i++)
		EXPECT(words[i] == '\0');
	self_hide_command_line(&small);
	EXPECT(strcmp(few, "kis") == 0);
	self_hide_command_line(&nothing);
	EXPECT(*none == 'x');
}

/* A hook, say: it leads a session of its own. */
CHILD_TEST(self, has_every_signal_at_its_default)
{
	struct sigaction action;

	signal(SIGINT, SIG_IGN);
	STEP(self_reset_signals(&err));
	EXPECT(sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
}

CHILD_TEST(self, does_not_outlive_its_creator)
{
	close(have_creator());
	FAILS(self_begin.run(&creation, &err), ECANCELED, "the creator has gone");
}

CHILD_TEST(self, leads_a_session)
{
	STEP(self_session.run(&creation, &err));
	EXPECT(getsid(0) == getpid());
	FAILS(self_session.run(&creation, &err), EPERM, "setsid: Operation not permitted");
}

/* The root is an empty directory with a procfs, as a container's. */
static void enter_root(void)
{
	own_mnt();
	EXPECT(mkdir("/mnt/proc", 0755) == 0);
	EXPECT(mount("proc", "/mnt/proc", "proc", 0, NULL) == 0);
	EXPECT(chroot("/mnt") == 0 && chdir("/") == 0);
}

static const char *cwd(void)
{
	static char path[4096];

	EXPECT(syscall(SYS_getcwd, path, sizeof path) > 0);
	return path;
}

CHILD_TEST(self, makes_and_enters_the_directory)
{
	struct stat status;

	enter_root();
	process.cwd = "/a/b//c";
	STEP(self_cwd.run(&creation, &err));
	EXPECT(strcmp(cwd(), "/a/b/c") == 0);
	EXPECT(stat("/a/b", &status) == 0 && (status.st_mode & 07777) == 0755);
	STEP(self_cwd_again.run(&creation, &err));
}

/* Of a root that will be read-only; there is nothing else to make it in by then. */
CHILD_TEST(self, makes_the_directory_early)
{
	static struct root root;

	config.root = &root;
	EXPECT(!self_make_cwd.when(&plan));
	root.readonly = true;
	EXPECT(self_make_cwd.when(&plan));
	own_mnt();
	creation.rootfs.tree = open("/mnt", O_PATH | O_DIRECTORY | O_CLOEXEC);
	process.cwd = "/a/b";
	STEP(self_make_cwd.run(&creation, &err));
	EXPECT(access("/mnt/a/b", F_OK) == 0);
	put_file("/mnt/file", 0644, "");
	process.cwd = "/file/below";
	/* Entering it will say so. */
	STEP(self_make_cwd.run(&creation, &err));
}

CHILD_TEST(self, follows_links_within_the_root)
{
	enter_root();
	EXPECT(mkdir("/b", 0755) == 0 && symlink("../../b", "/a") == 0);
	process.cwd = "/a";
	STEP(self_cwd.run(&creation, &err));
	EXPECT(strcmp(cwd(), "/b") == 0);
}

CHILD_TEST(self, leaves_no_way_out_by_a_descriptor)
{
	static char path[32];
	int host_directory = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	EXPECT(host_directory >= 0);
	enter_root();
	snprintf(path, sizeof path, "/proc/self/fd/%d", host_directory);
	process.cwd = path;
	EXPECT(self_cwd.run(&creation, &err) == -ELOOP);
	EXPECT(symlink(path, "/link") == 0);
	process.cwd = "/link";
	FAILS(self_cwd.run(&creation, &err), ELOOP,
	      "process.cwd: /link: too many links, or a magic link");
}

CHILD_TEST(self, a_file_is_no_directory)
{
	enter_root();
	put_file("/file", 0644, "");
	process.cwd = "/file";
	FAILS(self_cwd.run(&creation, &err), ENOTDIR, "process.cwd: /file: Not a directory");
}

CHILD_TEST(self, the_user_tries_again)
{
	enter_root();
	EXPECT(mkdir("/private", 0700) == 0 && chown("/private", 1000, 1000) == 0);
	EXPECT(mkdir("/private/home", 0755) == 0);
	process.cwd = "/private/home";
	/* Root without capabilities is what root is on a network filesystem. */
	EXPECT(setresuid(2000, 2000, 0) == 0);
	STEP(self_cwd.run(&creation, &err));
	EXPECT(creation.cwd_denied && strcmp(cwd(), "/") == 0);
	FAILS(self_cwd_again.run(&creation, &err), EACCES,
	      "process.cwd: /private/home: Permission denied");
	EXPECT(setresuid(0, 0, 0) == 0 && setresuid(1000, 1000, 1000) == 0);
	STEP(self_cwd_again.run(&creation, &err));
	EXPECT(!creation.cwd_denied && strcmp(cwd(), "/private/home") == 0);
}

/* All that verify looks at, as planned. */
static void become(void)
{
	static const uint32_t gids[] = {9, 4};
	static struct capabilities asked = {.bounding = {3, {0}}, .permitted = {3, {0}}};

	enter_root();
	process.user = (struct user){.uid = 1000, .gid = 1000, .additionalGids = {2, gids}};
	process.capabilities = &asked;
	process.noNewPrivileges = true;
	STEP(process_plan(&plan, &err));
	STEP(capabilities_plan(&plan, &err));
	STEP(capabilities_bound.run(&creation, &err));
	STEP(credentials_become.run(&creation, &err));
	STEP(capabilities_set.run(&creation, &err));
	STEP(descriptors_close.run(&creation, &err));
}

CHILD_TEST(self, is_as_planned)
{
	become();
	STEP(self_verify.run(&creation, &err));
}

CHILD_TEST(self, notices_another_user)
{
	become();
	process.user.uid = 0;
	FAILS(self_verify.run(&creation, &err), EPERM, "real uid is 1000, planned 0");
}

CHILD_TEST(self, notices_another_group)
{
	static const uint32_t gids[] = {9, 5};

	become();
	process.user.additionalGids.at = gids;
	FAILS(self_verify.run(&creation, &err), EPERM, "additional group 5 is missing");
	process.user.additionalGids.count = 1;
	FAILS(self_verify.run(&creation, &err), EPERM,
	      "number of additional groups is 2, planned 1");
	process.user.gid = 7;
	FAILS(self_verify.run(&creation, &err), EPERM, "real gid is 1000, planned 7");
}

CHILD_TEST(self, notices_other_capabilities)
{
	become();
	plan.process.capabilities.bounding = 1;
	FAILS(self_verify.run(&creation, &err), EPERM,
	      "bounding capabilities are 0x3, planned 0x1");
	plan.process.capabilities.permitted = 1;
	FAILS(self_verify.run(&creation, &err), EPERM,
	      "permitted capabilities are 0x3, planned 0x1");
}

CHILD_TEST(self, notices_a_missing_filter)
{
	become();
	plan.seccomp = (struct seccomp_plan){.program = {.len = 1}, .early = true};
	FAILS(self_verify.run(&creation, &err), EPERM, "linux.seccomp is not in force");
}

CHILD_TEST(self, notices_another_umask)
{
	become();
	umask(0);
	FAILS(self_verify.run(&creation, &err), EPERM, "umask is 000, planned 022");
}

CHILD_TEST(self, notices_an_open_descriptor)
{
	become();
	EXPECT(dup2(0, 7) == 7);
	FAILS(self_verify.run(&creation, &err), EPERM, "descriptor 7 is open");
	options.preserve_fds = 5;
	STEP(self_verify.run(&creation, &err));
}

CHILD_TEST(self, notices_that_the_directory_was_not_entered)
{
	become();
	creation.cwd_denied = true;
	FAILS(self_verify.run(&creation, &err), EACCES, "process.cwd was not entered");
}

CHILD_TEST(self, notices_a_directory_of_the_host)
{
	int outside = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	EXPECT(outside >= 0 && fchdir(outside) == 0 && chroot("/usr") == 0);
	process.user.uid = 0;
	plan.process.capabilities = (struct capability_masks){0};
	STEP(capabilities_bound.run(&creation, &err));
	STEP(credentials_become.run(&creation, &err));
	STEP(capabilities_set.run(&creation, &err));
	STEP(descriptors_close.run(&creation, &err));
	FAILS(self_verify.run(&creation, &err), EPERM,
	      "process.cwd: is outside of the root filesystem");
}
