/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "runtime/command.h"
#include "spec/error.h"

int command_kill(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	const char *name = argv[1] ? argv[1] : "TERM";
	int signal = container_signal(name);

	if (signal < 0)
		return error_set(err, EINVAL, "unknown signal \"%s\"", name);
	return container_kill(global->root, argv[0], signal, options->all, err);
}
