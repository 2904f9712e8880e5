/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verify, then execute: what the kernel says of init is compared with the plan before the
 * container's program takes over. A fault may make kist fail, but never make the container weaker
 * than planned (credentials(7), capabilities(7), prctl(2)).
 */
#ifndef KIST_VERIFY_H
#define KIST_VERIFY_H

struct step;

/* Init: verify ids and groups, capabilities, noNewPrivileges and filter, umask, working directory,
 * and open descriptors, before it waits. A mismatch is an error. */
extern const struct step verify_compare;

#endif
