/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ids of a new user namespace: their maps, and who may look at init while it waits for them. Needs
 * root.
 */
#include "libcontainer/namespaces/idmap.h"

#include <grp.h>
#include <linux/capability.h>

#include "libcontainer/io.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/rootfs/idmapped.h"

#include "tests/unit/libcontainer/process_fixture.h"
#include "tests/unit/libcontainer/userns_fixture.h"

TestSuite(idmap, .init = fixture_init, .fini = fixture_finish);

static void plan_user_namespace(const struct id_mapping *mappings, size_t count)
{
	linux_config.uidMappings = linux_config.gidMappings =
		(struct id_mappings){.count = count, .at = mappings};
	plan.namespaces.clone_flags = CLONE_NEWUSER;
	STEP(idmap_plan(&plan, &err));
}

/* What a process of the same user without capabilities gets when it opens something of another one:
 * 0 or an errno. */
static int spy(pid_t pid, const char *name)
{
	char path[64];
	int status;
	pid_t spy = fork();

	EXPECT(spy >= 0);
	if (spy == 0) {
		take_capabilities(0);
		snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
		_exit(open(path, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0);
	}
	EXPECT(waitpid(spy, &status, 0) == spy && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Init, which tells how it was born and waits for its creator to go. */
static void make_init(int dumpable)
{
	pid_t pid = clone_init(&creation, &err);

	if (pid == 0) {
		EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == dumpable);
		STEP(birth_begin.run(&creation, &err));
		sync_send(creation.sync, SYNC_PAUSED, &err);
		_exit(sync_receive(creation.sync, -1, NULL, &err) == SYNC_CLOSED ? 0 : 1);
	}
	EXPECT(pid > 0);
	EXPECT(sync_receive(creation.sync, creation.init, NULL, &err) == SYNC_PAUSED);
	EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1);
	creation.record.pid = pid;
}

/* The owner of a user namespace has all capabilities in it, also those to trace who is there. */
CHILD_TEST(idmap, nobody_else_looks_at_the_init_of_a_privileged_caller)
{
	become_caller(host.capabilities);
	plan_user_namespace(one, 1);
	make_init(0);
	EXPECT(spy(creation.record.pid, "ns/user") == EACCES);
	EXPECT(spy(creation.record.pid, "fd") == EACCES);
	STEP(idmap_write.run(&creation, &err));
}

CHILD_TEST(idmap, init_of_root_is_closed_from_birth)
{
	plan_user_namespace(one, 1);
	make_init(0);
	STEP(idmap_write.run(&creation, &err));
}

/* Without capabilities only his own process's maps are his to write. */
CHILD_TEST(idmap, init_of_an_ordinary_user_is_his)
{
	static const struct id_mapping own[] = {{.containerID = 0, .hostID = CALLER, .size = 1}};

	become_caller(0);
	plan_user_namespace(own, 1);
	make_init(1);
	STEP(idmap_write.run(&creation, &err));
}

static int plan_linux(struct id_mappings uids, struct id_mappings gids)
{
	plan.idmap = (struct idmap_plan){0};
	process.user.uid = uids.at[0].containerID;
	process.user.gid = gids.at[0].containerID;
	linux_config.uidMappings = uids;
	linux_config.gidMappings = gids;
	plan.namespaces.clone_flags = CLONE_NEWUSER;
	return idmap_plan(&plan, &err);
}

static int plan_mount(struct id_mappings uids, struct id_mappings gids)
{
	static struct mount mount = {.destination = "/data"};
	struct mount_plan entry = {.mount = &mount, .kind = MOUNT_BIND};

	mount.uidMappings = uids;
	mount.gidMappings = gids;
	config.mounts = (struct mounts){.count = 1, .at = &mount};
	plan.idmap = (struct idmap_plan){.by_host = true};
	plan.namespaces.host_opens = true;
	plan.rootfs.mappings.count = 0;
	return idmapped_plan(&plan, &entry, &err);
}

Test(idmap, as_many_lines_as_the_kernel_takes)
{
	PLAN(plan_linux(short_lines(340), short_lines(340)));
	REFUSED(plan_linux(short_lines(341), few), EINVAL,
		"linux.uidMappings: 341 mappings are more than the kernel takes, 340");
	REFUSED(plan_linux(few, short_lines(341)), EINVAL,
		"linux.gidMappings: 341 mappings are more than the kernel takes, 340");
	PLAN(plan_mount(short_lines(340), short_lines(340)));
	REFUSED(plan_mount(short_lines(341), few), EINVAL,
		"uidMappings: 341 mappings are more than the kernel takes, 340");
	REFUSED(plan_mount(few, short_lines(341)), EINVAL,
		"gidMappings: 341 mappings are more than the kernel takes, 340");
}

Test(idmap, as_much_text_as_the_kernel_takes)
{
	PLAN(plan_linux(text_of(4095), text_of(4095)));
	PLAN(plan_mount(text_of(4095), text_of(4095)));
	/* Larger pages, as those of some aarch64, take all that 340 lines may be. */
	if (sysconf(_SC_PAGESIZE) > 4096) {
		PLAN(plan_linux(text_of(4096), text_of(4096)));
		PLAN(plan_mount(text_of(4096), text_of(4096)));
		return;
	}
	REFUSED(plan_linux(text_of(4096), few), EINVAL,
		"linux.uidMappings: 4096 bytes of text are more than the kernel takes, 4095");
	REFUSED(plan_mount(few, text_of(4096)), EINVAL,
		"gidMappings: 4096 bytes of text are more than the kernel takes, 4095");
}

/* newuidmap writes what it likes; the kernel still counts the lines. */
Test(idmap, text_is_the_matter_of_who_writes_it)
{
	host.uid = host.gid = CALLER;
	host.capabilities = 0;
	PLAN(plan_linux(text_of(4096), text_of(4096)));
	cr_expect_eq(plan.idmap.writer, IDMAP_HELPERS);
	REFUSED(plan_linux(short_lines(341), few), EINVAL,
		"linux.uidMappings: 341 mappings are more than the kernel takes, 340");
}

/* A mount with the mapping of linux, which it takes without a user namespace. */
Test(idmap, a_mount_with_the_mapping_of_the_configuration)
{
	struct mount mount = {.options.mode = MOUNT_MODE_IDMAP};
	struct mount_plan entry = {.mount = &mount, .kind = MOUNT_BIND};

	config.mounts = (struct mounts){.count = 1, .at = &mount};
	linux_config.uidMappings = short_lines(341);
	linux_config.gidMappings = few;
	plan.namespaces.host_opens = true;
	REFUSED(idmapped_plan(&plan, &entry, &err), EINVAL,
		"linux.uidMappings: 341 mappings are more than the kernel takes, 340");
}

/* Only one in another user namespace is asked. */
CHILD_TEST(idmap, whether_init_can_set_groups)
{
	struct record record = {.pid = getpid()};
	struct joined joined = {.record = &record};

	EXPECT(unshare(CLONE_NEWUSER) == 0);
	EXPECT(io_write_file(AT_FDCWD, "/proc/self/setgroups", "deny", &err) == 0);
	STEP(idmap_read_joined(&plan, &joined, &err));
	EXPECT(!joined.denies_setgroups);
	joined.namespaces = 1U << NAMESPACE_USER;
	STEP(idmap_read_joined(&plan, &joined, &err));
	EXPECT(joined.denies_setgroups);
	record.pid = -1;
	EXPECT(idmap_read_joined(&plan, &joined, &err) == -ENOENT);
}
