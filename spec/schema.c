/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "spec/cleanup.h"
#include "spec/escape.h"
#include "spec/json.h"
#include "spec/schema_fields.h"

/* How every list lies in memory, whatever it is a list of. */
struct list {
	size_t count;
	const void *at;
};

/* The member has a type of its own, so the bytes are copied: the compiler may not take the member
 * for a struct list. */
static void list_store(void *member, size_t count, const void *at)
{
	const struct list list = {count, at};

	memcpy(member, &list, sizeof list);
}

static struct list list_load(const void *member)
{
	struct list list;

	memcpy(&list, member, sizeof list);
	return list;
}

/* What the engine knows about a type. The table of all kinds stands behind their functions. */
struct kind {
	size_t size; /* of a value in memory; 0: the row's schema knows */
	int (*read)(struct reader *reader, const struct kind *kind, const struct field *field,
		    const json_t *json, void *member);
	json_t *(*write)(const struct kind *kind, const struct field *field, const void *member);
	const struct kind *element; /* of lists and maps */
	int64_t min;                /* of integers, unless the row narrows it */
	uint64_t max;
};

static const struct kind *kind_of(const struct field *field);

static size_t value_size(const struct kind *kind, const struct field *field)
{
	return kind->size ? kind->size : field->schema->size;
}

/*
 * The reader's place in the document
 */

static size_t path_add(struct reader *reader, const char *text)
{
	size_t mark = reader->used;
	int length = snprintf(reader->path + mark, sizeof reader->path - mark, "%s", text);

	reader->used += (size_t)length;
	if (reader->used >= sizeof reader->path)
		reader->used = sizeof reader->path - 1;
	return mark;
}

size_t reader_enter(struct reader *reader, const char *name)
{
	size_t mark = reader->used;

	if (mark > 0)
		path_add(reader, ".");
	path_add(reader, name);
	return mark;
}

size_t reader_enter_index(struct reader *reader, size_t index)
{
	char text[32];

	snprintf(text, sizeof text, "[%zu]", index);
	return path_add(reader, text);
}

void reader_leave(struct reader *reader, size_t mark)
{
	reader->used = mark;
	reader->path[mark] = '\0';
}

int reader_error(struct reader *reader, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->err->text, sizeof reader->err->text, format, args);
	va_end(args);
	reader->err->code = code;
	if (reader->used > 0)
		error_wrap(reader->err, "%s", reader->path);
	return error_wrap(reader->err, "%s", reader->file);
}

int reader_type_error(struct reader *reader, const char *expected, const json_t *found)
{
	return reader_error(reader, EINVAL, "expected %s, not %s", expected, json_type_name(found));
}

/*
 * Single values
 */

int reader_string(struct reader *reader, const json_t *json, const char **string)
{
	const char *text = json_text(json);

	if (!text)
		return reader_type_error(reader, "a string", json);
	*string = arena_strdup(reader->arena, text);
	return 0;
}

int reader_word(struct reader *reader, const json_t *json, const struct words *words,
		uint64_t *value)
{
	const char *name = NULL, *closest;

	if (reader_string(reader, json, &name) < 0)
		return -reader->err->code;
	if (words_find(words, name, value))
		return 0;
	closest = words_closest(words, name);
	if (closest)
		return reader_error(reader, EINVAL, "unknown %s \"%s\" (did you mean \"%s\"?)",
				    words->what, show(name).text, closest);
	return reader_error(reader, EINVAL, "unknown %s \"%s\"", words->what, show(name).text);
}

static int read_bool(struct reader *reader, const struct kind *kind, const struct field *field,
		     const json_t *json, void *member)
{
	(void)kind;
	(void)field;
	if (!json_is_boolean(json))
		return reader_type_error(reader, "true or false", json);
	*(bool *)member = json_is_true(json);
	return 0;
}

