/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts about this host, each asked once. They are plain data, so that a test can write a host by
 * hand. Facts that belong to no single subject are read here; the subjects read the others, as
 * their rows in plan.c say.
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
	const char *path; /* absolute and without links; set for a directory that was asked for */
	uint32_t mode, uid, gid;
};

enum apparmor { APPARMOR_INACTIVE, APPARMOR_UNCONFINED, APPARMOR_CONFINED }; /* is the caller */

struct host {
	uint32_t uid, gid;      /* effective, the caller's */
	uint64_t capabilities;  /* what the caller can hand on: permitted and in the bounding set */
	bool ambient_forbidden; /* by the caller's securebits: no capability becomes ambient */
	uint64_t known_capabilities; /* what this kernel knows */
	/* The caller may not write to the hierarchies: it is an ordinary user, or the root of a
	 * user namespace. */
	bool cgroups_denied;
	struct rlimit descriptors; /* RLIMIT_NOFILE, the caller's */
	/* The caller is in a user namespace, where mknod(2) makes no devices. */
	bool nodes_denied;
	/* The caller's mount namespace belongs to another user namespace, so the caller can neither
	 * mount nor copy mounts. */
	bool mounts_denied;
	bool detached_mounts; /* Linux 6.15: mounting onto a detached tree */
	enum apparmor apparmor;
	bool selinux; /* active */
	/* where resctrl is mounted; NULL: nowhere, or no property needs it */
	const char *resctrl;
	struct host_file root;           /* root.path, if it is given */
	const struct host_file *devices; /* as many as linux.devices; NULL: not read */
	struct hierarchies hierarchies;  /* of cgroups */
};

/**
 * host_read() - ask the kernel about the caller and about itself. plan_read_host() calls this
 * first, and then asks the subjects for the other members.
 */
int host_read(struct host *host, struct error *err);

#endif
