/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking up variables in an environment, and setting the one that is known only late.
 */
#ifndef KIST_ENVIRONMENT_H
#define KIST_ENVIRONMENT_H

#include <stdbool.h>
#include <stdio.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;

/**
 * environment_find() - find the value of a variable. Return NULL when it is not there.
 * @envp: ends in NULL
 */
const char *environment_find(char *const *envp, const char *name);

/* Init: say in LISTEN_PID which process the sockets are for. */
extern const struct step environment_listen;

#endif