static int check_range(struct reader *reader, const struct kind *kind, const struct field *field,
		       bool negative, uint64_t bits)
{
	bool narrowed = field->min || field->max;
	int64_t min = narrowed ? field->min : kind->min;
	uint64_t max = narrowed ? field->max : kind->max;

	if (negative ? (int64_t)bits >= min : bits <= max && (min <= 0 || bits >= (uint64_t)min))
		return 0;
	return reader_error(reader, EINVAL,
			    "%s%" PRIu64 " is out of range (%" PRId64 " to %" PRIu64 ")",
			    negative ? "-" : "", negative ? -bits : bits, min, max);
}

static int read_integer(struct reader *reader, const struct kind *kind, const struct field *field,
			const json_t *json, void *member)
{
	bool negative;
	uint64_t bits;

	if (!json_exact(json, &negative, &bits))
		return reader_type_error(reader, "an integer", json);
	if (check_range(reader, kind, field, negative, bits) < 0)
		return -reader->err->code;
	/* Two's complement makes signedness no concern. */
	if (kind->size == sizeof(uint16_t))
		*(uint16_t *)member = (uint16_t)bits;
	else if (kind->size == sizeof(uint32_t))
		*(uint32_t *)member = (uint32_t)bits;
	else
		*(uint64_t *)member = bits;
	return 0;
}

static int read_string(struct reader *reader, const struct kind *kind, const struct field *field,
		       const json_t *json, void *member)
{
	const char *string = NULL, *equals;

	(void)kind;
	if (reader_string(reader, json, &string) < 0)
		return -reader->err->code;
	equals = strchr(string, '=');
	if ((field->flags & NONEMPTY) && field->type == FIELD_STRING && !*string)
		return reader_error(reader, EINVAL, "must not be empty");
	if ((field->flags & ABSOLUTE) && *string != '/')
		return reader_error(reader, EINVAL, "\"%s\" is not an absolute path",
				    show(string).text);
	if ((field->flags & ENVIRONMENT) && (!equals || equals == string))
		return reader_error(reader, EINVAL, "\"%s\" is not of the form NAME=VALUE",
				    show(string).text);
	*(const char **)member = string;
	return 0;
}

static int read_word(struct reader *reader, const struct kind *kind, const struct field *field,
		     const json_t *json, void *member)
{
	(void)kind;
	return reader_word(reader, json, field->words, member);
}

static int read_custom(struct reader *reader, const struct kind *kind, const struct field *field,
		       const json_t *json, void *member)
{
	(void)kind;
	return field->custom->read(reader, json, member);
}

/*
 * Lists and maps
 */

static int read_list(struct reader *reader, const struct kind *kind, const struct field *field,
		     const json_t *json, void *member)
{
	size_t size = value_size(kind->element, field), count = json_array_size(json);
	char *at = arena_array(reader->arena, count, size);

	if (!json_is_array(json))
		return reader_type_error(reader, "an array", json);
	if ((field->flags & NONEMPTY) && count == 0)
		return reader_error(reader, EINVAL, "must not be empty");
	for (size_t i = 0; i < count; i++) {
		size_t mark = reader_enter_index(reader, i);

		if (kind->element->read(reader, kind->element, field, json_array_get(json, i),
					at + i * size) < 0)
			return -reader->err->code;
		reader_leave(reader, mark);
	}
	list_store(member, count, at);
	return 0;
}

int reader_strings(struct reader *reader, const json_t *json, struct strings *strings)
{
	static const struct field any = {.type = FIELD_STRINGS};

	return read_list(reader, kind_of(&any), &any, json, strings);
}

static int read_mask(struct reader *reader, const struct kind *kind, const struct field *field,
		     const json_t *json, void *member)
{
	struct list list = {0};
	const uint64_t *values;
	uint64_t *mask = member;

	if (read_list(reader, kind, field, json, &list) < 0)
		return -reader->err->code;
	values = list.at;
	for (size_t i = 0; i < list.count; i++)
		*mask |= values[i];
	return 0;
}

