/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making init, and finding it again. What makes namespaces needs root.
 */
#include "libcontainer/process/clone.h"

#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "libcontainer/io.h"
#include "libcontainer/process/sync.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(clone, .init = fixture_init, .fini = fixture_finish);

/* Init of a test says what it has found and waits for its creator to go. */
static void say_and_wait(bool as_expected)
{
	sync_send(creation.sync, as_expected ? SYNC_PAUSED : SYNC_GO, &err);
	_exit(sync_receive(creation.sync, -1, NULL, &err) == SYNC_CLOSED ? 0 : 1);
}

/* How init ended: its exit status. */
static int end_init(void)
{
	siginfo_t info = {0};

	close(take(&creation.sync));
	EXPECT(waitid(P_PIDFD, (id_t)creation.init, &info, WEXITED) == 0);
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static int hear(void)
{
	return sync_receive(creation.sync, creation.init, NULL, &err);
}

CHILD_TEST(clone, both_sides_can_talk)
{
	pid_t pid = clone_init(&creation, &err);

	if (pid == 0)
		say_and_wait(creation.init == -1 && getppid() > 0);
	EXPECT(pid > 0);
	EXPECT(fcntl(creation.sync, F_GETFD) == FD_CLOEXEC);
	EXPECT(fcntl(creation.init, F_GETFD) == FD_CLOEXEC);
	EXPECT(hear() == SYNC_PAUSED);
	/* Init notices that its creator has gone, which holds for no other end of the socket. */
	EXPECT(end_init() == 0);
}

/* Nor does init hold the creator's end. */
CHILD_TEST(clone, the_end_of_init_is_noticed)
{
	pid_t pid = clone_init(&creation, &err);

	if (pid == 0)
		_exit(3);
	EXPECT(pid > 0);
	EXPECT(sync_receive(creation.sync, -1, NULL, &err) == SYNC_CLOSED);
	EXPECT(end_init() == 3);
}

CHILD_TEST(clone, makes_every_namespace_at_once)
{
	struct stat own, inits;
	char path[64];
	pid_t pid;

	plan.namespaces.clone_flags = CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
	pid = clone_init(&creation, &err);
	if (pid == 0)
		say_and_wait(getpid() == 1);
	EXPECT(pid > 0 && hear() == SYNC_PAUSED);
	for (int i = 0; i < 2; i++) {
		const char *kind = i ? "uts" : "ipc";

		snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
		EXPECT(stat(path, &inits) == 0);
		snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
		EXPECT(stat(path, &own) == 0);
		EXPECT(own.st_ino != inits.st_ino);
	}
	EXPECT(end_init() == 0);
}

CHILD_TEST(clone, without_the_privilege)
{
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	plan.namespaces.clone_flags = CLONE_NEWUTS;
	FAILS(clone_init(&creation, &err), EPERM,
	      "clone3 (who is not root needs a user namespace, too: see kist spec --rootless): "
	      "Operation not permitted");
	EXPECT(creation.init == -1);
}

/* Root, and still not allowed to. */
CHILD_TEST(clone, a_user_namespace_in_a_chroot)
{
	EXPECT(chroot("/usr") == 0 && chdir("/") == 0);
	plan.namespaces.clone_flags = CLONE_NEWUSER | CLONE_NEWUTS;
	FAILS(clone_init(&creation, &err), EPERM,
	      "clone3 (user namespaces are forbidden here, kist is in a chroot, or the caller's id "
	      "is not mapped): Operation not permitted");
}

/* An unmapped id: of a user namespace that has no maps. */
CHILD_TEST(clone, a_user_namespace_of_nobody)
{
	EXPECT(unshare(CLONE_NEWUSER) == 0);
	plan.namespaces.clone_flags = CLONE_NEWUSER;
	FAILS(clone_init(&creation, &err), EPERM,
	      "clone3 (user namespaces are forbidden here, kist is in a chroot, or the caller's id "
	      "is not mapped): Operation not permitted");
}

CHILD_TEST(clone, more_namespaces_than_are_allowed)
{
	EXPECT(unshare(CLONE_NEWUSER) == 0);
	STEP(io_write_file(AT_FDCWD, "/proc/sys/user/max_uts_namespaces", "0", &err));
	plan.namespaces.clone_flags = CLONE_NEWUTS;
	FAILS(clone_init(&creation, &err), ENOSPC,
	      "clone3 (a limit in /proc/sys/user is reached, or namespaces are nested too deep): "
	      "No space left on device");
}

CHILD_TEST(clone, what_the_kernel_does_not_know)
{
	plan.namespaces.clone_flags = 1ULL << 60;
	FAILS(clone_init(&creation, &err), EINVAL, "clone3: Invalid argument");
}

static ino_t inode_of(const char *path)
{
	struct stat status;

	EXPECT(stat(path, &status) == 0);
	return status.st_ino;
}

/* A pid namespace other than the caller's, with a process in it. */
static int other_pid_namespace(void)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID,
		.exit_signal = SIGCHLD,
	};
	char path[64], byte;
	int ready[2];
	pid_t pid;

	EXPECT(pipe2(ready, O_CLOEXEC) == 0);
	pid = sys_clone3(&args);
	EXPECT(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	/* Until it dies with its parent. */
	close(ready[1]);
	EXPECT(read(ready[0], &byte, 1) == 0);
	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

CHILD_TEST(clone, joins_a_pid_namespace_and_stays_out_of_it)
{
	pid_t pid;

	plan.namespaces.entered = 1U << NAMESPACE_PID;
	creation.namespaces.at[NAMESPACE_PID] = other_pid_namespace();
	EXPECT(creation.namespaces.at[NAMESPACE_PID] >= 0);
	pid = clone_init(&creation, &err);
	if (pid == 0)
		say_and_wait(getpid() == 2);
	EXPECT(pid > 2 && hear() == SYNC_PAUSED);
	EXPECT(inode_of("/proc/self/ns/pid_for_children") == inode_of("/proc/self/ns/pid"));
	EXPECT(end_init() == 0);
}

/* The caller is back where it was, also after a failure. */
CHILD_TEST(clone, stays_out_of_a_pid_namespace_when_it_fails)
{
	plan.namespaces.entered = 1U << NAMESPACE_PID;
	creation.namespaces.at[NAMESPACE_PID] = other_pid_namespace();
	plan.namespaces.clone_flags = 1ULL << 60;
	EXPECT(clone_init(&creation, &err) == -EINVAL);
	EXPECT(inode_of("/proc/self/ns/pid_for_children") == inode_of("/proc/self/ns/pid"));
}

CHILD_TEST(clone, joins_no_other_namespace_as_a_pid_namespace)
{
	plan.namespaces.entered = 1U << NAMESPACE_PID;
	creation.namespaces.at[NAMESPACE_PID] = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	FAILS(clone_init(&creation, &err), EINVAL,
	      "linux.namespaces: pid: setns: Invalid argument");
}

/*
 * Identity
 */

static pid_t child;

/* A child that sleeps, recorded as init. */
static void record_child(struct record *record)
{
	_close_ int pidfd = -1;

	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	pidfd = sys_pidfd_open(child, 0);
	*record = (struct record){.directory = -1};
	cr_assert_eq(clone_identify(pidfd, child, record, &err), 0, "%s", err.text);
}

static void end_child(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
}

static bool child_lives(void)
{
	return waitpid(child, NULL, WNOHANG) == 0;
}

/* Field 22 of /proc/PID/stat of a process whose name has no space. */
static uint64_t start_time_of(pid_t pid)
{
	unsigned long long ticks = 0;
	char path[64];
	FILE *file _fclose_ = NULL;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	cr_assert(file);
	cr_assert_eq(fscanf(file,
			    "%*d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%*s %*s %*s %*s %llu",
			    &ticks),
		     1);
	return ticks;
}

/* As recorded by a kernel before 6.9. */
static void identify_by_start_time(struct record *record)
{
	record->pidfs_inode = 0;
	record->start_time = start_time_of(child);
}

TestSuite(clone_find, .init = fixture_init, .fini = end_child);

#define FOUND(record)                                                                              \
	do {                                                                                       \
		int found_ = clone_find(record, &err);                                             \
		cr_expect_geq(found_, 0, "%s", err.text);                                          \
		close(found_);                                                                     \
	} while (0)

Test(clone_find, the_same_process)
{
	struct record record;
	struct stat own;

	record_child(&record);
	cr_expect_eq(record.pid, child);
	cr_assert_eq(stat("/proc/self/ns/pid", &own), 0);
	cr_expect_eq(record.pid_namespace, own.st_ino);
	cr_expect(record.pidfs_inode != 0 || record.start_time != 0);
	FOUND(&record);
}

Test(clone_find, there_is_none_yet)
{
	struct record record = {.directory = -1};

	REFUSED(clone_find(&record, &err), ESRCH, "there is no init");
	cr_expect_eq(clone_undo(&record, &err), 0);
}

Test(clone_find, gone_or_a_zombie)
{
	struct record record;
	siginfo_t info;
	char message[64];

	record_child(&record);
	snprintf(message, sizeof message, "init (pid %d) is gone", (int)child);
	kill(child, SIGKILL);
	cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	REFUSED(clone_find(&record, &err), ESRCH, message);
	end_child();
	REFUSED(clone_find(&record, &err), ESRCH, message);
	cr_expect_eq(clone_undo(&record, &err), 0);
}

Test(clone_find, another_process_with_its_pid)
{
	struct record record;

	record_child(&record);
	if (record.pidfs_inode == 0)
		cr_skip_test("no pidfs before Linux 6.9");
	record.pidfs_inode++;
	cr_expect_eq(clone_find(&record, &err), -ESRCH);
	cr_expect_eq(clone_undo(&record, &err), 0);
	cr_expect(child_lives());
}

Test(clone_find, by_its_start_time)
{
	struct record record;

	record_child(&record);
	identify_by_start_time(&record);
	FOUND(&record);
	record.start_time++;
	cr_expect_eq(clone_find(&record, &err), -ESRCH);
	cr_expect_eq(clone_undo(&record, &err), 0);
	cr_expect(child_lives());
}

/* proc_pid_stat(5): a name may look like the fields around it. */
static void take_a_name_like_fields(int number)
{
	(void)number;
	prctl(PR_SET_NAME, ") R 1 1 (2", 0, 0, 0);
}

static void rename_child(void)
{
	char path[64], name[32] = "";

	snprintf(path, sizeof path, "/proc/%d/comm", (int)child);
	kill(child, SIGUSR1);
	for (int i = 0; i < 1000 && name[0] != ')'; i++) {
		_close_ int file = open(path, O_RDONLY | O_CLOEXEC);

		cr_assert_gt(read(file, name, sizeof name - 1), 0);
		usleep(1000);
	}
	cr_assert_eq(name[0], ')');
}

Test(clone_find, by_its_start_time_whatever_its_name)
{
	struct record record;

	signal(SIGUSR1, take_a_name_like_fields);
	record_child(&record);
	identify_by_start_time(&record);
	rename_child();
	FOUND(&record);
	record.start_time++;
	cr_expect_eq(clone_find(&record, &err), -ESRCH);
}

Test(clone_find, in_another_pid_namespace)
{
	struct record record;

	record_child(&record);
	record.pid_namespace++;
	record.pidfs_inode++;
	REFUSED(clone_find(&record, &err), EXDEV,
		"the container was created in another pid namespace");
	cr_expect_eq(clone_undo(&record, &err), -EXDEV);
	cr_expect(child_lives());
}

/* The start time tells processes of one namespace apart, the inode all processes. */
Test(clone_find, by_its_start_time_in_its_own_pid_namespace_only)
{
	struct record record;

	record_child(&record);
	record.pid_namespace++;
	FOUND(&record);
	identify_by_start_time(&record);
	REFUSED(clone_find(&record, &err), EXDEV,
		"the container was created in another pid namespace");
}

Test(clone_find, undo_kills_and_waits)
{
	struct record record;
	siginfo_t info = {0};

	record_child(&record);
	cr_expect_eq(clone_undo(&record, &err), 0, "%s", err.text);
	/* It has ended by now. */
	cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG), 0);
	cr_expect_eq(info.si_pid, child);
	cr_expect_eq(info.si_status, SIGKILL);
	child = 0;
}

