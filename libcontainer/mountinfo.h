/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mounts of the caller's mount namespace (proc_pid_mountinfo(5)).
 */
#ifndef KIST_MOUNTINFO_H
#define KIST_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "spec/error.h"

/* The fields of one line that kist uses. */
struct mountinfo_line {
	uint64_t id;     /* as statx(2) has it, with STATX_MNT_ID */
	uint64_t parent; /* the id of the mount below this one; its own id when there is none */
	char *device;    /* major:minor */
	char *root, *target;
	uint64_t group; /* of peers; the same number in all namespaces; 0: in no group */
	char *type, *options;
};

/**
 * mountinfo_open() - read the file line by line with getline(3).
 *
 * Return: NULL with an error
 */
FILE *mountinfo_open(struct error *err);

/**
 * mountinfo_open_at() - open the mountinfo of the namespace that the caller has joined, where /proc
 * may be a fake.
 * @descriptors: see procfs_open_descriptors()
 */
FILE *mountinfo_open_at(int descriptors, struct error *err);

/**
 * mountinfo_split() - cut a line into its fields, in place.
 *
 * Return: false when the line does not have this form
 */
bool mountinfo_split(char *text, struct mountinfo_line *line);

/**
 * mountinfo_unescape() - replace escapes in place: root and target have \040 for a space, and so
 * on.
 */
void mountinfo_unescape(char *text);

#endif
