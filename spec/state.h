/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state document (runtime.md, State), with further properties that callers expect.
 */
#ifndef KIST_SPEC_STATE_H
#define KIST_SPEC_STATE_H

#include <stdint.h>

#include "spec/schema.h"

struct state {
	const char *ociVersion;
	const char *id;
	int32_t pid; /* 0 when stopped */
	const char *status;
	const char *bundle;
	const char *rootfs;
	const char *created; /* RFC 3339 */
	struct pairs annotations;
	const char *owner;
};

struct states {
	size_t count;
	const struct state *at;
};

extern const struct schema state_schema;

/**
 * states_format() - several states as a JSON array, with a newline at the end.
 *
 * Return: the text, owned by the arena
 */
const char *states_format(const struct states *states, struct arena *arena);

#endif
