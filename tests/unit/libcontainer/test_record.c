/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record on disk, and the status that the kernel gives it. What mounts or freezes something, or
 * acts for another user, needs root.
 */
#include "libcontainer/record.h"

#include <libgen.h>
#include <limits.h>
#include <sys/file.h>

#include "libcontainer/cgroup/cgroup.h"
#include "libcontainer/cgroup/tree.h"

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(record, .init = fixture_init, .fini = fixture_finish);

static struct container container;

static void open_container(const char *id)
{
	STEP(container_open(root, id, &container, &err));
}

/* The status of a container that is opened anew. */
static int status_of(const char *id)
{
	_close_ int pidfd = -1;
	int status;

	open_container(id);
	status = container_status(&container, &pidfd, &err);
	container_close(&container);
	return status;
}

/*
 * Ids
 */

Test(record_id, one_file_name)
{
	static const char *const ids[] = {"a", "0", "_", "+", ".a", "...", "a-", "A_b+C.d-9"};
	char longest[NAME_MAX + 1] = "";

	memset(longest, 'x', NAME_MAX);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		cr_expect_eq(record_check_id(ids[i], &err), 0, "%s", ids[i]);
	cr_expect_eq(record_check_id(longest, &err), 0);
}

Test(record_id, anything_else_is_refused)
{
	static const char *const ids[] = {"a/b", "/",   "../x", "a b",  "a\n",
					  "a:b", "a@b", "a*",   "\x7f", "\xc3\xa9"};
	char too_long[NAME_MAX + 2] = "";

	memset(too_long, 'x', NAME_MAX + 1);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		FAILS(record_check_id(ids[i], &err), EINVAL,
		      "container id: only letters, digits and \"_+.-\" are allowed");
	FAILS(record_check_id("", &err), EINVAL, "container id: must not be empty");
	FAILS(record_check_id(".", &err), EINVAL, "container id: \".\" is not allowed");
	FAILS(record_check_id("..", &err), EINVAL, "container id: \"..\" is not allowed");
	FAILS(record_check_id("--force", &err), EINVAL, "container id: must not begin with '-'");
	FAILS(record_check_id(too_long, &err), EINVAL,
	      "container id: 256 bytes are too long, at most 255");
}

/*
 * Claiming
 */

static mode_t mode_of(int directory, const char *name)
{
	struct stat status;

	DO(fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW));
	return status.st_mode & 07777;
}

Test(record, is_the_owner_s_alone)
{
	begin_container("web");
	cr_expect_eq(mode_of(AT_FDCWD, root), 0711);
	cr_expect_eq(mode_of(creation.record.directory, "."), 0700);
	cr_expect_eq(mode_of(creation.record.directory, "config.json"), 0600);
	cr_expect_eq(mode_of(creation.record.directory, "record.json"), 0600);
	cr_expect_eq(fcntl(creation.record.directory, F_GETFD), FD_CLOEXEC);
}

Test(record, keeps_the_configuration_verbatim)
{
	begin_container("web");
	cr_expect_str_eq(get_file("web", "config.json"), document.text);
}

Test(record, an_id_is_claimed_once)
{
	static const char *const in_use = "container \"web\" already exists: the id is in use";

	STEP(record_step_check(&creation, &err));
	begin_container("web");
	leave_container();
	FAILS(record_step_check(&creation, &err), EEXIST, in_use);
	FAILS(record_step_claim(&creation, &err), EEXIST, in_use);
	cr_expect_eq(creation.record.directory, -1, "the other's would be undone");
	cr_expect_str_eq(get_file("web", "config.json"), document.text);
}

/* mkdir(2) does not follow it, and neither does whoever looks first. */
Test(record, an_id_whose_name_is_taken_by_something_else)
{
	DO(mkdir(dirname(strdupa(root)), 0700));
	DO(mkdir(root, 0700));
	DO(chdir(root));
	DO(symlink("/nowhere", "web"));
	cr_expect_eq(record_step_check(&creation, &err), -EEXIST);
	cr_expect_eq(record_step_claim(&creation, &err), -EEXIST);
	FAILS(container_open(root, "web", &container, &err), ENOTDIR,
	      arena_printf(&arena, "%s/web: Not a directory", root));
}

