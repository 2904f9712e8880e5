/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two tables and their walker: the order that other steps rely on, what an error says, and that
 * nothing is left. What makes namespaces needs root; init is not started here, see
 * tests/integration.
 */
#include "libcontainer/create.h"

#include <dirent.h>
#include <poll.h>

#include "libcontainer/process/birth.h"
#include "libcontainer/process/cwd.h"
#include "libcontainer/process/keyring.h"
#include "libcontainer/process/memory_policy.h"
#include "libcontainer/process/notify.h"
#include "libcontainer/process/personality.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/scheduling.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/process/verify.h"
#include "libcontainer/procfs.h"
#include "libcontainer/rootfs/handover.h"

#include "tests/unit/libcontainer/record_fixture.h"
#include "tests/unit/libcontainer/table_fixture.h"

/*
 * The tables
 */

Test(create_tables, every_row_has_a_name_and_does_something)
{
	table_expect_steps(&create_host);
	table_expect_steps(&create_child);
}

Test(create_tables, what_init_does_goes_with_init)
{
	table_expect_nothing_undone(&create_child);
}

/* Nothing of others is touched before the id is claimed, and init is born into its limits. */
Test(create_tables, order_of_the_host_side)
{
	EXPECT_ORDER(&create_host, &directory_check, &directory_claim, &cgroup_create,
		     &start_socket_listen, &directory_record, &sync_ready_for_hooks,
		     &pid_file_write, &sync_go);
	EXPECT_ORDER(&create_host, &sync_ready, &limits_set, &sync_go);
	EXPECT_ORDER(&create_host, &cgroup_create, &rootfs_open_sources, &sync_ready_for_hooks);
	/* Init waits meanwhile. */
	EXPECT_ORDER(&create_host, &cgroup_create, &handover_prepare, &idmap_write, &rootfs_inside,
		     &idmapped_own, &idmap_go, &handover_send);
}

/* The process is killed before its cgroup is removed; hooks run when all that is gone; the
 * directory, by which it could be tried again, goes last. */
Test(create_tables, order_of_undoing)
{
	int (*found[8])(const struct record *, struct error *) = {NULL};
	size_t count = 0;

	for (size_t i = create_host.count; i-- > 0;)
		if (create_host.rows[i].undo) {
			cr_assert_lt(count, 8);
			found[count++] = create_host.rows[i].undo;
		}
	cr_assert_eq(count, 6);
	cr_expect_eq(found[0], pid_file_undo);
	cr_expect_eq(found[1], clone_undo);
	cr_expect_eq(found[2], create_undo_cgroup);
	cr_expect_eq(found[3], rdt_undo);
	cr_expect_eq(found[4], hooks_undo);
	cr_expect_eq(found[5], directory_undo);
}

/* config.md, POSIX-platform Hooks: what must have happened before, and what after. */
Test(create_tables, order_of_hooks)
{
	EXPECT_ORDER(&create_host, &directory_claim, &hooks_describe, &idmap_write,
		     &sync_ready_for_hooks, &directory_owe_early, &hooks_prestart,
		     &hooks_create_runtime, &sync_resume, &pid_file_write, &sync_go,
		     &directory_settle, &hooks_poststart);
	EXPECT_ORDER(&create_child, &rootfs_seal, &hooks_show_rootfs, &sync_hold,
		     &hooks_create_container, &hooks_hide_rootfs, &pivot_enter, &sync_pause,
		     &start_socket_wait, &hooks_start_container, &sync_hooked, &executable_execute);
}

Test(create_tables, order_of_init)
{
	cr_expect_eq(create_child.rows[0].step, &birth_begin);
	EXPECT_ORDER(&create_child, &cgroup_join, &namespaces_unshare);
	EXPECT_ORDER(&create_child, &birth_begin, &namespaces_send_places, &idmap_become,
		     &handover_receive, &rootfs_open);
	EXPECT_ORDER(&create_child, &procfs_open_private, &rootfs_open, &mount_all, &devices_make,
		     &console_open, &mask_paths, &mask_readonly, &rootfs_seal, &pivot_enter,
		     &cwd_enter, &executable_find);
	EXPECT_ORDER(&create_child, &procfs_open_private, &sysctl_write, &descriptors_close);
	EXPECT_ORDER(&create_child, &mount_all, &cwd_make, &rootfs_seal);
}

