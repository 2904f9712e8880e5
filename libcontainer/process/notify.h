/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The socket of sd_notify(3), on which the container's program tells that it is ready, and how it
 * is.
 *
 * The socket lies in a filesystem of its own, which holds nothing else and is read-only: everybody
 * in the container may write to the socket, and nobody may replace it or fill the host's memory.
 * Init makes the socket and keeps it until the container is started; then the process that started
 * the container gets it, and reads from it what the container says. So the host has no file of it
 * that would have to be removed.
 */
#ifndef KIST_NOTIFY_H
#define KIST_NOTIFY_H

#include <stdbool.h>
#include <stdio.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;

/* The path of the socket in the container, which NOTIFY_SOCKET has there. */
#define NOTIFY_PATH "/run/notify/notify.sock"

/* Init: make the socket in the tree, and later send it to the process that starts the container. */
extern const struct step notify_bind;
extern const struct step notify_send;
bool notify_planned(const struct plan *plan);

#endif
