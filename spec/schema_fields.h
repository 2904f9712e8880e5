/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows of a field table, for files that define one. See schema.h for what the engine does with
 * them.
 *
 *     static const struct field user_fields[] = {
 *             RANGE(struct user, uid, REQUIRED, 0, ID_MAX),
 *             FIELD(struct user, umask, OPTIONAL),
 *     };
 *     static const struct schema user_schema = SCHEMA(struct user, user_fields);
 */
#ifndef KIST_SPEC_SCHEMA_FIELDS_H
#define KIST_SPEC_SCHEMA_FIELDS_H

#include <jansson.h>

#include "spec/schema.h"

enum field_type {
	FIELD_BOOL,
	FIELD_UINT16,
	FIELD_UINT32,
	FIELD_UINT64,
	FIELD_INT32,
	FIELD_INT64,
	FIELD_STRING,
	FIELD_STRINGS,
	FIELD_PAIRS,
	FIELD_NUMBERS,   /* {count, const uint32_t *at} */
	FIELD_OBJECT,    /* a structure in its place, or a pointer to one */
	FIELD_LIST,      /* {count, const structure *at} */
	FIELD_MAP,       /* the same from an object; the key goes to the member `name` */
	FIELD_WORD,      /* uint64_t: a word's value */
	FIELD_WORD_MASK, /* uint64_t: values of several words, or-ed */
	FIELD_WORD_LIST, /* {count, const uint64_t *at} */
	FIELD_CUSTOM,
	FIELD_POINTER = 0x100, /* of the types above: NULL when absent */
};

enum field_flags {
	OPTIONAL = 0,
	REQUIRED = 1 << 0,
	ABSOLUTE = 1 << 1,    /* a path that begins with '/'; of a list: each */
	NONEMPTY = 1 << 2,    /* string or list */
	ENVIRONMENT = 1 << 3, /* each string is NAME=VALUE */
	/* The property is valid, but refused by name. Empty strings, lists and maps are not
	 * refused. */
	UNSUPPORTED = 1 << 4,
	ALWAYS = 1 << 5,          /* written even when it says nothing */
	EMPTY_IS_ABSENT = 1 << 6, /* a string that some callers write though it says nothing */
	INHERITED = 1 << 7,     /* taken from another object where it is absent: schema_inherit() */
	NOT_INHERITED = 1 << 8, /* never inherited, in tables where each row has to say so */
};

/* The state of reading one document: where the reader is, and what it needs. */
struct reader {
	const char *file;
	struct arena *arena;
	struct error *err;
	size_t used;
	char path[512]; /* "linux.namespaces[1].type" */
};

/* How a member is read and written whose type _Generic cannot tell. */
struct field_custom {
	int (*read)(struct reader *reader, const json_t *json, void *member);
	json_t *(*write)(const void *member); /* NULL: nothing to write */
	const struct words *words;            /* the words it is made of, for features; or NULL */
};

struct field {
	const char *name;
	unsigned type; /* enum field_type, perhaps with FIELD_POINTER */
	unsigned flags;
	size_t offset, size; /* of the member */
	int64_t min;         /* integers; min = max = 0: what the type holds */
	uint64_t max;
	const char *only_with;             /* ignored unless this property beside it is true */
	const struct schema *schema;       /* FIELD_OBJECT, FIELD_LIST, FIELD_MAP */
	const struct words *words;         /* FIELD_WORD... */
	const struct field_custom *custom; /* FIELD_CUSTOM */
};

struct schema {
	size_t size;
	const struct field *fields;
	size_t count;
};

/* uid and gid 4294967295 is -1: "leave it as it is" to the kernel. */
#define ID_MAX (UINT32_MAX - 1)

#define SCHEMA(structure, rows)                                                                    \
	{                                                                                          \
		sizeof(structure), rows, sizeof rows / sizeof *rows                                \
	}

#define FIELD_TYPE(member)                                                                         \
	_Generic((member),                                                                         \
		bool: FIELD_BOOL,                                                                  \
		const bool *: FIELD_BOOL | FIELD_POINTER,                                          \
		uint16_t: FIELD_UINT16,                                                            \
		const uint16_t *: FIELD_UINT16 | FIELD_POINTER,                                    \
		uint32_t: FIELD_UINT32,                                                            \
		const uint32_t *: FIELD_UINT32 | FIELD_POINTER,                                    \
		uint64_t: FIELD_UINT64,                                                            \
		const uint64_t *: FIELD_UINT64 | FIELD_POINTER,                                    \
		int32_t: FIELD_INT32,                                                              \
		const int32_t *: FIELD_INT32 | FIELD_POINTER,                                      \
		int64_t: FIELD_INT64,                                                              \
		const int64_t *: FIELD_INT64 | FIELD_POINTER,                                      \
		const char *: FIELD_STRING,                                                        \
		struct strings: FIELD_STRINGS,                                                     \
		struct pairs: FIELD_PAIRS)

