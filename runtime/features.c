/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"

int command_features(const struct global *global, struct command_options *options, char **argv,
		     struct error *err)
{
	(void)global;
	(void)options;
	(void)argv;
	(void)err;
	(void)container_features(stdout); /* main.c checks stdout */
	return 0;
}
