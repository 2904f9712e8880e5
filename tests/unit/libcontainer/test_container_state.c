/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of one container and of all, and the documents that do not depend on any.
 */
#include "libcontainer/container.h"

#include <jansson.h>
#include <libgen.h>

#include "libcontainer/record.h"

#include "tests/unit/libcontainer/record_fixture.h"

static struct container_state state;
static struct container_list list;
static char log_file[64];

static void begin(void)
{
	fixture_init();
	snprintf(log_file, sizeof log_file, "%s/log", top);
	STEP(container_log_open(log_file, false, CONTAINER_LOG_WARNING, &err));
}

TestSuite(state, .init = begin, .fini = fixture_finish);

static void find_state(const char *id)
{
	STEP(container_state(root, id, &state, &err));
}

static void find_list(void)
{
	STEP(container_list(root, &list, &err));
}

/* The ids of the list as "a b c". */
static const char *ids(void)
{
	const char *all = "";

	for (size_t i = 0; i < list.count; i++)
		all = arena_printf(&arena, "%s%s%s", all, *all ? " " : "", list.at[i].id);
	return all;
}

static const char *logged(void)
{
	static char text[8192];

	STEP(io_read_file(AT_FDCWD, log_file, text, sizeof text, &err));
	return text;
}

/* Where the documents are printed. */
static FILE *out;
static char *out_text;
static size_t out_size;

static FILE *open_out(void)
{
	out = open_memstream(&out_text, &out_size);
	cr_assert(out);
	return out;
}

/* What was printed. */
static json_t *parse_out(void)
{
	json_t *printed;

	fclose(out);
	printed = json_loads(out_text, 0, NULL);
	cr_assert(printed, "no JSON: %s", out_text);
	cr_expect_eq(out_text[out_size - 1], '\n');
	free(out_text);
	return printed;
}

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "(none)";
}

Test(state, of_a_container_that_runs)
{
	static const struct pair annotations[] = {{"org.a", "1"}, {"b", ""}};

	config.annotations = (struct pairs){2, annotations};
	make_running("web");
	find_state("web");
	cr_expect_str_eq(state.id, "web");
	cr_expect_str_eq(state.status, "running");
	cr_expect_eq(state.pid, init);
	cr_expect_str_eq(state.bundle, "/bundle");
	cr_expect_str_eq(state.rootfs, "/bundle/rootfs");
	cr_expect_str_eq(state.created, creation.record.created);
	cr_assert_eq(state.annotation_count, 2);
	cr_expect_str_eq(state.annotations[0].name, "org.a");
	cr_expect_str_eq(state.annotations[0].value, "1");
	cr_expect_str_eq(state.annotations[1].name, "b");
	container_state_finish(&state);
	cr_expect_null(state.memory);
	container_state_finish(&state);
}

Test(state, a_container_that_waits_has_a_pid)
{
	make_created("web");
	find_state("web");
	cr_expect_str_eq(state.status, "created");
	cr_expect_eq(state.pid, init);
	container_state_finish(&state);
}

Test(state, a_container_that_has_stopped_has_none)
{
	make_stopped("web");
	find_state("web");
	cr_expect_str_eq(state.status, "stopped");
	cr_expect_eq(state.pid, 0);
	cr_expect_str_eq(state.bundle, "/bundle");
	container_state_finish(&state);
}

Test(state, a_container_that_is_being_made)
{
	begin_container("web");
	find_state("web");
	cr_expect_str_eq(state.status, "creating");
	cr_expect_eq(state.pid, 0);
	cr_expect_str_eq(state.bundle, "/bundle");
	container_state_finish(&state);
}

/* Every member can be read, and printed. */
Test(state, a_container_without_a_record)
{
	json_t *printed;

	make_half("web");
	find_state("web");
	cr_expect_str_eq(state.status, "stopped");
	cr_expect_eq(state.pid, 0);
	cr_expect_str_eq(state.bundle, "");
	cr_expect_str_eq(state.rootfs, "");
	cr_expect_str_eq(state.created, "");
	cr_expect_eq(state.annotation_count, 0);
	cr_assert_eq(container_state_print(&state, open_out()), 0);
	printed = parse_out();
	cr_expect_str_eq(member(printed, "id"), "web");
	json_decref(printed);
	container_state_finish(&state);
}

