/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"
#include "spec/error.h"

int command_features(const struct global *global, struct command_options *options, char **argv,
		     struct error *err)
{
	(void)global;
	(void)options;
	(void)argv;
	if (container_features(stdout) < 0)
		return error_errno(err, "write to stdout");
	return 0;
}
