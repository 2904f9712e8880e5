/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NUMA memory policies, on node 0, which every host has.
 */
#include "libcontainer/process/memory_policy.h"

#include <linux/mempolicy.h>

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(memory_policy, .init = fixture_init, .fini = fixture_finish);

static struct memory_policy policy;

static void ask_for(uint64_t mode, const char *nodes, uint64_t flags)
{
	policy = (struct memory_policy){.mode = mode, .flags = flags, .nodes.text = nodes};
	if (nodes)
		EXPECT(bitmap_parse_list(nodes, &policy.nodes.numbers, &err) == 0);
	linux_config.memoryPolicy = &policy;
}

static void expect_policy(uint64_t mode, unsigned long nodes)
{
	struct bitmap found = {0};
	int found_mode = -1;

	EXPECT(syscall(SYS_get_mempolicy, &found_mode, found.words, BITMAP_BITS + 1UL, NULL, 0) ==
	       0);
	EXPECT((uint64_t)found_mode == mode);
	EXPECT(found.words[0] == nodes);
}

Test(memory_policy, is_planned_when_asked_for)
{
	cr_expect_not(memory_policy_set.when(&plan));
	linux_config.memoryPolicy = &policy;
	cr_expect(memory_policy_set.when(&plan));
}

CHILD_TEST(memory_policy, modes_with_nodes)
{
	static const uint64_t modes[] = {MPOL_BIND, MPOL_INTERLEAVE, MPOL_PREFERRED};

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		ask_for(modes[i], "0", 0);
		STEP(memory_policy_set.run(&creation, &err));
		expect_policy(modes[i], 1);
	}
}

CHILD_TEST(memory_policy, modes_without)
{
	ask_for(MPOL_LOCAL, NULL, 0);
	STEP(memory_policy_set.run(&creation, &err));
	expect_policy(MPOL_LOCAL, 0);
	ask_for(MPOL_DEFAULT, NULL, 0);
	STEP(memory_policy_set.run(&creation, &err));
	expect_policy(MPOL_DEFAULT, 0);
}

CHILD_TEST(memory_policy, flags)
{
	ask_for(MPOL_BIND, "0", MPOL_F_STATIC_NODES);
	STEP(memory_policy_set.run(&creation, &err));
	expect_policy(MPOL_BIND | MPOL_F_STATIC_NODES, 1);
}

CHILD_TEST(memory_policy, a_node_that_is_not_there)
{
	ask_for(MPOL_BIND, "8191", 0);
	FAILS(memory_policy_set.run(&creation, &err), EINVAL,
	      "linux.memoryPolicy: MPOL_BIND: Invalid argument (a node that is not there or not in "
	      "linux.resources.cpu.mems, or a mode that this kernel does not have)");
}