static void make_root_with_mode(mode_t mode)
{
	DO(mkdir(dirname(strdupa(root)), 0755));
	DO(mkdir(root, 0755));
	DO(chmod(root, mode));
}

Test(record, a_root_that_everybody_may_write_to)
{
	const char *refusal = arena_printf(&arena, "%s: everybody may write to it", root);

	make_root_with_mode(0777);
	FAILS(record_step_claim(&creation, &err), EPERM, refusal);
	FAILS(container_open(root, "web", &container, &err), EPERM, refusal);
	DO(chmod(root, 01777));
	STEP(record_step_claim(&creation, &err));
}

Test(record, a_root_of_another_user)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	make_root_with_mode(0755);
	DO(chown(root, 1000, 1000));
	FAILS(record_step_claim(&creation, &err), EPERM,
	      arena_printf(&arena, "%s: belongs to another user (uid 1000)", root));
	cr_expect_eq(container_open(root, "web", &container, &err), -EPERM);
}

Test(record, a_root_that_cannot_be)
{
	static char too_long[PATH_MAX + 16];

	options.root = "/proc/version";
	FAILS(record_step_claim(&creation, &err), ENOTDIR, "/proc/version: Not a directory");
	options.root = "/proc/none/x";
	FAILS(record_step_claim(&creation, &err), ENOENT,
	      "/proc/none: create (choose another --root): No such file or directory");
	memset(too_long, 'x', sizeof too_long - 1);
	too_long[0] = '/';
	options.root = too_long;
	cr_expect_eq(record_step_claim(&creation, &err), -ENAMETOOLONG);
}

/*
 * Finding
 */

Test(record, there_is_no_such_container)
{
	FAILS(container_open(root, "web", &container, &err), ENOENT,
	      "container \"web\" does not exist");
	begin_container("web");
	FAILS(container_open(root, "we", &container, &err), ENOENT,
	      "container \"we\" does not exist");
	cr_expect_eq(container_open(root, "../kist/web", &container, &err), -EINVAL);
}

Test(record, says_what_the_creator_knew)
{
	static const struct pair annotations[] = {{"org.a", "1"}, {"empty", ""}};
	const struct record *record = &container.record;

	config.annotations = (struct pairs){2, annotations};
	host.uid = 4294967294;
	plan.cgroup.driver = &cgroup_v2_driver;
	plan.cgroup.path = "/a/b";
	make_running("web");
	open_container("web");
	cr_expect_not(container.damaged);
	cr_expect_not(container.creating);
	cr_expect_str_eq(record->version, "1");
	cr_expect_str_eq(record->id, "web");
	cr_expect_str_eq(record->bundle, "/bundle");
	cr_expect_str_eq(record->rootfs, "/bundle/rootfs");
	cr_expect_str_eq(record->created, creation.record.created);
	cr_expect_eq(record->owner, 4294967294);
	cr_expect_str_eq(record->cgroup.driver, cgroup_v2_driver.name);
	cr_expect_str_eq(record->cgroup.path, "/a/b");
	cr_assert_eq(record->annotations.count, 2);
	cr_expect_str_eq(record->annotations.at[0].name, "org.a");
	cr_expect_str_eq(record->annotations.at[1].value, "");
	cr_expect_eq(record->pid, init);
	cr_expect_eq(record->pidfs_inode, creation.record.pidfs_inode);
	cr_expect_eq(record->pid_namespace, creation.record.pid_namespace);
	cr_expect_eq(mode_of(record->directory, "."), 0700);
	container_close(&container);
	cr_expect_eq(fcntl(record->directory, F_GETFD), -1, "it is closed");
}

/* Undoing removes what it found, not what the record calls it. */
Test(record, the_directory_s_name_is_the_id)
{
	make_stopped("web");
	DO(chdir(root));
	DO(rename("web", "other"));
	open_container("other");
	cr_expect_str_eq(container.record.id, "other");
	STEP(record_undo(&container.record, &err));
	cr_expect_not(is_there("other"));
	container_close(&container);
}

static bool is_damaged(const char *id)
{
	bool damaged;

	open_container(id);
	damaged = container.damaged;
	cr_expect_str_eq(container.record.id, id);
	container_close(&container);
	return damaged;
}

