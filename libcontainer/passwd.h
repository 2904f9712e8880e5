/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/passwd, read without libc's name service: that would load modules, in the container even its own
 * (CVE-2019-14271). Ids are matched by number only (CVE-2016-3697).
 */
#ifndef KIST_PASSWD_H
#define KIST_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* passwd(5): name:password:UID:GID:GECOS:directory:shell */
enum passwd_field { PASSWD_NAME = 0, PASSWD_DIRECTORY = 5 };

/**
 * passwd_find() - a field of the first entry of a user.
 * @buffer: room for size bytes
 *
 * Return: false, with buffer untouched, when there is no such entry, the field is empty or too long
 */
bool passwd_find(uint32_t uid, enum passwd_field field, char *buffer, size_t size);

#endif
