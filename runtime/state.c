/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"

int command_state(const struct global *global, struct command_options *options, char **argv,
		  struct error *err)
{
	struct container_state state;

	(void)options;
	if (container_state(global->root, argv[0], &state, err) < 0)
		return -err->code;
	(void)container_state_print(&state, stdout); /* main.c checks stdout */
	container_state_finish(&state);
	return 0;
}
