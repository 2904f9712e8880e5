/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The option --regex: a command is carried out for every container whose id matches a pattern.
 */
#ifndef KIST_MATCH_H
#define KIST_MATCH_H

#include "libcontainer/container.h"

/**
 * match_each() - call a function for each container whose id matches. Where it fails the other
 * containers still get their turn, and a container that has gone meanwhile is no failure.
 * @root: where containers are kept
 * @pattern: POSIX extended regular expression, which may match any part of an id
 * @act: returns 0 or more, or -code; -ENOENT: the container has gone
 * @data: for act
 *
 * Return: 0; -EINVAL when the pattern is no regular expression; -ENOENT when no id matches; the
 * first failure, with the container's id and how many have failed
 */
int match_each(const char *root, const char *pattern,
	       int (*act)(const char *root, const char *id, const void *data, struct error *err),
	       const void *data, struct error *err);

#endif
