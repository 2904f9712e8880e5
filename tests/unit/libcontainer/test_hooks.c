/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which hooks there are, what they are told, and what follows when one fails. Where they run, and
 * that they run at all, is in tests/integration.
 */
#include "libcontainer/process/hooks.h"

#include "libcontainer/container.h"

#include "tests/unit/libcontainer/record_fixture.h"

static char notes[64]; /* a directory that hooks write to */

static void begin(void)
{
	fixture_init();
	snprintf(notes, sizeof notes, "%s/notes", top);
	DO(mkdir(notes, 0755));
	plan.bundle = notes;
}

TestSuite(hooks, .init = begin, .fini = fixture_finish, .timeout = 60);

/* What is behind "hooks" in a configuration that says nothing else. */
static void configure(const char *members)
{
	const struct config *parsed;

	document.text = arena_printf(&arena,
				     "{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"r\"}, "
				     "\"annotations\": {\"key\": \"\\\"pid\\\":0\"}, "
				     "\"hooks\": {%s}}",
				     members);
	document.size = strlen(document.text);
	cr_assert_eq(config_parse("config.json", &document, &arena, &parsed, &err), 0, "%s",
		     err.text);
	config = *parsed;
	STEP(hooks_plan(&plan, &err));
}

/* A hook of a shell that begins in notes. */
#define SH(script) "{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \"" script "\"]}"

static const char *note(const char *name)
{
	static char text[4096];
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", notes, name);
	if (io_read_file(AT_FDCWD, path, text, sizeof text, &err) < 0)
		return NULL;
	return text;
}

/* A container as a later command finds it. */
static void claim(const char *members)
{
	configure(members);
	begin_container("web");
	creation.record.pid = 4711;
}

static int run_kind(enum hook_kind kind)
{
	const struct config *copy;
	struct hook_programs programs;

	STEP(record_read_config(&creation.record, &arena, &copy, &err));
	programs = hooks_prepare(&creation.record, copy, kind, &arena);
	return hooks_run(&creation.record, kind, &programs, &arena, &err);
}

/*
 * The plan
 */

Test(hooks, none_are_planned)
{
	configure("\"prestart\": [], \"poststop\": null");
	cr_expect_not(plan.hooks.planned);
	cr_expect_not(plan.hooks.before_pivot);
	cr_expect_not(plan.hooks.owed_early);
	cr_expect_not(plan.hooks.owed_late);
	cr_expect_not(plan.hooks.runs[HOOK_START_CONTAINER]);
	cr_expect_not(plan.hooks.runs[HOOK_POSTSTART]);
}

/* One kind alone, and what it asks for. */
Test(hooks, each_kind_has_its_rows)
{
	static const struct {
		const char *kind;
		bool before_pivot, prestart, create_runtime, create_container, start_container,
			poststart, owed_late;
	} cases[] = {
		{"prestart", .before_pivot = true, .prestart = true},
		{"createRuntime", .before_pivot = true, .create_runtime = true},
		{"createContainer", .before_pivot = true, .create_container = true},
		{"startContainer", .start_container = true},
		{"poststart", .poststart = true},
		{"poststop", .owed_late = true},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *kind = cases[i].kind;

		configure(arena_printf(&arena, "\"%s\": [{\"path\": \"/bin/true\"}]", kind));
		cr_expect(plan.hooks.planned);
		cr_expect_eq(plan.hooks.before_pivot, cases[i].before_pivot, "%s", kind);
		cr_expect_eq(plan.hooks.runs[HOOK_PRESTART], cases[i].prestart, "%s", kind);
		cr_expect_eq(plan.hooks.runs[HOOK_CREATE_RUNTIME], cases[i].create_runtime, "%s",
			     kind);
		cr_expect_eq(plan.hooks.runs[HOOK_CREATE_CONTAINER], cases[i].create_container,
			     "%s", kind);
		cr_expect_eq(plan.hooks.runs[HOOK_START_CONTAINER], cases[i].start_container, "%s",
			     kind);
		cr_expect_eq(plan.hooks.runs[HOOK_POSTSTART], cases[i].poststart, "%s", kind);
		cr_expect_eq(plan.hooks.owed_late, cases[i].owed_late, "%s", kind);
		cr_expect_not(plan.hooks.owed_early, "%s", kind);
	}
}

