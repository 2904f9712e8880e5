/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"

int command_plan(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	(void)global;
	options->container.id = argv[0];
	return container_plan(&options->container, stdout, err);
}
