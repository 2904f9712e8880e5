/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The allowed device list (config-linux.md, Allowed Device list) as a cgroup takes it: a program
 * for cgroup2, lines for v1.
 */
#ifndef KIST_CGROUP_DEVICES_H
#define KIST_CGROUP_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/error.h"

struct arena;
struct cgroup_limits;
struct hierarchies;
struct resources;

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

/**
 * cgroup_devices_make() - linux.resources.devices as writes, or as a program, as the hierarchies
 * have it.
 * @resources: NULL for none
 * @limits: what the writes are appended to, or the program is put into
 *
 * Return: 0; -ENOTSUP: these hierarchies cannot enforce them
 */
int cgroup_devices_make(const struct resources *resources, const struct hierarchies *hierarchies,
			struct arena *arena, struct cgroup_limits *limits, struct error *err);

/**
 * cgroup_devices_may_load() - do these capabilities of the caller allow to load a program?
 */
bool cgroup_devices_may_load(uint64_t capabilities);

/**
 * cgroup_devices_read() - the rules of config.json, shortened to what counts, and the default ones.
 */
struct cgroup_device_rules cgroup_devices_read(const struct resources *resources,
					       struct arena *arena);

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

#endif
