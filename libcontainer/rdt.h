/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shares of caches and of memory bandwidth, and their monitoring (config-linux.md, IntelRdt;
 * Linux's filesystems/resctrl.rst).
 *
 * A control group of the resctrl file system is a class of service: a directory in the root, which
 * is a class itself. A monitoring group is a directory in the mon_groups of a control group. A
 * class without a name in config.json is the container's own: it is made with the container, and
 * removed with it. A class with a name is shared, and stays.
 *
 * A group is a single checked name below a descriptor of the root, whose magic is verified. The
 * kernel's page on resctrl wants a process that changes groups to lock the root, so kist does.
 */
#ifndef KIST_RDT_H
#define KIST_RDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "spec/error.h"

struct arena;
struct creation;
struct step;
struct host;
struct joined;
struct plan;
struct record;
struct record_rdt;

struct rdt_line {
	const char *property; /* "linux.intelRdt.schemata[0]", for errors */
	const char *text;     /* "L3:0=7f0;1=1f" */
};

struct rdt_lines {
	size_t count;
	struct rdt_line *at;
};

struct rdt_plan {
	/* the class: a name in the root, "." for the root; NULL: none planned */
	const char *control;
	const char *monitor; /* the name of the monitoring group; NULL: none */
	/* the class has no name in config.json, and so is the container's own */
	bool own;
	struct rdt_lines lines; /* to be written to the file schemata, in this order */
};

/* The files by which init enters its groups, open for writing, in the order of entering: the class,
 * and the monitoring group in it. */
struct rdt_handles {
	size_t count;
	int tasks[2];
};

/* Find out where resctrl is mounted, if the configuration has intelRdt. */
int rdt_read_host(const struct plan *plan, struct host *host, struct error *err);

/**
 * rdt_plan() - plan which groups the container is in, and what to write to them.
 *
 * Return: 0; -ENOTSUP: resctrl is not mounted; -EINVAL: no group can have such a name
 */
int rdt_plan(struct plan *plan, struct error *err);

/**
 * rdt_record() - what has to be removed with the container, for the record, which is written before
 * the groups are made.
 */
struct record_rdt rdt_record(const struct plan *plan);

/* For exec: the groups that init is in. */
struct rdt_joined {
	const char *control, *monitor; /* as in the plan; control NULL: resctrl is not mounted */
};

/**
 * rdt_parse_process() - read the groups of a process from the text of /proc/PID/cpu_resctrl_groups.
 */
void rdt_parse_process(const char *text, struct arena *arena, struct rdt_joined *joined);

/* Read the groups of init, if the configuration has intelRdt. */
int rdt_read_joined(const struct plan *plan, struct joined *joined, struct error *err);
int rdt_plan_joined(struct plan *plan, struct error *err);

/* Host: check groups that exist, make the missing ones, or open those that exec joins. */
extern const struct step rdt_check;
extern const struct step rdt_create;
extern const struct step rdt_open;

/* Init: enter the groups with the one thread that it has; its children are born in the groups of
 * their parent. */
extern const struct step rdt_join;

/**
 * rdt_undo() - remove the monitoring group, and the class if it is the container's own. After a
 * create that failed, also remove a named class that this create made, unless other processes are
 * in it by now.
 */
int rdt_undo(const struct record *record, struct error *err);

#endif
