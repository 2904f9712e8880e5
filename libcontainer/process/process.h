/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the workload's process is: identity, capabilities, limits, terminal, environment,
 * executable, descriptors. Each subject has a file of its own beside this header.
 */
#ifndef KIST_PROCESS_H
#define KIST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "spec/config.h"

struct plan;
struct creation;
struct step;

struct process_plan {
	char *const *argv; /* process.args, ends in NULL */
	char **envp;       /* process.env, the later of two equal names wins; ends in NULL */
	char *listen_pid;  /* text of a variable in envp that init completes; NULL: there is none */
	int home;         /* index of a free slot in envp for HOME, or -1 when process.env has it */
	uint32_t *groups; /* room for as many as there are additional ones, to read them back */
	struct capability_masks {
		uint64_t effective, bounding, inheritable, permitted, ambient;
	} capabilities; /* what is asked for and can be granted; the rest was logged as a warning */
};

int process_plan(struct plan *plan, struct error *err); /* argv, env */
int capabilities_plan(struct plan *plan, struct error *err);
int limits_plan(struct plan *plan, struct error *err);
int console_plan(struct plan *plan, struct error *err);

/* console.c: process.terminal */
extern const struct step console_connect; /* host: --console-socket */
extern const struct step
	console_open; /* init: pty from the container's devpts, /dev/console, controlling terminal, stdio */
extern const struct step
	console_add; /* exec: another pty, from the devpts of a container that runs, and not as its /dev/console */
extern const struct step console_send; /* host: the pty's leader to the console socket */

/* pidfd.c: --pidfd-socket gets a pidfd of the process */
int pidfd_plan(struct plan *plan, struct error *err);
extern const struct step pidfd_connect;
extern const struct step pidfd_send;

/* credentials.c */
extern const struct step credentials_become; /* groups, gid, uid, umask */

/**
 * credentials_umask() - the umask of the container's program.
 */
mode_t credentials_umask(const struct plan *plan);

/* capabilities.c */
extern const struct step capabilities_bound; /* bounding set, keep the rest over setresuid */
extern const struct step capabilities_set;   /* five sets, noNewPrivileges */

/* limits.c */
extern const struct step limits_set; /* host: prlimit on init */
extern const struct step limits_oom,
	limits_oom_joined;               /* init: oom_score_adj through the private procfs */
extern const struct step limits_lower;   /* init: the same, where the host side may not */
extern const struct step limits_raise;   /* host: more descriptors for kist itself */
extern const struct step limits_restore; /* host, and init: the caller's limit of them */
bool limits_raised(const struct plan *plan);
/* With a user namespace: the host side for init, or an ordinary user's init before it is guarded. */
extern const struct step limits_oom_init;
extern const struct step limits_oom_early;

/* executable.c */
extern const struct step executable_find;    /* HOME, then args[0] on the container's PATH */
extern const struct step executable_execute; /* execve: returns only on failure */

/**
 * executable_search() - the path of a program, as execvp(3) finds it: the first that can be
 * executed; else what was wrong with one that cannot.
 * @directories: separated by colons
 * @size: room in path
 *
 * Return: 0 or an errno value
 */
int executable_search(const char *name, const char *directories, char *path, size_t size);

/* descriptors.c: --preserve-fds */
extern const struct step descriptors_check; /* host: those to preserve are there */
extern const struct step
	descriptors_close; /* all but stdio, preserved, and what init still needs */
extern const struct step descriptors_let_go; /* the log, too, of which there is no more */
/* mounts: all but the namespaces to join, and sources and their mappings, for which it is done */
extern const struct step descriptors_keep_sources;

/**
 * descriptors_log() - the log's descriptor, while init will still write to it; else -1.
 */
int descriptors_log(void);

/**
 * descriptors_close_but() - close everything but these; -1 is none.
 */
int descriptors_close_but(const int *kept, size_t count, struct error *err);

#endif
