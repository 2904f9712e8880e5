/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/cgroup/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/clock.h"
#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "spec/cleanup.h"

enum {
	SIGNAL_BATCH = 64, /* pidfds that are held open at a time */
	/* Somebody who goes on making children must not make a walk endless. */
	WALK_LIMIT_MS = 1000,
};

static DIR *list(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

/* Finds the child cgroup that comes after the one with this inode; after 0 it is the first one. */
static bool find_child(int directory, ino_t after, char name[static NAME_MAX + 1])
{
	DIR *stream = list(directory);
	const struct dirent *entry;
	bool found = false;

	while (stream && !found && (entry = readdir(stream))) {
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		if (after == 0) {
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
			found = true;
		}
		if (entry->d_ino == after)
			after = 0;
	}
	if (stream)
		closedir(stream);
	return found;
}

/*
 * A walk goes through a cgroup and all below it, parents first. It holds one descriptor, however
 * deep the container has nested its cgroups.
 */
struct walk {
	int directory;
	unsigned depth;
};

static int walk_move(struct walk *walk, const char *name)
{
	int directory = openat(walk->directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return -1;
	close(walk->directory);
	walk->directory = directory;
	return 0;
}

/* Goes down into the child after this inode, if there is one. */
static bool walk_down(struct walk *walk, ino_t after)
{
	char name[NAME_MAX + 1];

	if (!find_child(walk->directory, after, name) || walk_move(walk, name) < 0)
		return false;
	walk->depth++;
	return true;
}

static bool walk_next(struct walk *walk)
{
	struct stat stat;

	if (walk_down(walk, 0))
		return true;
	while (walk->depth > 0) {
		if (fstat(walk->directory, &stat) < 0 || walk_move(walk, "..") < 0)
			return false;
		walk->depth--;
		if (walk_down(walk, stat.st_ino))
			return true;
	}
	return false;
}

static struct walk walk_begin(int directory)
{
	return (struct walk){.directory = openat(directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

static void walk_end(const struct walk *walk)
{
	cleanup_close(&walk->directory);
}

bool walk_occupied(int directory)
{
	_close_ int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 1;
}

bool walk_populated(int directory)
{
	struct walk walk = walk_begin(directory);
	bool populated;

	do
		populated = walk_occupied(walk.directory);
	while (!populated && walk_next(&walk));
	walk_end(&walk);
	return populated;
}

static FILE *open_processes(int directory)
{
	int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *processes = fd < 0 ? NULL : fdopen(fd, "r");

	if (!processes && fd >= 0)
		close(fd);
	return processes;
}

/* A batch has processes that are about to be signalled. */
struct batch {
	size_t count;
	struct {
		int pid, pidfd;
		bool listed;
	} at[SIGNAL_BATCH];
};

/*
 * Between reading a pid and opening a pidfd of it, the process may end and another one get its
 * number. A pid that is still listed once its pidfd is open belongs to the right process, or to
 * one that has ended by now.
 */
static void confirm_batch(struct batch *batch, int directory)
{
	FILE *processes _fclose_ = open_processes(directory);
	int pid;

	while (processes && fscanf(processes, "%d", &pid) == 1)
		for (size_t i = 0; i < batch->count; i++)
			if (batch->at[i].pid == pid)
				batch->at[i].listed = true;
}

static void send_batch(struct batch *batch, int directory, int signal)
{
	confirm_batch(batch, directory);
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->at[i].listed)
			sys_pidfd_send_signal(batch->at[i].pidfd, signal);
		close(batch->at[i].pidfd);
	}
	batch->count = 0;
}

/* The kernel lists a process as 0 that cannot be seen from this pid namespace. */
static void add_to_batch(struct batch *batch, int pid)
{
	int pidfd = pid > 0 ? sys_pidfd_open(pid, 0) : -1;

	if (pidfd < 0)
		return;
	batch->at[batch->count].pid = pid;
	batch->at[batch->count].pidfd = pidfd;
	batch->at[batch->count].listed = false;
	batch->count++;
}

static unsigned signal_directory(int directory, int signal)
{
	FILE *processes _fclose_ = open_processes(directory);
	struct batch batch = {0};
	unsigned found = 0;
	int pid;

	while (processes && fscanf(processes, "%d", &pid) == 1) {
		found++;
		add_to_batch(&batch, pid);
		if (batch.count == SIGNAL_BATCH)
			send_batch(&batch, directory, signal);
	}
	if (batch.count > 0)
		send_batch(&batch, directory, signal);
	return found;
}

unsigned walk_signal(int directory, int signal)
{
	struct walk walk = walk_begin(directory);
	unsigned found = 0;

	do
		found += signal_directory(walk.directory, signal);
	while (walk_next(&walk));
	walk_end(&walk);
	return found;
}

void walk_write(int directory, const char *file, const char *text)
{
	struct walk walk = walk_begin(directory);
	long long deadline_ms = clock_now_ms() + WALK_LIMIT_MS;
	struct error ignored;

	do
		io_write_file(walk.directory, file, text, &ignored);
	while (clock_now_ms() < deadline_ms && walk_next(&walk));
	walk_end(&walk);
}

/* Removes the child, or goes down to the children that are in its way. */
static int remove_child(struct walk *walk, const char *name)
{
	char below[NAME_MAX + 1];

	if (unlinkat(walk->directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY || walk_move(walk, name) < 0)
		return -1;
	walk->depth++;
	errno = EBUSY;
	return find_child(walk->directory, 0, below) ? 0 : -1;
}

int walk_remove(int directory)
{
	struct walk walk = walk_begin(directory);
	long long deadline_ms = clock_now_ms() + WALK_LIMIT_MS;
	char name[NAME_MAX + 1];
	int result = 0;

	while (result == 0) {
		if (find_child(walk.directory, 0, name))
			result = remove_child(&walk, name);
		else if (walk.depth == 0)
			break;
		else if ((result = walk_move(&walk, "..")) == 0)
			walk.depth--;
		if (clock_now_ms() > deadline_ms) {
			errno = EBUSY;
			result = -1;
		}
	}
	walk_end(&walk);
	return result;
}
