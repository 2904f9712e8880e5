/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The working directory (config.md, process.cwd; getcwd(2)). It is made where it is missing, is
 * entered inside of the root only, and its path is verified afterwards.
 */
#ifndef KIST_CWD_H
#define KIST_CWD_H

#include "spec/error.h"

struct step;

/* Init: make a missing directory while the root can still be written to. */
extern const struct step cwd_make;

/* Init: make the directory, enter it and verify it. cwd_enter_again does so as the container's
 * user, where root was not allowed to. */
extern const struct step cwd_enter, cwd_enter_again;

/**
 * cwd_verify() - whether the process is in a directory below its root.
 *
 * Return: 0; -EPERM: the directory is outside of the root, and so is what can be reached from
 * there; -errno
 */
int cwd_verify(struct error *err);

#endif
