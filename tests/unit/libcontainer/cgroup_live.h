/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Real cgroups and processes in them, for the tests of the layouts. Needs root. Every cgroup is
 * below /kist-test-PID, PID being that of the program that runs the tests, which removes what is
 * left of them at its end, whatever has happened.
 */
#ifndef KIST_TEST_CGROUP_LIVE_H
#define KIST_TEST_CGROUP_LIVE_H

#include "cgroup_fixture.h"

#include <criterion/hooks.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/cgroup/v2.h"
#include "libcontainer/cgroup/walk.h"
#include "libcontainer/clock.h"
#include "libcontainer/compat.h"
#include "libcontainer/io.h"

static struct cgroup_handles handles = {.directory = -1};
static char base[64];  /* this program's cgroup, in which the tests have theirs */
static char path[256]; /* the container's */

__attribute__((unused)) static struct hierarchies real_hierarchies(void)
{
	struct hierarchies real;
	static struct arena kept;

	cr_assert_eq(hierarchies_read(&kept, &real, &err), 0, "%s", err.text);
	return real;
}

/* Only the cgroup2 one (true), or only the others, as if this were another host. */
__attribute__((unused)) static struct hierarchies select_hierarchies(bool unified)
{
	static struct hierarchy at[CGROUP_HIERARCHIES_MAX];
	struct hierarchies all = real_hierarchies(), selected = {.at = at};

	for (size_t i = 0; i < all.count; i++)
		if (all.at[i].unified == unified)
			at[selected.count++] = all.at[i];
	return selected;
}

static void name_base(pid_t runner)
{
	snprintf(base, sizeof base, "/kist-test-%d", (int)runner);
}

/* Plan a container in its own place: members of "linux" beside the path. */
static void plan_container(struct hierarchies hierarchies, const char *members)
{
	char text[4096];

	snprintf(text, sizeof text, "\"cgroupsPath\": \"%s\"%s%s", path, *members ? ", " : "",
		 members);
	prepare(hierarchies, text);
	cr_assert_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
}

/* As a status is derived. */
__attribute__((unused)) static bool is_frozen(void)
{
	struct record_cgroup record = cgroup_record(&plan);

	return cgroup_is_frozen(&record);
}

static void close_handles(void)
{
	cleanup_close(&handles.directory);
	for (size_t i = 0; i < handles.count; i++)
		close(handles.tasks[i]);
	handles = (struct cgroup_handles){.directory = -1};
}

/* What the handle of the planned one does. */
__attribute__((unused)) static int check(void)
{
	struct creation creation = {.plan = &plan};

	return cgroup_check.run(&creation, &err);
}

__attribute__((unused)) static int start(void)
{
	const struct cgroup *cgroup = &plan.cgroup.at;

	return cgroup->manager->start(cgroup, &plan.cgroup.limits, plan.cgroup.clone_into, &handles,
				      &err);
}

__attribute__((unused)) static int remove_container(unsigned patience_ms)
{
	return plan.cgroup.at.layout->remove(&plan.cgroup.at, patience_ms, &err);
}

__attribute__((unused)) static int kill_container(int signal)
{
	return plan.cgroup.at.layout->kill(&plan.cgroup.at, signal, &err);
}

__attribute__((unused)) static int freeze_container(bool frozen)
{
	return plan.cgroup.at.layout->freeze(&plan.cgroup.at, frozen, &err);
}

__attribute__((unused)) static int freeze_missing(void)
{
	struct cgroup missing = plan.cgroup.at;

	missing.path = "/kist-test-none";
	return missing.layout->freeze(&missing, true, &err);
}

__attribute__((unused)) static void create_container(struct hierarchies hierarchies,
						     const char *members)
{
	plan_container(hierarchies, members);
	cr_assert_eq(start(), 0, "%s", err.text);
}

/* A process that enters the container's cgroup and then runs what it is told; dies with the test.
 */
static pid_t spawn(int (*run)(void))
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	pid_t parent = getpid(), pid;
	int inside[2];
	char byte;

	cr_assert_eq(pipe2(inside, O_CLOEXEC), 0);
	if (handles.directory >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)handles.directory;
	}
	pid = sys_clone3(&args);
	cr_assert_geq(pid, 0, "clone3: %s", strerror(errno));
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || tree_enter(&handles, &err) < 0)
			_exit(99);
		close(inside[0]);
		close(inside[1]);
		_exit(run());
	}
	/* Until it is inside, or has ended. */
	close(inside[1]);
	cr_assert_eq(read(inside[0], &byte, 1), 0);
	close(inside[0]);
	return pid;
}

__attribute__((noreturn)) static int wait_forever(void)
{
	for (;;)
		pause();
}

/*
 * Waits for SIGTERM and returns how often it came. A signal that would end a frozen process ends it
 * at once, on cgroup2; this one does not. Freezing interrupts the wait.
 */
__attribute__((unused)) static int count_signals(void)
{
	sigset_t set;
	struct timespec pause = {.tv_nsec = 200000000};
	int count = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		if (sigtimedwait(&set, NULL, count ? &pause : NULL) > 0)
			count++;
		else if (errno != EINTR)
			return count;
	}
}

