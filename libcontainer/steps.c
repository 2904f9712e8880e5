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

/* Take one step, and measure its time when the log wants that. */
static int take_step(const struct step *step, struct creation *creation, struct error *err)
{
	bool timed = log_wants(CONTAINER_LOG_DEBUG);
	long long began_us = timed ? now_us() : 0;

	if (step->run(creation, err) < 0)
		return step->relays_error ? -err->code : error_wrap(err, "%s", step->name);
	if (timed)
		log_debug("%s: %lld us", step->name, now_us() - began_us);
	return 0;
}

bool step_is_planned(const struct step *step, const struct plan *plan)
{
	if (step->planned && !*(const bool *)((const char *)plan + step->planned))
		return false;
	return !step->when || step->when(plan);
}

int steps_walk(const struct step_table *table, struct creation *creation, struct error *err)
{
	for (size_t i = 0; i < table->count; i++)
		if (step_is_planned(table->rows[i].step, creation->plan) &&
		    take_step(table->rows[i].step, creation, err) < 0)
			return -err->code;
	return 0;
}

int steps_undo(const struct step_table *table, const struct record *record, struct error *err)
{
	for (size_t i = table->count; i-- > 0;) {
		const struct step_row *row = &table->rows[i];

		if (row->undo && row->undo(record, err) < 0)
			return error_wrap(err, "undo %s", row->step->name);
	}
	return 0;
}

void steps_finish(const struct step_table *table, struct creation *creation)
{
	for (size_t i = table->count; i-- > 0;) {
		const struct step *step = table->rows[i].step;

		if (step->finish && step_is_planned(step, creation->plan))
			step->finish(creation);
	}
}

void steps_print(const char *side, const struct step_table *table, const struct plan *plan,
		 FILE *out)
{
	fprintf(out, "%s:\n", side);
	for (size_t i = 0; i < table->count; i++) {
		const struct step *step = table->rows[i].step;

		if (!step_is_planned(step, plan))
			continue;
		fprintf(out, "\t%s\n", step->name);
		if (step->print)
			step->print(plan, out);
	}
}
