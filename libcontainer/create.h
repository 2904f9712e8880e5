/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two step tables of create, for those who print them and for delete.
 */
#ifndef KIST_CREATE_H
#define KIST_CREATE_H

#include "libcontainer/steps.h"

extern const struct step_table create_host, create_child;

/**
 * create_print() - the steps that create would take, in order, with their details.
 */
void create_print(const struct plan *plan, FILE *out);

/**
 * create_undo() - walk the undo column of create_host up: what a failing create does, and delete.
 *
 * Stops at the first step that cannot be taken back, so that it can be tried again.
 */
int create_undo(const struct record *record, struct error *err);

/**
 * create_undo_cgroup() - in the undo column: remove the cgroup, with whoever is in it, unless they
 * are another container's by now: then it is left to that one.
 *
 * Only who can open containers is able to tell; so it is no function of the cgroup's.
 */
int create_undo_cgroup(const struct record *record, struct error *err);

/**
 * create_take_back() - undo, where another error matters: what cannot be undone is a warning in the
 * log. Nothing happens to a container that somebody else removes.
 */
void create_take_back(const struct record *record);

#endif
