/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts: what is refused while planning, and what a root filesystem looks like afterwards, hostile
 * ones included. Needs root.
 */
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(mount_plan, .init = fixture_init, .fini = fixture_finish);
TestSuite(mount, .init = fixture_init, .fini = fixture_finish);

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

Test(mount_plan, dev_is_read_only_late)
{
	static const struct mount_options readonly = {.set = MOUNT_ATTR_RDONLY};

	MOUNTS({.destination = "/dev/x", .type = "tmpfs", .options = readonly},
	       {.destination = "/dev", .type = "tmpfs", .options = readonly},
	       {.destination = "/dev/shm", .type = "tmpfs", .options = readonly},
	       {.destination = "/dev/pts", .type = "devpts"},
	       {.destination = "/sys", .type = "sysfs", .options = readonly},
	       {.destination = "/sys/fs/cgroup", .type = "cgroup", .options = readonly});
	STEP(mount_plan(&plan, &err));
	cr_expect_not(plan.rootfs.mounts.at[0].readonly_late);
	cr_expect(plan.rootfs.mounts.at[1].readonly_late);
	cr_expect(plan.rootfs.mounts.at[2].readonly_late);
	cr_expect_not(plan.rootfs.mounts.at[3].readonly_late);
	cr_expect_not(plan.rootfs.mounts.at[4].readonly_late);
	cr_expect(plan.rootfs.mounts.at[5].readonly_late);
}

ROOTFS_TEST(mount, default_filesystems)
{
	MOUNTS({.destination = "/proc",
		.type = "proc",
		.source = "proc",
		.options.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV},
	       {.destination = "/dev",
		.type = "tmpfs",
		.source = "tmpfs",
		.options = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME,
			    .clear = MOUNT_ATTR__ATIME,
			    .data = STRINGS("mode=755", "size=65536k", "")}},
	       {.destination = "/dev/pts",
		.type = "devpts",
		.source = "devpts",
		.options = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
			    .data = STRINGS("newinstance", "ptmxmode=0666", "mode=0620", "gid=5")}},
	       {.destination = "/dev/shm",
		.type = "tmpfs",
		.source = "shm",
		.options.data = STRINGS("mode=1777", "size=65536k")},
	       {.destination = "/dev/mqueue", .type = "mqueue", .source = "mqueue"},
	       {.destination = "/sys",
		.type = "sysfs",
		.source = "sysfs",
		.options.set = MOUNT_ATTR_RDONLY});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect_eq(statfs_in_tree("/proc/self/ns").f_type, 0x9fa0);
	cr_expect_eq(statfs_in_tree("/proc").f_flags & (ST_NOSUID | ST_NOEXEC | ST_NODEV),
		     ST_NOSUID | ST_NOEXEC | ST_NODEV);
	cr_expect_eq(statfs_in_tree("/dev/pts").f_type, 0x1cd1);
	cr_expect_eq(statfs_in_tree("/dev/mqueue").f_type, 0x19800202);
	cr_expect_eq(statfs_in_tree("/sys").f_flags & ST_RDONLY, ST_RDONLY);
	cr_expect_eq(stat_in_tree("/dev").st_mode, S_IFDIR | 0755);
	cr_expect_eq(statfs_in_tree("/dev").f_flags & (ST_NOSUID | ST_NODEV | ST_RELATIME),
		     ST_NOSUID);
	cr_expect_eq(stat_in_tree("/dev/shm").st_mode, S_IFDIR | 01777);
	cr_expect_eq(stat_in_tree("/dev/pts/ptmx").st_mode, S_IFCHR | 0666);
	/* The host's sysfs has not become read-only with it. */
	cr_expect_eq(access("/sys/kernel/profiling", W_OK) < 0 && errno == EROFS, false);
}

