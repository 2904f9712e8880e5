/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pid file (--pid-file): the process's pid as the caller counts it, in a file that he names.
 */
#ifndef KIST_PID_FILE_H
#define KIST_PID_FILE_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;
struct record;

/* Host: nothing stands there but a file; and write it. */
extern const struct step pid_file_check;
extern const struct step pid_file_write;

/**
 * pid_file_undo() - remove the pid file that this command has made, unless it says another pid by now:
 * the one that it says is soon somebody else's. What cannot be removed is a warning in the log.
 *
 * Return: 0
 */
int pid_file_undo(const struct record *record, struct error *err);

#endif
