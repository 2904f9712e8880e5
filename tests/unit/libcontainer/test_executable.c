/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding and executing the container's program, and HOME. Needs root.
 */
#include "libcontainer/process/process.h"

#include "tests/unit/libcontainer/process_fixture.h"

TestSuite(executable, .init = fixture_init, .fini = fixture_finish);

/* A root with some programs that only look like ones. */
static void enter_root(void)
{
	own_mnt();
	EXPECT(chdir("/mnt") == 0);
	EXPECT(mkdir("etc", 0755) == 0 && mkdir("bin", 0755) == 0 && mkdir("opt", 0755) == 0);
	EXPECT(mkdir("proc", 0755) == 0 && mkdir("opt/directory", 0755) == 0);
	EXPECT(mount("proc", "/mnt/proc", "proc", 0, NULL) == 0);
	put_file("bin/one", 0755, "#!/missing\n");
	put_file("opt/one", 0755, "");
	put_file("opt/plain", 0644, "");
	put_file("bin/text", 0755, "no program\n");
	EXPECT(symlink("/proc/self/exe", "bin/self") == 0);
	EXPECT(chroot("/mnt") == 0 && chdir("/opt") == 0);
}

static int find(const char *name, const char *path)
{
	const char *const env[] = {path};
	const char **args = arena_alloc(&arena, sizeof *args);

	*args = name;
	process.args = (struct strings){1, args};
	process.env = (struct strings){path != NULL, env};
	EXPECT(process_plan(&plan, &err) == 0);
	return executable_find.run(&creation, &err);
}

CHILD_TEST(executable, is_searched_along_path)
{
	enter_root();
	STEP(find("one", "PATH=/nowhere:/opt:/bin"));
	EXPECT(strcmp(creation.executable.path, "/opt/one") == 0);
	STEP(find("one", NULL));
	EXPECT(strcmp(creation.executable.path, "/bin/one") == 0);
	STEP(find("one", "PATH=:/bin"));
	EXPECT(strcmp(creation.executable.path, "./one") == 0);
	STEP(find("/bin/one", "PATH=/opt"));
	EXPECT(strcmp(creation.executable.path, "/bin/one") == 0);
	STEP(find("./one", "PATH=/bin"));
	EXPECT(strcmp(creation.executable.path, "./one") == 0);
}

CHILD_TEST(executable, that_is_missing_is_said_in_the_callers_words)
{
	enter_root();
	FAILS(find("two", "PATH=/bin"), ENOENT,
	      "exec: \"two\": executable file not found in $PATH");
	FAILS(find("", "PATH=/bin"), ENOENT, "exec: \"\": executable file not found in $PATH");
	FAILS(find("/x/y", NULL), ENOENT,
	      "exec: \"/x/y\": executable file not found: no such file or directory");
	FAILS(find("/bin/one/y", NULL), ENOENT,
	      "exec: \"/bin/one/y\": executable file not found: no such file or directory");
	FAILS(find("plain", "PATH=/opt"), EACCES, "exec: \"plain\": permission denied");
	FAILS(find("/opt/directory", NULL), EACCES, "exec: \"/opt/directory\": permission denied");
}

CHILD_TEST(executable, is_never_kist_itself)
{
	enter_root();
	EXPECT(find("/proc/self/exe", NULL) == -ELOOP);
	EXPECT(find("self", "PATH=/bin") == -ELOOP);
}

CHILD_TEST(executable, may_be_absent_until_it_is_executed)
{
	enter_root();
	STEP(process_plan(&plan, &err));
	STEP(executable_find.run(&creation, &err));
	FAILS(executable_execute.run(&creation, &err), EINVAL,
	      "process.args: there is no program to execute");
}

CHILD_TEST(executable, failing_says_why)
{
	enter_root();
	STEP(find("one", NULL));
	FAILS(executable_execute.run(&creation, &err), ENOENT,
	      "exec: \"one\": executable file not found: no such file or directory; or it is its "
	      "interpreter or loader that is missing");
	STEP(find("text", NULL));
	FAILS(executable_execute.run(&creation, &err), ENOEXEC,
	      "exec: \"text\": exec format error (is it built for this machine, or a script "
	      "without "
	      "\"#!\"?)");
	STEP(find("one", NULL));
	EXPECT(chmod("/bin/one", 0644) == 0);
	FAILS(executable_execute.run(&creation, &err), EACCES, "exec: \"one\": permission denied");
}

static void execute_shell(void)
{
	static const char *const args[] = {"sh", "-c", "test \"$A\" = 5 && exit 7"};
	static const char *const env[] = {"A=5"};

	process.args = (struct strings){3, args};
	process.env = (struct strings){1, env};
	STEP(process_plan(&plan, &err));
	STEP(executable_find.run(&creation, &err));
	executable_execute.run(&creation, &err);
}

Test(executable, is_executed_with_its_environment)
{
	int status = run_child(execute_shell);

	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

CHILD_TEST(executable, gets_the_user_s_home)
{
	enter_root();
	put_file("/etc/passwd", 0644,
		 "root:x:0:0::/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\n");
	process.user.uid = 1000;
	STEP(find("one", NULL));
	EXPECT(strcmp(plan.process.envp[0], "HOME=/home/u") == 0 && !plan.process.envp[1]);
	STEP(find("/bin/one", "HOME=/own"));
	EXPECT(strcmp(plan.process.envp[0], "HOME=/own") == 0 && !plan.process.envp[1]);
	process.user.uid = 1;
	STEP(find("one", NULL));
	EXPECT(strcmp(plan.process.envp[0], "HOME=/") == 0);
}
