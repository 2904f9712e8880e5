/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/steps.h"

#include <time.h>

#include "libcontainer/log.h"

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* Take one step, timed when somebody wants to know. */
static int take_step(const struct step *step, struct creation *creation, struct error *err)
{
	bool timed = log_wants(CONTAINER_LOG_DEBUG);
	long long began_us = timed ? now_us() : 0;

	if (step->run(creation, err) < 0)
		return step->hears ? -err->code : error_wrap(err, "%s", step->name);
	if (timed)
		log_debug("%s: %lld us", step->name, now_us() - began_us);
	return 0;
}

int steps_walk(const struct step *steps, size_t count, struct creation *creation, struct error *err)
{
	for (const struct step *step = steps; step < steps + count; step++) {
		if (step->when && !step->when(creation->plan))
			continue;
		if (take_step(step, creation, err) < 0)
			return -err->code;
	}
	return 0;
}
