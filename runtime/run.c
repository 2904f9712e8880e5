/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/command.h"
#include "runtime/foreground.h"
#include "runtime/readiness.h"
#include "runtime/relay.h"
#include "spec/error.h"

/* A foreground container is deleted when its init has ended. If the run and the deletion both fail,
 * the error is that of the run. */
static int finish(const struct global *global, const struct command_options *options,
		  const struct container_process *process, int status, struct error *err)
{
	struct error later;

	if (options->keep ||
	    container_delete_process(global->root, options->container.id, process, &later) == 0)
		return status;
	if (status >= 0)
		*err = later;
	return -err->code;
}

static int start(const struct foreground *foreground, struct container_process *process,
		 struct error *err)
{
	return container_run(foreground->container, process, err);
}

static int run_foreground(const struct global *global, struct command_options *options,
			  struct error *err)
{
	const struct foreground foreground = {.container = &options->container, .start = start};
	struct container_process process;
	int status;

	if (!options->no_subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	status = foreground_run(&foreground, &process, err);
	if (process.pidfd < 0)
		return status;
	status = finish(global, options, &process, status, err);
	relay_release(&process);
	return status;
}

static int run_detached(const struct container_options *options, struct error *err)
{
	struct container_process process;

	if (container_run(options, &process, err) < 0)
		return -err->code;
	if (process.notify >= 0)
		readiness_wait(&process);
	relay_release(&process);
	return 0;
}

int command_run(const struct global *global, struct command_options *options, char **argv,
		struct error *err)
{
	struct container_options *container = &options->container;

	container->id = argv[0];
	container->args = (const char *const *)argv + 1;
	if (container->rootfs && !argv[1])
		return error_set(err, EINVAL,
				 "--rootfs: a command is needed: kist run --rootfs DIR "
				 "ID -- CMD [ARG...]");
	if (!container->rootfs && argv[1])
		return error_set(err, EINVAL,
				 "too many arguments; a command goes with --rootfs, a "
				 "bundle has its own in config.json");
	if (container->rootfs && (container->bundle || container->config))
		return error_set(err, EINVAL,
				 "--rootfs is for a container without a bundle: leave --bundle and "
				 "--config out");
	if (readiness_read(container, err) < 0)
		return -err->code;
	if (container->detach)
		return run_detached(container, err);
	return run_foreground(global, options, err);
}
