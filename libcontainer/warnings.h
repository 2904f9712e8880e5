/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The warnings of planning. A planner logs nothing: it adds to a list in the plan, and the verb
 * that made the plan logs that list, also when planning has failed.
 */
#ifndef KIST_WARNINGS_H
#define KIST_WARNINGS_H

#include "libcontainer/container.h"
#include "spec/arena.h"

struct warning {
	struct warning *next;
	/* CONTAINER_LOG_DEBUG: the warning helps only a user who looks for it */
	enum container_log_level level;
	const char *text;
};

struct warnings {
	struct warning *first, *last; /* in the order in which they were added */
};

/**
 * warnings_add() - add one warning to a list.
 * @warnings: zeroed, or with other warnings
 * @arena: owns the new warning
 */
__attribute__((format(printf, 4, 5))) void warnings_add(struct warnings *warnings,
							struct arena *arena,
							enum container_log_level level,
							const char *format, ...);

/**
 * warnings_log() - write a list of warnings to the log.
 */
void warnings_log(const struct warnings *warnings);

#endif