/* The first one ends; the second one is the host side's child, in the same conversation. */
CHILD_TEST(clone, another_one_takes_over)
{
	pid_t parent = getpid(), first = clone_init(&creation, &err);

	if (first == 0) {
		EXPECT(clone_inside_outside.run(&creation, &err) == 0);
		say_and_wait(getppid() == parent && creation.init == -1);
	}
	EXPECT(first > 0);
	creation.record.pid = first;
	STEP(clone_follow_outside.run(&creation, &err));
	EXPECT(creation.record.pid > 0 && creation.record.pid != first);
	EXPECT(kill(first, 0) < 0 && errno == ESRCH);
	EXPECT(fcntl(creation.init, F_GETFD) == FD_CLOEXEC);
	EXPECT(hear() == SYNC_PAUSED);
	EXPECT(end_init() == 0);
}

/* The one inside is killed before it is told to go on. */
CHILD_TEST(clone, who_takes_over_is_killed)
{
	const struct joined joined = {0};
	pid_t first = clone_init(&creation, &err);

	plan.joined = &joined;
	if (first == 0) {
		STEP(sync_send_process(creation.sync, sys_pidfd_open(getpid(), 0), getpid(), &err));
		raise(SIGKILL);
	}
	while (!clone_has_ended(creation.init, 1000))
		;
	FAILS(clone_follow_outside.run(&creation, &err), ECHILD, "the process was killed");
}

