/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two tables and their walker: the order that other steps rely on, what an error says, and that
 * nothing is left. What makes namespaces needs root; init is not started here, see
 * tests/integration.
 */
#include "libcontainer/create.h"

#include <dirent.h>
#include <poll.h>

#include "libcontainer/process/keyring.h"
#include "libcontainer/process/memory_policy.h"
#include "libcontainer/process/notify.h"
#include "libcontainer/process/personality.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/scheduling.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/procfs.h"
#include "libcontainer/rootfs/handover.h"

#include "tests/unit/libcontainer/record_fixture.h"

/*
 * The tables
 */

typedef int step_run(struct creation *creation, struct error *err);

static size_t index_of(const struct step *steps, size_t count, step_run *run)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].run == run)
			return i;
	cr_assert_fail("a step is missing");
	return 0;
}

/* These, in this order, whatever stands between them. */
static void expect_order(const struct step *steps, size_t steps_count, step_run *const *order,
			 size_t count)
{
	for (size_t i = 1; i < count; i++)
		cr_expect_lt(index_of(steps, steps_count, order[i - 1]),
			     index_of(steps, steps_count, order[i]), "%zu", i);
}

#define EXPECT_ORDER(side, ...)                                                                    \
	expect_order(side##_steps, side##_step_count, (step_run *const[]){__VA_ARGS__},            \
		     sizeof((step_run *const[]){__VA_ARGS__}) / sizeof(step_run *))

Test(create_tables, every_row_has_a_name_and_does_something)
{
	for (size_t i = 0; i < host_step_count; i++)
		cr_expect(host_steps[i].name && *host_steps[i].name && host_steps[i].run);
	for (size_t i = 0; i < child_step_count; i++) {
		cr_expect(child_steps[i].name && *child_steps[i].name && child_steps[i].run);
		cr_expect_null(child_steps[i].undo, "%s: what init does goes with init",
			       child_steps[i].name);
	}
}

/* Nothing of others is touched before the id is claimed, and init is born into its limits. */
Test(create_tables, order_of_the_host_side)
{
	EXPECT_ORDER(host, directory_step_check, directory_step_claim, cgroup_step_create,
		     start_socket_step_listen, directory_step_record, sync_step_ready,
		     pid_file_step_write, sync_step_go);
	EXPECT_ORDER(host, sync_step_ready, limits_step_set, sync_step_go);
	EXPECT_ORDER(host, cgroup_step_create, rootfs_step_sources, sync_step_ready);
	/* Init waits meanwhile. */
	EXPECT_ORDER(host, cgroup_step_create, handover_step_prepare, idmap_step_write,
		     rootfs_step_inside, idmapped_step_own, idmap_step_go, handover_step_send);
}

/* The process is killed before its cgroup is removed; hooks run when all that is gone; the
 * directory, by which it could be tried again, goes last. */
Test(create_tables, order_of_undoing)
{
	int (*found[8])(const struct record *, struct error *) = {NULL};
	size_t count = 0;

	for (size_t i = host_step_count; i-- > 0;)
		if (host_steps[i].undo) {
			cr_assert_lt(count, 8);
			found[count++] = host_steps[i].undo;
		}
	cr_assert_eq(count, 6);
	cr_expect_eq(found[0], pid_file_undo);
	cr_expect_eq(found[1], clone_undo);
	cr_expect_eq(found[2], cgroup_undo);
	cr_expect_eq(found[3], rdt_undo);
	cr_expect_eq(found[4], hooks_undo);
	cr_expect_eq(found[5], directory_undo);
}

/* config.md, POSIX-platform Hooks: what must have happened before, and what after. */
Test(create_tables, order_of_hooks)
{
	EXPECT_ORDER(host, directory_step_claim, hooks_step_describe, idmap_step_write,
		     sync_step_ready, directory_step_owe, hooks_step_prestart,
		     hooks_step_create_runtime, sync_step_resume, pid_file_step_write, sync_step_go,
		     directory_step_settle, hooks_step_poststart);
	EXPECT_ORDER(child, rootfs_step_seal, hooks_step_show_rootfs, sync_step_hold,
		     hooks_step_create_container, hooks_step_hide_rootfs, pivot_step_enter,
		     sync_step_pause, start_socket_step_wait, hooks_step_start_container,
		     sync_step_hooked, executable_step_execute);
}

