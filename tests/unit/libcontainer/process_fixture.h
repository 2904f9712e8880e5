/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan and a creation filled by hand, for the tests of libcontainer/process, namespaces and
 * seccomp.
 *
 * Steps that change who or what the process is run in a child, by CHILD_TEST: what they give up,
 * the test's own process still needs. A child ends with EXPECT or at its end.
 */
#ifndef KIST_TEST_PROCESS_FIXTURE_H
#define KIST_TEST_PROCESS_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/create.h"
#include "libcontainer/creation.h"
#include "libcontainer/procfs.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

static struct arena arena;
static struct config config;
static struct process process;
static struct linux_config linux_config;
static struct host host;
static struct container_options options;
static struct plan plan;
static struct creation creation;
static struct error err;

/* What the test's process can give, without asking cgroups and mounts. */
static inline uint64_t known_capabilities(void)
{
	uint64_t mask = 0;

	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		mask |= 1ULL << capability;
	return mask;
}

static inline void fixture_init(void)
{
	process.cwd = "/";
	config.process = &process;
	config.linux = &linux_config;
	host.known_capabilities = known_capabilities();
	host.capabilities = host.known_capabilities;
	plan = (struct plan){
		.config = &config,
		.host = &host,
		.options = &options,
		.bundle = "/bundle",
		.arena = &arena,
	};
	creation_init(&creation, &plan, NULL);
}

static inline void fixture_finish(void)
{
	arena_finish(&arena);
}

#define PLAN(call) cr_assert_eq((call), 0, #call ": %s", err.text)
#define REFUSED(call, number, message)                                                             \
	do {                                                                                       \
		cr_expect_eq((call), -(number), #call ": %s", err.text);                           \
		cr_expect_str_eq(err.text, message);                                               \
	} while (0)

#define STRINGS(...)                                                                               \
	{                                                                                          \
		.count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),              \
		.at = (const char *const[]){__VA_ARGS__},                                          \
	}

/* For children: say what was expected and end. */
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDERR_FILENO, "%s:%d: %s (%s; %s)\n", __FILE__, __LINE__,         \
				#condition, strerror(errno), err.text);                            \
			_exit(EXIT_FAILURE);                                                       \
		}                                                                                  \
	} while (0)
#define STEP(call) EXPECT((call) == 0)
#define FAILS(call, number, message)                                                               \
	do {                                                                                       \
		EXPECT((call) == -(number));                                                       \
		EXPECT(strcmp(err.text, message) == 0);                                            \
	} while (0)

/* The wait status of a child that runs body. */
static inline int run_child(void (*body)(void))
{
	pid_t pid = fork();
	int status = -1;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		body();
		_exit(EXIT_SUCCESS);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

#define CHILD_TEST(suite, name)                                                                    \
	static void suite##_##name(void);                                                          \
	Test(suite, name)                                                                          \
	{                                                                                          \
		cr_expect_eq(run_child(suite##_##name), 0);                                        \
	}                                                                                          \
	static void suite##_##name(void)

/* A mount namespace of its own with an empty tmpfs at /mnt, for children. */
static inline void own_mnt(void)
{
	umask(0);
	EXPECT(unshare(CLONE_NEWNS) == 0);
	EXPECT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	EXPECT(mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755") == 0);
}

static inline void put_file(const char *path, mode_t mode, const char *text)
{
	_close_ int file = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);

	EXPECT(file >= 0);
	EXPECT(write(file, text, strlen(text)) == (ssize_t)strlen(text));
}

/* The root is an empty directory with a procfs, as a container's. */
static inline void enter_new_root(void)
{
	own_mnt();
	EXPECT(mkdir("/mnt/proc", 0755) == 0);
	EXPECT(mount("proc", "/mnt/proc", "proc", 0, NULL) == 0);
	EXPECT(chroot("/mnt") == 0 && chdir("/") == 0);
}

#endif
