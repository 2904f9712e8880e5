/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "runtime/command.h"
#include "runtime/match.h"

static int delete_one(const char *root, const char *id, const void *data, struct error *err)
{
	const bool *force = data;

	return container_delete(root, id, *force, err);
}

/* With --force a container that does not exist is no error, whether it is named by its id or by a
 * pattern. */
static int delete_matches(const char *root, const char *pattern, bool force, struct error *err)
{
	int result = match_each(root, pattern, delete_one, &force, err);

	return result == -ENOENT && force ? 0 : result;
}

int command_delete(const struct global *global, struct command_options *options, char **argv,
		   struct error *err)
{
	if (options->regex)
		return delete_matches(global->root, argv[0], options->force, err);
	return delete_one(global->root, argv[0], &options->force, err);
}
