/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all those need who go into a container that is there (exec, mounts): may it be entered, what
 * is there to join, and was it its end that made them fail.
 */
#ifndef KIST_ENTER_H
#define KIST_ENTER_H

#include <stdbool.h>

#include "libcontainer/plan.h"
#include "libcontainer/record.h"
#include "libcontainer/steps.h"

/**
 * enter_check_status() - refuse a container that is neither created nor running. Callers look for
 * these sentences.
 * @doing: "exec in", "add mounts to"
 *
 * Return: 0; -ESRCH "container not running"; -EBUSY; -EAGAIN
 */
int enter_check_status(enum status status, const char *doing, struct error *err);

/**
 * enter_read_namespaces() - which of init's namespaces are to be joined. The pid is still its own
 * when its pidfd says so afterwards. enter_finish() closes what it has opened.
 * @init: pidfd
 * @cancel: as in struct container_options
 */
int enter_read_namespaces(const struct record *record, int init, const int *cancel,
			  struct joined *joined, struct error *err);
void enter_finish(struct joined *joined);

/**
 * enter_hand_over() - by what the steps join them. The creation then owns what joined has open.
 */
void enter_hand_over(struct joined *joined, int init, struct creation *creation);

/**
 * enter_explain() - why something failed: a container that ends meanwhile makes anything fail.
 * @result: what failed, -code; as is everything else returned
 * @init: pidfd
 */
int enter_explain(int result, int init, const char *doing, struct error *err);

#endif
