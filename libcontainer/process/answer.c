/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "libcontainer/process/sync.h"
#include "libcontainer/steps.h"

/* How long the host side waits for the child to have done all of its work. */
enum { ANSWER_MS = 10000 };

static int error_no_answer(struct error *err)
{
	return error_set(err, ETIMEDOUT,
			 "no answer within %d seconds (a filesystem in the container, or the "
			 "source of one, does not react)",
			 ANSWER_MS / 1000);
}

static int step_wait(struct creation *creation, struct error *err)
{
	int word;

	/* The wait has an end, since a filesystem of the container's own (fuse) need never
	 * answer. */
	if (sync_await(creation->sync, creation->init, NULL, ANSWER_MS, err) < 0)
		return err->code == ETIMEDOUT ? error_no_answer(err) : -err->code;
	word = sync_receive(creation->sync, creation->init, NULL, err);
	if (word == SYNC_CLOSED || word == -ECONNRESET)
		return error_set(err, ECHILD, "the process that was in there has been killed");
	if (word >= 0 && word != SYNC_PAUSED)
		return error_set(err, EPROTO, "unexpected answer (%d)", word);
	return word < 0 ? word : 0;
}

const struct step answer_wait = {
	"container",
	.run = step_wait,
	.relays_error = true,
};

/* The child ends at once: only the host side waits for it, and needs nothing more of it. */
static int step_end(struct creation *creation, struct error *err)
{
	if (sync_send(creation->sync, SYNC_PAUSED, err) < 0)
		return -err->code;
	_exit(EXIT_SUCCESS);
}

const struct step answer_end = {
	"end",
	.run = step_end,
};
