/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name of a container's owner, for people. It is read from the host's /etc/passwd without
 * libc's name service, which would load modules.
 */
#ifndef KIST_OWNER_H
#define KIST_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * owner_find() - the name of a user of the host.
 * @buffer: room for size bytes
 *
 * Return: false, with buffer untouched, when there is no entry, or no name that fits
 */
bool owner_find(uint32_t uid, char *buffer, size_t size);

#endif
