/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes and links, in fresh and in hostile /dev directories. Needs root.
 */
#include <linux/capability.h>

#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(devices_plan, .init = fixture_init, .fini = fixture_finish);
TestSuite(devices, .init = fixture_init, .fini = fixture_finish);

static const int64_t one = 1, three = 3, ten = 10, two_hundred = 200, negative = -1;
static const uint32_t mode_0620 = 020620, seven = 7;

#define DEVICES(...)                                                                               \
	linux_config.devices = (struct devices)                                                    \
	{                                                                                          \
		.count = sizeof((const struct device[]){__VA_ARGS__}) / sizeof(struct device),     \
		.at = (const struct device[]){__VA_ARGS__},                                        \
	}

static const struct device_plan *planned(const char *path)
{
	for (size_t i = 0; i < plan.rootfs.devices.count; i++)
		if (strcmp(plan.rootfs.devices.at[i].path, path) == 0)
			return &plan.rootfs.devices.at[i];
	return NULL;
}

Test(devices_plan, defaults)
{
	STEP(devices_plan(&plan, &err));
	cr_expect_eq(plan.rootfs.devices.count, 6);
	cr_expect_eq(planned("/dev/full")->mode, S_IFCHR | 0666);
	cr_expect_eq(planned("/dev/full")->minor, 7);
	cr_expect_eq(planned("/dev/tty")->major, 5);
}

Test(devices_plan, configured_devices_follow_and_replace)
{
	DEVICES({.type = S_IFCHR,
		 .path = "/dev//net/tun",
		 .major = &ten,
		 .minor = &two_hundred,
		 .fileMode = &mode_0620,
		 .uid = &seven,
		 .gid = &seven},
		{.type = S_IFCHR, .path = "/dev/null", .major = &one, .minor = &three},
		{.type = S_IFIFO, .path = "/dev/pipe"},
		{.type = S_IFCHR, .path = "/dev/ptmx", .major = &one, .minor = &three});
	STEP(devices_plan(&plan, &err));
	cr_expect_eq(plan.rootfs.devices.count, 8);
	cr_expect_eq(planned("/dev/net/tun")->mode, S_IFCHR | 0620);
	cr_expect_eq(planned("/dev/net/tun")->uid, 7);
	cr_expect_eq(planned("/dev/net/tun")->index, 0);
	cr_expect_eq(planned("/dev/null")->index, 1);
	cr_expect_eq(planned("/dev/pipe")->mode, S_IFIFO | 0666);
	cr_expect_null(planned("/dev/ptmx"));
}

Test(devices_plan, refuses)
{
	DEVICES({.type = S_IFCHR, .path = "/dev/x", .major = &one});
	FAILS(devices_plan(&plan, &err), EINVAL, "linux.devices[0]: minor: missing");
	DEVICES({.type = S_IFBLK, .path = "/dev/x", .minor = &one});
	FAILS(devices_plan(&plan, &err), EINVAL, "linux.devices[0]: major: missing");
	DEVICES({.type = S_IFBLK, .path = "/dev/x", .major = &one, .minor = &negative});
	FAILS(devices_plan(&plan, &err), EINVAL, "linux.devices[0]: major, minor: out of range");
}

