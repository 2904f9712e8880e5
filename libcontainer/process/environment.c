/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments and environment of the container's program (config.md, Process; environ(7)).
 *
 * Of two variables with one name the later one counts. A free slot is kept for HOME, which is known
 * only once the container's /etc/passwd can be read.
 */
#include "libcontainer/process/environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcontainer/process/notify.h"
#include "libcontainer/steps.h"

static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

/* A variable and its place in the environment. */
struct variable {
	const char *text;
	size_t length, index;
};

/* Order variables by name, and variables of one name by their place. */
static int compare_variables(const void *one, const void *other)
{
	const struct variable *a = one, *b = other;
	size_t length = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->text, b->text, length);

	if (order != 0)
		return order;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static bool same_name(const struct variable *a, const struct variable *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* An empty HOME counts as none: engines write it for a user whom they know nothing of. */
static bool is_empty_home(const char *variable)
{
	return strcmp(variable, "HOME=") == 0;
}

static struct variable *sort_variables(const struct strings *env, struct arena *arena)
{
	struct variable *sorted = arena_array(arena, env->count, sizeof *sorted);

	for (size_t i = 0; i < env->count; i++)
		sorted[i] = (struct variable){env->at[i], name_length(env->at[i]), i};
	qsort(sorted, env->count, sizeof *sorted, compare_variables);
	return sorted;
}

/* Put each variable that counts into its place; the places of the others stay NULL. */
static void keep_latest(const struct variable *sorted, size_t count, char **envp)
{
	for (size_t i = 0; i < count; i++) {
		bool overruled = i + 1 < count && same_name(&sorted[i], &sorted[i + 1]);

		if (!overruled && !is_empty_home(sorted[i].text))
			envp[sorted[i].index] = (char *)sorted[i].text;
	}
}

static size_t close_gaps(char **envp, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (envp[i])
			envp[kept++] = envp[i];
	memset(envp + kept, 0, (count - kept) * sizeof *envp);
	return kept;
}

const char *environment_find(char *const *envp, const char *name)
{
	size_t length = strlen(name);

	for (; *envp; envp++)
		if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=')
			return *envp + length + 1;
	return NULL;
}

#define LISTEN_PID "LISTEN_PID="

/* LISTEN_PID with room for any pid behind it. */
enum { LISTEN_PID_BYTES = sizeof LISTEN_PID + 20 };

static bool is_listens(const struct plan *plan)
{
	return plan->options->listen_fds > 0;
}

/* Add the variables that sd_listen_fds(3) reads. Return: how many were added */
static size_t add_listen(struct plan *plan, const char **at)
{
	const struct container_options *options = plan->options;
	size_t count = 0;

	plan->process.listen_pid = arena_alloc(plan->arena, LISTEN_PID_BYTES);
	memcpy(plan->process.listen_pid, LISTEN_PID, sizeof LISTEN_PID);
	at[count++] = plan->process.listen_pid;
	at[count++] = arena_printf(plan->arena, "LISTEN_FDS=%u", options->listen_fds);
	if (options->listen_names)
		at[count++] = arena_printf(plan->arena, "LISTEN_FDNAMES=%s", options->listen_names);
	return count;
}

/* The most variables that are added to process.env. */
enum { ADDED_MAX = 4 };

/* process.env, followed by the variables that the caller has for the program: the later one of a
 * name counts. */
static struct strings whole_environment(struct plan *plan)
{
	const struct strings *env = &plan->config->process->env;
	const char **at;
	size_t count = env->count;

	if (!is_listens(plan) && !notify_planned(plan))
		return *env;
	at = arena_array(plan->arena, count + ADDED_MAX, sizeof *at);
	if (count > 0)
		memcpy(at, env->at, count * sizeof *at);
	if (is_listens(plan))
		count += add_listen(plan, at + count);
	if (notify_planned(plan))
		at[count++] = "NOTIFY_SOCKET=" NOTIFY_PATH;
	return (struct strings){count, at};
}

static void plan_environment(struct plan *plan)
{
	const struct strings env = whole_environment(plan);
	struct process_plan *process = &plan->process;
	size_t kept;

	process->envp = arena_array(plan->arena, env.count + 2, sizeof *process->envp);
	keep_latest(sort_variables(&env, plan->arena), env.count, process->envp);
	kept = close_gaps(process->envp, env.count);
	process->home = environment_find(process->envp, "HOME") ? -1 : (int)kept;
}

static void plan_arguments(struct plan *plan)
{
	const struct strings *args = &plan->config->process->args;
	char **argv = arena_array(plan->arena, args->count + 1, sizeof *argv);

	for (size_t i = 0; i < args->count; i++)
		argv[i] = (char *)args->at[i];
	plan->process.argv = argv;
}

/* The pid is known only now: in a new pid namespace it is 1, and in another one nobody knows it
 * before. */
static int step_listen(struct creation *creation, struct error *err)
{
	(void)err;
	snprintf(creation->plan->process.listen_pid, LISTEN_PID_BYTES, LISTEN_PID "%d", getpid());
	return 0;
}

static void print_listen(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\t%u from 3 on\n", plan->options->listen_fds);
}

const struct step environment_listen = {
	"listening sockets",
	.run = step_listen,
	.when = is_listens,
	.print = print_listen,
};

int process_plan(struct plan *plan, struct error *err)
{
	(void)err;
	plan_arguments(plan);
	plan_environment(plan);
	plan->process.groups =
		arena_array(plan->arena, plan->config->process->user.additionalGids.count,
			    sizeof *plan->process.groups);
	return 0;
}