ROOTFS_TEST(mount, option_that_the_kernel_does_not_know)
{
	MOUNTS({.destination = "/a", .type = "tmpfs"},
	       {.destination = "/b", .type = "tmpfs", .options.data = STRINGS("size=x")});
	fixture_open();
	FAILS(mount_all.run(&creation, &err), EINVAL,
	      "mounts[1]: /b: size=x: Invalid argument (tmpfs: Bad value for 'size')");
}

/* As for mount(2). */
ROOTFS_TEST(mount, options_in_one_string)
{
	DO(mkdir("b", 0750));
	MOUNTS({.destination = "/b", .type = "tmpfs", .options.data = STRINGS("size=8k,mode=711")},
	       {.destination = "/b",
		.options = {.mode = MOUNT_MODE_REMOUNT,
			    .data = STRINGS("nr_inodes=100,size=16k")}});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect_eq(stat_in_tree("/b").st_mode, S_IFDIR | 0711);
	cr_expect_eq(statfs_in_tree("/b").f_blocks, 4);
	cr_expect_eq(statfs_in_tree("/b").f_files, 100);
}

ROOTFS_TEST(mount, layers_that_the_kernel_does_not_take)
{
	static char data[300];

	snprintf(data, sizeof data, "lowerdir=:/%0252d:/b", 0);
	MOUNTS({.destination = "/b", .type = "overlay", .options.data = STRINGS(data)});
	fixture_open();
	cr_expect_eq(mount_all.run(&creation, &err), -EINVAL);
	cr_expect(strstr(err.text, "mounts[0]: /b: lowerdir (more than 255 bytes of it need Linux "
				   "6.8): lowerdir+=: Invalid argument"),
		  "%s", err.text);
}

Test(mount_plan, refuses_what_the_kernel_does_not_take)
{
	static char data[300], source[300];

	snprintf(data, sizeof data, "name=%0256d", 0);
	snprintf(source, sizeof source, "/%0255d", 0);
	FAILS(plan_mount((struct mount){
		      .destination = "/x", .type = "tmpfs", .options.data = STRINGS(data)}),
	      EINVAL, "mounts[0]: options: name: 256 bytes are more than the kernel takes, 255");
	FAILS(plan_mount((struct mount){.destination = "/x", .type = "ext4", .source = source}),
	      EINVAL, "mounts[0]: source: 256 bytes are more than the kernel takes, 255");
	/* That of a bind is a path. */
	STEP(plan_mount((struct mount){.destination = "/x", .source = source, .options = BIND}));
}

ROOTFS_TEST(mount, unknown_filesystem)
{
	MOUNTS({.destination = "/b", .type = "nosuchfs"});
	fixture_open();
	FAILS(mount_all.run(&creation, &err), ENODEV,
	      "mounts[0]: /b: filesystem type \"nosuchfs\" is unknown to this kernel");
}

ROOTFS_TEST(mount, tmpfs_takes_the_mode_of_its_target)
{
	DO(mkdir("tmp", 01777));
	DO(mkdir("secret", 0700));
	MOUNTS({.destination = "/tmp", .type = "tmpfs"},
	       {.destination = "/secret", .type = "tmpfs"},
	       {.destination = "/new", .type = "tmpfs"},
	       {.destination = "/tmp/told", .type = "tmpfs", .options.data = STRINGS("mode=711")});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect_eq(stat_in_tree("/tmp").st_mode, S_IFDIR | 01777);
	cr_expect_eq(stat_in_tree("/secret").st_mode, S_IFDIR | 0700);
	cr_expect_eq(stat_in_tree("/new").st_mode, S_IFDIR | 01777);
	cr_expect_eq(stat_in_tree("/tmp/told").st_mode, S_IFDIR | 0711);
}

