/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The features document against features.md, and against what a configuration may really say.
 */
#include "spec/features.h"

#include <jansson.h>

#include "parse_fixture.h"

static struct arena arena;
static json_t *features;

static void read_features(void)
{
	json_error_t error;

	features = json_loads(features_format("1.2.3", "0123abcd", &arena), 0, &error);
	cr_assert_not_null(features, "%s", error.text);
}

static void finish(void)
{
	json_decref(features);
	arena_finish(&arena);
}

TestSuite(features, .init = read_features, .fini = finish);

/* The value at "linux.seccomp.actions". */
static json_t *get(const char *path)
{
	json_t *value = features;
	char name[64];

	while (*path) {
		size_t length = strcspn(path, ".");

		memcpy(name, path, length);
		name[length] = '\0';
		value = json_object_get(value, name);
		path += length + (path[length] == '.');
	}
	return value;
}

static bool lists(const char *path, const char *name)
{
	json_t *list = get(path), *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		if (strcmp(json_string_value(entry), name) == 0)
			return true;
	}
	return false;
}

/* Both ends of the range must be accepted as ociVersion. */
Test(features, versions)
{
	static const char *const ends[] = {"ociVersionMin", "ociVersionMax"};

	for (size_t i = 0; i < COUNT(ends); i++)
		parse(&arena,
		      arena_printf(&arena, "{\"ociVersion\":\"%s\",\"root\":{\"path\":\"r\"}}",
				   json_string_value(get(ends[i]))));
	cr_expect_str_eq(json_string_value(get("ociVersionMin")), "1.0.0");
	cr_expect_str_eq(json_string_value(get("ociVersionMax")), SPEC_VERSION);
}

static const struct {
	const char *path;
	size_t count;
} list_sizes[] = {
	{"hooks", 6},
	{"mountOptions", 65},
	{"potentiallyUnsafeConfigAnnotations", 0},
	{"linux.namespaces", 7},
	{"linux.capabilities", 41},
	{"linux.seccomp.actions", 9},
	{"linux.seccomp.operators", 7},
	{"linux.seccomp.archs", 23},
	{"linux.seccomp.knownFlags", 4},
	{"linux.seccomp.supportedFlags", 4},
	{"linux.memoryPolicy.modes", 7},
	{"linux.memoryPolicy.flags", 3},
};

Test(features, lists)
{
	for (size_t i = 0; i < COUNT(list_sizes); i++) {
		json_t *list = get(list_sizes[i].path), *entry;
		size_t j;

		cr_assert(json_is_array(list), "%s", list_sizes[i].path);
		cr_expect_eq(json_array_size(list), list_sizes[i].count, "%s: %zu",
			     list_sizes[i].path, json_array_size(list));
		json_array_foreach(list, j, entry)
		{
			cr_expect(json_is_string(entry), "%s", list_sizes[i].path);
		}
	}
}

static const struct {
	const char *path;
	bool value;
} switches[] = {
	{"linux.cgroup.v1", true},           {"linux.cgroup.v2", true},
	{"linux.cgroup.systemd", false},     {"linux.cgroup.systemdUser", false},
	{"linux.cgroup.rdma", false},        {"linux.seccomp.enabled", true},
	{"linux.apparmor.enabled", true},    {"linux.selinux.enabled", true},
	{"linux.intelRdt.enabled", true},    {"linux.mountExtensions.idmap.enabled", true},
	{"linux.intelRdt.schemata", true},   {"linux.intelRdt.monitoring", true},
	{"linux.netDevices.enabled", false},
};

/* features.md: null means "unknown", so false must be there as such. */
Test(features, switches)
{
	for (size_t i = 0; i < COUNT(switches); i++) {
		cr_expect(json_is_boolean(get(switches[i].path)), "%s", switches[i].path);
		cr_expect_eq(json_is_true(get(switches[i].path)), switches[i].value, "%s",
			     switches[i].path);
	}
}

Test(features, annotations)
{
	json_t *annotations = get("annotations");

	cr_expect_str_eq(json_string_value(json_object_get(annotations, "io.kist.version")),
			 "1.2.3");
	cr_expect_str_eq(json_string_value(json_object_get(annotations, "io.kist.commit")),
			 "0123abcd");
}

/* "The runtime MUST recognize the elements in this array": what is listed is accepted, and what is
 * known but not listed is refused by name. */

/* The name goes where the document has its @. */
static bool is_accepted(const char *document, const char *name)
{
	const struct config *config = NULL;
	struct error err;
	int before = (int)strcspn(document, "@");
	const char *rest = document[before] ? document + before + 1 : "";
	const char *text = arena_printf(&arena, "%.*s%s%s", before, document, name, rest);

	return parse_text(text, strlen(text), &arena, &config, &err) == 0;
}