/* The record of a container with one word replaced by another of the same length. */
static void replace_in_record(const char *id, const char *word, const char *other)
{
	char *text = arena_strdup(&arena, get_file(id, "record.json"));
	char *found = strstr(text, word);

	cr_assert(found, "%s lacks %s", text, word);
	memcpy(found, other, strlen(other));
	put_file(id, "record.json", text);
}

Test(record, damage_is_noticed)
{
	static const char *const texts[] = {
		"", "{", "[]", "{}", "null", "garbage", "{\"version\":1}"};

	make_running("web");
	cr_expect_not(is_damaged("web"));
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		put_file("web", "record.json", texts[i]);
		cr_expect(is_damaged("web"), "%s", texts[i]);
		cr_expect_eq(status_of("web"), STATUS_STOPPED, "%s", texts[i]);
	}
}

Test(record, a_missing_member_is_damage)
{
	make_running("web");
	replace_in_record("web", "\"bundle\"", "\"Bundle\"");
	cr_expect(is_damaged("web"));
}

/* Whatever else is in it. */
Test(record, another_form_is_another_version_s)
{
	static const char refusal[] =
		"container \"web\" was made by another version of kist, with a record of form 2; "
		"only that version can manage and delete it";

	make_running("web");
	replace_in_record("web", "\"version\":\"1\"", "\"version\":\"2\"");
	FAILS(container_open(root, "web", &container, &err), ENOTSUP, refusal);
	put_file("web", "record.json", "{\"version\": \"2\", \"id\": 1}");
	FAILS(container_open(root, "web", &container, &err), ENOTSUP, refusal);
	FAILS(container_delete(root, "web", true, &err), ENOTSUP, refusal);
	cr_expect(is_there("web"));
	cr_expect(init_lives());
}

Test(record, half_a_record_is_damage)
{
	char *text;

	make_running("web");
	text = arena_strdup(&arena, get_file("web", "record.json"));
	text[strlen(text) / 2] = '\0';
	put_file("web", "record.json", text);
	cr_expect(is_damaged("web"));
}

Test(record, what_is_no_file_does_not_hang)
{
	make_half("web");
	DO(chdir(root));
	DO(mkfifo("web/record.json", 0600));
	cr_expect(is_damaged("web"));
	DO(unlink("web/record.json"));
	DO(mkdir("web/record.json", 0700));
	cr_expect(is_damaged("web"));
}

/*
 * The status
 */

static void claim_and_wait(void)
{
	creation.record.directory = -1;
	if (record_step_claim(&creation, &err) == 0)
		sleep_forever();
}

static void wait_until_there(const char *id)
{
	for (int i = 0; i < 1000 && !is_there(id); i++)
		tree_sleep_ms(5);
	tree_sleep_ms(50);
}

Test(record, is_creating_while_its_creator_lives)
{
	begin_container("web");
	cr_expect_eq(status_of("web"), STATUS_CREATING);
	DO(unlinkat(creation.record.directory, "record.json", 0));
	cr_expect_eq(status_of("web"), STATUS_CREATING, "not even a record yet");
	leave_container();
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
}

Test(record, is_stopped_when_its_creator_was_killed)
{
	init = spawn(claim_and_wait);
	wait_until_there("web");
	cr_expect_eq(status_of("web"), STATUS_CREATING);
	end_init();
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
}

/* Several at once look at the same container, and one is at it just now. */
Test(record, who_looks_is_not_taken_for_the_creator)
{
	_close_ int other = -1;

	make_half("web");
	open_container("web");
	other = container.record.directory;
	arena_finish(&container.arena);
	DO(flock(other, LOCK_SH));
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
}

Test(record, is_created_while_somebody_listens)
{
	make_created("web");
	cr_expect_eq(status_of("web"), STATUS_CREATED);
	cr_expect_eq(status_of("web"), STATUS_CREATED, "asking changes nothing");
	close(creation.start);
	cr_expect_eq(status_of("web"), STATUS_RUNNING);
}

/* There is an init and a record of it, but it is not ready before its creator says so. */
Test(record, is_creating_until_the_creator_is_done)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	cr_expect_eq(status_of("web"), STATUS_CREATING);
	leave_container();
	cr_expect_eq(status_of("web"), STATUS_RUNNING);
}

