/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session keyrings: the kernel's own answers.
 */
#include "libcontainer/process/keyring.h"

#include <linux/keyctl.h>

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(keyring, .init = fixture_init, .fini = fixture_finish);

static long session_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
}

/* "keyring;uid;gid;permissions;name" */
static bool is_described_as(const char *expected)
{
	char text[512] = "";

	EXPECT(syscall(SYS_keyctl, KEYCTL_DESCRIBE, session_keyring(), text, sizeof text - 1) > 0);
	return strcmp(text, expected) == 0;
}

Test(keyring, is_new_unless_asked_otherwise)
{
	cr_expect(keyring_name.when(&plan));
	options.no_new_keyring = true;
	cr_expect_not(keyring_name.when(&plan));
}

Test(keyring, names_begin_with_the_id_and_differ)
{
	const char *first;

	options.id = "web";
	PLAN(keyring_name.run(&creation, &err));
	first = creation.record.keyring;
	cr_expect_eq(strncmp(first, "_ses.web.", 9), 0, "%s", first);
	cr_expect_eq(strspn(first + 9, "0123456789abcdef"), 16, "%s", first);
	cr_expect_eq(strlen(first), 25);
	PLAN(keyring_name.run(&creation, &err));
	cr_expect_str_neq(creation.record.keyring, first);
}

CHILD_TEST(keyring, is_joined)
{
	long before = session_keyring(), first;

	creation.record.keyring = "_ses.test-keyring.0";
	STEP(keyring_enter.run(&creation, &err));
	first = session_keyring();
	EXPECT(first >= 0 && first != before);
	EXPECT(is_described_as("keyring;0;0;3f1b0000;_ses.test-keyring.0"));
}

CHILD_TEST(keyring, can_be_joined_by_a_second_process)
{
	int ready[2], done[2];
	char byte;
	long first, second;

	creation.record.keyring = "_ses.test-keyring.1";
	EXPECT(pipe(ready) == 0 && pipe(done) == 0);
	if (fork() == 0) {
		STEP(keyring_enter.run(&creation, &err));
		first = session_keyring();
		EXPECT(write(ready[1], &first, sizeof first) == sizeof first);
		close(done[1]);
		_exit(read(done[0], &byte, 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	EXPECT(read(ready[0], &first, sizeof first) == sizeof first);
	STEP(keyring_enter.run(&creation, &err));
	second = session_keyring();
	EXPECT(first == second);
	close(done[1]);
}

/* Or the program, with its label, could not use it. */
CHILD_TEST(keyring, gets_the_label_of_the_program)
{
	char text[32] = "";
	_close_ int file = -1;

	own_mnt();
	EXPECT(mkdir("/mnt/self", 0755) == 0 && mkdir("/mnt/self/attr", 0755) == 0);
	put_file("/mnt/self/attr/keycreate", 0666, "");
	creation.procfs = open("/mnt", O_PATH | O_DIRECTORY | O_CLOEXEC);
	creation.record.keyring = "_ses.test-keyring.2";
	plan.lsm.selinux = "u:r:t:s0";
	STEP(keyring_enter.run(&creation, &err));
	file = open("/mnt/self/attr/keycreate", O_RDONLY | O_CLOEXEC);
	EXPECT(read(file, text, sizeof text - 1) == 8 && strcmp(text, "u:r:t:s0") == 0);
	EXPECT(unlink("/mnt/self/attr/keycreate") == 0);
	FAILS(keyring_enter.run(&creation, &err), ENOENT,
	      "/proc/self/attr/keycreate: No such file or directory");
}

CHILD_TEST(keyring, the_kernel_s_reason_is_said)
{
	char name[5000];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	EXPECT(keyring_join(name, &err) < 0);
	EXPECT(strncmp(err.text, "join xxx", 8) == 0);
}
