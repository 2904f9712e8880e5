/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's cgroup (config-linux.md, Control groups; cgroups(7)): the handle by which it is
 * reached, made from a plan or from a record; the plan; and the steps.
 *
 * Planning decides the path and every {file, text} to write; the cgroup and its limits stand before
 * any process exists. What works differently from host to host is in the handle's layout and
 * manager (layout.h). Which controller a property belongs to, in which file and in which form, is a
 * table (limits.c) with one column for each version.
 */
#ifndef KIST_CGROUP_H
#define KIST_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "libcontainer/cgroup/layout.h"
#include "spec/error.h"

struct host;
struct joined;
struct arena;
struct plan;
struct record;
struct record_cgroup;
struct step;

struct cgroup_plan {
	struct cgroup at;
	bool planned; /* there is one */
	struct cgroup_limits limits;
	const char **joins; /* exec: a path of its own for each hierarchy; else NULL */
	bool clone_into;    /* init is born in the cgroup2 directory, if there is one */
	bool entered;       /* init enters by itself: v1; or where it cannot be born */
};

/**
 * cgroup_of_record() - the cgroup of a container that is there, or the one without a layout for a
 * container that has none.
 * @hierarchies: the host's; the handle goes on using them
 *
 * Return: 0; -ENOTSUP: of an unknown manager or layout; -EINVAL: a path that may lead elsewhere
 */
int cgroup_of_record(const struct record_cgroup *record, const struct hierarchies *hierarchies,
		     struct cgroup *cgroup, struct error *err);

/**
 * cgroup_find() - the same for who has not asked the host yet. It is asked only about a container
 * that has a cgroup.
 */
int cgroup_find(const struct record_cgroup *record, struct arena *arena, struct cgroup *cgroup,
		struct error *err);

/**
 * cgroup_record() - what a record says of a planned cgroup.
 */
struct record_cgroup cgroup_record(const struct plan *plan);

/**
 * cgroup_is_frozen() - ask the files in the record; one that is missing says no. They are in there
 * because a status is asked for often, and so it need not look for the hierarchies.
 */
bool cgroup_is_frozen(const struct record_cgroup *record);

/**
 * cgroup_release_killed() - let a frozen process of a container die that has got SIGKILL.
 */
void cgroup_release_killed(const struct record_cgroup *record);

/* The hierarchies, and whether the caller may write to them. */
int cgroup_read_host(const struct plan *plan, struct host *host, struct error *err);

/* The planning half: handle, limits, device rules. Refuses what the host cannot do. */
int cgroup_plan(struct plan *plan, struct error *err);

/**
 * cgroup_clean_path() - a path that leads nowhere else: absolute, with single slashes, "" for the
 * root.
 *
 * Return: 0; -EINVAL for "." and ".."; -ENAMETOOLONG
 */
int cgroup_clean_path(const char *path, char clean[static PATH_MAX], struct error *err);

/* exec: join.c. The planning half: which cgroup a process enters in each hierarchy. */
int cgroup_read_joined(const struct plan *plan, struct joined *joined, struct error *err);
int cgroup_plan_joined(struct plan *plan, struct error *err);

/**
 * cgroup_read_process() - where a process is.
 * @paths: set to its path in each hierarchy; NULL where that cannot be said from the caller's
 * cgroup namespace
 */
int cgroup_read_process(pid_t pid, const struct hierarchies *hierarchies, struct arena *arena,
			const char *const **paths, struct error *err);

/**
 * cgroup_parse_process() - the same from the text of /proc/PID/cgroup, which is cut into pieces and
 * goes on being used.
 */
const char *const *cgroup_parse_process(char *text, const struct hierarchies *hierarchies,
					struct arena *arena);

/* The step of exec: open the planned ones. */
extern const struct step cgroup_open;

/* Steps; see steps.h. */
extern const struct step cgroup_check;
extern const struct step cgroup_create;
extern const struct step cgroup_join;

/**
 * cgroup_undo_empty() - remove the cgroup, if nobody is in it: this needs no answer to whose they
 * are.
 *
 * Return: 0; -EBUSY: somebody is; -code
 */
int cgroup_undo_empty(const struct record *record, struct error *err);

/**
 * cgroup_undo() - kill whoever is in the cgroup, and remove it. The caller has made sure that they
 * are no other container's.
 */
int cgroup_undo(const struct record *record, struct error *err);

#endif