static void expect_listed_is_accepted(const char *path, const struct words *words,
				      const char *document)
{
	for (size_t i = 0; i < words->count; i++)
		cr_expect_eq(is_accepted(document, words->at[i].name),
			     lists(path, words->at[i].name), "%s: %s", path, words->at[i].name);
}

Test(features, namespaces_are_those_that_are_accepted)
{
	expect_listed_is_accepted("linux.namespaces", &namespace_words,
				  DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"@\"}]}"));
}

Test(features, seccomp_is_what_is_accepted)
{
	expect_listed_is_accepted("linux.seccomp.actions", &seccomp_action_words,
				  SECCOMP("\"listenerPath\":\"/s\",\"defaultAction\":\"@\""));
	expect_listed_is_accepted(
		"linux.seccomp.archs", &seccomp_architecture_words,
		SECCOMP("\"defaultAction\":\"SCMP_ACT_LOG\",\"architectures\":[\"@\"]"));
	expect_listed_is_accepted("linux.seccomp.knownFlags", &seccomp_flag_words,
				  SECCOMP("\"defaultAction\":\"SCMP_ACT_LOG\",\"flags\":[\"@\"]"));
	expect_listed_is_accepted(
		"linux.seccomp.operators", &seccomp_operator_words,
		SECCOMP("\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"names\":[\"a\"],"
			"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":0,\"op\":"
			"\"@\"}]}]"));
}

Test(features, memory_policies_are_those_that_are_accepted)
{
	for (size_t i = 0; i < memory_policy_words.count; i++)
		cr_expect(lists("linux.memoryPolicy.modes", memory_policy_words.at[i].name));
	expect_listed_is_accepted("linux.memoryPolicy.flags", &memory_policy_flag_words,
				  LINUX(",\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\","
					"\"flags\":[\"@\"]}"));
}

Test(features, hooks_are_those_that_are_accepted)
{
	expect_listed_is_accepted("hooks", &hook_words,
				  DOCUMENT(",\"hooks\":{\"@\":[{\"path\":\"/bin/true\"}]}"));
}

/* Some options are of no use without. */
#define MAPPED "\"uidMappings\":[" MAPPING "],\"gidMappings\":[" MAPPING "]"
#define MAPPING "{\"containerID\":0,\"hostID\":1,\"size\":1}"

Test(features, mount_options_are_those_that_are_accepted)
{
	for (size_t i = 0; i < mount_option_count; i++) {
		const char *name = mount_option_table[i].name;

		cr_expect_eq(is_accepted(MOUNT("\"destination\":\"/d\",\"source\":\"/s\"," MAPPED
					       ",\"options\":[\"@\"]"),
					 name),
			     lists("mountOptions", name), "%s", name);
	}
}

/* The switches that are rows of the configuration. */
static const struct {
	const char *path, *document;
} rows[] = {
	{"linux.apparmor.enabled", PROCESS(",\"apparmorProfile\":\"p\"")},
	{"linux.selinux.enabled", DOCUMENT(",\"process\":{" MINIMAL_PROCESS
					   ",\"selinuxLabel\":\"l\"},\"linux\":{" MINIMAL_NAMESPACES
					   ",\"mountLabel\":\"l\"}")},
	{"linux.intelRdt.enabled", LINUX(",\"intelRdt\":{}")},
	{"linux.intelRdt.schemata", LINUX(",\"intelRdt\":{\"schemata\":[\"L2:0=f\"]}")},
	{"linux.intelRdt.monitoring", LINUX(",\"intelRdt\":{\"enableMonitoring\":true}")},
	{"linux.netDevices.enabled", LINUX(",\"netDevices\":{\"eth0\":{}}")},
	{"linux.cgroup.rdma", RESOURCES("\"rdma\":{\"mlx\":{\"hcaHandles\":1}}")},
	{"linux.mountExtensions.idmap.enabled",
	 MOUNT("\"destination\":\"/d\",\"source\":\"/s\",\"options\":[\"bind\"],\"uidMappings\":[{"
	       "\"containerID\":0,\"hostID\":1,\"size\":1}],\"gidMappings\":[{\"containerID\":0,"
	       "\"hostID\":1,\"size\":1}]")},
};

Test(features, switches_say_what_is_accepted)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect_eq(is_accepted(rows[i].document, ""), json_is_true(get(rows[i].path)),
			     "%s", rows[i].path);
}

Test(features, ends_in_a_newline)
{
	const char *text = features_format("1", "2", &arena);

	cr_expect_eq(strncmp(text, "{\n  \"ociVersionMin\": \"1.0.0\",\n", 30), 0);
	cr_expect_str_eq(text + strlen(text) - 2, "}\n");
}
