/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The private procfs is a detached instance of kist's own, over which nobody else can mount.
 * Labels, sysctls, id maps and oom scores are written here and nowhere else: the /proc that a
 * container or a host prepared may be a fake (CVE-2019-16884, CVE-2025-52881).
 */
#ifndef KIST_PROCFS_H
#define KIST_PROCFS_H

#include <stdbool.h>

#include "spec/error.h"

struct creation;
struct step;
struct plan;

/**
 * procfs_open() - open the root of a procfs for the caller's pid namespace.
 *
 * Where the kernel does not let the caller mount one (an ordinary user), the host's /proc is used
 * when it is the root of a procfs.
 *
 * Return: descriptor or -errno
 */
int procfs_open(struct error *err);

/**
 * procfs_write() - write text to a file below the root of a procfs, in one write(2).
 * @path: "self/oom_score_adj", "sys/net/ipv4/ip_forward": resolved beneath proc, crossing neither
 * mounts nor links other than self
 *
 * Return: 0 or -errno
 */
int procfs_write(int proc, const char *path, const char *text, struct error *err);

/**
 * procfs_open_descriptors() - open the directory of the caller's descriptors, where each link leads
 * to exactly what the descriptor is.
 *
 * Return: descriptor or -errno
 */
int procfs_open_descriptors(int proc, struct error *err);

/* Init: open the private procfs, where there is something to write to it: an oom score, a sysctl, a
 * label. */
extern const struct step procfs_open_private;

/* The child of mounts: open the directory of its own descriptors, see procfs_open_descriptors(). */
extern const struct step procfs_open_own_descriptors;

#endif
