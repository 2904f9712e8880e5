/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts as descriptors. Needs root.
 */
#include "libcontainer/rootfs/mountfd.h"

#include <linux/magic.h>
#include <sys/statvfs.h>

#include "libcontainer/procfs.h"

#include "tests/unit/libcontainer/rootfs_fixture.h"

TestSuite(mountfd, .init = fixture_init, .fini = fixture_finish);

/* A descriptor that the test wants. */
static int open_for(const char *path)
{
	int file = open(path, O_PATH | O_CLOEXEC);

	DO(file);
	return file;
}

static int make_tmpfs(uint64_t attributes)
{
	int mount = mountfd_tmpfs(NULL, 0, attributes, &err);

	STEP(mount);
	return mount;
}

static unsigned long flags_of(int mount)
{
	struct statvfs status;

	DO(fstatvfs(mount, &status));
	return status.f_flag;
}

static bool is_seen(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The optional fields of mountinfo: "shared:1 ", "master:1 ", "" when private. */
static const char *propagation_of(const char *target)
{
	static char line[1024];
	FILE *file _fclose_ = fopen("/proc/self/mountinfo", "re");
	char *found = NULL;

	cr_assert(file);
	while (fgets(line, sizeof line, file)) {
		char *at = strstr(line, arena_printf(&arena, " %s ", target));

		if (!at)
			continue;
		/* The options that stand before have no space in them. */
		found = strchr(at + strlen(target) + 2, ' ') + 1;
		*strstr(found, "- ") = '\0';
		return found;
	}
	return "not a mount";
}

/*
 * Making
 */

Test(mountfd, is_seen_by_nobody_until_it_is_attached)
{
	_close_ int mount = make_tmpfs(0);
	_close_ int target = open_for("/mnt/outside");

	cr_expect_eq(fcntl(mount, F_GETFD), FD_CLOEXEC);
	DO(mkdirat(mount, "inside", 0755));
	cr_expect_not(is_seen("/mnt/outside/inside"));
	STEP(mountfd_attach(mount, target, &err));
	cr_expect(is_seen("/mnt/outside/inside"));
	cr_expect_not(is_seen("/mnt/inside"));
}

Test(mountfd, has_its_attributes_and_parameters_from_birth)
{
	const struct parameter parameters[] = {{"mode", "0710"}, {"size", "8192"}};
	_close_ int mount =
		mountfd_tmpfs(parameters, 2, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &err);
	struct statvfs size;
	struct stat status;

	STEP(mount);
	DO(fstat(mount, &status));
	cr_expect_eq(status.st_mode, S_IFDIR | 0710);
	DO(fstatvfs(mount, &size));
	cr_expect_eq(size.f_blocks * size.f_frsize, 8192);
	cr_expect_eq(flags_of(mount) & (ST_NOSUID | ST_NODEV | ST_NOEXEC), ST_NOSUID | ST_NODEV);
}

Test(mountfd, a_filesystem_that_the_kernel_lacks)
{
	FAILS(mountfd_context("nofs", &err), ENODEV,
	      "filesystem type \"nofs\" is unknown to this kernel");
}

/* What the kernel has to say is worth more than its code. */
Test(mountfd, the_kernel_explains_itself)
{
	_close_ int context = mountfd_context("tmpfs", &err);

	STEP(context);
	cr_expect_eq(fcntl(context, F_GETFD), FD_CLOEXEC);
	FAILS(mountfd_set(context, "size", "much", &err), EINVAL,
	      "size=much: Invalid argument (tmpfs: Bad value for 'size')");
	FAILS(mountfd_set(context, "colour", NULL, &err), EINVAL,
	      "colour: Invalid argument (tmpfs: Unknown parameter 'colour')");
	/* Nothing is left of an error that was told. */
	STEP(mountfd_set(context, "size", "4096", &err));
}

/* One parameter is one parameter, whatever is in it. */
Test(mountfd, a_comma_begins_no_other_parameter)
{
	_close_ int context = mountfd_context("tmpfs", &err);

	STEP(context);
	cr_expect_eq(mountfd_set(context, "size", "4096,mode=0777", &err), -EINVAL);
}

Test(mountfd, a_parameter_fails_the_whole)
{
	const struct parameter parameters[] = {{"mode", "0700"}, {"none", "x"}};

	cr_expect_eq(mountfd_tmpfs(parameters, 2, 0, &err), -EINVAL);
	cr_expect_eq(strncmp(err.text, "none=x: ", 8), 0, "%s", err.text);
}

Test(mountfd, what_cannot_be_made)
{
	_close_ int context = mountfd_context("overlay", &err);

	if (context < 0)
		cr_skip_test("no overlay");
	cr_expect_lt(mountfd_create(context, 0, &err), 0);
	cr_expect_eq(strncmp(err.text, "mount: ", 7), 0, "%s", err.text);
}

Test(mountfd, changes_a_filesystem)
{
	_close_ int mount = make_tmpfs(0);
	_close_ int context = mountfd_pick(mount, &err);
	struct statvfs status;

	STEP(context);
	cr_expect_eq(fcntl(context, F_GETFD), FD_CLOEXEC);
	STEP(mountfd_set(context, "size", "16384", &err));
	STEP(mountfd_reconfigure(context, &err));
	DO(fstatvfs(mount, &status));
	cr_expect_eq(status.f_blocks * status.f_frsize, 16384);
	FAILS(mountfd_pick(-1, &err), EBADF, "fspick: Bad file descriptor");
}

Test(mountfd, a_change_that_the_filesystem_refuses)
{
	_close_ int mount = make_tmpfs(0);
	_close_ int context = -1;

	DO(mkdirat(mount, "a", 0755));
	DO(mkdirat(mount, "b", 0755));
	context = mountfd_pick(mount, &err);
	STEP(context);
	STEP(mountfd_set(context, "nr_inodes", "1", &err));
	cr_expect_eq(mountfd_reconfigure(context, &err), -EINVAL);
	cr_expect_eq(strncmp(err.text, "remount: Invalid argument", 25), 0, "%s", err.text);
}

/*
 * Copying
 */

/* A mount with another one below it, as the copies' source. */
static void make_two_mounts(void)
{
	DO(mount("tmpfs", "/mnt/outside", "tmpfs", 0, NULL));
	DO(mkdir("/mnt/outside/below", 0755));
	DO(mount("tmpfs", "/mnt/outside/below", "tmpfs", 0, NULL));
	DO(mkdir("/mnt/outside/below/deep", 0755));
}

Test(mountfd, a_copy_with_and_without_the_mounts_below)
{
	_close_ int alone = -1, all = -1;

	make_two_mounts();
	alone = mountfd_clone(AT_FDCWD, "/mnt/outside", 0, &err);
	all = mountfd_clone(AT_FDCWD, "/mnt/outside", AT_RECURSIVE, &err);
	STEP(alone);
	STEP(all);
	cr_expect_eq(fcntl(all, F_GETFD), FD_CLOEXEC);
	cr_expect_eq(faccessat(alone, "below", F_OK, 0), 0);
	cr_expect_eq(faccessat(alone, "below/deep", F_OK, 0), -1);
	cr_expect_eq(faccessat(all, "below/deep", F_OK, 0), 0);
}

Test(mountfd, a_copy_of_a_directory_or_of_a_file)
{
	_close_ int directory = open_for("/mnt/outside");
	_close_ int itself = -1, below = -1, file = -1;
	struct stat status;

	DO(mkdir("/mnt/outside/sub", 0755));
	put_file("/mnt/outside/sub/file", "x");
	itself = mountfd_clone(directory, "", 0, &err);
	below = mountfd_clone(directory, "sub", 0, &err);
	file = mountfd_clone(directory, "sub/file", 0, &err);
	cr_expect_eq(faccessat(itself, "sub/file", F_OK, 0), 0);
	cr_expect_eq(faccessat(below, "file", F_OK, 0), 0);
	DO(fstat(file, &status));
	cr_expect(S_ISREG(status.st_mode));
	FAILS(mountfd_clone(directory, "none", 0, &err), ENOENT,
	      "open_tree: No such file or directory");
}

/*
 * Attributes
 */

Test(mountfd, attributes_of_one_mount_or_of_all)
{
	_close_ int mount = -1, below = -1;

	make_two_mounts();
	mount = open_for("/mnt/outside");
	below = open_for("/mnt/outside/below");
	STEP(mountfd_change(mount, false, MOUNT_ATTR_RDONLY, 0, &err));
	cr_expect(flags_of(mount) & ST_RDONLY);
	cr_expect_not(flags_of(below) & ST_RDONLY);
	STEP(mountfd_change(mount, true, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_RDONLY, &err));
	cr_expect_eq(flags_of(mount) & (ST_RDONLY | ST_NOEXEC), ST_NOEXEC);
	cr_expect_eq(flags_of(below) & (ST_RDONLY | ST_NOEXEC), ST_NOEXEC);
}

/* Of what is not even a mount nothing is asked. */
Test(mountfd, nothing_to_change)
{
	_close_ int directory = open_for("/mnt/outside");

	STEP(mountfd_change(directory, true, 0, 0, &err));
	FAILS(mountfd_change(directory, false, MOUNT_ATTR_RDONLY, 0, &err), EINVAL,
	      "mount_setattr: Invalid argument");
}

Test(mountfd, propagation_of_one_mount_or_of_all)
{
	_close_ int mount = -1;

	make_two_mounts();
	mount = open_for("/mnt/outside");
	cr_expect_str_eq(propagation_of("/mnt/outside"), "");
	STEP(mountfd_propagate(mount, MS_SHARED, &err));
	cr_expect_eq(strncmp(propagation_of("/mnt/outside"), "shared:", 7), 0);
	cr_expect_str_eq(propagation_of("/mnt/outside/below"), "");
	STEP(mountfd_propagate(mount, MS_SHARED | MS_REC, &err));
	cr_expect_eq(strncmp(propagation_of("/mnt/outside/below"), "shared:", 7), 0);
	STEP(mountfd_propagate(mount, MS_UNBINDABLE | MS_REC, &err));
	cr_expect_str_eq(propagation_of("/mnt/outside/below"), "unbindable ");
	STEP(mountfd_propagate(mount, MS_PRIVATE, &err));
	cr_expect_str_eq(propagation_of("/mnt/outside"), "");
	cr_expect_str_eq(propagation_of("/mnt/outside/below"), "unbindable ");
}

/*
 * Attaching
 */

Test(mountfd, kinds_of_target_and_mount_must_agree)
{
	_close_ int mount = make_tmpfs(0);
	_close_ int file = -1;

	put_file("/mnt/outside/file", "x");
	file = open_for("/mnt/outside/file");
	FAILS(mountfd_attach(mount, file, &err), EINVAL, "move_mount: Invalid argument");
}

/* Lookups do not see what is on the stage, but what is on it can be mounted onto. */
Test(mountfd, on_stage_and_off)
{
	_close_ int mount = make_tmpfs(0);
	_close_ int upon = make_tmpfs(0);
	_close_ int target = -1;

	DO(mkdirat(mount, "target", 0755));
	STEP(mountfd_stage(mount, &err));
	cr_expect_not(is_seen("/target"));
	cr_expect(is_seen("/mnt/outside"));
	target = openat(mount, "target", O_PATH | O_CLOEXEC);
	STEP(mountfd_attach(upon, target, &err));
	DO(mkdirat(upon, "inside", 0755));
	cr_expect_eq(faccessat(mount, "target/inside", F_OK, 0), 0);
	STEP(mountfd_unstage(mount, &err));
	cr_expect_eq(faccessat(mount, "target/inside", F_OK, 0), -1, "it went with the stage");
	cr_expect_str_eq(getcwd((char[8]){0}, 8), "/");
	cr_expect(is_seen("/mnt/outside"));
	FAILS(mountfd_unstage(mount, &err), EINVAL, "umount2: Invalid argument");
}

/* A mount that has left a peer group, and the way back. */
Test(mountfd, joins_a_peer_group)
{
	_close_ int first = make_tmpfs(0);
	_close_ int target = open_for("/mnt/outside");
	_close_ int copy = -1, own = -1;

	STEP(mountfd_attach(first, target, &err));
	STEP(mountfd_propagate(first, MS_SHARED, &err));
	own = mountfd_clone(first, "", 0, &err);
	STEP(own);
	copy = mountfd_clone(first, "", 0, &err);
	STEP(copy);
	FAILS(mountfd_join(copy, own, &err), EINVAL, "move_mount: peer group: Invalid argument");
	STEP(mountfd_propagate(copy, MS_PRIVATE, &err));
	STEP(mountfd_join(copy, own, &err));
	close(take(&target));
	target = open_for("/mnt/bundle");
	STEP(mountfd_attach(copy, target, &err));
	cr_expect_eq(strncmp(propagation_of("/mnt/bundle"), "shared:", 7), 0);
	DO(mkdir("/mnt/bundle/below", 0755));
	DO(mount("later", "/mnt/bundle/below", "tmpfs", 0, NULL));
	DO(mkdir("/mnt/bundle/below/there", 0755));
	cr_expect(is_seen("/mnt/outside/below/there"));
}

/*
 * Detaching
 */

static int open_descriptors(void)
{
	_close_ int proc = procfs_open(&err);

	STEP(proc);
	return procfs_open_descriptors(proc, &err);
}

static void attach_at(int mount, const char *path)
{
	_close_ int target = open_for(path);

	STEP(mountfd_attach(mount, target, &err));
}

static int clone_of(const char *path)
{
	int mount = mountfd_clone(AT_FDCWD, path, 0, &err);

	STEP(mount);
	return mount;
}

Test(mountfd, detaches_a_directory_and_a_file)
{
	_close_ int descriptors = open_descriptors();
	_close_ int directory = make_tmpfs(0);
	_close_ int file = -1;

	put_file("/mnt/file", "x");
	put_file("/mnt/place", "y");
	file = clone_of("/mnt/file");
	attach_at(directory, "/mnt/outside");
	attach_at(file, "/mnt/place");
	STEP(mountfd_detach(directory, descriptors, &err));
	cr_expect_str_eq(propagation_of("/mnt/outside"), "not a mount");
	cr_expect_str_eq(propagation_of("/mnt/place"), "");
	STEP(mountfd_detach(file, descriptors, &err));
	cr_expect_str_eq(propagation_of("/mnt/place"), "not a mount");
	FAILS(mountfd_detach(file, descriptors, &err), EINVAL, "umount2: Invalid argument");
}

/* What somebody has put over it meanwhile is not what is meant, and goes with it. */
Test(mountfd, detaches_what_lies_below)
{
	_close_ int descriptors = open_descriptors();
	_close_ int lower = make_tmpfs(0);
	_close_ int upper = make_tmpfs(0);

	DO(mkdirat(lower, "lower", 0755));
	DO(mkdirat(upper, "upper", 0755));
	attach_at(lower, "/mnt/outside");
	attach_at(upper, "/mnt/outside");
	cr_expect(is_seen("/mnt/outside/upper"));
	STEP(mountfd_detach(lower, descriptors, &err));
	cr_expect(!is_seen("/mnt/outside/upper") && !is_seen("/mnt/outside/lower"));
	cr_expect_str_eq(propagation_of("/mnt/outside"), "not a mount");
}

Test(mountfd, detaches_what_has_been_moved)
{
	_close_ int descriptors = open_descriptors();
	_close_ int moved = make_tmpfs(0);

	DO(mkdir("/mnt/elsewhere", 0755));
	attach_at(moved, "/mnt/outside");
	DO(mount("/mnt/outside", "/mnt/elsewhere", NULL, MS_MOVE, NULL));
	STEP(mountfd_detach(moved, descriptors, &err));
	cr_expect_str_eq(propagation_of("/mnt/elsewhere"), "not a mount");
}

/* What lies below is somebody else's. */
Test(mountfd, detaches_nothing_below)
{
	_close_ int descriptors = open_descriptors();
	_close_ int lower = make_tmpfs(0);
	_close_ int upper = make_tmpfs(0);

	DO(mkdirat(lower, "lower", 0755));
	attach_at(lower, "/mnt/outside");
	attach_at(upper, "/mnt/outside");
	STEP(mountfd_detach(upper, descriptors, &err));
	cr_expect(is_seen("/mnt/outside/lower"));
}