Test(state, a_container_that_does_not_exist)
{
	FAILS(container_state(root, "web", &state, &err), ENOENT,
	      "container \"web\" does not exist");
	cr_expect_eq(container_state(root, "a/b", &state, &err), -EINVAL);
}

Test(state, the_owner_by_name_or_number)
{
	host.uid = 0;
	make_stopped("a");
	host.uid = 4000000000;
	make_stopped("b");
	find_state("a");
	cr_expect_str_eq(state.owner, "root");
	container_state_finish(&state);
	find_state("b");
	cr_expect_str_eq(state.owner, "4000000000");
	container_state_finish(&state);
}

Test(state, prints_the_document_of_the_specification)
{
	static const struct pair annotations[] = {{"org.a", "say \"hi\""}};
	json_t *printed;

	config.annotations = (struct pairs){1, annotations};
	make_running("web");
	find_state("web");
	cr_assert_eq(container_state_print(&state, open_out()), 0);
	printed = parse_out();
	cr_expect_eq(strncmp(member(printed, "ociVersion"), "1.", 2), 0);
	cr_expect_str_eq(member(printed, "id"), "web");
	cr_expect_str_eq(member(printed, "status"), "running");
	cr_expect_eq(json_integer_value(json_object_get(printed, "pid")), init);
	cr_expect_str_eq(member(printed, "bundle"), "/bundle");
	cr_expect_str_eq(member(printed, "rootfs"), "/bundle/rootfs");
	cr_expect_str_eq(member(printed, "created"), creation.record.created);
	cr_expect_str_eq(member(json_object_get(printed, "annotations"), "org.a"), "say \"hi\"");
	cr_expect_str_eq(member(printed, "owner"), state.owner);
	json_decref(printed);
	container_state_finish(&state);
}

/* runtime.md, State: pid is there, also when there is none. */
Test(state, prints_the_pid_of_a_stopped_container)
{
	json_t *printed;

	make_stopped("web");
	find_state("web");
	cr_assert_eq(container_state_print(&state, open_out()), 0);
	printed = parse_out();
	cr_assert(json_is_integer(json_object_get(printed, "pid")));
	cr_expect_eq(json_integer_value(json_object_get(printed, "pid")), 0);
	json_decref(printed);
	container_state_finish(&state);
}

/*
 * All of them
 */

Test(state, list_without_a_root)
{
	json_t *printed;

	list.count = 7;
	find_list();
	cr_expect_eq(list.count, 0);
	cr_assert_eq(container_list_print(&list, open_out()), 0);
	printed = parse_out();
	cr_expect(json_is_array(printed) && json_array_size(printed) == 0);
	json_decref(printed);
	container_list_finish(&list);
}

Test(state, list_of_a_root_that_is_none)
{
	FAILS(container_list("/proc/version", &list, &err), ENOTDIR,
	      "/proc/version: Not a directory");
	cr_expect_eq(list.count, 0);
	container_list_finish(&list);
}

Test(state, list_is_sorted)
{
	make_stopped("b");
	make_stopped("B");
	make_stopped("a.1");
	make_stopped("10");
	find_list();
	cr_expect_str_eq(ids(), "10 B a.1 b");
	container_list_finish(&list);
	cr_expect_eq(list.count, 0);
	cr_expect_null(list.at);
}

Test(state, list_of_more_than_fit_at_first)
{
	char id[8];

	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof id, "c%02d", i);
		begin_container(id);
		leave_container();
	}
	find_list();
	cr_assert_eq(list.count, 40);
	cr_expect_str_eq(list.at[0].id, "c00");
	cr_expect_str_eq(list.at[39].id, "c39");
	container_list_finish(&list);
}

