/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/check.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/stat.h>

#include "spec/escape.h"

typedef int rule(const struct config *config, struct error *err);

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Return: the length of the number that text begins with; 0 for none, or for one with a leading
 * zero */
static size_t number_length(const char *text)
{
	size_t length = strspn(text, DIGITS);

	return *text == '0' && length > 1 ? 0 : length;
}

/* Skip identifiers that are separated by dots.
 * @numbers: an identifier of digits alone is a number, as in a pre-release, and has no leading zero
 *
 * Return: what follows the identifiers; NULL when there is none, or one is not valid */
static const char *skip_identifiers(const char *text, bool numbers)
{
	for (;; text++) {
		size_t length = strspn(text, DIGITS LETTERS "-");

		if (length == 0)
			return NULL;
		if (numbers && strspn(text, DIGITS) == length && number_length(text) == 0)
			return NULL;
		text += length;
		if (*text != '.')
			return text;
	}
}

/* https://semver.org/spec/v2.0.0.html, items 2, 9 and 10, which set no limit to the numbers. */
static bool is_semver(const char *text)
{
	for (int i = 0; i < 3; i++) {
		size_t length;

		if (i > 0 && *text++ != '.')
			return false;
		length = number_length(text);
		if (length == 0)
			return false;
		text += length;
	}
	if (*text == '-')
		text = skip_identifiers(text + 1, true);
	if (text && *text == '+')
		text = skip_identifiers(text + 1, false);
	return text && !*text;
}

/* config.md, Specification version: the version follows SemVer. Of the one major version that there
 * is, any minor version is accepted. */
static int check_version(const struct config *config, struct error *err)
{
	const char *version = config->ociVersion;

	if (!is_semver(version))
		return error_set(err, EINVAL, "ociVersion: \"%s\" is not a SemVer 2.0.0 version",
				 show(version).text);
	if (strncmp(version, "1.", 2) != 0)
		return error_set(err, ENOTSUP, "ociVersion: \"%s\" is not supported, only 1.x.y",
				 show(version).text);
	return 0;
}

static bool has(const struct config *config, enum namespace_kind kind)
{
	return config->linux->namespaces.at[kind].present;
}

static int needs_namespace(const struct config *config, bool set, const char *property,
			   enum namespace_kind kind, struct error *err)
{
	if (!set || has(config, kind))
		return 0;
	return error_set(
		err, EINVAL,
		"%s: needs a namespace of type \"%s\" in linux.namespaces, or it would change "
		"the host",
		property, words_name(&namespace_words, kind));
}

static int check_hostname(const struct config *config, struct error *err)
{
	return needs_namespace(config, config->hostname && *config->hostname, "hostname",
			       NAMESPACE_UTS, err);
}

static int check_domainname(const struct config *config, struct error *err)
{
	return needs_namespace(config, config->domainname && *config->domainname, "domainname",
			       NAMESPACE_UTS, err);
}

static int check_mounts(const struct config *config, struct error *err)
{
	return needs_namespace(config, config->mounts.count > 0, "mounts", NAMESPACE_MOUNT, err);
}

static int check_masked_paths(const struct config *config, struct error *err)
{
	return needs_namespace(config, config->linux->maskedPaths.count > 0, "linux.maskedPaths",
			       NAMESPACE_MOUNT, err);
}

static int check_readonly_paths(const struct config *config, struct error *err)
{
	return needs_namespace(config, config->linux->readonlyPaths.count > 0,
			       "linux.readonlyPaths", NAMESPACE_MOUNT, err);
}

/* config.md, Mounts: a bind mount needs a source, which is what it binds. */
static int check_bind_sources(const struct config *config, struct error *err)
{
	for (size_t i = 0; i < config->mounts.count; i++) {
		const struct mount *mount = &config->mounts.at[i];

		if ((mount->options.mode & MOUNT_MODE_BIND) && (!mount->source || !*mount->source))
			return error_set(err, EINVAL, "mounts[%zu].source: a bind mount needs one",
					 i);
	}
	return 0;
}

