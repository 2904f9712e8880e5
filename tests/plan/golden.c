/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Print what create would do with a configuration on hosts that are written by hand, so that the
 * answer depends on nothing of the machine that runs the test. On none of them are there devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcontainer/plan.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Every capability up to CAP_CHECKPOINT_RESTORE, which is 40. */
#define ALL_CAPABILITIES ((UINT64_C(1) << 41) - 1)
#define CAP_SYS_RESOURCE_BIT (UINT64_C(1) << 24)

static const struct hierarchy v1_hierarchies[] = {
	{.controllers = "cpu,cpuacct", .mount = "/sys/fs/cgroup/cpu,cpuacct"},
	{.controllers = "cpuset", .mount = "/sys/fs/cgroup/cpuset"},
	{.controllers = "memory", .mount = "/sys/fs/cgroup/memory"},
	{.controllers = "devices", .mount = "/sys/fs/cgroup/devices"},
	{.controllers = "freezer", .mount = "/sys/fs/cgroup/freezer"},
	{.controllers = "pids", .mount = "/sys/fs/cgroup/pids"},
	{.controllers = "name=systemd", .mount = "/sys/fs/cgroup/systemd"},
	{.controllers = "", .mount = "/sys/fs/cgroup/unified", .unified = true},
};

static const struct hierarchy v2_hierarchies[] = {
	{.controllers = "cpuset cpu io memory hugetlb pids rdma",
	 .mount = "/sys/fs/cgroup",
	 .unified = true},
};

static const struct {
	const char *name;
	struct host host;
} hosts[] = {
	{"cgroup v1 and hybrid, Linux before 6.15, without CAP_SYS_RESOURCE",
	 {.capabilities = ALL_CAPABILITIES & ~CAP_SYS_RESOURCE_BIT,
	  .known_capabilities = ALL_CAPABILITIES,
	  .hierarchies = {ARRAY_SIZE(v1_hierarchies), v1_hierarchies}}},
	{"cgroup v2, every privilege",
	 {.capabilities = ALL_CAPABILITIES,
	  .known_capabilities = ALL_CAPABILITIES,
	  .detached_mounts = true,
	  .apparmor = APPARMOR_UNCONFINED,
	  .selinux = true,
	  .resctrl = "/sys/fs/resctrl",
	  .hierarchies = {ARRAY_SIZE(v2_hierarchies), v2_hierarchies}}},
	{"cgroup v2, an ordinary user",
	 {.uid = 1000,
	  .gid = 1000,
	  .cgroups_denied = true,
	  .known_capabilities = ALL_CAPABILITIES,
	  .detached_mounts = true,
	  .apparmor = APPARMOR_CONFINED,
	  .selinux = true,
	  .hierarchies = {ARRAY_SIZE(v2_hierarchies), v2_hierarchies}}},
	{"no cgroups",
	 {.capabilities = ALL_CAPABILITIES,
	  .known_capabilities = ALL_CAPABILITIES,
	  .detached_mounts = true}},
};

/* What a host has of what the configuration names. */
static struct host find_files(const struct host *host, const struct config *config,
			      struct arena *arena)
{
	size_t count = config->linux->devices.count;
	struct host_file *devices = arena_array(arena, count, sizeof *devices);
	struct host found = *host;

	for (size_t i = 0; i < count; i++)
		devices[i].code = ENOENT;
	found.devices = devices;
	found.root.path = config->root->path;
	return found;
}

static int print_plan(const struct config *config, const struct host *host, struct arena *arena,
		      struct error *err)
{
	const struct host found = find_files(host, config, arena);
	const struct container_options options = {
		.root = "/run/kist",
		.id = "golden",
		/* The container outlives create, so that somebody else must take its terminal. */
		.console_socket = config->process->terminal ? "/run/console.sock" : NULL,
	};
	struct plan plan = {
		.config = config,
		.host = &found,
		.options = &options,
		.bundle = "/bundle",
		.arena = arena,
		.waits_for_start = true,
	};

	if (plan_make(&plan, err) < 0)
		return -err->code;
	plan_print(&plan, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct arena arena _arena_ = {0};
	struct document document;
	const struct config *config;
	struct error err;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CONFIG\n", argv[0]);
		return EXIT_FAILURE;
	}
	if (config_read(AT_FDCWD, argv[1], &arena, &document, &err) < 0 ||
	    config_parse("config.json", &document, &arena, &config, &err) < 0) {
		printf("error: %s\n", err.text);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		printf("%s# %s\n", i ? "\n" : "", hosts[i].name);
		if (print_plan(config, &hosts[i].host, &arena, &err) < 0)
			printf("error: %s\n", err.text);
	}
	return EXIT_SUCCESS;
}
