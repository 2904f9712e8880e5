/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Host and domain name. Needs root.
 */
#include <sys/utsname.h>

#include "libcontainer/namespaces/namespaces.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(uts, .init = fixture_init, .fini = fixture_finish);

Test(uts, an_empty_name_is_none)
{
	config.hostname = config.domainname = "";
	cr_expect_not(uts_named(&plan));
	config.domainname = "d";
	cr_expect(uts_named(&plan));
}

Test(uts, names_have_64_bytes)
{
	char name[66] = "";

	memset(name, 'x', 64);
	config.hostname = config.domainname = name;
	PLAN(uts_plan(&plan, &err));
	name[64] = 'x';
	REFUSED(uts_plan(&plan, &err), EINVAL,
		"hostname: 65 bytes, where the kernel has room for 64");
	config.hostname = NULL;
	REFUSED(uts_plan(&plan, &err), EINVAL,
		"domainname: 65 bytes, where the kernel has room for 64");
}

CHILD_TEST(uts, names_are_set)
{
	struct utsname names;

	EXPECT(unshare(CLONE_NEWUTS) == 0);
	config.hostname = "host.example";
	config.domainname = "domain";
	STEP(uts_names.run(&creation, &err));
	EXPECT(uname(&names) == 0);
	EXPECT(strcmp(names.nodename, "host.example") == 0);
	EXPECT(strcmp(names.domainname, "domain") == 0);
}

CHILD_TEST(uts, what_is_absent_is_left)
{
	struct utsname before, after;

	EXPECT(unshare(CLONE_NEWUTS) == 0 && uname(&before) == 0);
	config.domainname = "domain";
	STEP(uts_names.run(&creation, &err));
	EXPECT(uname(&after) == 0 && strcmp(before.nodename, after.nodename) == 0);
}