/* config.md, POSIX process: duplicate types are an error; the kernel refuses soft above hard. */
static int check_rlimits(const struct config *config, struct error *err)
{
	const struct rlimits *limits = &config->process->rlimits;

	for (size_t i = 0; i < limits->count; i++) {
		const struct rlimit_entry *limit = &limits->at[i];
		const char *name = words_name(&rlimit_words, limit->type);

		if (limit->soft > limit->hard)
			return error_set(
				err, EINVAL,
				"process.rlimits[%zu]: %s: soft limit %llu is above hard limit "
				"%llu",
				i, name, (unsigned long long)limit->soft,
				(unsigned long long)limit->hard);
		for (size_t j = 0; j < i; j++)
			if (limits->at[j].type == limit->type)
				return error_set(err, EINVAL, "process.rlimits[%zu]: a second %s",
						 i, name);
	}
	return 0;
}

/* The limits of sched(7). */
enum { REALTIME_PRIORITY_MAX = 99, DEADLINE_RUNTIME_MIN_NS = 1024 };

static int check_priority(const struct scheduler *scheduler, const char *policy, struct error *err)
{
	bool realtime = scheduler->policy == SCHED_FIFO || scheduler->policy == SCHED_RR;

	if (!realtime && scheduler->priority != 0)
		return error_set(err, EINVAL, "process.scheduler.priority: %s has none", policy);
	if (realtime && (scheduler->priority < 1 || scheduler->priority > REALTIME_PRIORITY_MAX))
		return error_set(err, EINVAL,
				 "process.scheduler.priority: %d is out of range (1 to %d, for %s)",
				 scheduler->priority, REALTIME_PRIORITY_MAX, policy);
	return 0;
}

static int refuse_time(const char *property, uint64_t value, struct error *err)
{
	if (value == 0)
		return 0;
	return error_set(err, EINVAL, "process.scheduler.%s: only SCHED_DEADLINE has one",
			 property);
}

static int check_least(const char *property, uint64_t value, const char *what, uint64_t least,
		       struct error *err)
{
	if (value >= least)
		return 0;
	return error_set(err, EINVAL, "process.scheduler.%s: %llu is less than %s, %llu", property,
			 (unsigned long long)value, what, (unsigned long long)least);
}

/* sched_setattr(2): the kernel wants runtime <= deadline <= period. Without a period it is the
 * deadline. */
static int check_times(const struct scheduler *scheduler, struct error *err)
{
	if (scheduler->policy != SCHED_DEADLINE) {
		if (refuse_time("runtime", scheduler->runtime, err) < 0 ||
		    refuse_time("deadline", scheduler->deadline, err) < 0)
			return -err->code;
		return refuse_time("period", scheduler->period, err);
	}
	if (check_least("runtime", scheduler->runtime, "the least", DEADLINE_RUNTIME_MIN_NS, err) <
		    0 ||
	    check_least("deadline", scheduler->deadline, "runtime", scheduler->runtime, err) < 0)
		return -err->code;
	return scheduler->period ? check_least("period", scheduler->period, "deadline",
					       scheduler->deadline, err)
				 : 0;
}

/* config.md, Linux Process, says which policy uses which property. */
static int check_scheduler(const struct config *config, struct error *err)
{
	const struct scheduler *scheduler = config->process->scheduler;

	/* These flags keep the policy or the parameters of the caller, which are not known here. */
	if (!scheduler || (scheduler->flags & (SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS)))
		return 0;
	if (check_priority(scheduler, words_name(&scheduler_policy_words, scheduler->policy), err) <
	    0)
		return -err->code;
	return check_times(scheduler, err);
}

/* set_mempolicy(2) says which modes are about nodes, and which of them need some. */
static bool takes_nodes(uint64_t mode)
{
	return mode != MPOL_DEFAULT && mode != MPOL_LOCAL;
}

static bool needs_nodes(uint64_t mode)
{
	return takes_nodes(mode) && mode != MPOL_PREFERRED;
}

static int check_nodes(const struct memory_policy *policy, struct error *err)
{
	const char *mode = words_name(&memory_policy_words, policy->mode);

	if (policy->nodes.text && !takes_nodes(policy->mode))
		return error_set(err, EINVAL, "linux.memoryPolicy.nodes: %s takes none", mode);
	if (!policy->nodes.text && needs_nodes(policy->mode))
		return error_set(err, EINVAL, "linux.memoryPolicy.nodes: %s needs at least one",
				 mode);
	return 0;
}