__attribute__((unused)) static pid_t spawn_sleeper(void)
{
	return spawn(wait_forever);
}

__attribute__((unused)) static pid_t spawn_counter(void)
{
	pid_t pid = spawn(count_signals);

	/* It has blocked its signal by then. */
	clock_sleep_ms(100);
	return pid;
}

/* How a process ended: its exit status, or 128 and the signal. */
__attribute__((unused)) static int status_of(pid_t pid)
{
	int status;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

__attribute__((unused)) static bool still_runs(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

/* The text of a file of the container's cgroup in the hierarchy with this controller. */
__attribute__((unused)) static const char *content(const struct hierarchy *hierarchy,
						   const char *name)
{
	static char text[8192];
	_close_ int directory = tree_open(hierarchy, plan.cgroup.at.path, &err);

	cr_assert_geq(directory, 0, "%s", err.text);
	cr_assert_geq(io_read_file(directory, name, text, sizeof text, &err), 0, "%s", err.text);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

__attribute__((unused)) static bool exists(const struct hierarchy *hierarchy, const char *where)
{
	_close_ int directory = tree_open(hierarchy, where, &err);

	return directory >= 0;
}

/* The child of the container's cgroup, made in one hierarchy. */
__attribute__((unused)) static int make_below(const struct hierarchy *hierarchy, const char *name)
{
	char below[512];
	int directory;

	snprintf(below, sizeof below, "%s/%s", plan.cgroup.at.path, name);
	directory = tree_make(hierarchy, below, &err);
	cr_assert_geq(directory, 0, "%s", err.text);
	return directory;
}

__attribute__((unused)) static void begin(void)
{
	static int number;

	if (geteuid() != 0)
		cr_skip_test("needs root");
	name_base(getppid());
	snprintf(path, sizeof path, "%s/%d-%d", base, (int)getpid(), number++);
}

/* Each of this host's hierarchies. */
#define FOR_EACH(hierarchy)                                                                        \
	for (const struct hierarchy *hierarchy = host.hierarchies.at;                              \
	     hierarchy < host.hierarchies.at + host.hierarchies.count; hierarchy++)

__attribute__((unused)) static void begin_everywhere(void)
{
	begin();
	plan_container(real_hierarchies(), "");
}

/* One that processes can enter: a new cpuset cannot be. */
__attribute__((unused)) static const struct hierarchy *enterable(void)
{
	FOR_EACH(hierarchy)
	if (!controllers_have(hierarchy->controllers, "cpuset") || hierarchy->unified)
		return hierarchy;
	cr_skip_test("no hierarchy");
	return NULL;
}

/* Kill and remove all that the tests have made. */
__attribute__((unused)) static void sweep(void)
{
	struct hierarchies real = real_hierarchies();
	const struct cgroup all = {&cgroup_v1, &cgroup_cgroupfs, &real, base};
	struct error ignored;

	for (size_t i = 0; i < real.count; i++) {
		const struct hierarchy *hierarchy = &real.at[i];
		_close_ int directory = tree_open(hierarchy, base, &ignored);

		if (directory < 0)
			continue;
		if (controllers_have(hierarchy->controllers, "freezer"))
			cgroup_v1.freeze(&all, false, &ignored);
		walk_signal(directory, SIGKILL);
		tree_remove(hierarchy, base, 5000, &ignored);
	}
}

__attribute__((unused)) static void end(void)
{
	struct hierarchies real = real_hierarchies();
	struct error ignored;

	close_handles();
	for (size_t i = 0; i < real.count; i++) {
		_close_ int directory = tree_open(&real.at[i], path, &ignored);

		if (directory < 0)
			continue;
		walk_signal(directory, SIGKILL);
		tree_remove(&real.at[i], path, 5000, &ignored);
	}
}

/* Which controllers the root of cgroup2 hands on: what the tests have added goes, too. */
static char handed_on[512];

static int open_root(void)
{
	struct hierarchies all = real_hierarchies();
	const struct hierarchy *unified = hierarchies_unified(&all);

	return unified ? tree_open(unified, "/", &err) : -1;
}

static void take_back_controllers(void)
{
	char now[512], text[600], *rest;
	_close_ int root = open_root();
	struct error ignored;

	if (root < 0 || io_read_file(root, "cgroup.subtree_control", now, sizeof now, &ignored) < 0)
		return;
	for (char *name = strtok_r(now, " \n", &rest); name; name = strtok_r(NULL, " \n", &rest)) {
		snprintf(text, sizeof text, "-%s", name);
		if (!controllers_have(handed_on, name))
			io_write_file(root, "cgroup.subtree_control", text, &ignored);
	}
}

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
	_close_ int root = geteuid() == 0 ? open_root() : -1;

	(void)tests;
	if (root >= 0)
		io_read_file(root, "cgroup.subtree_control", handed_on, sizeof handed_on, &err);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
	(void)stats;
	name_base(getpid());
	if (geteuid() != 0)
		return;
	sweep();
	take_back_controllers();
}

#endif
