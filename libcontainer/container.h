/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcontainer: create and manage OCI containers (runtime-spec 1.3). The only public header.
 *
 * A container is a directory <root>/<id> and what the kernel says about its init process; no
 * process of kist runs on between calls. Every function returns 0 or more on success and -code on
 * failure, with the error's text in *err, which the caller owns. Strings are UTF-8; paths that are
 * not said to be otherwise may be relative to the working directory. The functions are for a
 * process with one thread.
 */
#ifndef KIST_CONTAINER_H
#define KIST_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The shared library exports the functions of this header and no others. */
#pragma GCC visibility push(default)

/* What went wrong; see error.h. */
#ifndef KIST_STRUCT_ERROR
#define KIST_STRUCT_ERROR
struct error {
	int code; /* an errno value; expected outcomes (ENOENT, EEXIST, ESRCH) are tested by it */
	char text[1020]; /* one line for the user, no newline */
};
#endif

enum container_cgroup_manager {
	CONTAINER_CGROUPFS, /* kist makes the directories itself */
	CONTAINER_SYSTEMD,  /* a transient scope; not supported yet */
	CONTAINER_NO_CGROUP,
};

struct container_terminal_size {
	uint16_t rows, columns;
};

/* Where the kernel finds the command line of this process (proc_pid_cmdline(5)): the words that
 * main() was called with, including the NUL of the last one. */
struct container_command_line {
	char *at;
	size_t bytes;
};

/* What `create` and `run` are told beside config.json. Zeroed members mean the defaults. */
struct container_options {
	const char *root; /* where containers are kept, absolute */
	const char *id;
	const char *bundle; /* directory; NULL: the working directory */
	const char *config; /* file in the bundle; NULL: config.json */

	/* A container without a bundle: the configuration that `kist spec` prints, with this root
	 * filesystem and this command, on the caller's stdio. NULL: an ordinary bundle. */
	const char *rootfs;
	const char *const *args; /* ends in NULL */

	bool ephemeral; /* changes to the root filesystem are thrown away */
	/* A directory in which changes to the root filesystem are kept instead of in the root
	 * filesystem itself, below "upper"; the next container with the same directory finds them
	 * again. A host path; NULL: none. */
	const char *overlay;
	const char *pid_file;
	const char *console_socket;
	const char *pidfd_socket; /* gets a pidfd of the process */
	unsigned preserve_fds;    /* descriptors 3 .. 3 + n - 1 are the container's */
	/* The first listen_fds of the preserved descriptors are sockets that systemd passes. The
	 * program is told how many there are, and their names, which listen_names separates by
	 * colons; NULL: the sockets have no names (sd_listen_fds(3)). */
	unsigned listen_fds;
	const char *listen_names;
	/* The size of the terminal to which the container's terminal is relayed, so that the
	 * program finds it when it begins. Where this is zero, process.consoleSize counts. */
	struct container_terminal_size terminal_size;
	/* The program gets a NOTIFY_SOCKET (sd_notify(3)). What it says there goes to the caller
	 * that starts the container, see struct container_process. This is for create and run. */
	bool notify;
	bool no_pivot;
	bool no_new_keyring;
	bool detach; /* run and exec: nobody relays a terminal */
	enum container_cgroup_manager cgroup_manager;

	/* A descriptor that ends every wait for a hook, for the new process, or for the listener on
	 * a socket, once poll(2) finds the descriptor readable: a signalfd, an eventfd, a pipe. The
	 * library never reads it. create, run and exec then fail with -ECANCELED "interrupted", and
	 * undo what was done, as they do whenever they fail; poststop hooks that are owed run to
	 * their end. NULL: none. */
	const int *cancel;

	/* The new process overwrites its own copy of this command line with "kist init". In the
	 * container everybody can read the command line until the program is executed, which in a
	 * created container is not before `start`; and it may hold secrets (variables for exec) and
	 * paths of the host. No string that this library is given may lie in this memory. Zeroed:
	 * the command line stays as it is. */
	struct container_command_line command_line;
};

/**
 * container_create() - make a container whose init waits for container_start().
 *
 * On failure nothing is left: no directory, cgroup, mount, process or namespace; poststop hooks
 * have run, if any other hook had.
 *
 * Return: 0; -EEXIST when the id is in use; -ECANCELED when a hook failed, or it was interrupted;
 * -errno
 */
