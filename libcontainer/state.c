/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of one container or of all (runtime.md, Query State), and the documents that do not
 * depend on any container.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commit.h"
#include "version.h"

#include "libcontainer/cgroup/hierarchies.h"
#include "libcontainer/directory.h"
#include "libcontainer/enter.h"
#include "libcontainer/log.h"
#include "libcontainer/process/passwd.h"
#include "spec/cleanup.h"
#include "spec/config.h"
#include "spec/features.h"
#include "spec/state.h"
#include "spec/template.h"

/* How long a container that is being removed may look half-made. */
enum { HALF_MADE_WAIT_MS = 100 };

/* The name of the container's owner, or the uid when there is no name. The name of root needs no
 * look into a file. */
static const char *owner_name(uint32_t uid, struct arena *arena)
{
	char name[256];

	if (uid == 0)
		return "root";
	if (passwd_find_name(uid, name, sizeof name))
		return arena_strdup(arena, name);
	return arena_printf(arena, "%u", uid);
}

/* struct pair and struct container_annotation have the same two strings. */
static const struct container_annotation *copy_annotations(const struct pairs *pairs,
							   struct arena *arena)
{
	struct container_annotation *copy = arena_array(arena, pairs->count, sizeof *copy);

	for (size_t i = 0; i < pairs->count; i++)
		copy[i] = (struct container_annotation){pairs->at[i].name, pairs->at[i].value};
	return copy;
}

/* Fill the state with pointers into the container's memory, which then belongs to the state. */
static void state_fill(struct container *container, struct container_state *state)
{
	const struct record *record = &container->record;
	enum status status = container->status;
	bool lives = status != STATUS_CREATING && status != STATUS_STOPPED;

	*state = (struct container_state){
		.id = record->id,
		.status = words_name(&status_words, status),
		.pid = lives ? record->pid : 0,
		.bundle = record->bundle ? record->bundle : "",
		.rootfs = record->rootfs ? record->rootfs : "",
		.created = record->created ? record->created : "",
		.owner = owner_name(record->owner, &container->arena),
		.annotation_count = record->annotations.count,
		.annotations = copy_annotations(&record->annotations, &container->arena),
		.memory = container->arena.block,
	};
}

int container_state(const char *root, const char *id, struct container_state *state,
		    struct error *err)
{
	static const struct verb verb = {.doing = "look at", .statuses = ENTER_ANY};
	struct container container;

	if (enter_open(root, id, &verb, &container, err) < 0)
		return -err->code;
	state_fill(&container, state);
	container.arena = (struct arena){0};
	container_close(&container);
	return 0;
}

void container_state_finish(struct container_state *state)
{
	struct arena arena = {state->memory};

	arena_finish(&arena);
	state->memory = NULL;
}

/* An unknown time is left out: an empty string is no time to programs that read it. */
static const char *known(const char *text)
{
	return *text ? text : NULL;
}

static void state_document(const struct container_state *state, struct arena *arena,
			   struct state *document)
{
	struct pair *annotations = arena_array(arena, state->annotation_count, sizeof *annotations);

	for (size_t i = 0; i < state->annotation_count; i++)
		annotations[i] =
			(struct pair){state->annotations[i].name, state->annotations[i].value};
	*document = (struct state){
		.ociVersion = SPEC_VERSION,
		.id = state->id,
		.pid = state->pid,
		.status = state->status,
		.bundle = state->bundle,
		.rootfs = known(state->rootfs),
		.created = known(state->created),
		.annotations = {state->annotation_count, annotations},
		.owner = state->owner,
	};
}

int container_state_print(const struct container_state *state, FILE *out)
{
	struct arena arena _arena_ = {0};
	struct state document;

	state_document(state, &arena, &document);
	return fputs(schema_format(&state_schema, &document, SCHEMA_PRETTY, &arena), out) < 0 ? -EIO
											      : 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct container_state *left = a, *right = b;

	return strcmp(left->id, right->id);
}

static bool is_known(const struct container_state *state)
{
	return *state->bundle;
}

static bool is_creating(const struct container_state *state)
{
	return strcmp(state->status, words_name(&status_words, STATUS_CREATING)) == 0;
}

