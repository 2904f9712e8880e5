/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What steps share, from its beginning to its end: struct creation of steps.h.
 */
#ifndef KIST_CREATION_H
#define KIST_CREATION_H

#include "libcontainer/steps.h"

/**
 * creation_init() - a creation in which nothing is open yet.
 */
void creation_init(struct creation *creation, const struct plan *plan,
		   const struct document *document);

#endif
