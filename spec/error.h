/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one error type.
 *
 * An error belongs to the caller, has a fixed size and needs no memory, so it can be made when
 * there is none left, and the same bytes cross the socket between init and its creator. Every
 * fallible function takes one last and returns 0 or more on success, -code on failure. Each level
 * that knows something the level below could not know puts it in front:
 *
 *     error_errno(err, "fsmount")            fsmount: Operation not permitted
 *     error_wrap(err, "%s", destination)     /proc: fsmount: Operation not permitted
 *     error_wrap(err, "mounts[%zu]", i)      mounts[3]: /proc: fsmount: Operation not permitted
 */
#ifndef KIST_SPEC_ERROR_H
#define KIST_SPEC_ERROR_H

#include <stddef.h>

/* libcontainer/container.h, the public header, stands alone and repeats these lines. */
#ifndef KIST_STRUCT_ERROR
#define KIST_STRUCT_ERROR
struct error {
	int code; /* an errno value; expected outcomes (ENOENT, EEXIST, ESRCH) are tested by it */
	char text[1020]; /* one line for the user, no newline */
};
#endif

/**
 * error_set() - say what went wrong.
 * @err: the caller's error; overwritten
 * @code: an errno value, greater than 0
 *
 * Return: -code, so that a function can end with it.
 */
__attribute__((format(printf, 3, 4))) int error_set(struct error *err, int code, const char *format,
						    ...);

/**
 * error_errno() - say what was tried when a call failed: "text: description of errno".
 *
 * Return: -errno
 */
__attribute__((format(printf, 2, 3))) int error_errno(struct error *err, const char *format, ...);

/**
 * error_wrap() - put context in front of an error: "context: text". Where both do not fit, the
 * context is cut at its end, and the text at its beginning.
 *
 * Return: -code of the error
 */
__attribute__((format(printf, 2, 3))) int error_wrap(struct error *err, const char *format, ...);

/**
 * error_describe() - the English description of an errno value, without any locale.
 */
const char *error_describe(int code);

#endif
