/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan: every decision about a container, and no side effect. It is made from the
 * configuration, the facts of the host and the options; `kist plan` prints it, and create.c carries
 * it out.
 *
 * The plan holds decisions only, never copies of the configuration. Everything that can be refused
 * is refused while the plan is made.
 */
#ifndef KIST_PLAN_H
#define KIST_PLAN_H

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/container.h"
#include "libcontainer/host.h"
#include "libcontainer/namespaces/idmap.h"
#include "libcontainer/namespaces/namespaces.h"
#include "libcontainer/process/hooks.h"
#include "libcontainer/process/lsm.h"
#include "libcontainer/process/process.h"
#include "libcontainer/rdt.h"
#include "libcontainer/record.h"
#include "libcontainer/rootfs/rootfs.h"
#include "libcontainer/seccomp/seccomp.h"
#include "libcontainer/warnings.h"
#include "spec/arena.h"
#include "spec/config.h"

/* What a process joins a container for. */
enum join_purpose {
	JOIN_TO_EXECUTE = 1, /* a program */
	JOIN_TO_MOUNT = 2,   /* something more there */
	JOIN_TO_UNMOUNT = 4,
};

/* Facts about the container that a process is to join, each asked once. */
struct joined {
	enum join_purpose purpose;
	unsigned namespaces;        /* see namespaces_differ() */
	bool asked;                 /* init was asked for descriptors of the namespaces, files: */
	int files[NAMESPACE_KINDS]; /* -1: not open */
	bool denies_setgroups;      /* its user namespace knows no setgroups(2) */
	const struct record *record;
	enum status status;
	struct sock_fprog filter;     /* as kept by create; len 0: none */
	const char *const *cgroups;   /* see cgroup_read_process() */
	const char *const *subgroups; /* --cgroup; ends in NULL */
	struct rdt_joined rdt;
	const char *filesystems; /* the text of /proc/filesystems, for JOIN_TO_MOUNT */
};

/* The process of a container whose configuration has none (config.md: process is only required when
 * `start` is called). Everything else is done as ever, and starting such a container fails. */
extern const struct process plan_no_process;

struct plan {
	/* The members that the plan is made from. */
	const struct config *config;
	const struct host *host;
	const struct joined *joined; /* NULL: a new container */
	const struct container_options *options;
	const char *bundle;  /* absolute */
	struct arena *arena; /* owns what the planners allocate */

	/* With create init waits on the start socket; with run it goes on at once. */
	bool waits_for_start;
	bool writes_procfs; /* set by each planner whose step writes to init's procfs */

	struct namespaces_plan namespaces;
	struct idmap_plan idmap;
	struct rootfs_plan rootfs;
	struct cgroup_plan cgroup;
	struct rdt_plan rdt;
	struct process_plan process;
	struct hooks_plan hooks;
	struct lsm_plan lsm;
	struct seccomp_plan seccomp;

	struct warnings warnings; /* logged by the verb that makes the plan */
};

/**
 * plan_read_host() - read the facts of the host: call host_read(), and then ask each subject.
 * @plan: config, options, bundle and arena are set; this function sets host
 */
int plan_read_host(struct plan *plan, struct error *err);

/**
 * plan_read_joined() - ask each subject for its facts about the container to join. They are read by
 * init's pid; they are facts about init if its pidfd says afterwards that it still lives.
 * @plan: as for plan_read_host(), with host set
 * @joined: purpose, record, status and namespaces are set
 */
int plan_read_joined(const struct plan *plan, struct joined *joined, struct error *err);

/**
 * plan_make() - decide everything.
 * @plan: zeroed, with the members that the plan is made from and waits_for_start set
 *
 * Return: 0, or -code: -EINVAL, -ENOTSUP or -EPERM with the property that is at fault
 */
int plan_make(struct plan *plan, struct error *err);

/**
 * plan_make_joined() - decide everything about a process that joins a container, for its purpose.
 * @plan: as for plan_make(), with joined set; config's process is the one that joins
 *
 * Return: as plan_make()
 */
int plan_make_joined(struct plan *plan, struct error *err);

#endif
