/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the host side to init: the sources of mounts, devices and the root, which the host side opens
 * once init exists.
 */
#ifndef KIST_HANDOVER_H
#define KIST_HANDOVER_H

#include "spec/error.h"

struct creation;
struct step;

/* Host, before init exists: both sides have the same places for descriptors, in the same order. */
extern const struct step handover_prepare;

/* Host: send what is open. Init: wait for that. */
extern const struct step handover_send;
extern const struct step handover_receive;

#endif
