/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.json as a C value, in the order of config.md, config-linux.md and config-vm.md
 * (runtime-spec 1.3). Members carry the specification's own names, so one name leads from the page
 * of the specification to the system call.
 *
 * Optional members are pointers, NULL when absent; a list is {count, at}. Words have become values
 * while reading: nobody compares strings after config_parse(). A configuration never changes.
 */
#ifndef KIST_SPEC_CONFIG_H
#define KIST_SPEC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/arena.h"
#include "spec/bitmap.h"
#include "spec/error.h"
#include "spec/names.h"
#include "spec/schema.h"

/* config.md, Root */
struct root {
	const char *path; /* absolute, or relative to the bundle */
	bool readonly;
};

/* config-linux.md, User namespace mappings */
struct id_mapping {
	uint32_t containerID;
	uint32_t hostID;
	uint32_t size;
};

struct id_mappings {
	size_t count;
	const struct id_mapping *at;
};

/* config.md, Linux mount options: the words of one mount, added up in their order. */
struct mount_options {
	struct strings words; /* as written */
	unsigned mode;        /* enum mount_mode */
	uint64_t set, clear; /* MOUNT_ATTR_*, this mount alone; disjoint, but for the atime field */
	uint64_t rset, rclear;    /* the same with AT_RECURSIVE, to be applied first: where both
				     say something, set and clear were written later */
	unsigned long superblock; /* MS_SYNCHRONOUS, MS_DIRSYNC, MS_LAZYTIME, MS_SILENT,
				     MS_I_VERSION, MS_MANDLOCK */
	struct propagations {     /* each is a call of its own, in this order */
		size_t count;
		unsigned long
			at[8]; /* MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE, with MS_REC */
	} propagation;
	const char *mappings; /* TEXT of idmap=TEXT, which becomes those of the mount; or NULL */
	struct strings data;  /* the filesystem's own options: "size=65536k", "gid=5" */
};

/* config.md, Mounts */
struct mount {
	const char *destination;
	const char *source;
	const char *type;
	struct mount_options options;
	struct id_mappings uidMappings;
	struct id_mappings gidMappings;
};

struct mounts {
	size_t count;
	const struct mount *at;
};

/* config.md, Process */
struct console_size {
	uint16_t height;
	uint16_t width;
};

struct rlimit_entry {
	uint64_t type; /* RLIMIT_* */
	uint64_t soft;
	uint64_t hard;
};

struct rlimits {
	size_t count;
	const struct rlimit_entry *at;
};

/* Bit n is capability n. Names that no kernel header knows are kept in unknown, for a warning. */
struct capability_set {
	uint64_t mask;
	struct strings unknown;
};

struct capabilities {
	struct capability_set effective, bounding, inheritable, permitted, ambient;
};

struct scheduler {
	uint64_t policy; /* SCHED_* */
	int32_t nice;
	int32_t priority;
	uint64_t flags;                     /* SCHED_FLAG_*, a mask */
	uint64_t runtime, deadline, period; /* ns */
};

struct io_priority {
	uint64_t class;   /* IOPRIO_CLASS_* */
	int32_t priority; /* 0 to 7 */
};

/* The CPUs of processes that join the container later. */
struct exec_cpu_affinity {
	struct bitmap_list initial; /* before a process enters the container's cgroup */
	struct bitmap_list final;   /* in the container's cgroup */
};

struct gids {
	size_t count;
	const uint32_t *at;
};

struct user {
	uint32_t uid;
	uint32_t gid;
	const uint32_t *umask;
	struct gids additionalGids;
};

struct process {
	bool terminal;
	const struct console_size *consoleSize;
	const char *cwd;
	struct strings env;
	struct strings args;
	struct rlimits rlimits;
	const char *apparmorProfile;
	const struct capabilities *capabilities;
	bool noNewPrivileges;
	const int32_t *oomScoreAdj;
	const struct scheduler *scheduler;
	const char *selinuxLabel;
	const struct io_priority *ioPriority;
	const struct exec_cpu_affinity *execCPUAffinity;
	struct user user; /* absent: uid 0, gid 0 */
};

/* config.md, POSIX-platform Hooks */
struct hook {
	const char *path;
	struct strings args;
	struct strings env;
	const int32_t *timeout; /* seconds, greater than 0 */
};

struct hook_list {
	size_t count;
	const struct hook *at;
};

struct hooks {
	struct hook_list prestart, createRuntime, createContainer, startContainer, poststart,
		poststop;
};

