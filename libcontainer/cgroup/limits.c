/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file plans the limits (config-linux.md, Memory, CPU, PIDs; Linux's admin-guide/cgroup-v1/
 * and cgroup-v2.rst). The table says for each property which file it goes to and in which form, in
 * a column for each version of the hierarchy that has the controller.
 *
 * A limit that cannot be enforced is refused. Some zeroes mean "not set", as engines write them:
 * all of memory (where a limit of nothing could run nothing) and cpu, but for burst and idle.
 * pids.limit 0 is a limit.
 */
#include <errno.h>
#include <string.h>

#include "libcontainer/cgroup/hierarchies.h"
#include "libcontainer/cgroup/limits.h"
#include "spec/arena.h"
#include "spec/config.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A converter gets a property's value together with the resources that it belongs to. */
struct value {
	const void *at; /* never NULL */
	const struct resources *resources;
	struct arena *arena;
};

/* A form is the column of one version in the table. */
struct form {
	const char *file;
	/* Sets the text to write, or leaves it NULL when there is nothing to write. */
	int (*convert)(const struct value *value, const char **text, struct error *err);
	const char *initial; /* this text changes nothing, so the file may be missing */
};

struct limit {
	const char *property;
	size_t object, member; /* offsets of the pointers to the object and to the value */
	const char *controller;
	struct form v1, v2;  /* without convert this version has no such limit */
	const char *missing; /* why the file may be missing, or NULL */
};

static int64_t signed_of(const struct value *value)
{
	return *(const int64_t *)value->at;
}

static uint64_t unsigned_of(const struct value *value)
{
	return *(const uint64_t *)value->at;
}

static void set_signed(const struct value *value, int64_t number, const char **text)
{
	*text = arena_printf(value->arena, "%lld", (long long)number);
}

static int check_signed(int64_t number, struct error *err)
{
	if (number < -1)
		return error_set(err, EINVAL, "%lld: is less than -1, which means unlimited",
				 (long long)number);
	return 0;
}

/* The number is written as it is; -1 means unlimited, 0 not set. */
static int to_signed(const struct value *value, const char **text, struct error *err)
{
	int64_t number = signed_of(value);

	if (check_signed(number, err) < 0)
		return -err->code;
	if (number != 0)
		set_signed(value, number, text);
	return 0;
}

/* v2 has the word "max" for -1, unlimited. */
static int to_maximum(const struct value *value, const char **text, struct error *err)
{
	if (signed_of(value) == -1) {
		*text = "max";
		return 0;
	}
	return to_signed(value, text, err);
}

/* Here 0 is a limit like other numbers, and not "not set". */
static int to_count(const struct value *value, const char **text, struct error *err)
{
	if (signed_of(value) == 0) {
		*text = "0";
		return 0;
	}
	return to_maximum(value, text, err);
}

/* The number is written as it is, and 0 is a number like others. */
static int to_any_unsigned(const struct value *value, const char **text, struct error *err)
{
	(void)err;
	*text = arena_printf(value->arena, "%llu", (unsigned long long)unsigned_of(value));
	return 0;
}

/* Here 0 means not set. */
static int to_unsigned(const struct value *value, const char **text, struct error *err)
{
	return unsigned_of(value) ? to_any_unsigned(value, text, err) : 0;
}

/* memory.swap limits memory and swap together, as in v1; spec/check.c compares it with
 * memory.limit. */
static int check_swap(const struct value *value, struct error *err)
{
	const int64_t *limit = value->resources->memory->limit;
	int64_t swap = signed_of(value);

	if (check_signed(swap, err) < 0)
		return -err->code;
	if (swap <= 0)
		return 0;
	if (!limit || *limit <= 0)
		return error_set(err, EINVAL,
				 "%lld: limits memory and swap together, so it needs memory.limit "
				 "as well",
				 (long long)swap);
	return 0;
}

static int to_memory_and_swap(const struct value *value, const char **text, struct error *err)
{
	if (check_swap(value, err) < 0)
		return -err->code;
	return to_signed(value, text, err);
}

