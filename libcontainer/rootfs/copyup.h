/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tmpcopyup (config.md, Linux mount options): a tmpfs begins with a copy of the directory that it
 * covers. The tree that is copied is hostile: every step is one name below a directory that is
 * held open, and no link is followed.
 */
#ifndef KIST_COPYUP_H
#define KIST_COPYUP_H

#include "spec/error.h"

/**
 * copyup() - copy everything in a directory to another: files of any type with their owners,
 * permissions, extended attributes and modification times. Hard links become files of their own.
 * @from: a readable directory; its position is used up
 * @to: an empty directory that nobody else knows of; its own owner and permissions stay
 *
 * Return: 0; -errno, where the error begins with the names of the path below from
 */
int copyup(int from, int to, struct error *err);

#endif
