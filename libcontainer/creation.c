/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/creation.h"

#include "libcontainer/process/process.h"
#include "libcontainer/rootfs/rootfs.h"
#include "spec/cleanup.h"

void creation_init(struct creation *creation, const struct plan *plan,
		   const struct document *document)
{
	*creation = (struct creation){
		.plan = plan,
		.document = document,
		.record = {.directory = -1},
		.sync = -1,
		.start = -1,
		.init = -1,
		.procfs = -1,
		.cgroup = {.directory = -1},
		.rootfs = {.tree = -1, .overlay = -1},
		.namespaces = {.process = -1},
		.console = {.socket = -1, .leader = -1},
		.pidfd_socket = -1,
		.notify = -1,
	};
	for (int kind = 0; kind < NAMESPACE_KINDS; kind++)
		creation->namespaces.at[kind] = -1;
}
