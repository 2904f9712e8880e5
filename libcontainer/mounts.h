/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The step tables for adding and removing mounts, for the tests of their order. */
#ifndef KIST_MOUNTS_H
#define KIST_MOUNTS_H

#include "libcontainer/steps.h"

extern const struct step_table mounts_add_host, mounts_add_child;
extern const struct step_table mounts_remove_host, mounts_remove_child;

#endif