static void list_append(struct container_list *list, size_t *room, struct container_state *state)
{
	if (list->count == *room) {
		*room = *room ? *room * 2 : 16;
		list->at = reallocarray(list->at, *room, sizeof *list->at);
		if (!list->at)
			abort();
	}
	list->at[list->count++] = *state;
}

/* Add one entry of the root directory to a list. What is no container, not yet or no longer, is
 * left out. @settled: also add what looks half-made; errors have been logged before. Return: false
 * when the entry looks half-made and was left out */
static bool list_add(const char *root, const char *id, bool settled, struct container_list *list,
		     size_t *room)
{
	struct container_state state;
	struct error err;
	bool creating;

	if (directory_check_id(id, &err) < 0)
		return true;
	if (container_state(root, id, &state, &err) < 0) {
		if (!settled && err.code != ENOENT && err.code != ENOTDIR)
			log_warning("%s: %s", id, err.text);
		return true;
	}
	creating = is_creating(&state);
	if (is_known(&state) || (settled && !creating)) {
		list_append(list, room, &state);
		return true;
	}
	container_state_finish(&state);
	return creating;
}

static bool list_has(const struct container_list *list, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list->at[i].id, id) == 0)
			return true;
	return false;
}

/* A container that was left half-made looks the same as one that is half removed, but the latter
 * does so for a moment only: look at those again after that moment. */
static void list_again(const char *root, DIR *directory, struct container_list *list, size_t *room)
{
	const struct timespec moment = {.tv_nsec = HALF_MADE_WAIT_MS * 1000000L};
	const struct dirent *entry;
	size_t known = list->count;

	nanosleep(&moment, NULL);
	rewinddir(directory);
	while ((entry = readdir(directory)))
		if (!list_has(list, known, entry->d_name))
			list_add(root, entry->d_name, true, list, room);
}

int container_list(const char *root, struct container_list *list, struct error *err)
{
	_closedir_ DIR *directory = opendir(root);
	const struct dirent *entry;
	bool settled = true;
	size_t room = 0;

	*list = (struct container_list){0};
	if (!directory)
		return errno == ENOENT ? 0 : error_errno(err, "%s", root);
	while ((entry = readdir(directory)))
		settled &= list_add(root, entry->d_name, false, list, &room);
	if (!settled)
		list_again(root, directory, list, &room);
	if (list->count > 0)
		qsort(list->at, list->count, sizeof *list->at, compare_ids);
	return 0;
}

void container_list_finish(struct container_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		container_state_finish(&list->at[i]);
	free(list->at);
	*list = (struct container_list){0};
}

int container_list_print(const struct container_list *list, FILE *out)
{
	struct arena arena _arena_ = {0};
	struct state *documents = arena_array(&arena, list->count, sizeof *documents);
	struct states states = {list->count, documents};

	for (size_t i = 0; i < list->count; i++)
		state_document(&list->at[i], &arena, &documents[i]);
	return fputs(states_format(&states, &arena), out) < 0 ? -EIO : 0;
}

/* Where the host cannot be asked, the default configuration is that for other layouts. */
static bool has_cgroup2_only(struct arena *arena)
{
	struct hierarchies hierarchies;
	struct error ignored;

	return hierarchies_read(arena, &hierarchies, &ignored) == 0 &&
	       hierarchies_are_v2(&hierarchies);
}

int container_spec(bool rootless, FILE *out)
{
	struct arena arena _arena_ = {0};
	const struct template_user user = {rootless, has_cgroup2_only(&arena), geteuid(),
					   getegid()};

	return fputs(template_format(&user, &arena), out) < 0 ? -EIO : 0;
}

int container_features(FILE *out)
{
	struct arena arena _arena_ = {0};

	return fputs(features_format(KIST_VERSION, KIST_COMMIT, &arena), out) < 0 ? -EIO : 0;
}

int container_signal(const char *text)
{
	return signal_find(text);
}

const char *container_version(void)
{
	return "kist version " KIST_VERSION "\ncommit: " KIST_COMMIT "\nspec: " SPEC_VERSION
	       "\n+CAP +SECCOMP +APPARMOR +SELINUX +CGROUP_V1 +CGROUP_V2\n";
}