Test(create_tables, order_of_init)
{
	cr_expect_eq(child_steps[0].run, self_step_begin);
	EXPECT_ORDER(child, cgroup_step_join, namespaces_step_unshare);
	EXPECT_ORDER(child, self_step_begin, namespaces_step_invite, idmap_step_become,
		     handover_step_receive, rootfs_step_open);
	EXPECT_ORDER(child, procfs_step_open, rootfs_step_open, mount_step_all, devices_step_make,
		     console_step_open, mask_step_paths, mask_step_readonly, rootfs_step_seal,
		     pivot_step_enter, self_step_cwd, executable_step_find);
	EXPECT_ORDER(child, procfs_step_open, sysctl_step_write, descriptors_step_close);
	EXPECT_ORDER(child, mount_step_all, self_step_make_cwd, rootfs_step_seal);
}

/* Over what is mounted there, while it can still be made; given away once it is known to whom. */
Test(create_tables, order_of_the_notify_socket)
{
	EXPECT_ORDER(child, mount_step_all, notify_step_bind, rootfs_step_seal);
	EXPECT_ORDER(child, start_socket_step_wait, notify_step_send, hooks_step_start_container,
		     executable_step_execute);
}

/* The private procfs is open, and neither filter nor lost privileges are in the way. */
Test(create_tables, order_of_labels)
{
	EXPECT_ORDER(child, procfs_step_open, lsm_step_set, seccomp_step_load,
		     credentials_step_become, descriptors_step_close);
	EXPECT_ORDER(child, procfs_step_open, keyring_step_join);
}

/* Recorded before init joins it; its owner is the root that others who join the container are. */
Test(create_tables, order_of_the_keyring)
{
	EXPECT_ORDER(host, directory_step_claim, keyring_step_name, directory_step_record);
	EXPECT_ORDER(child, idmap_step_become, keyring_step_join, seccomp_step_load,
		     credentials_step_become);
}

/* Refused before anything is made, recorded before it is; and whatever init makes is born there. */
Test(create_tables, order_of_the_resctrl_group)
{
	EXPECT_ORDER(host, rdt_step_check, directory_step_claim, rdt_step_create, idmap_step_write);
	EXPECT_ORDER(child, self_step_begin, rdt_step_join, clone_step_inside,
		     hooks_step_create_container, descriptors_step_close);
}

/* CPUs and memory nodes are the cgroup's, and the usual filters forbid to choose among them. What
 * is done in real time is the container's program, not init's work. */
Test(create_tables, order_of_scheduling)
{
	EXPECT_ORDER(child, cgroup_step_join, scheduling_step_affinity, executable_step_find,
		     memory_policy_step_set, scheduling_step_set, seccomp_step_load,
		     capabilities_step_bound);
	EXPECT_ORDER(child, executable_step_find, personality_step_set, seccomp_step_load);
	EXPECT_ORDER(host, sync_step_ready, scheduling_step_set_init, sync_step_go);
}

/* Each step still has the privilege that it needs; what is left is verified. */
Test(create_tables, order_of_giving_up_privileges)
{
	EXPECT_ORDER(child, pivot_step_enter, capabilities_step_bound, credentials_step_become,
		     capabilities_step_set, self_step_cwd_again, descriptors_step_close,
		     self_step_verify, sync_step_pause, start_socket_step_wait);
}

/* As early as its privilege needs, or as late as possible. */
Test(create_tables, the_filter_is_loaded_in_one_of_two_places)
{
	size_t early = index_of(child_steps, child_step_count, seccomp_step_load);
	const struct step *late = &child_steps[child_step_count - 2];

	cr_expect_lt(early, index_of(child_steps, child_step_count, capabilities_step_bound));
	cr_expect_eq(child_steps[early].when, seccomp_early);
	EXPECT_ORDER(child, scheduling_step_set, seccomp_step_thread, capabilities_step_bound);
	cr_expect_eq(late->run, seccomp_step_load);
	cr_expect_eq(late->when, seccomp_late);
	cr_expect_eq(child_steps[child_step_count - 1].run, executable_step_execute);
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
	cr_expect_eq(creation.terminal, -1);
	cr_expect_eq(creation.console, -1);
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
