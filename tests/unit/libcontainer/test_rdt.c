/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups of resctrl: which one, what is refused, what is written in which order, and what is left.
 */
#include "libcontainer/rdt.h"

#include <sys/file.h>

#include "libcontainer/clock.h"
#include "libcontainer/container.h"

#include "tests/unit/libcontainer/resctrl_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

TestSuite(rdt, .init = resctrl_init, .fini = fixture_finish);

static const char *const two_lines[] = {"L3:0=7f0;1=1f", "L2:0=f"};

static void set_schemata(const char *const *lines, size_t count)
{
	rdt.schemata = (struct strings){count, lines};
}

static void plan_anew(void)
{
	plan.rdt = (struct rdt_plan){0};
	STEP(rdt_plan(&plan, &err));
}

static const char *says(const char *format, ...)
{
	static char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return text;
}

/*
 * Planning
 */

Test(rdt, without_the_property_nothing_is_planned_and_nobody_asks)
{
	linux_config.intelRdt = NULL;
	host.resctrl = NULL;
	STEP(rdt_read_host(&plan, &host, &err));
	cr_expect_null(host.resctrl, "nobody asked");
	plan_anew();
	cr_expect_not(rdt_check.when(&plan));
}

Test(rdt, the_host_is_asked_when_the_property_is_there)
{
	STEP(rdt_read_host(&plan, &host, &err));
	cr_expect(!host.resctrl || strcmp(host.resctrl, mount_point) != 0);
}

static void put_mounts(const char *text)
{
	FILE *file _fclose_ = NULL;

	mounts = arena_printf(&arena, "%s/mounts", top);
	file = fopen(mounts, "we");
	cr_assert(file);
	cr_assert_geq(fputs(text, file), 0);
}

static const char *ask_host(void)
{
	STEP(rdt_read_host(&plan, &host, &err));
	return host.resctrl;
}

/* Anywhere, but whole; and what mounts say is looked at again. */
Test(rdt, is_found_among_the_mounts)
{
	if (access("/sys/fs/resctrl/info", F_OK) == 0)
		cr_skip_test("resctrl is mounted here, where it is looked for first");
	have_group("gold");
	put_mounts(says("tmpfs %s tmpfs rw 0 0\nresctrl %s/gold resctrl rw 0 0\n"
			"resctrl /tmp resctrl rw 0 0\n",
			mount_point, mount_point));
	cr_expect_null(ask_host());
	put_mounts(says("resctrl %s/gold resctrl rw 0 0\nresctrl %s resctrl rw 0 0\n", mount_point,
			mount_point));
	cr_assert_not_null(ask_host());
	cr_expect_str_eq(ask_host(), mount_point);
	is_mounted = false;
	cr_expect_null(ask_host());
}

Test(rdt, is_refused_where_it_is_not_mounted)
{
	host.resctrl = NULL;
	FAILS(rdt_plan(&plan, &err), ENOTSUP,
	      "linux.intelRdt: no resctrl file system is mounted; on a CPU that has it: mount -t "
	      "resctrl resctrl /sys/fs/resctrl");
	plan.joined = &(struct joined){.rdt.control = "a"};
	FAILS(rdt_plan_joined(&plan, &err), ENOTSUP,
	      "linux.intelRdt: no resctrl file system is mounted; on a CPU that has it: mount -t "
	      "resctrl resctrl /sys/fs/resctrl");
}

Test(rdt, without_a_name_the_class_is_the_container_s_own)
{
	plan_anew();
	cr_expect(rdt_check.when(&plan));
	cr_expect_str_eq(plan.rdt.control, "web");
	cr_expect(plan.rdt.own);
	cr_expect_null(plan.rdt.monitor);
	cr_expect_eq(plan.rdt.lines.count, 0);
}

Test(rdt, a_class_with_a_name_is_not)
{
	rdt.closID = "gold";
	rdt.enableMonitoring = true;
	plan_anew();
	cr_expect_str_eq(plan.rdt.control, "gold");
	cr_expect_not(plan.rdt.own);
	cr_expect_str_eq(plan.rdt.monitor, "web");
	rdt.closID = "/";
	plan_anew();
	cr_expect_str_eq(plan.rdt.control, ".");
	cr_expect_not(plan.rdt.own);
}