/* A socket, a fifo, a file, a directory with a mount below. */
static void make_sources(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/mnt/bundle/socket"};
	_close_ int socket_file = socket(AF_UNIX, SOCK_STREAM, 0);

	DO(bind(socket_file, (struct sockaddr *)&address, sizeof address));
	DO(mkfifo("/mnt/bundle/fifo", 0600));
	put_file("/mnt/bundle/file", "file");
	DO(mkdir("/mnt/bundle/directory", 0755));
	DO(mkdir("/mnt/bundle/directory/below", 0755));
	DO(mount("tmpfs", "/mnt/bundle/directory/below", "tmpfs", 0, NULL));
	put_file("/mnt/bundle/directory/below/file", "below");
}

ROOTFS_TEST(mount, binds_of_every_type)
{
	make_sources();
	MOUNTS({.destination = "/run/socket", .source = "socket", .options = BIND},
	       {.destination = "/run/fifo", .source = "fifo", .options = BIND},
	       {.destination = "/etc/file", .source = "/mnt/bundle/file", .options = BIND},
	       {.destination = "/flat", .source = "directory", .options = BIND},
	       {.destination = "/deep", .source = "directory", .options = RBIND},
	       {.destination = "/dev/null", .source = "/dev/null", .options = BIND});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect(S_ISSOCK(stat_in_tree("/run/socket").st_mode));
	cr_expect(S_ISFIFO(stat_in_tree("/run/fifo").st_mode));
	cr_expect(S_ISCHR(stat_in_tree("/dev/null").st_mode));
	expect_text("/etc/file", "file");
	expect_text("/deep/below/file", "below");
	cr_expect_eq(in_tree("/flat/below/file", O_PATH), -ENOENT);
	/* Only empty files and directories to mount on were added to the root filesystem. */
	cr_expect_eq(access("flat/below", F_OK), -1);
}

ROOTFS_TEST(mount, bind_attributes_are_set_and_kept)
{
	make_sources();
	DO(mount("tmpfs", "/mnt/bundle/directory", "tmpfs", MS_NOEXEC | MS_NODEV, NULL));
	DO(mkdir("/mnt/bundle/directory/below", 0755));
	DO(mount("tmpfs", "/mnt/bundle/directory/below", "tmpfs", 0, NULL));
	MOUNTS({.destination = "/ro",
		.source = "directory",
		.options = {.mode = MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE,
			    .set = MOUNT_ATTR_RDONLY}},
	       {.destination = "/rro",
		.source = "directory",
		.options = {.mode = MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE,
			    .rset = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME,
			    .rclear = MOUNT_ATTR__ATIME}},
	       {.destination = "/exec",
		.source = "directory",
		.options = {.mode = MOUNT_MODE_BIND, .clear = MOUNT_ATTR_NOEXEC}});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect_not(is_writable("/ro"));
	cr_expect(is_writable("/ro/below"));
	cr_expect_not(is_writable("/rro"));
	cr_expect_not(is_writable("/rro/below"));
	cr_expect_eq(statfs_in_tree("/rro/below").f_flags & ST_NOATIME, ST_NOATIME);
	cr_expect_eq(statfs_in_tree("/ro").f_flags & (ST_NOEXEC | ST_NODEV), ST_NOEXEC | ST_NODEV);
	cr_expect_eq(statfs_in_tree("/exec").f_flags & (ST_NOEXEC | ST_NODEV), ST_NODEV);
}

ROOTFS_TEST(mount, bind_types_must_match)
{
	make_sources();
	DO(mkdir("directory", 0755));
	put_file("file", "");
	MOUNTS({.destination = "/directory", .source = "file", .options = BIND});
	fixture_open();
	FAILS(mount_all.run(&creation, &err), EISDIR,
	      "mounts[0]: /directory: is a directory, while the source is none");
	MOUNTS({.destination = "/file", .source = "directory", .options = BIND});
	STEP(mount_plan(&plan, &err));
	STEP(rootfs_open_sources.run(&creation, &err));
	FAILS(mount_all.run(&creation, &err), ENOTDIR, "mounts[0]: /file: Not a directory");
}

