/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/clone.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/log.h"
#include "libcontainer/process/birth.h"
#include "libcontainer/process/scheduling.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* This is longer than the kernel ever needs to end a process that got SIGKILL, and short enough for
 * the caller to get the error. */
enum { KILL_TIMEOUT_MS = 10000 };

/* A process that has not ended after FROZEN_MS may be frozen. END_MS limits the wait for one that
 * may be frozen, too. */
enum { FROZEN_MS = 100, END_MS = 1000 };

static pid_t clone_here(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	int pidfd = -1;
	struct clone_args args = {
		.flags =
			(plan->namespaces.outside ? 0 : plan->namespaces.clone_flags) | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;

	if (creation->cgroup.directory >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)creation->cgroup.directory;
	}
	pid = birth_clone(&args, !plan->idmap.exposes_init, err);
	if (pid >= 0)
		creation->init = pidfd;
	return pid;
}

/* Init is made while the host side is in another place, and is born there. */
static pid_t clone_elsewhere(struct creation *creation, struct error *err)
{
	struct namespaces_handles own;
	struct error of_return;
	pid_t pid = -1;

	if (namespaces_enter(creation, &own, err) == 0)
		pid = clone_here(creation, err);
	if (pid != 0 && namespaces_return(&own, &of_return) < 0 && pid > 0) {
		*err = of_return;
		pid = -1;
	}
	return pid < 0 ? -err->code : pid;
}

pid_t clone_init(struct creation *creation, struct error *err)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(err, "socketpair");
	pid = creation->plan->namespaces.entered ? clone_elsewhere(creation, err)
						 : clone_here(creation, err);
	/* Each side keeps only its own end, so that either notices when the other side is gone. */
	creation->sync = pair[pid == 0];
	close(pair[pid != 0]);
	return pid;
}

/* The child's side of clone3: the child leaves this function by execve, or ends. */
__attribute__((noreturn)) static void run_child(struct creation *creation)
{
	struct error err;

	birth_hide_command_line(&creation->plan->options->command_line);
	/* The lock on the directory says that the creator lives. The child must not hold it, so
	 * that it is released when the creator dies. */
	close(take(&creation->record.directory));
	steps_walk(creation->child, creation, &err);
	sync_send_failure(creation->sync, &err);
	_exit(EXIT_FAILURE);
}

static int step_start(struct creation *creation, struct error *err)
{
	pid_t pid = clone_init(creation, err);

	if (pid == 0)
		run_child(creation);
	if (pid < 0)
		return -err->code;
	return clone_identify(creation->init, pid, &creation->record, err);
}

static void finish(struct creation *creation)
{
	cleanup_close(&creation->sync);
}

const struct step clone_new = {
	"process",
	.run = step_start,
	.print = namespaces_print,
	.finish = finish,
};

const struct step clone_joined = {
	"process",
	.run = step_start,
	.print = namespaces_joined_print,
	.finish = finish,
};

/* A child is born with the affinity of its parent, so the host side has execCPUAffinity.initial
 * while it makes the child. */
static int step_start_affine(struct creation *creation, struct error *err)
{
	struct bitmap own;
	struct error of_return;
	int result = scheduling_affinity_enter(creation->plan, &own, err);

	if (result < 0)
		return result;
	result = step_start(creation, err);
	if (scheduling_affinity_return(creation->plan, &own, &of_return) < 0)
		log_warning("%s", of_return.text);
	return result;
}

const struct step clone_joined_affine = {
	"process",
	.run = step_start_affine,
	.print = namespaces_joined_print,
	.finish = finish,
};

static int step_inside(struct creation *creation, struct error *err)
{
	int pidfd = -1;
	struct clone_args args = {
		/* CLONE_PARENT makes the new process a child of the host side, which waits for it;
		 * it also inherits the signal that is sent at this process's end. */
		.flags = CLONE_PARENT | CLONE_PIDFD | creation->plan->namespaces.clone_flags,
		.pidfd = (uintptr_t)&pidfd,
	};
	pid_t pid = birth_clone(&args, false, err);

	if (pid < 0)
		return pid;
	/* The new process waits, so that the host side does not hear it before it knows of it. */
	if (pid == 0)
		return sync_receive_go(creation->sync, err);
	if (sync_send_process(creation->sync, pidfd, pid, err) < 0)
		sync_send_failure(creation->sync, err);
	_exit(EXIT_SUCCESS);
}

const struct step clone_inside_outside = {
	"inside",
	.run = step_inside,
	.planned = PLANNED(namespaces.outside),
};

const struct step clone_inside = {
	"inside",
	.run = step_inside,
};

void clone_reap(int pidfd)
{
	clone_has_ended(pidfd, END_MS);
	/* WNOHANG: a tracer that does not take notice of the child's end must not keep kist
	 * waiting. */
	waitid(P_PIDFD, (id_t)pidfd, NULL, WEXITED | WNOHANG);
}

void clone_end(int pidfd)
{
	sys_pidfd_send_signal(pidfd, SIGKILL);
	clone_reap(pidfd);
}

static int step_follow(struct creation *creation, struct error *err)
{
	pid_t pid;
	int pidfd = sync_receive_process(creation, &pid, err);

	if (pidfd < 0)
		return pidfd;
	clone_reap(creation->init);
	close(creation->init);
	creation->init = pidfd;
	if (clone_identify(pidfd, pid, &creation->record, err) < 0)
		return -err->code;
	return sync_send_go(creation, err);
}