/* Each element of a map begins with the key. If it is an object, the offsets of the object's rows
 * count from there; if it is a string, the string stands next to the key. */
static size_t pair_size(const struct field *field)
{
	return field->schema ? field->schema->size : sizeof(struct pair);
}

static size_t pair_value(const struct field *field)
{
	return field->schema ? 0 : offsetof(struct pair, value);
}

static int read_map(struct reader *reader, const struct kind *kind, const struct field *field,
		    const json_t *json, void *member)
{
	char *at, *pair;
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return reader_type_error(reader, "an object", json);
	at = pair = arena_array(reader->arena, json_object_size(json), pair_size(field));
	json_object_foreach((json_t *)json, name, value)
	{
		size_t mark = reader_enter(reader, show(name).text);

		*(const char **)(void *)pair = arena_strdup(reader->arena, name);
		if (kind->element->read(reader, kind->element, field, value,
					pair + pair_value(field)) < 0)
			return -reader->err->code;
		reader_leave(reader, mark);
		pair += pair_size(field);
	}
	list_store(member, json_object_size(json), at);
	return 0;
}

/*
 * Objects
 */

/* Whether a value says no more than its absence. A member that is no pointer does not tell the two
 * apart. */
static bool is_empty(const struct field *field, const json_t *json)
{
	if (field->type & FIELD_POINTER)
		return false;
	switch (json_typeof(json)) {
	case JSON_ARRAY:
		return json_array_size(json) == 0;
	case JSON_OBJECT:
		return json_object_size(json) == 0;
	case JSON_INTEGER:
		return json_integer_value(json) == 0;
	default:
		return json_is_false(json);
	}
}

static int read_field(struct reader *reader, const struct field *field, const json_t *json,
		      char *object)
{
	const struct kind *kind = kind_of(field);
	void *member = object + field->offset;

	if (field->type & FIELD_POINTER) {
		void *value = arena_alloc(reader->arena, value_size(kind, field));

		*(void **)member = value;
		member = value;
	}
	if (kind->read(reader, kind, field, json, member) < 0)
		return -reader->err->code;
	if ((field->flags & UNSUPPORTED) && !is_empty(field, json))
		return reader_error(reader, ENOTSUP, "not supported yet");
	return 0;
}

static bool is_absent(const struct field *field, const json_t *value)
{
	const char *text = json_text(value);
	bool may_be_empty = field->flags & (UNSUPPORTED | EMPTY_IS_ABSENT);

	return !value || json_is_null(value) ||
	       (may_be_empty && field->type == FIELD_STRING && text && !*text);
}

/* Return: the value of a property; NULL when it is as good as absent */
static const json_t *find_value(const struct field *field, const json_t *object)
{
	const json_t *value = json_object_get(object, field->name);

	if (field->only_with && !json_is_true(json_object_get(object, field->only_with)))
		return NULL;
	return is_absent(field, value) ? NULL : value;
}

int reader_object(struct reader *reader, const struct schema *schema, const json_t *json,
		  void *object)
{
	if (!json_is_object(json))
		return reader_type_error(reader, "an object", json);
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];
		const json_t *value = find_value(field, json);
		size_t mark = reader_enter(reader, field->name);

		if (value) {
			if (read_field(reader, field, value, object) < 0)
				return -reader->err->code;
		} else if (field->flags & REQUIRED) {
			return reader_error(reader, EINVAL, "required property is missing");
		}
		reader_leave(reader, mark);
	}
	return 0;
}

static int read_object(struct reader *reader, const struct kind *kind, const struct field *field,
		       const json_t *json, void *member)
{
	(void)kind;
	return reader_object(reader, field->schema, json, member);
}

/*
 * Documents
 */

/* An array, where the table has but one row, stands for the object that the row speaks of. The
 * function takes the reference to json, and returns one. */
