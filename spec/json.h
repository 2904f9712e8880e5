/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsing JSON text into jansson's tree: strictly, and with the integers above INT64_MAX that
 * jansson does not hold. Rlimits of 2^64-1 are common.
 */
#ifndef KIST_SPEC_JSON_H
#define KIST_SPEC_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/arena.h"
#include "spec/cleanup.h"

static inline void cleanup_json(json_t **json)
{
	json_decref(*json);
}

#define _json_ _cleanup_(cleanup_json)

/**
 * json_parse() - read one document, an object or an array.
 * @text: size bytes of UTF-8; need not end in NUL
 * @arena: for memory that is needed meanwhile; the tree does not lie in it
 * @error: line, column and reason of a syntax error
 *
 * Return: the tree, which the caller owns, or NULL
 */
json_t *json_parse(const char *text, size_t size, struct arena *arena, json_error_t *error);

/**
 * json_exact() - the integer that a value is, also above INT64_MAX.
 * @negative: set to whether it is below 0; then bits is its two's complement
 *
 * Return: whether the value is an integer
 */
bool json_exact(const json_t *json, bool *negative, uint64_t *bits);

/**
 * json_text() - the string that a value is, or NULL. It stands in for json_string_value(), to which
 * an integer that jansson does not hold looks like a string.
 */
const char *json_text(const json_t *json);

/**
 * json_type_name() - how an error calls the type of a value: "an object", "a number".
 */
const char *json_type_name(const json_t *json);

#endif