/* Over what is mounted there, while it can still be made; given away once it is known to whom. */
Test(create_tables, order_of_the_notify_socket)
{
	EXPECT_ORDER(&create_child, &mount_all, &notify_bind, &rootfs_seal);
	EXPECT_ORDER(&create_child, &start_socket_wait, &notify_send, &hooks_start_container,
		     &executable_execute);
}

/* The private procfs is open, and neither filter nor lost privileges are in the way. */
Test(create_tables, order_of_labels)
{
	EXPECT_ORDER(&create_child, &procfs_open_private, &lsm_set, &seccomp_load_early,
		     &credentials_become, &descriptors_close);
	EXPECT_ORDER(&create_child, &procfs_open_private, &keyring_enter);
}

/* Recorded before init joins it; its owner is the root that others who join the container are. */
Test(create_tables, order_of_the_keyring)
{
	EXPECT_ORDER(&create_host, &directory_claim, &keyring_name, &directory_record);
	EXPECT_ORDER(&create_child, &idmap_become, &keyring_enter, &seccomp_load_early,
		     &credentials_become);
}

/* Refused before anything is made, recorded before it is; and whatever init makes is born there. */
Test(create_tables, order_of_the_resctrl_group)
{
	EXPECT_ORDER(&create_host, &rdt_check, &directory_claim, &rdt_create, &idmap_write);
	EXPECT_ORDER(&create_child, &birth_begin, &rdt_join, &clone_inside_outside,
		     &hooks_create_container, &descriptors_close);
}

/* CPUs and memory nodes are the cgroup's, and the usual filters forbid to choose among them. What
 * is done in real time is the container's program, not init's work. */
Test(create_tables, order_of_scheduling)
{
	EXPECT_ORDER(&create_child, &cgroup_join, &scheduling_affinity, &executable_find,
		     &memory_policy_set, &scheduling_set, &seccomp_load_early, &capabilities_bound);
	EXPECT_ORDER(&create_child, &executable_find, &personality_set, &seccomp_load_early);
	EXPECT_ORDER(&create_host, &sync_ready, &scheduling_set_init, &sync_go);
}

/* Each step still has the privilege that it needs; what is left is verified. */
Test(create_tables, order_of_giving_up_privileges)
{
	EXPECT_ORDER(&create_child, &pivot_enter, &capabilities_bound, &credentials_become,
		     &capabilities_set, &cwd_enter_again, &descriptors_close, &verify_compare,
		     &sync_pause, &start_socket_wait);
}

/* As early as its privilege needs, or as late as possible. */
Test(create_tables, the_filter_is_loaded_in_one_of_two_places)
{
	EXPECT_ORDER(&create_child, &scheduling_set, &seccomp_load_early, &seccomp_thread,
		     &capabilities_bound);
	cr_expect_eq(table_last(&create_child, 1)->step, &seccomp_load_late);
	cr_expect_eq(table_last(&create_child, 0)->step, &executable_execute);
}

Test(create_tables, nothing_is_open_in_the_beginning)
{
	memset(&creation, 0, sizeof creation);
	creation_init(&creation, &plan, &document);
	cr_expect_eq(creation.plan, &plan);
	cr_expect_eq(creation.document, &document);
	cr_expect_eq(creation.record.directory, -1);
	cr_expect_eq(creation.sync, -1);
	cr_expect_eq(creation.start, -1);
	cr_expect_eq(creation.init, -1);
	cr_expect_eq(creation.console.leader, -1);
	cr_expect_eq(creation.console.socket, -1);
	cr_expect_eq(creation.procfs, -1);
	cr_expect_eq(creation.cgroup.directory, -1);
	cr_expect_eq(creation.rootfs.tree, -1);
	for (int kind = 0; kind < NAMESPACE_KINDS; kind++)
		cr_expect_eq(creation.namespaces.at[kind], -1);
	STEP(create_undo(&creation.record, &err));
}

