/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces: which are new, which are joined, and what is refused. Needs root.
 */
#include "libcontainer/namespaces/namespaces.h"

#include <sys/socket.h>
#include <sys/utsname.h>

#include "libcontainer/process/sync.h"

#include "tests/unit/libcontainer/process_fixture.h"

static void init(void)
{
	fixture_init();
	linux_config.namespaces.at[NAMESPACE_MOUNT].present = true;
}

TestSuite(join, .init = init, .fini = fixture_finish);

static void have(enum namespace_kind kind, const char *path)
{
	linux_config.namespaces.at[kind] = (struct namespace_entry){true, path};
}

Test(join, new_ones_come_with_the_clone_but_for_cgroup)
{
	have(NAMESPACE_PID, NULL);
	have(NAMESPACE_UTS, NULL);
	have(NAMESPACE_CGROUP, NULL);
	PLAN(namespaces_plan(&plan, &err));
	cr_expect_eq(plan.namespaces.clone_flags, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS);
	cr_expect_eq(plan.namespaces.unshare_flags, CLONE_NEWCGROUP);
	cr_expect_eq(plan.namespaces.joins, 0);
	cr_expect(namespaces_unshare.when(&plan) && !namespaces_join.when(&plan));
}

Test(join, those_with_a_path_are_joined)
{
	have(NAMESPACE_NETWORK, "/run/netns/a");
	have(NAMESPACE_CGROUP, "/proc/1/ns/cgroup");
	PLAN(namespaces_plan(&plan, &err));
	cr_expect_eq(plan.namespaces.clone_flags, CLONE_NEWNS);
	cr_expect_eq(plan.namespaces.joins, 1U << NAMESPACE_NETWORK | 1U << NAMESPACE_CGROUP);
	cr_expect(!namespaces_unshare.when(&plan) && namespaces_join.when(&plan));
}

Test(join, a_new_mount_namespace_is_needed)
{
	have(NAMESPACE_MOUNT, "/proc/1/ns/mnt");
	cr_expect_eq(namespaces_plan(&plan, &err), -ENOTSUP);
	linux_config.namespaces.at[NAMESPACE_MOUNT].present = false;
	cr_expect_eq(namespaces_plan(&plan, &err), -ENOTSUP);
}

Test(join, a_path_must_lead_to_a_namespace_of_the_kind)
{
	have(NAMESPACE_NETWORK, "/proc/self/ns/uts");
	REFUSED(namespaces_open(&plan, NAMESPACE_NETWORK, &err), EINVAL,
		"linux.namespaces: network: /proc/self/ns/uts is a namespace of type \"uts\"");
	have(NAMESPACE_NETWORK, "/dev/null");
	REFUSED(namespaces_open(&plan, NAMESPACE_NETWORK, &err), EINVAL,
		"linux.namespaces: network: /dev/null is not a namespace");
	have(NAMESPACE_NETWORK, "/nowhere");
	REFUSED(namespaces_open(&plan, NAMESPACE_NETWORK, &err), ENOENT,
		"linux.namespaces: network: /nowhere: No such file or directory");
}

Test(join, names_are_not_set_for_the_host)
{
	have(NAMESPACE_UTS, "/proc/self/ns/uts");
	PLAN(namespaces_plan(&plan, &err));
	PLAN(namespaces_open_paths.run(&creation, &err));
	close(take(&creation.namespaces.at[NAMESPACE_UTS]));
	config.hostname = "h";
	REFUSED(namespaces_open_paths.run(&creation, &err), EINVAL,
		"linux.namespaces: uts: /proc/self/ns/uts is the namespace of the host, which "
		"hostname and domainname would change");
}

Test(join, parameters_are_not_set_for_the_host)
{
	const struct pair pairs[] = {{"net.ipv4.ip_forward", "1"}};

	have(NAMESPACE_NETWORK, "/proc/self/ns/net");
	linux_config.sysctl = (struct pairs){1, pairs};
	PLAN(namespaces_plan(&plan, &err));
	PLAN(sysctl_plan(&plan, &err));
	REFUSED(namespaces_open_paths.run(&creation, &err), EINVAL,
		"linux.namespaces: network: /proc/self/ns/net is the namespace of the host, which "
		"linux.sysctl would change");
}

