/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sealed copy of the executable: this test goes on in one of itself.
 */
#include "runtime/seal.c"

#include <sys/wait.h>

#include "tests/unit/runtime/runtime_fixture.h"

static int open_self(void)
{
	return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

/* A copy of this program, as seal_executable() makes it. */
static int make_copy(void)
{
	_close_ int self = open_self();
	int memory = make_memory(&err);

	cr_assert_geq(memory, 0, "%s", err.text);
	cr_assert_eq(copy_all(self, memory, &err), 0, "%s", err.text);
	cr_assert_eq(add_seals(memory, &err), 0, "%s", err.text);
	return memory;
}

Test(seal, a_copy_is_the_same_and_cannot_be_changed)
{
	_close_ int self = open_self();
	_close_ int memory = make_copy();
	struct stat original, copy;
	char path[64];
	int anew;

	cr_assert(fstat(self, &original) == 0 && fstat(memory, &copy) == 0);
	cr_expect_eq(copy.st_size, original.st_size);
	cr_expect_eq(copy.st_mode & 07777, 0555);
	cr_expect(is_sealed(memory));
	cr_expect_lt(pwrite(memory, "x", 1, 0), 0);
	cr_expect_lt(ftruncate(memory, 0), 0);
	cr_expect_lt(fcntl(memory, F_ADD_SEALS, 0), 0, "no seal can be added");
	/* Nor can root, who may open it for writing. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
	anew = open(path, O_RDWR | O_CLOEXEC);
	cr_expect(anew < 0 || pwrite(anew, "x", 1, 0) < 0);
	cr_expect_eq(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, anew, 0), MAP_FAILED);
}

Test(seal, a_file_is_not_sealed)
{
	_close_ int self = open_self();
	_close_ int memory = make_memory(&err);

	cr_expect(!is_sealed(self));
	cr_expect(!is_sealed(memory), "not yet");
	cr_assert_eq(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE), 0);
	cr_expect(!is_sealed(memory), "not all of them");
}

/* What runs already is replaced: another program of this name has come from memory. */
Test(seal, executes_the_sealed_copy)
{
	_close_ int program = open("/bin/readlink", O_RDONLY | O_CLOEXEC);
	char text[64] = "";
	int ends[2];
	pid_t pid;

	cr_assert(program >= 0 && pipe(ends) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execute_sealed_copy(program, ARGV("readlink", "/proc/self/exe"), &err);
		_exit(9);
	}
	close(ends[1]);
	cr_assert_gt(read(ends[0], text, sizeof text - 1), 0);
	cr_expect_str_eq(text, "/memfd:kist (deleted)\n");
	cr_expect_eq(waitpid(pid, NULL, 0), pid);
}

Test(seal, what_is_no_program_is_an_error)
{
	_close_ int nothing = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	REFUSED(execute_sealed_copy(nothing, ARGV("x"), &err), "execveat: Exec format error");
}
