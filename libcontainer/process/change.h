/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the container's process is changed into the process of exec.
 */
#ifndef KIST_CHANGE_H
#define KIST_CHANGE_H

#include "libcontainer/container.h"
#include "spec/arena.h"
#include "spec/config.h"

/**
 * process_change() - change a copy of the container's process as exec is told.
 * @arena: owns what the change adds
 *
 * Return: 0; -EINVAL or -ENOTSUP with the option that is at fault; -errno when the file cannot be
 * read
 */
int process_change(struct process *process, const struct container_exec *exec, struct arena *arena,
		   struct error *err);

#endif
