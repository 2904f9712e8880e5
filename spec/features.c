/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/features.h"

#include <string.h>

#include "spec/config.h"
#include "spec/schema_fields.h"

struct cgroup_features {
	bool v1, v2, systemd, systemdUser, rdma;
};

struct seccomp_features {
	bool enabled;
	struct strings actions, operators, archs, knownFlags, supportedFlags;
};

struct memory_policy_features {
	struct strings modes, flags;
};

struct enabled_feature {
	bool enabled;
};

struct rdt_features {
	bool enabled, schemata, monitoring;
};

struct mount_extensions {
	struct enabled_feature idmap;
};

struct linux_features {
	struct strings namespaces, capabilities;
	struct cgroup_features cgroup;
	struct seccomp_features seccomp;
	struct enabled_feature apparmor, selinux;
	struct memory_policy_features memoryPolicy;
	struct rdt_features intelRdt;
	struct mount_extensions mountExtensions;
	struct enabled_feature netDevices;
};

struct features {
	const char *ociVersionMin, *ociVersionMax;
	struct strings hooks, mountOptions;
	struct linux_features linux;
	struct pairs annotations;
	struct strings potentiallyUnsafeConfigAnnotations;
};

/* clang-format off */
static const struct field cgroup_fields[] = {
	FIELD(struct cgroup_features, v1, ALWAYS),
	FIELD(struct cgroup_features, v2, ALWAYS),
	FIELD(struct cgroup_features, systemd, ALWAYS),
	FIELD(struct cgroup_features, systemdUser, ALWAYS),
	FIELD(struct cgroup_features, rdma, ALWAYS),
};
static const struct schema cgroup_schema = SCHEMA(struct cgroup_features, cgroup_fields);

static const struct field seccomp_fields[] = {
	FIELD(struct seccomp_features, enabled, ALWAYS),
	FIELD(struct seccomp_features, actions, ALWAYS),
	FIELD(struct seccomp_features, operators, ALWAYS),
	FIELD(struct seccomp_features, archs, ALWAYS),
	FIELD(struct seccomp_features, knownFlags, ALWAYS),
	FIELD(struct seccomp_features, supportedFlags, ALWAYS),
};
static const struct schema seccomp_schema = SCHEMA(struct seccomp_features, seccomp_fields);

static const struct field memory_policy_fields[] = {
	FIELD(struct memory_policy_features, modes, ALWAYS),
	FIELD(struct memory_policy_features, flags, ALWAYS),
};
static const struct schema memory_policy_schema =
	SCHEMA(struct memory_policy_features, memory_policy_fields);

static const struct field enabled_fields[] = {FIELD(struct enabled_feature, enabled, ALWAYS)};
static const struct schema enabled_schema = SCHEMA(struct enabled_feature, enabled_fields);

static const struct field rdt_fields[] = {
	FIELD(struct rdt_features, enabled, ALWAYS),
	FIELD(struct rdt_features, schemata, ALWAYS),
	FIELD(struct rdt_features, monitoring, ALWAYS),
};
static const struct schema rdt_schema = SCHEMA(struct rdt_features, rdt_fields);

static const struct field mount_extensions_fields[] = {
	EMBEDDED(struct mount_extensions, idmap, enabled_schema, OPTIONAL),
};
static const struct schema mount_extensions_schema =
	SCHEMA(struct mount_extensions, mount_extensions_fields);

static const struct field linux_fields[] = {
	FIELD(struct linux_features, namespaces, ALWAYS),
	FIELD(struct linux_features, capabilities, ALWAYS),
	EMBEDDED(struct linux_features, cgroup, cgroup_schema, OPTIONAL),
	EMBEDDED(struct linux_features, seccomp, seccomp_schema, OPTIONAL),
	EMBEDDED(struct linux_features, apparmor, enabled_schema, OPTIONAL),
	EMBEDDED(struct linux_features, selinux, enabled_schema, OPTIONAL),
	EMBEDDED(struct linux_features, memoryPolicy, memory_policy_schema, OPTIONAL),
	EMBEDDED(struct linux_features, intelRdt, rdt_schema, OPTIONAL),
	EMBEDDED(struct linux_features, mountExtensions, mount_extensions_schema, OPTIONAL),
	EMBEDDED(struct linux_features, netDevices, enabled_schema, OPTIONAL),
};
static const struct schema linux_schema = SCHEMA(struct linux_features, linux_fields);

