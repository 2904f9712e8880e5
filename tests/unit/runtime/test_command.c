/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of commands: that it is sound, that help comes from it, and how a command is called.
 */
#include "runtime/command.h"

#include "tests/unit/runtime/runtime_fixture.h"

static const struct global global = {.root = "/nonexistent/kist"};

#define CALL(...) command_call(&global, ARGV(__VA_ARGS__), &err)

/* What a call writes to stdout. */
static const char *output_of(char **argv)
{
	int out = capture(stdout);

	cr_assert_eq(command_call(&global, argv, &err), 0, "%s", err.text);
	fflush(stdout);
	return contents(out);
}

static void check_option(const char *command, const struct option *option)
{
	bool flag = option->kind == OPTION_FLAG;

	cr_expect(option->name[0] && !strpbrk(option->name, "= "), "%s", command);
	cr_expect_neq(option->name[0], '-', "%s", command);
	cr_expect_eq(option->argument == NULL, flag, "%s --%s", command, option->name);
	cr_expect(option->help && *option->help, "%s --%s", command, option->name);
	cr_expect_eq(option->words.count > 0, option->kind == OPTION_WORD, "%s --%s", command,
		     option->name);
}

static void check_options(const char *command, const struct options *options)
{
	cr_expect_str_eq(options->at[0].name, "help", "%s", command);
	for (size_t i = 0; i < options->count; i++) {
		const struct option *a = &options->at[i];

		check_option(command, a);
		for (size_t j = 0; j < i; j++) {
			const struct option *b = &options->at[j];

			cr_expect_str_neq(a->name, b->name, "%s", command);
			cr_expect(!a->letter || a->letter != b->letter, "%s -%c", command,
				  a->letter);
		}
	}
}

Test(command, the_table_is_sound)
{
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &commands[i];

		cr_expect(i == 0 || strcmp(commands[i - 1].name, command->name) < 0, "%s",
			  command->name);
		cr_expect(command->usage && *command->summary && command->run, "%s", command->name);
		cr_expect(command->most < 0 || command->least <= command->most, "%s",
			  command->name);
		check_options(command->name, &command->options);
	}
	check_options("kist", &global_options);
}

Test(command, help_comes_from_the_table)
{
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &commands[i];
		char first[128];
		char *text;

		snprintf(first, sizeof first, "usage: kist %s%s%s\n\n%s\n\noptions:\n",
			 command->name, *command->usage ? " " : "", command->usage,
			 command->summary);
		text = strdup(output_of(ARGV("help", command->name)));
		cr_expect_eq(strncmp(text, first, strlen(first)), 0, "%s", text);
		for (size_t j = 0; j < command->options.count; j++)
			cr_expect(strstr(text, command->options.at[j].help), "%s", text);
		cr_expect_str_eq(output_of(ARGV(command->name, "--help")), text);
		cr_expect_str_eq(output_of(ARGV(command->name, "too", "-h", "many", "words")),
				 text);
		free(text);
	}
}

Test(command, help_of_all)
{
	const char *text = output_of(ARGV("help"));

	for (size_t i = 0; i < command_count; i++)
		cr_expect(strstr(text, commands[i].summary), "%s", commands[i].name);
	for (size_t i = 0; i < global_options.count; i++)
		cr_expect(strstr(text, global_options.at[i].help), "%s", global_options.at[i].name);
}

Test(command, what_was_meant)
{
	REFUSED(CALL("crate", "x"), "unknown command \"crate\" (did you mean \"create\"?)");
	REFUSED(CALL("lits", "x"), "unknown command \"lits\" (did you mean \"list\"?)");
	REFUSED(CALL("nosuch", "--help"), "unknown command \"nosuch\" (see kist --help)");
	REFUSED(CALL(""), "unknown command \"\" (see kist --help)");
	REFUSED(CALL("help", "delet"),
		"help delet: unknown command \"delet\" (did you mean \"delete\"?)");
}

Test(command, the_number_of_words)
{
	REFUSED(CALL("state"), "state: too few arguments; usage: kist state ID");
	REFUSED(CALL("kill", "x", "TERM", "more"),
		"kill: too many arguments; usage: kist kill [OPTION...] ID [SIGNAL]");
}

Test(command, its_name_is_said_once)
{
	REFUSED(CALL("kill", "x", "FOO"), "kill x: unknown signal \"FOO\"");
	REFUSED(CALL("kill", "x", "--al"), "kill: unknown option \"--al\" (did you mean --all?)");
	REFUSED(CALL("create", "--bundle", "", "x"), "create: --bundle: the argument is empty");
	REFUSED(CALL("list", "-fyaml"), "list: --format: unknown format \"yaml\" (table or json)");
	REFUSED(CALL("spec", "-b/nonexistent"),
		"spec: bundle /nonexistent: No such file or directory");
}

Test(command, spec_leaves_a_config_json_alone)
{
	char bundle[] = "/tmp/kist-test-XXXXXX", path[64];
	char written[32] = "", message[128];
	FILE *file;

	cr_assert_not_null(mkdtemp(bundle));
	snprintf(path, sizeof path, "%s/config.json", bundle);
	cr_expect_eq(CALL("spec", "-b", bundle), 0, "%s", err.text);
	snprintf(message, sizeof message, "spec: %s/config.json exists; move it away first",
		 bundle);
	REFUSED(CALL("spec", "-b", bundle), message);
	file = fopen(path, "r");
	cr_expect(file && fgets(written, sizeof written, file) && written[0] == '{');
	fclose(file);
	cr_expect(unlink(path) == 0 && rmdir(bundle) == 0);
}

/* A program's own status is whatever it likes; 255 is what callers of exec expect of the runtime. */
Test(command, the_status_of_a_failure)
{
	cr_expect_eq(command_failure("exec"), 255);
	cr_expect_eq(command_failure("run"), 1);
	cr_expect_eq(command_failure("nosuch"), 1);
	cr_expect_eq(command_failure(NULL), 1);
}

Test(command, a_list_of_nothing)
{
	cr_expect_str_eq(output_of(ARGV("list")), "ID   PID   STATUS   BUNDLE   CREATED   OWNER\n");
	cr_expect_str_eq(output_of(ARGV("list", "-q")), "");
	cr_expect_str_eq(output_of(ARGV("list", "-fjson")), "[]\n");
}

/* What it did not mean to pass on is not passed on. */
Test(command, descriptors_of_the_caller)
{
	int leaked = fcntl(STDERR_FILENO, F_DUPFD, 50);

	cr_assert_eq(CALL("plan", "-bnonexistent", "--help"), 0);
	cr_expect_eq(fcntl(leaked, F_GETFD), 0, "help touches nothing");
	cr_assert_lt(CALL("state", "x"), 0);
	cr_expect_eq(fcntl(leaked, F_GETFD), FD_CLOEXEC);
}
