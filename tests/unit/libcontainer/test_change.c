/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container's process becomes for exec: single properties, files, and what is refused.
 */
#include "libcontainer/process/change.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "spec/cleanup.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define HAS(set, capability) ((set).mask & 1ULL << (capability))

static struct arena arena;
static struct process process;
static struct container_exec told;
static struct error err;

static const uint32_t own_groups[] = {5};
static const char *const own_env[] = {"A=1", "B=1"}, *const own_args[] = {"init"};
static const struct rlimit_entry own_limits[] = {{.type = 0, .soft = 1, .hard = 1}};
static const struct capabilities own_capabilities = {
	.bounding = {.mask = 1ULL << CAP_KILL},
	.permitted = {.mask = 1ULL << CAP_KILL},
	.inheritable = {.mask = 1ULL << CAP_KILL},
};
static const char *const command[] = {"sh", "-c", NULL};
static const int32_t own_score = 7;
static const uint32_t own_umask = 027;

/* The container's, and a command without anything else. */
static void init(void)
{
	process = (struct process){
		.terminal = true,
		.cwd = "/own",
		.env = {2, own_env},
		.args = {1, own_args},
		.rlimits = {1, own_limits},
		.capabilities = &own_capabilities,
		.noNewPrivileges = true,
		.oomScoreAdj = &own_score,
		.user = {.uid = 1,
			 .gid = 2,
			 .umask = &own_umask,
			 .additionalGids = {1, own_groups}},
	};
	told = (struct container_exec){.args = command};
}

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(change, .init = init, .fini = finish);

static int change(void)
{
	return process_change(&process, &told, &arena, &err);
}

Test(change, nothing_but_the_command)
{
	STEP(change());
	cr_expect_eq(process.args.count, 2);
	cr_expect_str_eq(process.args.at[1], "-c");
	cr_expect_str_eq(process.cwd, "/own");
	cr_expect(process.env.count == 2 && process.rlimits.count == 1);
	cr_expect(process.noNewPrivileges && process.oomScoreAdj == &own_score);
	cr_expect_eq(process.capabilities, &own_capabilities);
	cr_expect(process.user.uid == 1 && process.user.gid == 2);
	cr_expect_eq(process.user.additionalGids.at[0], 5);
	cr_expect_eq(process.user.umask, &own_umask);
	cr_expect(!process.terminal, "the container's is not for others");
}

Test(change, a_command_is_needed)
{
	told.args = LIST(NULL);
	FAILS(change(), EINVAL, "a command is needed, or --process with a file that has one");
	told.args = NULL;
	cr_expect_eq(change(), -EINVAL);
}

Test(change, single_properties)
{
	told.cwd = "/tmp";
	told.user = "7";
	told.additional_gids = LIST("8", "9");
	told.env = LIST("B=2", "C=");
	told.terminal = true;
	process.noNewPrivileges = false;
	told.no_new_privileges = true;
	STEP(change());
	cr_expect_str_eq(process.cwd, "/tmp");
	cr_expect(process.user.uid == 7 && process.user.gid == 2);
	cr_expect_eq(process.user.additionalGids.count, 3);
	cr_expect_eq(process.user.additionalGids.at[2], 9);
	cr_expect_eq(process.env.count, 4);
	cr_expect_str_eq(process.env.at[2], "B=2");
	cr_expect(process.terminal && process.noNewPrivileges);
}

Test(change, users)
{
	static const struct {
		const char *text;
		uint32_t uid, gid;
	} users[] = {{"0", 0, 2}, {"0:0", 0, 0}, {"4294967294:10", 4294967294, 10}};
	static const char *const others[] = {
		"",     "-1",  "4294967295",   "99999999999999999999999",
		"1:",   ":1",  "1:x",          "0x1",
		" 1",   "1 ",  "1:2:3",        "+1",
		"01",   "00",  "1:-1",         "1:01",
		"user", "1\n", "1:4294967295",
	};

	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		init();
		told.user = users[i].text;
		STEP(change());
		cr_expect(process.user.uid == users[i].uid && process.user.gid == users[i].gid,
			  "%s", users[i].text);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		init();
		told.user = others[i];
		cr_expect_eq(change(), -EINVAL, "\"%s\"", others[i]);
	}
}