static const struct field features_fields[] = {
	FIELD(struct features, ociVersionMin, REQUIRED),
	FIELD(struct features, ociVersionMax, REQUIRED),
	FIELD(struct features, hooks, ALWAYS),
	FIELD(struct features, mountOptions, ALWAYS),
	EMBEDDED(struct features, linux, linux_schema, OPTIONAL),
	FIELD(struct features, annotations, ALWAYS),
	FIELD(struct features, potentiallyUnsafeConfigAnnotations, ALWAYS),
};
static const struct schema features_schema = SCHEMA(struct features, features_fields);
/* clang-format on */

/* The names of a vocabulary, but for those that are recognised and refused. */
static struct strings supported_names(const struct words *words, struct arena *arena)
{
	const char **names = arena_array(arena, words->count, sizeof *names);
	struct strings list = {0, names};

	for (size_t i = 0; i < words->count; i++)
		if (!words->at[i].unsupported)
			names[list.count++] = words->at[i].name;
	return list;
}

static const struct field *find_field(const struct schema *schema, const char *name)
{
	for (size_t i = 0; schema && i < schema->count; i++)
		if (strcmp(schema->fields[i].name, name) == 0)
			return &schema->fields[i];
	return NULL;
}

/* Is a property of an object of the configuration one that is not refused by name? */
static bool is_supported(const char *object, const char *property)
{
	const struct field *outer = find_field(&config_schema, object);
	const struct field *field = outer ? find_field(outer->schema, property) : NULL;

	return field && !(field->flags & UNSUPPORTED);
}

static struct strings mount_option_names(struct arena *arena)
{
	const char **names = arena_array(arena, mount_option_count, sizeof *names);

	for (size_t i = 0; i < mount_option_count; i++)
		names[i] = mount_option_table[i].name;
	return (struct strings){mount_option_count, names};
}

const char *features_format(const char *version, const char *commit, struct arena *arena)
{
	const struct pair annotations[] = {{"io.kist.version", version},
					   {"io.kist.commit", commit}};
	const struct features features = {
		.ociVersionMin = "1.0.0",
		.ociVersionMax = SPEC_VERSION,
		.hooks = supported_names(&hook_words, arena),
		.mountOptions = mount_option_names(arena),
		.linux =
			{
				.namespaces = supported_names(&namespace_words, arena),
				.capabilities = supported_names(&capability_words, arena),
				.cgroup = {.v1 = true, .v2 = true},
				.mountExtensions = {.idmap = {.enabled = true}},
				.seccomp =
					{
						.enabled = true,
						.actions = supported_names(&seccomp_action_words,
									   arena),
						.operators = supported_names(
							&seccomp_operator_words, arena),
						.archs = supported_names(
							&seccomp_architecture_words, arena),
						.knownFlags =
							supported_names(&seccomp_flag_words, arena),
						.supportedFlags =
							supported_names(&seccomp_flag_words, arena),
					},
				.apparmor = {is_supported("process", "apparmorProfile")},
				.selinux = {is_supported("process", "selinuxLabel") &&
					    is_supported("linux", "mountLabel")},
				.intelRdt = {.enabled = true, .schemata = true, .monitoring = true},
				.netDevices = {is_supported("linux", "netDevices")},
				.memoryPolicy =
					{
						.modes = supported_names(&memory_policy_words,
									 arena),
						.flags = supported_names(&memory_policy_flag_words,
									 arena),
					},
			},
		.annotations = {2, annotations},
	};

	return schema_format(&features_schema, &features, SCHEMA_PRETTY, arena);
}