Test(rdt, names_that_no_group_can_have)
{
	static const char *const names[] = {".",    "..",  "a/b",        "/a",       "a/",
					    "info", "a\n", "mon_groups", "mon_data", "//"};
	char expected[200], long_name[NAME_MAX + 2];

	for (size_t i = 0; i < COUNT(names); i++) {
		rdt.closID = names[i];
		snprintf(
			expected, sizeof expected,
			"linux.intelRdt.closID: \"%s\" cannot be the name of a group, which is one "
			"directory",
			strcmp(names[i], "a\n") == 0 ? "a\\x0a" : names[i]);
		FAILS(rdt_plan(&plan, &err), EINVAL, expected);
	}
	memset(long_name, 'x', sizeof long_name - 1);
	long_name[NAME_MAX + 1] = '\0';
	rdt.closID = long_name;
	cr_expect_eq(rdt_plan(&plan, &err), -EINVAL);
	long_name[NAME_MAX] = '\0';
	STEP(rdt_plan(&plan, &err));
}

Test(rdt, ids_that_no_group_can_have)
{
	options.id = "info";
	FAILS(rdt_plan(&plan, &err), EINVAL,
	      "linux.intelRdt: \"info\", the id of the container, cannot be the name of a group; "
	      "closID can give it another");
	rdt.closID = "gold";
	plan_anew();
	options.id = "mon_groups";
	rdt.enableMonitoring = true;
	FAILS(rdt_plan(&plan, &err), EINVAL,
	      "linux.intelRdt.enableMonitoring: \"mon_groups\", the id of the container, cannot be "
	      "the name of a group");
}

static void print(char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");

	rdt_create.print(&plan, out);
	fclose(out);
}

Test(rdt, is_printed)
{
	char text[1024];

	rdt.l3CacheSchema = "L3:0=f";
	rdt.memBwSchema = "MB:0=20";
	rdt.enableMonitoring = true;
	set_schemata(two_lines, 2);
	host.resctrl = "/sys/fs/resctrl";
	plan_anew();
	print(text, sizeof text);
	cr_expect_str_eq(text, "\t\t/sys/fs/resctrl/web\n"
			       "\t\tschemata: L3:0=f\n"
			       "\t\tschemata: MB:0=20\n"
			       "\t\tschemata: L3:0=7f0;1=1f\n"
			       "\t\tschemata: L2:0=f\n"
			       "\t\t/sys/fs/resctrl/web/mon_groups/web\n");
	rdt.closID = "/";
	plan_anew();
	print(text, sizeof text);
	cr_expect_eq(strncmp(text, "\t\t/sys/fs/resctrl\n", 18), 0, "%s", text);
	cr_expect(strstr(text, "\t\t/sys/fs/resctrl/mon_groups/web\n"));
}

/*
 * What is there
 */

/* Plan and check. */
static int check(void)
{
	plan_anew();
	return rdt_check.run(&creation, &err);
}

Test(rdt, a_class_with_a_name_must_be_there_or_have_schemata)
{
	rdt.closID = "gold";
	FAILS(check(), ENOENT,
	      says("linux.intelRdt.closID: there is no class of service \"gold\" in %s, and no "
		   "schemata to make one with",
		   mount_point));
	rdt.memBwSchema = "MB:0=20";
	STEP(check());
	rdt.memBwSchema = NULL;
	have_group("gold");
	STEP(check());
	rdt.closID = "/";
	STEP(check());
}

Test(rdt, the_container_s_own_must_not_be_there)
{
	STEP(check());
	have_group("web");
	FAILS(check(), EEXIST,
	      says("linux.intelRdt: %s/web is there already and not this container's; closID would "
		   "name a class of service to share",
		   mount_point));
}

