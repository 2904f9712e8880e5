/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trying a filter out without the kernel.
 */
#ifndef KIST_SECCOMP_SIMULATE_H
#define KIST_SECCOMP_SIMULATE_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "libcontainer/seccomp/calls.h"

/**
 * seccomp_simulate() - find out what a program answers to a call.
 * @answer: set to SECCOMP_RET_*, with its number
 *
 * Return: 0, or -EINVAL for an instruction that is not one of those that a filter is made of, or
 * that leads out of the program
 */
int seccomp_simulate(const struct sock_fprog *program, const struct seccomp_data *data,
		     uint32_t *answer, struct error *err);

/**
 * seccomp_meaning() - what a profile answers to a call: the rules that compile.c begins with.
 *
 * Return: SECCOMP_RET_*, with its number
 */
uint32_t seccomp_meaning(const struct seccomp *profile, const struct seccomp_calls *calls,
			 const struct seccomp_data *data);

/* Try one call. Return: 0, or -code, which ends the trial */
typedef int seccomp_trial(void *context, const struct seccomp_data *data, struct error *err);

/**
 * seccomp_try() - go over the calls where a filter may be wrong: each call that is named, its
 * neighbours in number, and the edges of each argument that is compared; foreign architectures, and
 * SECCOMP_NO_CALL.
 * @trial: tries one call
 * @context: for trial
 *
 * Return: 0, or what trial has returned
 */
int seccomp_try(const struct seccomp *profile, const struct seccomp_calls *calls,
		seccomp_trial *trial, void *context, struct error *err);

/**
 * seccomp_check() - compare a program's answers with its profile's, for all calls of seccomp_try().
 *
 * Return: 0, or -EINVAL with the call that the program answers otherwise
 */
int seccomp_check(const struct seccomp *profile, const struct seccomp_calls *calls,
		  const struct sock_fprog *program, struct error *err);

#endif
