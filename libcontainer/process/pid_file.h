/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pid file (--pid-file) has the process's pid as the caller counts it, at a path that the
 * caller names.
 */
#ifndef KIST_PID_FILE_H
#define KIST_PID_FILE_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;
struct record;

/* Host: pid_file_check refuses a path at which something else than a file stands; pid_file_write
 * writes the file. */
extern const struct step pid_file_check;
extern const struct step pid_file_write;

/**
 * pid_file_undo() - remove the pid file that this command has made, unless it has another pid by
 * now; the pid in it will soon be another process's. A file that cannot be removed is a warning in
 * the log.
 *
 * Return: 0
 */
int pid_file_undo(const struct record *record, struct error *err);

#endif
