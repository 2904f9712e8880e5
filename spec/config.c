/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/check.h"
#include "spec/cleanup.h"
#include "spec/mapping.h"
#include "spec/schema_fields.h"

/* No configuration that a person or an engine writes comes near this size. */
enum { CONFIG_BYTES_MAX = 16 * 1024 * 1024 };

/* clang-format off */

/* config.md, Root */
static const struct field root_fields[] = {
	FIELD(struct root, path, REQUIRED | NONEMPTY),
	FIELD(struct root, readonly, OPTIONAL),
};
static const struct schema root_schema = SCHEMA(struct root, root_fields);

/* config-linux.md, User namespace mappings */
static const struct field id_mapping_fields[] = {
	RANGE(struct id_mapping, containerID, REQUIRED | ALWAYS, 0, ID_MAX),
	RANGE(struct id_mapping, hostID, REQUIRED | ALWAYS, 0, ID_MAX),
	RANGE(struct id_mapping, size, REQUIRED | ALWAYS, 1, UINT32_MAX),
};
static const struct schema id_mapping_schema = SCHEMA(struct id_mapping, id_mapping_fields);

/* clang-format on */

/* config.md, Linux mount options: add the words up in their order. */

static void add_attribute(const struct mount_option *row, uint64_t *set, uint64_t *clear)
{
	*set = (*set & ~(row->clear | row->set)) | row->set;
	*clear = (*clear & ~row->set) | row->clear;
}

static int add_propagation(struct reader *reader, const struct mount_option *row,
			   struct propagations *propagation)
{
	const size_t room = sizeof propagation->at / sizeof *propagation->at;

	if (propagation->count == room)
		return reader_error(reader, EINVAL, "more than %zu propagation options", room);
	propagation->at[propagation->count++] = row->set;
	return 0;
}

static void add_mode(const struct mount_option *row, unsigned *mode)
{
	*mode = (*mode & ~(unsigned)row->clear) | (unsigned)row->set;
}

/* Take idmap=TEXT or ridmap=TEXT. The text is parsed by map_mounts() when the whole configuration
 * has been read, since it may refer to the user namespace. */
static bool add_mappings(const char *word, struct mount_options *options)
{
	bool below = *word == 'r';

	if (strncmp(word + below, "idmap=", strlen("idmap=")) != 0)
		return false;
	add_mode(mount_option_find(below ? "ridmap" : "idmap"), &options->mode);
	options->mappings = strchr(word, '=') + 1;
	return true;
}

static int add_option(struct reader *reader, const char *word, struct mount_options *options,
		      const char **data)
{
	const struct mount_option *row = mount_option_find(word);

	if (!row && add_mappings(word, options))
		return 0;
	if (!row) {
		data[options->data.count++] = word;
		return 0;
	}
	switch (row->kind) {
	case MOUNT_OPTION_ATTRIBUTE:
		add_attribute(row, &options->set, &options->clear);
		return 0;
	case MOUNT_OPTION_RECURSIVE_ATTRIBUTE:
		add_attribute(row, &options->rset, &options->rclear);
		/* The word comes after those that were set before, and concerns this mount, too. */
		options->set &= ~(row->set | row->clear);
		options->clear &= ~(row->set | row->clear);
		return 0;
	case MOUNT_OPTION_SUPERBLOCK:
		options->superblock = (options->superblock & ~row->clear) | row->set;
		return 0;
	case MOUNT_OPTION_PROPAGATION:
		return add_propagation(reader, row, &options->propagation);
	case MOUNT_OPTION_MODE:
		add_mode(row, &options->mode);
		return 0;
	default:
		return 0;
	}
}

static int read_mount_options(struct reader *reader, const json_t *json, void *member)
{
	struct mount_options *options = member;
	const char **data;

	if (reader_strings(reader, json, &options->words) < 0)
		return -reader->err->code;
	data = arena_array(reader->arena, options->words.count, sizeof *data);
	options->data.at = data;
	for (size_t i = 0; i < options->words.count; i++) {
		size_t mark = reader_enter_index(reader, i);

		if (add_option(reader, options->words.at[i], options, data) < 0)
			return -reader->err->code;
		reader_leave(reader, mark);
	}
	return 0;
}

static json_t *write_mount_options(const void *member)
{
	const struct mount_options *options = member;

	return strings_write(&options->words);
}

static const struct field_custom mount_options_custom = {read_mount_options, write_mount_options};

/* config.md, Process: a name that no header knows is for a newer kernel; it becomes a warning. */

