/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The properties of the container's process: identity, capabilities, limits, terminal, environment,
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
	/* the text of the variable in envp that init completes; NULL: there is none */
	char *listen_pid;
	int home;         /* index of a free slot in envp for HOME; -1: process.env has HOME */
	uint32_t *groups; /* room for reading back as many groups as there are additional ones */
	/* what is asked for and can be granted; the other capabilities were warned of */
	struct capability_masks {
		uint64_t effective, bounding, inheritable, permitted, ambient;
	} capabilities;
};

/* Descriptors of the host side, -1 when not open. */
struct console_handles {
	int socket; /* the connected --console-socket */
	int leader; /* of the pty, once init has sent it */
};

struct executable_found {
	const char *path; /* of the program, in room or args[0] */
	char room[4096];
	char home[4096]; /* "HOME=..." */
};

int process_plan(struct plan *plan, struct error *err); /* argv, env */
int capabilities_plan(struct plan *plan, struct error *err);
int limits_plan(struct plan *plan, struct error *err);
int console_plan(struct plan *plan, struct error *err);

/* console.c, for process.terminal */
extern const struct step console_connect; /* host: --console-socket */
/* init: make a pty of the container's devpts, as /dev/console, controlling terminal and stdio */
extern const struct step console_open;
/* exec: make another pty of the container's devpts, which is not its /dev/console */
extern const struct step console_add;
extern const struct step console_send; /* host: send the pty's leader to the console socket */

/* pidfd.c: the socket of --pidfd-socket gets a pidfd of the process. */
int pidfd_plan(struct plan *plan, struct error *err);
extern const struct step pidfd_connect;
extern const struct step pidfd_send;

/* credentials.c */
extern const struct step credentials_become; /* groups, gid, uid, umask */

/**
 * credentials_umask() - find the umask of the container's program.
 */
mode_t credentials_umask(const struct plan *plan);

/* capabilities.c */
/* drop from the bounding set, and keep the other sets over setresuid */
extern const struct step capabilities_bound;
extern const struct step capabilities_set; /* set all five sets, and noNewPrivileges */

/* limits.c */
extern const struct step limits_set; /* host: set init's limits by prlimit(2) */
/* init: write oom_score_adj through the private procfs */
extern const struct step limits_oom, limits_oom_joined;
/* init: lower its own limits, where the host side may not set them */
extern const struct step limits_lower;
extern const struct step limits_raise; /* host: raise the limit of descriptors for kist itself */
/* host and init: restore the caller's limit of descriptors */
extern const struct step limits_restore;
bool limits_raised(const struct plan *plan);
/* With a user namespace the score is written by the host side for init, or, for an ordinary user,
 * by init before it is guarded. */
extern const struct step limits_oom_init;
extern const struct step limits_oom_early;

/* executable.c */
/* set HOME, then find args[0] on the container's PATH */
extern const struct step executable_find;
extern const struct step executable_execute; /* call execve(2); returns only on failure */

/**
 * executable_search() - find the path of a program, as execvp(3) does: the first file that can be
 * executed. When there is none, the error is that of a file that cannot be executed.
 * @directories: separated by colons
 * @size: room in path
 *
 * Return: 0 or an errno value
 */
int executable_search(const char *name, const char *directories, char *path, size_t size);

/* descriptors.c: --preserve-fds */
/* host: refuse when one of the descriptors to preserve is not open */
extern const struct step descriptors_check;
/* close all but stdio, the preserved ones, and what init still needs */
extern const struct step descriptors_close;
extern const struct step descriptors_let_go; /* close the log, too, and log nothing from here on */
/* mounts: close all but the namespaces to join, and the sources with their mappings, for which the
 * process is made */
extern const struct step descriptors_keep_sources;

/**
 * descriptors_log() - the log's descriptor as long as init will still write to it; then -1.
 */
int descriptors_log(void);

/**
 * descriptors_close_but() - close every descriptor but these; -1 stands for none.
 */
int descriptors_close_but(const int *kept, size_t count, struct error *err);

#endif
