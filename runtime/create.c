/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"

int command_create(const struct global *global, struct command_options *options, char **argv,
		   struct error *err)
{
	struct container_options *container = &options->container;

	container->root = global->root;
	container->cgroup_manager = global->cgroup_manager;
	container->id = argv[0];
	return container_create(container, err);
}
