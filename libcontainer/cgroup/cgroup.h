/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's cgroup (config-linux.md, Control groups; cgroups(7)).
 *
 * Planning decides the path and every {file, text} to write; the cgroup and its limits stand before
 * any process exists. A driver is how directories are made and processes are put in: v2.c, v1.c (v1
 * and hybrid). Which controller a property belongs to, in which file and in which form, is a table
 * (resources.c) with one column for each version.
 */
#ifndef KIST_CGROUP_H
#define KIST_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "spec/error.h"

struct plan;
struct creation;
struct step;
struct record;
struct host;
struct hierarchy;
struct hierarchies;
struct joined;
struct arena;
struct cgroup_driver;
struct record_cgroup;

/* One limit: written below the container's directory in the hierarchy that has the controller. */
struct cgroup_write {
	const char *property;   /* "linux.resources.memory.limit", for errors */
	const char *controller; /* "memory" */
	const char *file;       /* "memory.max" */
	const char *text;       /* "1048576" */
	bool optional;          /* says what holds anyway: a missing file is no error */
	const char *missing;    /* what it means when the file is missing; NULL: nothing is known */
};

struct cgroup_writes {
	size_t count;
	struct cgroup_write *at;
};

/* The most hierarchies that v1 can have: 12 controllers, name=systemd, and the unified one. */
enum { CGROUP_HIERARCHIES_MAX = 16 };

struct bpf_program {
	size_t count;
	struct bpf_insn *at;
};

/* One entry of resources.devices; see devices.c. */
struct cgroup_device_rule {
	bool allow;
	char type;            /* 'a', 'b', 'c' */
	unsigned access;      /* BPF_DEVCG_ACC_* */
	int64_t major, minor; /* -1: any */
};

struct cgroup_device_rules {
	bool allow;   /* what holds for a device that no rule names */
	size_t count; /* none, and allow: nothing is restricted */
	struct cgroup_device_rule *at;
};

struct cgroup_plan {
	const struct cgroup_driver *driver; /* NULL: no cgroup at all */
	const char *path; /* below each hierarchy's mount; absolute, no "." or ".."; "": none */
	struct cgroup_writes writes;             /* in the order to write them */
	struct cgroup_device_rules device_rules; /* what the program says, for those who print it */
	struct bpf_program devices; /* for the cgroup2 directory; else the rules are among the
				       writes */
	const char **joins;         /* exec: a path of its own for each hierarchy; else NULL */
	bool clone_into;            /* init is born in the cgroup2 directory, if there is one */
};

/* Descriptors that steps of create hold open. */
struct cgroup_handles {
	int directory; /* cgroup2 directory for CLONE_INTO_CGROUP, or -1 */
	size_t count;
	int tasks[CGROUP_HIERARCHIES_MAX]; /* v1: `tasks` of each hierarchy, open for writing: init
					      puts itself in ("0", one thread), which needs no
					      global lock. Without clone_into also cgroup.procs of
					      the cgroup2 directory */
};

/* What a mount of type cgroup shows: detached mounts, and the directory that each goes to below the
 * destination, "" for the destination itself. */
struct cgroup_sources {
	size_t count;
	int at[CGROUP_HIERARCHIES_MAX];
	const char *names[CGROUP_HIERARCHIES_MAX];
	const struct hierarchy *hierarchies[CGROUP_HIERARCHIES_MAX];
};

struct cgroup_driver {
	const char *name; /* "cgroupfs-v2", "cgroupfs-v1"; what the record stores */

	/* Make the directories and write the limits; leave handles open for attach. */
	int (*create)(const struct plan *plan, struct cgroup_handles *handles, struct error *err);
	/* Called by init itself: enter. */
	int (*attach)(struct cgroup_handles *handles, struct error *err);
	/* Is nobody in there, and is it not frozen? A missing one is fine: it will be made. */
	int (*check)(const struct host *host, const char *path, struct error *err);
	/* Remove the directories, those below first. What is missing is no error. Retried for so
	 * long while the kernel is busy with what is in there; then -EBUSY. */
	int (*destroy)(const struct host *host, const char *path, unsigned patience_ms,
		       struct error *err);
	/* SIGKILL (or another signal) to every process below, also to those that fork meanwhile.
	 * No such cgroup: nobody is in it. */
	int (*kill)(const struct host *host, const char *path, int signal, struct error *err);
	/* Freeze or thaw, and wait until it is so. */
	int (*freeze)(const struct host *host, const char *path, bool frozen, struct error *err);
	/* Let what is frozen, and was killed, die. NULL: that needs no help. */
	void (*release)(const struct host *host, const char *path);
};

/**
 * cgroup_hierarchy() - the hierarchy that has a controller ("memory"), NULL for none.
 */
const struct hierarchy *cgroup_hierarchy(const struct hierarchies *hierarchies,
					 const char *controller);

/**
 * cgroup_has_controller() - is a word in a list of controllers? Separated by commas (mount options
 * of v1) or spaces (cgroup.controllers).
 */
bool cgroup_has_controller(const char *list, const char *controller);

/**
 * cgroup_unified() - the cgroup2 hierarchy, NULL for none.
 */
const struct hierarchy *cgroup_unified(const struct hierarchies *hierarchies);

extern const struct cgroup_driver cgroup_v1_driver, cgroup_v2_driver;

/**
 * cgroup_driver_find() - the driver of a record, by name; NULL for "" (no cgroup).
 */
const struct cgroup_driver *cgroup_driver_find(const char *name);

