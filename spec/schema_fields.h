/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a field table is written: one row for each property, in the order of the specification's page.
 *
 *     static const struct field user_fields[] = {
 *             FIELD(struct user, uid, REQUIRED | ID),
 *             FIELD(struct user, umask, OPTIONAL),
 *             NUMBERS(struct user, additionalGids, ID),
 *     };
 *     static const struct schema user_schema = SCHEMA(struct user, user_fields);
 *
 * A row takes the JSON type from the C type of the member, and refuses to compile when there is none
 * for it.
 */
#ifndef KIST_SPEC_SCHEMA_FIELDS_H
#define KIST_SPEC_SCHEMA_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/schema.h"

/* Flags of a row. */
enum field_flag {
	OPTIONAL = 0,
	REQUIRED = 1 << 0,    /* must be there; is always written */
	ABSOLUTE = 1 << 1,    /* an absolute path, or a list of them; an optional one may be "" */
	NONEMPTY = 1 << 2,    /* not "", not [] */
	ENVIRONMENT = 1 << 3, /* NAME=value, with a name */
	ID = 1 << 4,          /* a uid or gid: 4294967295 means "none" to the kernel */
	ALWAYS = 1 << 5,      /* written though it is false, 0 or empty */
	UNSUPPORTED = 1 << 6, /* refused by name, once it says anything: "", [], {}, 0 and false of
				 a member that is no pointer say nothing */
};

enum field_type {
	FIELD_BOOL,
	FIELD_UINT16,
	FIELD_UINT32,
	FIELD_UINT64,
	FIELD_INT32,
	FIELD_INT64,
	FIELD_STRING,
	FIELD_STRINGS,   /* perhaps of one vocabulary */
	FIELD_PAIRS,     /* object of strings */
	FIELD_OBJECT,    /* a structure, or a pointer to one */
	FIELD_LIST,      /* array of objects */
	FIELD_MAP,       /* object of objects: the key is a member of the element */
	FIELD_NUMBERS,   /* array of uint32_t */
	FIELD_WORD,      /* a string of one vocabulary */
	FIELD_MASK,      /* strings of one vocabulary, as a mask */
	FIELD_WORDS,     /* strings of one vocabulary, as a list of values */
	FIELD_CONVERTED, /* read in one shape, kept in another */
	FIELD_TYPES,
};

/* Where in the document something is: a chain from there to the document's name. */
struct place {
	const struct place *outer;
	const char *name; /* ".name", or the document's; NULL: an element */
	const char *key;  /* ["key"], of a map */
	size_t index;     /* [index], when there is neither */
};

/**
 * error_at() - error_set() with a place in front: "config.json: mounts[3].type: ...".
 */
__attribute__((format(printf, 4, 5))) int error_at(struct error *err, int code,
						   const struct place *place, const char *format,
						   ...);

struct conversion;

struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	bool pointer; /* the member points to the value, NULL when absent */
	size_t offset;
	const struct schema *schema; /* OBJECT, LIST, MAP */
	size_t key;                  /* MAP: offset of the key in an element */
	const struct words *words;   /* STRINGS, WORD, MASK, WORDS */
	const struct conversion *conversion;
	int64_t least; /* integers: the range, when most is not 0 */
	uint64_t most;
};

struct schema {
	size_t size; /* of the structure */
	size_t count;
	const struct field *fields;
};

/* A member that has another shape than its JSON. */
struct conversion {
	struct field raw; /* the JSON's shape, a member at offset 0 of ... */
	size_t size;      /* ... something of this size */

	/* Fill the zeroed member, or refuse. */
	int (*read)(const void *raw, void *member, const struct place *place, struct arena *arena,
		    struct error *err);
	/* Fill raw, zeroed. */
	void (*write)(const void *member, void *raw, struct arena *arena);
};

#define SCHEMA(structure, rows) {sizeof(structure), sizeof(rows) / sizeof *(rows), rows}

#define FIELD_MEMBER(structure, member) (((structure *)NULL)->member)

/* clang-format off */
#define FIELD_TYPE(member)                                                                         \
	_Generic((member),                                                                         \
		bool: FIELD_BOOL, const bool *: FIELD_BOOL,                                        \
		uint16_t: FIELD_UINT16, const uint16_t *: FIELD_UINT16,                            \
		uint32_t: FIELD_UINT32, const uint32_t *: FIELD_UINT32,                            \
		uint64_t: FIELD_UINT64, const uint64_t *: FIELD_UINT64,                            \
		int32_t: FIELD_INT32, const int32_t *: FIELD_INT32,                                \
		int64_t: FIELD_INT64, const int64_t *: FIELD_INT64,                                \
		const char *: FIELD_STRING,                                                        \
		struct strings: FIELD_STRINGS,                                                     \
		struct pairs: FIELD_PAIRS)