Test(mount, missing_source)
{
	MOUNTS({.destination = "/a", .type = "tmpfs"},
	       {.destination = "/dst", .source = "/mnt/none", .options = BIND});
	STEP(fixture_plan());
	FAILS(rootfs_open_sources.run(&creation, &err), ENOENT,
	      "mounts[1]: /dst: source /mnt/none: No such file or directory");
}

Test(mount, unbindable_source)
{
	DO(mount("tmpfs", "/mnt/outside", "tmpfs", 0, NULL));
	DO(mount(NULL, "/mnt/outside", NULL, MS_UNBINDABLE, NULL));
	MOUNTS({.destination = "/dst", .source = "/mnt/outside", .options = BIND});
	STEP(fixture_plan());
	FAILS(rootfs_open_sources.run(&creation, &err), EINVAL,
	      "mounts[0]: /dst: source /mnt/outside: Invalid argument "
	      "(is it on an unbindable mount?)");
}

Test(mount, only_a_procfs_is_bound_on_proc)
{
	MOUNTS({.destination = "/proc", .source = "/mnt/outside", .options = BIND});
	STEP(fixture_plan());
	FAILS(rootfs_open_sources.run(&creation, &err), EINVAL,
	      "mounts[0]: /proc: source /mnt/outside: only a procfs may be mounted here");
	config.mounts.count = 0;
	MOUNTS({.destination = "/proc", .source = "/proc", .options = BIND});
	STEP(fixture_plan());
	STEP(rootfs_open_sources.run(&creation, &err));
}

/* What an image puts in place of the fixed targets. */
static const char *const hostile_links[] = {
	"/mnt/outside", "../../../../mnt/outside", "..", "/", ".", "/etc", "dangling",
};

static const struct mount fixed[] = {
	{.destination = "/proc", .type = "proc"},
	{.destination = "/sys", .type = "sysfs"},
	{.destination = "/dev", .type = "tmpfs"},
	{.destination = "/dev/shm", .type = "tmpfs"},
	{.destination = "/dev/x", .source = "/dev/null", .options = BIND},
};

ROOTFS_TEST(mount, fixed_targets_are_no_links)
{
	DO(mkdir("etc", 0755));
	MOUNTS({.destination = "/none", .type = "tmpfs"});
	fixture_open();
	for (size_t i = 0; i < sizeof hostile_links / sizeof *hostile_links; i++)
		for (size_t j = 0; j < sizeof fixed / sizeof *fixed; j++) {
			char name[8] = "";

			memcpy(name, fixed[j].destination + 1,
			       strcspn(fixed[j].destination + 1, "/"));
			DO(symlink(hostile_links[i], name));
			MOUNTS(fixed[j]);
			STEP(mount_plan(&plan, &err));
			STEP(rootfs_open_sources.run(&creation, &err));
			cr_expect_eq(mount_all.run(&creation, &err), -ELOOP, "%s -> %s: %s",
				     fixed[j].destination, hostile_links[i], err.text);
			DO(unlink(name));
		}
	DO(rmdir("/mnt/outside"));
}

ROOTFS_TEST(mount, links_lead_within_the_root)
{
	DO(mkdir("etc", 0755));
	DO(mkdir("mnt", 0755));
	DO(mkdir("mnt/outside", 0755));
	DO(symlink("/etc", "absolute"));
	DO(symlink("../../../../../../mnt/outside", "up"));
	DO(symlink("/mnt/none", "dangling"));
	put_file("/mnt/bundle/file", "file");
	MOUNTS({.destination = "/absolute/hosts", .source = "file", .options = BIND},
	       {.destination = "/up/file", .source = "file", .options = BIND},
	       {.destination = "/up/new/directory", .type = "tmpfs"},
	       {.destination = "/../../mnt/outside/dotted", .type = "tmpfs"},
	       {.destination = "/dangling/x", .type = "tmpfs"});
	fixture_open();
	FAILS(mount_all.run(&creation, &err), ENOENT,
	      "mounts[4]: /dangling: is a dangling symbolic link");
	expect_text("/etc/hosts", "file");
	expect_text("/mnt/outside/file", "file");
	cr_expect(S_ISDIR(stat_in_tree("/mnt/outside/dotted").st_mode));
	DO(rmdir("/mnt/outside"));
}