Test(record, hands_out_a_pidfd_of_init)
{
	siginfo_t info = {0};
	int pidfd = -1;

	make_running("web");
	open_container("web");
	cr_expect_eq(container_status(&container, &pidfd, &err), STATUS_RUNNING);
	cr_expect_eq(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	DO(sys_pidfd_send_signal(pidfd, SIGUSR1));
	DO(waitid(P_PID, (id_t)init, &info, WEXITED));
	cr_expect_eq(info.si_status, SIGUSR1);
	init = 0;
	close(pidfd);
	pidfd = 77;
	cr_expect_eq(container_status(&container, &pidfd, &err), STATUS_STOPPED);
	cr_expect_eq(pidfd, -1);
	container_close(&container);
}

Test(record, is_stopped_when_init_is_a_zombie)
{
	siginfo_t info;

	make_running("web");
	DO(kill(init, SIGKILL));
	DO(waitid(P_PID, (id_t)init, &info, WEXITED | WNOWAIT));
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
	end_init();
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
}

/* The pid counts, but it is not the process that was recorded. */
Test(record, is_stopped_when_the_pid_is_another_s)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	if (creation.record.pidfs_inode)
		creation.record.pidfs_inode++;
	else
		creation.record.start_time++;
	STEP(record_step_write(&creation, &err));
	leave_container();
	cr_expect_eq(status_of("web"), STATUS_STOPPED);
	open_container("web");
	STEP(clone_undo(&container.record, &err));
	container_close(&container);
	cr_expect(init_lives(), "somebody else's process is not killed");
}

Test(record, a_pid_of_another_pid_namespace_says_nothing)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	creation.record.pid_namespace++;
	creation.record.pidfs_inode++;
	STEP(record_step_write(&creation, &err));
	leave_container();
	FAILS(status_of("web"), EXDEV, "the container was created in another pid namespace");
}

/* A cgroup that holds nobody freezes all the same. */
Test(record, is_paused_while_its_cgroup_is_frozen)
{
	const struct hierarchy *freezer;
	struct host real = {0};
	_close_ int directory = -1;
	int running, paused;

	STEP(cgroup_hierarchies_read(&arena, &real, &err));
	freezer = cgroup_unified(&real.hierarchies);
	if (!freezer)
		freezer = cgroup_hierarchy(&real.hierarchies, "freezer");
	if (geteuid() != 0 || !freezer)
		cr_skip_test("needs root and cgroups");
	plan.cgroup.driver = real.hierarchies.count == 1 && freezer->unified ? &cgroup_v2_driver
									     : &cgroup_v1_driver;
	plan.cgroup.path = arena_printf(&arena, "/kist-test-record-%d", (int)getpid());
	plan.host = &real;
	directory = tree_make(freezer, plan.cgroup.path, &err);
	STEP(directory);
	make_running("web");
	running = status_of("web");
	STEP(plan.cgroup.driver->freeze(&real, plan.cgroup.path, true, &err));
	paused = status_of("web");
	STEP(plan.cgroup.driver->freeze(&real, plan.cgroup.path, false, &err));
	STEP(tree_remove(freezer, plan.cgroup.path, 1000, &err));
	cr_expect_eq(running, STATUS_RUNNING);
	cr_expect_eq(paused, STATUS_PAUSED);
}

Test(record, names_of_the_status)
{
	static const char *const names[] = {"creating", "created", "running", "paused", "stopped"};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_str_eq(words_name(&status_words, i), names[i]);
}

/*
 * Writing
 */

/* A record that is being read is the old one or the new one. */
Test(record, is_replaced_at_once)
{
	char text[4096] = "";
	_close_ int old = -1;

	begin_container("web");
	/* What a killed predecessor left. */
	put_file("web", ".record.json.new", "{");
	old = openat(creation.record.directory, "record.json", O_RDONLY);
	DO(old);
	put_init(spawn(sleep_forever));
	DO(read(old, text, sizeof text - 1));
	cr_expect(strstr(text, "\"pid\":0"), "%s", text);
	cr_expect(strstr(get_file("web", "record.json"),
			 arena_printf(&arena, "\"pid\":%d,", (int)init)));
	cr_expect_eq(faccessat(creation.record.directory, ".record.json.new", F_OK, 0), -1);
}

