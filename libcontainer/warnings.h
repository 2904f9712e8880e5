/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What planning has to say besides its decisions. A planner logs nothing: it adds to a list in the
 * plan, and the verb that planned logs that, also when planning has failed.
 */
#ifndef KIST_WARNINGS_H
#define KIST_WARNINGS_H

#include "libcontainer/container.h"
#include "spec/arena.h"

struct warning {
	struct warning *next;
	enum container_log_level
		level; /* CONTAINER_LOG_DEBUG: of use to somebody who looks for it */
	const char *text;
};

struct warnings {
	struct warning *first, *last; /* in the order in which they were added */
};

/**
 * warnings_add() - one more.
 * @warnings: zeroed, or with others
 * @arena: owns it
 */
__attribute__((format(printf, 4, 5))) void warnings_add(struct warnings *warnings,
							struct arena *arena,
							enum container_log_level level,
							const char *format, ...);

/**
 * warnings_log() - write them to the log.
 */
void warnings_log(const struct warnings *warnings);

#endif
