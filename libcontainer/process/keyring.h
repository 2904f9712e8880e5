/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The session keyring of a container (session-keyring(7), keyctl(2)). Whoever has a session keyring
 * may use all that is in it: without one of its own, a container could use the caller's keys.
 */
#ifndef KIST_KEYRING_H
#define KIST_KEYRING_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;

/**
 * keyring_join() - make this the session keyring of the caller; it is made when it is not there.
 *
 * Where the kernel has no keys, or none for this process, there is nothing to keep apart: a warning.
 *
 * Return: 0 or -errno
 */
int keyring_join(const char *name, struct error *err);

/* Host: choose the name. Init: join. */
extern const struct step keyring_name;
extern const struct step keyring_enter;

#endif