#define FIELD_POINTER(member)                                                                      \
	_Generic((member),                                                                         \
		const bool *: true, const uint16_t *: true, const uint32_t *: true,                \
		const uint64_t *: true, const int32_t *: true, const int64_t *: true,              \
		default: false)
/* clang-format on */

/* A row for a member that has another name than its property. */
#define NAMED(structure, member, property, flag)                                                   \
	{.name = (property),                                                                       \
	 .type = FIELD_TYPE(FIELD_MEMBER(structure, member)),                                      \
	 .pointer = FIELD_POINTER(FIELD_MEMBER(structure, member)),                                \
	 .flags = (flag),                                                                          \
	 .offset = offsetof(structure, member)}

#define FIELD(structure, member, flag) NAMED(structure, member, #member, flag)

/* An integer from low to high. */
#define RANGED(structure, member, flag, low, high)                                                 \
	{.name = #member,                                                                          \
	 .type = FIELD_TYPE(FIELD_MEMBER(structure, member)),                                      \
	 .pointer = FIELD_POINTER(FIELD_MEMBER(structure, member)),                                \
	 .flags = (flag),                                                                          \
	 .offset = offsetof(structure, member),                                                    \
	 .least = (low),                                                                           \
	 .most = (high)}

#define FIELD_PART(structure, member, kind, part, value, flag)                                     \
	{.name = #member,                                                                          \
	 .type = (kind),                                                                           \
	 .flags = (flag),                                                                          \
	 .offset = offsetof(structure, member),                                                    \
	 .part = (value)}

/* const struct x *member */
#define OBJECT(structure, member, table, flag)                                                     \
	{.name = #member,                                                                          \
	 .type = FIELD_OBJECT,                                                                     \
	 .pointer = true,                                                                          \
	 .flags = (flag),                                                                          \
	 .offset = offsetof(structure, member),                                                    \
	 .schema = &(table)}

/* struct x member */
#define EMBEDDED(structure, member, table, flag)                                                   \
	FIELD_PART(structure, member, FIELD_OBJECT, schema, &(table), flag)

/* struct { size_t count; const struct x *at; } member */
#define LIST(structure, member, table, flag)                                                       \
	FIELD_PART(structure, member, FIELD_LIST, schema, &(table), flag)

/* The same, from an object whose keys go to a member of struct x. */
#define MAP(structure, member, table, element, key_member, flag)                                   \
	{.name = #member,                                                                          \
	 .type = FIELD_MAP,                                                                        \
	 .flags = (flag),                                                                          \
	 .offset = offsetof(structure, member),                                                    \
	 .schema = &(table),                                                                       \
	 .key = offsetof(element, key_member)}

/* struct { size_t count; const uint32_t *at; } member */
#define NUMBERS(structure, member, flag)                                                           \
	{.name = #member,                                                                          \
	 .type = _Generic(FIELD_MEMBER(structure, member).at, const uint32_t *: FIELD_NUMBERS),    \
	 .flags = (flag),                                                                          \
	 .offset = offsetof(structure, member)}

/* uint64_t member or const uint64_t *member */
#define WORD(structure, member, vocabulary, flag)                                                  \
	{.name = #member,                                                                          \
	 .type = FIELD_WORD,                                                                       \
	 .pointer = _Generic(FIELD_MEMBER(structure, member),                                      \
			     uint64_t: false,                                                      \
			     const uint64_t *: true),                                              \
	 .flags = (flag),                                                                          \
	 .offset = offsetof(structure, member),                                                    \
	 .words = &(vocabulary)}

/* uint64_t: a mask; struct strings; or struct { size_t count; const uint64_t *at; } */
#define WORDS(structure, member, vocabulary, flag)                                                 \
	{.name = #member,                                                                          \
	 .type = _Generic(FIELD_MEMBER(structure, member),                                         \
			  uint64_t: FIELD_MASK,                                                    \
			  struct strings: FIELD_STRINGS,                                           \
			  default: FIELD_WORDS),                                                   \
	 .flags = (flag),                                                                          \
	 .offset = offsetof(structure, member),                                                    \
	 .words = &(vocabulary)}

#define CONVERTED(structure, member, converter, flag)                                              \
	FIELD_PART(structure, member, FIELD_CONVERTED, conversion, &(converter), flag)

/**
 * schema_list() - visit every property below an object: "linux.resources.memory.limit",
 * "mounts[].type", "linux.rdma{}.hcaHandles".
 */
void schema_list(const struct schema *schema,
		 void (*visit)(const char *path, const struct field *field, void *data),
		 void *data);

/**
 * schema_supports() - is there a property at this path, and is it not refused by name?
 */
bool schema_supports(const struct schema *schema, const char *path);

#endif
