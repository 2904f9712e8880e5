/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inheritance: a structure takes what it leaves out from another one, as its field table says.
 */
#include "spec/schema.h"

#include <string.h>

#include "spec/schema_fields.h"

/* An absent member begins with zeros, be it a pointer, false, or the count of a list. */
static bool is_unset(const struct field *field, const char *member)
{
	static const char zeros[sizeof(size_t)];
	size_t size = field->size < sizeof zeros ? field->size : sizeof zeros;

	return memcmp(member, zeros, size) == 0;
}

void schema_inherit(const struct schema *schema, void *object, const void *from)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];
		char *member = (char *)object + field->offset;
		const char *given = (const char *)from + field->offset;

		if (field->type == FIELD_OBJECT)
			schema_inherit(field->schema, member, given);
		else if ((field->flags & INHERITED) && is_unset(field, member))
			memcpy(member, given, field->size);
	}
}
