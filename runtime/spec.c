/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "runtime/command.h"
#include "spec/cleanup.h"
#include "spec/error.h"

int command_spec(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	const char *bundle = options->container.bundle ? options->container.bundle : ".";
	const char *name = options->container.config ? options->container.config : "config.json";
	_close_ int directory = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int fd = -1;
	_fclose_ FILE *out = NULL;

	(void)global;
	(void)argv;
	if (directory < 0)
		return error_errno(err, "bundle %s", bundle);
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno == EEXIST ? error_set(err, EEXIST, "%s%s%s exists; move it away first",
						   *name == '/' ? "" : bundle,
						   *name == '/' ? "" : "/", name)
				       : error_errno(err, "%s", name);
	out = fdopen(fd, "w");
	if (!out)
		return error_errno(err, "%s", name);
	fd = -1;
	if (container_spec(options->rootless, out) < 0 || fflush(out) != 0) {
		error_errno(err, "%s: write", name);
		unlinkat(directory, name, 0);
		return -err->code;
	}
	return 0;
}