/* config-linux.md, Namespaces: indexed by enum namespace_kind. */
struct namespace_entry {
	bool present;
	const char *path; /* NULL: a new one */
};

struct namespaces {
	struct namespace_entry at[NAMESPACE_KINDS];
};

struct time_offset {
	const char *name; /* the clock: "monotonic", "boottime" */
	int64_t secs;
	uint32_t nanosecs;
};

struct time_offsets {
	size_t count;
	const struct time_offset *at;
};

struct device {
	uint64_t type; /* S_IFCHR, S_IFBLK, S_IFIFO */
	const char *path;
	const int64_t *major, *minor;
	const uint32_t *fileMode; /* up to 07777, and perhaps the bits of type */
	const uint32_t *uid, *gid;
};

struct devices {
	size_t count;
	const struct device *at;
};

struct net_device {
	const char *name;    /* the key: its name on the host */
	const char *newName; /* the property "name" */
};

struct net_devices {
	size_t count;
	const struct net_device *at;
};

/* config-linux.md, Allowed Device list */
struct device_rule {
	bool allow;
	uint64_t type; /* 'a', 'b' or 'c'; 0 when absent: all */
	const int64_t *major, *minor;
	const char *access; /* of "rwm"; NULL when absent: all */
};

struct device_rules {
	size_t count;
	const struct device_rule *at;
};

struct memory {
	const int64_t *limit, *reservation, *swap, *kernel, *kernelTCP;
	const uint64_t *swappiness;
	const bool *disableOOMKiller, *useHierarchy, *checkBeforeUpdate;
};

struct cpu {
	const uint64_t *shares;
	const int64_t *quota;
	const uint64_t *burst, *period;
	const int64_t *realtimeRuntime;
	const uint64_t *realtimePeriod;
	const char *cpus, *mems;
	const int64_t *idle;
};

struct weight_device {
	int64_t major, minor;
	const uint16_t *weight, *leafWeight;
};

struct weight_devices {
	size_t count;
	const struct weight_device *at;
};

struct throttle_device {
	int64_t major, minor;
	uint64_t rate;
};

struct throttle_devices {
	size_t count;
	const struct throttle_device *at;
};

struct block_io {
	uint16_t weight, leafWeight; /* 0 is the same as absent: engines write it */
	struct weight_devices weightDevice;
	struct throttle_devices throttleReadBpsDevice, throttleWriteBpsDevice;
	struct throttle_devices throttleReadIOPSDevice, throttleWriteIOPSDevice;
};

struct hugepage_limit {
	const char *pageSize;
	uint64_t limit;
};

struct hugepage_limits {
	size_t count;
	const struct hugepage_limit *at;
};

struct network_priority {
	const char *name;
	uint32_t priority;
};

struct network_priorities {
	size_t count;
	const struct network_priority *at;
};

struct network {
	const uint32_t *classID;
	struct network_priorities priorities;
};

struct pids {
	const int64_t *limit;
};

struct rdma {
	const char *name; /* the key: the device */
	const uint32_t *hcaHandles, *hcaObjects;
};

struct rdmas {
	size_t count;
	const struct rdma *at;
};

struct resources {
	struct device_rules devices;
	const struct memory *memory;
	const struct cpu *cpu;
	const struct block_io *blockIO;
	struct hugepage_limits hugepageLimits;
	const struct network *network;
	const struct pids *pids;
	struct rdmas rdma;
	struct pairs unified;
};

struct intel_rdt {
	const char *closID, *l3CacheSchema, *memBwSchema;
	struct strings schemata;
	bool enableMonitoring;
};

struct memory_policy {
	uint64_t mode; /* MPOL_* */
	struct bitmap_list nodes;
	uint64_t flags; /* MPOL_F_*, a mask */
};

/* config-linux.md, Seccomp */
struct seccomp_arg {
	uint32_t index; /* 0 to 5 */
	uint64_t value, valueTwo;
	uint64_t op; /* enum seccomp_operator */
};

struct seccomp_args {
	size_t count;
	const struct seccomp_arg *at;
};

struct seccomp_syscall {
	struct strings names;
	uint64_t action; /* SECCOMP_RET_* */
	const uint32_t *errnoRet;
	struct seccomp_args args;
};

struct seccomp_syscalls {
	size_t count;
	const struct seccomp_syscall *at;
};

struct seccomp_architectures {
	size_t count;
	const uint64_t *at;
};

struct seccomp {
	uint64_t defaultAction;
	const uint32_t *defaultErrnoRet;
	struct seccomp_architectures architectures;
	struct strings flags; /* each is one of seccomp_flag_words */
	const char *listenerPath, *listenerMetadata;
	struct seccomp_syscalls syscalls;
};