static json_t *as_object(const struct schema *schema, json_t *json)
{
	bool stands_alone = json_is_array(json) && schema->count == 1;

	return stands_alone ? json_pack("{s:o}", schema->fields->name, json) : json;
}

int schema_parse(const struct schema *schema, const char *file, const char *text, size_t size,
		 struct arena *arena, void *object, struct error *err)
{
	struct reader reader = {.file = file, .arena = arena, .err = err};
	_json_ json_t *json = NULL;
	json_error_t error;

	json = json_parse(text, size, arena, &error);
	if (!json)
		return error_set(err, EINVAL, "%s:%d:%d: %s", file, error.line, error.column,
				 show(error.text).text);
	json = as_object(schema, json);
	return reader_object(&reader, schema, json, object);
}

/*
 * Writing
 */

static json_t *write_bool(const struct kind *kind, const struct field *field, const void *member)
{
	(void)kind;
	(void)field;
	return json_boolean(*(const bool *)member);
}

/* Nothing that kist writes is above INT64_MAX. */
static json_t *write_integer(const struct kind *kind, const struct field *field, const void *member)
{
	(void)field;
	if (kind->size == sizeof(uint16_t))
		return json_integer(*(const uint16_t *)member);
	if (kind->size == sizeof(uint64_t))
		return json_integer(*(const json_int_t *)member);
	return kind->min < 0 ? json_integer(*(const int32_t *)member)
			     : json_integer(*(const uint32_t *)member);
}

static json_t *write_string(const struct kind *kind, const struct field *field, const void *member)
{
	const char *string = *(const char *const *)member;

	(void)kind;
	(void)field;
	return string ? json_string(string) : NULL;
}

static json_t *write_word(const struct kind *kind, const struct field *field, const void *member)
{
	(void)kind;
	return json_string(words_name(field->words, *(const uint64_t *)member));
}

static json_t *write_mask(const struct kind *kind, const struct field *field, const void *member)
{
	const struct words *words = field->words;
	json_t *array = json_array();

	(void)kind;
	for (size_t i = 0; i < words->count; i++)
		if (*(const uint64_t *)member & words->at[i].value)
			json_array_append_new(array, json_string(words->at[i].name));
	return array;
}

static json_t *write_custom(const struct kind *kind, const struct field *field, const void *member)
{
	(void)kind;
	return field->custom->write(member);
}

static json_t *write_list(const struct kind *kind, const struct field *field, const void *member)
{
	const struct list list = list_load(member);
	size_t size = value_size(kind->element, field);
	json_t *array = json_array();

	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(array,
				      kind->element->write(kind->element, field,
							   (const char *)list.at + i * size));
	return array;
}

json_t *strings_write(const struct strings *strings)
{
	static const struct field any = {.type = FIELD_STRINGS};

	return write_list(kind_of(&any), &any, strings);
}

static json_t *write_map(const struct kind *kind, const struct field *field, const void *member)
{
	const struct list list = list_load(member);
	json_t *object = json_object();

	for (size_t i = 0; i < list.count; i++) {
		const char *pair = (const char *)list.at + i * pair_size(field);

		json_object_set_new(
			object, *(const char *const *)(const void *)pair,
			kind->element->write(kind->element, field, pair + pair_value(field)));
	}
	return object;
}

static json_t *write_field(const struct field *field, const void *object)
{
	const struct kind *kind = kind_of(field);
	const void *member = (const char *)object + field->offset;
	json_t *value;

	if (field->type & FIELD_POINTER)
		member = *(const void *const *)member;
	value = member ? kind->write(kind, field, member) : NULL;
	if (!value || (field->flags & (REQUIRED | ALWAYS)) || !is_empty(field, value))
		return value;
	json_decref(value);
	return NULL;
}