Test(state, list_passes_over_what_is_no_container)
{
	make_stopped("web");
	DO(chdir(root));
	DO(close(open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)));
	DO(mkdir("not an id", 0700));
	DO(mkdir("-x", 0700));
	DO(symlink("web", "link"));
	DO(mkfifo("fifo", 0600));
	find_list();
	cr_expect_str_eq(ids(), "web");
	cr_expect_str_eq(logged(), "");
	container_list_finish(&list);
}

/* One that cannot be asked about must not hide the others. */
Test(state, list_leaves_out_what_it_cannot_tell)
{
	make_stopped("a");
	begin_container("b");
	put_init(spawn(sleep_forever));
	creation.record.pid_namespace++;
	creation.record.pidfs_inode++;
	STEP(directory_record.run(&creation, &err));
	leave_container();
	find_list();
	cr_expect_str_eq(ids(), "a");
	cr_expect(
		strstr(logged(), "warning: b: the container was created in another pid namespace"),
		"%s", logged());
	container_list_finish(&list);
}

static void come_and_go(void)
{
	for (;;) {
		options.id = "fleeting";
		creation_init(&creation, &plan, &document);
		if (directory_claim.run(&creation, &err) < 0 ||
		    directory_undo(&creation.record, &err) < 0)
			_exit(EXIT_FAILURE);
		cleanup_close(&creation.record.directory);
	}
}

Test(state, list_while_containers_come_and_go)
{
	make_stopped("a");
	make_stopped("z");
	init = spawn(come_and_go);
	for (int i = 0; i < 500; i++) {
		find_list();
		cr_assert(strcmp(ids(), "a z") == 0 || strcmp(ids(), "a fleeting z") == 0, "%s",
			  ids());
		container_list_finish(&list);
	}
	cr_expect(init_lives());
	cr_expect_str_eq(logged(), "");
}

Test(state, list_prints_an_array_of_documents)
{
	json_t *printed;

	make_stopped("a");
	make_stopped("b");
	find_list();
	cr_assert_eq(container_list_print(&list, open_out()), 0);
	printed = parse_out();
	cr_assert_eq(json_array_size(printed), 2);
	cr_expect_str_eq(member(json_array_get(printed, 1), "id"), "b");
	cr_expect_str_eq(member(json_array_get(printed, 1), "status"), "stopped");
	json_decref(printed);
	container_list_finish(&list);
}

/*
 * Documents
 */

Test(state_documents, the_default_configuration)
{
	json_t *full, *rootless;

	cr_assert_eq(container_spec(false, open_out()), 0);
	full = parse_out();
	cr_assert_eq(container_spec(true, open_out()), 0);
	rootless = parse_out();

	cr_expect_eq(strncmp(member(full, "ociVersion"), "1.", 2), 0);
	cr_expect_null(json_object_get(json_object_get(full, "linux"), "uidMappings"));
	cr_expect(json_object_get(json_object_get(rootless, "linux"), "uidMappings"));
	json_decref(full);
	json_decref(rootless);
}

Test(state_documents, the_features)
{
	json_t *features;

	cr_assert_eq(container_features(open_out()), 0);
	features = parse_out();

	cr_expect(json_object_get(features, "ociVersionMin"));
	cr_expect(json_object_get(features, "linux"));
	json_decref(features);
}

Test(state_documents, the_version_in_lines)
{
	const char *text = container_version();

	cr_expect_eq(strncmp(text, "kist version ", strlen("kist version ")), 0);
	cr_expect(strstr(text, "\ncommit: "));
	cr_expect(strstr(text, "\nspec: 1."));
	cr_expect_eq(text[strlen(text) - 1], '\n');
}

Test(state_documents, signals)
{
	cr_expect_eq(container_signal("9"), SIGKILL);
	cr_expect_eq(container_signal("TERM"), SIGTERM);
	cr_expect_eq(container_signal("SIGUSR1"), SIGUSR1);
	cr_expect_eq(container_signal("NONE"), -1);
	cr_expect_eq(container_signal(""), -1);
	cr_expect_eq(container_signal("9x"), -1);
}
