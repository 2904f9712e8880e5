/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Socket activation: what the environment says, and for whom.
 */
#include "runtime/activation.h"

#include <errno.h>

#include "tests/unit/runtime/runtime_fixture.h"

static struct container_options options;

static void say(const char *fds, const char *names, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof text, "%d", pid);
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", fds, 1);
	if (names)
		setenv("LISTEN_FDNAMES", names, 1);
	options = (struct container_options){.preserve_fds = 1};
}

Test(activation, adds_to_what_is_preserved)
{
	say("2", "web:admin", getpid());
	cr_assert_eq(activation_read(&options, &err), 0, "%s", err.text);
	cr_expect_eq(options.listen_fds, 2);
	cr_expect_eq(options.preserve_fds, 3);
	cr_expect_str_eq(options.listen_names, "web:admin");
}

Test(activation, is_for_one_process)
{
	say("2", NULL, getpid() + 1);
	cr_assert_eq(activation_read(&options, &err), 0);
	cr_expect_eq(options.listen_fds, 0);
	cr_expect_eq(options.preserve_fds, 1);
	unsetenv("LISTEN_PID");
	cr_assert_eq(activation_read(&options, &err), 0);
	cr_expect_eq(options.listen_fds, 0);
	say("2", NULL, getpid());
	unsetenv("LISTEN_FDS");
	cr_assert_eq(activation_read(&options, &err), 0);
	cr_expect_eq(options.listen_fds, 0);
}

Test(activation, is_a_number)
{
	static const char *const wrong[] = {"x", "-1", "1x", " 1", "4294967297", "1e1"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		say(wrong[i], NULL, getpid());
		cr_expect_eq(activation_read(&options, &err), -EINVAL, "%s", wrong[i]);
		cr_expect_eq(options.preserve_fds, 1);
		cr_expect_eq(strncmp(err.text, "LISTEN_FDS: \"", 13), 0, "%s", err.text);
	}
	say("2", NULL, getpid());
	options.preserve_fds = ~0U;
	cr_expect_eq(activation_read(&options, &err), -EINVAL);
}