Test(devices_plan, refuses_paths)
{
	static const struct {
		const char *path, *error;
	} cases[] = {
		{"/", "linux.devices[1].path: \"/\" is the root, and no place for a device"},
		{"//./", "linux.devices[1].path: \"//./\" is the root, and no place for a device"},
		{"/dev/..",
		 "linux.devices[1].path: \"/dev/..\" is the root, and no place for a device"},
		{"/..", "linux.devices[1].path: \"/..\" leads out of the root"},
		{"/dev/../../x", "linux.devices[1].path: \"/dev/../../x\" leads out of the root"},
		{"/a/../b/../../c",
		 "linux.devices[1].path: \"/a/../b/../../c\" leads out of the root"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		DEVICES({.type = S_IFIFO, .path = "/dev/../x/./..y/..."},
			{.type = S_IFIFO, .path = cases[i].path});
		FAILS(devices_plan(&plan, &err), EINVAL, cases[i].error);
	}
}

static void expect_printed(const char *line)
{
	char *text _free_ = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	devices_make.print(&plan, out);
	fclose(out);
	cr_expect(strstr(text, line), "%s is not in\n%s", line, text);
}

/* Of a node that is bound from the host nothing is kist's to say. */
Test(devices_plan, is_printed)
{
	static const struct host_file missing[2] = {{.code = ENOENT}, {.code = ENOENT}};
	DEVICES({.type = S_IFCHR,
		 .path = "/dev/x",
		 .major = &ten,
		 .minor = &two_hundred,
		 .fileMode = &mode_0620,
		 .uid = &seven,
		 .gid = &seven},
		{.type = S_IFIFO, .path = "/dev/pipe", .uid = &seven});
	STEP(devices_plan(&plan, &err));
	expect_printed("\t\t/dev/x  c 10:200  0620  7:7\n");
	host.devices = missing;
	plan.idmap.planned = true;
	STEP(devices_plan(&plan, &err));
	expect_printed("\t\t/dev/x  c 10:200  as on the host\n");
	expect_printed("\t\t/dev/null  c 1:3  as on the host\n");
	expect_printed("\t\t/dev/pipe  p 0:0  0666  7:0\n");
}

/* Of init, of the host side, and of the host. */
Test(devices_plan, whose_devices_they_are)
{
	DEVICES({.type = S_IFIFO, .path = "/dev/pipe"});
	STEP(devices_plan(&plan, &err));
	cr_expect_not(planned("/dev/null")->bind);
	plan.idmap.planned = true;
	plan.namespaces.host_enters = true;
	host.capabilities = ~0ULL;
	STEP(devices_plan(&plan, &err));
	cr_expect(planned("/dev/null")->bind && planned("/dev/null")->made);
	cr_expect_not(planned("/dev/pipe")->bind);
	host.capabilities = ~(1ULL << CAP_MKNOD);
	STEP(devices_plan(&plan, &err));
	cr_expect(planned("/dev/null")->bind && !planned("/dev/null")->made);
	host.capabilities = ~0ULL;
	host.nodes_denied = true;
	STEP(devices_plan(&plan, &err));
	cr_expect(planned("/dev/null")->bind && !planned("/dev/null")->made);
}

Test(devices_plan, owners_that_are_not_mapped)
{
	static const struct id_mapping mapping = {.hostID = 1000, .size = 7};

	plan.idmap.planned = true;
	plan.namespaces.host_enters = true;
	host.capabilities = ~0ULL;
	DEVICES({.type = S_IFCHR, .path = "/dev/x", .major = &one, .minor = &three, .gid = &seven});
	/* A user namespace that others have mapped. */
	STEP(devices_plan(&plan, &err));
	linux_config.gidMappings = (struct id_mappings){.count = 1, .at = &mapping};
	FAILS(devices_plan(&plan, &err), EINVAL,
	      "linux.devices[0]: gid: 7 is not mapped by linux.gidMappings");
}

/* As whoever is in the container sees them. */
static int plan_found(void)
{
	fixture_read_host();
	return devices_plan(&plan, &err);
}

Test(devices_plan, bound_ones_are_as_they_are)
{
	static const struct id_mapping mapping = {.containerID = 7, .size = 1};
	static const uint32_t mode_0666 = 020666;

	host.nodes_denied = true;
	plan.idmap.planned = true;
	linux_config.uidMappings = (struct id_mappings){.count = 1, .at = &mapping};
	DEVICES({.type = S_IFCHR,
		 .path = "/dev/null",
		 .major = &one,
		 .minor = &three,
		 .fileMode = &mode_0666,
		 .uid = &seven});
	STEP(plan_found());
	linux_config.uidMappings.count = 0;
	FAILS(plan_found(), EPERM,
	      "linux.devices[0]: uid: 7: cannot be given to the host's own /dev/null, which is "
	      "bound, since in a user namespace no device can be made; there it is 65534");
	DEVICES({.type = S_IFCHR,
		 .path = "/dev/null",
		 .major = &one,
		 .minor = &three,
		 .fileMode = &mode_0620});
	FAILS(plan_found(), EPERM,
	      "linux.devices[0]: fileMode: 0620: cannot be given to the host's own /dev/null, "
	      "which is bound, since in a user namespace no device can be made; there it is 0666");
}

static void expect_device(const char *path, mode_t mode, unsigned major, unsigned minor)
{
	struct stat status = stat_in_tree(path);

	cr_expect_eq(status.st_mode, mode, "%s", path);
	cr_expect_eq(status.st_rdev, makedev(major, minor), "%s", path);
}

static void expect_link(const char *path, const char *text)
{
	char found[32] = "";
	_close_ int link = in_tree(path, O_PATH | O_NOFOLLOW);

	cr_assert_geq(link, 0, "%s", err.text);
	DO(readlinkat(link, "", found, sizeof found - 1));
	cr_expect_str_eq(found, text, "%s", path);
}

ROOTFS_TEST(devices, all_in_a_fresh_dev)
{
	MOUNTS({.destination = "/proc", .type = "proc"},
	       {.destination = "/dev",
		.type = "tmpfs",
		.options = {.set = MOUNT_ATTR_RDONLY, .data = STRINGS("mode=755")}});
	DEVICES({.type = S_IFCHR,
		 .path = "/dev/net/tun",
		 .major = &ten,
		 .minor = &two_hundred,
		 .fileMode = &mode_0620,
		 .uid = &seven,
		 .gid = &seven},
		{.type = S_IFIFO, .path = "/run/pipe", .fileMode = &mode_0620});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	STEP(devices_make.run(&creation, &err));
	expect_device("/dev/null", S_IFCHR | 0666, 1, 3);
	expect_device("/dev/zero", S_IFCHR | 0666, 1, 5);
	expect_device("/dev/full", S_IFCHR | 0666, 1, 7);
	expect_device("/dev/random", S_IFCHR | 0666, 1, 8);
	expect_device("/dev/urandom", S_IFCHR | 0666, 1, 9);
	expect_device("/dev/tty", S_IFCHR | 0666, 5, 0);
	expect_device("/dev/net/tun", S_IFCHR | 0620, 10, 200);
	cr_expect_eq(stat_in_tree("/dev/net/tun").st_uid, 7);
	cr_expect_eq(stat_in_tree("/dev/net/tun").st_gid, 7);
	cr_expect_eq(stat_in_tree("/run/pipe").st_mode, S_IFIFO | 0620);
	expect_link("/dev/fd", "/proc/self/fd");
	expect_link("/dev/stdin", "/proc/self/fd/0");
	expect_link("/dev/stdout", "/proc/self/fd/1");
	expect_link("/dev/stderr", "/proc/self/fd/2");
	expect_link("/dev/ptmx", "pts/ptmx");
	/* Everything that needed to write is done. */
	cr_expect(is_writable("/dev"));
	STEP(rootfs_seal.run(&creation, &err));
	cr_expect_not(is_writable("/dev"));
	cr_expect(is_writable("/"));
}

ROOTFS_TEST(devices, links_only_where_they_lead_somewhere)
{
	fixture_open();
	STEP(devices_make.run(&creation, &err));
	expect_device("/dev/null", S_IFCHR | 0666, 1, 3);
	expect_link("/dev/ptmx", "pts/ptmx");
	cr_expect_eq(in_tree("/dev/fd", O_PATH | O_NOFOLLOW), -ENOENT);
	cr_expect_eq(in_tree("/dev/core", O_PATH | O_NOFOLLOW), -ENOENT);
}

ROOTFS_TEST(devices, dev_is_no_link)
{
	static const char *const hostile[] = {"/mnt/outside", "../../outside", "/", "nothing"};

	fixture_open();
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		DO(symlink(hostile[i], "dev"));
		FAILS(devices_make.run(&creation, &err), ELOOP,
		      "/dev: must not be, or lead through, a symbolic link");
		DO(unlink("dev"));
	}
	DO(rmdir("/mnt/outside"));
}

