/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the options before the command's name mean.
 */
#include "runtime/global.h"

#include "tests/unit/runtime/runtime_fixture.h"

static struct global global;
static char log_path[] = "/tmp/kist-test-XXXXXX";
static int log_fd;

static void make_log(void)
{
	log_fd = mkstemp(log_path);
	cr_assert_geq(log_fd, 0);
}

static void remove_log(void)
{
	unlink(log_path);
	close(log_fd);
}

TestSuite(global, .init = make_log, .fini = remove_log);

#define READ(...) global_read(&global, ARGV(__VA_ARGS__), &err)
#define GOOD(...) cr_assert_eq(READ(__VA_ARGS__), 0, "%s", err.text)

Test(global, leaves_the_command)
{
	char **argv = ARGV("--root", "/r", "state", "--help", "x");

	cr_assert_eq(global_read(&global, argv, &err), 0);
	cr_expect(!global.help);
	cr_expect_str_eq(global.root, "/r");
	cr_expect_str_eq(argv[0], "state");
	cr_expect_str_eq(argv[1], "--help");
}

Test(global, root_s_default)
{
	if (geteuid() != 0)
		cr_skip("needs root");
	setenv("XDG_RUNTIME_DIR", "/run/elsewhere", 1);
	GOOD(NULL);
	cr_expect_str_eq(global.root, "/run/kist");
}

Test(global, a_user_s_default)
{
	char expected[64];

	if (geteuid() == 0)
		cr_assert_eq(seteuid(1234), 0);
	setenv("XDG_RUNTIME_DIR", "/run/mine", 1);
	GOOD(NULL);
	cr_expect_str_eq(global.root, "/run/mine/kist");
	snprintf(expected, sizeof expected, "/run/user/%u/kist", geteuid());
	for (char **useless = ARGV("", "relative"); *useless; useless++) {
		setenv("XDG_RUNTIME_DIR", *useless, 1);
		GOOD(NULL);
		cr_expect_str_eq(global.root, expected);
	}
	unsetenv("XDG_RUNTIME_DIR");
	GOOD(NULL);
	cr_expect_str_eq(global.root, expected);
}

Test(global, a_relative_root_is_made_absolute)
{
	cr_assert_eq(chdir("/usr"), 0);
	GOOD("--root", "share/x");
	cr_expect_str_eq(global.root, "/usr/share/x");
}

Test(global, a_root_that_cannot_be)
{
	char longest[PATH_MAX + 1];

	memset(longest, 'x', PATH_MAX);
	longest[PATH_MAX] = '\0';
	cr_expect_eq(READ("--root", longest), -ENAMETOOLONG);
	REFUSED(READ("--root="), "--root: the argument is empty");
}

Test(global, cgroup_managers)
{
	GOOD(NULL);
	cr_expect_eq(global.cgroup_manager, CONTAINER_CGROUPFS);
	GOOD("--cgroup-manager", "disabled");
	cr_expect_eq(global.cgroup_manager, CONTAINER_NO_CGROUP);
	GOOD("--cgroup-manager=systemd");
	cr_expect_eq(global.cgroup_manager, CONTAINER_SYSTEMD);
	GOOD("--systemd-cgroup");
	cr_expect_eq(global.cgroup_manager, CONTAINER_SYSTEMD);
	REFUSED(READ("--cgroup-manager", "x"),
		"--cgroup-manager: unknown manager \"x\" (cgroupfs or disabled)");
}

Test(global, text_log_of_warnings_and_worse)
{
	const char *text;

	GOOD("--log", log_path);
	container_log(CONTAINER_LOG_INFO, "unasked");
	container_log(CONTAINER_LOG_WARNING, "asked");
	text = contents(log_fd);
	cr_expect(strstr(text, " warning: asked\n"), "%s", text);
	cr_expect_null(strstr(text, "unasked"));
}

Test(global, json_log_of_all)
{
	const char *text;

	GOOD("--log", log_path, "--log-format", "json", "--log-level", "error", "--debug");
	container_log(CONTAINER_LOG_DEBUG, "asked");
	text = contents(log_fd);
	cr_expect(strstr(text, "{\"level\":\"debug\",\"msg\":\"asked\","), "%s", text);
}

Test(global, the_log_is_open_when_there_is_a_mistake)
{
	char **const mistakes[] = {
		ARGV("--log", log_path, "--log-format", "json", "--nosuch"),
		ARGV("--log-format", "json", "--log", log_path, "--root", ""),
		ARGV("--log-format=json", "--log", log_path, "--log-level", "chatty"),
		ARGV("--log", log_path, "--log-format=json", "--log"),
	};

	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		char expected[64];

		cr_expect_eq(global_read(&global, mistakes[i], &err), -EINVAL, "%zu", i);
		snprintf(expected, sizeof expected, "{\"level\":\"error\",\"msg\":\"%zu\"", i);
		container_log(CONTAINER_LOG_ERROR, "%zu", i);
		cr_expect(strstr(contents(log_fd), expected), "%s", contents(log_fd));
	}
}

Test(global, a_log_that_cannot_be_opened)
{
	REFUSED(READ("--log", "/nonexistent/log"),
		"log file /nonexistent/log: No such file or directory");
	/* The first mistake is the one to mend first. */
	REFUSED(READ("--log", "/nonexistent/log", "--nosuch"),
		"unknown option \"--nosuch\" (see --help)");
}

Test(global, unknown_words)
{
	REFUSED(READ("--log-format", "xml"), "--log-format: unknown format \"xml\" (text or json)");
	REFUSED(READ("--log-level=loud"),
		"--log-level: unknown level \"loud\" (error, warning, info or debug)");
}

Test(global, what_callers_pass_for_nothing)
{
	GOOD("--rootless=true", "--rootless", "auto");
}