#define FIELD_ROW(structure, member, kind, flag, ...)                                              \
	{                                                                                          \
		.name = #member, .type = kind, .flags = flag,                                      \
		.offset = offsetof(structure, member), .size = sizeof(((structure *)0)->member),   \
		__VA_ARGS__                                                                        \
	}

#define FIELD(structure, member, flags) RANGE(structure, member, flags, 0, 0)
#define RANGE(structure, member, flags, least, most)                                               \
	FIELD_ROW(structure, member, FIELD_TYPE(((structure *)0)->member), flags, .min = least,    \
		  .max = most)
#define OBJECT(structure, member, table, flags)                                                    \
	FIELD_ROW(structure, member, FIELD_OBJECT | FIELD_POINTER, flags, .schema = &(table))
#define OBJECT_ONLY_WITH(structure, property, member, table, flags)                                \
	FIELD_ROW(structure, member, FIELD_OBJECT | FIELD_POINTER, flags, .schema = &(table),      \
		  .only_with = #property)
#define EMBEDDED(structure, member, table, flags)                                                  \
	FIELD_ROW(structure, member, FIELD_OBJECT, flags, .schema = &(table))
#define LIST(structure, member, table, flags)                                                      \
	FIELD_ROW(structure, member, FIELD_LIST, flags, .schema = &(table))
#define MAP(structure, member, table, flags)                                                       \
	FIELD_ROW(structure, member, FIELD_MAP, flags, .schema = &(table))
#define NUMBERS(structure, member, flags, most)                                                    \
	FIELD_ROW(structure, member, FIELD_NUMBERS, flags, .max = most)
#define WORD(structure, member, vocabulary, flags)                                                 \
	FIELD_ROW(structure, member, FIELD_WORD, flags, .words = &(vocabulary))
#define WORD_OPTIONAL(structure, member, vocabulary, flags)                                        \
	FIELD_ROW(structure, member, FIELD_WORD | FIELD_POINTER, flags, .words = &(vocabulary))
#define WORD_MASK(structure, member, vocabulary, flags)                                            \
	FIELD_ROW(structure, member, FIELD_WORD_MASK, flags, .words = &(vocabulary))
#define WORD_LIST(structure, member, vocabulary, flags)                                            \
	FIELD_ROW(structure, member, FIELD_WORD_LIST, flags, .words = &(vocabulary))
#define CUSTOM(structure, member, functions, flags)                                                \
	FIELD_ROW(structure, member, FIELD_CUSTOM, flags, .custom = &(functions))

/**
 * reader_error() - set an error about the value that is being read: "file: path: text".
 *
 * Return: -code
 */
__attribute__((format(printf, 3, 4))) int reader_error(struct reader *reader, int code,
						       const char *format, ...);

/**
 * reader_type_error() - set an error about its type: "expected an array, not a string".
 *
 * Return: -EINVAL
 */
int reader_type_error(struct reader *reader, const char *expected, const json_t *found);

/* Add a property or an element to the reader's path. reader_leave() takes it off again, by the mark
 * that was returned. */
size_t reader_enter(struct reader *reader, const char *name);
size_t reader_enter_index(struct reader *reader, size_t index);
void reader_leave(struct reader *reader, size_t mark);

/* Read one value of a type. The error names the type that was found instead.
 *
 * Return: 0 or -code */
int reader_string(struct reader *reader, const json_t *json, const char **string);
int reader_strings(struct reader *reader, const json_t *json, struct strings *strings);
int reader_word(struct reader *reader, const json_t *json, const struct words *words,
		uint64_t *value);
int reader_object(struct reader *reader, const struct schema *schema, const json_t *json,
		  void *object);

/* Write a list of strings. */
json_t *strings_write(const struct strings *strings);

/* Return: the text of a JSON tree, owned by the arena */
const char *layout_format(const json_t *json, enum schema_layout layout, struct arena *arena);

#endif