ROOTFS_TEST(devices, existing_ones_are_kept_as_they_are)
{
	DO(mkdir("dev", 0755));
	DO(mknod("dev/null", S_IFCHR | 0600, makedev(1, 3)));
	DO(chown("dev/null", 5, 5));
	DO(mknod("dev/ptmx", S_IFCHR | 0666, makedev(5, 2)));
	fixture_open();
	STEP(devices_make.run(&creation, &err));
	STEP(devices_make.run(&creation, &err));
	expect_device("/dev/null", S_IFCHR | 0600, 1, 3);
	cr_expect_eq(stat_in_tree("/dev/null").st_uid, 5);
	expect_device("/dev/ptmx", S_IFCHR | 0666, 5, 2);
}

static void make_hostile(const char *path, int kind)
{
	switch (kind) {
	case 0:
		put_file(path, "ATTACK");
		break;
	case 1:
		DO(mkdir(path, 0755));
		break;
	case 2:
		DO(symlink("/mnt/outside/file", path));
		break;
	case 3:
		DO(mkfifo(path, 0666));
		break;
	case 4:
		DO(mknod(path, S_IFCHR | 0666, makedev(1, 5)));
		break;
	case 5:
		DO(mknod(path, S_IFBLK | 0666, makedev(1, 3)));
		break;
	default:
		DO(symlink("zero", path));
		break;
	}
}

