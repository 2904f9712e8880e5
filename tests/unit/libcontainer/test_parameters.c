/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The data of mounts, taken apart as the kernel does it.
 */
#include "libcontainer/rootfs/parameters.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "spec/arena.h"
#include "spec/config.h"

static struct arena arena;
static struct parameters parameters;
static struct error err;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(parameters, .fini = finish);

static int plan(const char *type, const char *const *words, size_t count)
{
	struct mount mount = {.type = type, .options.data = {.count = count, .at = words}};

	return parameters_plan(&arena, &mount, &parameters, &err);
}

#define PLAN(type, ...)                                                                            \
	plan(type, (const char *const[]){__VA_ARGS__},                                             \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* All of them: "name=value|word". */
static const char *shown(void)
{
	static char text[8192];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < parameters.count; i++) {
		const struct parameter *one = &parameters.at[i];

		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s%s", i ? "|" : "",
					 one->name, one->value ? "=" : "",
					 one->value ? one->value : "");
	}
	return text;
}

#define EXPECT(expected, type, ...)                                                                \
	do {                                                                                       \
		cr_assert_eq(PLAN(type, __VA_ARGS__), 0, "%s", err.text);                          \
		cr_expect_str_eq(shown(), expected);                                               \
	} while (0)

static const char *repeat(const char *text, size_t times)
{
	char *all = arena_alloc(&arena, strlen(text) * times + 1);

	for (size_t i = 0; i < times; i++)
		memcpy(all + i * strlen(text), text, strlen(text));
	return all;
}

Test(parameters, names_and_values)
{
	EXPECT("", "tmpfs", "");
	EXPECT("newinstance|gid=5|mode=", "devpts", "newinstance", "gid=5", "mode=");
	EXPECT("a=b=c|=d", "x", "a=b=c", "=d");
	cr_expect(parameters_have(&parameters, "a"));
	cr_expect_not(parameters_have(&parameters, "b"));
	EXPECT("mode", "x", "mode");
	cr_expect_not(parameters_have(&parameters, "mode"));
}

Test(parameters, commas_separate)
{
	EXPECT("size=1k|mode=700|noswap", "tmpfs", "size=1k,mode=700,", ",noswap");
	EXPECT("a|b|c", "x", "a,,b", "c");
}

/* mpol of tmpfs(5); names do not begin with digits. */
Test(parameters, lists_of_numbers_stay_together)
{
	EXPECT("mpol=bind:0,2-3,5|size=1k", "tmpfs", "mpol=bind:0,2-3,5,size=1k");
}

Test(parameters, paths_of_an_overlay_are_escaped)
{
	EXPECT("lowerdir=/a\\,b|upperdir=/c\\", "overlay", "lowerdir=/a\\,b,upperdir=/c\\");
	EXPECT("x=/a\\|b", "ext4", "x=/a\\,b");
}

Test(parameters, labels_are_quoted)
{
	EXPECT("context=u:r:t:s0:c1,c2|size=1k", "tmpfs", "context=\"u:r:t:s0:c1,c2\",size=1k");
	EXPECT("other=\"a|b\"", "x", "other=\"a,b\"");
	EXPECT("context|a=\"", "x", "context,a=\"");
}

Test(parameters, a_few_layers_are_one_option)
{
	const char *most = arena_printf(&arena, "lowerdir=/%s", repeat("a", 254));

	EXPECT(most, "overlay", most);
	EXPECT("lowerdir=/a\\:b:/c", "overlay", "lowerdir=/a\\:b:/c");
}

Test(parameters, many_layers_are_given_one_by_one)
{
	const char *long_one = repeat("l", 250);
	const char *data = arena_printf(
		&arena, "lowerdir=/%s:/a\\:b\\\\c\\,d:/e::/f::/g,upperdir=/u", long_one);
	const char *expected =
		arena_printf(&arena,
			     "lowerdir+=/%s|lowerdir+=/a:b\\c,d|lowerdir+=/e|datadir+=/f|"
			     "datadir+=/g|upperdir=/u",
			     long_one);

	EXPECT(expected, "overlay", data);
}

/* The kernel says what is wrong with them. */
Test(parameters, empty_layers_are_not_hidden)
{
	const char *long_one = repeat("l", 255);

	EXPECT(arena_printf(&arena, "lowerdir+=|lowerdir+=%s|lowerdir+=", long_one), "overlay",
	       arena_printf(&arena, "lowerdir=:%s:", long_one));
}

#define REFUSED(call, message)                                                                     \
	do {                                                                                       \
		cr_expect_eq((call), -EINVAL);                                                     \
		cr_expect_str_eq(err.text, message);                                               \
	} while (0)

Test(parameters, what_is_too_long)
{
	const char *value = repeat("v", 256);
	struct mount mount = {.type = "ext4", .source = value};

	EXPECT(arena_printf(&arena, "a=%s", value + 1), "x",
	       arena_printf(&arena, "a=%s", value + 1));
	REFUSED(PLAN("x", "b", arena_printf(&arena, "a=%s", value)),
		"options: a: 256 bytes are more than the kernel takes, 255");
	REFUSED(PLAN("x", value),
		"options: an option's name: 256 bytes are more than the kernel takes, 255");
	REFUSED(PLAN("overlay", arena_printf(&arena, "lowerdir=/a:%s", value)),
		"options: lowerdir: a layer: 256 bytes are more than the kernel takes, 255");
	REFUSED(PLAN("x", arena_printf(&arena, "lowerdir=/a:%s", value)),
		"options: lowerdir: 259 bytes are more than the kernel takes, 255");
	REFUSED(parameters_plan(&arena, &mount, &parameters, &err),
		"source: 256 bytes are more than the kernel takes, 255");
	/* Nobody is told that of a remount. */
	mount.options.mode = MOUNT_MODE_REMOUNT;
	cr_expect_eq(parameters_plan(&arena, &mount, &parameters, &err), 0);
}