ROOTFS_TEST(mount, a_volume_does_not_lead_outside)
{
	DO(mkdir("/mnt/bundle/volume", 0755));
	DO(symlink("/mnt/outside", "/mnt/bundle/volume/link"));
	DO(symlink("../../outside", "/mnt/bundle/volume/up"));
	MOUNTS({.destination = "/v", .source = "volume", .options = BIND},
	       {.destination = "/v/up/x", .type = "tmpfs"});
	fixture_open();
	cr_expect_lt(mount_all.run(&creation, &err), 0);
	MOUNTS({.destination = "/v", .source = "volume", .options = BIND},
	       {.destination = "/v/link/x", .type = "tmpfs"});
	STEP(mount_plan(&plan, &err));
	STEP(rootfs_open_sources.run(&creation, &err));
	cr_expect_lt(mount_all.run(&creation, &err), 0);
	DO(rmdir("/mnt/outside"));
}

ROOTFS_TEST(mount, remount)
{
	MOUNTS({.destination = "/a", .type = "tmpfs", .options.set = MOUNT_ATTR_NODEV},
	       {.destination = "/a/below", .type = "tmpfs"},
	       {.destination = "/a",
		.options = {.mode = MOUNT_MODE_REMOUNT | MOUNT_MODE_BIND,
			    .set = MOUNT_ATTR_RDONLY}},
	       {.destination = "/b", .type = "tmpfs", .options.set = MOUNT_ATTR_RDONLY},
	       {.destination = "/b",
		.options = {.mode = MOUNT_MODE_REMOUNT,
			    .clear = MOUNT_ATTR_RDONLY,
			    .data = STRINGS("size=8k")}},
	       {.destination = "/none", .type = "tmpfs"},
	       {.destination = "/none/x", .options.mode = MOUNT_MODE_REMOUNT});
	DO(mkdir("none", 0755));
	fixture_open();
	cr_expect_lt(mount_all.run(&creation, &err), 0);
	cr_expect_str_eq(err.text, "mounts[6]: /none/x: No such file or directory");
	cr_expect_not(is_writable("/a"));
	cr_expect(is_writable("/a/below"));
	cr_expect_eq(statfs_in_tree("/a").f_flags & ST_NODEV, ST_NODEV);
	cr_expect(is_writable("/b"));
	cr_expect_eq(statfs_in_tree("/b").f_blocks, 2);
}

ROOTFS_TEST(mount, remount_of_nothing)
{
	DO(mkdir("a", 0755));
	MOUNTS({.destination = "/a", .options.mode = MOUNT_MODE_REMOUNT});
	fixture_open();
	FAILS(mount_all.run(&creation, &err), EINVAL,
	      "mounts[0]: /a: remount: nothing is mounted here");
}

