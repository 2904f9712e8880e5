/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources that free themselves when their variable goes out of scope.
 *
 *     _close_ int fd = open(...);     closed on every return
 *     return take(&fd);               handed over to the caller instead
 */
#ifndef KIST_SPEC_CLEANUP_H
#define KIST_SPEC_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Close *fd unless it is -1, and leave errno alone, which often waits to be reported. */
static inline void cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

/* Close many descriptors like this; at may be NULL. */
static inline void cleanup_close_all(const int *at, size_t count)
{
	for (size_t i = 0; at && i < count; i++)
		cleanup_close(&at[i]);
}

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_fclose(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

static inline void cleanup_closedir(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

#define _close_ _cleanup_(cleanup_close)
#define _free_ _cleanup_(cleanup_free)
#define _fclose_ _cleanup_(cleanup_fclose)
#define _closedir_ _cleanup_(cleanup_closedir)

/* Hand a descriptor over: the variable no longer owns it. */
static inline int take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
