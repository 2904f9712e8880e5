/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file sets the loopback interface of a new network namespace up (netdevice(7)).
 */
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "libcontainer/compat.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

static bool is_new(const struct plan *plan)
{
	return plan->namespaces.clone_flags & CLONE_NEWNET;
}

/* A new network namespace has one interface, lo, and it is down. */
static int step_loopback(struct creation *creation, struct error *err)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	/* A socket of any family accepts the request, and this family is in every kernel. */
	_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)creation;
	if (fd < 0)
		return error_errno(err, "socket");
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_errno(err, "lo: set it up");
	return 0;
}

const struct step network_loopback = {
	"loopback",
	.run = step_loopback,
	.when = is_new,
};