Test(rdt, a_group_is_a_directory_of_resctrl)
{
	char path[PATH_MAX];

	rdt.closID = "tasks";
	FAILS(check(), ENOTDIR, says("%s/tasks: Not a directory", mount_point));
	snprintf(path, sizeof path, "%s/link", mount_point);
	DO(symlink("/tmp", path));
	rdt.closID = "link";
	FAILS(check(), ELOOP, says("%s/link: Too many levels of symbolic links", mount_point));
	is_mounted = false;
	FAILS(check(), ENODEV, says("%s: is not a resctrl file system", mount_point));
}

/* As kernels print it: names to the right, masks of old ones with zeros, percents with spaces. */
static const char schemata[] = "L3CODE:0=f\n"
			       "    L3:0=007ff;1=0001f\n"
			       "    L2:0=ff\n"
			       "  SMBA:0=2048\n"
			       "    MB:0=100;1= 30\n";

static const struct {
	const char *line;
	bool matches;
} comparisons[] = {
	{"L3:0=7ff;1=1f", true},
	{"L3:1=1f;0=7ff", true},
	{"L3:0=7ff", true},
	{"L3:1=0x1F", true},
	{"L3:0=7ff;1=f", false},
	{"L3:0=7fe", false},
	{"L3:2=7ff", false},
	{"L3:0=7ff;", false},
	{"L3:", false},
	{"L3:0", false},
	{"L3:0=", false},
	{"L3:0=7ffx", false},
	{"L3:0=-1", false},
	{"L3", false},
	{"", true},
	{"L3DATA:0=f", false},
	{"L3CODE:0=f", true},
	{"L3CODE:0=f\nL2:0=ff", true},
	{"L3CODE:0=f\nL2:0=fe", false},
	{" L2 :0=ff", false},
	{"2:0=ff", false},
	{"L:0=7ff", false},
	{"MB:0=100;1=30", true},
	{"MB:1=21", true}, /* what the kernel makes 30 of */
	{"MB:1=31", false},
	{"MB:1=20", false},
	{"MB:0=64", false},
	{"SMBA:0=2048", true},
	{"SMBA:0=2047", false},
};

Test(rdt, a_class_that_is_there_must_have_what_is_wanted)
{
	rdt.closID = "gold";
	have_group("gold");
	put_below("gold/schemata", schemata);
	for (size_t i = 0; i < COUNT(comparisons); i++) {
		rdt.l3CacheSchema = comparisons[i].line;
		cr_expect_eq(check(), comparisons[i].matches ? 0 : -EEXIST, "%s: %s",
			     comparisons[i].line, err.text);
	}
}

Test(rdt, all_three_are_compared)
{
	rdt.closID = "gold";
	have_group("gold");
	put_below("gold/schemata", schemata);
	rdt.l3CacheSchema = "L3:0=7ff";
	rdt.memBwSchema = "MB:0=100";
	set_schemata((const char *const[]){"L2:0=ff", "L3:1=f"}, 1);
	STEP(check());
	rdt.schemata.count = 2;
	FAILS(check(), EEXIST,
	      says("linux.intelRdt.schemata[1]: \"L3:1=f\" is not what the class of service has "
		   "that "
		   "is there, see %s/gold/schemata; another closID would be a new one",
		   mount_point));
	rdt.memBwSchema = "MB:0=10";
	cr_expect_eq(check(), -EEXIST);
	cr_expect_eq(strncmp(err.text, "linux.intelRdt.memBwSchema: ", 28), 0, "%s", err.text);
	rdt.l3CacheSchema = "L3:0=1";
	cr_expect_eq(check(), -EEXIST);
	cr_expect_eq(strncmp(err.text, "linux.intelRdt.l3CacheSchema: ", 30), 0, "%s", err.text);
}

Test(rdt, monitoring_needs_a_host_that_can)
{
	char path[PATH_MAX];

	rdt.enableMonitoring = true;
	STEP(check());
	snprintf(path, sizeof path, "%s/mon_groups", mount_point);
	DO(rmdir(path));
	FAILS(check(), ENOTSUP, "linux.intelRdt.enableMonitoring: this CPU cannot monitor");
}

