/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is refused before anything is mounted or unmounted in a container that runs. What the steps do
 * there is in tests/integration/test_running_mounts.py.
 */
#include "libcontainer/rootfs/running.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(running, .init = fixture_init, .fini = fixture_finish);

static struct joined joined = {
	.filesystems = "nodev\tsysfs\nnodev\ttmpfs\nnodev\tfuse\nnodev\tubifs\n\text4\n",
};
static struct mount mounts[2];
static struct mount_plan planned[2];

static void plan_entry(size_t i, enum mount_kind kind, const char *type, const char *target)
{
	mounts[i] = (struct mount){.type = type, .destination = target};
	planned[i] = (struct mount_plan){
		.mount = &mounts[i], .index = i, .kind = kind, .target = target};
	plan.joined = &joined;
	plan.rootfs.mounts = (struct mount_plans){i + 1, planned};
	config.mounts = (struct mounts){i + 1, mounts};
}

Test(running, a_filesystem_and_a_bind_may_be_added)
{
	plan_entry(0, MOUNT_FILESYSTEM, "tmpfs", "/a");
	plan_entry(1, MOUNT_BIND, "bind", "/b");
	PLAN(running_plan_adding(&plan, &err));
}

Test(running, what_is_for_new_containers_only)
{
	static const struct {
		enum mount_kind kind;
		const char *type, *target, *error;
	} rows[] = {
		{MOUNT_BIND, "bind", "/", "mounts[0].destination: /: is the root of the container"},
		{MOUNT_BIND, "bind", "/proc",
		 "mounts[0].destination: /proc: what is masked there would be seen"},
		{MOUNT_REMOUNT, "none", "/a",
		 "mounts[0].options: remount: mounts that are there stay as they are"},
		{MOUNT_CGROUP, "cgroup", "/a",
		 "mounts[0].type: cgroups are only mounted when a container is created"},
		{MOUNT_FILESYSTEM, "proc", "/a",
		 "mounts[0].type: a procfs is only mounted when a container is created"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		plan_entry(0, rows[i].kind, rows[i].type, rows[i].target);
		REFUSED(running_plan_adding(&plan, &err), ENOTSUP, rows[i].error);
	}
}

/* Whose node the container could exchange. */
Test(running, no_filesystem_that_takes_a_device)
{
	plan_entry(0, MOUNT_FILESYSTEM, "fuse.sshfs", "/a");
	PLAN(running_plan_adding(&plan, &err));
	plan_entry(0, MOUNT_FILESYSTEM, "ext4", "/a");
	REFUSED(running_plan_adding(&plan, &err), ENOTSUP,
		"mounts[0].type: type ext4 needs a device, which a running container could "
		"exchange; "
		"mount it outside and bind it");
	plan_entry(0, MOUNT_FILESYSTEM, "ubifs", "/a");
	cr_expect_eq(running_plan_adding(&plan, &err), -ENOTSUP);
	plan_entry(0, MOUNT_FILESYSTEM, "ext", "/a");
	REFUSED(running_plan_adding(&plan, &err), ENODEV,
		"mounts[0].type: filesystem type \"ext\" is unknown, or its module is not loaded");
}

Test(running, the_kernel_says_which_those_are)
{
	struct joined read = {0};

	STEP(running_read(&plan, &read, &err));
	cr_expect(strstr(read.filesystems, "nodev\ttmpfs\n"));
}

Test(running, what_is_removed_is_planned_by_its_destination)
{
	plan_entry(0, MOUNT_BIND, "bind", "/b/../a//b");
	PLAN(running_plan_removing(&plan, &err));
	cr_expect_eq(plan.rootfs.mounts.count, 1);
	cr_expect_str_eq(plan.rootfs.mounts.at[0].target, "/a/b");
}

/* The last is the first to go. */
Test(running, one_that_would_go_with_another)
{
	plan_entry(0, MOUNT_BIND, "bind", "/a");
	plan_entry(1, MOUNT_BIND, "bind", "/a/b");
	PLAN(running_plan_removing(&plan, &err));
	plan_entry(0, MOUNT_BIND, "bind", "/a/b");
	plan_entry(1, MOUNT_BIND, "bind", "/a");
	REFUSED(running_plan_removing(&plan, &err), EINVAL,
		"mounts[0]: /a/b: goes with mounts[1], which is removed before it");
}
