/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an embedder does: run a program in a container, wait for it, delete the container.
 *
 *     embed ROOT ID COMMAND [ARG...]
 *
 * The root filesystem is the host's; changes to it are thrown away. Ends with the program's status.
 */
#include <container.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const struct error *err)
{
	fprintf(stderr, "embed: %s\n", err->text);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct container_options options = {.rootfs = "/", .ephemeral = true};
	struct container_process process;
	struct error err;
	siginfo_t info;

	if (argc < 4) {
		fputs(container_version(), stdout);
		return EXIT_SUCCESS;
	}
	options.root = argv[1];
	options.id = argv[2];
	options.args = (const char *const *)argv + 3;
	if (container_run(&options, &process, &err) < 0)
		return fail(&err);
	waitid(P_PIDFD, (id_t)process.pidfd, &info, WEXITED);
	close(process.pidfd);
	if (container_delete(options.root, options.id, true, &err) < 0)
		return fail(&err);
	return info.si_status;
}