int container_create(const struct container_options *options, struct error *err);

/* A process of a container as the caller that started it sees it. */
struct container_process {
	pid_t pid;
	int pidfd; /* the caller closes it; polls readable when init has ended */
	/* the pty's leader when process.terminal is set and no socket took it; else -1 */
	int terminal;
	/* A datagram socket where the container's messages to a service manager come out; every
	 * process of the container may write such messages. Without container_options.notify it is
	 * -1. */
	int notify;
};

/**
 * container_run() - create and start in one, with init as a child of the caller.
 *
 * The caller waits for the process and deletes the container. A program that cannot be executed is
 * an error, and nothing is left.
 */
int container_run(const struct container_options *options, struct container_process *process,
		  struct error *err);

/* What `exec` is told about its process. Zeroed members mean the container's own values, except
 * that the process has no terminal. Lists end in NULL; NULL is an empty list. */
struct container_exec {
	/* A process (config.md, Process) as JSON, with which to begin instead of the container's,
	 * and a name of it for errors. Optional properties that this process does not have are
	 * still taken from the container, and so is noNewPrivileges. */
	const char *process;
	size_t process_bytes;
	const char *process_name;

	/* Single properties that replace those of the process, or are added to them. */
	const char *const *args;
	const char *cwd;                    /* absolute */
	const char *user;                   /* "UID[:GID]" */
	const char *const *additional_gids; /* more groups, by number */
	const char *const *env;             /* more variables, "NAME=VALUE" */
	const char *const *capabilities;    /* "CAP_NAME", more in bounding, permitted, effective */
	const char *apparmor, *process_label; /* labels, NULL: the container's */
	bool terminal;
	bool no_new_privileges;

	/* "[CONTROLLER[,CONTROLLER...]:]PATH": a cgroup that exists below the container's. NULL:
	 * the cgroup that init is in. */
	const char *const *cgroups;
	bool ignore_paused; /* in a paused container: the process waits until it is resumed */
};

/**
 * container_exec() - run another process in a container that is created or running.
 * @options: root, id, pid_file, console_socket, pidfd_socket, preserve_fds, terminal_size, detach,
 * cancel, command_line
 * @process: a child of the caller
 *
 * Everything that @exec does not set is as for init. It is taken from the copy of config.json that
 * was made when the container was created, never from the bundle. A program that cannot be executed
 * is an error, and nothing is left.
 *
 * Until it executes its program the process runs the caller's executable. A caller that has hostile
 * containers calls this function from an executable that cannot be written to (a sealed memfd): a
 * script in the container can have /proc/self/exe for its interpreter.
 *
 * Return: 0; -ESRCH "container not running"; -EBUSY "cannot exec in a paused container";
 * -ECANCELED "interrupted"; -errno
 */
int container_exec(const struct container_options *options, const struct container_exec *exec,
		   struct container_process *process, struct error *err);

/**
 * container_start() - let a created container execute its program.
 *
 * Return: 0 when the program has been executed, and its poststart hooks have run; -ECANCELED when a
 * hook failed, in which case the container is destroyed, as if deleted; -errno, with the reason,
 * when the program could not be executed, in which case the container is stopped
 */
int container_start(const char *root, const char *id, struct error *err);

/**
 * container_start_process() - as container_start(), for a caller that wants to hear of the
 * container.
 * @process: set on success; terminal is -1; the caller closes pidfd and notify
 */
int container_start_process(const char *root, const char *id, struct container_process *process,
			    struct error *err);

/**
 * container_kill() - send a signal to init.
 * @all: send it to every process of the container instead
 *
 * Return: 0; -ESRCH "container not running" when it is neither created nor running
 */
int container_kill(const char *root, const char *id, int signal, bool all, struct error *err);

/**
 * container_delete() - remove a stopped or created container, and run its poststop hooks; hooks
 * that fail are a warning in the log.
 * @force: kill a running container first, and remove whatever a creator that was killed left
 * behind. A container that does not exist is then no error.
 *
 * Return: 0; -ENOENT; -ENOTSUP, also with force, when another version of kist has made the
 * container, whose record this one cannot read
 */
int container_delete(const char *root, const char *id, bool force, struct error *err);

/**
 * container_delete_process() - as container_delete() with force, for a caller that has waited for
 * init. Nothing happens when another container has the id by now.
 * @process: init as container_run() returned it, its pidfd still open
 */
