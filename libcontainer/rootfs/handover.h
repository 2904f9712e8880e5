/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the host side to init: the sources of mounts, devices and the root, which the host side opens
 * once init exists.
 */
#ifndef KIST_HANDOVER_H
#define KIST_HANDOVER_H

#include "spec/error.h"

struct creation;

/* Host, before init exists: both sides have the same places for descriptors, in the same order. */
int handover_step_prepare(struct creation *creation, struct error *err);

/* Host: send what is open. Init: wait for that. */
int handover_step_send(struct creation *creation, struct error *err);
int handover_step_receive(struct creation *creation, struct error *err);

#endif