static int to_swap_alone(const struct value *value, const char **text, struct error *err)
{
	int64_t swap = signed_of(value);

	if (check_swap(value, err) < 0)
		return -err->code;
	if (swap <= 0)
		return to_maximum(value, text, err);
	set_signed(value, swap - *value->resources->memory->limit, text);
	return 0;
}

static int to_true(const struct value *value, const char **text, struct error *err)
{
	(void)err;
	if (*(const bool *)value->at)
		*text = "1";
	return 0;
}

/* Computes the logarithm to base 2 of a number from 1 up, to the last bits of a double. The number
 * is halved until the rest m is at most 1.5; then ln m = 2 artanh((m - 1) / (m + 1)). libm has a
 * function for it, but every command would have to load libm for this one function: nine system
 * calls and a tenth of a millisecond more. */
static double logarithm(double number)
{
	const double ln2 = 0.693147180559945309417232;
	double exponent = 0, z, power, sum = 0;

	for (; number > 1.5; number /= 2)
		exponent++;
	z = (number - 1) / (number + 1);
	power = z;
	for (int i = 1; i < 40; i += 2) {
		sum += power / i;
		power *= z * z;
	}
	return exponent + 2 * sum / ln2;
}

/*
 * Shares of v1, 2 to 262144 with 1024 as the usual, become a weight of v2, 1 to 10000 with 100 as
 * the usual:
 *
 *     weight = 10^((l^2 + 125 l) / 612 - 7 / 34) rounded up, where l = log2(shares)
 *
 * which is what the other runtimes came to agree on, and meets the three pairs of corners exactly:
 * 612 log10(weight) = (l - 1)(l + 126). The least weight that reaches it is searched for; the
 * tolerance is far more than the error of the logarithm and far less than what lies between any two
 * results.
 */