/* Once a hook has run, whatever becomes of create. */
Test(hooks, poststop_is_owed_from_the_first_hook_on)
{
	configure("\"createContainer\": [{\"path\": \"/a\"}], \"poststop\": [{\"path\": \"/b\"}]");
	cr_expect(plan.hooks.owed_early);
	cr_expect_not(plan.hooks.owed_late);
	configure("\"startContainer\": [{\"path\": \"/a\"}], \"poststop\": [{\"path\": \"/b\"}]");
	cr_expect_not(plan.hooks.owed_early);
	cr_expect(plan.hooks.owed_late);
}

Test(hooks, poststart_is_left_to_start)
{
	plan.waits_for_start = true;
	configure("\"poststart\": [{\"path\": \"/bin/true\"}]");
	cr_expect_not(plan.hooks.runs[HOOK_POSTSTART]);
	cr_expect(plan.hooks.planned);
}

Test(hooks, programs)
{
	const struct hook_programs *programs = &plan.hooks.at[HOOK_PRESTART];

	configure("\"prestart\": [{\"path\": \"/a\"}, {\"path\": \"/b\", \"args\": [\"x\", \"\", "
		  "\"y z\"], \"env\": [\"A=1\"], \"timeout\": 7}, {\"path\": \"/c\", \"args\": "
		  "[]}], \"startContainer\": [{\"path\": \"/d\"}]");
	cr_assert_eq(programs->count, 3);
	cr_expect_str_eq(programs->at[0].path, "/a");
	cr_expect_str_eq(programs->at[0].argv[0], "/a");
	cr_expect_null(programs->at[0].argv[1]);
	cr_expect_null(programs->at[0].envp[0]);
	cr_expect_eq(programs->at[0].timeout_s, 0);
	cr_expect_str_eq(programs->at[0].directory, notes);
	cr_expect_str_eq(programs->at[1].argv[0], "x");
	cr_expect_str_eq(programs->at[1].argv[1], "");
	cr_expect_str_eq(programs->at[1].argv[2], "y z");
	cr_expect_null(programs->at[1].argv[3]);
	cr_expect_str_eq(programs->at[1].envp[0], "A=1");
	cr_expect_null(programs->at[1].envp[1]);
	cr_expect_eq(programs->at[1].timeout_s, 7);
	cr_expect_str_eq(programs->at[2].argv[0], "/c");
	/* The bundle is out of sight. */
	cr_expect_str_eq(plan.hooks.at[HOOK_START_CONTAINER].at[0].directory, "/");
}

/* By a descriptor of the host side: init's hooks do not know it. */
Test(hooks, cancelled_by_the_caller)
{
	static const int cancel = 7;

	options.cancel = &cancel;
	configure("\"prestart\": [{\"path\": \"/a\"}], \"createRuntime\": [{\"path\": \"/a\"}], "
		  "\"createContainer\": [{\"path\": \"/a\"}], "
		  "\"startContainer\": [{\"path\": \"/a\"}], "
		  "\"poststart\": [{\"path\": \"/a\"}]");
	cr_expect_eq(plan.hooks.at[HOOK_PRESTART].at[0].cancel, &cancel);
	cr_expect_eq(plan.hooks.at[HOOK_CREATE_RUNTIME].at[0].cancel, &cancel);
	cr_expect_eq(plan.hooks.at[HOOK_POSTSTART].at[0].cancel, &cancel);
	cr_expect_null(plan.hooks.at[HOOK_CREATE_CONTAINER].at[0].cancel);
	cr_expect_null(plan.hooks.at[HOOK_START_CONTAINER].at[0].cancel);
}

static const char *printed(void (*print)(const struct plan *, FILE *))
{
	char *text = NULL;
	const char *kept;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print(&plan, out);
	fclose(out);
	kept = arena_strdup(&arena, text);
	free(text);
	return kept;
}

Test(hooks, printing)
{
	configure("\"prestart\": [{\"path\": \"/a\"}, {\"path\": \"/b\", \"args\": [\"x\", \"y\"], "
		  "\"timeout\": 7}], \"poststart\": [{\"path\": \"/c\"}], \"poststop\": "
		  "[{\"path\": \"/d\"}]");
	cr_expect_str_eq(printed(hooks_prestart.print), "\t\t/a\n\t\t/b y  within 7 s\n");
	cr_expect_str_eq(printed(hooks_create_runtime.print), "");
	cr_expect_str_eq(printed(hooks_poststart.print), "\t\t/c\n");
	cr_expect_str_eq(printed(hooks_describe.print), "\t\tpoststop: /d\n");
	plan.waits_for_start = true;
	cr_expect_str_eq(printed(hooks_describe.print), "\t\tpoststart: /c\n\t\tpoststop: /d\n");
}

