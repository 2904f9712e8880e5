/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --regex: a command for every container whose id matches.
 */
#ifndef KIST_MATCH_H
#define KIST_MATCH_H

#include "libcontainer/container.h"

/**
 * match_each() - do something to each container whose id matches. One that fails does not keep the
 * others from their turn; one that has gone meanwhile is no failure.
 * @pattern: POSIX extended regular expression, which may match any part of an id
 * @act: 0 or more, or -code
 *
 * Return: 0; -EINVAL when the pattern is none; -ENOENT when no id matches; the first failure, with
 * its id and the number of those after it
 */
int match_each(const char *root, const char *pattern,
	       int (*act)(const char *root, const char *id, const void *data, struct error *err),
	       const void *data, struct error *err);

#endif
