/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"
#include "spec/error.h"

int command_state(const struct global *global, struct command_options *options, char **argv,
		  struct error *err)
{
	struct container_state state;
	int result;

	(void)options;
	if (container_state(global->root, argv[0], &state, err) < 0)
		return -err->code;
	result = container_state_print(&state, stdout);
	if (result < 0)
		error_errno(err, "write to stdout");
	container_state_finish(&state);
	return result;
}
