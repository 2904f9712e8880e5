/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine that reads, validates and writes a C structure by its field table.
 *
 * A JSON object is a structure, a property is a member of the same name, and the table has one row
 * for each: {name, type, offset, flags}. The JSON type comes from the C type of the member by
 * _Generic, so a row and its member cannot disagree:
 *
 *     member                               JSON
 *     bool b; uint32_t n; int64_t n;       true/false, integer in range; zero when absent
 *     const uint32_t *n; const bool *b;    the same, NULL when absent
 *     const char *s;                       string, NULL when absent
 *     struct strings s;                    array of strings
 *     struct pairs p;                      object of strings
 *     const struct x *x;                   object, NULL when absent
 *     struct xs { count; const at; } xs;   array of objects
 *     word, words                          string or array of strings of one vocabulary, as a
 *                                          value or a bit mask
 *
 * A JSON null is the same as an absent property (runtime-tools and Go callers write it). Unknown
 * properties are ignored, as config.md (Extensibility) demands.
 */
#ifndef KIST_SPEC_SCHEMA_H
#define KIST_SPEC_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/arena.h"
#include "spec/error.h"
#include "spec/names.h"

struct strings {
	size_t count;
	const char *const *at;
};

struct pair {
	const char *name;
	const char *value;
};

struct pairs {
	size_t count;
	const struct pair *at;
};

struct schema; /* one object's field table; see schema_fields.h */

enum schema_layout {
	SCHEMA_COMPACT, /* one line */
	SCHEMA_PRETTY,  /* two spaces of indent, newline at the end */
	SCHEMA_TABS, /* one tab of indent, as `runc spec` writes config.json, newline at the end */
};

/**
 * schema_parse() - read one JSON document into a structure and validate it.
 * @schema: the table of the outermost object
 * @file: the document's name, put in front of every error: "config.json: linux.namespaces[1].type:
 * ..."
 * @text: size bytes of UTF-8; need not end in NUL
 * @arena: owns everything the structure points to
 * @object: zeroed structure of the schema's size; its contents are undefined on failure
 *
 * Where the table has but one row, an array is taken for an object whose only property it is.
 *
 * Strict: no NUL byte, valid UTF-8, no duplicate key, nothing after the document, integers exact
 * and in range. A syntax error names line and column.
 *
 * Return: 0, or -EINVAL (bad document), -ENOTSUP (a property refused by name)
 */
int schema_parse(const struct schema *schema, const char *file, const char *text, size_t size,
		 struct arena *arena, void *object, struct error *err);

/**
 * schema_format() - write a structure as JSON. Members that are absent, or empty and not required,
 * are left out.
 *
 * Return: the text, owned by the arena
 */
const char *schema_format(const struct schema *schema, const void *object,
			  enum schema_layout layout, struct arena *arena);

/**
 * schema_inherit() - take members that are absent in a structure, and whose rows say INHERITED,
 * from another structure.
 * @object, @from: of the schema's size; object then points to what from points to
 *
 * Where a member is a structure itself, each row of that structure's table says whether it is
 * inherited.
 */
void schema_inherit(const struct schema *schema, void *object, const void *from);

#endif