static int check_memory_policy_flags(const struct memory_policy *policy, struct error *err)
{
	uint64_t about_nodes = policy->flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES);

	if (about_nodes == (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES))
		return error_set(err, EINVAL,
				 "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and "
				 "MPOL_F_RELATIVE_NODES exclude each other");
	if (about_nodes && !policy->nodes.text)
		return error_set(err, EINVAL, "linux.memoryPolicy.flags: %s needs nodes",
				 words_name(&memory_policy_flag_words, about_nodes));
	if ((policy->flags & MPOL_F_NUMA_BALANCING) && policy->mode != MPOL_BIND &&
	    policy->mode != MPOL_PREFERRED_MANY)
		return error_set(err, EINVAL,
				 "linux.memoryPolicy.flags: MPOL_F_NUMA_BALANCING is for MPOL_BIND "
				 "and MPOL_PREFERRED_MANY, not for %s",
				 words_name(&memory_policy_words, policy->mode));
	return 0;
}

/* config-linux.md, Memory policy */
static int check_memory_policy(const struct config *config, struct error *err)
{
	const struct memory_policy *policy = config->linux->memoryPolicy;

	if (!policy)
		return 0;
	if (check_nodes(policy, err) < 0)
		return -err->code;
	return check_memory_policy_flags(policy, err);
}

static int check_schemata(const struct strings *schemata, struct error *err)
{
	for (size_t i = 0; i < schemata->count; i++) {
		const char *line = schemata->at[i];

		if (!*line || strchr(line, '\n'))
			return error_set(err, EINVAL,
					 "linux.intelRdt.schemata[%zu]: \"%s\" is not one line", i,
					 show(line).text);
	}
	return 0;
}

/* config-linux.md, IntelRdt. What it says about l3CacheSchema is only a SHOULD, and not checked. */
static int check_intel_rdt(const struct config *config, struct error *err)
{
	const struct intel_rdt *rdt = config->linux->intelRdt;
	const char *bandwidth = rdt ? rdt->memBwSchema : NULL;

	if (!rdt)
		return 0;
	if (bandwidth && (strncmp(bandwidth, "MB:", 3) != 0 || strchr(bandwidth, '\n')))
		return error_set(err, EINVAL,
				 "linux.intelRdt.memBwSchema: \"%s\" is not one line that begins "
				 "with \"MB:\"",
				 show(bandwidth).text);
	return check_schemata(&rdt->schemata, err);
}

/* config-linux.md, Personality: currently no flag values are supported. */
static int check_personality(const struct config *config, struct error *err)
{
	const struct personality_setting *personality = config->linux->personality;

	if (!personality || personality->flags.count == 0)
		return 0;
	return error_set(err, EINVAL, "linux.personality.flags[0]: \"%s\": there are no flags",
			 show(personality->flags.at[0]).text);
}

/* config-linux.md, Devices: numbers are REQUIRED unless type is p. Docker and containerd pass a
 * whole st_mode on as fileMode, so it may repeat the type, but not contradict it. */
static int check_device(const struct device *device, size_t i, struct error *err)
{
	uint32_t mode = device->fileMode ? *device->fileMode : 0;
	uint32_t type = mode & ~07777u;

	if (device->type != S_IFIFO && (!device->major || !device->minor))
		return error_set(err, EINVAL,
				 "linux.devices[%zu]: %s: major and minor are required", i,
				 show(device->path).text);
	if (type && type != device->type)
		return error_set(err, EINVAL,
				 "linux.devices[%zu].fileMode: %u (octal %o) is more than "
				 "permissions, and not of type \"%s\"",
				 i, mode, mode, words_name(&device_type_words, device->type));
	return 0;
}

static int check_devices(const struct config *config, struct error *err)
{
	const struct devices *devices = &config->linux->devices;

	for (size_t i = 0; i < devices->count; i++)
		if (check_device(&devices->at[i], i, err) < 0)
			return -err->code;
	return 0;
}

