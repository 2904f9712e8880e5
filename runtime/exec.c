/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "runtime/command.h"
#include "runtime/relay.h"
#include "spec/cleanup.h"

/* Typed, it is for kist: nobody relays it yet. */
static const char *find_typed(const char *file, const struct streams *streams, char *path,
			      size_t size)
{
	if (!file || strcmp(file, "/dev/stdin") != 0 || streams->own[STDIN_FILENO] < 0)
		return file;
	snprintf(path, size, "/proc/self/fd/%d", streams->own[STDIN_FILENO]);
	return path;
}

static int exec_foreground(struct container_options *container, struct container_exec *exec,
			   struct error *err)
{
	struct container_process process;
	struct streams streams;
	_close_ int signals = relay_begin(err);
	_close_ int cancel = signals < 0 ? -1 : relay_cancel(err);
	char typed[32];
	int status;

	if (signals < 0 || cancel < 0)
		return -err->code;
	container->cancel = &cancel;
	container->terminal_size = relay_terminal_size();
	if (streams_replace(&streams, err) < 0)
		return -err->code;
	exec->process = find_typed(exec->process, &streams, typed, sizeof typed);
	status = container_exec(container, exec, &process, err);
	streams_restore(&streams);
	if (status < 0) {
		streams_abandon(&streams);
		return status;
	}
	status = relay_run(&process, &streams, signals, err);
	relay_release(&process);
	streams_finish(&streams);
	return status;
}

static int exec_detached(const struct container_options *container,
			 const struct container_exec *exec, struct error *err)
{
	struct container_process process;

	if (container_exec(container, exec, &process, err) < 0)
		return -err->code;
	relay_release(&process);
	return 0;
}

int command_exec(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	(void)global;
	options->container.id = argv[0];
	options->exec.args = (const char *const *)argv + 1;
	if (options->container.detach)
		return exec_detached(&options->container, &options->exec, err);
	return exec_foreground(&options->container, &options->exec, err);
}
