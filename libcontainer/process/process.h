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

#include "spec/config.h"

struct plan;
struct creation;

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

/* self.c: init as a process */
int self_step_begin(
	struct creation *creation,
	struct error *err); /* die with the creator, non-dumpable, umask 0, signals reset */
int self_step_session(struct creation *creation,
		      struct error *err); /* setsid: never the caller's terminal */
int self_step_make_cwd(struct creation *creation,
		       struct error *err); /* process.cwd, while the root can be written to */
bool self_cwd_made_early(const struct plan *plan);
int self_step_cwd(struct creation *creation,
		  struct error *err); /* make, enter and verify process.cwd */
void self_cwd_print(const struct plan *plan, FILE *out);
int self_step_cwd_again(struct creation *creation,
			struct error *err); /* as its user, when root was not allowed to */
int self_step_verify(
	struct creation *creation,
	struct error *err); /* what the kernel says against the plan; a mismatch fails */

/* console.c: process.terminal */
int console_step_connect(struct creation *creation, struct error *err); /* host: --console-socket */
int console_step_open(struct creation *creation,
		      struct error *err); /* init: pty from the container's devpts, /dev/console,
					     controlling terminal, stdio */
int console_step_add(struct creation *creation,
		     struct error *err); /* exec: another pty, from the devpts of a container that
					    runs, and not as its /dev/console */
int console_step_send(struct creation *creation,
		      struct error *err); /* host: the pty's leader to the console socket */
bool console_planned(const struct plan *plan);
bool console_socket_planned(const struct plan *plan);
void console_print(const struct plan *plan, FILE *out);
void console_socket_print(const struct plan *plan, FILE *out);

/* pidfd.c: --pidfd-socket gets a pidfd of the process */
int pidfd_plan(struct plan *plan, struct error *err);
int pidfd_step_connect(struct creation *creation, struct error *err);
int pidfd_step_send(struct creation *creation, struct error *err);
bool pidfd_planned(const struct plan *plan);
void pidfd_print(const struct plan *plan, FILE *out);

/* credentials.c */
int credentials_step_become(struct creation *creation,
			    struct error *err); /* groups, gid, uid, umask */
void credentials_print(const struct plan *plan, FILE *out);

/* capabilities.c */
int capabilities_step_bound(struct creation *creation,
			    struct error *err); /* bounding set, keep the rest over setresuid */
int capabilities_step_set(struct creation *creation,
			  struct error *err); /* five sets, noNewPrivileges */
void capabilities_print(const struct plan *plan, FILE *out);

/* limits.c */
int limits_step_set(struct creation *creation, struct error *err); /* host: prlimit on init */
int limits_step_oom(struct creation *creation,
		    struct error *err); /* init: oom_score_adj through the private procfs */
int limits_step_lower(struct creation *creation,
		      struct error *err); /* init: the same, where the host side may not */
int limits_step_raise(struct creation *creation,
		      struct error *err); /* host: more descriptors for kist itself */
int limits_step_restore(struct creation *creation,
			struct error *err); /* host, and init: the caller's limit of them */
bool limits_planned(const struct plan *plan);
bool limits_raised(const struct plan *plan);
bool limits_lowered_by_init(const struct plan *plan);
bool limits_oom_planned(const struct plan *plan);
/* With a user namespace: the host side for init, or an ordinary user's init before it is guarded. */
int limits_step_oom_init(struct creation *creation, struct error *err);
int limits_step_oom_early(struct creation *creation, struct error *err);
bool limits_oom_by_host(const struct plan *plan);
bool limits_oom_early(const struct plan *plan);
bool limits_oom_by_init(const struct plan *plan);
void limits_print(const struct plan *plan, FILE *out);
void limits_raise_print(const struct plan *plan, FILE *out);
void limits_oom_print(const struct plan *plan, FILE *out);

/* executable.c */
int executable_step_find(struct creation *creation,
			 struct error *err); /* HOME, then args[0] on the container's PATH */
int executable_step_execute(struct creation *creation,
			    struct error *err); /* execve: returns only on failure */
void executable_print(const struct plan *plan, FILE *out);

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
int descriptors_step_check(struct creation *creation,
			   struct error *err); /* host: those to preserve are there */
bool descriptors_preserved(const struct plan *plan);
int descriptors_step_close(
	struct creation *creation,
	struct error *err); /* all but stdio, preserved, and what init still needs */
int descriptors_step_let_go(struct creation *creation,
			    struct error *err); /* the log, too, of which there is no more */

#endif
