/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/hooks.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "libcontainer/compat.h"
#include "libcontainer/log.h"
#include "libcontainer/process/process.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* runtime.md, State and Lifecycle. */
static const struct kind {
	size_t list; /* the offset of the list in struct hooks */
	enum status status;
	bool by_init; /* init runs the hook, which is told the pid that the container sees */
	bool in_root; /* the hook runs in the container's root, where the bundle is out of sight */
} kinds[HOOK_KINDS] = {
	[HOOK_PRESTART] = {offsetof(struct hooks, prestart), STATUS_CREATING},
	[HOOK_CREATE_RUNTIME] = {offsetof(struct hooks, createRuntime), STATUS_CREATING},
	[HOOK_CREATE_CONTAINER] = {offsetof(struct hooks, createContainer), STATUS_CREATING,
				   .by_init = true},
	[HOOK_START_CONTAINER] = {offsetof(struct hooks, startContainer), STATUS_CREATED,
				  .by_init = true, .in_root = true},
	[HOOK_POSTSTART] = {offsetof(struct hooks, poststart), STATUS_RUNNING},
	[HOOK_POSTSTOP] = {offsetof(struct hooks, poststop), STATUS_STOPPED},
};

static const char *kind_name(enum hook_kind kind)
{
	return words_name(&hook_words, kind);
}

static const struct hook_list *hooks_of(const struct config *config, enum hook_kind kind)
{
	return (const void *)((const char *)&config->hooks + kinds[kind].list);
}

/*
 * The plan
 */

/* Make a list as execve(2) takes it. */
static const char **vector(const struct strings *strings, struct arena *arena)
{
	const char **at = arena_array(arena, strings->count + 1, sizeof *at);

	for (size_t i = 0; i < strings->count; i++)
		at[i] = strings->at[i];
	return at;
}

/* Describe the program of one hook. @common: the members that do not depend on the hook */
static struct spawn make_program(const struct hook *hook, const struct spawn *common,
				 struct arena *arena)
{
	const struct strings name = {1, &hook->path};
	struct spawn program = *common;

	program.path = hook->path;
	program.argv = vector(hook->args.count > 0 ? &hook->args : &name, arena);
	program.envp = vector(&hook->env, arena);
	program.timeout_s = hook->timeout ? *hook->timeout : 0;
	return program;
}

static struct hook_programs make_programs(const struct config *config, enum hook_kind kind,
					  const struct spawn *common, struct arena *arena)
{
	const struct hook_list *hooks = hooks_of(config, kind);
	struct spawn *programs = arena_array(arena, hooks->count, sizeof *programs);

	for (size_t i = 0; i < hooks->count; i++)
		programs[i] = make_program(&hooks->at[i], common, arena);
	return (struct hook_programs){hooks->count, programs};
}

/* Hooks in the container have its limits. The others have the caller's limit of descriptors, where
 * kist has raised its own. */
static const struct rlimit *descriptors_of(const struct plan *plan, enum hook_kind kind)
{
	return limits_raised(plan) && kind != HOOK_START_CONTAINER ? &plan->host->descriptors
								   : NULL;
}

static const char *directory_of(enum hook_kind kind, const char *bundle)
{
	return kinds[kind].in_root ? "/" : bundle;
}

static struct hook_programs plan_kind(const struct plan *plan, enum hook_kind kind)
{
	const struct spawn common = {
		.directory = directory_of(kind, plan->bundle),
		.descriptors = descriptors_of(plan, kind),
		/* Init does not have the descriptor that cancels; the host side cancels by killing
		 * init. */
		.cancel = kinds[kind].by_init ? NULL : plan->options->cancel,
	};

	return make_programs(plan->config, kind, &common, plan->arena);
}

int hooks_plan(struct plan *plan, struct error *err)
{
	struct hooks_plan *hooks = &plan->hooks;

	(void)err;
	for (enum hook_kind kind = 0; kind < HOOK_KINDS; kind++) {
		hooks->at[kind] = plan_kind(plan, kind);
		hooks->runs[kind] = hooks->at[kind].count > 0;
		hooks->planned |= hooks->runs[kind];
	}
	hooks->before_pivot = hooks->runs[HOOK_PRESTART] || hooks->runs[HOOK_CREATE_RUNTIME] ||
			      hooks->runs[HOOK_CREATE_CONTAINER];
	hooks->owed_early = hooks->runs[HOOK_POSTSTOP] && hooks->before_pivot;
	hooks->owed_late = hooks->runs[HOOK_POSTSTOP] && !hooks->before_pivot;
	/* With create, `start` runs the poststart hooks. */
	hooks->runs[HOOK_POSTSTART] &= !plan->waits_for_start;
	return 0;
}

