/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log is the one global of the library. Errors are returned and not logged; runtime/main.c logs
 * the error that ends a command. See container_log_open().
 */
#ifndef KIST_LOG_H
#define KIST_LOG_H

#include "libcontainer/container.h"

#define log_warning(...) container_log(CONTAINER_LOG_WARNING, __VA_ARGS__)
#define log_debug(...) container_log(CONTAINER_LOG_DEBUG, __VA_ARGS__)

/* Whether messages of this level are logged; asked before work that is only done for the log. */
bool log_wants(enum container_log_level level);

/* The log's descriptor, or -1 when there is none. Init must not close it before init has stopped
 * logging. */
int log_descriptor(void);

/**
 * log_end() - in init: log nothing more, and close the log. Its file is the host's, and the
 * container must not find it.
 */
void log_end(void);

#endif
