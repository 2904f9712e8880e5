/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "runtime/command.h"
#include "runtime/foreground.h"
#include "runtime/relay.h"

/* Typed, it is for kist: nobody relays it yet. */
static const char *find_typed(const char *file, const struct streams *streams, char *path,
			      size_t size)
{
	if (!file || strcmp(file, "/dev/stdin") != 0 || streams->own[STDIN_FILENO] < 0)
		return file;
	snprintf(path, size, "/proc/self/fd/%d", streams->own[STDIN_FILENO]);
	return path;
}

static int start(const struct foreground *foreground, const struct streams *streams,
		 struct container_process *process, struct error *err)
{
	struct container_exec *exec = foreground->exec;
	char typed[32];

	exec->process = find_typed(exec->process, streams, typed, sizeof typed);
	return container_exec(foreground->container, exec, process, err);
}

static int exec_foreground(struct container_options *container, struct container_exec *exec,
			   struct error *err)
{
	const struct foreground foreground = {container, start, exec};
	struct container_process process;
	int status = foreground_run(&foreground, &process, err);

	if (process.pidfd >= 0)
		relay_release(&process);
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