/**
 * cgroup_hierarchies_read() - the mounted hierarchies. Cheap on v2: one statfs.
 */
int cgroup_hierarchies_read(struct arena *arena, struct host *host, struct error *err);

/**
 * cgroup_hierarchies_parse() - the hierarchies in a mountinfo file (proc(5)); the controllers of
 * cgroup2 are not in there and left "".
 */
int cgroup_hierarchies_parse(FILE *mountinfo, struct arena *arena, struct hierarchies *hierarchies,
			     struct error *err);

/**
 * cgroup_release_killed() - let a frozen process of a container die that has got SIGKILL.
 */
void cgroup_release_killed(const struct record_cgroup *cgroup);

/* The hierarchies, and whether the caller may write to them. */
int cgroup_read_host(const struct plan *plan, struct host *host, struct error *err);

/* The planning half: path, driver, limits, device rules. Refuses what the host cannot do. */
int cgroup_plan(struct plan *plan, struct error *err);

/**
 * cgroup_refuse_populated(), cgroup_refuse_frozen() - the errors of check.
 */
int cgroup_refuse_populated(const char *path, struct error *err);
int cgroup_refuse_frozen(const char *path, struct error *err);

/**
 * cgroup_resources_plan() - resources.c: append the limits of linux.resources to the writes.
 * @hierarchies: the host's, or none at all
 *
 * Return: 0; -EINVAL: a value makes no sense; -ENOTSUP: this host cannot enforce it
 */
int cgroup_resources_plan(struct plan *plan, const struct hierarchies *hierarchies,
			  struct error *err);

/**
 * cgroup_resources_write() - write the limits of one hierarchy.
 * @directory: the container's in there
 */
int cgroup_resources_write(const struct plan *plan, const struct hierarchy *hierarchy,
			   int directory, struct error *err);

/**
 * cgroup_devices_plan() - devices.c: device rules as writes, or as a program, as the host has it.
 */
int cgroup_devices_plan(struct plan *plan, const struct hierarchies *hierarchies,
			struct error *err);

/**
 * cgroup_devices_read() - the rules of config.json, shortened to what counts, and the default ones.
 */
struct cgroup_device_rules cgroup_devices_read(const struct plan *plan);

/**
 * cgroup_devices_flatten() - turn ordered rules into a set without order, as v1 has it: exceptions
 * from rules->allow, of type 'b' or 'c' and all with allow the other way round.
 *
 * Return: false when v1 cannot say that: an exception from an exception
 */
bool cgroup_devices_flatten(const struct cgroup_device_rules *rules, struct arena *arena,
			    struct cgroup_device_rules *flat);

/**
 * cgroup_devices_compile() - a BPF_PROG_TYPE_CGROUP_DEVICE program that says what the rules say.
 */
void cgroup_devices_compile(const struct cgroup_device_rules *rules, struct arena *arena,
			    struct bpf_program *program);

/**
 * cgroup_devices_attach() - load the program and attach it to a cgroup2 directory.
 */
int cgroup_devices_attach(int directory, const struct bpf_program *program, struct error *err);

/* Room for a rule in the words of v1: "c 136:* rwm". */
enum { CGROUP_DEVICE_TEXT_SIZE = 64 };

/**
 * cgroup_device_format() - a rule in the words of v1, without allow or deny.
 */
void cgroup_device_format(const struct cgroup_device_rule *rule,
			  char text[static CGROUP_DEVICE_TEXT_SIZE]);

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

/* Step of exec: open the planned ones. */
extern const struct step cgroup_open;

/**
 * cgroup_freezers() - the files that say whether the container is frozen, absolute, one for each
 * hierarchy that can freeze. They are in the record: a status is asked for often, and so it need not
 * look for the hierarchies.
 */
struct strings cgroup_freezers(const struct plan *plan);

/**
 * cgroup_says_frozen() - read such a file: freezer.state of v1, cgroup.events of cgroup2.
 * @directory: what the name is relative to
 */
bool cgroup_says_frozen(int directory, const char *file);

/**
 * cgroup_is_frozen() - ask them. One that is missing says no.
 */
bool cgroup_is_frozen(const struct strings *freezers);

/* Steps; see steps.h. */
int cgroup_step_check(struct creation *creation, struct error *err);
extern const struct step cgroup_create;
extern const struct step cgroup_join;
int cgroup_undo(const struct record *record, struct error *err);
bool cgroup_planned(const struct plan *plan);

/**
 * cgroup_sources_list() - for a mount of type cgroup: which directories there will be.
 * @unified: of cgroup2 alone, also where it stands beside v1; without one there, of all
 * @sources: zeroed; none is open yet
 */
int cgroup_sources_list(const struct plan *plan, bool unified, struct cgroup_sources *sources,
			struct error *err);

/**
 * cgroup_sources_open() - open them: the container's own directories, for rootfs/mount.c to put in
 * place.
 * @sources: what is open is the caller's to close, also after a failure
 *
 * Called after &cgroup_create. With a cgroup namespace or on v1: the container's own directory.
 * On v2 in the host's cgroup namespace: the whole hierarchy, since /proc/self/cgroup is relative to
 * that.
 */
int cgroup_sources_open(const struct plan *plan, struct cgroup_sources *sources, struct error *err);

/**
 * cgroup_links() - v1: links below the destination, {"cpu", "cpu,cpuacct"}, for controllers mounted
 * together. Return: how many pairs (name, target) were stored.
 */
int cgroup_links(const struct plan *plan, const char *(*links)[2], int room);

#endif
