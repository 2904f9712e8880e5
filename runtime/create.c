/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"
#include "runtime/readiness.h"

int command_create(const struct global *global, struct command_options *options, char **argv,
		   struct error *err)
{
	(void)global;
	if (readiness_read(&options->container, err) < 0)
		return -err->code;
	options->container.id = argv[0];
	return container_create(&options->container, err);
}
