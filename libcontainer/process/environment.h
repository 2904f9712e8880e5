/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking into an environment.
 */
#ifndef KIST_ENVIRONMENT_H
#define KIST_ENVIRONMENT_H

/**
 * environment_find() - the value of a variable; NULL when it is not there.
 * @envp: ends in NULL
 */
const char *environment_find(char *const *envp, const char *name);

#endif
