/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/state.h"

#include "spec/schema_fields.h"

/* clang-format off */
static const struct field state_fields[] = {
	FIELD(struct state, ociVersion, REQUIRED),
	FIELD(struct state, id, REQUIRED),
	FIELD(struct state, pid, ALWAYS),
	FIELD(struct state, status, REQUIRED),
	FIELD(struct state, bundle, REQUIRED),
	FIELD(struct state, rootfs, OPTIONAL),
	FIELD(struct state, created, OPTIONAL),
	FIELD(struct state, annotations, OPTIONAL),
	FIELD(struct state, owner, OPTIONAL),
};
/* clang-format on */

const struct schema state_schema = SCHEMA(struct state, state_fields);

const char *states_format(const struct states *states, struct arena *arena)
{
	const char *text = "[";

	for (size_t i = 0; i < states->count; i++)
		text = arena_printf(
			arena, "%s%s%s", text, i > 0 ? "," : "",
			schema_format(&state_schema, &states->at[i], SCHEMA_COMPACT, arena));
	return arena_printf(arena, "%s]\n", text);
}
