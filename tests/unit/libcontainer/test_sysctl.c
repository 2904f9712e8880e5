/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel parameters: which a container may set, and what is written. Needs root.
 */
#include <sys/utsname.h>

#include "libcontainer/io.h"
#include "libcontainer/namespaces/namespaces.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(sysctl, .init = fixture_init, .fini = fixture_finish);

static struct pair pair;

static void set(const char *name, const char *value)
{
	pair = (struct pair){name, value};
	linux_config.sysctl = (struct pairs){1, &pair};
}

static int plan_one(const char *name)
{
	set(name, "1");
	return sysctl_plan(&plan, &err);
}

static void have(enum namespace_kind kind)
{
	linux_config.namespaces.at[kind].present = true;
}

Test(sysctl, of_the_container_s_namespaces_are_allowed)
{
	static const char *const names[] = {
		"net.ipv4.ip_forward",
		"net/ipv4/conf/eth0.100/forwarding",
		"net.ipv4.conf.eth0/100.forwarding",
		"kernel.msgmax",
		"kernel/shm_rmid_forced",
		"kernel.sem",
		"fs.mqueue.msg_max",
		"kernel.domainname",
		"kernel.hostname",
	};

	have(NAMESPACE_NETWORK);
	have(NAMESPACE_IPC);
	have(NAMESPACE_UTS);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_eq(plan_one(names[i]), 0, "%s: %s", names[i], err.text);
}

Test(sysctl, of_the_host_are_refused)
{
	static const char *const names[] = {
		"kernel.core_pattern",
		"vm.overcommit_memory",
		"kernel.msgmax_more",
		"kernel.msgmax.x",
		"fs.mqueue",
		"fs.file-max",
		"net",
		"user.max_user_namespaces",
		"networks.x",
	};

	have(NAMESPACE_NETWORK);
	have(NAMESPACE_IPC);
	have(NAMESPACE_UTS);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_eq(plan_one(names[i]), -EINVAL, "%s", names[i]);
	REFUSED(plan_one("kernel.core_pattern"), EINVAL,
		"linux.sysctl: kernel.core_pattern: is not one that a container can have to "
		"itself: it "
		"would change the host");
}

Test(sysctl, names_that_lead_elsewhere_are_refused)
{
	static const char *const names[] = {
		"",
		"/",
		".",
		"net/../kernel/core_pattern",
		"net/./ipv4",
		"/net/ipv4",
		"net//ipv4",
		"net..ipv4",
		"net.ipv4.",
		"net/ipv4/",
		"net.//.kernel",
	};
	char name[300] = "net.";

	have(NAMESPACE_NETWORK);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_eq(plan_one(names[i]), -EINVAL, "%s", names[i]);
	memset(name + 4, 'x', sizeof name - 5);
	cr_expect_eq(plan_one(name), -EINVAL);
}

Test(sysctl, need_the_namespace)
{
	REFUSED(plan_one("net.ipv4.ip_forward"), EINVAL,
		"linux.sysctl: net.ipv4.ip_forward: needs a namespace of type \"network\" in "
		"linux.namespaces, or it would change the host");
	cr_expect_eq(plan_one("kernel.msgmax"), -EINVAL);
	cr_expect_eq(plan_one("kernel.domainname"), -EINVAL);
}

Test(sysctl, conflict_with_properties_for_the_same)
{
	have(NAMESPACE_UTS);
	config.hostname = "h";
	REFUSED(plan_one("kernel.hostname"), EINVAL,
		"linux.sysctl: kernel.hostname: conflicts with hostname");
	PLAN(plan_one("kernel.domainname"));
	config.domainname = "d";
	REFUSED(plan_one("kernel/domainname"), EINVAL,
		"linux.sysctl: kernel/domainname: conflicts with domainname");
}

Test(sysctl, belong_to_a_kind)
{
	have(NAMESPACE_NETWORK);
	PLAN(plan_one("net/ipv4/ip_forward"));
	cr_expect(plan.writes_procfs);
	cr_expect(sysctl_sets(&plan, NAMESPACE_NETWORK));
	cr_expect_not(sysctl_sets(&plan, NAMESPACE_IPC));
}

static bool file_is(const char *path, const char *text)
{
	char found[64];

	EXPECT(io_read_file(AT_FDCWD, path, found, sizeof found, &err) > 0);
	return strcmp(found, text) == 0;
}

CHILD_TEST(sysctl, are_written_in_the_namespaces_of_init)
{
	static const struct pair pairs[] = {{"kernel.msgmax", "4096"},
					    {"net/ipv4/conf/lo/forwarding", "1"},
					    {"kernel.domainname", "d"}};
	struct utsname names;

	EXPECT(unshare(CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS) == 0);
	linux_config.sysctl = (struct pairs){3, pairs};
	STEP(procfs_open_private.run(&creation, &err));
	STEP(sysctl_write.run(&creation, &err));
	EXPECT(file_is("/proc/sys/kernel/msgmax", "4096\n"));
	EXPECT(file_is("/proc/sys/net/ipv4/conf/lo/forwarding", "1\n"));
	EXPECT(uname(&names) == 0 && strcmp(names.domainname, "d") == 0);
}

CHILD_TEST(sysctl, say_what_the_kernel_does_not_take)
{
	EXPECT(unshare(CLONE_NEWNET) == 0);
	STEP(procfs_open_private.run(&creation, &err));
	set("net.no.such", "1");
	FAILS(sysctl_write.run(&creation, &err), ENOENT,
	      "/proc/sys/net/no/such: No such file or directory");
	set("net.ipv4.ip_forward", "x");
	FAILS(sysctl_write.run(&creation, &err), EINVAL,
	      "/proc/sys/net/ipv4/ip_forward: write \"x\": Invalid argument");
}
