/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capabilities: the rules between the five sets, and the sets as the kernel has them. Needs root.
 */
#include <linux/capability.h>

#include "libcontainer/log.h"
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

/*
 * Warnings
 */

static size_t count_warnings(void)
{
	size_t count = 0;

	for (const struct warning *warning = plan.warnings.first; warning; warning = warning->next)
		count++;
	return count;
}

static bool is_warning(const char *text)
{
	for (const struct warning *warning = plan.warnings.first; warning; warning = warning->next)
		if (warning->level == CONTAINER_LOG_WARNING && strcmp(warning->text, text) == 0)
			return true;
	return false;
}

#define WARNED(line) is_warning("process.capabilities." line)

Test(capabilities, what_is_granted_is_no_warning)
{
	ask_for_all(BIT(CAP_CHOWN));
	PLAN(capabilities_plan(&plan, &err));
	cr_expect_eq(count_warnings(), 0);
}

/* config.md: MUST be logged as a warning. */
Test(capabilities, what_is_not_granted_is_a_warning_with_its_reason)
{
	host.known_capabilities = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_SYS_RESOURCE);
	host.capabilities = BIT(CAP_CHOWN) | BIT(CAP_KILL);
	ask_for_all(BIT(CAP_CHOWN));
	asked.bounding.mask |= BIT(CAP_SYS_RESOURCE) | BIT(CAP_PERFMON) | BIT(CAP_BPF);
	asked.bounding.unknown = (struct strings)STRINGS("CAP_FUTURE", "cap_chown");
	asked.permitted.mask |= BIT(CAP_SYS_RESOURCE) | BIT(63);
	asked.effective.mask |= BIT(CAP_KILL);
	asked.inheritable.mask |= BIT(CAP_KILL);
	asked.ambient.mask |= BIT(CAP_KILL);
	PLAN(capabilities_plan(&plan, &err));
	cr_expect(WARNED("bounding: cannot be granted, since the kernel does not know it: "
			 "CAP_PERFMON CAP_BPF"));
	cr_expect(WARNED("bounding: cannot be granted, since it is unknown: CAP_FUTURE"));
	cr_expect(WARNED("bounding: cannot be granted, since it is unknown: cap_chown"));
	cr_expect(WARNED("bounding: cannot be granted, since the caller does not have it: "
			 "CAP_SYS_RESOURCE"));
	cr_expect(WARNED("permitted: cannot be granted, since the kernel does not know it: a "
			 "capability without a name"));
	cr_expect(WARNED("permitted: cannot be granted, since the caller does not have it: "
			 "CAP_SYS_RESOURCE"));
	cr_expect(WARNED("effective: cannot be granted, since it is not permitted: CAP_KILL"));
	cr_expect(WARNED("inheritable: cannot be granted, since it is not in bounding: CAP_KILL"));
	cr_expect(WARNED("ambient: cannot be granted, since it is not both permitted and "
			 "inheritable: CAP_KILL"));
	cr_expect_eq(count_warnings(), 9);
}

/* Every one of them, by a caller without any: as many lines as sets, each whole. */
Test(capabilities, all_at_once_fit_on_a_line)
{
	char name[] = "/tmp/kist-capabilities-XXXXXX", text[8192] = "";
	_close_ int file = mkstemp(name);

	host.capabilities = 0;
	host.known_capabilities = BIT(41) - 1;
	ask_for_all(BIT(41) - 1);
	PLAN(capabilities_plan(&plan, &err));
	cr_expect_eq(count_warnings(), 5);
	PLAN(container_log_open(name, false, CONTAINER_LOG_WARNING, &err));
	unlink(name);
	warnings_log(&plan.warnings);
	cr_assert_gt(read(file, text, sizeof text - 1), 0);
	cr_expect(strstr(text, " CAP_CHECKPOINT_RESTORE\n"));
}

Test(capabilities, securebits_may_forbid_ambient_ones)
{
	ask_for_all(BIT(CAP_CHOWN));
	host.ambient_forbidden = true;
	PLAN(capabilities_plan(&plan, &err));
	cr_expect_eq(plan.process.capabilities.ambient, 0);
	cr_expect_eq(plan.process.capabilities.permitted, BIT(CAP_CHOWN));
	plan.idmap.planned = true;
	PLAN(capabilities_plan(&plan, &err));
	cr_expect_eq(plan.process.capabilities.ambient, BIT(CAP_CHOWN));
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
	STEP(capabilities_bound.run(&creation, &err));
	STEP(credentials_become.run(&creation, &err));
	STEP(capabilities_set.run(&creation, &err));
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
	STEP(capabilities_bound.run(&creation, &err));
	STEP(capabilities_set.run(&creation, &err));
	EXPECT(status_has("CapPrm:\t0000000000000000\n"));
	EXPECT(status_has("CapBnd:\t0000000000000000\n"));
	EXPECT(status_has("NoNewPrivs:\t0\n"));
}

CHILD_TEST(capabilities, dropping_needs_one)
{
	EXPECT(capabilities_plan(&plan, &err) == 0);
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	FAILS(capabilities_bound.run(&creation, &err), EPERM,
	      "drop CAP_CHOWN from the bounding set: Operation not permitted (needs CAP_SETPCAP)");
}
