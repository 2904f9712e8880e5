/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels: what is decided on hosts that are written by hand, and what is written to a tree of files
 * in the place of /proc. What a module makes of it is in tests/vm.
 */
#include "libcontainer/process/lsm.h"

#include "libcontainer/io.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(lsm, .init = fixture_init, .fini = fixture_finish);

Test(lsm, nothing_is_planned_without_a_label)
{
	host.apparmor = APPARMOR_CONFINED;
	host.selinux = true;
	PLAN(lsm_plan(&plan, &err));
	cr_expect_not(lsm_set.when(&plan));
}

static const struct {
	enum apparmor caller;
	bool no_new_privileges;
	const char *profile;
	const char *command; /* NULL: nothing to do */
} decisions[] = {
	{APPARMOR_UNCONFINED, false, "web", "exec web"},
	{APPARMOR_UNCONFINED, true, "web", "exec web"},
	{APPARMOR_CONFINED, false, "web", "exec web"},
	{APPARMOR_CONFINED, true, "web", "stack web"},
	{APPARMOR_UNCONFINED, false, "unconfined", "exec unconfined"},
	{APPARMOR_INACTIVE, false, "unconfined", NULL},
	{APPARMOR_CONFINED, true, NULL, NULL},
};

Test(lsm, what_apparmor_is_told)
{
	for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++) {
		plan.lsm = (struct lsm_plan){0};
		host.apparmor = decisions[i].caller;
		process.noNewPrivileges = decisions[i].no_new_privileges;
		process.apparmorProfile = decisions[i].profile;
		PLAN(lsm_plan(&plan, &err));
		cr_expect_eq(lsm_set.when(&plan), decisions[i].command != NULL, "%zu", i);
		if (decisions[i].command)
			cr_expect_str_eq(plan.lsm.apparmor, decisions[i].command);
	}
}

Test(lsm, a_host_without_the_module_is_refused)
{
	process.apparmorProfile = "web\n";
	REFUSED(lsm_plan(&plan, &err), ENOTSUP,
		"process.apparmorProfile: \"web\\x0a\": AppArmor is not active on this host");
	process.selinuxLabel = "u:r:t:s0";
	host.apparmor = APPARMOR_UNCONFINED;
	REFUSED(lsm_plan(&plan, &err), ENOTSUP,
		"process.selinuxLabel: \"u:r:t:s0\": SELinux is not active on this host");
	host.selinux = true;
	PLAN(lsm_plan(&plan, &err));
	cr_expect_str_eq(plan.lsm.selinux, "u:r:t:s0");
	cr_expect(lsm_set.when(&plan) && plan.writes_procfs);
}

/* Like /proc, with nothing behind the files. */
static void make_proc(void)
{
	static const char *const directories[] = {"/mnt/self", "/mnt/self/attr",
						  "/mnt/self/attr/apparmor"};

	own_mnt();
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		EXPECT(mkdir(directories[i], 0755) == 0);
	put_file("/mnt/self/attr/exec", 0666, "");
	put_file("/mnt/self/attr/apparmor/exec", 0666, "");
	creation.procfs = open("/mnt", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool file_has(const char *path, const char *expected)
{
	char text[64] = "";

	EXPECT(io_read_file(AT_FDCWD, path, text, sizeof text, &err) >= 0);
	return strcmp(text, expected) == 0;
}

CHILD_TEST(lsm, each_module_has_its_file)
{
	make_proc();
	plan.lsm.apparmor = "exec web";
	STEP(lsm_set.run(&creation, &err));
	EXPECT(file_has("/mnt/self/attr/apparmor/exec", "exec web"));
	EXPECT(file_has("/mnt/self/attr/exec", ""));
	plan.lsm = (struct lsm_plan){.selinux = "u:r:t:s0"};
	STEP(lsm_set.run(&creation, &err));
	EXPECT(file_has("/mnt/self/attr/exec", "u:r:t:s0"));
	EXPECT(file_has("/mnt/self/attr/apparmor/exec", "exec web"));
}

/* What cannot be written fails: the program does not run without its label. */
CHILD_TEST(lsm, a_missing_profile_or_file_is_an_error)
{
	make_proc();
	EXPECT(unlink("/mnt/self/attr/apparmor/exec") == 0);
	plan.lsm.apparmor = "exec web";
	FAILS(lsm_set.run(&creation, &err), ENOENT,
	      "process.apparmorProfile: write \"exec web\" to `/proc/self/attr/apparmor/exec`: "
	      "refused (the profile is not loaded)");
	EXPECT(unlink("/mnt/self/attr/exec") == 0);
	plan.lsm = (struct lsm_plan){.selinux = "u:r:t:s0"};
	FAILS(lsm_set.run(&creation, &err), ENOENT,
	      "process.selinuxLabel: write \"u:r:t:s0\" to `/proc/self/attr/exec`: No such file or "
	      "directory");
}

/* The files are there, and the kernel of the test has no policy for what is written to them. */
CHILD_TEST(lsm, the_kernel_refuses_a_label_that_no_module_knows)
{
	STEP(procfs_open_private.run(&creation, &err));
	plan.lsm.selinux = "no:such:label:s0";
	EXPECT(lsm_set.run(&creation, &err) == -EINVAL);
	EXPECT(strcmp(err.text,
		      "process.selinuxLabel: write \"no:such:label:s0\" to "
		      "`/proc/self/attr/exec`: refused (the policy does not know it)") == 0);
}