static void print_hooks(const struct plan *plan, enum hook_kind kind, const char *prefix, FILE *out)
{
	const struct hook_programs *programs = &plan->hooks.at[kind];

	for (size_t i = 0; i < programs->count; i++) {
		const struct spawn *program = &programs->at[i];

		fprintf(out, "\t\t%s%s", prefix, program->path);
		for (size_t j = 1; program->argv[j]; j++)
			fprintf(out, " %s", program->argv[j]);
		if (program->timeout_s)
			fprintf(out, "  within %d s", program->timeout_s);
		fputc('\n', out);
	}
}

static void print_later(const struct plan *plan, FILE *out)
{
	if (plan->waits_for_start)
		print_hooks(plan, HOOK_POSTSTART, "poststart: ", out);
	print_hooks(plan, HOOK_POSTSTOP, "poststop: ", out);
}

/*
 * The state
 */

/* The first "pid" in the text is the state's own, since an id has no quotation marks. */
static struct hook_state format_state(const struct record *record, enum hook_kind kind,
				      struct arena *arena)
{
	static const char name[] = "\"pid\":";
	struct state state = record_state(record, kinds[kind].status);
	const char *text;
	const char *pid;

	state.pid = 0;
	text = schema_format(&state_schema, &state, SCHEMA_COMPACT, arena);
	pid = strstr(text, name) + strlen(name);
	return (struct hook_state){
		.before = arena_strndup(arena, text, (size_t)(pid - text)),
		.after = pid + strspn(pid, "0"),
	};
}

/* The sysctl vm.memfd_noexec may demand the flag MFD_NOEXEC_SEAL, which Linux before 6.3 does not
 * know. */
static int make_memfd(struct error *err)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("state", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("state", flags);
	return fd < 0 ? error_errno(err, "memfd_create") : fd;
}

static int write_state(int fd, const struct hook_state *state, pid_t pid, struct error *err)
{
	char number[16];
	int digits = snprintf(number, sizeof number, "%d", pid);
	const struct iovec parts[] = {
		{(void *)state->before, strlen(state->before)},
		{number, (size_t)digits},
		{(void *)state->after, strlen(state->after)},
	};
	size_t size = parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;
	ssize_t written = writev(fd, parts, 3);

	if (written < 0)
		return error_errno(err, "write");
	if ((size_t)written != size)
		return error_set(err, ENOSPC, "write: only %zd of %zu bytes were taken", written,
				 size);
	return 0;
}

/* Each hook gets a file of its own: a hook may read the state when it likes, or not at all, and no
 * hook can change it for another one. */
static int open_state(const struct hook_state *state, pid_t pid, struct error *err)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	_close_ int fd = make_memfd(err);

	if (fd < 0 || write_state(fd, state, pid, err) < 0)
		return -err->code;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_errno(err, "lseek");
	if (fcntl(fd, F_ADD_SEALS, seals) < 0)
		return error_errno(err, "fcntl(F_ADD_SEALS)");
	return take(&fd);
}

/*
 * Running
 */

static int run_program(const struct spawn *program, const struct hook_state *state, pid_t pid,
		       struct error *err)
{
	_close_ int input = open_state(state, pid, err);
	struct spawn complete = *program;

	if (input < 0)
		return error_wrap(err, "state");
	complete.input = input;
	return spawn_run(&complete, err);
}

static int run_hook(enum hook_kind kind, const struct hook_programs *programs, size_t i,
		    const struct hook_state *state, pid_t pid, struct error *err)
{
	const struct spawn *program = &programs->at[i];

	if (run_program(program, state, pid, err) == 0)
		return 0;
	error_wrap(err, "hooks.%s[%zu]: %.256s", kind_name(kind), i, program->path);
	err->code = HOOK_FAILED;
	return -HOOK_FAILED;
}

static int run_all(enum hook_kind kind, const struct hook_programs *programs,
		   const struct hook_state *state, pid_t pid, struct error *err)
{
	for (size_t i = 0; i < programs->count; i++)
		if (run_hook(kind, programs, i, state, pid, err) < 0)
			return -err->code;
	return 0;
}

static int step_describe(struct creation *creation, struct error *err)
{
	(void)err;
	for (enum hook_kind kind = 0; kind < HOOK_KINDS; kind++)
		creation->hook_states[kind] =
			format_state(&creation->record, kind, creation->plan->arena);
	return 0;
}

