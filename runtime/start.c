/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"

int command_start(const struct global *global, struct command_options *options, char **argv,
		  struct error *err)
{
	(void)options;
	return container_start(global->root, argv[0], err);
}
