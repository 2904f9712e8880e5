/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"
#include "runtime/foreground.h"
#include "runtime/relay.h"
#include "spec/arena.h"
#include "spec/config.h"

static int start(const struct foreground *foreground, struct container_process *process,
		 struct error *err)
{
	return container_exec(foreground->container, foreground->exec, process, err);
}

static int exec_foreground(struct container_options *container, const struct container_exec *exec,
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

/* The file is read before signals are relayed and before a process waits: somebody may be typing
 * it, and Ctrl-C must still end kist. */
static int read_process(const char *file, struct arena *arena, struct container_exec *exec,
			struct error *err)
{
	struct document document;

	if (config_read_named(file, arena, &document, err) < 0)
		return error_wrap(err, "--process");
	exec->process = document.text;
	exec->process_bytes = document.size;
	exec->process_name = config_shown_name(file);
	return 0;
}

int command_exec(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	struct arena arena _arena_ = {0};

	(void)global;
	if (options->process && read_process(options->process, &arena, &options->exec, err) < 0)
		return -err->code;
	options->container.id = argv[0];
	options->exec.args = (const char *const *)argv + 1;
	if (options->container.detach)
		return exec_detached(&options->container, &options->exec, err);
	return exec_foreground(&options->container, &options->exec, err);
}
