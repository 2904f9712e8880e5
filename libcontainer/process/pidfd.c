/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A caller that wants to wait for the process, or to signal it, without a pid that may become
 * somebody else's, gets a pidfd of it (pidfd_open(2)) over a socket, before the program runs.
 */
#include "libcontainer/io.h"
#include "libcontainer/process/process.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

#include <unistd.h>

/* A message with a descriptor must have at least one byte of data. */
static const char PAYLOAD[] = "pidfd";

static bool is_planned(const struct plan *plan)
{
	return plan->options->pidfd_socket != NULL;
}

int pidfd_plan(struct plan *plan, struct error *err)
{
	if (!is_planned(plan))
		return 0;
	return io_check_socket(plan->options->pidfd_socket, "--pidfd-socket", err);
}

static int step_connect(struct creation *creation, struct error *err)
{
	const struct container_options *options = creation->plan->options;

	creation->pidfd_socket = io_connect(options->pidfd_socket, options->cancel, err);
	return creation->pidfd_socket < 0 ? error_wrap(err, "--pidfd-socket") : 0;
}

static int step_send(struct creation *creation, struct error *err)
{
	if (io_give_descriptor(creation->pidfd_socket, PAYLOAD, sizeof PAYLOAD - 1, creation->init,
			       err) < 0)
		return error_wrap(err, "--pidfd-socket");
	close(take(&creation->pidfd_socket));
	return 0;
}

const struct step pidfd_send = {
	"pidfd socket",
	.run = step_send,
	.when = is_planned,
};

static void print_step(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\t%s\n", plan->options->pidfd_socket);
}

static void finish(struct creation *creation)
{
	cleanup_close(&creation->pidfd_socket);
}

const struct step pidfd_connect = {
	"pidfd socket",      .run = step_connect, .when = is_planned,
	.print = print_step, .finish = finish,
};
