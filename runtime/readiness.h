/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sd_notify(3): what the container says about itself goes on to the service manager that has started
 * kist (NOTIFY_SOCKET).
 *
 * The container is not trusted: only lines that are about it alone go on, at a bounded rate, and
 * neither its descriptors nor which process is the main one, which is kist's to say.
 */
#ifndef KIST_READINESS_H
#define KIST_READINESS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcontainer/container.h"

enum {
	READINESS_MESSAGE_BYTES = 4096, /* of one message; service managers take no more */
	/* With what is added to it. */
	READINESS_TEXT_BYTES = READINESS_MESSAGE_BYTES + sizeof "\nMAINPID=-2147483648",
};

enum readiness_stage {
	READINESS_LISTEN,        /* to the container */
	READINESS_SEND,          /* what it said, to the manager */
	READINESS_SEND_BARRIER,  /* to the manager, too: when has it heard that? */
	READINESS_AWAIT_BARRIER, /* until it has */
};

/* All that is known of one container's words. Nothing in it blocks. */
struct readiness {
	enum readiness_stage stage;
	int container; /* where its words come out, -1: nowhere */
	int manager;   /* connected, while there is something to send to it */
	int barrier;   /* closes at its other end once the manager has heard all that was said */
	pid_t pid;     /* of init */
	bool ready;    /* the text says so */
	bool main_process_named; /* the manager knows init for the main process */
	bool complete;           /* and has heard that it is ready, barrier included */
	size_t kept;             /* descriptors that came from the container, see readiness.c */
	int64_t until_ms;        /* when it goes on, at the latest */
	size_t length;
	char text[READINESS_TEXT_BYTES]; /* what is to be said */
};

/**
 * readiness_read() - whether the caller wants to hear of the container: then it gets a socket.
 *
 * Return: 0; -EINVAL, -ENAMETOOLONG when NOTIFY_SOCKET is no address
 */
int readiness_read(struct container_options *container, struct error *err);

/**
 * readiness_filter() - keep the lines that may go on.
 * @received: of the container, length bytes of any kind
 * @kept: room for as many; lines are separated by newlines, and there is no NUL
 * @ready: set to whether READY=1 is among them
 *
 * Return: length of kept
 */
size_t readiness_filter(const char *received, size_t length, char *kept, bool *ready);

/**
 * readiness_begin() - for a container, or none: one whose notify is -1.
 */
void readiness_begin(struct readiness *readiness, const struct container_process *process);

/**
 * readiness_poll() - what to wait for, and how long at most (-1: for ever), before the next
 * readiness_step(), which gets what came of it.
 */
struct pollfd readiness_poll(const struct readiness *readiness);
int readiness_timeout_ms(const struct readiness *readiness);
void readiness_step(struct readiness *readiness, short revents);

/**
 * readiness_finish() - the container has ended: pass its last words on, unless the manager takes its
 * time.
 */
void readiness_finish(struct readiness *readiness);

/**
 * readiness_wait() - pass on what the container says until it is ready, or has ended.
 */
void readiness_wait(const struct container_process *process);

#endif