Test(change, capabilities_are_added_but_never_inherited)
{
	told.capabilities = LIST("CAP_CHOWN");
	STEP(change());
	cr_expect_neq(process.capabilities, &own_capabilities);
	cr_expect(HAS(process.capabilities->bounding, CAP_CHOWN));
	cr_expect(HAS(process.capabilities->bounding, CAP_KILL));
	cr_expect(HAS(process.capabilities->permitted, CAP_CHOWN));
	cr_expect(HAS(process.capabilities->effective, CAP_CHOWN));
	cr_expect_eq(process.capabilities->inheritable.mask, 1ULL << CAP_KILL);
	cr_expect_eq(process.capabilities->ambient.mask, 0);
	init();
	process.capabilities = NULL;
	told.capabilities = LIST("CAP_CHOWN");
	STEP(change());
	cr_expect_eq(process.capabilities->bounding.mask, 1ULL << CAP_CHOWN);
}

Test(change, what_makes_no_sense)
{
	told.cwd = "tmp";
	FAILS(change(), EINVAL, "--cwd: \"tmp\" is not an absolute path");
	init();
	told.env = LIST("A");
	FAILS(change(), EINVAL, "--env: \"A\" is not NAME=VALUE");
	init();
	told.env = LIST("=A");
	FAILS(change(), EINVAL, "--env: \"=A\" is not NAME=VALUE");
	init();
	told.additional_gids = LIST("1", "1,2");
	FAILS(change(), EINVAL, "--additional-gids: \"1,2\" is not a group id");
	init();
	told.capabilities = LIST("CHOWN");
	FAILS(change(), EINVAL, "--cap: unknown capability \"CHOWN\"");
}

Test(change, labels)
{
	told.apparmor = "profile";
	told.process_label = "label";
	STEP(change());
	cr_expect_str_eq(process.apparmorProfile, "profile");
	cr_expect_str_eq(process.selinuxLabel, "label");
}

static int change_by(const char *text)
{
	told.process = text;
	told.process_bytes = strlen(text);
	told.process_name = "file";
	return change();
}

/* A file with these members beside cwd and args. */
static int change_by_file(const char *members)
{
	char *text _free_ = NULL;

	DO(asprintf(&text, "{\"cwd\": \"/file\", \"args\": [\"a\"]%s}", members));
	told.args = NULL;
	return change_by(text);
}

Test(change, a_file_replaces_what_it_has)
{
	STEP(change_by_file(
		", \"terminal\": true, \"env\": [\"C=1\"], \"user\": {\"uid\": 3, \"gid\": "
		"4}, \"capabilities\": {}, \"rlimits\": [{\"type\": \"RLIMIT_CORE\", "
		"\"soft\": 0, \"hard\": 0}], \"oomScoreAdj\": 1"));
	cr_expect_str_eq(process.cwd, "/file");
	cr_expect_str_eq(process.args.at[0], "a");
	cr_expect(process.terminal && process.env.count == 1);
	cr_expect(process.user.uid == 3 && process.user.gid == 4);
	cr_expect_eq(process.user.additionalGids.count, 0);
	cr_expect_eq(process.capabilities->bounding.mask, 0);
	cr_expect_eq(process.rlimits.at[0].hard, 0);
	cr_expect_eq(*process.oomScoreAdj, 1);
}

Test(change, a_file_leaves_the_rest_to_the_container)
{
	STEP(change_by_file(", \"noNewPrivileges\": false"));
	cr_expect(!process.terminal && process.env.count == 0);
	cr_expect(process.user.uid == 0 && process.user.additionalGids.count == 0);
	cr_expect_eq(process.capabilities, &own_capabilities);
	cr_expect_eq(process.rlimits.at, own_limits);
	cr_expect_eq(process.oomScoreAdj, &own_score);
	cr_expect_eq(process.user.umask, &own_umask);
	cr_expect(process.noNewPrivileges, "is never taken back");
}

Test(change, a_file_is_changed_too)
{
	told.user = "9";
	told.terminal = true;
	STEP(change_by_file(", \"user\": {\"uid\": 3, \"gid\": 4}"));
	cr_expect(process.user.uid == 9 && process.user.gid == 4 && process.terminal);
}

Test(change, files_that_are_wrong)
{
	told.args = LIST("sh");
	cr_expect_eq(change_by(""), -EINVAL);
	init();
	cr_expect_eq(change_by_file(", \"args\": []"), -EINVAL, "twice");
}