Test(rdt, the_monitoring_group_must_not_be_there)
{
	rdt.closID = "gold";
	rdt.enableMonitoring = true;
	have_group("gold");
	STEP(check());
	have_group("gold/mon_groups/web");
	FAILS(check(), EEXIST,
	      says("linux.intelRdt.enableMonitoring: %s/gold/mon_groups/web is there already and "
		   "not this container's",
		   mount_point));
}

/*
 * Making them
 */

/* As create goes, up to init. */
static int create(const char *id)
{
	options.id = id;
	plan_anew();
	STEP(rdt_check.run(&creation, &err));
	begin_container(id);
	if (rdt_create.run(&creation, &err) < 0)
		return -err.code;
	/* It is written anew, with init. */
	return directory_record.run(&creation, &err);
}

static int enter(void)
{
	int result = rdt_join.run(&creation, &err);

	rdt_create.finish(&creation);
	return result;
}

/* What create does when a later step fails. */
static void undo(void)
{
	STEP(create_undo(&creation.record, &err));
	leave_container();
}

static void delete (void)
{
	leave_container();
	STEP(container_delete(root, options.id, true, &err));
}

Test(rdt, lines_are_written_one_by_one_and_init_enters_the_class_first)
{
	rdt.l3CacheSchema = "L3:0=f";
	rdt.memBwSchema = "MB:0=20";
	rdt.enableMonitoring = true;
	set_schemata(two_lines, 2);
	STEP(create("web"));
	STEP(enter());
	cr_expect_str_eq(did, "web/schemata: L3:0=f\n"
			      "web/schemata: MB:0=20\n"
			      "web/schemata: L3:0=7f0;1=1f\n"
			      "web/schemata: L2:0=f\n"
			      "web/tasks: 0\n"
			      "web/mon_groups/web/tasks: 0\n");
	delete ();
	cr_expect_not(has_group("web"));
}

Test(rdt, without_schemata_nothing_is_written)
{
	STEP(create("web"));
	STEP(enter());
	cr_expect_str_eq(did, "web/tasks: 0\n");
	delete ();
	cr_expect_not(has_group("web"));
}

Test(rdt, the_default_class)
{
	rdt.closID = "/";
	rdt.enableMonitoring = true;
	STEP(create("web"));
	STEP(enter());
	cr_expect_str_eq(did, "tasks: 0\nmon_groups/web/tasks: 0\n");
	delete ();
	cr_expect_not(has_group("mon_groups/web"));
	cr_expect(has_group("tasks"));
}

/* It may be somebody else's: it is entered as it is, and stays. */
Test(rdt, a_class_that_is_there)
{
	rdt.closID = "gold";
	rdt.l3CacheSchema = "L3:0=7ff";
	rdt.enableMonitoring = true;
	have_group("gold");
	STEP(create("web"));
	STEP(enter());
	cr_expect_str_eq(did, "gold/tasks: 0\ngold/mon_groups/web/tasks: 0\n");
	delete ();
	cr_expect(has_group("gold"));
	cr_expect_not(has_group("gold/mon_groups/web"));
	STEP(create("other"));
	undo();
	cr_expect(has_group("gold"));
	cr_expect_not(has_group("gold/mon_groups/other"));
}

/* config-linux.md: what has a name is not removed with the container. */
Test(rdt, a_class_with_a_name_stays_though_it_was_made)
{
	rdt.closID = "gold";
	rdt.l3CacheSchema = "L3:0=f";
	STEP(create("web"));
	cr_expect_str_eq(did, "gold/schemata: L3:0=f\n");
	rdt_create.finish(&creation);
	delete ();
	cr_expect(has_group("gold"));
}

Test(rdt, a_create_that_fails_takes_back_what_it_made)
{
	rdt.closID = "gold";
	rdt.l3CacheSchema = "L3:0=f";
	STEP(create("web"));
	rdt_create.finish(&creation);
	undo();
	cr_expect_not(has_group("gold"));
	cr_expect_not(is_there("web"));
}

Test(rdt, but_not_a_class_that_others_have_entered)
{
	rdt.closID = "gold";
	rdt.l3CacheSchema = "L3:0=f";
	STEP(create("web"));
	rdt_create.finish(&creation);
	put_below("gold/tasks", "1\n");
	undo();
	cr_expect(has_group("gold"));
	cr_expect_not(is_there("web"));
}

