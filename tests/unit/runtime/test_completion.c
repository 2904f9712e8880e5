/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scripts that complete command lines name all that is in the tables. What they do is tested in
 * the shells, in tests/integration/test_completion.py.
 */
#include "runtime/command.h"

#include "tests/unit/runtime/runtime_fixture.h"

static const struct global global = {.root = "/nonexistent/kist"};

static const char *script(const char *shell)
{
	int out = capture(stdout);

	cr_assert_eq(command_call(&global, ARGV("completion", shell), &err), 0, "%s", err.text);
	fflush(stdout);
	return contents(out);
}

static void expect_options(const char *text, const char *dashes, const struct options *options)
{
	for (size_t i = 0; i < options->count; i++) {
		const struct option *option = &options->at[i];
		char name[64];

		snprintf(name, sizeof name, "%s%s", dashes, option->name);
		cr_expect(strstr(text, name), "%s", name);
		for (size_t j = 0; j < option->words.count; j++)
			cr_expect(strstr(text, option->words.at[j].name), "%s", name);
	}
}

static void expect_all(const char *shell, const char *dashes)
{
	const char *text = script(shell);

	expect_options(text, dashes, &global_options);
	for (size_t i = 0; i < command_count; i++) {
		cr_expect(strstr(text, commands[i].name), "%s: %s", shell, commands[i].name);
		expect_options(text, dashes, &commands[i].options);
	}
}

Test(completion, is_of_all_that_there_is)
{
	expect_all("bash", "--");
	expect_all("zsh", "--");
	expect_all("fish", "-l ");
}

Test(completion, of_another_shell)
{
	REFUSED(command_call(&global, ARGV("completion", "csh"), &err),
		"completion csh: unknown shell \"csh\" (bash, zsh or fish)");
}
