/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second thread of init, for work that init may not do any more when its filter is loaded.
 *
 * A thread has privileges and a filter of its own, but shares memory and descriptors. So it can
 *
 *     load   keep CAP_SYS_ADMIN, which the kernel wants for a filter without noNewPrivileges, while
 *            init gives up everything, and load the filter into all threads (TSYNC): init does not
 *            have to make a single system call afterwards, but execve
 *     send   stay without the filter that init loads itself, and hand over its listener
 *
 * execve ends the thread. The filter may forbid init any call, so init waits for the thread without
 * one.
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
	_Atomic uint32_t init; /* load: the kernel sets it to 0 when init ends */
	const struct sock_fprog *program;
	unsigned flags;
	long answer;  /* load: what seccomp(2) returned, or -errno */
	int listener; /* send: the listener, which is closed once it is sent */
	int sync;     /* send: the socket to send it to */
	_Alignas(16) char stack[SECCOMP_THREAD_STACK_BYTES];
};

/**
 * seccomp_thread_begin_load() - make a thread that keeps CAP_SYS_ADMIN alone and waits.
 * @program, @flags: what seccomp_thread_load() loads
 *
 * A process that traces the thread can have that capability and nothing else: no execve gives the
 * thread another one.
 *
 * Return: the thread, which lasts until execve, or until init ends; NULL: err says why
 */
struct seccomp_thread *seccomp_thread_begin_load(const struct sock_fprog *program, unsigned flags,
						 struct error *err);

/**
 * seccomp_thread_load() - have the thread load the filter into all threads, the caller's included.
 * The caller's next system call is under the filter.
 *
 * Return: what seccomp(2) returned, or -errno
 */
long seccomp_thread_load(struct seccomp_thread *thread);

/**
 * seccomp_thread_begin_send() - make a thread that waits for a listener.
 * @sync: where the listener is to be sent, as LISTENER (process/sync.h)
 *
 * Return: the thread; NULL: err says why
 */
struct seccomp_thread *seccomp_thread_begin_send(int sync, struct error *err);

/**
 * seccomp_thread_send() - have the thread send the listener, and wait until the other side says GO.
 * If the other side does not, the thread ends the process. The caller makes no system call
 * meanwhile.
 * @listener: the thread closes it. Negative: there is none, and the thread ends
 */
void seccomp_thread_send(struct seccomp_thread *thread, int listener);

#endif