/*
 * Undoing
 */

TestSuite(create, .init = fixture_init, .fini = fixture_finish);

Test(create, undo_takes_back_init_and_directory)
{
	struct pollfd ended = {.events = POLLIN};

	begin_container("web");
	put_init(spawn(sleep_forever));
	ended.fd = sys_pidfd_open(init, 0);
	STEP(create_undo(&creation.record, &err));
	cr_expect_eq(poll(&ended, 1, 0), 1, "it has ended by now");
	cr_expect_not(is_there("web"));
	close(ended.fd);
	STEP(create_undo(&creation.record, &err));
}

/* What has not been taken back can be tried again: its directory stays. */
Test(create, undo_stops_where_it_cannot_go_on)
{
	begin_container("web");
	put_init(spawn(sleep_forever));
	creation.record.pid_namespace++;
	creation.record.pidfs_inode++;
	FAILS(create_undo(&creation.record, &err), EXDEV,
	      "undo process: the container was created in another pid namespace");
	cr_expect(is_there("web"));
	cr_expect(init_lives());
	creation.record.pid_namespace--;
	creation.record.pidfs_inode--;
	STEP(create_undo(&creation.record, &err));
	cr_expect_not(is_there("web"));
}

Test(create, undo_says_which_step_it_was)
{
	begin_container("web");
	put_file("web", "precious", "x");
	FAILS(create_undo(&creation.record, &err), ENOTEMPTY,
	      "undo id: rmdir: Directory not empty");
}

/*
 * Creating, as far as it comes
 */

static char bundle[64], rootfs[80];

/* A bundle with an empty root filesystem. */
static void make_bundle(const char *members)
{
	FILE *file _fclose_ = NULL;

	snprintf(bundle, sizeof bundle, "%s/bundle", top);
	snprintf(rootfs, sizeof rootfs, "%s/rootfs", bundle);
	DO(mkdir(bundle, 0755));
	DO(mkdir(rootfs, 0755));
	file = fopen(arena_printf(&arena, "%s/config.json", bundle), "we");
	cr_assert(file);
	fprintf(file,
		"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, \"process\": "
		"{\"user\": {\"uid\": 0, \"gid\": 0}, \"cwd\": \"/\", \"args\": [\"/none\"]}, "
		"\"linux\": {\"namespaces\": "
		"[{\"type\": \"mount\"}, {\"type\": \"pid\"}]}%s%s}",
		*members ? ", " : "", members);
	options.bundle = bundle;
	options.cgroup_manager = CONTAINER_NO_CGROUP;
}

static int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	cr_assert(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* It fails with this text, and leaves neither directory, descriptor nor child. */
static void expect_failure(int code, const char *message)
{
	int before = count_descriptors();

	FAILS(container_create(&options, &err), code, message);
	cr_expect_not(is_there("web"));
	cr_expect_eq(count_descriptors(), before);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
}

Test(create, without_a_bundle)
{
	options.bundle = "/nonexistent";
	expect_failure(ENOENT, "bundle /nonexistent: No such file or directory");
	options.bundle = "/proc/version";
	expect_failure(ENOTDIR, "bundle /proc/version: Not a directory");
	options.bundle = top;
	expect_failure(
		ENOENT,
		arena_printf(&arena, "bundle %s: config.json: No such file or directory", top));
	options.config = "other.json";
	expect_failure(
		ENOENT,
		arena_printf(&arena, "bundle %s: other.json: No such file or directory", top));
}

Test(create, what_is_no_id_is_refused_first)
{
	options.bundle = "/nonexistent";
	options.id = "a/b";
	cr_expect_eq(container_create(&options, &err), -EINVAL);
	cr_expect_eq(strncmp(err.text, "container id: ", 14), 0, "%s", err.text);
}

/* Nothing is begun for a configuration that is refused, not even the root of all containers. */
Test(create, what_the_plan_refuses_is_not_begun)
{
	make_bundle("\"mounts\": [{\"destination\": \"/x\", \"type\": \"bind\"}]");
	cr_expect_eq(container_create(&options, &err), -EINVAL);
	cr_expect_eq(strncmp(err.text, "config.json: ", 13), 0, "%s", err.text);
	cr_expect_eq(access(root, F_OK), -1);
}

Test(create, an_id_in_use)
{
	make_stopped("web");
	make_bundle("");
	FAILS(container_create(&options, &err), EEXIST,
	      "id: container \"web\" already exists: the id is in use");
	cr_expect(is_there("web"), "it is the other's");
	cr_expect_str_eq(get_file("web", "config.json"), document.text);
}

/* The first step after the id is claimed fails. */
Test(create, what_was_done_is_taken_back)
{
	make_bundle("");
	options.preserve_fds = 500;
	cr_expect_eq(container_create(&options, &err), -EBADF);
	cr_expect_eq(strncmp(err.text, "preserved descriptors: --preserve-fds: ", 39), 0, "%s",
		     err.text);
	cr_expect_not(is_there("web"));
	cr_expect_eq(access(root, F_OK), 0, "the id was claimed");
}

Test(create, says_which_source_is_missing)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	make_bundle("\"mounts\": [{\"destination\": \"/x\", \"source\": \"/nonexistent\", "
		    "\"options\": [\"bind\"]}]");
	expect_failure(ENOENT, "mount sources: mounts[0]: /x: source /nonexistent: No such file or "
			       "directory");
}

