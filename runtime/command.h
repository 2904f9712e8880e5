/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command of kist: its options, one call of libcontainer, its output. Errors are returned; main.c
 * prints.
 */
#ifndef KIST_COMMAND_H
#define KIST_COMMAND_H

#include "libcontainer/container.h"
#include "runtime/global.h"
#include "runtime/options.h"

/* The options of all commands; each takes those of its table. */
struct command_options {
	bool help;
	struct container_options container; /* create, run, plan */
	bool keep, no_subreaper;            /* run */
	struct container_exec exec;
	const char *process; /* exec */
	bool all;            /* kill */
	bool force;          /* delete */
	bool regex;          /* kill, delete */
	bool quiet;          /* list */
	bool rootless;       /* spec */
	int json;            /* list */
};

struct command {
	const char *name;
	const char *usage;   /* after the name */
	const char *summary; /* one line */
	struct options options;
	int least, most; /* how many words; most -1: any number */
	/**
	 * @argv: the words that are no options, ended by NULL
	 *
	 * Return: exit status, or -code
	 */
	int (*run)(const struct global *global, struct command_options *options, char **argv,
		   struct error *err);
	/* Goes on out of the container's reach; see seal.h. NULL: it makes no process there. */
	int (*seal)(const struct command_options *options, char **call, struct error *err);
	bool activated; /* passes on what a socket-activated caller got */
	int words;      /* as for options_parse(): where options end, since others' follow */
	int failure;    /* exit status when it fails; 0: EXIT_FAILURE */
};

extern const struct command commands[]; /* sorted by name */
extern const size_t command_count;

/**
 * command_call() - do what the command line says.
 * @argv: the command's name and what follows it, ended by NULL
 *
 * Return: exit status, or -code
 */
int command_call(const struct global *global, char **argv, struct error *err);

/**
 * command_failure() - the exit status of a command that fails, which must not be taken for one of the
 * program that it runs.
 * @name: of a command, or not
 */
int command_failure(const char *name);

/**
 * command_exists() - whether a word is a command's name.
 */
bool command_exists(const char *name);

/**
 * command_print_all() - the help of kist itself, on stdout.
 */
void command_print_all(void);

int command_completion(const struct global *, struct command_options *, char **, struct error *);
int command_create(const struct global *, struct command_options *, char **, struct error *);
int command_run(const struct global *, struct command_options *, char **, struct error *);
int command_exec(const struct global *, struct command_options *, char **, struct error *);
int command_start(const struct global *, struct command_options *, char **, struct error *);
int command_state(const struct global *, struct command_options *, char **, struct error *);
int command_help(const struct global *, struct command_options *, char **, struct error *);
int command_kill(const struct global *, struct command_options *, char **, struct error *);
int command_delete(const struct global *, struct command_options *, char **, struct error *);
int command_list(const struct global *, struct command_options *, char **, struct error *);
int command_mounts(const struct global *, struct command_options *, char **, struct error *);
int command_spec(const struct global *, struct command_options *, char **, struct error *);
int command_features(const struct global *, struct command_options *, char **, struct error *);
int command_plan(const struct global *, struct command_options *, char **, struct error *);

#endif