static json_t *object_write(const struct schema *schema, const void *object)
{
	json_t *json = json_object();

	for (size_t i = 0; i < schema->count; i++) {
		json_t *value = write_field(&schema->fields[i], object);

		if (value)
			json_object_set_new(json, schema->fields[i].name, value);
	}
	return json;
}

static json_t *write_object(const struct kind *kind, const struct field *field, const void *member)
{
	(void)kind;
	return object_write(field->schema, member);
}

/* clang-format off */
static const struct kind kinds[] = {
	[FIELD_BOOL] = {sizeof(bool), read_bool, write_bool},
	[FIELD_UINT16] = {sizeof(uint16_t), read_integer, write_integer, NULL, 0, UINT16_MAX},
	[FIELD_UINT32] = {sizeof(uint32_t), read_integer, write_integer, NULL, 0, UINT32_MAX},
	[FIELD_UINT64] = {sizeof(uint64_t), read_integer, write_integer, NULL, 0, UINT64_MAX},
	[FIELD_INT32] = {sizeof(int32_t), read_integer, write_integer, NULL, INT32_MIN, INT32_MAX},
	[FIELD_INT64] = {sizeof(int64_t), read_integer, write_integer, NULL, INT64_MIN, INT64_MAX},
	[FIELD_STRING] = {sizeof(char *), read_string, write_string},
	[FIELD_WORD] = {sizeof(uint64_t), read_word, write_word},
	[FIELD_OBJECT] = {0, read_object, write_object},
	[FIELD_CUSTOM] = {0, read_custom, write_custom},
	[FIELD_STRINGS] = {sizeof(struct list), read_list, write_list, &kinds[FIELD_STRING]},
	[FIELD_NUMBERS] = {sizeof(struct list), read_list, write_list, &kinds[FIELD_UINT32]},
	[FIELD_WORD_LIST] = {sizeof(struct list), read_list, write_list, &kinds[FIELD_WORD]},
	[FIELD_WORD_MASK] = {sizeof(uint64_t), read_mask, write_mask, &kinds[FIELD_WORD]},
	[FIELD_LIST] = {sizeof(struct list), read_list, write_list, &kinds[FIELD_OBJECT]},
	[FIELD_MAP] = {sizeof(struct list), read_map, write_map, &kinds[FIELD_OBJECT]},
	[FIELD_PAIRS] = {sizeof(struct list), read_map, write_map, &kinds[FIELD_STRING]},
};
/* clang-format on */

static const struct kind *kind_of(const struct field *field)
{
	return &kinds[field->type & ~(unsigned)FIELD_POINTER];
}

/* jansson indents by one space a level, which becomes one tab. A string holds no raw newline, so
 * nothing else begins a line with spaces. */
static char *indent_by_tabs(const char *text, struct arena *arena)
{
	char *copy = arena_strdup(arena, text);
	bool leading = true;

	for (char *c = copy; *c; c++) {
		if (*c == '\n')
			leading = true;
		else if (leading && *c == ' ')
			*c = '\t';
		else
			leading = false;
	}
	return copy;
}

const char *layout_format(const json_t *json, enum schema_layout layout, struct arena *arena)
{
	static const size_t flags[] = {
		[SCHEMA_COMPACT] = JSON_COMPACT,
		[SCHEMA_PRETTY] = JSON_INDENT(2),
		[SCHEMA_TABS] = JSON_INDENT(1),
	};
	_free_ char *text = json_dumps(json, flags[layout]);

	if (!text)
		abort();
	if (layout == SCHEMA_COMPACT)
		return arena_strdup(arena, text);
	if (layout == SCHEMA_TABS)
		return arena_printf(arena, "%s\n", indent_by_tabs(text, arena));
	return arena_printf(arena, "%s\n", text);
}

const char *schema_format(const struct schema *schema, const void *object,
			  enum schema_layout layout, struct arena *arena)
{
	_json_ json_t *json = object_write(schema, object);

	return layout_format(json, layout, arena);
}
