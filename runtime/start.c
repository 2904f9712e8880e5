/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"
#include "runtime/readiness.h"
#include "runtime/relay.h"
#include "spec/error.h"

/* container_start() would let go of what the container says, so kist starts it with a process to
 * listen to. */
static int start_and_notify(const char *root, const char *id, struct error *err)
{
	struct container_process process;

	if (container_start_process(root, id, &process, err) < 0)
		return -err->code;
	if (process.notify >= 0)
		readiness_wait(&process);
	relay_release(&process);
	return 0;
}

int command_start(const struct global *global, struct command_options *options, char **argv,
		  struct error *err)
{
	if (readiness_read(&options->container, err) < 0)
		return -err->code;
	return options->container.notify ? start_and_notify(global->root, argv[0], err)
					 : container_start(global->root, argv[0], err);
}
