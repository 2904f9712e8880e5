/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The execution domain.
 */
#include "libcontainer/process/personality.h"

#include <sys/personality.h>

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(personality, .init = fixture_init, .fini = fixture_finish);

enum { ASK = -1 };

static struct personality_setting setting;

Test(personality, is_planned_when_asked_for)
{
	cr_expect_not(personality_set.when(&plan));
	linux_config.personality = &setting;
	cr_expect(personality_set.when(&plan));
}

CHILD_TEST(personality, is_what_was_asked_for)
{
	linux_config.personality = &setting;
	setting.domain = PER_LINUX32;
	STEP(personality_set.run(&creation, &err));
	EXPECT(personality((unsigned long)ASK) == PER_LINUX32);
	/* Nothing of the caller's stays. */
	EXPECT(personality(PER_LINUX32 | ADDR_NO_RANDOMIZE) >= 0);
	setting.domain = PER_LINUX;
	STEP(personality_set.run(&creation, &err));
	EXPECT(personality((unsigned long)ASK) == PER_LINUX);
}
