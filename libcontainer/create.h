/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two step tables of create, for code that prints or tests them, and for delete. */
#ifndef KIST_CREATE_H
#define KIST_CREATE_H

#include "libcontainer/steps.h"

extern const struct step_table create_host, create_child;

/**
 * create_print() - the steps that create would take, in order, with their details.
 */
void create_print(const struct plan *plan, FILE *out);

/**
 * create_undo() - walk the undo column of create_host up, as a failing create and delete do.
 *
 * The walk stops at the first step that cannot be taken back, so that it can be tried again.
 */
int create_undo(const struct record *record, struct error *err);

/**
 * create_undo_cgroup() - in the undo column: remove the cgroup and kill the processes in it. When
 * another container has the cgroup by now, it is left to that container.
 *
 * This function is not in cgroup/, since the answer takes opening other containers.
 */
int create_undo_cgroup(const struct record *record, struct error *err);

/**
 * create_take_back() - undo after another error, which is the one that is reported: what cannot be
 * undone is a warning in the log. Nothing happens to a container that another process removes.
 */
void create_take_back(const struct record *record);

#endif