/* After the check, before the lock. */
Test(rdt, what_others_made_meanwhile_is_left_alone)
{
	rdt.enableMonitoring = true;
	plan_anew();
	STEP(rdt_check.run(&creation, &err));
	begin_container("web");
	have_group("web");
	have_group("web/mon_groups/web");
	cr_expect_eq(rdt_create.run(&creation, &err), -EEXIST);
	undo();
	cr_expect(has_group("web/mon_groups/web"));
	rdt.closID = "web";
	plan_anew();
	begin_container("web");
	cr_expect_eq(rdt_create.run(&creation, &err), -EEXIST);
	undo();
	cr_expect(has_group("web/mon_groups/web"));
}

Test(rdt, the_kernel_s_words_are_in_the_error)
{
	rdt.memBwSchema = "MB:0=20";
	rdt.l3CacheSchema = "L3:0=0";
	FAILS(create("web"), EINVAL,
	      "linux.intelRdt.l3CacheSchema: L3:0=0: Invalid argument (Mask out of range)");
	undo();
	cr_expect_not(has_group("web"));
	rdt.l3CacheSchema = NULL;
	plan_anew();
	begin_container("web");
	mkdir_fails = ENOSPC;
	FAILS(rdt_create.run(&creation, &err), ENOSPC,
	      "linux.intelRdt: mkdir: No space left on device (Out of CLOSIDs)");
	mkdir_fails = 0;
	undo();
	cr_expect_not(is_there("web"));
}

Test(rdt, without_a_monitoring_group_there_is_no_container)
{
	rdt.closID = "gold";
	rdt.enableMonitoring = true;
	have_group("gold");
	plan_anew();
	begin_container("web");
	mkdir_fails = ENOSPC;
	FAILS(rdt_create.run(&creation, &err), ENOSPC,
	      "linux.intelRdt.enableMonitoring: mkdir: No space left on device (Out of CLOSIDs)");
	mkdir_fails = 0;
	undo();
	cr_expect(has_group("gold"));
}

/* Of the kernel's: who is in no such class. */
Test(rdt, what_cannot_be_entered)
{
	rdt.enableMonitoring = true;
	STEP(create("web"));
	creation.rdt.tasks[0] = creation.rdt.tasks[1];
	FAILS(enter(), EINVAL, "linux.intelRdt: entering the class of service: Invalid argument");
	undo();
}

/*
 * Killed creators
 */

Test(rdt, killed_before_there_was_a_group)
{
	rdt.enableMonitoring = true;
	plan_anew();
	begin_container("web");
	delete ();
	cr_expect_not(is_there("web"));
}

Test(rdt, killed_with_a_group)
{
	rdt.enableMonitoring = true;
	plan_anew();
	begin_container("web");
	have_group("web");
	have_group("web/mon_groups/web");
	delete ();
	cr_expect_not(has_group("web"));
	cr_expect_not(is_there("web"));
}

/* With the file system all groups went. */
Test(rdt, unmounted_meanwhile)
{
	rdt.enableMonitoring = true;
	STEP(create("web"));
	rdt_create.finish(&creation);
	is_mounted = false;
	delete ();
	cr_expect_not(is_there("web"));
	cr_expect(has_group("web"), "what is not resctrl is not touched");
}

Test(rdt, a_record_leads_nowhere_else)
{
	static const char *const names[] = {"..", "a/b", "info", ""};

	DO(chdir(mount_point));
	for (size_t i = 0; i < COUNT(names); i++) {
		creation.record.id = "web";
		creation.record.rdt = (struct record_rdt){mount_point, names[i], true, true, false};
		FAILS(rdt_undo(&creation.record, &err), EINVAL,
		      "the record has no proper resctrl group");
	}
	creation.record.rdt = (struct record_rdt){mount_point, ".", true, false, false};
	cr_expect_eq(rdt_undo(&creation.record, &err), -EINVAL);
	creation.record.rdt = (struct record_rdt){NULL, "a", true, false, false};
	cr_expect_eq(rdt_undo(&creation.record, &err), -EINVAL);
	creation.record.rdt = (struct record_rdt){mount_point, NULL, true, false, false};
	cr_expect_eq(rdt_undo(&creation.record, &err), -EINVAL);
	cr_expect(has_group("info"));
}

