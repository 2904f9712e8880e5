/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The working directory (config.md, process.cwd; getcwd(2)): it is made where it is missing, entered
 * inside of the root only, and its path asked for afterwards.
 */
#ifndef KIST_CWD_H
#define KIST_CWD_H

#include "spec/error.h"

struct step;

/* Init: make it while the root can still be written to. */
extern const struct step cwd_make;

/* Init: make, enter and verify it; and once more as its user, where root was not allowed to. */
extern const struct step cwd_enter, cwd_enter_again;

/**
 * cwd_verify() - whether the process is in a directory below its root.
 *
 * Return: 0; -EPERM: it is outside, and so is what it could reach from there; -errno
 */
int cwd_verify(struct error *err);

#endif
