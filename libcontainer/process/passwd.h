/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/passwd of the root directory that the caller is in, read without libc's name service: that
 * would load modules, in the container even the container's own (CVE-2019-14271).
 */
#ifndef KIST_PASSWD_H
#define KIST_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec/error.h"

/**
 * passwd_find_home() - find the home directory of a user; it is "/" when /etc/passwd does not tell.
 * @uid: compared as a number only: a name made of digits is no uid (CVE-2016-3697)
 * @home: set to an absolute path
 * @size: room in home, in bytes; a longer path counts as none
 *
 * The caller is in the container's root. A file that is missing, not regular, or malformed does not
 * tell, which is no error.
 *
 * Return: 0 or -errno
 */
int passwd_find_home(uid_t uid, char *home, size_t size, struct error *err);

/**
 * passwd_find_name() - find the name of a user.
 * @uid, @name, @size: as for passwd_find_home()
 *
 * Return: false, with name untouched, when /etc/passwd does not tell
 */
bool passwd_find_name(uid_t uid, char *name, size_t size);

#endif
