/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/birth.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/steps.h"

/* SIGSET_BYTES is the size of the kernel's signal set; the kernel's struct sigaction has
 * SIGACTION_BYTES at most. */
enum { SIGNALS = 64, SIGSET_BYTES = SIGNALS / 8, SIGACTION_BYTES = 64 };

int birth_guard(struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_PDEATHSIG)");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_DUMPABLE)");
	return 0;
}

static int fail_clone(uint64_t flags, struct error *err)
{
	static const struct {
		int code;
		uint64_t flag; /* 0: any flags */
		const char *hint;
	} table[] = {
		{EPERM, CLONE_NEWUSER,
		 " (user namespaces are forbidden here, kist is in a chroot, or the caller's id is "
		 "not mapped)"},
		{EPERM, 0,
		 " (who is not root needs a user namespace, too: see kist spec --rootless)"},
		{ENOSPC, 0,
		 " (a limit in /proc/sys/user is reached, or namespaces are nested too deep)"},
		{EAGAIN, 0, " (a limit of processes is reached)"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (errno == table[i].code && (!table[i].flag || flags & table[i].flag))
			return error_errno(err, "clone3%s", table[i].hint);
	return error_errno(err, "clone3");
}

/* The child inherits from its parent that it is closed; afterwards the parent is opened again, as
 * it was before. */
pid_t birth_clone(struct clone_args *args, bool guarded, struct error *err)
{
	bool closes = guarded && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
	pid_t pid;
	int code;

	if (closes)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	pid = sys_clone3(args);
	code = errno;
	if (closes && pid != 0)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	errno = code;
	return pid < 0 ? fail_clone(args->flags, err) : pid;
}

/* The last byte stays NUL: the kernel shows more than the command line where it is not. */
void birth_hide_command_line(const struct container_command_line *line)
{
	if (line->bytes == 0)
		return;
	memset(line->at, 0, line->bytes);
	snprintf(line->at, line->bytes, "kist init");
}

/* A creator that died before init asked for the death signal sends none, but its end of the socket
 * is closed. */
static int check_creator(int sync, struct error *err)
{
	struct pollfd end = {.fd = sync};

	if (poll(&end, 1, 0) < 0)
		return error_errno(err, "poll");
	if (end.revents)
		return error_set(err, ECANCELED, "the creator has gone");
	return 0;
}

/* Terminals send these signals to the whole foreground process group, and some callers send them to
 * their own group. They are meant for kist, which forwards them. */
static const int for_group[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, 0};

static bool is_for_group(int signal)
{
	for (const int *one = for_group; *one; one++)
		if (*one == signal)
			return true;
	return false;
}

/* This is the system call and not sigaction(3), since libc keeps two signals for itself. */
static int set_disposition(int signal, void (*handler)(int), struct error *err)
{
	unsigned char action[SIGACTION_BYTES] = {0};

	/* The handler is the first member of the kernel's structure. */
	memcpy(action, &handler, sizeof handler);
	if (syscall(SYS_rt_sigaction, signal, action, NULL, SIGSET_BYTES) < 0)
		return error_errno(err, "rt_sigaction %d", signal);
	return 0;
}

/* A pending signal is dropped once it is ignored, so it does not arrive when it is unblocked. */
static int set_signals(void (*group_handler)(int), struct error *err)
{
	static const unsigned char none[SIGSET_BYTES];

	for (int signal = 1; signal <= SIGNALS; signal++) {
		if (signal == SIGKILL || signal == SIGSTOP)
			continue;
		if (set_disposition(signal, is_for_group(signal) ? group_handler : SIG_DFL, err) <
		    0)
			return -err->code;
	}
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, SIGSET_BYTES) < 0)
		return error_errno(err, "rt_sigprocmask");
	return 0;
}

/* Callers ignore signals or handle them, and an execve would leave those that are ignored
 * ignored. */
int birth_reset_signals(struct error *err)
{
	return set_signals(SIG_DFL, err);
}

static int guard_if_possible(const struct plan *plan, struct error *err)
{
	if (!plan->idmap.exposes_init)
		return birth_guard(err);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_PDEATHSIG)");
	return 0;
}

static int step_begin(struct creation *creation, struct error *err)
{
	if (guard_if_possible(creation->plan, err) < 0 || check_creator(creation->sync, err) < 0)
		return -err->code;
	/* The modes of files that are made in the root filesystem are meant as they are written. */
	umask(0);
	/* Until init leads a session of its own it is in the caller's process group, and ignores
	 * the signals for that group. */
	return set_signals(SIG_IGN, err);
}

const struct step birth_begin = {
	"begin",
	.run = step_begin,
};

const struct step birth_begin_inside = {
	"begin",
	.run = step_begin,
	.planned = PLANNED(namespaces.outside),
};

static int step_session(struct creation *creation, struct error *err)
{
	(void)creation;
	if (setsid() < 0)
		return error_errno(err, "setsid");
	for (const int *one = for_group; *one; one++)
		if (set_disposition(*one, SIG_DFL, err) < 0)
			return -err->code;
	return 0;
}

const struct step birth_session = {
	"session",
	.run = step_session,
};
