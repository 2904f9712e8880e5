/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Socket activation: what systemd passes to kist is the container's (sd_listen_fds(3)).
 */
#ifndef KIST_ACTIVATION_H
#define KIST_ACTIVATION_H

#include "libcontainer/container.h"

/**
 * activation_read() - count the descriptors that LISTEN_FDS names, when LISTEN_PID says that they
 * are for this process. They come first; those of --preserve-fds follow.
 *
 * Return: 0; -EINVAL when LISTEN_FDS is no number of descriptors
 */
int activation_read(struct container_options *container, struct error *err);

#endif
