/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The start socket: who listens, who may ask, and what makes init go on.
 */
#include "libcontainer/process/start_socket.h"

#include <sys/socket.h>

#include "tests/unit/libcontainer/start_fixture.h"

TestSuite(start_socket, .init = fixture_init, .fini = fixture_finish);

Test(start_socket, is_planned_for_create_alone)
{
	cr_expect_not(start_socket_listen.when(&plan));
	plan.waits_for_start = true;
	cr_expect(start_socket_listen.when(&plan));
}

Test(start_socket, nobody_listens)
{
	begin_container("web");
	FAILS(start_socket_connect(creation.record.directory, &err), ENOENT,
	      "connect: No such file or directory");
	STEP(start_socket_listen.run(&creation, &err));
	close(take(&creation.start));
	FAILS(start_socket_connect(creation.record.directory, &err), ECONNREFUSED,
	      "connect: Connection refused");
}

Test(start_socket, somebody_listens)
{
	_close_ int connection = -1;

	begin_container("web");
	STEP(start_socket_listen.run(&creation, &err));
	cr_expect_eq(fcntl(creation.start, F_GETFD), FD_CLOEXEC);
	connection = start_socket_connect(creation.record.directory, &err);
	STEP(connection);
	cr_expect_eq(fcntl(connection, F_GETFD), FD_CLOEXEC);
	FAILS(start_socket_listen.run(&creation, &err), EADDRINUSE, "bind: Address already in use");
}

/* A socket's address has room for 107 bytes. */
Test(start_socket, a_path_longer_than_an_address)
{
	_close_ int connection = -1;
	char id[NAME_MAX + 1] = "";

	memset(id, 'x', NAME_MAX);
	begin_container(id);
	STEP(start_socket_listen.run(&creation, &err));
	connection = start_socket_connect(creation.record.directory, &err);
	STEP(connection);
}

static int ask(int *at)
{
	char path[PATH_MAX];
	_close_ int directory = -1;

	snprintf(path, sizeof path, "%s/web", root);
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DO(directory);
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		at[kind] = -1;
	return start_socket_ask_namespaces(directory, -1, NULL, at, &err);
}

Test(start_socket, tells_who_asks_where_init_is)
{
	int at[NAMESPACE_KINDS];

	make_waiting(execute);
	for (int i = 0; i < 20; i++) {
		int result = ask(at);

		/* Before Linux 6.11 it cannot. */
		cr_expect(result == 0 || result == -ENOTSUP, "%s", err.text);
		cr_expect_eq(namespaces_differ_from(at), 0);
		for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
			cleanup_close(&at[kind]);
	}
	cr_expect_str_eq(status(), "created");
	STEP(start());
	cr_expect_eq(ask(at), -ECONNREFUSED);
}

/* A filter that is in force might kill for the answer. */
Test(start_socket, tells_nothing_behind_a_filter)
{
	int at[NAMESPACE_KINDS];

	plan.seccomp.early = true;
	plan.seccomp.program.len = 1;
	make_waiting(execute);
	cr_expect_eq(ask(at), -ENOTSUP);
	cr_expect_str_eq(status(), "created");
}

/* The creator learns that init waits by the end of their conversation. */
Test(start_socket, waiting_ends_the_conversation_with_the_creator)
{
	int ends[2];
	char byte;

	DO(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	creation.sync = ends[1];
	begin_container("web");
	creation.sync = ends[1];
	STEP(start_socket_listen.run(&creation, &err));
	init_listens = true;
	put_init(spawn(fail_to_execute));
	close(take(&creation.start));
	close(ends[1]);
	leave_container();
	cr_expect_eq(read(ends[0], &byte, 1), 0);
	cr_expect(init_lives());
}

/* Init is not started by those who only ask for its state. */
Test(start_socket, asking_does_not_start)
{
	make_waiting(execute);
	for (int i = 0; i < 20; i++)
		cr_expect_str_eq(status(), "created");
	STEP(start());
	cr_expect_str_eq(status(), "running");
}

Test(start_socket, nobody_awaits_it)
{
	begin_container("web");
	cr_expect_not(start_socket_is_awaited(creation.record.directory));
	STEP(start_socket_listen.run(&creation, &err));
	cr_expect(start_socket_is_awaited(creation.record.directory));
	close(take(&creation.start));
	cr_expect_not(start_socket_is_awaited(creation.record.directory));
}

static void say(enum sync_word word)
{
	struct container container;
	_close_ int connection = -1;

	STEP(container_open(root, "web", &container, &err));
	connection = start_socket_connect(container.record.directory, &err);
	STEP(connection);
	STEP(sync_send(connection, word, &err));
	container_close(&container);
}

Test(start_socket, nothing_but_go_starts)
{
	make_waiting(execute);
	say(SYNC_PAUSED);
	say(SYNC_FAILED);
	cr_expect_str_eq(status(), "created");
	STEP(start());
}
