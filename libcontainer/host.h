/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts about this host, asked once. Plain data, so a test can write a host by hand. What is nobody's
 * subject is read here; the rest is read by the subjects, whose rows in plan.c say so.
 */
#ifndef KIST_HOST_H
#define KIST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "spec/error.h"

/* A file that config.json names, as it was found. */
struct host_file {
	int code;         /* 0: found; else the errno that says why not */
	const char *path; /* absolute, and without links; of a directory that was asked for */
	uint32_t mode, uid, gid;
};

enum apparmor { APPARMOR_INACTIVE, APPARMOR_UNCONFINED, APPARMOR_CONFINED }; /* is the caller */

struct host {
	uint32_t uid, gid;      /* effective, the caller's */
	uint64_t capabilities;  /* what the caller can hand on: permitted and in the bounding set */
	bool ambient_forbidden; /* by the caller's securebits: no capability becomes ambient */
	uint64_t known_capabilities; /* what this kernel knows */
	bool cgroups_denied; /* the caller may not write to the hierarchies: an ordinary user, or
				the root of a user namespace */
	struct rlimit descriptors; /* RLIMIT_NOFILE, the caller's */
	bool nodes_denied;  /* the caller is in a user namespace, where mknod(2) makes no devices */
	bool mounts_denied; /* the caller's mount namespace is another user namespace's: there he
				can neither mount nor copy */
	bool detached_mounts; /* Linux 6.15: mounting onto a detached tree */
	enum apparmor apparmor;
	bool selinux;          /* active */
	const char *resctrl;   /* where it is mounted; NULL: nowhere, or nobody asked for it */
	struct host_file root; /* root.path, if it is given */
	const struct host_file *devices; /* as many as linux.devices; NULL: nobody asked */
	struct hierarchies hierarchies;  /* of cgroups */
};

/**
 * host_read() - ask the kernel about the caller and about itself. plan_read_host() does this first, and
 * then asks the subjects for the other members.
 */
int host_read(struct host *host, struct error *err);

#endif