static int check_device_rules(const struct config *config, struct error *err)
{
	const struct device_rules *rules = &config->linux->resources->devices;

	for (size_t i = 0; i < rules->count; i++) {
		const char *access = rules->at[i].access;

		if (access && access[strspn(access, "rwm")])
			return error_set(err, EINVAL,
					 "linux.resources.devices[%zu].access: \"%s\" is not made "
					 "of r, w and m",
					 i, show(access).text);
	}
	return 0;
}

/* config-linux.md, CPU: burst MUST be no larger than any positive quota. */
static int check_cpu(const struct config *config, struct error *err)
{
	const struct cpu *cpu = config->linux->resources->cpu;

	if (cpu && cpu->quota && cpu->burst && *cpu->quota > 0 &&
	    *cpu->burst > (uint64_t)*cpu->quota)
		return error_set(err, EINVAL,
				 "linux.resources.cpu.burst: %llu is larger than quota, %lld",
				 (unsigned long long)*cpu->burst, (long long)*cpu->quota);
	return 0;
}

/* config-linux.md, Memory: the limit swap is for memory and swap together, so it cannot be smaller
 * than limit. */
static int check_memory(const struct config *config, struct error *err)
{
	const struct memory *memory = config->linux->resources->memory;

	if (memory && memory->limit && memory->swap && *memory->swap > 0 &&
	    *memory->limit > *memory->swap)
		return error_set(err, EINVAL,
				 "linux.resources.memory.swap: %lld, which is memory plus swap, is "
				 "smaller than limit, %lld",
				 (long long)*memory->swap, (long long)*memory->limit);
	return 0;
}

static bool takes_errno(uint64_t action)
{
	return action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRACE;
}

bool seccomp_notifies(const struct seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->syscalls.count; i++)
		if (seccomp->syscalls.at[i].action == SECCOMP_RET_USER_NOTIF)
			return true;
	return seccomp->defaultAction == SECCOMP_RET_USER_NOTIF;
}

static int check_listener(const struct seccomp *seccomp, struct error *err)
{
	if (seccomp->listenerMetadata && !seccomp->listenerPath)
		return error_set(err, EINVAL,
				 "linux.seccomp.listenerMetadata: must not be set without "
				 "listenerPath");
	if (!seccomp->listenerPath && seccomp_notifies(seccomp))
		return error_set(err, EINVAL,
				 "linux.seccomp.listenerPath: required by SCMP_ACT_NOTIFY");
	return 0;
}

/* config-linux.md, Seccomp: when the action doesn't support an errno, the runtime MUST fail. */
static int check_seccomp(const struct config *config, struct error *err)
{
	const struct seccomp *seccomp = config->linux->seccomp;

	if (!seccomp)
		return 0;
	if (seccomp->defaultErrnoRet && !takes_errno(seccomp->defaultAction))
		return error_set(err, EINVAL, "linux.seccomp.defaultErrnoRet: %s takes no errno",
				 words_name(&seccomp_action_words, seccomp->defaultAction));
	for (size_t i = 0; i < seccomp->syscalls.count; i++) {
		const struct seccomp_syscall *syscall = &seccomp->syscalls.at[i];

		if (syscall->errnoRet && !takes_errno(syscall->action))
			return error_set(err, EINVAL,
					 "linux.seccomp.syscalls[%zu].errnoRet: %s takes no errno",
					 i, words_name(&seccomp_action_words, syscall->action));
	}
	return check_listener(seccomp, err);
}

static bool overlap(uint32_t a, uint32_t b, const struct id_mapping *one,
		    const struct id_mapping *other)
{
	return a < (uint64_t)b + other->size && b < (uint64_t)a + one->size;
}

/* user_namespaces(7): ids beyond 4294967294 do not exist, and none may be mapped twice. */
static int check_mapping(const struct id_mappings *mappings, size_t i, const char *property,
			 struct error *err)
{
	const struct id_mapping *mapping = &mappings->at[i];

	if ((uint64_t)mapping->containerID + mapping->size > UINT32_MAX ||
	    (uint64_t)mapping->hostID + mapping->size > UINT32_MAX)
		return error_set(err, EINVAL, "%s[%zu]: goes beyond the last id, 4294967294",
				 property, i);
	for (size_t j = 0; j < i; j++) {
		const struct id_mapping *before = &mappings->at[j];

		if (overlap(mapping->containerID, before->containerID, mapping, before) ||
		    overlap(mapping->hostID, before->hostID, mapping, before))
			return error_set(err, EINVAL, "%s[%zu]: overlaps with [%zu]", property, i,
					 j);
	}
	return 0;
}

