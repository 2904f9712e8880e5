/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/activation.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "spec/error.h"
#include "spec/escape.h"

/* Return: the decimal number that an environment variable holds; -1 when it holds anything else, or
 * is not set. */
static long read_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long number;

	if (!text || !isdigit((unsigned char)*text))
		return -1;
	number = strtol(text, &end, 10);
	return *end ? -1 : number;
}

int activation_read(struct container_options *container, struct error *err)
{
	const char *text = getenv("LISTEN_FDS");
	long most = sysconf(_SC_OPEN_MAX), count;

	/* The descriptors may be meant for a process that has called this one, which LISTEN_PID
	 * tells. */
	if (read_number("LISTEN_PID") != getpid() || !text || !*text)
		return 0;
	count = read_number("LISTEN_FDS");
	if (count < 0 || count > most || (unsigned)count > UINT_MAX - container->preserve_fds)
		return error_set(err, EINVAL, "LISTEN_FDS: \"%s\" is not a number of descriptors",
				 show(getenv("LISTEN_FDS")).text);
	container->listen_fds = (unsigned)count;
	container->listen_names = getenv("LISTEN_FDNAMES");
	container->preserve_fds += (unsigned)count;
	return 0;
}
