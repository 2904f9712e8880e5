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

/* One line, cut into what somebody asks for. */
struct mountinfo_line {
	uint64_t id;     /* as statx(2) has it, with STATX_MNT_ID */
	uint64_t parent; /* the id of what it is mounted on; its own: nothing */
	char *device;    /* major:minor */
	char *root, *target;
	uint64_t group; /* of peers, the same number in all namespaces; 0: in none */
	char *type, *options;
};

/**
 * mountinfo_open() - read the file line by line with getline(3).
 *
 * Return: NULL with an error
 */
FILE *mountinfo_open(struct error *err);

/**
 * mountinfo_open_at() - the same of the namespace that the caller has joined, where /proc may be a fake.
 * @descriptors: see procfs_open_descriptors()
 */
FILE *mountinfo_open_at(int descriptors, struct error *err);

/**
 * mountinfo_split() - cut a line, in place.
 *
 * Return: false for what is no such line
 */
bool mountinfo_split(char *text, struct mountinfo_line *line);

/**
 * mountinfo_unescape() - \040 for a space, and so on: what root and target have, in place.
 */
void mountinfo_unescape(char *text);

#endif
