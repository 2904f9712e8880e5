/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/features.h"

#include <string.h>

#include "spec/config.h"
#include "spec/json.h"
#include "spec/schema_fields.h"

/* A property of the features document (features.md). */
struct feature {
	const char *path; /* in the document: "linux.intelRdt.monitoring" */
	json_t *(*value)(const struct feature *feature);
	/* The property of config.json that the feature is about. Where there are two, both must be
	 * supported. */
	const char *property, *other;
};

enum { NAME_SIZE = 64 };

/* Copy the first name of a path such as "linux.seccomp.actions".
 *
 * Return: the rest of the path; NULL: there is none */
static const char *split_first(const char *path, char name[static NAME_SIZE])
{
	size_t length = strcspn(path, ".");

	snprintf(name, NAME_SIZE, "%.*s", (int)length, path);
	return path[length] ? path + length + 1 : NULL;
}

static const struct field *find_field(const struct schema *schema, const char *name)
{
	for (size_t i = 0; schema && i < schema->count; i++)
		if (strcmp(schema->fields[i].name, name) == 0)
			return &schema->fields[i];
	return NULL;
}

/* Return: the row of a property; NULL when it is refused by name, or a property on the way to it
 * is */
static const struct field *find_supported(const char *path)
{
	const struct schema *schema = &config_schema;
	const struct field *found = NULL;
	char name[NAME_SIZE];

	while (path) {
		path = split_first(path, name);
		found = find_field(schema, name);
		if (!found || found->flags & UNSUPPORTED)
			return NULL;
		schema = found->schema;
	}
	return found;
}

static json_t *is_supported(const struct feature *feature)
{
	return json_boolean(find_supported(feature->property) &&
			    (!feature->other || find_supported(feature->other)));
}

static json_t *always(const struct feature *feature)
{
	(void)feature;
	return json_true();
}

static json_t *never(const struct feature *feature)
{
	(void)feature;
	return json_false();
}

static json_t *version_min(const struct feature *feature)
{
	(void)feature;
	return json_string("1.0.0");
}

static json_t *version_max(const struct feature *feature)
{
	(void)feature;
	return json_string(SPEC_VERSION);
}

/* The words that a property is made of, but for those that are recognised and refused. */
static json_t *words_of(const struct feature *feature)
{
	const struct field *field = find_supported(feature->property);
	const struct words *words = field && field->custom ? field->custom->words
				    : field                ? field->words
							   : NULL;
	json_t *names = json_array();

	for (size_t i = 0; words && i < words->count; i++)
		if (!words->at[i].unsupported)
			json_array_append_new(names, json_string(words->at[i].name));
	return names;
}

/* The properties of an object, but for those that are refused by name. */
static json_t *members_of(const struct feature *feature)
{
	const struct field *field = find_supported(feature->property);
	const struct schema *schema = field ? field->schema : NULL;
	json_t *names = json_array();

	for (size_t i = 0; schema && i < schema->count; i++)
		if (!(schema->fields[i].flags & UNSUPPORTED))
			json_array_append_new(names, json_string(schema->fields[i].name));
	return names;
}

static json_t *mount_options(const struct feature *feature)
{
	json_t *names = json_array();

	(void)feature;
	for (size_t i = 0; i < mount_option_count; i++)
		json_array_append_new(names, json_string(mount_option_table[i].name));
	return names;
}

/* In features.md "null" means unknown, so what is not supported is in the document, too. */
static const struct feature features[] = {
	{"ociVersionMin", version_min},
	{"ociVersionMax", version_max},
	{"hooks", members_of, "hooks"},
	{"mountOptions", mount_options},
	{"linux.namespaces", words_of, "linux.namespaces"},
	{"linux.capabilities", words_of, "process.capabilities.bounding"},
	{"linux.cgroup.v1", always},
	{"linux.cgroup.v2", always},
	{"linux.cgroup.systemd", never},
	{"linux.cgroup.systemdUser", never},
	{"linux.cgroup.rdma", is_supported, "linux.resources.rdma"},
	{"linux.seccomp.enabled", is_supported, "linux.seccomp"},
	{"linux.seccomp.actions", words_of, "linux.seccomp.syscalls.action"},
	{"linux.seccomp.operators", words_of, "linux.seccomp.syscalls.args.op"},
	{"linux.seccomp.archs", words_of, "linux.seccomp.architectures"},
	{"linux.seccomp.knownFlags", words_of, "linux.seccomp.flags"},
	{"linux.seccomp.supportedFlags", words_of, "linux.seccomp.flags"},
	{"linux.apparmor.enabled", is_supported, "process.apparmorProfile"},
	{"linux.selinux.enabled", is_supported, "process.selinuxLabel", "linux.mountLabel"},
	{"linux.memoryPolicy.modes", words_of, "linux.memoryPolicy.mode"},
	{"linux.memoryPolicy.flags", words_of, "linux.memoryPolicy.flags"},
	{"linux.intelRdt.enabled", is_supported, "linux.intelRdt"},
	{"linux.intelRdt.schemata", is_supported, "linux.intelRdt.schemata"},
	{"linux.intelRdt.monitoring", is_supported, "linux.intelRdt.enableMonitoring"},
	{"linux.mountExtensions.idmap.enabled", is_supported, "mounts.uidMappings"},
	{"linux.netDevices.enabled", is_supported, "linux.netDevices"},
};

/* Store a value where its path says, and make the objects on the way. */
static void set_value(json_t *object, const char *path, json_t *value)
{
	char name[NAME_SIZE];

	while ((path = split_first(path, name))) {
		if (!json_object_get(object, name))
			json_object_set_new(object, name, json_object());
		object = json_object_get(object, name);
	}
	json_object_set_new(object, name, value);
}

const char *features_format(const char *version, const char *commit, struct arena *arena)
{
	_json_ json_t *document = json_object();

	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		set_value(document, features[i].path, features[i].value(&features[i]));
	set_value(document, "annotations",
		  json_pack("{s:s, s:s}", "io.kist.version", version, "io.kist.commit", commit));
	set_value(document, "potentiallyUnsafeConfigAnnotations", json_array());
	return layout_format(document, SCHEMA_PRETTY, arena);
}