static unsigned weight_of_shares(uint64_t shares)
{
	const double log2_of_10 = 3.321928094887362347870319, tolerance = 1e-9;
	unsigned low = 1, high = 10000;
	double l, goal;

	if (shares <= 2)
		return low;
	if (shares >= 262144)
		return high;
	l = logarithm((double)shares);
	goal = (l - 1) * (l + 126) * log2_of_10 - tolerance;
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (612 * logarithm(middle) >= goal)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int to_weight(const struct value *value, const char **text, struct error *err)
{
	(void)err;
	if (unsigned_of(value) != 0)
		*text = arena_printf(value->arena, "%u", weight_of_shares(unsigned_of(value)));
	return 0;
}

static uint64_t period_of(const struct value *value)
{
	const uint64_t *period = value->resources->cpu->period;

	return period ? *period : 0;
}

static int64_t quota_of(const struct value *value)
{
	const int64_t *quota = value->resources->cpu->quota;

	return quota ? *quota : 0;
}

/* The file cpu.max takes both values. A period that is left out stays as it is. */
static int to_quota_and_period(const struct value *value, const char **text, struct error *err)
{
	if (to_maximum(value, text, err) < 0)
		return -err->code;
	if (*text && period_of(value) != 0)
		*text = arena_printf(value->arena, "%s %llu", *text,
				     (unsigned long long)period_of(value));
	return 0;
}

/* The period is written alone only without a quota; else both are written together. */
static int to_period_alone(const struct value *value, const char **text, struct error *err)
{
	(void)err;
	if (unsigned_of(value) != 0 && quota_of(value) == 0)
		*text = arena_printf(value->arena, "max %llu",
				     (unsigned long long)unsigned_of(value));
	return 0;
}

static int to_switch(const struct value *value, const char **text, struct error *err)
{
	(void)err;
	*text = signed_of(value) ? "1" : "0";
	return 0;
}

/* Takes a number off the beginning of a text. */
static bool take_number(const char **text, unsigned long *number)
{
	const char *start = *text;

	*number = 0;
	while (**text >= '0' && **text <= '9' && *number < 1000000)
		*number = *number * 10 + (unsigned long)(*(*text)++ - '0');
	return *text > start && (**text < '0' || **text > '9');
}

/* A range is a number like "3", or two like "0-3". */
static bool take_range(const char **text)
{
	unsigned long first, last;

	if (!take_number(text, &first))
		return false;
	if (**text != '-')
		return true;
	(*text)++;
	return take_number(text, &last) && first <= last;
}

static bool is_list(const char *text)
{
	while (take_range(&text)) {
		if (*text == '\0')
			return true;
		if (*text++ != ',')
			return false;
	}
	return false;
}

static int to_list(const struct value *value, const char **text, struct error *err)
{
	const char *list = value->at;

	if (list[0] == '\0')
		return 0;
	if (!is_list(list))
		return error_set(err, EINVAL, "\"%s\": is not a list like 0-3,7", list);
	*text = list;
	return 0;
}

#define MEMBER(object, member)                                                                     \
	"linux.resources." #object "." #member, offsetof(struct resources, object),                \
		offsetof(struct object, member)

/* clang-format off */
static const struct limit table[] = {
	/* The cpuset is set before any process is inside, which would run on a wrong processor for
	 * a moment. */
	{MEMBER(cpu, cpus), "cpuset",
	 {"cpuset.cpus", to_list, NULL},
	 {"cpuset.cpus", to_list, NULL}, NULL},
	{MEMBER(cpu, mems), "cpuset",
	 {"cpuset.mems", to_list, NULL},
	 {"cpuset.mems", to_list, NULL}, NULL},
	{MEMBER(memory, limit), "memory",
	 {"memory.limit_in_bytes", to_signed, "-1"},
	 {"memory.max", to_maximum, "max"}, NULL},
	{MEMBER(memory, swap), "memory",
	 {"memory.memsw.limit_in_bytes", to_memory_and_swap, "-1"},
	 {"memory.swap.max", to_swap_alone, "max"},
	 "the kernel does not account swap; boot it with swapaccount=1"},
	{MEMBER(memory, reservation), "memory",
	 {"memory.soft_limit_in_bytes", to_signed, "-1"},
	 {"memory.low", to_maximum, NULL}, NULL},
	{MEMBER(memory, swappiness), "memory",
	 {"memory.swappiness", to_any_unsigned, NULL},
	 {0}, NULL},
	{MEMBER(memory, disableOOMKiller), "memory",
	 {"memory.oom_control", to_true, NULL},
	 {0}, NULL},
	{MEMBER(cpu, shares), "cpu",
	 {"cpu.shares", to_unsigned, NULL},
	 {"cpu.weight", to_weight, NULL}, NULL},
	{MEMBER(cpu, period), "cpu",
	 {"cpu.cfs_period_us", to_unsigned, NULL},
	 {"cpu.max", to_period_alone, NULL},
	 "the kernel lacks CONFIG_CFS_BANDWIDTH"},
	{MEMBER(cpu, quota), "cpu",
	 {"cpu.cfs_quota_us", to_signed, "-1"},
	 {"cpu.max", to_quota_and_period, "max"},
	 "the kernel lacks CONFIG_CFS_BANDWIDTH"},
	{MEMBER(cpu, burst), "cpu",
	 {"cpu.cfs_burst_us", to_any_unsigned, "0"},
	 {"cpu.max.burst", to_any_unsigned, "0"},
	 "the kernel lacks CONFIG_CFS_BANDWIDTH"},
	/* The switch comes after the shares, which an idle cgroup does not take. */
	{MEMBER(cpu, idle), "cpu",
	 {"cpu.idle", to_switch, "0"},
	 {"cpu.idle", to_switch, "0"},
	 "it came with Linux 5.15"},
	{MEMBER(cpu, realtimePeriod), "cpu",
	 {"cpu.rt_period_us", to_unsigned, NULL},
	 {0}, "the kernel lacks CONFIG_RT_GROUP_SCHED"},
	{MEMBER(cpu, realtimeRuntime), "cpu",
	 {"cpu.rt_runtime_us", to_signed, "-1"},
	 {0}, "the kernel lacks CONFIG_RT_GROUP_SCHED"},
	{MEMBER(pids, limit), "pids",
	 {"pids.max", to_count, "max"},
	 {"pids.max", to_count, "max"}, NULL},
};
/* clang-format on */

static const void *pointer_at(const void *object, size_t offset)
{
	const void *pointer;

	memcpy(&pointer, (const char *)object + offset, sizeof pointer);
	return pointer;
}

static const void *find_value(const struct resources *resources, const struct limit *limit)
{
	const void *object = pointer_at(resources, limit->object);

	return object ? pointer_at(object, limit->member) : NULL;
}

static bool is_initial(const struct form *form, const char *text)
{
	return form->initial && !strcmp(form->initial, text);
}

/* The error says why nothing enforces the limit that is asked for. */
static int refuse(const struct hierarchies *hierarchies, const struct limit *limit,
		  struct error *err)
{
	const struct hierarchy *unified = hierarchies_unified(hierarchies);

	if (hierarchies->refused)
		return error_set(err, ENOTSUP, "no cgroup: %s", hierarchies->refused);
	if (hierarchies->count == 0)
		return error_set(err, ENOTSUP,
				 "no cgroup: no hierarchy is mounted; mount cgroup2 on "
				 "/sys/fs/cgroup");
	if (hierarchies_find(hierarchies, limit->controller))
		return error_set(err, ENOTSUP, "cgroup v2 has nothing like it");
	if (hierarchies->count > 1 || !unified)
		return error_set(err, ENOTSUP,
				 "controller %s is not available: no hierarchy with it is mounted",
				 limit->controller);
	return error_set(err, ENOTSUP,
			 "controller %s is not available: %s/cgroup.controllers has only \"%s\"",
			 limit->controller, unified->mount, unified->controllers);
}

static void add_write(struct cgroup_writes *writes, const struct limit *limit,
		      const struct form *form, const char *text)
{
	writes->at[writes->count++] = (struct cgroup_write){
		.property = limit->property,
		.controller = limit->controller,
		.file = form->file,
		.text = text,
		.optional = is_initial(form, text),
		.missing = limit->missing,
	};
}

/* When a limit is impossible, the form of v1, which has all limits, tells whether anything is asked
 * for at all. */
static int make_limit(const struct limit *limit, const struct value *value,
		      const struct hierarchies *hierarchies, struct cgroup_writes *writes,
		      struct error *err)
{
	const struct hierarchy *hierarchy = hierarchies_find(hierarchies, limit->controller);
	const struct form *form = hierarchy && hierarchy->unified ? &limit->v2 : &limit->v1;
	const char *text = NULL;
	bool possible = hierarchy && form->convert;

	if (!possible)
		form = &limit->v1;
	if (form->convert(value, &text, err) < 0)
		return -err->code;
	if (!text)
		return 0;
	if (possible)
		add_write(writes, limit, form, text);
	else if (!is_initial(form, text))
		return refuse(hierarchies, limit, err);
	return 0;
}

int cgroup_limits_make(const struct resources *resources, const struct hierarchies *hierarchies,
		       struct arena *arena, struct cgroup_limits *limits, struct error *err)
{
	struct value value = {.resources = resources, .arena = arena};
	struct cgroup_writes writes = {0};

	if (!resources)
		return 0;
	writes.at = arena_array(arena, COUNT(table), sizeof *writes.at);
	for (size_t i = 0; i < COUNT(table); i++) {
		value.at = find_value(resources, &table[i]);
		if (value.at && make_limit(&table[i], &value, hierarchies, &writes, err) < 0)
			return error_wrap(err, "%s", table[i].property);
	}
	limits->writes = writes;
	return 0;
}

int cgroup_limits_write(const struct cgroup_limits *limits, const struct hierarchy *hierarchy,
			int directory, struct error *err)
{
	if (cgroup_writes_apply(&limits->writes, hierarchy, directory, err) < 0)
		return -err->code;
	if (hierarchy->unified && limits->devices.count > 0)
		return cgroup_devices_attach(directory, &limits->devices, err);
	return 0;
}