CHILD_TEST(clone, ends_and_reaps)
{
	pid_t first = clone_init(&creation, &err);

	if (first == 0)
		pause();
	clone_end(creation.init);
	EXPECT(clone_has_ended(creation.init, 0) && kill(first, 0) < 0 && errno == ESRCH);
}

/* As one in the container may do, who never takes notice of the end. Return: a child of ours, too */
static pid_t seize(pid_t traced)
{
	int said[2];
	pid_t tracer;
	char byte;

	EXPECT(pipe(said) == 0);
	tracer = fork();
	if (tracer == 0) {
		EXPECT(ptrace(PTRACE_SEIZE, traced, NULL, NULL) == 0);
		EXPECT(write(said[1], "", 1) == 1);
		pause();
	}
	EXPECT(read(said[0], &byte, 1) == 1);
	return tracer;
}

CHILD_TEST(clone, a_tracer_is_not_waited_for)
{
	pid_t first = clone_init(&creation, &err), tracer;

	if (first == 0)
		pause();
	tracer = seize(first);
	clone_end(creation.init);
	EXPECT(clone_has_ended(creation.init, 0) && kill(first, 0) == 0);
	EXPECT(kill(tracer, SIGKILL) == 0 && waitpid(tracer, NULL, 0) == tracer);
}

CHILD_TEST(clone, nobody_takes_over)
{
	pid_t first = clone_init(&creation, &err);

	if (first == 0)
		raise(SIGKILL);
	FAILS(clone_follow_outside.run(&creation, &err), ECHILD, "the process was killed");
	clone_reap(creation.init);
	EXPECT(clone_has_ended(creation.init, 0));
}
