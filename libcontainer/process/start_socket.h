/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The start socket is <root>/<id>/start, a listening socket that init alone holds until it executes
 * its program. As long as it listens the container is created. `start` connects, says GO, and waits
 * until the connection closes, which execve does, or until init tells why it failed. `state` only
 * connects. `exec` may ask for the namespaces.
 */
#ifndef KIST_START_SOCKET_H
#define KIST_START_SOCKET_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;

/* Host: make the socket. Init: wait for a caller that says GO; that connection becomes init's
 * sync. */
extern const struct step start_socket_listen;
extern const struct step start_socket_wait;

/**
 * start_socket_connect() - connect to the start socket in a container's directory.
 *
 * Return: descriptor; -ENOENT or -ECONNREFUSED when nobody listens; -errno
 */
int start_socket_connect(int directory, struct error *err);

/**
 * start_socket_ask_namespaces() - ask init for descriptors of its namespaces. This is for an
 * ordinary user, whom the kernel does not let look at an init that guards itself until it executes
 * its program. The socket is safe to answer on, since it is in a directory that is its owner's
 * alone.
 * @init, @cancel, @at: see namespaces_receive()
 */
int start_socket_ask_namespaces(int directory, int init, const int *cancel, int *at,
				struct error *err);

/**
 * start_socket_is_awaited() - whether init listens on the socket, and so has not executed its
 * program yet.
 */
bool start_socket_is_awaited(int directory);

#endif
