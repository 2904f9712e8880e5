/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Points in time in the form of RFC 3339, in UTC. gmtime(3) is not used, since it would read the
 * host's time zone file.
 */
#ifndef KIST_TIMESTAMP_H
#define KIST_TIMESTAMP_H

#include <time.h>

enum { TIMESTAMP_BYTES = sizeof "2026-01-01T00:00:00.000000000Z" };

/**
 * timestamp_format() - a time since 1970 as "2026-01-31T23:59:59.000000001Z".
 * @text: room for TIMESTAMP_BYTES
 */
void timestamp_format(const struct timespec *time, char *text);

/**
 * timestamp_now() - format the present time, as timestamp_format() does.
 */
void timestamp_now(char *text);

#endif