/*
 * What they are told
 */

static const char *state(const char *status, int pid)
{
	return arena_printf(&arena,
			    "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":%d,\"status\":\"%s\","
			    "\"bundle\":\"%s\",\"rootfs\":\"/bundle/rootfs\",\"created\":\"%s\","
			    "\"annotations\":{\"key\":\"\\\"pid\\\":0\"}}",
			    pid, status, notes, creation.record.created);
}

Test(hooks, the_state_of_each_phase)
{
	static const struct {
		const struct step *step;
		const char *status;
		bool by_init;
	} cases[] = {
		{&hooks_prestart, "creating"},
		{&hooks_create_runtime, "creating"},
		{&hooks_create_container, "creating", .by_init = true},
		{&hooks_start_container, "created", .by_init = true},
		{&hooks_poststart, "running"},
	};

	/* startContainer hooks begin in the root. */
	configure(arena_printf(&arena,
			       "\"prestart\": [%s], \"createRuntime\": [%s], \"createContainer\": "
			       "[%s], \"startContainer\": [%s], \"poststart\": [%s]",
			       SH("cat >state"), SH("cat >state"), SH("cat >state"),
			       arena_printf(&arena, SH("cat >%s/state"), notes), SH("cat >state")));
	begin_container("web");
	creation.record.pid = 4711;
	STEP(hooks_describe.run(&creation, &err));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		STEP(cases[i].step->run(&creation, &err));
		cr_expect_str_eq(note("state"),
				 state(cases[i].status, cases[i].by_init ? getpid() : 4711));
	}
}

Test(hooks, the_state_of_later_commands)
{
	claim("\"poststart\": [" SH("cat >state") "], \"poststop\": [" SH("cat >state") "]");
	STEP(run_kind(HOOK_POSTSTART));
	cr_expect_str_eq(note("state"), state("running", 4711));
	creation.record.poststop = true;
	STEP(hooks_undo(&creation.record, &err));
	cr_expect_str_eq(note("state"), state("stopped", 0));
}

/* One hook leaves nothing of it to the next, and may do nothing to it. */
Test(hooks, each_reads_the_whole_state_and_cannot_write_it)
{
	claim("\"poststart\": [" SH("cat >one") ", " SH(
		"cat >two; ! echo x >>/proc/self/fd/0") "]");
	STEP(run_kind(HOOK_POSTSTART));
	cr_expect_str_eq(note("one"), state("running", 4711));
	cr_expect_str_eq(note("two"), state("running", 4711));
}

/*
 * Failure
 */

Test(hooks, in_order_until_one_fails)
{
	claim("\"poststart\": [" SH("echo 1 >>ran") ", " SH(
		"echo 2 >>ran; echo why; exit 5") ", " SH("echo 3 >>ran") "]");
	FAILS(run_kind(HOOK_POSTSTART), HOOK_FAILED,
	      "hooks.poststart[1]: /bin/sh: exited with status 5: why");
	cr_expect_str_eq(note("ran"), "1\n2\n");
}

Test(hooks, the_code_is_the_same_however_one_fails)
{
	claim("\"prestart\": [{\"path\": \"/nonexistent\"}], \"createRuntime\": [" SH(
		"kill -9 $$") "], \"poststart\": [{\"path\": \"/bin/sleep\", \"args\": "
			      "[\"sleep\", \"100\"], \"timeout\": 1}]");
	FAILS(run_kind(HOOK_PRESTART), HOOK_FAILED,
	      "hooks.prestart[0]: /nonexistent: execute: No such file or directory");
	FAILS(run_kind(HOOK_CREATE_RUNTIME), HOOK_FAILED,
	      "hooks.createRuntime[0]: /bin/sh: was killed by signal 9 (SIGKILL)");
	FAILS(run_kind(HOOK_POSTSTART), HOOK_FAILED,
	      "hooks.poststart[0]: /bin/sleep: timed out after 1 s and was killed");
}

/* However long the path, the reason is told. */
Test(hooks, a_long_path_leaves_room_for_the_reason)
{
	char path[2000];

	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	claim(arena_printf(&arena, "\"poststart\": [{\"path\": \"%s\"}]", path));
	cr_expect_eq(run_kind(HOOK_POSTSTART), -HOOK_FAILED);
	cr_expect(strstr(err.text, "x: execute: File name too long"), "%s", err.text);
}

