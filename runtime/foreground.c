/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/foreground.h"

#include "runtime/relay.h"
#include "runtime/streams.h"
#include "spec/cleanup.h"

static int start(const struct foreground *foreground, struct streams *streams,
		 struct container_process *process, struct error *err)
{
	int result;

	if (streams_replace(streams, err) < 0)
		return -err->code;
	result = foreground->start(foreground, process, err);
	streams_restore(streams);
	return result;
}

int foreground_run(const struct foreground *foreground, struct container_process *process,
		   struct error *err)
{
	struct container_options *container = foreground->container;
	struct streams streams;
	sigset_t before;
	_close_ int signals = relay_begin(&before, err);
	_close_ int cancel = signals < 0 ? -1 : relay_cancel(err);
	int status;

	process->pidfd = -1;
	if (signals < 0 || cancel < 0)
		return -err->code;
	container->cancel = &cancel;
	container->terminal_size = relay_terminal_size();
	status = start(foreground, &streams, process, err);
	container->cancel = NULL;
	if (status < 0) {
		/* Signals end kist again from here on: writing to a terminal that is stopped
		 * (Ctrl-S) waits. */
		relay_end(signals, &before);
		streams_abandon(&streams);
		return status;
	}
	status = relay_run(process, &streams, signals, err);
	streams_finish(&streams);
	return status;
}
