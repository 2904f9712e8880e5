/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which program the container runs, and HOME (config.md, POSIX process; execve(2), environ(7),
 * passwd(5)).
 *
 * Both are found in the container's root filesystem, which may be hostile: no name service and no
 * libc function reads its files, no magic link such as /proc/self/exe is followed (CVE-2019-5736),
 * and nothing but a regular file is read. Callers of kist compare the words of these errors.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "libcontainer/compat.h"
#include "libcontainer/process/environment.h"
#include "libcontainer/process/passwd.h"
#include "libcontainer/process/process.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The directories that are searched in a container without PATH. */
static const char DEFAULT_PATH[] = "/bin:/usr/bin";

static const char *search_path(const struct plan *plan)
{
	const char *path = environment_find(plan->process.envp, "PATH");

	return path ? path : DEFAULT_PATH;
}

/* Put HOME into its free slot in the environment. */
static int set_home(struct creation *creation, struct error *err)
{
	const struct process_plan *process = &creation->plan->process;
	static const char prefix[] = "HOME=";
	size_t used = sizeof prefix - 1;

	if (process->home < 0)
		return 0;
	memcpy(creation->executable.home, prefix, used);
	if (passwd_find_home(creation->plan->config->process->user.uid,
			     creation->executable.home + used,
			     sizeof creation->executable.home - used, err) < 0)
		return -err->code;
	process->envp[process->home] = creation->executable.home;
	return 0;
}

/* Whether a path leads to a program. Return: 0, or the errno that execve would give */
static int check_program(const char *path)
{
	/* A relative path counts from the working directory. */
	_close_ int program = sys_openat2(AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);
	struct stat status;

	if (program < 0 || fstat(program, &status) < 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return EACCES;
	if (syscall(SYS_faccessat2, program, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0)
		return errno;
	return 0;
}

/* Make "directory/name" from the first length bytes of directory; an empty directory is the working
 * directory. */
static bool join(char *path, size_t size, const char *directory, size_t length, const char *name)
{
	int printed = length ? snprintf(path, size, "%.*s/%s", (int)length, directory, name)
			     : snprintf(path, size, "./%s", name);

	return printed >= 0 && (size_t)printed < size;
}

int executable_search(const char *name, const char *directories, char *path, size_t size)
{
	int reason = ENOENT;

	for (;;) {
		size_t length = strcspn(directories, ":");

		if (length < PATH_MAX && join(path, size, directories, length, name)) {
			int code = check_program(path);

			if (code == 0)
				return 0;
			if (code != ENOENT && code != ENOTDIR)
				reason = code;
		}
		if (!directories[length])
			return reason;
		directories += length + 1;
	}
}

/* Callers look for these words to tell their users whether the exit status is 126 or 127. */
static int error_program(int code, const char *name, struct error *err)
{
	bool bare = !strchr(name, '/');

	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return error_set(err, ENOENT, "exec: \"%.512s\": executable file not found%s", name,
				 bare ? " in $PATH" : ": no such file or directory");
	case EACCES:
		return error_set(err, EACCES, "exec: \"%.512s\": permission denied", name);
	case ELOOP:
		return error_set(
			err, ELOOP,
			"exec: \"%.512s\": permission denied: too many links, or a magic link",
			name);
	case ENOEXEC:
		return error_set(
			err, ENOEXEC,
			"exec: \"%.512s\": exec format error (is it built for this machine, or "
			"a script without \"#!\"?)",
			name);
	default:
		return error_set(err, code, "exec: \"%.512s\": %s", name, error_describe(code));
	}
}

static int step_find(struct creation *creation, struct error *err)
{
	const char *name = creation->plan->process.argv[0];
	int code;

	if (set_home(creation, err) < 0)
		return -err->code;
	/* A container without a program fails in `start`, not in `create` (config.md, Process). */
	if (!name)
		return 0;
	creation->executable.path = strchr(name, '/') ? name : creation->executable.room;
	if (creation->executable.path == name)
		code = check_program(name);
	else
		code = *name ? executable_search(name, search_path(creation->plan),
						 creation->executable.room,
						 sizeof creation->executable.room)
			     : ENOENT;
	return code ? error_program(code, name, err) : 0;
}

/* The program was found before, and may have gone since; or ENOENT is about the interpreter that it
 * names. Which of the two it is stays open, since the filter is in force by now and may forbid to
 * look. */
static int error_execute(int code, const char *name, struct error *err)
{
	if (code == ENOENT)
		return error_set(err, ENOENT,
				 "exec: \"%.512s\": executable file not found: no such file or "
				 "directory; or it is its interpreter or loader that is missing",
				 name);
	return error_program(code, name, err);
}

static int step_execute(struct creation *creation, struct error *err)
{
	const struct process_plan *process = &creation->plan->process;

	if (!creation->executable.path)
		return error_set(err, EINVAL, "process.args: there is no program to execute");
	execve(creation->executable.path, process->argv, process->envp);
	return error_execute(errno, process->argv[0], err);
}

const struct step executable_execute = {
	"execute",
	.run = step_execute,
};

static void print_step(const struct plan *plan, FILE *out)
{
	const struct process_plan *process = &plan->process;

	fputs("\t\t", out);
	for (size_t i = 0; process->argv[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", process->argv[i]);
	fputc('\n', out);
	if (process->argv[0] && !strchr(process->argv[0], '/'))
		fprintf(out, "\t\tsearched for in %s\n", search_path(plan));
	if (process->home >= 0)
		fputs("\t\tHOME from /etc/passwd\n", out);
}

const struct step executable_find = {
	"executable",
	.run = step_find,
	.print = print_step,
};
