/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host side hands the sources of mounts, the devices and the root over to init, since it can
 * open them only once init exists.
 */
#ifndef KIST_HANDOVER_H
#define KIST_HANDOVER_H

#include "spec/error.h"

struct creation;
struct step;

/* The host side runs this step before init exists, so that both sides have the same places for
 * descriptors, in the same order. */
extern const struct step handover_prepare;

/* The host side sends the descriptors that it has opened, and init waits for them. */
extern const struct step handover_send;
extern const struct step handover_receive;

#endif
