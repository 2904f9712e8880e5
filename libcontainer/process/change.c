/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process of exec (config.md, Process): the container's own, or one from a file, with single
 * properties replaced or added to.
 */
#include "libcontainer/process/change.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "spec/escape.h"
#include "spec/names.h"

/* Greater numbers are no ids to the kernel, for which -1 means "leave it as it is". */
static const uint64_t ID_MOST = UINT32_MAX - 1;

static size_t count_of(const char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

/* Append one list to another. */
static struct strings append(const struct strings *first, const char *const *more,
			     struct arena *arena)
{
	size_t count = count_of(more);
	const char **at = arena_array(arena, first->count + count, sizeof *at);

	if (first->count > 0)
		memcpy(at, first->at, first->count * sizeof *at);
	if (count > 0)
		memcpy(at + first->count, more, count * sizeof *at);
	return (struct strings){first->count + count, at};
}

/* Read an id: a decimal number and nothing else, no sign, space or leading zero (CVE-2026-30892).
 * Return: what follows the number, or NULL */
static const char *parse_id(const char *text, uint32_t *id)
{
	uint64_t value = 0;
	const char *digit = text;

	for (; *digit >= '0' && *digit <= '9' && value <= ID_MOST; digit++)
		value = value * 10 + (uint64_t)(*digit - '0');
	if (digit == text || value > ID_MOST || (*text == '0' && digit > text + 1))
		return NULL;
	*id = (uint32_t)value;
	return digit;
}

static int read_given(struct process *process, const struct container_exec *exec,
		      struct arena *arena, struct error *err)
{
	const struct document document = {exec->process, exec->process_bytes};
	struct process read;

	if (process_parse(exec->process_name, &document, arena, &read, err) < 0)
		return -err->code;
	/* A property that the file leaves out is the container's, unless config.c says that exec
	 * does not inherit it. */
	schema_inherit(&process_schema, &read, process);
	*process = read;
	return 0;
}

/* A terminal is never inherited: each exec asks for one, since the container's own is over, or
 * still in use by init. */
static int change_base(struct process *process, const struct container_exec *exec,
		       struct arena *arena, struct error *err)
{
	process->terminal = false;
	if (exec->process && read_given(process, exec, arena, err) < 0)
		return -err->code;
	process->terminal |= exec->terminal;
	process->noNewPrivileges |= exec->no_new_privileges;
	return 0;
}

static int change_args(struct process *process, const struct container_exec *exec,
		       struct arena *arena, struct error *err)
{
	static const struct strings none;
	bool given = count_of(exec->args) > 0;

	if (given && exec->process)
		return error_set(err, EINVAL, "--process: the file has a command of its own");
	if (!given && !exec->process)
		return error_set(err, EINVAL,
				 "a command is needed, or --process with a file that has one");
	if (given)
		process->args = append(&none, exec->args, arena);
	return 0;
}

static int change_cwd(struct process *process, const struct container_exec *exec,
		      struct arena *arena, struct error *err)
{
	(void)arena;
	if (exec->cwd && exec->cwd[0] != '/')
		return error_set(err, EINVAL, "--cwd: \"%s\" is not an absolute path",
				 show(exec->cwd).text);
	if (exec->cwd)
		process->cwd = exec->cwd;
	return 0;
}

static int change_user(struct process *process, const struct container_exec *exec,
		       struct arena *arena, struct error *err)
{
	struct user *user = &process->user;
	const char *rest;

	(void)arena;
	if (!exec->user)
		return 0;
	rest = parse_id(exec->user, &user->uid);
	if (rest && *rest == ':')
		rest = parse_id(rest + 1, &user->gid);
	if (!rest || *rest)
		return error_set(err, EINVAL, "--user: \"%s\" is not UID[:GID]",
				 show(exec->user).text);
	return 0;
}

static int change_groups(struct process *process, const struct container_exec *exec,
			 struct arena *arena, struct error *err)
{
	struct gids *own = &process->user.additionalGids;
	size_t count = count_of(exec->additional_gids);
	uint32_t *at = arena_array(arena, own->count + count, sizeof *at);

	if (own->count > 0)
		memcpy(at, own->at, own->count * sizeof *at);
	for (size_t i = 0; i < count; i++) {
		const char *text = exec->additional_gids[i];
		const char *rest = parse_id(text, &at[own->count + i]);

		if (!rest || *rest)
			return error_set(err, EINVAL, "--additional-gids: \"%s\" is not a group id",
					 show(text).text);
	}
	*own = (struct gids){own->count + count, at};
	return 0;
}

static int change_env(struct process *process, const struct container_exec *exec,
		      struct arena *arena, struct error *err)
{
	for (const char *const *entry = exec->env; entry && *entry; entry++)
		if (!strchr(*entry, '=') || **entry == '=')
			return error_set(err, EINVAL, "--env: \"%s\" is not NAME=VALUE",
					 show(*entry).text);
	process->env = append(&process->env, exec->env, arena);
	return 0;
}

/* People may write the name as capsh(1) prints it. */
static bool find_capability(const char *name, uint64_t *capability)
{
	char upper[64];
	size_t length = strlen(name);

	if (length >= sizeof upper)
		return false;
	for (size_t i = 0; i <= length; i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	return words_find(&capability_words, upper, capability);
}

/* A capability is never added to the inheritable set, which would let files of the image hand it on
 * (CVE-2022-29162); and so it is never ambient, since the kernel ties ambient to inheritable. */
static int change_capabilities(struct process *process, const struct container_exec *exec,
			       struct arena *arena, struct error *err)
{
	struct capabilities *changed = arena_alloc(arena, sizeof *changed);

	if (count_of(exec->capabilities) == 0)
		return 0;
	if (process->capabilities)
		*changed = *process->capabilities;
	for (const char *const *name = exec->capabilities; *name; name++) {
		uint64_t capability;

		if (!find_capability(*name, &capability))
			return error_set(err, EINVAL, "--cap: unknown capability \"%s\"",
					 show(*name).text);
		changed->bounding.mask |= 1ULL << capability;
		changed->permitted.mask |= 1ULL << capability;
		changed->effective.mask |= 1ULL << capability;
	}
	process->capabilities = changed;
	return 0;
}

static int change_labels(struct process *process, const struct container_exec *exec,
			 struct arena *arena, struct error *err)
{
	(void)arena;
	(void)err;
	if (exec->apparmor)
		process->apparmorProfile = exec->apparmor;
	if (exec->process_label)
		process->selinuxLabel = exec->process_label;
	return 0;
}

int process_change(struct process *process, const struct container_exec *exec, struct arena *arena,
		   struct error *err)
{
	/* The base of the process comes first; the other rows change it. */
	static int (*const changes[])(struct process * process, const struct container_exec *exec,
				      struct arena *arena, struct error *err) = {
		change_base,   change_args, change_cwd,          change_user,
		change_groups, change_env,  change_capabilities, change_labels,
	};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		if (changes[i](process, exec, arena, err) < 0)
			return -err->code;
	return 0;
}