const struct step hooks_describe = {
	"hooks",
	.run = step_describe,
	.planned = PLANNED(hooks.planned),
	.print = print_later,
};

static int run_planned(const struct creation *creation, enum hook_kind kind, struct error *err)
{
	pid_t pid = kinds[kind].by_init ? getpid() : creation->record.pid;

	return run_all(kind, &creation->plan->hooks.at[kind], &creation->hook_states[kind], pid,
		       err);
}

/* Define the step of a kind of hooks. It has functions of its own, since a step is told nothing but
 * the creation. */
#define STEP(kind_name, kind, text)                                                                \
	static int run_##kind_name(struct creation *creation, struct error *err)                   \
	{                                                                                          \
		return run_planned(creation, kind, err);                                           \
	}                                                                                          \
	static void print_##kind_name(const struct plan *plan, FILE *out)                          \
	{                                                                                          \
		print_hooks(plan, kind, "", out);                                                  \
	}                                                                                          \
	const struct step hooks_##kind_name = {                                                    \
		text " hooks",                                                                     \
		.run = run_##kind_name,                                                            \
		.planned = PLANNED(hooks.runs[kind]),                                              \
		.print = print_##kind_name,                                                        \
	};

STEP(prestart, HOOK_PRESTART, "prestart")
STEP(create_runtime, HOOK_CREATE_RUNTIME, "createRuntime")
STEP(create_container, HOOK_CREATE_CONTAINER, "createContainer")
STEP(start_container, HOOK_START_CONTAINER, "startContainer")
STEP(poststart, HOOK_POSTSTART, "poststart")

/* Move the tree to this path of the old root, from wherever it is attached so far. */
static int move_rootfs(struct creation *creation, const char *path, struct error *err)
{
	_close_ int target = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (target < 0)
		return error_errno(err, "%s", path);
	/* ELOOP means that the tree is attached there already. */
	if (mountfd_attach(creation->rootfs.tree, target, err) < 0 && err->code != ELOOP)
		return error_wrap(err, "%s", path);
	creation->rootfs.attached = true;
	return 0;
}

static int step_show_rootfs(struct creation *creation, struct error *err)
{
	int result = move_rootfs(creation, creation->plan->rootfs.path, err);

	/* In a user namespace root may be a user who may not reach that path. A hook may not reach
	 * it, either, so this is no error. */
	return result == -EACCES ? 0 : result;
}

const struct step hooks_show_rootfs = {
	"show to hooks",
	.run = step_show_rootfs,
	.planned = PLANNED(hooks.before_pivot),
};

/* Move the tree over the old root, and so cover the old root where pivot_root does not leave it
 * (--no-pivot). */
static int step_hide_rootfs(struct creation *creation, struct error *err)
{
	return move_rootfs(creation, "/", err);
}

const struct step hooks_hide_rootfs = {
	"hide from hooks",
	.run = step_hide_rootfs,
	.planned = PLANNED(hooks.before_pivot),
};

/*
 * Later commands
 */

struct hook_programs hooks_prepare(const struct record *record, const struct config *config,
				   enum hook_kind kind, struct arena *arena)
{
	const struct spawn common = {.directory = directory_of(kind, record->bundle)};

	return make_programs(config, kind, &common, arena);
}

int hooks_run(const struct record *record, enum hook_kind kind,
	      const struct hook_programs *programs, struct arena *arena, struct error *err)
{
	const struct hook_state state = format_state(record, kind, arena);

	return run_all(kind, programs, &state, record->pid, err);
}

static int read_poststop(const struct record *record, struct arena *arena,
			 struct hook_programs *programs, struct error *err)
{
	const struct config *config;

	if (record_read_config(record, arena, &config, err) < 0)
		return error_wrap(err, "hooks.poststop");
	*programs = hooks_prepare(record, config, HOOK_POSTSTOP, arena);
	return 0;
}

int hooks_undo(const struct record *record, struct error *err)
{
	struct arena arena _arena_ = {0};
	struct hook_programs programs = {0};
	struct hook_state state;
	struct error failure;

	(void)err;
	if (!record->poststop)
		return 0;
	if (read_poststop(record, &arena, &programs, &failure) < 0)
		log_warning("%s", failure.text);
	state = format_state(record, HOOK_POSTSTOP, &arena);
	for (size_t i = 0; i < programs.count; i++)
		/* The pid is 0: the container has no process any more. */
		if (run_hook(HOOK_POSTSTOP, &programs, i, &state, 0, &failure) < 0)
			log_warning("%s", failure.text);
	return 0;
}
