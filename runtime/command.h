/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command of kist reads its options, makes one call of libcontainer and prints the result. It
 * returns its error, which main.c prints.
 */
#ifndef KIST_COMMAND_H
#define KIST_COMMAND_H

#include "libcontainer/container.h"
#include "runtime/global.h"
#include "runtime/options.h"

/* The options of all commands. Each command fills in those of its own table, and the comments name
 * the commands that do. */
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
	const char *usage;   /* what follows the name, for --help */
	const char *summary; /* what the command does, in one line */
	struct options options;
	int least, most; /* how many arguments it takes; most -1: any number */
	/**
	 * Carry the command out.
	 * @argv: the arguments that are no options, ended by NULL
	 *
	 * Return: exit status, or -code
	 */
	int (*run)(const struct global *global, struct command_options *options, char **argv,
		   struct error *err);
	/* Execute kist again from a file that the container cannot write to, see seal.h. NULL: the
	 * command makes no process in a container. */
	int (*seal)(const struct command_options *options, char **call, struct error *err);
	bool activated; /* passes the descriptors of socket activation on, see activation.h */
	int words;      /* as for options_parse(): which argument begins another program's words */
	int failure;    /* exit status when it fails; 0: EXIT_FAILURE */
};

extern const struct command commands[]; /* sorted by name */
extern const size_t command_count;

/**
 * command_call() - find the command that argv names, parse its options and carry it out.
 * @argv: the command's name and what follows it, ended by NULL
 *
 * Return: exit status, or -code
 */
int command_call(const struct global *global, char **argv, struct error *err);

/**
 * command_failure() - the exit status for an error of kist during a command. It must not be taken
 * for a status of the program that the command runs.
 * @name: of a command; NULL or any other word: EXIT_FAILURE
 */
int command_failure(const char *name);

/**
 * command_exists() - whether a word is a command's name.
 */
bool command_exists(const char *name);

/**
 * command_print_all() - print the help of kist itself on stdout.
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
