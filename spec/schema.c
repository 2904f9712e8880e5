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

/* How a list of anything lies in memory. */
struct list {
	size_t count;
	const void *at;
};

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

#define _json_ _cleanup_(cleanup_json)

/*
 * The reader's place
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

/* What an integer type holds, unless the row says less. */
static void integer_range(const struct field *field, int64_t *min, uint64_t *max)
{
	static const struct {
		int64_t min;
		uint64_t max;
	} ranges[] = {
		[FIELD_UINT16] = {0, UINT16_MAX},       [FIELD_UINT32] = {0, UINT32_MAX},
		[FIELD_UINT64] = {0, UINT64_MAX},       [FIELD_INT32] = {INT32_MIN, INT32_MAX},
		[FIELD_INT64] = {INT64_MIN, INT64_MAX}, [FIELD_NUMBERS] = {0, UINT32_MAX},
	};
	unsigned type = field->type & ~(unsigned)FIELD_POINTER;
	bool narrowed = field->min || field->max;

	*min = narrowed ? field->min : ranges[type].min;
	*max = narrowed ? field->max : ranges[type].max;
}

static int read_integer(struct reader *reader, const struct field *field, const json_t *json,
			uint64_t *bits)
{
	bool negative, in_range;
	int64_t min;
	uint64_t max;

	integer_range(field, &min, &max);
	if (!json_exact(json, &negative, bits))
		return reader_type_error(reader, "an integer", json);
	if (negative)
		in_range = (int64_t)*bits >= min;
	else
		in_range = *bits <= max && (min <= 0 || *bits >= (uint64_t)min);
	if (!in_range)
		return reader_error(reader, EINVAL,
				    "%s%" PRIu64 " is out of range (%" PRId64 " to %" PRIu64 ")",
				    negative ? "-" : "", negative ? -*bits : *bits, min, max);
	return 0;
}

/* Store an integer of the field's size; two's complement makes signedness no concern. */
static void store_integer(unsigned type, uint64_t bits, void *member)
{
	switch (type) {
	case FIELD_UINT16:
		*(uint16_t *)member = (uint16_t)bits;
		break;
	case FIELD_UINT32:
	case FIELD_INT32:
		*(uint32_t *)member = (uint32_t)bits;
		break;
	default:
		*(uint64_t *)member = bits;
	}
}

static int check_string(struct reader *reader, unsigned flags, const char *string)
{
	const char *equals = strchr(string, '=');

	if ((flags & NONEMPTY) && !*string)
		return reader_error(reader, EINVAL, "must not be empty");
	if ((flags & ABSOLUTE) && *string != '/')
		return reader_error(reader, EINVAL, "\"%s\" is not an absolute path",
				    show(string).text);
	if ((flags & ENVIRONMENT) && (!equals || equals == string))
		return reader_error(reader, EINVAL, "\"%s\" is not of the form NAME=VALUE",
				    show(string).text);
	return 0;
}

static int read_string_field(struct reader *reader, const struct field *field, const json_t *json,
			     const char **member)
{
	if (reader_string(reader, json, member) < 0)
		return -reader->err->code;
	return check_string(reader, field->flags, *member);
}

/*
 * Lists
 */

/* Every list is read in the same way; what an element is differs. */
typedef int read_element(struct reader *reader, const struct field *field, const json_t *json,
			 void *element);

static int read_list(struct reader *reader, const struct field *field, const json_t *json,
		     size_t element_size, read_element *read, struct list *list)
{
	size_t count = json_array_size(json);
	char *at = arena_array(reader->arena, count, element_size);

	if (!json_is_array(json))
		return reader_type_error(reader, "an array", json);
	if ((field->flags & NONEMPTY) && count == 0)
		return reader_error(reader, EINVAL, "must not be empty");
	for (size_t i = 0; i < count; i++) {
		size_t mark = reader_enter_index(reader, i);

		if (read(reader, field, json_array_get(json, i), at + i * element_size) < 0)
			return -reader->err->code;
		reader_leave(reader, mark);
	}
	*list = (struct list){count, at};
	return 0;
}

static int read_string_element(struct reader *reader, const struct field *field, const json_t *json,
			       void *element)
{
	const char **string = element;

	if (reader_string(reader, json, string) < 0)
		return -reader->err->code;
	return check_string(reader, field->flags & ~(unsigned)NONEMPTY, *string);
}

static int read_number_element(struct reader *reader, const struct field *field, const json_t *json,
			       void *element)
{
	uint64_t bits = 0;

	if (read_integer(reader, field, json, &bits) < 0)
		return -reader->err->code;
	*(uint32_t *)element = (uint32_t)bits;
	return 0;
}

static int read_word_element(struct reader *reader, const struct field *field, const json_t *json,
			     void *element)
{
	return reader_word(reader, json, field->words, element);
}

static int read_object_element(struct reader *reader, const struct field *field, const json_t *json,
			       void *element)
{
	return reader_object(reader, field->schema, json, element);
}

