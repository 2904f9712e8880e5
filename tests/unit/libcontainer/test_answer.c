/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that does its work and ends, and what the host side hears of it. That it does not wait for
 * ever is in tests/integration/test_running_mounts.py.
 */
#include "libcontainer/process/answer.h"

#include "libcontainer/process/clone.h"
#include "libcontainer/process/sync.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(answer, .init = fixture_init, .fini = fixture_finish);

static int step_fail(struct creation *failing, struct error *reason)
{
	(void)failing;
	return error_set(reason, ENXIO, "no");
}

static int step_say_go(struct creation *saying, struct error *reason)
{
	sync_send(saying->sync, SYNC_GO, reason);
	_exit(EXIT_SUCCESS);
}

static int step_die(struct creation *dying, struct error *reason)
{
	(void)dying;
	(void)reason;
	_exit(EXIT_FAILURE);
}

static const struct step fail = {"work", .run = step_fail}, say_go = {"go", .run = step_say_go},
			 die = {"die", .run = step_die};
static const struct step_row works_rows[] = {{&answer_end}}, fails_rows[] = {{&fail}},
			     goes_rows[] = {{&say_go}}, dies_rows[] = {{&die}};
static const struct step_table works = STEP_TABLE(works_rows), fails = STEP_TABLE(fails_rows),
			       goes = STEP_TABLE(goes_rows), dies = STEP_TABLE(dies_rows);

/* What is heard of a process that takes these steps. */
static int answer_of(const struct step_table *child)
{
	int result;

	creation.child = child;
	STEP(clone_joined.run(&creation, &err));
	result = answer_wait.run(&creation, &err);
	clone_end(creation.init);
	close(take(&creation.init));
	close(take(&creation.sync));
	return result;
}

CHILD_TEST(answer, its_work_is_done)
{
	STEP(answer_of(&works));
}

CHILD_TEST(answer, its_error_is_heard)
{
	FAILS(answer_of(&fails), ENXIO, "work: no");
}

CHILD_TEST(answer, it_is_killed)
{
	FAILS(answer_of(&dies), ECHILD, "the process that was in there has been killed");
}

CHILD_TEST(answer, something_else_is_said)
{
	FAILS(answer_of(&goes), EPROTO, "unexpected answer (4)");
}