/* A process with a UTS namespace of its own, which ends when the returned descriptor is closed. */
static int have_other(char *path, size_t size)
{
	int ready[2], over[2];
	pid_t pid;
	char byte;

	EXPECT(pipe2(ready, O_CLOEXEC) == 0 && pipe2(over, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		close(over[1]);
		EXPECT(unshare(CLONE_NEWUTS) == 0 && sethostname("other", 5) == 0);
		EXPECT(write(ready[1], "", 1) == 1);
		_exit(read(over[0], &byte, 1) != 0);
	}
	EXPECT(pid > 0 && read(ready[0], &byte, 1) == 1);
	snprintf(path, size, "/proc/%d/ns/uts", pid);
	return over[1];
}

CHILD_TEST(join, enters_and_closes)
{
	char path[32];
	struct utsname names;
	int over = have_other(path, sizeof path);

	have(NAMESPACE_UTS, path);
	config.hostname = "mine";
	STEP(namespaces_plan(&plan, &err));
	STEP(namespaces_open_paths.run(&creation, &err));
	EXPECT(creation.namespaces.at[NAMESPACE_UTS] >= 0);
	STEP(namespaces_join.run(&creation, &err));
	EXPECT(creation.namespaces.at[NAMESPACE_UTS] == -1);
	EXPECT(uname(&names) == 0 && strcmp(names.nodename, "other") == 0);
	EXPECT(close(over) == 0);
}

CHILD_TEST(join, pid_is_left_to_the_host_side)
{
	have(NAMESPACE_PID, "/proc/self/ns/pid");
	STEP(namespaces_plan(&plan, &err));
	STEP(namespaces_open_paths.run(&creation, &err));
	STEP(namespaces_join.run(&creation, &err));
	EXPECT(creation.namespaces.at[NAMESPACE_PID] >= 0);
}

CHILD_TEST(join, unshares_the_cgroup_namespace)
{
	struct stat before, after;

	have(NAMESPACE_CGROUP, NULL);
	STEP(namespaces_plan(&plan, &err));
	EXPECT(stat("/proc/self/ns/cgroup", &before) == 0);
	STEP(namespaces_unshare.run(&creation, &err));
	EXPECT(stat("/proc/self/ns/cgroup", &after) == 0 && before.st_ino != after.st_ino);
}

/*
 * Joining a container
 */

Test(join, nobody_differs_from_himself)
{
	unsigned kinds = ~0U;

	cr_assert_eq(namespaces_differ(getpid(), &kinds, &err), 0, "%s", err.text);
	cr_expect_eq(kinds, 0);
	cr_expect_eq(namespaces_differ(-1, &kinds, &err), -ESRCH);
}

CHILD_TEST(join, joins_what_differs_at_once)
{
	struct joined joined = {0};
	struct utsname names;
	char path[32];
	int over = have_other(path, sizeof path), pid = atoi(path + strlen("/proc/"));

	STEP(namespaces_differ(pid, &joined.namespaces, &err));
	EXPECT(joined.namespaces == 1U << NAMESPACE_UTS);
	plan.joined = &joined;
	STEP(namespaces_plan_joined(&plan, &err));
	EXPECT(namespaces_open_paths.when(&plan) && !plan.idmap.planned);
	creation.namespaces.process = sys_pidfd_open(pid, 0);
	STEP(namespaces_join_named.run(&creation, &err));
	EXPECT(creation.namespaces.process == -1);
	EXPECT(uname(&names) == 0 && strcmp(names.nodename, "other") == 0);
	EXPECT(close(over) == 0);
}

/* Somebody in another UTS namespace, who says where he is. */
static void tell(int connection)
{
	pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid == 0) {
		EXPECT(unshare(CLONE_NEWUTS) == 0 && sethostname("told", 4) == 0);
		STEP(namespaces_send(connection, &err));
		_exit(EXIT_SUCCESS);
	}
	EXPECT(waitpid(pid, NULL, 0) == pid);
}

/* Guarded, so that nobody may look. */
CHILD_TEST(join, joins_what_it_is_told)
{
	struct joined joined = {0};
	struct utsname names;
	int at[NAMESPACE_KINDS], ends[2];

	memset(at, -1, sizeof at);
	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	tell(ends[1]);
	EXPECT(close(ends[1]) == 0);
	if (namespaces_receive(ends[0], -1, NULL, at, &err) == -ENOTSUP)
		_exit(EXIT_SUCCESS); /* before Linux 6.11 */
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		EXPECT(at[kind] >= 0 && fcntl(at[kind], F_GETFD) == FD_CLOEXEC);
	joined.namespaces = namespaces_differ_from(at);
	EXPECT(joined.namespaces == 1U << NAMESPACE_UTS);
	plan.joined = &joined;
	STEP(namespaces_plan_joined(&plan, &err));
	memcpy(creation.namespaces.at, at, sizeof at);
	STEP(namespaces_join_named.run(&creation, &err));
	EXPECT(uname(&names) == 0 && strcmp(names.nodename, "told") == 0);
}

static void receive_from(void (*say)(int connection), int code)
{
	int at[NAMESPACE_KINDS], ends[2];

	memset(at, -1, sizeof at);
	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	say(ends[1]);
	EXPECT(close(ends[1]) == 0);
	EXPECT(namespaces_receive(ends[0], -1, NULL, at, &err) == -code);
	EXPECT(at[NAMESPACE_MOUNT] == -1);
}

static void say_nothing(int connection)
{
	(void)connection;
}

static void say_what_is_none(int connection)
{
	STEP(sync_send_descriptor(connection, STDIN_FILENO, &err));
}

static void say_paused(int connection)
{
	STEP(sync_send(connection, SYNC_PAUSED, &err));
}

CHILD_TEST(join, believes_no_more_than_that)
{
	receive_from(say_nothing, ENOTSUP);
	receive_from(say_what_is_none, ENOTSUP);
	receive_from(say_paused, EPROTO);
}

/* Its maps are there; whether groups may be set the kernel has said. */
Test(join, a_user_namespace_has_its_ids)
{
	const struct id_mapping at[] = {{.containerID = 5, .hostID = 1000, .size = 10}};
	struct joined joined = {.namespaces = 1U << NAMESPACE_USER, .denies_setgroups = true};

	linux_config.uidMappings = linux_config.gidMappings = (struct id_mappings){1, at};
	process.user.uid = process.user.gid = 6;
	plan.joined = &joined;
	PLAN(namespaces_plan_joined(&plan, &err));
	cr_expect(plan.idmap.planned && plan.idmap.deny_setgroups);
	cr_expect(plan.idmap.writer == IDMAP_WRITTEN && plan.idmap.uid == 5);
	process.user.uid = 4;
	REFUSED(namespaces_plan_joined(&plan, &err), EINVAL,
		"process.user.uid: 4 is not mapped by linux.uidMappings");
}