/* Init's error is the caller's, and init is reaped. */
Test(create, says_why_init_failed)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	make_bundle("\"mounts\": [{\"destination\": \"/proc\", \"type\": \"proc\"}]");
	cr_expect_eq(container_create(&options, &err), -ENOENT);
	cr_expect(strstr(err.text, "executable: "), "%s", err.text);
	expect_failure(err.code, strdupa(err.text));
}

/* run fails in the same way, and hands nothing out. */
Test(create, run_leaves_nothing_either)
{
	struct container_process process = {-1, -1, -1};

	if (geteuid() != 0)
		cr_skip_test("needs root");
	make_bundle("\"mounts\": [{\"destination\": \"/proc\", \"type\": \"proc\"}]");
	cr_expect_eq(container_run(&options, &process, &err), -ENOENT);
	cr_expect_eq(process.pid, -1);
	cr_expect_eq(process.pidfd, -1);
	cr_expect_not(is_there("web"));
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
}

Test(create, times_its_steps_when_asked)
{
	char log[64], text[4096];

	snprintf(log, sizeof log, "%s/log", top);
	STEP(container_log_open(log, false, CONTAINER_LOG_DEBUG, &err));
	make_bundle("");
	options.preserve_fds = 500;
	cr_expect_eq(container_create(&options, &err), -EBADF);
	STEP(io_read_file(AT_FDCWD, log, text, sizeof text, &err));
	cr_expect(strstr(text, "debug: id: "), "%s", text);
	cr_expect(strstr(text, " us\n"), "%s", text);
	cr_expect_not(strstr(text, "preserved descriptors: "), "a step that failed took no time");
}

/*
 * Planning
 */

static const char *print_plan(void)
{
	char *text = NULL;
	const char *kept;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	STEP(container_plan(&options, out, &err));
	fclose(out);
	kept = arena_strdup(&arena, text);
	free(text);
	return kept;
}

Test(create, a_plan_needs_no_id_and_does_nothing)
{
	make_bundle("");
	options.id = NULL;
	cr_expect(strstr(print_plan(), "host:\n\tid\n"));
	cr_expect_eq(access(root, F_OK), -1);
	cr_expect_null(options.id, "the caller's options are his own");
}

Test(create, a_plan_of_a_container_without_a_bundle)
{
	static const char *const args[] = {"/bin/true", "x", NULL};

	make_bundle("");
	DO(chdir(top));
	options.bundle = NULL;
	options.config = "no such file";
	options.rootfs = rootfs;
	options.args = args;
	cr_expect(strstr(print_plan(), rootfs));
	cr_expect(strstr(print_plan(), "/bin/true"));
}
