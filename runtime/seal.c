/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "spec/cleanup.h"
#include "spec/error.h"

/* Headers older than Linux 6.3 lack these. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

static const char NAME[] = "kist";

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static bool is_sealed(int executable)
{
	int seals = fcntl(executable, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS;
}

/* A kernel before Linux 6.3 refuses MFD_EXEC, but makes files that can be executed without it. */
static int make_memory(struct error *err)
{
	int fd = memfd_create(NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(err, "memfd_create%s",
				   errno == EACCES ? " (does vm.memfd_noexec forbid it?)" : "");
	return fd;
}

static int copy_all(int from, int to, struct error *err)
{
	struct stat status;
	off_t done = 0;

	if (fstat(from, &status) < 0)
		return error_errno(err, "stat");
	while (done < status.st_size) {
		ssize_t copied = sendfile(to, from, &done, (size_t)(status.st_size - done));

		if (copied < 0)
			return error_errno(err, "copy");
		if (copied == 0)
			return error_set(err, EIO, "copy: the file is shorter than it was");
	}
	return 0;
}

static int add_seals(int memory, struct error *err)
{
	if (fchmod(memory, 0555) < 0)
		return error_errno(err, "chmod");
	if (fcntl(memory, F_ADD_SEALS, SEALS | F_SEAL_EXEC) < 0 &&
	    fcntl(memory, F_ADD_SEALS, SEALS) < 0)
		return error_errno(err, "seal");
	return 0;
}

static int execute_sealed_copy(int executable, char **call, struct error *err)
{
	_close_ int memory = make_memory(err);

	if (memory < 0)
		return memory;
	if (copy_all(executable, memory, err) < 0 || add_seals(memory, err) < 0)
		return -err->code;
	syscall(SYS_execveat, memory, "", call, environ, AT_EMPTY_PATH);
	return error_errno(err, "execveat");
}

int seal_executable(char **call, struct error *err)
{
	_close_ int executable = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (executable < 0)
		return error_errno(err, "/proc/self/exe");
	if (!is_sealed(executable))
		return execute_sealed_copy(executable, call, err) < 0
			       ? error_wrap(err, "a sealed copy of kist")
			       : 0;
	/* After execveat() the process has the number of a descriptor for its name. */
	prctl(PR_SET_NAME, NAME);
	return 0;
}

/* Whether kist has no dynamic linker, of which AT_BASE is the address. */
static bool is_static(void)
{
	return getauxval(AT_BASE) == 0;
}

/* Whether the file can be written to by its permissions, and is on no read-only mount. access()
 * does not say whether it is busy. */
static bool is_writable(void)
{
	return access("/proc/self/exe", W_OK) == 0;
}

/* Execute kist again from a read-only mount of its file. This returns when kist may not do so. */
static void execute_readonly_view(char **call)
{
	_close_ int view =
		open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};

	if (view >= 0 && mount_setattr(view, "", AT_EMPTY_PATH, &readonly, sizeof readonly) == 0)
		syscall(SYS_execveat, view, "", call, environ, AT_EMPTY_PATH);
}

int seal_lightly(char **call, struct error *err)
{
	if (!is_static())
		return seal_executable(call, err);
	if (is_writable()) {
		execute_readonly_view(call);
		return seal_executable(call, err);
	}
	prctl(PR_SET_NAME, NAME);
	return 0;
}
