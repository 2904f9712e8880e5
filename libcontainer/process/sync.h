/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The conversation between the host side and init, over a socket pair of messages. The heads of
 * create.c, exec.c and mounts.c show what each side does in between; here are all words, in the
 * order in which they are said:
 *
 *     host                              init
 *       <---------- PROCESS ----------    with a pidfd: another process, born in the namespaces
 *                                         that were joined, takes over the conversation
 *       ----------- GO -------------->    the host side knows that process
 *       <---------- FD, three times --    init's mount namespace, root and working directory, where
 *                                         mounts are made in another user namespace
 *       ----------- GO -------------->    with a user namespace: its ids are mapped
 *       ----------- BATCH... -------->    where init has sent its FDs: descriptors that the host
 *                                         side has opened for init
 *       <---------- FD ---------------    the terminal's leader; the host side keeps it, or sends
 *                                         it to the console socket
 *       <---------- PAUSED -----------    where hooks run before pivot_root: everything is mounted
 *       ----------- GO -------------->    prestart and createRuntime hooks have run
 *       <---------- LISTENER ---------    of a filter that is loaded early; the host side gives it
 *                                         to the seccomp agent
 *       ----------- GO -------------->    the agent has it
 *       <---------- PAUSED -----------    init is ready
 *       ----------- GO -------------->    limits are set, and the pid file is written
 *       <---------- NOTIFY -----------    init's notify socket, where the caller wants it
 *       <---------- HOOKED -----------    startContainer hooks have run, where there are any
 *       <---------- LISTENER ---------    of a filter that is loaded late
 *       ----------- GO -------------->    the agent has it
 *       <---------- closed -----------    the program was executed, or init waits for `start`
 *
 *       <---------- FAILED -----------    with an error, instead of any other word: init has ended
 *
 * An init that waits for `start` closes this conversation after the last PAUSED and its GO. `start`
 * then connects to the start socket, says GO there, and hears the words that follow.
 *
 * A caller that wants to join a container that waits for `start`, and that the kernel does not let
 * look at its init, says JOIN over the start socket, and gets each of the namespaces as an FD.
 *
 * To init a closed socket means that its creator has died, and init ends, too. The death signal
 * (PDEATHSIG) alone would not do: it is lost when init changes its ids; end-of-file is not.
 */
#ifndef KIST_SYNC_H
#define KIST_SYNC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "libcontainer/io.h"
#include "spec/error.h"

struct creation;
struct step;
struct seccomp_agent;

enum sync_word {
	SYNC_CLOSED, /* not a word that is sent: the other side has closed */
	SYNC_PAUSED,
	SYNC_FD,
	SYNC_FAILED,
	SYNC_GO,
	SYNC_HOOKED,
	SYNC_PROCESS,
	SYNC_LISTENER,
	SYNC_NOTIFY,
	SYNC_JOIN,
	SYNC_BATCH,
};

/* Descriptors, as many as fit into one message, and the place that each of them is for. */
struct sync_batch {
	size_t count;
	uint32_t places[IO_DESCRIPTORS_MAX];
	int descriptors[IO_DESCRIPTORS_MAX];
};

/**
 * sync_send() - say PAUSED, GO, HOOKED or JOIN.
 */
int sync_send(int sync, enum sync_word word, struct error *err);

/**
 * sync_send_descriptor() - init: say FD, with the leader of its terminal, a namespace, its root or
 * its working directory.
 */
int sync_send_descriptor(int sync, int descriptor, struct error *err);

/**
 * sync_receive_descriptor() - host: wait for FD.
 *
 * Return: descriptor; FAILED becomes its error, -code
 */
int sync_receive_descriptor(const struct creation *creation, struct error *err);

/**
 * sync_send_listener() - init: say LISTENER, with the listener of its filter.
 */
int sync_send_listener(int sync, int listener, struct error *err);

/**
 * sync_send_process() - say PROCESS: another process takes over the conversation.
 * @pidfd, @pid: those of the other process
 */
int sync_send_process(int sync, int pidfd, pid_t pid, struct error *err);

/**
 * sync_send_notify() - init: say NOTIFY, with the socket from which the container's messages to a
 * service manager are read.
 */
int sync_send_notify(int sync, int notify, struct error *err);

/**
 * sync_receive_process() - host: wait for PROCESS.
 *
 * Return: pidfd; FAILED becomes its error, -code; -ECANCELED "interrupted"
 */
int sync_receive_process(const struct creation *creation, pid_t *pid, struct error *err);

/**
 * sync_send_failure() - init: say FAILED. When that fails there is no one left to tell, so nothing
 * is returned.
 */
void sync_send_failure(int sync, const struct error *failure);

/**
 * sync_receive() - wait for a word.
 * @pidfd: the other side's process, so that its end is noticed even when another process holds its
 * end of the socket open; -1: none
 * @descriptor: set when the word is FD or LISTENER; NULL where none is expected
 *
 * Return: the word; FAILED becomes its error, -code; -ECONNRESET when the other side has ended
 * without reading what it was told
 */
int sync_receive(int sync, int pidfd, int *descriptor, struct error *err);

/**
 * sync_await() - wait until there is a word, but not for ever; sync_receive() then returns it at
 * once.
 * @pidfd: as for sync_receive()
 * @cancel: as in struct container_options
 *
 * Return: 0; -ETIMEDOUT; -ECANCELED; -errno
 */
int sync_await(int sync, int pidfd, const int *cancel, int timeout_ms, struct error *err);

/**
 * sync_receive_end() - wait until the other side closes the socket, which execve does.
 * @agent: gets the listener of the filter that the other side sends before; NULL: it sends none
 * @hooked: whether the other side runs hooks before, and then says HOOKED
 * @notify: -1 at first; set to the descriptor of NOTIFY, when that is said
 *
 * Where the other side closes without having said LISTENER or HOOKED, it was not execve that closed
 * the socket: the process was killed.
 *
 * Return: 0; -ECHILD "init was killed"; -code
 */
int sync_receive_end(int sync, int pidfd, const struct seccomp_agent *agent, bool hooked,
		     int *notify, struct error *err);

/**
 * sync_receive_go() - init: wait for GO; any other outcome means that the creator has gone.
 *
 * Return: 0, -ECANCELED or -errno
 */
int sync_receive_go(int sync, struct error *err);

/**
 * sync_send_batch() - host: say BATCH.
 *
 * When init has ended meanwhile this is no error: the step that waits for init's next word gets it.
 */
int sync_send_batch(int sync, const struct sync_batch *batch, struct error *err);

/**
 * sync_receive_batch() - init: wait for BATCH.
 *
 * Return: 0, -ECANCELED, -EMFILE or -errno
 */
int sync_receive_batch(int sync, struct sync_batch *batch, struct error *err);

/**
 * sync_send_go() - host: say GO.
 *
 * Return: 0; -ECHILD when init has ended; -errno
 */
int sync_send_go(const struct creation *creation, struct error *err);

/* Host: sync_ready_for_hooks and sync_ready wait until init says PAUSED, and keep its terminal.
 * sync_go says GO, and waits until init has executed its program or waits for `start`. A caller
 * that cancels (struct container_options) ends the wait with -ECANCELED "interrupted". */
extern const struct step sync_ready_for_hooks, sync_ready;
extern const struct step sync_go;

/* Host: say GO after the pause for hooks. */
extern const struct step sync_resume;

/* Init: say PAUSED, and wait for GO. After sync_pause, which is the last one, init outlives its
 * creator. */
extern const struct step sync_hold;
extern const struct step sync_pause;

/* Init: say HOOKED. */
extern const struct step sync_hooked;

#endif
