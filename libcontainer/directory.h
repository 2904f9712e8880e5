/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The directory of a container, <root>/<id>. The id is claimed by making the directory (mkdir is
 * the lock), and is free again once the directory is removed. The directory holds
 *
 *     config.json   the configuration, verbatim: later edits of the bundle have no effect
 *     record.json   see record.h; written without init when the id is claimed, replaced once
 *                   init exists, and again when poststop hooks come to be owed, if there are any
 *     seccomp       the compiled filter, for processes that join the container
 *     start         a listening socket that only init holds, until it executes its program
 *
 * Nothing in the directory changes afterwards. It is its owner's alone (0700), and so is the
 * directory of all containers: a user who may write there could put anything in a container's
 * place. The creator holds a lock on the directory (flock(2)), which the kernel releases when the
 * creator dies.
 */
#ifndef KIST_DIRECTORY_H
#define KIST_DIRECTORY_H

#include "spec/error.h"

struct creation;
struct step;
struct record;

/**
 * directory_check_id() - refuse what cannot be an id: empty, ".", "..", over 255 bytes (one file
 * name), a character outside [A-Za-z0-9_+.-], a leading '-'.
 */
int directory_check_id(const char *id, struct error *err);

/**
 * directory_open_root() - open the directory of all containers, which no other user may own.
 *
 * Return: descriptor (O_PATH); -EPERM when another user owns it, or everybody may write to it;
 * -errno
 */
int directory_open_root(const char *path, struct error *err);

/**
 * directory_check_files() - refuse a directory with a file in it that kist has not made: a --root
 * may hold directories that are no containers.
 *
 * Return: 0; -ENOTEMPTY; -errno
 */
int directory_check_files(const struct record *record, struct error *err);

/* Steps of create. */
extern const struct step directory_check; /* the id is free */
extern const struct step directory_claim;
extern const struct step directory_record;                        /* write the record */
extern const struct step directory_owe_early, directory_owe_late; /* poststop hooks */
/* let go of the lock: the container is no longer being created */
extern const struct step directory_settle;

/**
 * directory_undo() - remove the container's directory, after everything else has been undone.
 */
int directory_undo(const struct record *record, struct error *err);

#endif