struct personality_setting {
	uint64_t domain; /* PER_LINUX, PER_LINUX32 */
	struct strings flags;
};

struct linux_config {
	struct namespaces namespaces;
	struct id_mappings uidMappings, gidMappings;
	struct time_offsets timeOffsets;
	struct devices devices;
	struct net_devices netDevices;
	const char *cgroupsPath;
	const struct resources *resources;
	const struct intel_rdt *intelRdt;
	const struct memory_policy *memoryPolicy;
	struct pairs sysctl;
	const struct seccomp *seccomp;
	const uint64_t *rootfsPropagation; /* MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE */
	struct strings maskedPaths, readonlyPaths;
	const char *mountLabel;
	const struct personality_setting *personality;
};

/* config-vm.md */
struct vm_hypervisor {
	const char *path;
	struct strings parameters;
};

struct vm_kernel {
	const char *path;
	struct strings parameters;
	const char *initrd;
};

struct vm_image {
	const char *path;
	const char *format;
};

struct vm_iomem {
	const uint64_t *firstGFN;
	uint64_t firstMFN, nrMFNs;
};

struct vm_iomems {
	size_t count;
	const struct vm_iomem *at;
};

struct vm_irqs {
	size_t count;
	const uint32_t *at;
};

struct vm_hw_config {
	const char *deviceTree;
	const uint32_t *vcpus;
	const uint64_t *memory; /* bytes */
	struct strings dtdevs;
	struct vm_iomems iomems;
	struct vm_irqs irqs;
};

struct vm {
	const struct vm_hypervisor *hypervisor;
	const struct vm_kernel *kernel;
	const struct vm_image *image;
	const struct vm_hw_config *hwConfig;
};

struct config {
	const char *ociVersion;
	const struct root *root;
	struct mounts mounts;
	const struct process *process;
	const char *hostname, *domainname;
	struct hooks hooks;
	struct pairs annotations;
	const struct linux_config *linux; /* never NULL: an absent object is an empty one */
	const struct vm *vm;
};

/* A document as it was read from a file: its bytes, verbatim. */
struct document {
	const char *text; /* NUL-terminated for convenience; the NUL is not counted */
	size_t size;
};

/* The version of the specification that kist implements. */
#define SPEC_VERSION "1.3.0"

/**
 * config_parse() - turn the text of a config.json into a valid configuration.
 * @file: the document's name in errors, usually "config.json"
 *
 * "Valid" means everything that can be known without asking the host: types, ranges, vocabularies,
 * required properties, and the rules that span several properties (check.h).
 *
 * Return: 0, -EINVAL for an invalid document, -ENOTSUP for a valid property that kist refuses by
 * name
 */
int config_parse(const char *file, const struct document *document, struct arena *arena,
		 const struct config **config, struct error *err);

/**
 * process_parse() - read a document that is a process object alone, as `exec` is given.
 * @process: overwritten
 *
 * The caller applies the rules of check_process(), once the process is whole.
 *
 * Return: as config_parse()
 */
int process_parse(const char *file, const struct document *document, struct arena *arena,
		  struct process *process, struct error *err);

/**
 * mounts_parse() - read a document that is mounts alone: {"mounts": [...]}, as in a whole
 * configuration, or the array.
 * @config: has its member linux; gets these mounts instead of its own
 *
 * The caller applies the rules of check_mount_entries(), with the configuration that the mounts are
 * added to.
 *
 * Return: as config_parse()
 */
int mounts_parse(const char *file, const struct document *document, struct arena *arena,
		 struct config *config, struct error *err);

/**
 * config_read() - read a file into memory: at most 16 MiB, and a regular file.
 * @directory: a directory descriptor, or AT_FDCWD
 * @name: path relative to it; also the name in errors
 *
 * Return: 0 or -errno
 */
int config_read(int directory, const char *name, struct arena *arena, struct document *document,
		struct error *err);

/**
 * config_read_named() - read a file that a person has named, at most 16 MiB: a pipe or a fifo will
 * do, too, and is read to its end; "-" is standard input.
 *
 * Return: 0 or -errno
 */
int config_read_named(const char *name, struct arena *arena, struct document *document,
		      struct error *err);

/**
 * config_shown_name() - how errors call a file of config_read_named(): "stdin" instead of "-".
 */
const char *config_shown_name(const char *name);

/* The field tables, for code that writes a configuration or changes a process. */
extern const struct schema config_schema, process_schema;

#endif
