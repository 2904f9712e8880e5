/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standard streams of a process in the foreground that has no terminal of its own. The caller's is
 * not for it: what a process leaves behind would go on reading there what is typed for others, and
 * outside of the terminal's session there is no job control. So where the caller has a terminal the
 * process gets a pipe, which kist relays (see relay.h). Anything else is passed on as it is.
 */
#ifndef KIST_STREAMS_H
#define KIST_STREAMS_H

#include <unistd.h>

#include "spec/error.h"

enum { STREAM_COUNT = STDERR_FILENO + 1 };

struct streams {
	int own[STREAM_COUNT];  /* the caller's terminal while a pipe is in its place, else -1 */
	int pipe[STREAM_COUNT]; /* kist's end, which never blocks; -1: none */
};

/**
 * streams_replace() - put pipes in the place of kist's own standard streams that are terminals.
 *
 * Return: 0; -errno, and all are what they were
 */
int streams_replace(struct streams *streams, struct error *err);

/**
 * streams_restore() - make kist's own standard streams what they were. The pipes stay.
 */
void streams_restore(struct streams *streams);

/**
 * streams_close() - a pipe, if it is still there; or all of them.
 */
void streams_close(struct streams *streams, int stream);
void streams_finish(struct streams *streams);

/**
 * streams_abandon() - the same, when there is no process to relay them for: pass on what hooks, or
 * debugging, or a container that is gone again have left in them.
 */
void streams_abandon(struct streams *streams);

#endif
