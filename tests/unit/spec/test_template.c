/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The default configuration, as text and as what it means.
 */
#include "spec/template.h"

#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "parse_fixture.h"
#include "spec/schema_fields.h"

static struct arena arena;
static const struct template_user root, rootless = {.rootless = true, .uid = 1000, .gid = 1001};

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(template, .fini = finish);

Test(template, is_valid)
{
	const struct config *config = parse(&arena, template_format(&root, &arena));

	cr_expect_str_eq(config->ociVersion, SPEC_VERSION);
	cr_expect_str_eq(config->hostname, "kist");
	cr_expect_str_eq(config->root->path, "rootfs");
	cr_expect(config->root->readonly);
	cr_expect_eq(config->annotations.count, 0);
}

Test(template, process)
{
	const struct process *process = parse(&arena, template_format(&root, &arena))->process;

	cr_expect(process->terminal);
	cr_assert_eq(process->args.count, 1);
	cr_expect_str_eq(process->args.at[0], "sh");
	cr_assert_eq(process->env.count, 2);
	cr_expect_str_eq(process->env.at[0],
			 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	cr_expect_str_eq(process->env.at[1], "TERM=xterm");
	cr_expect_str_eq(process->cwd, "/");
	cr_expect_eq(process->user.uid, 0);
	cr_expect_eq(process->user.gid, 0);
	cr_expect(process->noNewPrivileges);
	cr_assert_eq(process->rlimits.count, 1);
	cr_expect_eq(process->rlimits.at[0].type, RLIMIT_NOFILE);
	cr_expect_eq(process->rlimits.at[0].soft, 1024);
	cr_expect_eq(process->rlimits.at[0].hard, 1024);
}

/* CVE-2022-24769: inheritable capabilities reach programs that file capabilities were made for. The
 * ambient ones, which runc writes too, are none without them. */
Test(template, capabilities)
{
	const uint64_t expected =
		1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
	const struct capabilities *sets =
		parse(&arena, template_format(&root, &arena))->process->capabilities;

	cr_expect_eq(sets->bounding.mask, expected);
	cr_expect_eq(sets->effective.mask, expected);
	cr_expect_eq(sets->permitted.mask, expected);
	cr_expect_eq(sets->inheritable.mask, 0);
	cr_expect_eq(sets->ambient.mask, expected);
}

static const struct {
	const char *destination, *type, *source, *last_option;
} mounts[] = {
	{"/proc", "proc", "proc", NULL},
	{"/dev", "tmpfs", "tmpfs", "size=65536k"},
	{"/dev/pts", "devpts", "devpts", "gid=5"},
	{"/dev/shm", "tmpfs", "shm", "size=65536k"},
	{"/dev/mqueue", "mqueue", "mqueue", "nodev"},
	{"/sys", "sysfs", "sysfs", "ro"},
	{"/sys/fs/cgroup", "cgroup", "cgroup", "ro"},
};

Test(template, mounts)
{
	const struct mounts *found = &parse(&arena, template_format(&root, &arena))->mounts;

	cr_assert_eq(found->count, COUNT(mounts));
	for (size_t i = 0; i < COUNT(mounts); i++) {
		const struct mount *mount = &found->at[i];
		const struct strings *words = &mount->options.words;

		cr_expect_str_eq(mount->destination, mounts[i].destination);
		cr_expect_str_eq(mount->type, mounts[i].type);
		cr_expect_str_eq(mount->source, mounts[i].source);
		if (mounts[i].last_option)
			cr_expect_str_eq(words->at[words->count - 1], mounts[i].last_option);
		/* All but /proc keep set-user-ID programs out. */
		if (i > 0)
			cr_expect(mount->options.set & MOUNT_ATTR_NOSUID);
	}
}

static unsigned kinds(const struct config *config)
{
	unsigned found = 0;

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (config->linux->namespaces.at[kind].present)
			found |= 1u << kind;
	return found;
}

Test(template, linux_part)
{
	const struct config *config = parse(&arena, template_format(&root, &arena));
	const struct device_rules *rules = &config->linux->resources->devices;

	cr_expect_eq(kinds(config), 1u << NAMESPACE_PID | 1u << NAMESPACE_NETWORK |
					    1u << NAMESPACE_IPC | 1u << NAMESPACE_UTS |
					    1u << NAMESPACE_MOUNT);
	cr_expect_eq(config->linux->maskedPaths.count, 10);
	cr_expect_eq(config->linux->readonlyPaths.count, 5);
	cr_assert_eq(rules->count, 1);
	cr_expect_not(rules->at[0].allow);
	cr_expect_str_eq(rules->at[0].access, "rwm");
}

/* As runc does it: the namespace goes with cgroup2. */
Test(template, cgroup_namespace)
{
	const struct template_user user = {.cgroup2 = true};
	const struct config *config = parse(&arena, template_format(&user, &arena));

	cr_expect_eq(kinds(config),
		     kinds(parse(&arena, template_format(&root, &arena))) | 1u << NAMESPACE_CGROUP);
}

/* The shape that users and their tools know. */
Test(template, looks_as_expected)
{
	static const char beginning[] = "{\n\t\"ociVersion\": \"" SPEC_VERSION "\",\n"
					"\t\"process\": {\n"
					"\t\t\"terminal\": true,\n"
					"\t\t\"user\": {\n"
					"\t\t\t\"uid\": 0,\n"
					"\t\t\t\"gid\": 0\n"
					"\t\t},\n"
					"\t\t\"args\": [\n"
					"\t\t\t\"sh\"\n"
					"\t\t],\n";
	const char *text = template_format(&root, &arena);

	cr_expect_eq(strncmp(text, beginning, sizeof beginning - 1), 0, "%s", text);
	cr_expect_str_eq(text + strlen(text) - 8, "\t]\n\t}\n}\n");
	cr_expect_null(strstr(text, "    "), "no spaces of indent");
	cr_expect_null(strstr(text, "\\/"));
	cr_expect_null(strstr(text, "consoleSize"));
	cr_expect_null(strstr(text, "hooks"));
	cr_expect_null(strstr(text, "null"));
}

/* A user namespace is refused by config_parse() for now, so the text is looked at. */
Test(template, rootless)
{
	const char *text = template_format(&rootless, &arena);

	cr_expect_not_null(strstr(text, "\"uidMappings\": [\n\t\t\t{\n\t\t\t\t\"containerID\": 0,\n"
					"\t\t\t\t\"hostID\": 1000,\n\t\t\t\t\"size\": 1\n\t\t\t}\n"
					"\t\t]"),
			   "%s", text);
	cr_expect_not_null(strstr(text, "\"hostID\": 1001"));
	cr_expect_not_null(strstr(text, "\"type\": \"user\""));
	cr_expect_not_null(strstr(text, "\"type\": \"mount\"\n\t\t\t},\n\t\t\t{\n"
					"\t\t\t\t\"type\": \"user\""));
	cr_expect_null(strstr(text, "\"type\": \"network\""));
	cr_expect_null(strstr(text, "gid=5"));
	cr_expect_null(strstr(text, "\"resources\""));
	cr_expect_not_null(strstr(text, "\"destination\": \"/sys\",\n\t\t\t\"type\": \"none\",\n"
					"\t\t\t\"source\": \"/sys\",\n\t\t\t\"options\": [\n"
					"\t\t\t\t\"rbind\","));
	cr_expect_null(strstr(text, "sysfs"));
}

Test(template, rootless_keeps_large_ids)
{
	const struct template_user user = {.rootless = true, .uid = 4294967294, .gid = 65534};
	const char *text = template_format(&user, &arena);

	cr_expect_not_null(strstr(text, "\"hostID\": 4294967294"));
	cr_expect_not_null(strstr(text, "\"hostID\": 65534"));
}

/* `spec --rootless` leaves nothing behind for `spec`. */
Test(template, variants_do_not_touch_each_other)
{
	const char *before = template_format(&root, &arena);

	template_format(&rootless, &arena);
	cr_expect_str_eq(template_format(&root, &arena), before);
}

Test(template, for_one_command)
{
	static const char *const args[] = {"sh", "-c", "echo \"$0\"\n", "", NULL};
	const struct config *config =
		parse(&arena, template_format_for("/srv/a \"b\"", args, false, &arena));
	const struct config *usual = parse(&arena, template_format(&root, &arena));

	cr_expect_str_eq(config->root->path, "/srv/a \"b\"");
	cr_expect_not(config->root->readonly);
	cr_expect_not(config->process->terminal);
	cr_assert_eq(config->process->args.count, 4);
	for (size_t i = 0; i < 4; i++)
		cr_expect_str_eq(config->process->args.at[i], args[i]);
	cr_expect_eq(config->mounts.count, usual->mounts.count);
	cr_expect_eq(kinds(config), kinds(usual) | 1u << NAMESPACE_CGROUP);
	cr_expect_eq(config->process->capabilities->ambient.mask, 0);
	cr_expect_eq(config->process->capabilities->bounding.mask,
		     usual->process->capabilities->bounding.mask);
	cr_expect(parse(&arena, template_format_for("r", args, true, &arena))->root->readonly);
}

/* A command of nothing is refused where every configuration is. */
Test(template, for_no_command)
{
	static const char *const args[] = {NULL};
	const struct document_case expected = {
		template_format_for("/r", args, true, &arena),
		"config.json: process.args: must not be empty",
	};

	expect_case(&expected);
}
