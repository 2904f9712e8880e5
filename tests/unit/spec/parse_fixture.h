/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Documents and what is said about them.
 */
#ifndef KIST_TESTS_PARSE_FIXTURE_H
#define KIST_TESTS_PARSE_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "spec/arena.h"
#include "spec/config.h"
#include "spec/error.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A configuration with nothing but what is required, and room for more: properties are added in
 * front of those that are there. */
#define MINIMAL_ROOT "\"root\":{\"path\":\"rootfs\"}"
#define MINIMAL_USER "\"user\":{\"uid\":0,\"gid\":0}"
#define MINIMAL_PROCESS MINIMAL_USER ",\"cwd\":\"/\",\"args\":[\"sh\"]"
#define MINIMAL_NAMESPACES                                                                         \
	"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"uts\"}]"

#define DOCUMENT(properties) "{\"ociVersion\":\"1.3.0\"," MINIMAL_ROOT properties "}"
#define PROCESS(properties) DOCUMENT(",\"process\":{" MINIMAL_PROCESS properties "}")
#define LINUX(properties) DOCUMENT(",\"linux\":{" MINIMAL_NAMESPACES properties "}")
#define RESOURCES(properties) LINUX(",\"resources\":{" properties "}")
#define SECCOMP(properties) LINUX(",\"seccomp\":{" properties "}")
#define MOUNT(properties)                                                                          \
	DOCUMENT(",\"linux\":{" MINIMAL_NAMESPACES "},\"mounts\":[{" properties "}]")

/* A document and the whole text of its error; NULL: it is valid. */
struct document_case {
	const char *text;
	const char *error;
	int code; /* 0: EINVAL */
};

static inline int parse_text(const char *text, size_t size, struct arena *arena,
			     const struct config **config, struct error *err)
{
	const struct document document = {text, size};

	return config_parse("config.json", &document, arena, config, err);
}

/* What is valid is also parsed; it lives as long as the arena. */
static inline const struct config *parse(struct arena *arena, const char *text)
{
	const struct config *config = NULL;
	struct error err = {0};

	cr_assert_eq(parse_text(text, strlen(text), arena, &config, &err), 0, "%s\n%s", err.text,
		     text);
	return config;
}

static inline void expect_case(const struct document_case *expected)
{
	struct arena arena _arena_ = {0};
	const struct config *config = NULL;
	struct error err = {0};
	int result = parse_text(expected->text, strlen(expected->text), &arena, &config, &err);

	if (!expected->error) {
		cr_expect_eq(result, 0, "%s\n%s", err.text, expected->text);
		cr_expect_not_null(config);
		return;
	}
	cr_expect_str_eq(err.text, expected->error, "\n%s\n%s\n%s", err.text, expected->error,
			 expected->text);
	cr_expect_lt(result, 0);
	cr_expect_eq(result, -err.code);
	cr_expect_eq(err.code, expected->code ? expected->code : EINVAL, "%s", err.text);
	cr_expect_null(config, "set on failure");
}

static inline void expect_cases(const struct document_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_case(&cases[i]);
}

#endif
