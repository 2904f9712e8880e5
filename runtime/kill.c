/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "runtime/command.h"
#include "runtime/match.h"
#include "spec/error.h"

struct order {
	int signal;
	bool all;
};

static int kill_one(const char *root, const char *id, const void *data, struct error *err)
{
	const struct order *order = data;

	return container_kill(root, id, order->signal, order->all, err);
}

int command_kill(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	const char *name = argv[1] ? argv[1] : "TERM";
	const struct order order = {container_signal(name), options->all};

	if (order.signal < 0)
		return error_set(err, EINVAL, "unknown signal \"%s\"", name);
	if (options->regex)
		return match_each(global->root, argv[0], kill_one, &order, err);
	return kill_one(global->root, argv[0], &order, err);
}