const struct step clone_follow_outside = {
	"inside",
	.run = step_follow,
	.planned = PLANNED(namespaces.outside),
	.relays_error = true,
};

const struct step clone_follow = {
	"inside",
	.run = step_follow,
	.relays_error = true,
};

/* pidfs (Linux 6.9) gives every process of a boot an inode number of its own. Before it the number
 * is 0. */
static int pidfs_inode(int pidfd, uint64_t *inode, struct error *err)
{
	struct statfs fs;
	struct stat status;

	if (fstatfs(pidfd, &fs) < 0 || fstat(pidfd, &status) < 0)
		return error_errno(err, "pidfd");
	*inode = fs.f_type == PID_FS_MAGIC ? status.st_ino : 0;
	return 0;
}

static int own_pid_namespace(uint64_t *inode, struct error *err)
{
	struct stat status;

	if (stat("/proc/self/ns/pid", &status) < 0)
		return error_errno(err, "/proc/self/ns/pid");
	*inode = status.st_ino;
	return 0;
}

/* In proc_pid_stat(5) starttime is field 22. It is the 20th after the command's name, which may
 * hold any character. */
static int read_start_time(pid_t pid, uint64_t *ticks, struct error *err)
{
	char path[32], text[1024];
	const char *field;
	ssize_t length;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	length = io_read_file(AT_FDCWD, path, text, sizeof text, err);
	if (length < 0)
		return -err->code;
	field = strrchr(text, ')');
	for (int i = 0; field && i < 20; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return error_set(err, EINVAL, "%s: malformed", path);
	*ticks = strtoull(field + 1, NULL, 10);
	return 0;
}

int clone_identify(int pidfd, pid_t pid, struct record *record, struct error *err)
{
	record->pid = pid;
	if (pidfs_inode(pidfd, &record->pidfs_inode, err) < 0 ||
	    own_pid_namespace(&record->pid_namespace, err) < 0)
		return -err->code;
	if (record->pidfs_inode)
		return 0;
	return read_start_time(pid, &record->start_time, err);
}

static int error_gone(const struct record *record, struct error *err)
{
	return error_set(err, ESRCH, "init (pid %d) is gone", record->pid);
}

static int verify_pid_namespace(const struct record *record, struct error *err)
{
	uint64_t namespace;

	if (own_pid_namespace(&namespace, err) < 0)
		return -err->code;
	if (namespace != record->pid_namespace)
		return error_set(err, EXDEV, "the container was created in another pid namespace");
	return 0;
}

/* The pid is nobody's, or another process's. That means that init is gone, if the caller's pid
 * namespace is the one in which the pid counts. */
static int error_not_found(const struct record *record, struct error *err)
{
	return verify_pid_namespace(record, err) < 0 ? -err->code : error_gone(record, err);
}

/* Whether the pidfd is that of the recorded init. It is open already, so the pid cannot come to
 * mean another process while it is looked at. */
static int verify_identity(const struct record *record, int pidfd, struct error *err)
{
	uint64_t inode, ticks;

	if (pidfs_inode(pidfd, &inode, err) < 0)
		return -err->code;
	/* The inode number is the same in every pid namespace, so it does not matter which one this
	 * is. */
	if (record->pidfs_inode)
		return inode == record->pidfs_inode ? 0 : error_not_found(record, err);
	if (read_start_time(record->pid, &ticks, err) < 0 || ticks != record->start_time)
		return error_not_found(record, err);
	return verify_pid_namespace(record, err);
}

/* A pidfd polls readable once its process has ended, whether the process was reaped or not. */
bool clone_has_ended(int pidfd, int timeout_ms)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};
	int ready;

	while ((ready = poll(&fd, 1, timeout_ms)) < 0 && errno == EINTR)
		;
	return ready > 0;
}

int clone_find(const struct record *record, struct error *err)
{
	_close_ int pidfd = -1;

	if (record->pid == 0)
		return error_set(err, ESRCH, "there is no init");
	pidfd = sys_pidfd_open(record->pid, 0);
	/* EINVAL means that the number is no process's, but is still that of a session. */
	if (pidfd < 0)
		return errno == ESRCH || errno == EINVAL ? error_not_found(record, err)
							 : error_errno(err, "pidfd_open");
	if (verify_identity(record, pidfd, err) < 0)
		return -err->code;
	if (clone_has_ended(pidfd, 0))
		return error_gone(record, err);
	return take(&pidfd);
}

int clone_undo(const struct record *record, struct error *err)
{
	_close_ int pidfd = clone_find(record, err);

	if (pidfd < 0)
		return pidfd == -ESRCH ? 0 : pidfd;
	if (sys_pidfd_send_signal(pidfd, SIGKILL) < 0 && errno != ESRCH)
		return error_errno(err, "kill");
	if (clone_has_ended(pidfd, FROZEN_MS))
		return 0;
	cgroup_release_killed(&record->cgroup);
	if (!clone_has_ended(pidfd, KILL_TIMEOUT_MS))
		return error_set(err, ETIMEDOUT, "init (pid %d) did not die within %d seconds",
				 record->pid, KILL_TIMEOUT_MS / 1000);
	return 0;
}
