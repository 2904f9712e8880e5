/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part has the container's cgroup (config-linux.md, Control groups; cgroups(7)): the handle
 * by which it is reached, made from a plan or from a record; the plan; and the steps.
 *
 * Planning decides the path and every {file, text} to write; the cgroup and its limits exist
 * before any process of the container does. What works differently from host to host is in the
 * handle's layout and manager (layout.h). A table (limits.c) says which controller, which file and
 * which form a property has, with one column for each version.
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
	bool planned; /* the container has a cgroup */
	struct cgroup_limits limits;
	const char **joins; /* exec: a path for each hierarchy; else NULL */
	bool clone_into;    /* init is born in the cgroup2 directory, if the host has one */
	bool entered;       /* init enters by itself: on v1, or where it cannot be born */
};

/**
 * cgroup_of_record() - make the handle of a container's cgroup from its record. For a container
 * without a cgroup the handle has no layout.
 * @hierarchies: the host's; the handle goes on using them
 * @cgroup: gets the handle
 *
 * Return: 0; -ENOTSUP for an unknown manager or layout; -EINVAL for a path that may lead elsewhere
 */
int cgroup_of_record(const struct record_cgroup *record, const struct hierarchies *hierarchies,
		     struct cgroup *cgroup, struct error *err);

/**
 * cgroup_find() - make the handle like cgroup_of_record(), for a caller who has not read the
 * host's hierarchies. They are read only for a container that has a cgroup.
 * @arena: owns the hierarchies
 *
 * Return: as cgroup_of_record(), or -errno
 */
int cgroup_find(const struct record_cgroup *record, struct arena *arena, struct cgroup *cgroup,
		struct error *err);

/**
 * cgroup_record() - make the part of a record that describes a planned cgroup.
 */
struct record_cgroup cgroup_record(const struct plan *plan);

/**
 * cgroup_is_frozen() - is the container frozen, by the files that its record names? A file that is
 * missing says no. The record names them because a status is asked for often, and so it need not
 * look for the hierarchies.
 */
bool cgroup_is_frozen(const struct record_cgroup *record);

/**
 * cgroup_release_killed() - thaw a container whose processes have been sent SIGKILL, as far as a
 * frozen process needs that to die.
 */
void cgroup_release_killed(const struct record_cgroup *record);

/* Reads the hierarchies of the host, and whether the caller may write to them. */
int cgroup_read_host(const struct plan *plan, struct host *host, struct error *err);

/* Plans the handle, the limits and the device rules, and refuses what the host cannot do. */
int cgroup_plan(struct plan *plan, struct error *err);

/**
 * cgroup_clean_path() - make a path absolute, with single slashes, and "" for the root. The result
 * leads nowhere else.
 * @clean: gets the result
 *
 * Return: 0; -EINVAL for "." and ".." and for a line feed; -ENAMETOOLONG
 */
int cgroup_clean_path(const char *path, char clean[static PATH_MAX], struct error *err);

/* exec plans which cgroup a process enters in each hierarchy; see join.c. */
int cgroup_read_joined(const struct plan *plan, struct joined *joined, struct error *err);
int cgroup_plan_joined(struct plan *plan, struct error *err);

/**
 * cgroup_read_process() - read which cgroups a process is in.
 * @paths: set to the path in each hierarchy; NULL where the path is outside of the caller's cgroup
 * namespace
 *
 * Return: 0 or -errno
 */
int cgroup_read_process(pid_t pid, const struct hierarchies *hierarchies, struct arena *arena,
			const char *const **paths, struct error *err);

/**
 * cgroup_parse_process() - find the cgroups of a process in the text of its /proc/PID/cgroup.
 * @text: is cut into pieces, which the result points to
 *
 * Return: paths as cgroup_read_process() sets them
 */
const char *const *cgroup_parse_process(char *text, const struct hierarchies *hierarchies,
					struct arena *arena);

/* exec opens the planned cgroups. */
extern const struct step cgroup_open;

/* The steps that make a container check, make and enter its cgroup. */
extern const struct step cgroup_check;
extern const struct step cgroup_create;
extern const struct step cgroup_join;

/**
 * cgroup_undo_empty() - remove the cgroup if no process is in it. Without processes it does not
 * matter whose they would be.
 *
 * Return: 0; -EBUSY when a process is in it; -errno
 */
int cgroup_undo_empty(const struct record *record, struct error *err);

/**
 * cgroup_undo() - kill all processes in the cgroup, and remove it. The caller has made sure that
 * they belong to no other container.
 *
 * Return: 0; -EBUSY when processes do not end in time; -errno
 */
int cgroup_undo(const struct record *record, struct error *err);

#endif
