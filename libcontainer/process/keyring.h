/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The session keyring of a container (session-keyring(7), keyctl(2)). A process may use all keys in
 * its session keyring, so a container without one of its own could use the caller's keys.
 */
#ifndef KIST_KEYRING_H
#define KIST_KEYRING_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;

/**
 * keyring_join() - make the keyring of this name the session keyring of the caller, and create it
 * when it does not exist.
 *
 * Where the kernel has no keys, or none for this process, there is nothing to keep apart, and the
 * outcome is a warning.
 *
 * Return: 0 or -errno
 */
int keyring_join(const char *name, struct error *err);

/* Host: choose the name. Init: join the keyring. */
extern const struct step keyring_name;
extern const struct step keyring_enter;

#endif