/*
 * The lock
 */

static void hold_lock_for_a_while(void)
{
	int fd = open(mount_point, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return;
	put_below("locked", "");
	clock_sleep_ms(300);
	put_below("unlocked", "");
}

Test(rdt, waits_for_whoever_changes_groups)
{
	plan_anew();
	init = spawn(hold_lock_for_a_while);
	for (int i = 0; i < 1000 && !has_group("locked"); i++)
		clock_sleep_ms(1);
	cr_assert(has_group("locked") && !has_group("unlocked"));
	STEP(rdt_check.run(&creation, &err));
	cr_expect(has_group("unlocked"));
}

Test(rdt, but_not_for_ever)
{
	_close_ int fd = open(mount_point, O_RDONLY | O_CLOEXEC);

	DO(flock(fd, LOCK_SH));
	plan_anew();
	STEP(rdt_check.run(&creation, &err));
	begin_container("web");
	FAILS(rdt_create.run(&creation, &err), EBUSY,
	      says("%s: another program keeps it locked", mount_point));
	undo();
	cr_expect_not(is_there("web"));
}

/*
 * exec
 */

static const struct {
	const char *text, *control, *monitor;
} processes[] = {
	{"res:\nmon:\n", NULL, NULL},
	{"res:/\nmon:\n", ".", NULL},
	{"res:/\nmon:a\n", ".", "a"},
	{"res:gold\nmon:\n", "gold", NULL},
	{"res:gold\nmon:web\n", "gold", "web"},
	{"res:mon:\nmon:res:\n", "mon:", "res:"},
	{"", NULL, NULL},
};

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

Test(rdt, where_a_process_is)
{
	for (size_t i = 0; i < COUNT(processes); i++) {
		struct rdt_joined joined;

		rdt_parse_process(processes[i].text, &arena, &joined);
		cr_expect(is_same(joined.control, processes[i].control), "%s", processes[i].text);
		cr_expect(is_same(joined.monitor, processes[i].monitor), "%s", processes[i].text);
	}
}

/* A kernel without resctrl has no such file; one with it knows where everybody is. */
Test(rdt, where_this_process_is)
{
	const struct record record = {.pid = getpid()};
	struct joined joined = {.record = &record};
	int result = rdt_read_joined(&plan, &joined, &err);

	if (access("/proc/self/cpu_resctrl_groups", F_OK) < 0)
		FAILS(result, ENOENT,
		      says("linux.intelRdt: /proc/%d/cpu_resctrl_groups: No such file or directory",
			   getpid()));
	else
		STEP(result);
}

/* What joins a container enters where init is now, though its configuration says otherwise. */
Test(rdt, exec_follows_init)
{
	struct joined joined = {.rdt = {"silver", "web"}};

	have_group("silver");
	have_group("silver/mon_groups/web");
	rdt.closID = "gold";
	plan.joined = &joined;
	STEP(rdt_plan_joined(&plan, &err));
	cr_expect(rdt_check.when(&plan));
	STEP(rdt_open.run(&creation, &err));
	STEP(enter());
	cr_expect_str_eq(did, "silver/tasks: 0\nsilver/mon_groups/web/tasks: 0\n");
}

Test(rdt, exec_into_a_group_that_has_gone)
{
	struct joined joined = {.rdt = {"silver", NULL}};

	plan.joined = &joined;
	STEP(rdt_plan_joined(&plan, &err));
	FAILS(rdt_open.run(&creation, &err), ENOENT,
	      says("%s/silver: No such file or directory", mount_point));
	joined.rdt.control = NULL;
	FAILS(rdt_plan_joined(&plan, &err), ENODEV, "linux.intelRdt: the container is in no group");
	linux_config.intelRdt = NULL;
	plan.rdt = (struct rdt_plan){0};
	STEP(rdt_plan_joined(&plan, &err));
	cr_expect_not(rdt_check.when(&plan));
}