/* A stand-in for a hierarchy: a filesystem with a directory in it. */
static int make_hierarchy(const char *directory)
{
	int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int mount;

	DO(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	mount = fsmount(context, FSMOUNT_CLOEXEC, 0);
	DO(mkdirat(mount, directory, 0755));
	close(context);
	return mount;
}

#define CGROUP                                                                                     \
	{                                                                                          \
		.destination = "/sys/fs/cgroup", .type = "cgroup",                                 \
		.options.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC                               \
	}

ROOTFS_TEST(mount, cgroup_v1)
{
	MOUNTS({.destination = "/sys", .type = "sysfs"}, CGROUP);
	fixture_open();
	*creation.rootfs.cgroups[1] = (struct cgroup_sources){
		2,
		{make_hierarchy("one"), make_hierarchy("two")},
		{"cpu,cpuacct", "memory"},
	};
	STEP(mount_all.run(&creation, &err));
	STEP(rootfs_seal.run(&creation, &err));
	cr_expect_eq(stat_in_tree("/sys/fs/cgroup").st_mode, S_IFDIR | 0755);
	cr_expect(S_ISDIR(stat_in_tree("/sys/fs/cgroup/cpu,cpuacct/one").st_mode));
	cr_expect(S_ISDIR(stat_in_tree("/sys/fs/cgroup/memory/two").st_mode));
	cr_expect_not(is_writable("/sys/fs/cgroup"));
	cr_expect_not(is_writable("/sys/fs/cgroup/memory"));
	cr_expect_eq(statfs_in_tree("/sys/fs/cgroup/memory").f_flags & ST_NOEXEC, ST_NOEXEC);
}

ROOTFS_TEST(mount, cgroup_v2)
{
	MOUNTS(CGROUP);
	fixture_open();
	*creation.rootfs.cgroups[0] = (struct cgroup_sources){1, {make_hierarchy("one")}, {""}};
	STEP(mount_all.run(&creation, &err));
	STEP(rootfs_seal.run(&creation, &err));
	cr_expect(S_ISDIR(stat_in_tree("/sys/fs/cgroup/one").st_mode));
	cr_expect_not(is_writable("/sys/fs/cgroup"));
}

ROOTFS_TEST(mount, cgroup_more_than_once)
{
	MOUNTS(CGROUP, {.destination = "/a", .type = "tmpfs"},
	       {.destination = "/b", .type = "cgroup"});
	fixture_open();
	*creation.rootfs.cgroups[0] = (struct cgroup_sources){1, {make_hierarchy("one")}, {"x"}};
	cr_expect_null(creation.rootfs.cgroups[1]);
	*creation.rootfs.cgroups[2] = (struct cgroup_sources){1, {make_hierarchy("two")}, {""}};
	STEP(mount_all.run(&creation, &err));
	STEP(rootfs_seal.run(&creation, &err));
	cr_expect(S_ISDIR(stat_in_tree("/sys/fs/cgroup/x/one").st_mode));
	cr_expect(S_ISDIR(stat_in_tree("/b/two").st_mode));
	cr_expect_not(is_writable("/sys/fs/cgroup/x"));
	cr_expect(is_writable("/b"));
}

ROOTFS_TEST(mount, cgroup_of_a_container_without_one)
{
	MOUNTS(CGROUP);
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	cr_expect_eq(statfs_in_tree("/sys/fs/cgroup").f_type, 0x01021994);
	cr_expect_not(is_writable("/sys/fs/cgroup"));
}

Test(mount_plan, is_printed)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	MOUNTS({.destination = "/proc",
		.type = "proc",
		.options.words = STRINGS("nosuid", "noexec", "nodev")},
	       {.destination = "/data", .source = "d", .options = RBIND},
	       {.destination = "/dev", .type = "tmpfs", .options.set = MOUNT_ATTR_RDONLY}, CGROUP);
	root.readonly = true;
	STEP(fixture_plan());
	rootfs_open.print(&plan, out);
	rootfs_open_sources.print(&plan, out);
	mount_all.print(&plan, out);
	rootfs_seal.print(&plan, out);
	fclose(out);
	cr_expect_str_eq(text, "\t\t/mnt/bundle/rootfs  private\n"
			       "\t\t/mnt/bundle/d\n"
			       "\t\tcgroup\n"
			       "\t\t/proc  proc  nosuid,noexec,nodev\n"
			       "\t\t/data  bind /mnt/bundle/d\n"
			       "\t\t/dev  tmpfs\n"
			       "\t\t/sys/fs/cgroup  cgroup\n"
			       "\t\t/dev\n"
			       "\t\t/sys/fs/cgroup\n"
			       "\t\t/\n");
	cleanup_free(&text);
}

