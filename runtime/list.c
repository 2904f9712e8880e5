/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"
#include "runtime/output.h"
#include "spec/arena.h"

enum { COLUMNS = 6 };

static void fill_row(const char *cells[COLUMNS], const struct container_state *state,
		     struct arena *arena)
{
	cells[0] = state->id;
	cells[1] = arena_printf(arena, "%d", state->pid);
	cells[2] = state->status;
	cells[3] = state->bundle;
	cells[4] = state->created;
	cells[5] = state->owner;
}

static void print_table(const struct container_list *list)
{
	static const char *const titles[COLUMNS] = {"ID",     "PID",     "STATUS",
						    "BUNDLE", "CREATED", "OWNER"};
	struct arena arena _arena_ = {0};
	const char *(*rows)[COLUMNS] = arena_array(&arena, list->count + 1, sizeof *rows);

	for (size_t column = 0; column < COLUMNS; column++)
		rows[0][column] = titles[column];
	for (size_t i = 0; i < list->count; i++)
		fill_row(rows[i + 1], &list->at[i], &arena);
	output_table(*rows, list->count + 1, COLUMNS, stdout);
}

static void print_ids(const struct container_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		printf("%s\n", list->at[i].id);
}

int command_list(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	struct container_list list;

	(void)argv;
	if (container_list(global->root, &list, err) < 0)
		return -err->code;
	if (options->quiet)
		print_ids(&list);
	else if (options->json)
		(void)container_list_print(&list, stdout); /* main.c checks stdout */
	else
		print_table(&list);
	container_list_finish(&list);
	return 0;
}