static const char *pid_file(const char *path)
{
	static char text[64];

	options.pid_file = path;
	STEP(record_step_pid_file(&creation, &err));
	STEP(io_read_file(AT_FDCWD, path, text, sizeof text, &err));
	return text;
}

Test(record, pid_file_is_the_number_alone)
{
	cr_expect_not(record_pid_file_planned(&plan));
	creation.record.pid = 4194304;
	DO(chdir(top));
	DO(mkdir("sub", 0755));
	cr_expect_str_eq(pid_file("pid"), "4194304");
	cr_expect(record_pid_file_planned(&plan));
	cr_expect_str_eq(pid_file(arena_printf(&arena, "%s/absolute", top)), "4194304");
	cr_expect_eq(mode_of(AT_FDCWD, "pid"), 0644);
	creation.record.pid = 7;
	cr_expect_str_eq(pid_file("pid"), "7");
	cr_expect_str_eq(pid_file("sub/pid"), "7");
	cr_expect_eq(access("sub/.pid.new", F_OK), -1);
}

/* Its pid is soon somebody else's. */
Test(record, pid_file_is_taken_back)
{
	DO(chdir(top));
	DO(mkdir("sub", 0755));
	STEP(record_undo_pid_file(&creation.record, &err));
	creation.record.pid = 7;
	pid_file("sub/pid");
	STEP(record_undo_pid_file(&creation.record, &err));
	cr_expect_eq(access("sub/pid", F_OK), -1);
	STEP(record_undo_pid_file(&creation.record, &err));
}

Test(record, pid_file_of_another_stays)
{
	struct creation other = creation;

	DO(chdir(top));
	creation.record.pid = 7;
	other.record.pid = 77;
	pid_file("pid");
	STEP(record_step_pid_file(&other, &err));
	STEP(record_undo_pid_file(&creation.record, &err));
	cr_expect_eq(access("pid", F_OK), 0);
}

Test(record, pid_file_replaces_a_link)
{
	DO(chdir(top));
	DO(symlink("/proc/version", "pid"));
	creation.record.pid = 7;
	cr_expect_str_eq(pid_file("pid"), "7");
}

Test(record, pid_file_that_cannot_be)
{
	options.pid_file = "/nonexistent/pid";
	FAILS(record_step_pid_file(&creation, &err), ENOENT,
	      "/nonexistent/pid: No such file or directory");
	options.pid_file = top;
	cr_expect_lt(record_step_pid_file(&creation, &err), 0, "it is a directory");
	cr_expect_eq(access(top, F_OK), 0);
}

/*
 * Undoing
 */

Test(record, undo_frees_the_id)
{
	make_created("web");
	open_container("web");
	put_file("web", ".record.json.new", "{");
	STEP(record_undo(&container.record, &err));
	cr_expect_not(is_there("web"));
	STEP(record_undo(&container.record, &err));
	container_close(&container);
	STEP(record_step_claim(&creation, &err));
}

Test(record, undo_of_nothing)
{
	STEP(record_undo(&creation.record, &err));
}

Test(record, undo_does_not_remove_what_kist_did_not_make)
{
	make_stopped("web");
	put_file("web", "precious", "x");
	open_container("web");
	FAILS(record_undo(&container.record, &err), ENOTEMPTY, "rmdir: Directory not empty");
	cr_expect_str_eq(get_file("web", "precious"), "x");
	container_close(&container);
}

/* Two deletes at once, and a create between them: the slower delete must leave it alone. */
Test(record, undo_leaves_a_new_container_of_the_same_id)
{
	struct record old;

	begin_container("web");
	old = creation.record;
	STEP(record_undo(&old, &err));
	creation.record.directory = -1;
	STEP(record_step_claim(&creation, &err));
	STEP(record_undo(&old, &err));
	close(old.directory);
	cr_expect_eq(faccessat(creation.record.directory, "record.json", F_OK, 0), 0);
	FAILS(record_step_claim(&creation, &err), EEXIST,
	      "container \"web\" already exists: the id is in use");
}
