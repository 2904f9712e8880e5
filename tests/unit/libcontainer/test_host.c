/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts about this host. What gives up privileges needs root.
 */
#include "libcontainer/host.h"

#include <linux/capability.h>
#include <sys/capability.h>

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(host, .init = fixture_init, .fini = fixture_finish);

static struct host facts;

static void read_host(void)
{
	facts = (struct host){0};
	EXPECT(host_read(&facts, &err) == 0);
}

/* A line of /proc/self/status in hexadecimal, "CapPrm". */
static uint64_t status_mask(const char *name)
{
	FILE *file _fclose_ = fopen("/proc/self/status", "re");
	unsigned long long mask = 0;
	char line[256];

	EXPECT(file);
	while (fgets(line, sizeof line, file))
		if (strncmp(line, name, strlen(name)) == 0)
			EXPECT(sscanf(line + strlen(name), ": %llx", &mask) == 1);
	return mask;
}

CHILD_TEST(host, the_caller)
{
	read_host();
	EXPECT(facts.uid == geteuid() && facts.gid == getegid());
	EXPECT(facts.capabilities == (status_mask("CapPrm") & status_mask("CapBnd")));
	EXPECT(facts.known_capabilities == known_capabilities());
	EXPECT(facts.known_capabilities >> CAP_AUDIT_READ & 1);
}

CHILD_TEST(host, the_effective_caller_counts)
{
	EXPECT(setresgid(1000, 2000, 0) == 0 && setresuid(1000, 2000, 0) == 0);
	read_host();
	EXPECT(facts.uid == 2000 && facts.gid == 2000);
}

CHILD_TEST(host, an_ordinary_user_has_no_capabilities)
{
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	read_host();
	EXPECT(facts.capabilities == 0);
	EXPECT(facts.known_capabilities == known_capabilities());
}

/* Whoever has a mount namespace of his own, and who has not: unshare -Ur. */
CHILD_TEST(host, who_may_mount)
{
	read_host();
	EXPECT(!facts.mounts_denied && !facts.nodes_denied);
	EXPECT(unshare(CLONE_NEWUSER) == 0);
	read_host();
	EXPECT(facts.mounts_denied && facts.capabilities & 1ULL << CAP_SYS_ADMIN);
	EXPECT(unshare(CLONE_NEWNS) == 0);
	read_host();
	EXPECT(!facts.mounts_denied && facts.nodes_denied);
}

CHILD_TEST(host, an_ordinary_user_may_not_mount)
{
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	read_host();
	EXPECT(facts.mounts_denied);
}

/* What is not in the bounding set cannot be handed on, though the caller has it. */
CHILD_TEST(host, what_the_bounding_set_lacks)
{
	EXPECT(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0) == 0);
	EXPECT(status_mask("CapPrm") >> CAP_SYS_TIME & 1);
	read_host();
	EXPECT(!(facts.capabilities >> CAP_SYS_TIME & 1));
	EXPECT(facts.capabilities >> CAP_SYS_ADMIN & 1);
}

/* Permitted is enough: it can be raised. One above 31 comes from the kernel's second word. */
CHILD_TEST(host, what_is_permitted_counts)
{
	const cap_value_t kept[] = {CAP_SYS_ADMIN, CAP_SYSLOG};
	cap_t state = cap_init();

	EXPECT(cap_set_flag(state, CAP_PERMITTED, 2, kept, CAP_SET) == 0);
	EXPECT(cap_set_proc(state) == 0);
	cap_free(state);
	read_host();
	EXPECT(facts.capabilities == (1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYSLOG));
}

/* Whether this kernel has it shows by doing it. */
CHILD_TEST(host, mounting_onto_a_detached_tree)
{
	int tree, mount, context;

	own_mnt();
	EXPECT(mkdir("/mnt/sub", 0755) == 0);
	read_host();
	tree = open_tree(AT_FDCWD, "/mnt", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	context = fsopen("tmpfs", FSOPEN_CLOEXEC);
	EXPECT(tree >= 0 && context >= 0);
	EXPECT(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0);
	mount = fsmount(context, FSMOUNT_CLOEXEC, 0);
	EXPECT(mount >= 0);
	EXPECT((move_mount(mount, "", tree, "sub", MOVE_MOUNT_F_EMPTY_PATH) == 0) ==
	       facts.detached_mounts);
}
