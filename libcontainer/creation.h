/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first state of struct creation (steps.h), which is what the steps of a table share.
 */
#ifndef KIST_CREATION_H
#define KIST_CREATION_H

#include "libcontainer/steps.h"

/**
 * creation_init() - begin a creation in which no descriptor is open yet.
 */
void creation_init(struct creation *creation, const struct plan *plan,
		   const struct document *document);

#endif
