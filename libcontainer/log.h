/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log: the one global of the library. Errors are returned, not logged; runtime/main.c logs the
 * one that ends a command. See container_log_open().
 */
#ifndef KIST_LOG_H
#define KIST_LOG_H

#include "libcontainer/container.h"

#define log_warning(...) container_log(CONTAINER_LOG_WARNING, __VA_ARGS__)
#define log_debug(...) container_log(CONTAINER_LOG_DEBUG, __VA_ARGS__)

/* Asked before work that is only done for the log. */
bool log_wants(enum container_log_level level);

/* The log's descriptor, -1 for none: init must not close it before it has stopped logging. */
int log_descriptor(void);

/**
 * log_end() - in init: log nothing more. The file is the host's, and not to be found there.
 */
void log_end(void);

#endif
