/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sd_notify(3): kist passes what the container says about itself on to the service manager that has
 * started kist (NOTIFY_SOCKET).
 *
 * The container is not trusted. Only lines that are about the container alone are passed on, at a
 * bounded rate. Its descriptors are not passed on, and which process is the main one is for kist to
 * say.
 */
#ifndef KIST_READINESS_H
#define KIST_READINESS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcontainer/container.h"

enum {
	READINESS_MESSAGE_BYTES = 4096, /* of one message; service managers accept no more */
	/* A message of the container, with what kist adds to it. */
	READINESS_TEXT_BYTES = READINESS_MESSAGE_BYTES + sizeof "\nMAINPID=-2147483648",
};

enum readiness_stage {
	READINESS_LISTEN,        /* wait for a message of the container */
	READINESS_SEND,          /* send that to the manager */
	READINESS_SEND_BARRIER,  /* send it a barrier, to learn when it has received that */
	READINESS_AWAIT_BARRIER, /* wait until it has */
};

/* The state of passing one container's messages on. No call on it blocks. */
struct readiness {
	enum readiness_stage stage;
	int container; /* the socket where its messages arrive; -1: none */
	int manager;   /* a connection, while there is something to send; else -1 */
	int barrier;   /* a pipe that the manager closes when it has received everything; or -1 */
	pid_t pid;     /* of init */
	bool ready;    /* text says that the container is ready */
	bool main_process_named; /* the manager was told that init is the main process */
	bool complete; /* the manager has received that the container is ready, barrier included */
	size_t kept;   /* descriptors of the container that stay open, see readiness.c */
	int64_t until_ms; /* when the stage goes on at the latest (CLOCK_MONOTONIC); 0: not set */
	size_t length;
	char text[READINESS_TEXT_BYTES]; /* the message to be sent */
};

/**
 * readiness_read() - read from NOTIFY_SOCKET whether the caller wants to be told what the container
 * says.
 * @container: notify is set then, for which the container gets a socket
 *
 * Return: 0; -EINVAL, -ENAMETOOLONG when NOTIFY_SOCKET is no address
 */
int readiness_read(struct container_options *container, struct error *err);

/**
 * readiness_filter() - copy the lines of a message that may be passed on.
 * @received: of the container, length bytes of any kind
 * @kept: has room for as many bytes; lines are separated by newlines, and there is no NUL
 * @ready: set to whether READY=1 is among the lines
 *
 * Return: length of kept
 */
size_t readiness_filter(const char *received, size_t length, char *kept, bool *ready);

/**
 * readiness_begin() - begin to listen to a container.
 * @process: nothing is passed on for one whose notify is -1
 */
void readiness_begin(struct readiness *readiness, const struct container_process *process);

/**
 * readiness_poll() - what poll(2) is to wait for before the next readiness_step().
 * readiness_timeout_ms() - how long it is to wait at most; -1: for ever.
 * readiness_step() - do what is due.
 * @revents: the result of poll(2)
 */
struct pollfd readiness_poll(const struct readiness *readiness);
int readiness_timeout_ms(const struct readiness *readiness);
void readiness_step(struct readiness *readiness, short revents);

/**
 * readiness_finish() - pass on the last messages of a container that has ended. A manager that is
 * slow does not get all of them.
 */
void readiness_finish(struct readiness *readiness);

/**
 * readiness_wait() - pass on what the container says until the manager has received that it is
 * ready, or until it has ended.
 */
void readiness_wait(const struct container_process *process);

#endif
