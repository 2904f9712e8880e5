/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A foreground container: its terminal, its signals, what it says to a service manager, its exit
 * status.
 */
#ifndef KIST_RELAY_H
#define KIST_RELAY_H

#include <signal.h>

#include "libcontainer/container.h"
#include "runtime/streams.h"

/**
 * relay_begin() - hold signals back, so that none is lost until relay_run() forwards it.
 * @before: set to the mask of the caller
 *
 * Return: a signalfd, or -errno
 */
int relay_begin(sigset_t *before, struct error *err);

/**
 * relay_end() - there is nobody to forward them to: those that have come are done with, the next ones
 * are for kist.
 */
void relay_end(int signals, const sigset_t *before);

/**
 * relay_cancel() - who wants to leave before there is anything to forward signals to.
 *
 * Those that ask a program to end are found in there as well, unless kist's caller ignores them; they
 * stay to be forwarded, so nobody reads it.
 *
 * Return: a signalfd, for struct container_options; -errno
 */
int relay_cancel(struct error *err);

/**
 * relay_terminal_size() - of whichever of stdin, stdout and stderr is a terminal; zeros when none is,
 * or when it does not know.
 */
struct container_terminal_size relay_terminal_size(void);

/**
 * relay_run() - pass everything on until init has ended.
 * @process: its terminal is closed early when nobody reads it any more
 * @streams: restored; without a terminal its pipes are relayed
 * @signals: from relay_begin()
 *
 * Return: init's exit status, 128 + signal, or -errno: then also when what it wrote could not be
 * written, but for want of a reader
 */
int relay_run(struct container_process *process, struct streams *streams, int signals,
	      struct error *err);

/**
 * relay_release() - close what is held of a process, but for notify: see runtime/readiness.c.
 */
void relay_release(const struct container_process *process);

#endif