/*
 * poststop
 */

static const char *logged(void)
{
	static char text[8192];
	char path[80];

	snprintf(path, sizeof path, "%s/log", top);
	STEP(io_read_file(AT_FDCWD, path, text, sizeof text, &err));
	return text;
}

static void open_log(void)
{
	char path[80];

	snprintf(path, sizeof path, "%s/log", top);
	STEP(container_log_open(path, false, CONTAINER_LOG_WARNING, &err));
}

Test(hooks, poststop_goes_on_after_a_failure)
{
	open_log();
	claim("\"poststop\": [" SH("echo 1 >>ran; exit 1") ", {\"path\": \"/nonexistent\"}, " SH(
		"echo 3 >>ran") "]");
	creation.record.poststop = true;
	STEP(hooks_undo(&creation.record, &err));
	cr_expect_str_eq(note("ran"), "1\n3\n");
	cr_expect(strstr(logged(), "warning: hooks.poststop[0]: /bin/sh: exited with status 1"));
	cr_expect(strstr(logged(), "warning: hooks.poststop[1]: /nonexistent: execute: "));
}

Test(hooks, poststop_only_where_it_is_owed)
{
	claim("\"poststop\": [" SH("echo 1 >>ran") "]");
	STEP(hooks_undo(&creation.record, &err));
	cr_expect_null(note("ran"));
	STEP(directory_owe_early.run(&creation, &err));
	STEP(hooks_undo(&creation.record, &err));
	cr_expect_str_eq(note("ran"), "1\n");
}

/* It must not keep a container from going. */
Test(hooks, a_copy_that_cannot_be_read_is_a_warning_for_poststop)
{
	open_log();
	claim("");
	creation.record.poststop = true;
	put_file("web", "config.json", "{");
	STEP(hooks_undo(&creation.record, &err));
	cr_expect(strstr(logged(), "warning: hooks.poststop: config.json:1:1: "));
	DO(unlinkat(creation.record.directory, "config.json", 0));
	STEP(hooks_undo(&creation.record, &err));
	cr_expect(strstr(logged(), "warning: hooks.poststop: config.json: No such file"));
}

/*
 * What the record says of them
 */

Test(hooks, the_record_says_which_there_are_for_later_commands)
{
	struct container container;

	claim("\"poststart\": [{\"path\": \"/a\"}], \"poststop\": [{\"path\": \"/b\"}]");
	STEP(container_open(root, "web", &container, &err));
	cr_expect(container.record.poststart);
	cr_expect_not(container.record.poststop, "none is owed yet");
	container_close(&container);
	STEP(directory_owe_early.run(&creation, &err));
	STEP(container_open(root, "web", &container, &err));
	cr_expect(container.record.poststart);
	cr_expect(container.record.poststop);
	cr_expect_eq(container.record.pid, 4711);
	container_close(&container);
}

Test(hooks, the_record_says_nothing_where_there_are_none)
{
	claim("\"prestart\": [{\"path\": \"/a\"}]");
	cr_expect_not(strstr(get_file("web", "record.json"), "poststart"));
	cr_expect_not(strstr(get_file("web", "record.json"), "poststop"));
}

/* Who asks a hook's container of run hears that it runs. */
Test(hooks, settled_is_no_longer_creating)
{
	struct container container;

	claim("\"poststart\": [{\"path\": \"/a\"}]");
	STEP(container_open(root, "web", &container, &err));
	cr_expect(container.creating);
	container_close(&container);
	STEP(directory_settle.run(&creation, &err));
	STEP(container_open(root, "web", &container, &err));
	cr_expect_not(container.creating);
	container_close(&container);
}

/* Deleting runs them when the process has gone, and before the directory does. */
Test(hooks, delete_runs_poststop)
{
	claim(arena_printf(&arena,
			   "\"poststop\": [" SH("[ -d %s/web ] && echo there >>ran; [ -e "
						"/proc/$(cat pid)/exe ] || echo gone >>ran") "]",
			   root));
	creation.record.poststop = true;
	put_init(spawn(sleep_forever));
	leave_container();
	DO(chdir(notes));
	FILE *file = fopen("pid", "we");
	fprintf(file, "%d", init);
	fclose(file);
	STEP(container_delete(root, "web", true, &err));
	cr_expect_str_eq(note("ran"), "there\ngone\n");
	cr_expect_not(is_there("web"));
}