int container_delete_process(const char *root, const char *id,
			     const struct container_process *process, struct error *err);

/**
 * container_mounts_add() - mount more in a container that was created or is running.
 * @file: JSON with mounts as in config.json: an object with them, or their array alone; "-" is
 * standard input
 *
 * Either all of the mounts are made or none. What may stay all the same are directories and files
 * that were made to mount on, and the mounts that precede one whose filesystem does not answer
 * within 10 seconds. Sources are the caller's; a relative source counts from the bundle. New
 * filesystems are made in the container's namespaces.
 *
 * Return: 0; -ESRCH "container not running"; -EBUSY "cannot add mounts to a paused container";
 * -errno
 */
int container_mounts_add(const char *root, const char *id, const char *file, struct error *err);

/**
 * container_mounts_remove() - unmount what is mounted at the destinations, the last destination
 * first.
 * @file: as for container_mounts_add(); only the destinations count, and each must follow those
 * that it lies below
 *
 * Return: as container_mounts_add(); -EINVAL where a destination is no mount point, or must stay
 * mounted: then all destinations are still mounted
 */
int container_mounts_remove(const char *root, const char *id, const char *file, struct error *err);

struct container_annotation {
	const char *name;
	const char *value;
};

/* The state of runtime.md (State), and what callers expect beside it. */
struct container_state {
	const char *id;
	const char *status; /* creating, created, running, paused, stopped */
	pid_t pid;          /* 0 when stopped */
	const char *bundle;
	const char *rootfs;
	const char *created; /* RFC 3339, UTC */
	const char *owner;   /* the user's name, or uid when it has none */
	size_t annotation_count;
	const struct container_annotation *annotations;
	void *memory;
};

/**
 * container_state() - ask the kernel about a container. Free the state with
 * container_state_finish().
 *
 * Return: 0; -ENOENT "container ... does not exist"
 */
int container_state(const char *root, const char *id, struct container_state *state,
		    struct error *err);
void container_state_finish(struct container_state *state);

/**
 * container_state_print() - the state as the JSON document of `kist state`.
 */
int container_state_print(const struct container_state *state, FILE *out);

struct container_list {
	size_t count;
	struct container_state *at; /* sorted by id */
};

/**
 * container_list() - list every container below root. A container that vanishes meanwhile is left
 * out. One whose record cannot be read is listed with what is known, its id and status. A container
 * that another version of kist has made is a warning in the log. Free the list with
 * container_list_finish().
 */
int container_list(const char *root, struct container_list *list, struct error *err);
void container_list_finish(struct container_list *list);
int container_list_print(const struct container_list *list, FILE *out); /* JSON array */

/**
 * container_plan() - print what container_create() would do, in order, without doing it. This needs
 * no privilege, and the id may be in use.
 */
int container_plan(const struct container_options *options, FILE *out, struct error *err);

/**
 * container_spec() - print the default config.json, in the shape of `runc spec`.
 * @rootless: for an ordinary user: a user namespace that maps the caller to root, the host's
 * network
 */
int container_spec(bool rootless, FILE *out);

/**
 * container_features() - print the features document (features.md) of this build.
 */
int container_features(FILE *out);

/**
 * container_signal() - the number of a signal given as "9", "KILL", "SIGKILL"; -1 if it is none.
 */
int container_signal(const char *text);

/**
 * container_version() - three lines: version, commit, spec; then what is compiled in.
 */
const char *container_version(void);

enum container_log_level {
	CONTAINER_LOG_ERROR,
	CONTAINER_LOG_WARNING,
	CONTAINER_LOG_INFO,
	CONTAINER_LOG_DEBUG,
};

/**
 * container_log_open() - choose where warnings and debug messages go. Without this call they are
 * dropped, except that debug messages go to stderr.
 * @where: a file that is appended to, by its path or as "file:PATH"; "journald:NAME" or
 * "syslog:NAME": the daemon's socket, with messages from NAME, "kist" when it is empty; NULL: none
 * @json: one JSON object a line {"level","msg","time"} instead of text; a daemon has fields of its
 * own
 */
int container_log_open(const char *where, bool json, enum container_log_level level,
		       struct error *err);

/**
 * container_log() - write one message to the log, if its level is asked for.
 */
__attribute__((format(printf, 2, 3))) void container_log(enum container_log_level level,
							 const char *format, ...);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
