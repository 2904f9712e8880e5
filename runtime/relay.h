/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The relay of a foreground container: its streams or its terminal, its signals, its messages to a
 * service manager, and its exit status.
 */
#ifndef KIST_RELAY_H
#define KIST_RELAY_H

#include <signal.h>

#include "libcontainer/container.h"
#include "runtime/streams.h"

/**
 * relay_begin() - block signals, so that none is lost until relay_run() forwards it.
 * @before: set to the mask of the caller
 *
 * Return: a signalfd, or -errno
 */
int relay_begin(sigset_t *before, struct error *err);

/**
 * relay_end() - stop holding signals back, when there is no process to forward them to. Those that
 * have come are dropped; the next ones are for kist.
 * @signals, @before: from relay_begin()
 */
void relay_end(int signals, const sigset_t *before);

/**
 * relay_cancel() - a descriptor that tells when somebody wants to leave before there is a process
 * to forward signals to.
 *
 * It is readable when a signal has come that asks programs to end, unless kist's caller ignores
 * that signal. Nobody reads from it: the signal stays, to be forwarded.
 *
 * Return: a signalfd, for struct container_options; -errno
 */
int relay_cancel(struct error *err);

/**
 * relay_terminal_size() - the size of whichever of stdin, stdout and stderr is a terminal, in
 * characters; zeros when none is, or when it does not know its size.
 */
struct container_terminal_size relay_terminal_size(void);

/**
 * relay_run() - pass everything on until init has ended.
 * @process: its terminal is closed early when nobody reads from it any more
 * @streams: the caller's streams are restored already; without a terminal the pipes are relayed
 * @signals: from relay_begin()
 *
 * Return: init's exit status, 128 + signal, or -errno. It is an error, too, when init's output
 * could not be written, but for want of a reader.
 */
int relay_run(struct container_process *process, struct streams *streams, int signals,
	      struct error *err);

/**
 * relay_release() - close the descriptors of a process, except notify: runtime/readiness.c says
 * why.
 */
void relay_release(const struct container_process *process);

#endif
