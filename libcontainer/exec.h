/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two step tables of exec, for those who look at their order.
 */
#ifndef KIST_EXEC_H
#define KIST_EXEC_H

#include "libcontainer/steps.h"

extern const struct step exec_host_steps[], exec_child_steps[];
extern const size_t exec_host_step_count, exec_child_step_count;

#endif
