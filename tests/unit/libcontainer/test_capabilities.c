/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capabilities: the rules between the five sets, and the sets as the kernel has them. Needs root.
 */
#include <linux/capability.h>

#include "libcontainer/process/process.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(capabilities, .init = fixture_init, .fini = fixture_finish);

#define BIT(capability) (1ULL << (capability))

static struct capabilities asked;

static void ask_for_all(uint64_t mask)
{
	asked = (struct capabilities){
		{mask, {0}}, {mask, {0}}, {mask, {0}}, {mask, {0}}, {mask, {0}}};
	process.capabilities = &asked;
}

Test(capabilities, absent_means_none)
{
	const struct capability_masks *masks = &plan.process.capabilities;

	PLAN(capabilities_plan(&plan, &err));
	cr_expect_eq(masks->effective | masks->bounding | masks->inheritable | masks->permitted |
			     masks->ambient,
		     0);
}

Test(capabilities, what_the_caller_lacks_is_left_out)
{
	host.capabilities = BIT(CAP_CHOWN);
	ask_for_all(BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(63));
	asked.bounding.unknown = (struct strings)STRINGS("CAP_FUTURE");
	PLAN(capabilities_plan(&plan, &err));
	cr_expect_eq(plan.process.capabilities.bounding, BIT(CAP_CHOWN));
	cr_expect_eq(plan.process.capabilities.ambient, BIT(CAP_CHOWN));
}

Test(capabilities, the_kernel_s_rules_cut_the_sets)
{
	const struct capability_masks *masks = &plan.process.capabilities;

	ask_for_all(BIT(CAP_CHOWN) | BIT(CAP_KILL));
	asked.permitted.mask = BIT(CAP_CHOWN);
	asked.bounding.mask = BIT(CAP_KILL);
	PLAN(capabilities_plan(&plan, &err));
	cr_expect_eq(masks->permitted, BIT(CAP_CHOWN));
	cr_expect_eq(masks->effective, BIT(CAP_CHOWN));
	cr_expect_eq(masks->inheritable, BIT(CAP_KILL));
	cr_expect_eq(masks->ambient, 0);
}

/* The five sets and NoNewPrivs as /proc/self/status prints them. */
static bool status_has(const char *line)
{
	char text[4096] = "";
	_close_ int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	EXPECT(file >= 0 && read(file, text, sizeof text - 1) > 0);
	return strstr(text, line);
}

CHILD_TEST(capabilities, are_what_was_planned_for_a_user)
{
	ask_for_all(BIT(CAP_CHOWN) | BIT(CAP_NET_BIND_SERVICE));
	asked.ambient.mask = BIT(CAP_NET_BIND_SERVICE);
	process.noNewPrivileges = true;
	process.user = (struct user){.uid = 1000, .gid = 1000};
	EXPECT(capabilities_plan(&plan, &err) == 0);
	STEP(capabilities_step_bound(&creation, &err));
	STEP(credentials_step_become(&creation, &err));
	STEP(capabilities_step_set(&creation, &err));
	EXPECT(status_has("CapInh:\t0000000000000401\n"));
	EXPECT(status_has("CapPrm:\t0000000000000401\n"));
	EXPECT(status_has("CapEff:\t0000000000000401\n"));
	EXPECT(status_has("CapBnd:\t0000000000000401\n"));
	EXPECT(status_has("CapAmb:\t0000000000000400\n"));
	EXPECT(status_has("NoNewPrivs:\t1\n"));
}

CHILD_TEST(capabilities, are_none_when_absent)
{
	EXPECT(capabilities_plan(&plan, &err) == 0);
	STEP(capabilities_step_bound(&creation, &err));
	STEP(capabilities_step_set(&creation, &err));
	EXPECT(status_has("CapPrm:\t0000000000000000\n"));
	EXPECT(status_has("CapBnd:\t0000000000000000\n"));
	EXPECT(status_has("NoNewPrivs:\t0\n"));
}

CHILD_TEST(capabilities, dropping_needs_one)
{
	EXPECT(capabilities_plan(&plan, &err) == 0);
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(capabilities_step_bound(&creation, &err), EPERM,
	      "drop CAP_CHOWN from the bounding set: Operation not permitted (needs CAP_SETPCAP)");
}
