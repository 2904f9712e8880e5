/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ids of a new user namespace: their maps, and who may look at init while it waits for them. Needs
 * root.
 */
#include "libcontainer/namespaces/idmap.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>

#include "libcontainer/io.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/rootfs/idmapped.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(idmap, .init = fixture_init, .fini = fixture_finish);

enum { CALLER = 424242, FIRST = 1000000 };

static const struct id_mapping one[] = {{.containerID = 0, .hostID = FIRST, .size = 10}};

static void take_capabilities(uint64_t mask)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.permitted = (uint32_t)mask, .effective = (uint32_t)mask},
		{.permitted = (uint32_t)(mask >> 32), .effective = (uint32_t)(mask >> 32)},
	};

	EXPECT(syscall(SYS_capset, &header, data) == 0);
}

static uint64_t own_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	EXPECT(syscall(SYS_capget, &header, data) == 0);
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

/* An ordinary user with capabilities, such as an execve with ambient ones makes. */
static void become_caller(uint64_t capabilities)
{
	capabilities &= own_capabilities();
	EXPECT(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setgroups(0, NULL) == 0);
	EXPECT(setresgid(CALLER, CALLER, CALLER) == 0 && setresuid(CALLER, CALLER, CALLER) == 0);
	take_capabilities(capabilities);
	EXPECT(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	host.uid = host.gid = CALLER;
	host.capabilities = capabilities;
}

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

static uint64_t without(uint64_t capabilities, int capability)
{
	return capabilities & ~(1ULL << capability);
}

static void make_namespace(void)
{
	struct id_mappings mappings = {.count = 1, .at = one};
	_close_ int userns = idmap_namespace(&host, &mappings, &mappings, &err);
	uid_t owner;

	EXPECT(userns >= 0);
	EXPECT(fcntl(userns, F_GETFD) == FD_CLOEXEC);
	EXPECT(ioctl(userns, NS_GET_OWNER_UID, &owner) == 0 && owner == host.uid);
}

/* What is mapped stands in the namespace's maps, for whoever is in there. */
CHILD_TEST(idmap, a_namespace_of_its_own)
{
	struct id_mappings mappings = {.count = 1, .at = one};
	int userns = idmap_namespace(&host, &mappings, &mappings, &err);
	char text[64];

	EXPECT(userns >= 0 && setns(userns, CLONE_NEWUSER) == 0);
	EXPECT(io_read_file(AT_FDCWD, "/proc/self/uid_map", text, sizeof text, &err) > 0);
	EXPECT(strcmp(text, "         0    1000000         10\n") == 0);
}

CHILD_TEST(idmap, a_namespace_of_a_privileged_caller)
{
	become_caller(host.capabilities);
	make_namespace();
}

CHILD_TEST(idmap, a_namespace_in_a_chroot)
{
	struct id_mappings mappings = {.count = 1, .at = one};

	EXPECT(chroot("/usr") == 0 && chdir("/") == 0);
	FAILS(idmap_namespace(&host, &mappings, &mappings, &err), EPERM,
	      "clone3 (user namespaces are forbidden here, kist is in a chroot, or the caller's id "
	      "is not mapped): Operation not permitted");
}

CHILD_TEST(idmap, a_namespace_takes_no_right_to_trace)
{
	become_caller(without(host.capabilities, CAP_SYS_PTRACE));
	make_namespace();
}

CHILD_TEST(idmap, a_namespace_of_who_cannot_write_to_root_s_files)
{
	become_caller(without(host.capabilities, CAP_DAC_OVERRIDE));
	make_namespace();
}

/* What the kernel takes: 340 lines, whose text is shorter than a page. */

static struct id_mapping many[400];

static struct id_mappings short_lines(size_t count)
{
	for (size_t i = 0; i < count; i++)
		many[i] = (struct id_mapping){(uint32_t)i, (uint32_t)i, 1};
	return (struct id_mappings){.count = count, .at = many};
}

/* 170 lines of 24 bytes, and one of 15 or 16. */
static struct id_mappings text_of(size_t bytes)
{
	const uint32_t big = 1000000000;
	size_t count = 170;

	for (size_t i = 0; i < count; i++)
		many[i] = (struct id_mapping){big + (uint32_t)i, big + (uint32_t)i, 1};
	many[count++] = (struct id_mapping){10000, bytes == 4095 ? 100000 : 1000000, 1};
	return (struct id_mappings){.count = count, .at = many};
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

static const struct id_mappings few = {.count = 1, .at = one};

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

static void make(struct id_mappings mappings)
{
	_close_ int userns = idmap_namespace(&host, &mappings, &mappings, &err);

	EXPECT(userns >= 0);
}

CHILD_TEST(idmap, the_kernel_takes_as_much)
{
	make(short_lines(340));
	make(text_of(4095));
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
