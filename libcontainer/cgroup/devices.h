/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This part turns the allowed device list (config-linux.md, Allowed Device list) into the form
 * that a cgroup takes: a program for cgroup2, lines for v1.
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

/* A rule is one entry of resources.devices; devices.c says how rules combine. */
struct cgroup_device_rule {
	bool allow;
	char type;            /* 'a', 'b', 'c' */
	unsigned access;      /* BPF_DEVCG_ACC_* */
	int64_t major, minor; /* -1: any */
};

struct cgroup_device_rules {
	bool allow;   /* verdict on a device that no rule names */
	size_t count; /* with 0 rules and allow, nothing is restricted */
	struct cgroup_device_rule *at;
};

/**
 * cgroup_devices_make() - turn linux.resources.devices into writes, or into a program, whichever
 * the hierarchies can enforce.
 * @resources: NULL for none
 * @limits: the writes are appended to it, or the program is put into it
 *
 * Return: 0; -ENOTSUP when these hierarchies cannot enforce the rules
 */
int cgroup_devices_make(const struct resources *resources, const struct hierarchies *hierarchies,
			struct arena *arena, struct cgroup_limits *limits, struct error *err);

/**
 * cgroup_devices_may_load() - may a caller with these capabilities load a program?
 */
bool cgroup_devices_may_load(uint64_t capabilities);

/**
 * cgroup_devices_read() - read the rules of config.json, leave out those without effect, and
 * append the default ones.
 * @resources: NULL for none
 * @arena: owns the rules
 */
struct cgroup_device_rules cgroup_devices_read(const struct resources *resources,
					       struct arena *arena);

/**
 * cgroup_devices_flatten() - turn ordered rules into a set without order, as v1 has it. The set
 * has exceptions from rules->allow, which are of type 'b' or 'c' and say the opposite of it.
 * @flat: gets the set
 *
 * Return: false when v1 cannot express the rules, which have an exception from an exception
 */
bool cgroup_devices_flatten(const struct cgroup_device_rules *rules, struct arena *arena,
			    struct cgroup_device_rules *flat);

/**
 * cgroup_devices_compile() - compile rules to a program of type BPF_PROG_TYPE_CGROUP_DEVICE.
 * @program: gets the program
 */
void cgroup_devices_compile(const struct cgroup_device_rules *rules, struct arena *arena,
			    struct bpf_program *program);

/**
 * cgroup_devices_attach() - load a program and attach it to a cgroup2 directory.
 * @directory: descriptor of the directory
 *
 * Return: 0 or -errno
 */
int cgroup_devices_attach(int directory, const struct bpf_program *program, struct error *err);

/* This is room for a rule in the words of v1: "c 136:* rwm". */
enum { CGROUP_DEVICE_TEXT_SIZE = 64 };

/**
 * cgroup_device_format() - write a rule in the words of v1, without allow or deny.
 * @text: gets the words
 */
void cgroup_device_format(const struct cgroup_device_rule *rule,
			  char text[static CGROUP_DEVICE_TEXT_SIZE]);

#endif
