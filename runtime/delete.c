/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"

int command_delete(const struct global *global, struct command_options *options, char **argv,
		   struct error *err)
{
	return container_delete(global->root, argv[0], options->force, err);
}