int reader_strings(struct reader *reader, const json_t *json, struct strings *strings)
{
	static const struct field any = {.type = FIELD_STRINGS};
	struct list list = {0};

	if (read_list(reader, &any, json, sizeof(char *), read_string_element, &list) < 0)
		return -reader->err->code;
	*strings = (struct strings){list.count, list.at};
	return 0;
}

static int read_word_mask(struct reader *reader, const struct field *field, const json_t *json,
			  uint64_t *mask)
{
	struct list list = {0};
	const uint64_t *values;

	if (read_list(reader, field, json, sizeof *values, read_word_element, &list) < 0)
		return -reader->err->code;
	values = list.at;
	for (size_t i = 0; i < list.count; i++)
		*mask |= values[i];
	return 0;
}

static int read_pairs(struct reader *reader, const json_t *json, struct pairs *pairs)
{
	struct pair *at, *pair;
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return reader_type_error(reader, "an object", json);
	at = pair = arena_array(reader->arena, json_object_size(json), sizeof *at);
	json_object_foreach((json_t *)json, name, value)
	{
		size_t mark = reader_enter(reader, show(name).text);

		pair->name = arena_strdup(reader->arena, name);
		if (reader_string(reader, value, &pair->value) < 0)
			return -reader->err->code;
		reader_leave(reader, mark);
		pair++;
	}
	*pairs = (struct pairs){(size_t)(pair - at), at};
	return 0;
}

/* A map's structure begins with the key. */
static int read_map(struct reader *reader, const struct field *field, const json_t *json,
		    struct list *list)
{
	size_t size = field->schema->size;
	char *at, *element;
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return reader_type_error(reader, "an object", json);
	at = element = arena_array(reader->arena, json_object_size(json), size);
	json_object_foreach((json_t *)json, name, value)
	{
		size_t mark = reader_enter(reader, show(name).text);

		*(const char **)(void *)element = arena_strdup(reader->arena, name);
		if (reader_object(reader, field->schema, value, element) < 0)
			return -reader->err->code;
		reader_leave(reader, mark);
		element += size;
	}
	*list = (struct list){json_object_size(json), at};
	return 0;
}

/*
 * Objects
 */

static size_t value_size(const struct field *field)
{
	switch (field->type & ~(unsigned)FIELD_POINTER) {
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_OBJECT:
		return field->schema->size;
	default:
		return sizeof(uint64_t);
	}
}

static int read_value(struct reader *reader, const struct field *field, const json_t *json,
		      void *member)
{
	unsigned type = field->type & ~(unsigned)FIELD_POINTER;
	uint64_t bits = 0;

	switch (type) {
	case FIELD_BOOL:
		if (!json_is_boolean(json))
			return reader_type_error(reader, "true or false", json);
		*(bool *)member = json_is_true(json);
		return 0;
	case FIELD_STRING:
		return read_string_field(reader, field, json, member);
	case FIELD_STRINGS:
		return read_list(reader, field, json, sizeof(char *), read_string_element, member);
	case FIELD_PAIRS:
		return read_pairs(reader, json, member);
	case FIELD_NUMBERS:
		return read_list(reader, field, json, sizeof(uint32_t), read_number_element,
				 member);
	case FIELD_OBJECT:
		return reader_object(reader, field->schema, json, member);
	case FIELD_LIST:
		return read_list(reader, field, json, field->schema->size, read_object_element,
				 member);
	case FIELD_MAP:
		return read_map(reader, field, json, member);
	case FIELD_WORD:
		return reader_word(reader, json, field->words, member);
	case FIELD_WORD_MASK:
		return read_word_mask(reader, field, json, member);
	case FIELD_WORD_LIST:
		return read_list(reader, field, json, sizeof(uint64_t), read_word_element, member);
	case FIELD_CUSTOM:
		return field->custom->read(reader, json, member);
	default:
		if (read_integer(reader, field, json, &bits) < 0)
			return -reader->err->code;
		store_integer(type, bits, member);
		return 0;
	}
}

/* Is there something to refuse? An empty list asks for nothing; an empty object may. */
static bool asks_for_something(const struct field *field, const json_t *json)
{
	unsigned type = field->type & ~(unsigned)FIELD_POINTER;

	if (json_is_array(json))
		return json_array_size(json) > 0;
	if (type == FIELD_MAP || type == FIELD_PAIRS)
		return json_object_size(json) > 0;
	if (type != FIELD_OBJECT && json_is_integer(json) && !(field->type & FIELD_POINTER))
		return json_integer_value(json) != 0;
	return !json_is_false(json);
}

static int read_field(struct reader *reader, const struct field *field, const json_t *json,
		      char *object)
{
	void *member = object + field->offset;

	if (field->type & FIELD_POINTER) {
		void *value = arena_alloc(reader->arena, value_size(field));

		*(void **)member = value;
		member = value;
	}
	if (read_value(reader, field, json, member) < 0)
		return -reader->err->code;
	if ((field->flags & UNSUPPORTED) && asks_for_something(field, json))
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

/* The value of a property; NULL: as good as absent. */
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

/*
 * Documents
 */

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
	return reader_object(&reader, schema, json, object);
}

/*
 * Writing
 */

json_t *strings_write(const struct strings *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < strings->count; i++)
		json_array_append_new(array, json_string(strings->at[i]));
	return array;
}