ROOTFS_TEST(devices, existing_ones_must_be_what_they_should)
{
	put_file("/mnt/outside/file", "outside");
	DO(mkdir("dev", 0755));
	DEVICES({.type = S_IFCHR, .path = "/dev/x", .major = &one, .minor = &three});
	fixture_open();
	for (int kind = 0; kind < 7; kind++) {
		make_hostile("dev/null", kind);
		FAILS(devices_make.run(&creation, &err), EEXIST,
		      "/dev/null: exists and is not the character device 1:3");
		DO(kind == 1 ? rmdir("dev/null") : unlink("dev/null"));
		make_hostile("dev/x", kind);
		FAILS(devices_make.run(&creation, &err), EEXIST,
		      "linux.devices[0]: /dev/x: exists and is not the character device 1:3");
		DO(kind == 1 ? rmdir("dev/x") : unlink("dev/x"));
		DO(unlink("dev/null"));
	}
}

ROOTFS_TEST(devices, ptmx_must_lead_to_the_containers_devpts)
{
	static const char *const good[] = {"pts/ptmx", "/dev/pts/ptmx"};
	static const char *const bad[] = {"pts/ptm", "pts/ptmx0", "/dev/pts/ptmx/", "/dev/null"};

	DO(mkdir("dev", 0755));
	fixture_open();
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		DO(symlink(good[i], "dev/ptmx"));
		STEP(devices_make.run(&creation, &err));
		DO(unlink("dev/ptmx"));
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		DO(symlink(bad[i], "dev/ptmx"));
		FAILS(devices_make.run(&creation, &err), EEXIST,
		      "/dev/ptmx: exists and does not lead to pts/ptmx");
		DO(unlink("dev/ptmx"));
	}
	put_file("dev/ptmx", "");
	FAILS(devices_make.run(&creation, &err), EEXIST,
	      "/dev/ptmx: exists and does not lead to pts/ptmx");
}
