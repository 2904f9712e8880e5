/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record on disk.
 */
#include "libcontainer/record.h"

#include "libcontainer/cgroup/cgroup.h"

#include "tests/unit/libcontainer/record_fixture.h"

TestSuite(record, .init = fixture_init, .fini = fixture_finish);

static struct container container;

Test(record, says_what_the_creator_knew)
{
	static const struct pair annotations[] = {{"org.a", "1"}, {"empty", ""}};
	const struct record *record = &container.record;

	config.annotations = (struct pairs){2, annotations};
	host.uid = 4294967294;
	plan.cgroup.planned = true;
	plan.cgroup.at = (struct cgroup){&cgroup_v2, &cgroup_cgroupfs, &host.hierarchies, "/a/b"};
	make_running("web");
	open_container("web", &container);
	cr_expect_not(container.damaged);
	cr_expect_not(container.creating);
	cr_expect_str_eq(record->version, "1");
	cr_expect_str_eq(record->id, "web");
	cr_expect_str_eq(record->bundle, "/bundle");
	cr_expect_str_eq(record->rootfs, "/bundle/rootfs");
	cr_expect_str_eq(record->created, creation.record.created);
	cr_expect_eq(record->owner, 4294967294);
	cr_expect_str_eq(record->cgroup.driver, "cgroupfs-v2");
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

static bool is_damaged(const char *id)
{
	bool damaged;

	open_container(id, &container);
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

Test(record, names_of_the_status)
{
	static const char *const names[] = {"creating", "created", "running", "paused", "stopped"};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_str_eq(words_name(&status_words, i), names[i]);
}

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