/* This kernel's SELinux is not active: it is the kernel that does not know the option. */
ROOTFS_TEST(mount, label)
{
	linux_config.mountLabel = "label";
	MOUNTS({.destination = "/proc", .type = "proc"}, {.destination = "/a", .type = "tmpfs"});
	FAILS(mount_plan(&plan, &err), ENOTSUP,
	      "linux.mountLabel: \"label\": SELinux is not active on this host");
	host.selinux = true;
	fixture_open();
	cr_expect_eq(mount_all.run(&creation, &err), -EINVAL);
	cr_expect(strstr(err.text, "mounts[1]: /a: context=label: Invalid argument"), "%s",
		  err.text);
}

ROOTFS_TEST(mount, over_the_root)
{
	struct statfs fs;

	DO(mkdir("/mnt/bundle/other", 0755));
	put_file("/mnt/bundle/other/file", "other");
	put_file("file", "covered");
	MOUNTS({.destination = "/a", .type = "tmpfs"},
	       {.destination = "/", .source = "other", .options = {.mode = MOUNT_MODE_BIND}},
	       {.destination = "/b", .type = "ramfs"});
	fixture_open();
	STEP(mount_all.run(&creation, &err));
	expect_text("/file", "other");
	cr_expect_eq(in_tree("/a", O_PATH), -ENOENT);
	cr_expect_eq(statfs_in_tree("/b").f_type, 0x858458f6);
	STEP(pivot_enter.run(&creation, &err));
	/* Nor is anything over it. */
	DO(statfs("/../b", &fs));
	cr_expect_eq(fs.f_type, 0x858458f6);
}

/* The host, in a process of its own: once told to, it mounts something on path. */
static pid_t fork_host(const char *path, const int *pipes)
{
	pid_t pid = fork();
	char byte = 0;

	if (pid != 0)
		return pid;
	if (read(pipes[0], &byte, 1) != 1 || mount("tmpfs", path, "tmpfs", 0, NULL) < 0)
		_exit(1);
	_exit(chdir(path) < 0 || mkdir("seen", 0755) < 0);
}

ROOTFS_TEST(mount, propagation_of_binds)
{
	int pipes[2], status = -1;
	pid_t pid;

	DO(mkdir("/mnt/bundle/volume", 0755));
	DO(mount("tmpfs", "/mnt/bundle/volume", "tmpfs", 0, NULL));
	DO(mount(NULL, "/mnt/bundle/volume", NULL, MS_SHARED, NULL));
	DO(mkdir("/mnt/bundle/volume/x", 0755));
	DO(pipe2(pipes, O_CLOEXEC));
	pid = fork_host("/mnt/bundle/volume/x", pipes);
	DO(pid);
	MOUNTS({.destination = "/private", .source = "volume", .options = RBIND},
	       {.destination = "/slave",
		.source = "volume",
		.options = {.mode = MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE,
			    .propagation = {.count = 1, .at = {MS_SLAVE | MS_REC}}}},
	       {.destination = "/shared",
		.source = "volume",
		.options = {.mode = MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE,
			    .propagation = {.count = 1, .at = {MS_SHARED | MS_REC}}}});
	STEP(fixture_plan());
	STEP(rootfs_open_sources.run(&creation, &err));
	/* Like init, in a mount namespace of its own. */
	DO(unshare(CLONE_NEWNS));
	STEP(rootfs_open.run(&creation, &err));
	STEP(mount_all.run(&creation, &err));
	STEP(rootfs_attach(&creation, &err));
	DO(write(pipes[1], "x", 1));
	DO(waitpid(pid, &status, 0));
	cr_assert_eq(status, 0);
	cr_expect_eq(in_tree("/private/x/seen", O_PATH), -ENOENT);
	cr_expect_geq(in_tree("/slave/x/seen", O_PATH), 0);
	cr_expect_geq(in_tree("/shared/x/seen", O_PATH), 0);
}
