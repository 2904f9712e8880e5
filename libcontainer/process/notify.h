/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sd_notify(3): the socket on which the container's program tells that it is ready, and how it is.
 *
 * It lies in a filesystem of its own, which holds nothing else and is read-only: everybody in the
 * container may write to the socket, and nobody may replace it, nor fill the host's memory. Init makes
 * it and keeps it until the container is started; then whoever started it gets it, and with it what
 * the container says. So there is nothing of it on the host that would have to be removed.
 */
#ifndef KIST_NOTIFY_H
#define KIST_NOTIFY_H

#include <stdbool.h>
#include <stdio.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;

/* Where it is in the container; what NOTIFY_SOCKET says there. */
#define NOTIFY_PATH "/run/notify/notify.sock"

/* Init: make the socket, in the tree. Init: give it to whoever starts the container. */
extern const struct step notify_bind;
extern const struct step notify_send;
bool notify_planned(const struct plan *plan);

#endif
