/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second thread of init, for what init may not do any more when its filter is loaded.
 *
 * A thread has privileges and a filter of its own, but shares memory and descriptors. So it can
 *
 *     load   keep CAP_SYS_ADMIN, which the kernel wants for a filter without noNewPrivileges, while
 *            init gives up everything, and load the filter into all threads (TSYNC): init does not
 *            have to make a single system call afterwards, but execve
 *     send   stay without the filter that init loads itself, and hand over its listener
 *
 * execve ends it. The filter may forbid init any call, so init waits for it without one.
 */
#ifndef KIST_SECCOMP_THREAD_H
#define KIST_SECCOMP_THREAD_H

#include <linux/filter.h>
#include <stdatomic.h>
#include <stdint.h>

#include "spec/error.h"

enum { SECCOMP_THREAD_STACK_BYTES = 64 * 1024 };

struct seccomp_thread {
	_Atomic uint32_t state;
	_Atomic uint32_t turn; /* init sleeps on it until the thread begins */
	_Atomic uint32_t init; /* load: 0 once init has ended, by the kernel's hand */
	const struct sock_fprog *program;
	unsigned flags;
	long answer;  /* load: of seccomp(2), or -errno */
	int listener; /* send: to be sent, and closed */
	int sync;     /* send: where to */
	_Alignas(16) char stack[SECCOMP_THREAD_STACK_BYTES];
};

/**
 * seccomp_thread_begin_load() - make a thread that keeps CAP_SYS_ADMIN alone and waits.
 *
 * Whoever traces it can have that capability and nothing else: no execve gives it another one.
 *
 * Return: the thread, which lasts until execve, or until init ends; NULL: err says why
 */
struct seccomp_thread *seccomp_thread_begin_load(const struct sock_fprog *program, unsigned flags,
						 struct error *err);

/**
 * seccomp_thread_load() - have it load the filter. The caller's next system call is under it.
 *
 * Return: what seccomp(2) returned, or -errno
 */
long seccomp_thread_load(struct seccomp_thread *thread);

/**
 * seccomp_thread_begin_send() - make a thread that waits for a listener.
 * @sync: where it is to be sent, as LISTENER (process/sync.h)
 *
 * Return: as above
 */
struct seccomp_thread *seccomp_thread_begin_send(int sync, struct error *err);

/**
 * seccomp_thread_send() - have it send the listener, and wait until the other side says GO; when that
 * does not, it ends the process. No system call of the caller's.
 * @listener: closed. Negative: none, and the thread ends
 */
void seccomp_thread_send(struct seccomp_thread *thread, int listener);

#endif