static json_t *pairs_write(const struct pairs *pairs)
{
	json_t *object = json_object();

	for (size_t i = 0; i < pairs->count; i++)
		json_object_set_new(object, pairs->at[i].name, json_string(pairs->at[i].value));
	return object;
}

static json_t *numbers_write(const struct list *list)
{
	const uint32_t *at = list->at;
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, json_integer(at[i]));
	return array;
}

static json_t *mask_write(const struct words *words, uint64_t mask)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->count; i++)
		if (mask & words->at[i].value)
			json_array_append_new(array, json_string(words->at[i].name));
	return array;
}

static json_t *word_list_write(const struct words *words, const struct list *list)
{
	const uint64_t *at = list->at;
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, json_string(words_name(words, at[i])));
	return array;
}

static json_t *object_write(const struct schema *schema, const void *object);

static json_t *list_write(const struct schema *schema, const struct list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(
			array, object_write(schema, (const char *)list->at + i * schema->size));
	return array;
}

static json_t *map_write(const struct schema *schema, const struct list *list)
{
	json_t *object = json_object();

	for (size_t i = 0; i < list->count; i++) {
		const char *element = (const char *)list->at + i * schema->size;

		json_object_set_new(object, *(const char *const *)(const void *)element,
				    object_write(schema, element));
	}
	return object;
}

/* Nothing that kist writes is above INT64_MAX. */
static json_t *integer_write(unsigned type, const void *member)
{
	switch (type) {
	case FIELD_UINT16:
		return json_integer(*(const uint16_t *)member);
	case FIELD_UINT32:
		return json_integer(*(const uint32_t *)member);
	case FIELD_INT32:
		return json_integer(*(const int32_t *)member);
	default:
		return json_integer(*(const json_int_t *)member);
	}
}

/* A list that is empty and not required is left out. */
static bool is_left_out(const struct field *field, const void *member)
{
	unsigned type = field->type & ~(unsigned)FIELD_POINTER;

	if (field->flags & (REQUIRED | ALWAYS))
		return false;
	switch (type) {
	case FIELD_BOOL:
		return !(field->type & FIELD_POINTER) && !*(const bool *)member;
	case FIELD_STRINGS:
	case FIELD_PAIRS:
	case FIELD_NUMBERS:
	case FIELD_LIST:
	case FIELD_MAP:
	case FIELD_WORD_LIST:
		return ((const struct list *)member)->count == 0;
	case FIELD_WORD_MASK:
		return *(const uint64_t *)member == 0;
	default:
		return false;
	}
}

static json_t *value_write(const struct field *field, const void *member)
{
	unsigned type = field->type & ~(unsigned)FIELD_POINTER;

	switch (type) {
	case FIELD_BOOL:
		return json_boolean(*(const bool *)member);
	case FIELD_STRING:
		return *(const char *const *)member ? json_string(*(const char *const *)member)
						    : NULL;
	case FIELD_STRINGS:
		return strings_write(member);
	case FIELD_PAIRS:
		return pairs_write(member);
	case FIELD_NUMBERS:
		return numbers_write(member);
	case FIELD_OBJECT:
		return object_write(field->schema, member);
	case FIELD_LIST:
		return list_write(field->schema, member);
	case FIELD_MAP:
		return map_write(field->schema, member);
	case FIELD_WORD:
		return json_string(words_name(field->words, *(const uint64_t *)member));
	case FIELD_WORD_MASK:
		return mask_write(field->words, *(const uint64_t *)member);
	case FIELD_WORD_LIST:
		return word_list_write(field->words, member);
	case FIELD_CUSTOM:
		return field->custom->write(member);
	default:
		return integer_write(type, member);
	}
}

static json_t *object_write(const struct schema *schema, const void *object)
{
	json_t *json = json_object();

	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];
		const void *member = (const char *)object + field->offset;
		json_t *value;

		if (field->type & FIELD_POINTER)
			member = *(const void *const *)member;
		if (!member || is_left_out(field, member))
			continue;
		value = value_write(field, member);
		/* An embedded object with nothing in it is as good as absent. */
		if (field->type == FIELD_OBJECT && json_object_size(value) == 0)
			json_decref(value);
		else if (value)
			json_object_set_new(json, field->name, value);
	}
	return json;
}

/* jansson indents by spaces: one a level becomes one tab a level. Strings hold no raw newline. */
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

const char *schema_format(const struct schema *schema, const void *object,
			  enum schema_layout layout, struct arena *arena)
{
	static const size_t flags[] = {
		[SCHEMA_COMPACT] = JSON_COMPACT,
		[SCHEMA_PRETTY] = JSON_INDENT(2),
		[SCHEMA_TABS] = JSON_INDENT(1),
	};
	_json_ json_t *json = object_write(schema, object);
	_free_ char *text = json_dumps(json, flags[layout]);

	if (!text)
		abort();
	if (layout == SCHEMA_COMPACT)
		return arena_strdup(arena, text);
	if (layout == SCHEMA_TABS)
		return arena_printf(arena, "%s\n", indent_by_tabs(text, arena));
	return arena_printf(arena, "%s\n", text);
}
