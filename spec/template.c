/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/template.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>

#include "spec/config.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define STRINGS(array)                                                                             \
	{                                                                                          \
		COUNT(array), array                                                                \
	}
#define OPTIONS(array)                                                                             \
	{                                                                                          \
		.words = STRINGS(array)                                                            \
	}

static const char *const default_args[] = {"sh"};
static const char *const default_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"TERM=xterm",
};

#define DEFAULT_CAPABILITIES                                                                       \
	{                                                                                          \
		.mask = 1ULL << CAP_AUDIT_WRITE | 1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE  \
	}

/* There is no inheritable set (CVE-2022-24769). The kernel takes the ambient set from the
 * inheritable one, so alone it has no effect: it is for people who add capabilities to both. */
static const struct capabilities default_capabilities = {
	.ambient = DEFAULT_CAPABILITIES,
	.bounding = DEFAULT_CAPABILITIES,
	.effective = DEFAULT_CAPABILITIES,
	.permitted = DEFAULT_CAPABILITIES,
};

static const struct rlimit_entry default_rlimits[] = {{RLIMIT_NOFILE, 1024, 1024}};

static const char *const dev_options[] = {"nosuid", "strictatime", "mode=755", "size=65536k"};
static const char *const pts_options[] = {"nosuid",        "noexec",    "newinstance",
					  "ptmxmode=0666", "mode=0620", "gid=5"};
static const char *const shm_options[] = {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"};
static const char *const mqueue_options[] = {"nosuid", "noexec", "nodev"};
static const char *const sys_options[] = {"nosuid", "noexec", "nodev", "ro"};
static const char *const host_sys_options[] = {"rbind", "nosuid", "noexec", "nodev", "ro"};
static const char *const cgroup_options[] = {"nosuid", "noexec", "nodev", "relatime", "ro"};

/* The mounts that differ in the rootless variant. */
enum { MOUNT_PTS = 2, MOUNT_SYS = 5 };

static const struct mount default_mounts[] = {
	{"/proc", "proc", "proc", {.mode = 0}, {0}, {0}},
	{"/dev", "tmpfs", "tmpfs", OPTIONS(dev_options), {0}, {0}},
	[MOUNT_PTS] = {"/dev/pts", "devpts", "devpts", OPTIONS(pts_options), {0}, {0}},
	{"/dev/shm", "shm", "tmpfs", OPTIONS(shm_options), {0}, {0}},
	{"/dev/mqueue", "mqueue", "mqueue", OPTIONS(mqueue_options), {0}, {0}},
	[MOUNT_SYS] = {"/sys", "sysfs", "sysfs", OPTIONS(sys_options), {0}, {0}},
	{"/sys/fs/cgroup", "cgroup", "cgroup", OPTIONS(cgroup_options), {0}, {0}},
};

static const char *const masked_paths[] = {
	"/proc/acpi",          "/proc/asound",     "/proc/kcore",       "/proc/keys",
	"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
	"/sys/firmware",       "/proc/scsi",
};
static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static const struct device_rule deny_all[] = {{.allow = false, .access = "rwm"}};
static const struct resources default_resources = {.devices = STRINGS(deny_all)};

static const struct root default_root = {.path = "rootfs", .readonly = true};

static const struct process default_process = {
	.terminal = true,
	.args = STRINGS(default_args),
	.env = STRINGS(default_env),
	.cwd = "/",
	.capabilities = &default_capabilities,
	.rlimits = STRINGS(default_rlimits),
	.noNewPrivileges = true,
};

static const struct linux_config default_linux = {
	.resources = &default_resources,
	.namespaces.at =
		{
			[NAMESPACE_PID] = {.present = true},
			[NAMESPACE_NETWORK] = {.present = true},
			[NAMESPACE_IPC] = {.present = true},
			[NAMESPACE_UTS] = {.present = true},
			[NAMESPACE_MOUNT] = {.present = true},
			[NAMESPACE_CGROUP] = {.present = true},
		},
	.maskedPaths = STRINGS(masked_paths),
	.readonlyPaths = STRINGS(readonly_paths),
};

static const struct config default_config = {
	.ociVersion = SPEC_VERSION,
	.process = &default_process,
	.root = &default_root,
	.hostname = "kist",
	.mounts = STRINGS(default_mounts),
	.linux = &default_linux,
};

static const char *format_rootless(struct config config, const struct template_user *user,
				   struct arena *arena)
{
	const struct id_mapping uids[] = {{0, user->uid, 1}}, gids[] = {{0, user->gid, 1}};
	struct linux_config linux_config = *config.linux;
	struct mount mounts[COUNT(default_mounts)];

	memcpy(mounts, default_mounts, sizeof mounts);
	/* An ordinary user has one gid to map, which is not 5, so the last option is left out. */
	mounts[MOUNT_PTS].options.words.count--;
	/* Mounting a sysfs needs a network namespace of one's own, which this variant does not
	 * have. */
	mounts[MOUNT_SYS] =
		(struct mount){"/sys", "/sys", "none", OPTIONS(host_sys_options), {0}, {0}};
	linux_config.namespaces.at[NAMESPACE_USER].present = true;
	linux_config.namespaces.at[NAMESPACE_NETWORK].present = false;
	linux_config.uidMappings = (struct id_mappings)STRINGS(uids);
	linux_config.gidMappings = (struct id_mappings)STRINGS(gids);
	linux_config.resources = NULL;
	config.mounts = (struct mounts)STRINGS(mounts);
	config.linux = &linux_config;
	return schema_format(&config_schema, &config, SCHEMA_TABS, arena);
}

const char *template_format(const struct template_user *user, struct arena *arena)
{
	struct linux_config linux_config = default_linux;
	struct config config = default_config;

	config.linux = &linux_config;
	linux_config.namespaces.at[NAMESPACE_CGROUP].present = user->cgroup2;
	if (user->rootless)
		return format_rootless(config, user, arena);
	return schema_format(&config_schema, &config, SCHEMA_TABS, arena);
}

const char *template_format_for(const char *rootfs, const char *const *args, bool readonly,
				struct arena *arena)
{
	struct capabilities capabilities = default_capabilities;
	struct root root = {.path = rootfs, .readonly = readonly};
	struct process process = default_process;
	struct config config = default_config;

	capabilities.ambient.mask = 0;
	process.capabilities = &capabilities;
	process.terminal = false;
	process.args = (struct strings){0, args};
	while (args[process.args.count])
		process.args.count++;
	config.root = &root;
	config.process = &process;
	return schema_format(&config_schema, &config, SCHEMA_TABS, arena);
}
