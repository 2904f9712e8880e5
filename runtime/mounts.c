/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "runtime/command.h"

static const struct {
	const char *name;
	int (*change)(const char *root, const char *id, const char *file, struct error *err);
} actions[] = {
	{"add", container_mounts_add},
	{"remove", container_mounts_remove},
};

int command_mounts(const struct global *global, struct command_options *options, char **argv,
		   struct error *err)
{
	(void)options;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(argv[0], actions[i].name) != 0)
			continue;
		if (actions[i].change(global->root, argv[1], argv[2], err) < 0)
			return error_wrap(err, "%s", argv[1]);
		return 0;
	}
	return error_set(err, EINVAL, "unknown action (add or remove)");
}
