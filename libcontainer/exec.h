/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two step tables of exec, for the tests of their order. */
#ifndef KIST_EXEC_H
#define KIST_EXEC_H

#include "libcontainer/steps.h"

extern const struct step_table exec_host, exec_child;

#endif
