/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers whose init waits to be started, and goes on in one way or another.
 */
#ifndef KIST_TEST_START_FIXTURE_H
#define KIST_TEST_START_FIXTURE_H

#include "libcontainer/container.h"
#include "libcontainer/process/start_socket.h"
#include "libcontainer/process/sync.h"

#include "tests/unit/libcontainer/record_fixture.h"

static inline int start(void)
{
	return container_start(root, "web", &err);
}

/* How init goes on when it has been told to. */
static inline void execute(void)
{
	creation.sync = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (start_socket_wait.run(&creation, &err) < 0)
		_exit(EXIT_FAILURE);
	/* As execve does. */
	close(creation.sync);
	sleep_forever();
}

static inline void fail_to_execute(void)
{
	struct error failure;

	if (start_socket_wait.run(&creation, &err) < 0)
		_exit(EXIT_FAILURE);
	error_set(&failure, ENOEXEC, "execute: args[0]: no program");
	sync_send_failure(creation.sync, &failure);
	_exit(EXIT_FAILURE);
}

/* Init listens and nobody else does. */
static inline void make_waiting(void (*run)(void))
{
	begin_container("web");
	STEP(start_socket_listen.run(&creation, &err));
	init_listens = true;
	put_init(spawn(run));
	close(take(&creation.start));
	leave_container();
}

static inline const char *status(void)
{
	static char text[16];
	struct container_state state;

	STEP(container_state(root, "web", &state, &err));
	snprintf(text, sizeof text, "%s", state.status);
	container_state_finish(&state);
	return text;
}

#endif
