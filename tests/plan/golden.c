/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Print what create would do with a configuration; or, in the container that create has made of it,
 * exec with its process, or mounts with its mounts. The hosts are written by hand, so that the answer
 * depends on nothing of the machine that runs the test. On none of them are there devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcontainer/create.h"
#include "libcontainer/exec.h"
#include "libcontainer/mounts.h"
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
	const char *driver; /* of the cgroups that create makes there */
	struct host host;
} hosts[] = {
	{"cgroup v1 and hybrid, Linux before 6.15, without CAP_SYS_RESOURCE",
	 "cgroupfs-v1",
	 {.capabilities = ALL_CAPABILITIES & ~CAP_SYS_RESOURCE_BIT,
	  .known_capabilities = ALL_CAPABILITIES,
	  .hierarchies = {ARRAY_SIZE(v1_hierarchies), v1_hierarchies}}},
	{"cgroup v2, every privilege",
	 "cgroupfs-v2",
	 {.capabilities = ALL_CAPABILITIES,
	  .known_capabilities = ALL_CAPABILITIES,
	  .detached_mounts = true,
	  .apparmor = APPARMOR_UNCONFINED,
	  .selinux = true,
	  .resctrl = "/sys/fs/resctrl",
	  .hierarchies = {ARRAY_SIZE(v2_hierarchies), v2_hierarchies}}},
	{"cgroup v2, an ordinary user",
	 "",
	 {.uid = 1000,
	  .gid = 1000,
	  .cgroups_denied = true,
	  .known_capabilities = ALL_CAPABILITIES,
	  .detached_mounts = true,
	  .apparmor = APPARMOR_CONFINED,
	  .selinux = true,
	  .hierarchies = {ARRAY_SIZE(v2_hierarchies), v2_hierarchies}}},
	{"no cgroups",
	 "",
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

static int print_create(struct plan *plan, const char *driver, struct error *err)
{
	(void)driver;
	if (plan_make(plan, err) < 0)
		return -err->code;
	create_print(plan, stdout);
	return 0;
}

/* Init as create has left it: in all its namespaces, and where the cgroup was made. */
static int print_joined(struct plan *plan, const char *driver, enum join_purpose purpose,
			const struct step_table *host, const struct step_table *child,
			struct error *err)
{
	const struct record record = {
		.id = plan->options->id,
		.bundle = plan->bundle,
		.cgroup = {.driver = driver, .path = *driver ? "/kist-golden" : ""},
		.pid = 1234,
	};
	struct joined joined = {
		.purpose = purpose,
		.record = &record,
		.status = STATUS_RUNNING,
		.cgroups = arena_array(plan->arena, plan->host->hierarchies.count,
				       sizeof *joined.cgroups),
		.rdt = {.control = "golden"},
		.filesystems = "nodev\tproc\nnodev\ttmpfs\n\text4\n",
	};

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (plan->config->linux->namespaces.at[kind].present)
			joined.namespaces |= 1U << kind;
	plan->joined = &joined;
	if (plan_make_joined(plan, err) < 0)
		return -err->code;
	steps_print("host", host, plan, stdout);
	steps_print("process", child, plan, stdout);
	return 0;
}

static int print_exec(struct plan *plan, const char *driver, struct error *err)
{
	return print_joined(plan, driver, JOIN_TO_EXECUTE, &exec_host, &exec_child, err);
}

/* The configuration's own mounts, once more. */
static int print_adding(struct plan *plan, const char *driver, struct error *err)
{
	return print_joined(plan, driver, JOIN_TO_MOUNT, &mounts_add_host, &mounts_add_child, err);
}

static int print_removing(struct plan *plan, const char *driver, struct error *err)
{
	return print_joined(plan, driver, JOIN_TO_UNMOUNT, &mounts_remove_host,
			    &mounts_remove_child, err);
}

static const struct {
	const char *name;
	int (*print)(struct plan *plan, const char *driver, struct error *err);
} verbs[] = {
	{"create", print_create},
	{"exec", print_exec},
	{"mounts-add", print_adding},
	{"mounts-remove", print_removing},
};

static int print_plans(const struct config *config, struct arena *arena,
		       int (*print)(struct plan *plan, const char *driver, struct error *err))
{
	const struct container_options options = {
		.root = "/run/kist",
		.id = "golden",
		.detach = true,
		/* The container outlives kist, so that somebody else must take its terminal. */
		.console_socket = config->process->terminal ? "/run/console.sock" : NULL,
	};
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		const struct host host = find_files(&hosts[i].host, config, arena);
		struct plan plan = {
			.config = config,
			.host = &host,
			.options = &options,
			.bundle = "/bundle",
			.arena = arena,
			.waits_for_start = print == print_create,
		};

		printf("%s# %s\n", i ? "\n" : "", hosts[i].name);
		if (print(&plan, hosts[i].driver, &err) < 0)
			printf("error: %s\n", err.text);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct arena arena _arena_ = {0};
	struct document document;
	const struct config *config;
	struct error err;

	if (argc != 3) {
		fprintf(stderr, "usage: %s create|exec|mounts-add|mounts-remove CONFIG\n", argv[0]);
		return EXIT_FAILURE;
	}
	if (config_read(AT_FDCWD, argv[2], &arena, &document, &err) < 0 ||
	    config_parse("config.json", &document, &arena, &config, &err) < 0) {
		printf("error: %s\n", err.text);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return print_plans(config, &arena, verbs[i].print);
	return EXIT_FAILURE;
}
