/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "spec/cleanup.h"

/* A pipe of one page takes the next line only when the last one has been read. So what the process
 * does not read is left to whoever reads from the terminal after it, or beside it (`kist exec web
 * cat log | less`). */
static void limit_pipe(int writing)
{
	fcntl(writing, F_SETPIPE_SZ, PIPE_BUF);
}

/* Terminals are compared by their inodes, since terminals of another devpts have the same
 * numbers. */
static bool is_same_terminal(int one, int other)
{
	struct stat stats[2];

	return fstat(one, &stats[0]) == 0 && fstat(other, &stats[1]) == 0 &&
	       stats[0].st_dev == stats[1].st_dev && stats[0].st_ino == stats[1].st_ino;
}

/* Where stdout and stderr are the same terminal they are read together, so one pipe keeps their
 * order. */
static bool shares_stdout(const struct streams *streams, int stream)
{
	return stream == STDERR_FILENO && streams->own[STDOUT_FILENO] >= 0 &&
	       is_same_terminal(stream, streams->own[STDOUT_FILENO]);
}

static int put_pipe(struct streams *streams, int stream, struct error *err)
{
	bool is_input = stream == STDIN_FILENO;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "pipe");
	streams->pipe[stream] = ends[is_input];
	fcntl(ends[is_input], F_SETFL, O_NONBLOCK);
	if (is_input)
		limit_pipe(ends[is_input]);
	dup2(ends[!is_input], stream);
	close(ends[!is_input]);
	return 0;
}

static int replace(struct streams *streams, int stream, struct error *err)
{
	_close_ int own = fcntl(stream, F_DUPFD_CLOEXEC, STREAM_COUNT);

	if (own < 0)
		return error_errno(err, "dup");
	if (shares_stdout(streams, stream))
		dup2(STDOUT_FILENO, stream);
	else if (put_pipe(streams, stream, err) < 0)
		return -err->code;
	streams->own[stream] = take(&own);
	return 0;
}

int streams_replace(struct streams *streams, struct error *err)
{
	*streams = (struct streams){.own = {-1, -1, -1}, .pipe = {-1, -1, -1}};
	for (int stream = 0; stream < STREAM_COUNT; stream++) {
		if (!isatty(stream) || replace(streams, stream, err) == 0)
			continue;
		streams_restore(streams);
		streams_finish(streams);
		return -err->code;
	}
	return 0;
}

void streams_restore(struct streams *streams)
{
	for (int stream = 0; stream < STREAM_COUNT; stream++) {
		int own = take(&streams->own[stream]);

		if (own < 0)
			continue;
		dup2(own, stream);
		close(own);
	}
}

void streams_close(struct streams *streams, int stream)
{
	int end = take(&streams->pipe[stream]);

	cleanup_close(&end);
}

void streams_finish(struct streams *streams)
{
	for (int stream = 0; stream < STREAM_COUNT; stream++)
		streams_close(streams, stream);
}

static void flush_pipe(int from, int to)
{
	char data[PIPE_BUF];
	ssize_t got;

	while (from >= 0 && (got = read(from, data, sizeof data)) > 0)
		if (write(to, data, (size_t)got) < 0)
			return;
}

void streams_abandon(struct streams *streams)
{
	for (int stream = STDOUT_FILENO; stream < STREAM_COUNT; stream++)
		flush_pipe(streams->pipe[stream], stream);
	streams_finish(streams);
}
