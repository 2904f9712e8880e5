/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container's process becomes for exec.
 */
#ifndef KIST_CHANGE_H
#define KIST_CHANGE_H

#include "libcontainer/container.h"
#include "spec/arena.h"
#include "spec/config.h"

/**
 * process_change() - change a copy of the container's process as exec is told.
 * @arena: owns what is new
 *
 * Return: 0; -EINVAL or -ENOTSUP with the option that is at fault; -errno of the file
 */
int process_change(struct process *process, const struct container_exec *exec, struct arena *arena,
		   struct error *err);

#endif
