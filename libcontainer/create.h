/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two step tables of create, for those who walk them: plan_print() and delete.
 */
#ifndef KIST_CREATE_H
#define KIST_CREATE_H

#include "libcontainer/steps.h"

extern const struct step_table create_host, create_child;

/**
 * creation_init() - a creation in which nothing is open yet.
 */
void creation_init(struct creation *creation, const struct plan *plan,
		   const struct document *document);

/**
 * creation_clone() - make the process, and have it take these steps.
 *
 * The table's last step executes the program: the child comes back to nobody. On the host side
 * record.pid says who it is.
 */
int creation_clone(struct creation *creation, const struct step_table *steps, struct error *err);

/**
 * creation_finish() - close what the host side held for the process. The process and its terminal go
 * to the caller, and so does the container's directory.
 */
void creation_finish(struct creation *creation);

/**
 * create_undo() - walk the undo column of create_host up: what a failing create does, and delete.
 *
 * Stops at the first step that cannot be taken back, so that it can be tried again.
 */
int create_undo(const struct record *record, struct error *err);

/**
 * create_take_back() - undo, where another error matters: what cannot be undone is a warning in the
 * log. Nothing happens to a container that somebody else removes.
 */
void create_take_back(const struct record *record);

#endif