static int read_capability_set(struct reader *reader, const json_t *json, void *member)
{
	struct capability_set *set = member;
	struct strings names;
	const char **unknown;

	if (reader_strings(reader, json, &names) < 0)
		return -reader->err->code;
	unknown = arena_array(reader->arena, names.count, sizeof *unknown);
	set->unknown.at = unknown;
	for (size_t i = 0; i < names.count; i++) {
		uint64_t capability;

		if (words_find(&capability_words, names.at[i], &capability))
			set->mask |= 1ULL << capability;
		else
			unknown[set->unknown.count++] = names.at[i];
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names are sorted, as people list them. */
static json_t *write_capability_set(const void *member)
{
	const struct capability_set *set = member;
	const char *names[64];
	struct strings list = {0, names};

	for (unsigned capability = 0; capability < 64; capability++)
		if (set->mask & 1ULL << capability)
			names[list.count++] = words_name(&capability_words, capability);
	qsort(names, list.count, sizeof *names, compare_names);
	return strings_write(&list);
}

static const struct field_custom capability_set_custom = {read_capability_set, write_capability_set,
							  &capability_words};

/* config-linux.md, Namespaces: a list in JSON, an array indexed by kind here. */

struct namespace_item {
	uint64_t type;
	const char *path;
};

/* clang-format off */
static const struct field namespace_item_fields[] = {
	WORD(struct namespace_item, type, namespace_words, REQUIRED),
	FIELD(struct namespace_item, path, ABSOLUTE | EMPTY_IS_ABSENT),
};
static const struct schema namespace_item_schema = SCHEMA(struct namespace_item, namespace_item_fields);
/* clang-format on */

static int read_namespace(struct reader *reader, const json_t *json, struct namespaces *namespaces)
{
	struct namespace_item item = {0};
	struct namespace_entry *entry;

	if (reader_object(reader, &namespace_item_schema, json, &item) < 0)
		return -reader->err->code;
	entry = &namespaces->at[item.type];
	if (entry->present)
		return reader_error(reader, EINVAL, "a second \"%s\" namespace",
				    words_name(&namespace_words, item.type));
	if (!words_supported(&namespace_words, item.type))
		return reader_error(reader, ENOTSUP, "%s: not supported yet",
				    words_name(&namespace_words, item.type));
	*entry = (struct namespace_entry){.present = true, .path = item.path};
	return 0;
}

static int read_namespaces(struct reader *reader, const json_t *json, void *member)
{
	if (!json_is_array(json))
		return reader_type_error(reader, "an array", json);
	for (size_t i = 0; i < json_array_size(json); i++) {
		size_t mark = reader_enter_index(reader, i);

		if (read_namespace(reader, json_array_get(json, i), member) < 0)
			return -reader->err->code;
		reader_leave(reader, mark);
	}
	return 0;
}

static json_t *write_namespace(enum namespace_kind kind, const struct namespace_entry *entry)
{
	json_t *item = json_object();

	json_object_set_new(item, "type", json_string(words_name(&namespace_words, kind)));
	if (entry->path)
		json_object_set_new(item, "path", json_string(entry->path));
	return item;
}

/* Namespaces are written in the order that everybody knows from `runc spec`. */
static json_t *write_namespaces(const void *member)
{
	static const enum namespace_kind order[] = {
		NAMESPACE_PID,   NAMESPACE_NETWORK, NAMESPACE_IPC,  NAMESPACE_UTS,
		NAMESPACE_MOUNT, NAMESPACE_CGROUP,  NAMESPACE_USER, NAMESPACE_TIME,
	};
	const struct namespaces *namespaces = member;
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (namespaces->at[order[i]].present)
			json_array_append_new(array,
					      write_namespace(order[i], &namespaces->at[order[i]]));
	return array;
}

static const struct field_custom namespaces_custom = {read_namespaces, write_namespaces,
						      &namespace_words};

/* cpuset(7), List format. An empty list says no more than an absent one. */
static int read_bitmap_list(struct reader *reader, const json_t *json, void *member)
{
	struct bitmap_list *list = member;
	struct error err;

	if (reader_string(reader, json, &list->text) < 0)
		return -reader->err->code;
	if (!*list->text)
		list->text = NULL;
	else if (bitmap_parse_list(list->text, &list->numbers, &err) < 0)
		return reader_error(reader, EINVAL, "%s", err.text);
	return 0;
}

static json_t *write_bitmap_list(const void *member)
{
	const struct bitmap_list *list = member;

	return list->text ? json_string(list->text) : NULL;
}

static const struct field_custom bitmap_list_custom = {read_bitmap_list, write_bitmap_list};

/* Read a seccomp action, and refuse one that is known, but not supported. */
static int read_seccomp_action(struct reader *reader, const json_t *json, void *member)
{
	uint64_t *action = member;

	if (reader_word(reader, json, &seccomp_action_words, action) < 0)
		return -reader->err->code;
	if (!words_supported(&seccomp_action_words, *action))
		return reader_error(reader, ENOTSUP, "%s: not supported yet",
				    words_name(&seccomp_action_words, *action));
	return 0;
}

static json_t *write_seccomp_action(const void *member)
{
	return json_string(words_name(&seccomp_action_words, *(const uint64_t *)member));
}

static const struct field_custom seccomp_action_custom = {read_seccomp_action, write_seccomp_action,
							  &seccomp_action_words};

/* Flags stay words, and are only checked here: which bits the kernel is told is for the loader. */
static int read_seccomp_flags(struct reader *reader, const json_t *json, void *member)
{
	struct strings *flags = member;

	if (reader_strings(reader, json, flags) < 0)
		return -reader->err->code;
	for (size_t i = 0; i < flags->count; i++) {
		size_t mark = reader_enter_index(reader, i);
		uint64_t value;

		if (reader_word(reader, json_array_get(json, i), &seccomp_flag_words, &value) < 0)
			return -reader->err->code;
		reader_leave(reader, mark);
	}
	return 0;
}

static json_t *write_seccomp_flags(const void *member)
{
	return strings_write(member);
}

static const struct field_custom seccomp_flags_custom = {read_seccomp_flags, write_seccomp_flags,
							 &seccomp_flag_words};

/* clang-format off */

/* config.md, Mounts */
static const struct field mount_fields[] = {
	FIELD(struct mount, destination, REQUIRED | NONEMPTY),
	FIELD(struct mount, type, OPTIONAL),
	FIELD(struct mount, source, OPTIONAL),
	CUSTOM(struct mount, options, mount_options_custom, OPTIONAL),
	LIST(struct mount, uidMappings, id_mapping_schema, OPTIONAL),
	LIST(struct mount, gidMappings, id_mapping_schema, OPTIONAL),
};
static const struct schema mount_schema = SCHEMA(struct mount, mount_fields);

/* The mounts that are added to a container when it is there already. */
static const struct field mounts_fields[] = {
	{.name = "mounts", .type = FIELD_LIST, .flags = REQUIRED, .schema = &mount_schema},
};
static const struct schema mounts_schema = SCHEMA(struct mounts, mounts_fields);

/* config.md, Process */
static const struct field console_size_fields[] = {
	FIELD(struct console_size, height, REQUIRED | ALWAYS),
	FIELD(struct console_size, width, REQUIRED | ALWAYS),
};
static const struct schema console_size_schema = SCHEMA(struct console_size, console_size_fields);

static const struct field rlimit_fields[] = {
	WORD(struct rlimit_entry, type, rlimit_words, REQUIRED),
	FIELD(struct rlimit_entry, hard, REQUIRED | ALWAYS),
	FIELD(struct rlimit_entry, soft, REQUIRED | ALWAYS),
};
static const struct schema rlimit_schema = SCHEMA(struct rlimit_entry, rlimit_fields);

static const struct field capabilities_fields[] = {
	CUSTOM(struct capabilities, bounding, capability_set_custom, OPTIONAL),
	CUSTOM(struct capabilities, effective, capability_set_custom, OPTIONAL),
	CUSTOM(struct capabilities, inheritable, capability_set_custom, OPTIONAL),
	CUSTOM(struct capabilities, permitted, capability_set_custom, OPTIONAL),
	CUSTOM(struct capabilities, ambient, capability_set_custom, OPTIONAL),
};
static const struct schema capabilities_schema = SCHEMA(struct capabilities, capabilities_fields);

static const struct field scheduler_fields[] = {
	WORD(struct scheduler, policy, scheduler_policy_words, REQUIRED),
	RANGE(struct scheduler, nice, OPTIONAL, -20, 19),
	FIELD(struct scheduler, priority, OPTIONAL),
	WORD_MASK(struct scheduler, flags, scheduler_flag_words, OPTIONAL),
	RANGE(struct scheduler, runtime, OPTIONAL, 0, INT64_MAX),
	RANGE(struct scheduler, deadline, OPTIONAL, 0, INT64_MAX),
	RANGE(struct scheduler, period, OPTIONAL, 0, INT64_MAX),
};
static const struct schema scheduler_schema = SCHEMA(struct scheduler, scheduler_fields);

static const struct field io_priority_fields[] = {
	WORD(struct io_priority, class, io_class_words, REQUIRED),
	RANGE(struct io_priority, priority, REQUIRED, 0, 7),
};
static const struct schema io_priority_schema = SCHEMA(struct io_priority, io_priority_fields);

static const struct field exec_cpu_affinity_fields[] = {
	CUSTOM(struct exec_cpu_affinity, initial, bitmap_list_custom, OPTIONAL),
	CUSTOM(struct exec_cpu_affinity, final, bitmap_list_custom, OPTIONAL),
};
static const struct schema exec_cpu_affinity_schema =
	SCHEMA(struct exec_cpu_affinity, exec_cpu_affinity_fields);

static const struct field user_fields[] = {
	RANGE(struct user, uid, REQUIRED | ALWAYS, 0, ID_MAX),
	RANGE(struct user, gid, REQUIRED | ALWAYS, 0, ID_MAX),
	RANGE(struct user, umask, INHERITED, 0, 0777),
	NUMBERS(struct user, additionalGids, NOT_INHERITED, ID_MAX),
};
static const struct schema user_schema = SCHEMA(struct user, user_fields);

/* A process that joins the container takes members that are INHERITED from the container's own
 * process. */
static const struct field process_fields[] = {
	FIELD(struct process, terminal, ALWAYS | NOT_INHERITED),
	OBJECT_ONLY_WITH(struct process, terminal, consoleSize, console_size_schema, NOT_INHERITED),
	EMBEDDED(struct process, user, user_schema, OPTIONAL),
	FIELD(struct process, args, REQUIRED | NONEMPTY),
	FIELD(struct process, env, ENVIRONMENT | NOT_INHERITED),
	FIELD(struct process, cwd, REQUIRED | ABSOLUTE),
	OBJECT(struct process, capabilities, capabilities_schema, INHERITED),
	LIST(struct process, rlimits, rlimit_schema, INHERITED),
	/* A joining process cannot take it back that privileges cannot be gained: false is as good
	 * as absent. */
	FIELD(struct process, noNewPrivileges, INHERITED),
	FIELD(struct process, apparmorProfile, EMPTY_IS_ABSENT | INHERITED),
	RANGE(struct process, oomScoreAdj, INHERITED, -1000, 1000),
	OBJECT(struct process, scheduler, scheduler_schema, INHERITED),
	FIELD(struct process, selinuxLabel, EMPTY_IS_ABSENT | INHERITED),
	OBJECT(struct process, ioPriority, io_priority_schema, INHERITED),
	OBJECT(struct process, execCPUAffinity, exec_cpu_affinity_schema, INHERITED),
};
const struct schema process_schema = SCHEMA(struct process, process_fields);

/* config.md, POSIX-platform Hooks */
static const struct field hook_fields[] = {
	FIELD(struct hook, path, REQUIRED | ABSOLUTE),
	FIELD(struct hook, args, OPTIONAL),
	FIELD(struct hook, env, ENVIRONMENT),
	RANGE(struct hook, timeout, OPTIONAL, 1, INT32_MAX),
};
static const struct schema hook_schema = SCHEMA(struct hook, hook_fields);

static const struct field hooks_fields[] = {
	LIST(struct hooks, prestart, hook_schema, OPTIONAL),
	LIST(struct hooks, createRuntime, hook_schema, OPTIONAL),
	LIST(struct hooks, createContainer, hook_schema, OPTIONAL),
	LIST(struct hooks, startContainer, hook_schema, OPTIONAL),
	LIST(struct hooks, poststart, hook_schema, OPTIONAL),
	LIST(struct hooks, poststop, hook_schema, OPTIONAL),
};
static const struct schema hooks_schema = SCHEMA(struct hooks, hooks_fields);

/* config-linux.md, Offset for Time Namespace */
static const struct field time_offset_fields[] = {
	FIELD(struct time_offset, secs, OPTIONAL),
	RANGE(struct time_offset, nanosecs, OPTIONAL, 0, 999999999),
};
static const struct schema time_offset_schema = SCHEMA(struct time_offset, time_offset_fields);

/* config-linux.md, Devices */
static const struct field device_fields[] = {
	WORD(struct device, type, device_type_words, REQUIRED),
	FIELD(struct device, path, REQUIRED | ABSOLUTE),
	RANGE(struct device, major, OPTIONAL, 0, 0xfff),
	RANGE(struct device, minor, OPTIONAL, 0, 0xfffff),
	FIELD(struct device, fileMode, OPTIONAL),
	RANGE(struct device, uid, OPTIONAL, 0, ID_MAX),
	RANGE(struct device, gid, OPTIONAL, 0, ID_MAX),
};
static const struct schema device_schema = SCHEMA(struct device, device_fields);

/* config-linux.md, Network Devices: the key is the name on the host, the property the new one. */
static const struct field net_device_fields[] = {
	{.name = "name", .type = FIELD_STRING, .offset = offsetof(struct net_device, newName)},
};
static const struct schema net_device_schema = SCHEMA(struct net_device, net_device_fields);

/* config-linux.md, Control groups */
static const struct field device_rule_fields[] = {
	FIELD(struct device_rule, allow, REQUIRED | ALWAYS),
	WORD(struct device_rule, type, device_rule_type_words, OPTIONAL),
	RANGE(struct device_rule, major, OPTIONAL, -1, UINT32_MAX),
	RANGE(struct device_rule, minor, OPTIONAL, -1, UINT32_MAX),
	FIELD(struct device_rule, access, OPTIONAL),
};
static const struct schema device_rule_schema = SCHEMA(struct device_rule, device_rule_fields);

static const struct field memory_fields[] = {
	FIELD(struct memory, limit, OPTIONAL),
	FIELD(struct memory, reservation, OPTIONAL),
	FIELD(struct memory, swap, OPTIONAL),
	FIELD(struct memory, kernel, OPTIONAL),
	FIELD(struct memory, kernelTCP, OPTIONAL),
	RANGE(struct memory, swappiness, OPTIONAL, 0, 100),
	FIELD(struct memory, disableOOMKiller, OPTIONAL),
	FIELD(struct memory, useHierarchy, OPTIONAL),
	FIELD(struct memory, checkBeforeUpdate, OPTIONAL),
};
static const struct schema memory_schema = SCHEMA(struct memory, memory_fields);

static const struct field cpu_fields[] = {
	FIELD(struct cpu, shares, OPTIONAL),
	FIELD(struct cpu, quota, OPTIONAL),
	FIELD(struct cpu, burst, OPTIONAL),
	FIELD(struct cpu, period, OPTIONAL),
	FIELD(struct cpu, realtimeRuntime, OPTIONAL),
	FIELD(struct cpu, realtimePeriod, OPTIONAL),
	FIELD(struct cpu, cpus, OPTIONAL),
	FIELD(struct cpu, mems, OPTIONAL),
	RANGE(struct cpu, idle, OPTIONAL, 0, 1),
};
static const struct schema cpu_schema = SCHEMA(struct cpu, cpu_fields);

static const struct field weight_device_fields[] = {
	FIELD(struct weight_device, major, REQUIRED),
	FIELD(struct weight_device, minor, REQUIRED),
	FIELD(struct weight_device, weight, OPTIONAL),
	FIELD(struct weight_device, leafWeight, OPTIONAL),
};
static const struct schema weight_device_schema = SCHEMA(struct weight_device, weight_device_fields);

static const struct field throttle_device_fields[] = {
	FIELD(struct throttle_device, major, REQUIRED),
	FIELD(struct throttle_device, minor, REQUIRED),
	FIELD(struct throttle_device, rate, REQUIRED),
};
static const struct schema throttle_device_schema =
	SCHEMA(struct throttle_device, throttle_device_fields);

static const struct field block_io_fields[] = {
	FIELD(struct block_io, weight, UNSUPPORTED),
	FIELD(struct block_io, leafWeight, UNSUPPORTED),
	LIST(struct block_io, weightDevice, weight_device_schema, UNSUPPORTED),
	LIST(struct block_io, throttleReadBpsDevice, throttle_device_schema, UNSUPPORTED),
	LIST(struct block_io, throttleWriteBpsDevice, throttle_device_schema, UNSUPPORTED),
	LIST(struct block_io, throttleReadIOPSDevice, throttle_device_schema, UNSUPPORTED),
	LIST(struct block_io, throttleWriteIOPSDevice, throttle_device_schema, UNSUPPORTED),
};
static const struct schema block_io_schema = SCHEMA(struct block_io, block_io_fields);

static const struct field hugepage_limit_fields[] = {
	FIELD(struct hugepage_limit, pageSize, REQUIRED | NONEMPTY),
	FIELD(struct hugepage_limit, limit, REQUIRED),
};
static const struct schema hugepage_limit_schema =
	SCHEMA(struct hugepage_limit, hugepage_limit_fields);

static const struct field network_priority_fields[] = {
	FIELD(struct network_priority, name, REQUIRED | NONEMPTY),
	FIELD(struct network_priority, priority, REQUIRED),
};
static const struct schema network_priority_schema =
	SCHEMA(struct network_priority, network_priority_fields);

static const struct field network_fields[] = {
	FIELD(struct network, classID, OPTIONAL),
	LIST(struct network, priorities, network_priority_schema, OPTIONAL),
};
static const struct schema network_schema = SCHEMA(struct network, network_fields);

static const struct field pids_fields[] = {
	RANGE(struct pids, limit, OPTIONAL, -1, INT64_MAX),
};
static const struct schema pids_schema = SCHEMA(struct pids, pids_fields);

static const struct field rdma_fields[] = {
	FIELD(struct rdma, hcaHandles, OPTIONAL),
	FIELD(struct rdma, hcaObjects, OPTIONAL),
};
static const struct schema rdma_schema = SCHEMA(struct rdma, rdma_fields);

static const struct field resources_fields[] = {
	LIST(struct resources, devices, device_rule_schema, OPTIONAL),
	OBJECT(struct resources, memory, memory_schema, OPTIONAL),
	OBJECT(struct resources, cpu, cpu_schema, OPTIONAL),
	OBJECT(struct resources, blockIO, block_io_schema, OPTIONAL),
	LIST(struct resources, hugepageLimits, hugepage_limit_schema, UNSUPPORTED),
	OBJECT(struct resources, network, network_schema, UNSUPPORTED),
	OBJECT(struct resources, pids, pids_schema, OPTIONAL),
	MAP(struct resources, rdma, rdma_schema, UNSUPPORTED),
	FIELD(struct resources, unified, UNSUPPORTED),
};
static const struct schema resources_schema = SCHEMA(struct resources, resources_fields);

/* config-linux.md, IntelRdt and Memory policy */
static const struct field intel_rdt_fields[] = {
	FIELD(struct intel_rdt, closID, EMPTY_IS_ABSENT),
	FIELD(struct intel_rdt, schemata, OPTIONAL),
	FIELD(struct intel_rdt, l3CacheSchema, EMPTY_IS_ABSENT),
	FIELD(struct intel_rdt, memBwSchema, EMPTY_IS_ABSENT),
	FIELD(struct intel_rdt, enableMonitoring, OPTIONAL),
};
static const struct schema intel_rdt_schema = SCHEMA(struct intel_rdt, intel_rdt_fields);

static const struct field memory_policy_fields[] = {
	WORD(struct memory_policy, mode, memory_policy_words, REQUIRED),
	CUSTOM(struct memory_policy, nodes, bitmap_list_custom, OPTIONAL),
	WORD_MASK(struct memory_policy, flags, memory_policy_flag_words, OPTIONAL),
};
static const struct schema memory_policy_schema = SCHEMA(struct memory_policy, memory_policy_fields);

/* config-linux.md, Seccomp */
static const struct field seccomp_arg_fields[] = {
	RANGE(struct seccomp_arg, index, REQUIRED | ALWAYS, 0, 5),
	FIELD(struct seccomp_arg, value, REQUIRED | ALWAYS),
	FIELD(struct seccomp_arg, valueTwo, OPTIONAL),
	WORD(struct seccomp_arg, op, seccomp_operator_words, REQUIRED),
};
static const struct schema seccomp_arg_schema = SCHEMA(struct seccomp_arg, seccomp_arg_fields);

static const struct field seccomp_syscall_fields[] = {
	FIELD(struct seccomp_syscall, names, REQUIRED | NONEMPTY),
	CUSTOM(struct seccomp_syscall, action, seccomp_action_custom, REQUIRED),
	RANGE(struct seccomp_syscall, errnoRet, OPTIONAL, 0, 4095),
	LIST(struct seccomp_syscall, args, seccomp_arg_schema, OPTIONAL),
};
static const struct schema seccomp_syscall_schema =
	SCHEMA(struct seccomp_syscall, seccomp_syscall_fields);

static const struct field seccomp_fields[] = {
	CUSTOM(struct seccomp, defaultAction, seccomp_action_custom, REQUIRED),
	RANGE(struct seccomp, defaultErrnoRet, OPTIONAL, 0, 4095),
	WORD_LIST(struct seccomp, architectures, seccomp_architecture_words, OPTIONAL),
	CUSTOM(struct seccomp, flags, seccomp_flags_custom, OPTIONAL),
	FIELD(struct seccomp, listenerPath, EMPTY_IS_ABSENT),
	FIELD(struct seccomp, listenerMetadata, EMPTY_IS_ABSENT),
	LIST(struct seccomp, syscalls, seccomp_syscall_schema, OPTIONAL),
};
static const struct schema seccomp_schema = SCHEMA(struct seccomp, seccomp_fields);

static const struct field personality_fields[] = {
	WORD(struct personality_setting, domain, personality_words, REQUIRED),
	FIELD(struct personality_setting, flags, OPTIONAL),
};
static const struct schema personality_schema = SCHEMA(struct personality_setting, personality_fields);

static const struct field linux_fields[] = {
	LIST(struct linux_config, devices, device_schema, OPTIONAL),
	MAP(struct linux_config, netDevices, net_device_schema, UNSUPPORTED),
	FIELD(struct linux_config, cgroupsPath, OPTIONAL),
	LIST(struct linux_config, uidMappings, id_mapping_schema, OPTIONAL),
	LIST(struct linux_config, gidMappings, id_mapping_schema, OPTIONAL),
	MAP(struct linux_config, timeOffsets, time_offset_schema, UNSUPPORTED),
	OBJECT(struct linux_config, resources, resources_schema, OPTIONAL),
	OBJECT(struct linux_config, intelRdt, intel_rdt_schema, OPTIONAL),
	OBJECT(struct linux_config, memoryPolicy, memory_policy_schema, OPTIONAL),
	FIELD(struct linux_config, sysctl, OPTIONAL),
	OBJECT(struct linux_config, seccomp, seccomp_schema, OPTIONAL),
	WORD_OPTIONAL(struct linux_config, rootfsPropagation, propagation_words, OPTIONAL),
	CUSTOM(struct linux_config, namespaces, namespaces_custom, OPTIONAL),
	FIELD(struct linux_config, maskedPaths, ABSOLUTE),
	FIELD(struct linux_config, readonlyPaths, ABSOLUTE),
	FIELD(struct linux_config, mountLabel, OPTIONAL),
	OBJECT(struct linux_config, personality, personality_schema, OPTIONAL),
};
static const struct schema linux_schema = SCHEMA(struct linux_config, linux_fields);

/* config-vm.md */
static const struct field vm_hypervisor_fields[] = {
	FIELD(struct vm_hypervisor, path, REQUIRED | ABSOLUTE),
	FIELD(struct vm_hypervisor, parameters, OPTIONAL),
};
static const struct schema vm_hypervisor_schema = SCHEMA(struct vm_hypervisor, vm_hypervisor_fields);

static const struct field vm_kernel_fields[] = {
	FIELD(struct vm_kernel, path, REQUIRED | ABSOLUTE),
	FIELD(struct vm_kernel, parameters, OPTIONAL),
	FIELD(struct vm_kernel, initrd, ABSOLUTE),
};
static const struct schema vm_kernel_schema = SCHEMA(struct vm_kernel, vm_kernel_fields);

static const struct field vm_image_fields[] = {
	FIELD(struct vm_image, path, REQUIRED | ABSOLUTE),
	FIELD(struct vm_image, format, REQUIRED | NONEMPTY),
};
static const struct schema vm_image_schema = SCHEMA(struct vm_image, vm_image_fields);

static const struct field vm_iomem_fields[] = {
	FIELD(struct vm_iomem, firstGFN, OPTIONAL),
	FIELD(struct vm_iomem, firstMFN, REQUIRED),
	FIELD(struct vm_iomem, nrMFNs, REQUIRED),
};
static const struct schema vm_iomem_schema = SCHEMA(struct vm_iomem, vm_iomem_fields);

static const struct field vm_hw_config_fields[] = {
	FIELD(struct vm_hw_config, deviceTree, OPTIONAL),
	FIELD(struct vm_hw_config, vcpus, OPTIONAL),
	FIELD(struct vm_hw_config, memory, OPTIONAL),
	FIELD(struct vm_hw_config, dtdevs, OPTIONAL),
	LIST(struct vm_hw_config, iomems, vm_iomem_schema, OPTIONAL),
	NUMBERS(struct vm_hw_config, irqs, OPTIONAL, UINT32_MAX),
};
static const struct schema vm_hw_config_schema = SCHEMA(struct vm_hw_config, vm_hw_config_fields);

static const struct field vm_fields[] = {
	OBJECT(struct vm, hypervisor, vm_hypervisor_schema, OPTIONAL),
	OBJECT(struct vm, kernel, vm_kernel_schema, REQUIRED),
	OBJECT(struct vm, image, vm_image_schema, OPTIONAL),
	OBJECT(struct vm, hwConfig, vm_hw_config_schema, OPTIONAL),
};
static const struct schema vm_schema = SCHEMA(struct vm, vm_fields);

static const struct field config_fields[] = {
	FIELD(struct config, ociVersion, REQUIRED),
	OBJECT(struct config, process, process_schema, OPTIONAL),
	OBJECT(struct config, root, root_schema, REQUIRED),
	FIELD(struct config, hostname, OPTIONAL),
	FIELD(struct config, domainname, OPTIONAL),
	LIST(struct config, mounts, mount_schema, OPTIONAL),
	EMBEDDED(struct config, hooks, hooks_schema, OPTIONAL),
	FIELD(struct config, annotations, OPTIONAL),
	OBJECT(struct config, linux, linux_schema, OPTIONAL),
	OBJECT(struct config, vm, vm_schema, UNSUPPORTED),
};
const struct schema config_schema = SCHEMA(struct config, config_fields);

/* clang-format on */

static int map_mount(const struct mappings *userns, struct arena *arena, struct mount *mount,
		     struct error *err)
{
	struct mappings given = {0};

	if (mount->uidMappings.count > 0 || mount->gidMappings.count > 0)
		return error_set(err, EINVAL, "uidMappings and gidMappings are there, too");
	if (mapping_parse(mount->options.mappings, userns, arena, &given, err) < 0)
		return -err->code;
	mount->uidMappings = given.uids;
	mount->gidMappings = given.gids;
	return 0;
}

/* Options of the form idmap=TEXT become uidMappings and gidMappings of their mounts. */
static int map_mounts(struct config *config, struct arena *arena, struct error *err)
{
	const struct mappings userns = {config->linux->uidMappings, config->linux->gidMappings};
	struct mount *mounts = arena_array(arena, config->mounts.count, sizeof *mounts);

	for (size_t i = 0; i < config->mounts.count; i++) {
		mounts[i] = config->mounts.at[i];
		if (mounts[i].options.mappings && map_mount(&userns, arena, &mounts[i], err) < 0)
			return error_wrap(err, "mounts[%zu].options: idmap", i);
	}
	config->mounts.at = mounts;
	return 0;
}

int config_parse(const char *file, const struct document *document, struct arena *arena,
		 const struct config **config, struct error *err)
{
	struct config *parsed = arena_alloc(arena, sizeof *parsed);

	if (schema_parse(&config_schema, file, document->text, document->size, arena, parsed, err) <
	    0)
		return -err->code;
	if (!parsed->linux)
		parsed->linux = arena_alloc(arena, sizeof *parsed->linux);
	if (map_mounts(parsed, arena, err) < 0 || check_config(parsed, err) < 0)
		return error_wrap(err, "%s", file);
	*config = parsed;
	return 0;
}

int process_parse(const char *file, const struct document *document, struct arena *arena,
		  struct process *process, struct error *err)
{
	*process = (struct process){0};
	return schema_parse(&process_schema, file, document->text, document->size, arena, process,
			    err);
}

int mounts_parse(const char *file, const struct document *document, struct arena *arena,
		 struct config *config, struct error *err)
{
	struct mounts mounts = {0};

	if (schema_parse(&mounts_schema, file, document->text, document->size, arena, &mounts,
			 err) < 0)
		return -err->code;
	config->mounts = mounts;
	return map_mounts(config, arena, err) < 0 ? error_wrap(err, "%s", file) : 0;
}

static int read_document(int fd, size_t size, struct arena *arena, struct document *document,
			 struct error *err)
{
	char *text = arena_alloc(arena, size + 1);
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, text + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, "read");
		if (got == 0)
			break;
		used += (size_t)got;
	}
	*document = (struct document){text, used};
	return 0;
}

