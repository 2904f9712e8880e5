/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "runtime/command.h"
#include "spec/error.h"

static size_t longest_id(const struct container_list *list)
{
	size_t longest = sizeof "ID" - 1;

	for (size_t i = 0; i < list->count; i++)
		if (strlen(list->at[i].id) > longest)
			longest = strlen(list->at[i].id);
	return longest;
}

static void print_table(const struct container_list *list)
{
	int width = (int)longest_id(list);

	printf("%-*s   %-9s   %-8s   %-30s   %-30s   %s\n", width, "ID", "PID", "STATUS", "BUNDLE",
	       "CREATED", "OWNER");
	for (size_t i = 0; i < list->count; i++) {
		const struct container_state *state = &list->at[i];

		printf("%-*s   %-9d   %-8s   %-30s   %-30s   %s\n", width, state->id, state->pid,
		       state->status, state->bundle, state->created, state->owner);
	}
}

static void print_ids(const struct container_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		printf("%s\n", list->at[i].id);
}

int command_list(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	const char *format = options->format ? options->format : "table";
	struct container_list list;

	(void)argv;
	if (strcmp(format, "table") != 0 && strcmp(format, "json") != 0)
		return error_set(err, EINVAL, "list --format: \"%s\" is neither table nor json",
				 format);
	if (container_list(global->root, &list, err) < 0)
		return -err->code;
	if (options->quiet)
		print_ids(&list);
	else if (strcmp(format, "json") == 0)
		(void)container_list_print(&list, stdout); /* main.c looks at stdout */
	else
		print_table(&list);
	container_list_finish(&list);
	return 0;
}
