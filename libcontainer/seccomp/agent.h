/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seccomp agent: the program that answers the system calls that SCMP_ACT_NOTIFY stops
 * (config-linux.md, Seccomp, The Container Process State; seccomp_unotify(2)).
 */
#ifndef KIST_SECCOMP_AGENT_H
#define KIST_SECCOMP_AGENT_H

#include "libcontainer/record.h"
#include "spec/config.h"

struct seccomp_agent {
	const char *path;  /* listenerPath */
	const char *state; /* the container process state, to be sent with the listener */
	const int *cancel; /* as for io_connect() */
};

/**
 * seccomp_agent_describe() - make the message that the agent is sent.
 * @profile: with its listenerPath
 * @record: of the container; its pid is that of init
 * @status: of the container
 * @pid: of the process that has the filter
 *
 * Return: the agent, with texts owned by the arena and the profile
 */
struct seccomp_agent seccomp_agent_describe(const struct seccomp *profile,
					    const struct record *record, enum status status,
					    pid_t pid, struct arena *arena);

/**
 * seccomp_agent_send() - connect to the agent, give it the listener, and close the connection.
 *
 * Return: 0, or -code with linux.seccomp.listenerPath in front of the error
 */
int seccomp_agent_send(const struct seccomp_agent *agent, int listener, struct error *err);

#endif
