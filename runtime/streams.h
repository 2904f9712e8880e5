/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standard streams of a foreground process that has no terminal of its own. The caller's terminal
 * is not for such a process: processes that it leaves behind would go on reading there what is
 * typed for others, and outside of the terminal's session there is no job control. So where a
 * stream of the caller is a terminal, the process gets a pipe, which kist relays (see relay.h). Any
 * other stream is passed on as it is.
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
 * streams_replace() - put pipes in the place of those of kist's own standard streams that are
 * terminals.
 * @streams: overwritten
 *
 * Return: 0; -errno, and all streams are what they were
 */
int streams_replace(struct streams *streams, struct error *err);

/**
 * streams_restore() - make kist's own standard streams what they were. The pipes stay open.
 */
void streams_restore(struct streams *streams);

/**
 * streams_close() - close the pipe of one stream, if it is still open.
 * streams_finish() - close all pipes.
 */
void streams_close(struct streams *streams, int stream);
void streams_finish(struct streams *streams);

/**
 * streams_abandon() - close all pipes when there is no process to relay them for. First pass on
 * what hooks, debugging, or a container that is gone again have written to them.
 */
void streams_abandon(struct streams *streams);

#endif
