/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options in every form that they may be written in, and what is said of those that are wrong.
 */
#include "runtime/options.h"

#include "tests/unit/runtime/runtime_fixture.h"

struct target {
	bool all, force;
	const char *bundle, *config;
	const char *const *names;
	unsigned count;
	int colour;
};

static const struct word colours[] = {{"red", 7}, {"green", 8}};

#define AT(member) OPTION_AT(struct target, member)
static const struct option rows[] = {
	{"all", 'a', AT(all), NULL, "every one"},
	{"force", 'f', AT(force), NULL, "at any rate"},
	{"bundle", 'b', AT(bundle), "DIR", "the bundle"},
	{"config", 0, AT(config), "FILE", "the configuration"},
	{"count", 'n', AT(count), "N", "how many"},
	{"colour", 'c', AT(colour), "NAME", "red or green", WORDS("colour", colours)},
	{"name", 'm', AT(names), "NAME", "one more name"},
	{"rootless", 0, OPTION_IGNORED, 0, "BOOL", "ignored"},
};
static const struct options options = OPTIONS(rows);

static struct target target;

static int parse(char **argv)
{
	options_finish(&options, &target);
	target = (struct target){0};
	return options_parse(&options, argv, 0, &target, &err);
}

#define PARSED(left, ...)                                                                          \
	cr_assert_eq(parse(ARGV(__VA_ARGS__)), left, #__VA_ARGS__ ": %s", err.text)

Test(options, none_is_needed)
{
	PARSED(0, NULL);
	PARSED(2, "id", "-");
	cr_expect(!target.all && !target.bundle);
}

Test(options, a_path_in_every_form)
{
	char **const forms[] = {
		ARGV("--bundle", "/b"), ARGV("--bundle=/b"), ARGV("-bundle", "/b"),
		ARGV("-bundle=/b"),     ARGV("-b", "/b"),    ARGV("-b/b"),
		ARGV("-b=/b"),          ARGV("-ab/b"),       ARGV("-fab", "/b"),
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const char *form = forms[i][0];

		cr_expect_eq(parse(forms[i]), 0, "%s: %s", form, err.text);
		cr_expect(target.bundle && strcmp(target.bundle, "/b") == 0, "%s", form);
		cr_expect_eq(target.all, strchr(form, 'a') != NULL, "%s", form);
	}
}

Test(options, an_argument_may_look_like_an_option)
{
	PARSED(1, "--bundle", "--all", "-b", "--", "id");
	cr_expect_str_eq(target.bundle, "--");
	cr_expect(!target.all);
	PARSED(0, "--config=a=b");
	cr_expect_str_eq(target.config, "a=b");
}

Test(options, flags)
{
	PARSED(0, "-af");
	cr_expect(target.all && target.force);
	PARSED(0, "--all", "--all=false", "-force=true");
	cr_expect(!target.all && target.force);
	PARSED(0, "-fa=false");
	cr_expect(!target.all && target.force);
	REFUSED(parse(ARGV("--all=yes")), "--all: \"yes\" is neither true nor false");
	REFUSED(parse(ARGV("-fa=")), "--all: \"\" is neither true nor false");
}

Test(options, a_long_name_goes_before_letters)
{
	/* -a -l -l would be no options. */
	PARSED(0, "-all");
	cr_expect(target.all);
}

Test(options, the_last_one_counts)
{
	PARSED(0, "-b", "one", "--bundle=two");
	cr_expect_str_eq(target.bundle, "two");
}

Test(options, numbers)
{
	PARSED(0, "--count", "2147483647");
	cr_expect_eq(target.count, 2147483647);
	PARSED(0, "-n0");
	cr_expect_eq(target.count, 0);
	for (char **bad = ARGV("", "x", "1x", "-1", " 1", "+1"); *bad; bad++) {
		char text[64];

		snprintf(text, sizeof text, "--count: \"%s\" is not a number", *bad);
		REFUSED(parse(ARGV("--count", *bad)), text);
	}
	REFUSED(parse(ARGV("--count", "2147483648")),
		"--count: 2147483648 is too large, at most 2147483647");
	REFUSED(parse(ARGV("--count", "99999999999999999999")),
		"--count: 99999999999999999999 is too large, at most 2147483647");
}

Test(options, words)
{
	PARSED(0, "--colour", "green");
	cr_expect_eq(target.colour, 8);
	REFUSED(parse(ARGV("-cblue")), "--colour: unknown colour \"blue\" (red or green)");
	cr_expect_eq(target.colour, 0);
}

Test(options, what_is_ignored_has_an_argument)
{
	PARSED(1, "--rootless", "true", "id");
	PARSED(1, "--rootless=true", "id");
}

Test(options, a_path_is_not_empty)
{
	REFUSED(parse(ARGV("--bundle", "")), "--bundle: the argument is empty");
	REFUSED(parse(ARGV("--bundle=")), "--bundle: the argument is empty");
	REFUSED(parse(ARGV("-b=")), "--bundle: the argument is empty");
}

Test(options, an_argument_is_needed)
{
	REFUSED(parse(ARGV("id", "--bundle")), "--bundle needs an argument: DIR");
	REFUSED(parse(ARGV("-ab")), "--bundle needs an argument: DIR");
}

Test(options, what_was_meant)
{
	REFUSED(parse(ARGV("--bundel", "x")),
		"unknown option \"--bundel\" (did you mean --bundle?)");
	REFUSED(parse(ARGV("--cofnig=x")),
		"unknown option \"--cofnig=x\" (did you mean --config?)");
	REFUSED(parse(ARGV("-forse")), "-o: unknown option \"-forse\" (did you mean --force?)");
	/* The closest, not the first that is close. */
	REFUSED(parse(ARGV("--coont")), "unknown option \"--coont\" (did you mean --count?)");
}

Test(options, nothing_was_meant)
{
	REFUSED(parse(ARGV("--nosuch")), "unknown option \"--nosuch\" (see --help)");
	REFUSED(parse(ARGV("-x")), "unknown option \"-x\" (see --help)");
	REFUSED(parse(ARGV("-aX")), "-X: unknown option \"-aX\" (see --help)");
	REFUSED(parse(ARGV("--b", "x")), "unknown option \"--b\" (see --help)");
	REFUSED(parse(ARGV("--=x")), "unknown option \"--=x\" (see --help)");
	REFUSED(parse(ARGV("-=x")), "unknown option \"-=x\" (see --help)");
	REFUSED(parse(ARGV("---all")), "unknown option \"---all\" (did you mean --all?)");
}

Test(options, stand_among_the_other_words)
{
	static const char *const expected[] = {"one", "two", "three", "--force", "--"};
	char **argv = ARGV("one", "--all", "two", "-b", "x", "three", "--", "--force", "--");

	cr_assert_eq(parse(argv), 5);
	cr_expect(target.all && !target.force);
	for (int i = 0; i < 5; i++)
		cr_expect_str_eq(argv[i], expected[i]);
	cr_expect_null(argv[5]);
}

Test(options, end_before_a_command)
{
	char **argv = ARGV("--all", "kill", "--force");

	target = (struct target){0};
	cr_assert_eq(options_parse(&options, argv, 1, &target, &err), 2);
	cr_expect(target.all && !target.force);
	cr_expect_str_eq(argv[0], "kill");
	cr_expect_str_eq(argv[1], "--force");
	cr_expect_null(argv[2]);
}

Test(options, end_at_the_second_word)
{
	char **argv = ARGV("id", "--all", "command", "--force", "--");

	target = (struct target){0};
	cr_assert_eq(options_parse(&options, argv, 2, &target, &err), 4);
	cr_expect(target.all && !target.force);
	cr_expect_str_eq(argv[0], "id");
	cr_expect_str_eq(argv[1], "command");
	cr_expect_str_eq(argv[3], "--");
	argv = ARGV("id", "--", "--all");
	cr_assert_eq(options_parse(&options, argv, 2, &target, &err), 2);
	cr_expect_str_eq(argv[1], "--all");
}

Test(options, a_list_gets_longer)
{
	PARSED(1, "--name", "a", "-mb", "id", "--name=", "-m", "--all");
	cr_expect_str_eq(target.names[0], "a");
	cr_expect_str_eq(target.names[1], "b");
	cr_expect_str_eq(target.names[2], "");
	cr_expect_str_eq(target.names[3], "--all");
	cr_expect_null(target.names[4]);
	options_finish(&options, &target);
	cr_expect_null(target.names);
	PARSED(0, NULL);
	cr_expect_null(target.names, "none is no list");
}

Test(options, before_a_mistake_count)
{
	cr_expect_eq(parse(ARGV("-b", "/b", "--nosuch", "--all")), -EINVAL);
	cr_expect_str_eq(target.bundle, "/b");
	cr_expect(!target.all);
}

Test(options, are_printed_a_line_each)
{
	char text[1024] = "";
	FILE *out = fmemopen(text, sizeof text, "w");

	options_print(&(struct options){rows, 4}, out);
	fclose(out);
	cr_expect_str_eq(text, "  -a, --all                        every one\n"
			       "  -f, --force                      at any rate\n"
			       "  -b, --bundle DIR                 the bundle\n"
			       "      --config FILE                the configuration\n");
}
