/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an entry of mounts asks for, and what is refused while planning.
 */
#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(entry, .init = fixture_init, .fini = fixture_finish);

#define BIND                                                                                       \
	{                                                                                          \
		.mode = MOUNT_MODE_BIND                                                            \
	}
#define RBIND                                                                                      \
	{                                                                                          \
		.mode = MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE                                     \
	}

static int plan_mount(struct mount mount)
{
	MOUNTS(mount);
	return mount_plan(&plan, &err);
}

Test(entry, decides_kind_target_and_source)
{
	static const struct {
		struct mount mount;
		enum mount_kind kind;
		const char *target, *source;
		bool recursive;
	} cases[] = {
		{{.destination = "/proc", .type = "proc"}, MOUNT_FILESYSTEM, "/proc", NULL, false},
		{{.destination = "data//", .source = "d", .type = "bind"},
		 MOUNT_BIND,
		 "/data",
		 "/mnt/bundle/d",
		 false},
		{{.destination = "/a/../b", .source = "/d", .type = "none", .options = RBIND},
		 MOUNT_BIND,
		 "/b",
		 "/d",
		 true},
		{{.destination = "/d", .source = "/d", .type = "rbind"},
		 MOUNT_BIND,
		 "/d",
		 "/d",
		 true},
		{{.destination = "/c", .type = "cgroup"}, MOUNT_CGROUP, "/c", NULL, false},
		{{.destination = "/c", .type = "cgroup2"}, MOUNT_CGROUP, "/c", NULL, false},
		{{.destination = "/d", .options.mode = MOUNT_MODE_REMOUNT | MOUNT_MODE_BIND},
		 MOUNT_REMOUNT,
		 "/d",
		 NULL,
		 false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct mount_plan *entry;

		STEP(plan_mount(cases[i].mount));
		entry = &plan.rootfs.mounts.at[0];
		cr_expect_eq(entry->kind, cases[i].kind, "case %zu", i);
		cr_expect_str_eq(entry->target, cases[i].target);
		cr_expect_eq(entry->recursive, cases[i].recursive, "case %zu", i);
		if (cases[i].source)
			cr_expect_str_eq(entry->source, cases[i].source);
		else
			cr_expect_null(entry->source);
	}
}

Test(entry, refuses)
{
	FAILS(plan_mount((struct mount){.destination = "/.", .type = "cgroup"}), EINVAL,
	      "mounts[0]: destination: /: no place for a cgroup mount");
	FAILS(plan_mount((struct mount){.destination = "/proc/sys", .type = "tmpfs"}), EINVAL,
	      "mounts[0]: destination: /proc/sys: not allowed below /proc");
	FAILS(plan_mount((struct mount){
		      .destination = "/x/../proc/self", .source = "/x", .options = BIND}),
	      EINVAL, "mounts[0]: destination: /proc/self: not allowed below /proc");
	FAILS(plan_mount((struct mount){.destination = "/proc/meminfo", .type = "tmpfs"}), EINVAL,
	      "mounts[0]: destination: /proc/meminfo: not allowed below /proc");
	FAILS(plan_mount((struct mount){.destination = "/proc", .type = "tmpfs"}), EINVAL,
	      "mounts[0]: type: only a procfs may be mounted on /proc");
	FAILS(plan_mount((struct mount){.destination = "/proc", .type = "cgroup"}), EINVAL,
	      "mounts[0]: type: only a procfs may be mounted on /proc");
	FAILS(plan_mount((struct mount){.destination = "/x"}), EINVAL,
	      "mounts[0]: type: missing, and no bind is asked for");
	FAILS(plan_mount((struct mount){.destination = "/x", .type = "bind"}), EINVAL,
	      "mounts[0]: source: missing, and a bind is asked for");
	FAILS(plan_mount((struct mount){
		      .destination = "/x",
		      .source = "/y",
		      .options = {.mode = MOUNT_MODE_BIND, .data = STRINGS("size=1")}}),
	      EINVAL, "mounts[0]: options: unknown option \"size=1\" of a bind mount");
	FAILS(plan_mount((struct mount){
		      .destination = "/x", .type = "ramfs", .options.mode = MOUNT_MODE_TMPCOPYUP}),
	      EINVAL, "mounts[0]: options: tmpcopyup: only a new tmpfs can be copied to");
}

Test(entry, allows_files_of_lxcfs)
{
	STEP(plan_mount(
		(struct mount){.destination = "/proc/meminfo", .source = "/x", .options = BIND}));
	STEP(plan_mount((struct mount){
		.destination = "/proc/sys/kernel/ns_last_pid", .source = "/x", .options = BIND}));
}
