/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/seccomp/agent.h"

#include <errno.h>
#include <string.h>

#include "libcontainer/io.h"
#include "spec/cleanup.h"
#include "spec/schema_fields.h"
#include "spec/state.h"

struct process_state {
	const char *ociVersion;
	struct strings fds;
	int32_t pid;
	const char *metadata;
	struct state state;
};

/* clang-format off */
static const struct field process_state_fields[] = {
	FIELD(struct process_state, ociVersion, REQUIRED),
	FIELD(struct process_state, fds, REQUIRED),
	FIELD(struct process_state, pid, REQUIRED),
	FIELD(struct process_state, metadata, OPTIONAL),
	EMBEDDED(struct process_state, state, state_schema, REQUIRED),
};
/* clang-format on */

static const struct schema process_state_schema =
	SCHEMA(struct process_state, process_state_fields);

struct seccomp_agent seccomp_agent_describe(const struct seccomp *profile,
					    const struct record *record, enum status status,
					    pid_t pid, struct arena *arena)
{
	static const char *const name = "seccompFd";
	const struct process_state state = {
		.ociVersion = SPEC_VERSION,
		.fds = {1, &name},
		.pid = pid,
		.metadata = profile->listenerMetadata,
		.state = record_state(record, status),
	};

	return (struct seccomp_agent){
		.path = profile->listenerPath,
		.state = schema_format(&process_state_schema, &state, SCHEMA_COMPACT, arena),
	};
}

static int send_state(const struct seccomp_agent *agent, int listener, struct error *err)
{
	_close_ int connection = io_connect(agent->path, agent->cancel, err);

	if (connection < 0)
		return connection;
	if (io_give_descriptor(connection, agent->state, strlen(agent->state), listener, err) < 0)
		return error_wrap(err, "%s", agent->path);
	return 0;
}

int seccomp_agent_send(const struct seccomp_agent *agent, int listener, struct error *err)
{
	if (send_state(agent, listener, err) < 0)
		return error_wrap(err, "linux.seccomp.listenerPath");
	return 0;
}