static int read_regular(int fd, off_t size, struct arena *arena, struct document *document,
			struct error *err)
{
	if (size > CONFIG_BYTES_MAX)
		return error_set(err, E2BIG, "%lld bytes are too large, at most %d",
				 (long long)size, CONFIG_BYTES_MAX);
	return read_document(fd, (size_t)size, arena, document, err);
}

static int read_stream(int fd, struct arena *arena, struct document *document, struct error *err)
{
	if (read_document(fd, CONFIG_BYTES_MAX + 1, arena, document, err) < 0)
		return -err->code;
	if (document->size > CONFIG_BYTES_MAX)
		return error_set(err, E2BIG, "too large, at most %d bytes", CONFIG_BYTES_MAX);
	return 0;
}

static int read_opened(int fd, bool streams, struct arena *arena, struct document *document,
		       struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return error_errno(err, "stat");
	if (S_ISREG(status.st_mode))
		return read_regular(fd, status.st_size, arena, document, err);
	return streams ? read_stream(fd, arena, document, err)
		       : error_set(err, EINVAL, "not a regular file");
}

int config_read(int directory, const char *name, struct arena *arena, struct document *document,
		struct error *err)
{
	/* If a fifo is in the place of the file, opening it without O_NONBLOCK would wait for a
	 * writer. */
	_close_ int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "%s", name);
	return read_opened(fd, false, arena, document, err) < 0 ? error_wrap(err, "%s", name) : 0;
}

static int read_stdin(struct arena *arena, struct document *document, struct error *err)
{
	return read_stream(STDIN_FILENO, arena, document, err) < 0 ? error_wrap(err, "stdin") : 0;
}

static bool is_stdin(const char *name)
{
	return strcmp(name, "-") == 0;
}

const char *config_shown_name(const char *name)
{
	return is_stdin(name) ? "stdin" : name;
}

int config_read_named(const char *name, struct arena *arena, struct document *document,
		      struct error *err)
{
	_close_ int fd = -1;

	if (is_stdin(name))
		return read_stdin(arena, document, err);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "%s", name);
	return read_opened(fd, true, arena, document, err) < 0 ? error_wrap(err, "%s", name) : 0;
}
