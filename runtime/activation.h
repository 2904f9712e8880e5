/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Socket activation: the descriptors that systemd passes to kist are meant for the container, so
 * kist passes them on (sd_listen_fds(3)).
 */
#ifndef KIST_ACTIVATION_H
#define KIST_ACTIVATION_H

#include "libcontainer/container.h"

/**
 * activation_read() - count the descriptors that LISTEN_FDS names, when LISTEN_PID says that they
 * are for this process.
 * @container: listen_fds, listen_names and preserve_fds are set: the descriptors of LISTEN_FDS come
 * first, those of --preserve-fds follow
 *
 * Return: 0; -EINVAL when LISTEN_FDS is no number of descriptors
 */
int activation_read(struct container_options *container, struct error *err);

#endif
