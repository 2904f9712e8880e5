/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers without namespaces and cgroups, for the tests of those who look for one by its record:
 * a directory below a temporary root, made by create's own steps, and an ordinary child as init.
 */
#ifndef KIST_TEST_RECORD_FIXTURE_H
#define KIST_TEST_RECORD_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/create.h"
#include "libcontainer/creation.h"
#include "libcontainer/directory.h"
#include "libcontainer/io.h"
#include "libcontainer/open_container.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/start_socket.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"
#include "tests/unit/libcontainer/expect.h"

static char top[] = "/tmp/test-record-XXXXXX";
static char root[64]; /* where the containers are; not made yet */
static struct arena arena;
static struct config config;
static struct host host;
static struct container_options options;
static struct document document = {.text = "{\"verbatim\": true}\n", .size = 19};
static struct plan plan;
static struct creation creation;
static struct error err;
static pid_t init;
static bool init_listens; /* else the test itself holds the start socket */

static inline void fixture_init(void)
{
	umask(022);
	cr_assert(mkdtemp(top));
	snprintf(root, sizeof root, "%s/run/kist", top);
	host.uid = geteuid();
	options.root = root;
	options.id = "web";
	plan = (struct plan){
		.config = &config,
		.host = &host,
		.options = &options,
		.bundle = "/bundle",
		.arena = &arena,
		.rootfs.path = "/bundle/rootfs",
	};
	creation_init(&creation, &plan, &document);
}

static inline void end_init(void)
{
	if (init > 0) {
		kill(init, SIGKILL);
		waitpid(init, NULL, 0);
	}
	init = 0;
}

static inline void fixture_finish(void)
{
	char command[64];

	end_init();
	snprintf(command, sizeof command, "rm -r %s", top);
	cr_assert_eq(system(command), 0);
	arena_finish(&arena);
}

/*
 * A child that dies with the test and runs what it is told. It holds nothing of the creation, lest
 * it pass for the creator or for an init that listens, unless it is to listen.
 */
static inline pid_t spawn(void (*run)(void))
{
	pid_t parent = getpid(), pid;
	int ready[2];
	char byte;

	DO(pipe2(ready, O_CLOEXEC));
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		cleanup_close(&creation.record.directory);
		if (!init_listens)
			cleanup_close(&creation.start);
		close(ready[0]);
		close(ready[1]);
		if (getppid() == parent)
			run();
		_exit(EXIT_SUCCESS);
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return pid;
}

static inline void sleep_forever(void)
{
	for (;;)
		pause();
}

/* The record names this child as init. */
static inline void put_init(pid_t pid)
{
	_close_ int pidfd = sys_pidfd_open(pid, 0);

	DO(pidfd);
	init = pid;
	STEP(clone_identify(pidfd, pid, &creation.record, &err));
	STEP(directory_record.run(&creation, &err));
}

/* The id is claimed, and the creator still at work. */
static inline void begin_container(const char *id)
{
	options.id = id;
	creation_init(&creation, &plan, &document);
	STEP(directory_claim.run(&creation, &err));
}

static inline void leave_container(void)
{
	cleanup_close(&creation.record.directory);
	creation.record.directory = -1;
}

/* Each in the place of create: a container that runs, waits for start, and has stopped. */
static inline void make_running(const char *id)
{
	begin_container(id);
	put_init(spawn(sleep_forever));
	leave_container();
}

static inline void make_created(const char *id)
{
	begin_container(id);
	STEP(start_socket_listen.run(&creation, &err));
	put_init(spawn(sleep_forever));
	leave_container();
}

static inline void make_stopped(const char *id)
{
	make_running(id);
	end_init();
}

/* What a creator leaves that is killed before there is an init. */
static inline void make_half(const char *id)
{
	begin_container(id);
	DO(unlinkat(creation.record.directory, "record.json", 0));
	leave_container();
}

static inline void open_container(const char *id, struct container *container)
{
	STEP(container_open(root, id, container, &err));
}

/* The status of a container that is opened anew. */
static inline int status_of(const char *id)
{
	struct container container;
	_close_ int pidfd = -1;
	int status;

	open_container(id, &container);
	status = container_status(&container, &pidfd, &err);
	container_close(&container);
	return status;
}

static inline mode_t mode_of(int directory, const char *name)
{
	struct stat status;

	DO(fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW));
	return status.st_mode & 07777;
}

static inline bool is_there(const char *id)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", root, id);
	return access(path, F_OK) == 0;
}

static inline bool init_lives(void)
{
	return waitpid(init, NULL, WNOHANG) == 0;
}

/* Put text in the place of a file of a container. */
static inline void put_file(const char *id, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file _fclose_ = NULL;

	snprintf(path, sizeof path, "%s/%s/%s", root, id, name);
	file = fopen(path, "we");
	cr_assert(file, "%s: %s", path, strerror(errno));
	cr_assert_geq(fputs(text, file), 0);
}

static inline const char *get_file(const char *id, const char *name)
{
	static char text[8192];
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s/%s", root, id, name);
	STEP(io_read_file(AT_FDCWD, path, text, sizeof text, &err));
	return text;
}

#endif