static int check_mappings(const struct id_mappings *mappings, const char *property,
			  struct error *err)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (check_mapping(mappings, i, property, err) < 0)
			return -err->code;
	return 0;
}

/* config-linux.md, User namespace mappings */
static int check_user_mappings(const struct config *config, struct error *err)
{
	const struct linux_config *linux = config->linux;
	bool mapped = linux->uidMappings.count > 0 || linux->gidMappings.count > 0;

	if (mapped && !has(config, NAMESPACE_USER))
		return error_set(err, EINVAL,
				 "linux.uidMappings, linux.gidMappings: need a namespace of type "
				 "\"user\" in linux.namespaces");
	if (check_mappings(&linux->uidMappings, "linux.uidMappings", err) < 0)
		return -err->code;
	return check_mappings(&linux->gidMappings, "linux.gidMappings", err);
}

/* config.md, Linux mount options: idmap MUST be an error when neither the mount nor a user
 * namespace has a mapping. */
static int check_mount_mapping(const struct config *config, const struct mount *mount,
			       struct error *err)
{
	/* How errors call the two mappings: with the place where they stand, and by their names
	 * there. */
	static const char *const properties[][4] = {
		{"uidMappings", "gidMappings", "uidMappings", "gidMappings"},
		{"options: idmap: uids", "options: idmap: gids", "uids", "gids"},
	};
	const char *const *names = properties[mount->options.mappings != NULL];
	bool uids = mount->uidMappings.count > 0, gids = mount->gidMappings.count > 0;

	if (uids != gids)
		return error_set(err, EINVAL, "%s: must be given along with %s", names[gids],
				 names[2 + uids]);
	if (mount->options.mode & MOUNT_MODE_IDMAP && !uids && !has(config, NAMESPACE_USER))
		return error_set(err, EINVAL,
				 "options: idmap: neither uidMappings and gidMappings of this "
				 "mount nor a user namespace to take them from");
	if (check_mappings(&mount->uidMappings, names[0], err) < 0)
		return -err->code;
	return check_mappings(&mount->gidMappings, names[1], err);
}

/* config.md, POSIX-platform Mounts */
static int check_mount_mappings(const struct config *config, struct error *err)
{
	struct error reason;

	for (size_t i = 0; i < config->mounts.count; i++)
		if (check_mount_mapping(config, &config->mounts.at[i], &reason) < 0)
			return error_set(err, reason.code, "mounts[%zu].%s", i, reason.text);
	return 0;
}

/* config.md, Annotations: keys MUST NOT be an empty string. */
static int check_annotations(const struct config *config, struct error *err)
{
	for (size_t i = 0; i < config->annotations.count; i++)
		if (!*config->annotations.at[i].name)
			return error_set(err, EINVAL, "annotations: a key is empty");
	return 0;
}

static rule *const rules[] = {
	check_version,      check_hostname,       check_domainname,    check_mounts,
	check_masked_paths, check_readonly_paths, check_devices,       check_seccomp,
	check_annotations,  check_user_mappings,  check_memory_policy, check_intel_rdt,
	check_personality,
};

static rule *const mount_rules[] = {check_bind_sources, check_mount_mappings};
static rule *const process_rules[] = {check_rlimits, check_scheduler};
static rule *const resource_rules[] = {check_device_rules, check_cpu, check_memory};

static int apply(rule *const *at, size_t count, const struct config *config, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (at[i](config, err) < 0)
			return -err->code;
	return 0;
}

#define APPLY(table) apply(table, sizeof table / sizeof *table, config, err)

int check_process(const struct config *config, struct error *err)
{
	return APPLY(process_rules);
}

int check_mount_entries(const struct config *config, struct error *err)
{
	return APPLY(mount_rules);
}

int check_config(const struct config *config, struct error *err)
{
	if (APPLY(rules) < 0 || check_mount_entries(config, err) < 0)
		return -err->code;
	if (config->process && check_process(config, err) < 0)
		return -err->code;
	if (config->linux->resources && APPLY(resource_rules) < 0)
		return -err->code;
	return 0;
}
