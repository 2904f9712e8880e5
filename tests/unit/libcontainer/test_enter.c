/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rule of a verb, and what is said where it does not hold. What goes on from there is in the tests
 * of the verbs.
 */
#include "libcontainer/enter.h"

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(enter, .init = fixture_init, .fini = fixture_finish);

static struct verb verb = {.doing = "shake"};
static struct container container;

static int open_for(unsigned statuses)
{
	verb.statuses = statuses;
	return enter_open(root, "web", &verb, &container, &err);
}

Test(enter, a_status_that_it_works_in)
{
	make_running("web");
	STEP(open_for(ENTER_LIVE));
	cr_expect_eq(container.status, STATUS_RUNNING);
	cr_expect_geq(container.init, 0);
	container_close(&container);
}

Test(enter, one_without_an_init)
{
	make_stopped("web");
	STEP(open_for(ENTER_ANY));
	cr_expect_eq(container.status, STATUS_STOPPED);
	cr_expect_eq(container.init, -1);
	container_close(&container);
}

Test(enter, the_usual_sentences)
{
	FAILS(open_for(ENTER_ANY), ENOENT, "container \"web\" does not exist");
	begin_container("web");
	FAILS(open_for(ENTER_LIVE), EAGAIN, "cannot shake a container that is still being created");
	put_init(spawn(sleep_forever));
	leave_container();
	end_init();
	FAILS(open_for(ENTER_LIVE), ESRCH,
	      "cannot shake a stopped container: container not running");
}

static int refuse(const struct container *refused, struct error *reason)
{
	return error_set(reason, EXFULL, "%s is %d", refused->record.id, refused->status);
}

Test(enter, sentences_of_its_own)
{
	make_created("web");
	verb.refuse = refuse;
	FAILS(open_for(ENTER_IN(STATUS_RUNNING)), EXFULL, "web is 1");
	STEP(open_for(ENTER_IN(STATUS_CREATED)));
	container_close(&container);
}
