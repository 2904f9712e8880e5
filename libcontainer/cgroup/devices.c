/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file implements the allowed device list (config-linux.md, Allowed Device list; bpf(2),
 * Linux's admin-guide/cgroup-v1/devices.rst and cgroup-v2.rst, Device controller).
 *
 * The rules of config.json hold in their order: for each of read, write and mknod the last rule
 * that names the device decides. A device that no rule names is denied, because the list is one of
 * allowed devices. After the rules come the devices that every container may use, as callers
 * expect of a runtime. A configuration without any rule restricts nothing; those of `kist spec`
 * and of engines begin with a rule that denies everything.
 *
 * cgroup2 takes the rules as a program. v1 takes lines, but knows only a default and exceptions
 * from it. Where the rules say more, the program is used on the cgroup2 hierarchy beside v1, or
 * else the configuration is refused: silently allowing what was denied is no choice.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libcontainer/cgroup/devices.h"
#include "libcontainer/cgroup/hierarchies.h"
#include "libcontainer/cgroup/limits.h"
#include "spec/arena.h"
#include "spec/cleanup.h"
#include "spec/config.h"

#define PROPERTY "linux.resources.devices"
#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
	ANY = -1,
	MKNOD = BPF_DEVCG_ACC_MKNOD,
	READ = BPF_DEVCG_ACC_READ,
	WRITE = BPF_DEVCG_ACC_WRITE,
	ALL = MKNOD | READ | WRITE,
};

/* Every container may use the default devices of config-linux.md. It may make any node, because
 * that gives no access to the device. The host's console (5:1) is not in the list: /dev/console is
 * a pseudo-terminal. */
static const struct cgroup_device_rule default_rules[] = {
	{true, 'c', MKNOD, ANY, ANY},                         /* nodes */
	{true, 'b', MKNOD, ANY, ANY}, {true, 'c', ALL, 1, 3}, /* null */
	{true, 'c', ALL, 1, 5},                               /* zero */
	{true, 'c', ALL, 1, 7},                               /* full */
	{true, 'c', ALL, 1, 8},                               /* random */
	{true, 'c', ALL, 1, 9},                               /* urandom */
	{true, 'c', ALL, 5, 0},                               /* tty */
	{true, 'c', ALL, 5, 2},                               /* ptmx */
	{true, 'c', ALL, 136, ANY},                           /* pts/N */
};

static const struct {
	char letter;
	unsigned access;
} access_letters[] = {{'r', READ}, {'w', WRITE}, {'m', MKNOD}};

/* A text without any letter of "rwm" means all of them. */
static unsigned read_access(const char *text)
{
	unsigned access = 0;

	for (size_t i = 0; text && i < COUNT(access_letters); i++)
		if (strchr(text, access_letters[i].letter))
			access |= access_letters[i].access;
	return access ? access : ALL;
}

static struct cgroup_device_rule read_rule(const struct device_rule *from)
{
	return (struct cgroup_device_rule){
		.allow = from->allow,
		.type = from->type ? (char)from->type : 'a',
		.access = read_access(from->access),
		/* Engines write -1, which is ANY, for any number. */
		.major = from->major ? *from->major : ANY,
		.minor = from->minor ? *from->minor : ANY,
	};
}

static bool concerns_everything(const struct cgroup_device_rule *rule)
{
	return rule->type == 'a' && rule->access == ALL && rule->major == ANY && rule->minor == ANY;
}

static void append(struct cgroup_device_rules *rules, const struct cgroup_device_rule *rule)
{
	if (concerns_everything(rule)) {
		rules->allow = rule->allow;
		rules->count = 0;
	} else {
		rules->at[rules->count++] = *rule;
	}
}

static bool restricts_nothing(const struct cgroup_device_rules *rules)
{
	return rules->allow && rules->count == 0;
}

struct cgroup_device_rules cgroup_devices_read(const struct resources *resources,
					       struct arena *arena)
{
	const struct device_rules from = resources ? resources->devices : (struct device_rules){0};
	struct cgroup_device_rules rules = {.allow = from.count == 0};

	rules.at = arena_array(arena, from.count + COUNT(default_rules), sizeof *rules.at);
	for (size_t i = 0; i < from.count; i++) {
		struct cgroup_device_rule rule = read_rule(&from.at[i]);

		append(&rules, &rule);
	}
	for (size_t i = 0; i < COUNT(default_rules) && !restricts_nothing(&rules); i++)
		append(&rules, &default_rules[i]);
	return rules;
}

static bool number_overlaps(int64_t one, int64_t other)
{
	return one == ANY || other == ANY || one == other;
}

static bool number_covers(int64_t wide, int64_t narrow)
{
	return wide == ANY || wide == narrow;
}

static bool same_devices(const struct cgroup_device_rule *one,
			 const struct cgroup_device_rule *other)
{
	return one->type == other->type && one->major == other->major && one->minor == other->minor;
}

/* Exceptions for the very same devices become one. */
static void add_exception(struct cgroup_device_rules *flat, const struct cgroup_device_rule *rule)
{
	for (size_t i = 0; i < flat->count; i++)
		if (same_devices(&flat->at[i], rule)) {
			flat->at[i].access |= rule->access;
			return;
		}
	flat->at[flat->count++] = *rule;
}

/* Takes what a rule says out of earlier exceptions. The result is false where the rule concerns
 * only a part of the devices of an exception, which v1 cannot express. */
static bool take_back(struct cgroup_device_rules *flat, const struct cgroup_device_rule *rule)
{
	for (size_t i = 0; i < flat->count; i++) {
		struct cgroup_device_rule *exception = &flat->at[i];

		if (exception->type != rule->type || !(exception->access & rule->access) ||
		    !number_overlaps(exception->major, rule->major) ||
		    !number_overlaps(exception->minor, rule->minor))
			continue;
		if (!number_covers(rule->major, exception->major) ||
		    !number_covers(rule->minor, exception->minor))
			return false;
		exception->access &= ~rule->access;
	}
	return true;
}

static bool flatten_rule(struct cgroup_device_rules *flat, struct cgroup_device_rule rule)
{
	if (rule.allow == flat->allow)
		return take_back(flat, &rule);
	add_exception(flat, &rule);
	return true;
}

static void drop_empty(struct cgroup_device_rules *flat)
{
	size_t kept = 0;

	for (size_t i = 0; i < flat->count; i++)
		if (flat->at[i].access)
			flat->at[kept++] = flat->at[i];
	flat->count = kept;
}

bool cgroup_devices_flatten(const struct cgroup_device_rules *rules, struct arena *arena,
			    struct cgroup_device_rules *flat)
{
	struct cgroup_device_rules set = {.allow = rules->allow};

	set.at = arena_array(arena, 2 * rules->count, sizeof *set.at);
	for (size_t i = 0; i < rules->count; i++) {
		struct cgroup_device_rule rule = rules->at[i];

		/* v1 ignores the numbers and the access of a rule for 'a', so such a rule becomes
		 * one for each type. */
		for (const char *type = "bc"; *type; type++) {
			if (rules->at[i].type != 'a' && rules->at[i].type != *type)
				continue;
			rule.type = *type;
			if (!flatten_rule(&set, rule))
				return false;
		}
	}
	drop_empty(&set);
	*flat = set;
	return true;
}

static void format_number(int64_t number, char text[static 16])
{
	if (number == ANY)
		strcpy(text, "*");
	else
		snprintf(text, 16, "%lld", (long long)number);
}

void cgroup_device_format(const struct cgroup_device_rule *rule,
			  char text[static CGROUP_DEVICE_TEXT_SIZE])
{
	char major[16], minor[16], access[COUNT(access_letters) + 1];
	size_t used = 0;

	for (size_t i = 0; i < COUNT(access_letters); i++)
		if (rule->access & access_letters[i].access)
			access[used++] = access_letters[i].letter;
	access[used] = '\0';
	format_number(rule->major, major);
	format_number(rule->minor, minor);
	snprintf(text, CGROUP_DEVICE_TEXT_SIZE, "%c %s:%s %s", rule->type, major, minor, access);
}

static void add_line(struct cgroup_writes *writes, bool allow, const char *line)
{
	writes->at[writes->count++] = (struct cgroup_write){
		.property = PROPERTY,
		.controller = "devices",
		.file = allow ? "devices.allow" : "devices.deny",
		.text = line,
	};
}

/* The line "a" sets the default and removes every exception, also those inherited from the
 * parent. */
static void add_lines(const struct cgroup_device_rules *flat, struct arena *arena,
		      struct cgroup_writes *writes)
{
	struct cgroup_write *more =
		arena_array(arena, writes->count + 1 + flat->count, sizeof *more);

	if (restricts_nothing(flat))
		return;
	if (writes->count > 0)
		memcpy(more, writes->at, writes->count * sizeof *more);
	writes->at = more;
	add_line(writes, flat->allow, "a");
	for (size_t i = 0; i < flat->count; i++) {
		char text[CGROUP_DEVICE_TEXT_SIZE];

		cgroup_device_format(&flat->at[i], text);
		add_line(writes, !flat->allow, arena_strdup(arena, text));
	}
}

/* Loading a program takes CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, which contains both. */
bool cgroup_devices_may_load(uint64_t capabilities)
{
	uint64_t both = 1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN;

	return capabilities & 1ULL << CAP_SYS_ADMIN || (capabilities & both) == both;
}

int cgroup_devices_make(const struct resources *resources, const struct hierarchies *hierarchies,
			struct arena *arena, struct cgroup_limits *limits, struct error *err)
{
	const struct hierarchy *devices = hierarchies_find(hierarchies, "devices");
	struct cgroup_device_rules rules = cgroup_devices_read(resources, arena), flat;

	if (restricts_nothing(&rules))
		return 0;
	if (devices && cgroup_devices_flatten(&rules, arena, &flat)) {
		add_lines(&flat, arena, &limits->writes);
		return 0;
	}
	if (hierarchies_unified(hierarchies)) {
		limits->device_rules = rules;
		cgroup_devices_compile(&rules, arena, &limits->devices);
		return 0;
	}
	if (devices)
		return error_set(err, ENOTSUP,
				 PROPERTY ": cgroup v1 knows no exception from an exception, like "
					  "denying c 10:229 after allowing c 10:*; that needs a "
					  "cgroup2 hierarchy");
	return error_set(err, ENOTSUP,
			 PROPERTY ": controller devices is not available: neither it nor a cgroup2 "
				  "hierarchy is mounted");
}

/* The functions from here on write the program, instruction by instruction. */

enum {
	RESULT = BPF_REG_0, /* 1 allows, 0 denies */
	CONTEXT = BPF_REG_1,
	TYPE = BPF_REG_2,
	ACCESS = BPF_REG_3, /* the requested access that no rule has decided on yet */
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
	/* These are counts of instructions: the most of a rule, and those before and after the
	 * rules. */
	RULE_INSNS = 7,
	PROLOGUE_INSNS = 6,
	EPILOGUE_INSNS = 2,
};

static void emit(struct bpf_program *program, unsigned code, unsigned target, unsigned source,
		 int offset, uint32_t immediate)
{
	program->at[program->count++] = (struct bpf_insn){
		.code = (__u8)code,
		.dst_reg = (__u8)(target & 0xf),
		.src_reg = (__u8)(source & 0xf),
		.off = (__s16)offset,
		.imm = (__s32)immediate,
	};
}

static void emit_load(struct bpf_program *program, unsigned target, size_t offset)
{
	emit(program, BPF_LDX | BPF_MEM | BPF_W, target, CONTEXT, (int)offset, 0);
}

/* The kernel's access_type holds the access in its upper half and the type in its lower half. */
static void emit_prologue(struct bpf_program *program)
{
	emit_load(program, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(program, BPF_ALU | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	emit(program, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit(program, BPF_ALU | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	emit_load(program, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	emit_load(program, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

static void emit_verdict(struct bpf_program *program, bool allow)
{
	emit(program, BPF_ALU64 | BPF_MOV | BPF_K, RESULT, 0, 0, allow);
	emit(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Jumps over the rule unless the field has this value. The end of the rule is not known yet, so
 * emit_rule() fills the offset in. */
static void emit_unless(struct bpf_program *program, unsigned field, uint32_t value)
{
	emit(program, BPF_JMP32 | BPF_JNE | BPF_K, field, 0, 0, value);
}

/* Denies the request when the rule names any access that is not decided yet. Otherwise the offset
 * of 2 jumps over the verdict. */
static void emit_deny(struct bpf_program *program, unsigned access)
{
	emit(program, BPF_ALU64 | BPF_MOV | BPF_X, RESULT, ACCESS, 0, 0);
	emit(program, BPF_ALU64 | BPF_AND | BPF_K, RESULT, 0, 0, access);
	emit(program, BPF_JMP32 | BPF_JEQ | BPF_K, RESULT, 0, 2, 0);
	emit_verdict(program, false);
}

/* The access that the rule allows is decided now. When none is left undecided the request is
 * allowed. */
static void emit_allow(struct bpf_program *program, unsigned access)
{
	emit(program, BPF_ALU64 | BPF_AND | BPF_K, ACCESS, 0, 0, ~access & ALL);
	emit(program, BPF_JMP32 | BPF_JNE | BPF_K, ACCESS, 0, 2, 0);
	emit_verdict(program, true);
}

static void emit_rule(struct bpf_program *program, const struct cgroup_device_rule *rule)
{
	size_t start = program->count, body;

	if (rule->type != 'a')
		emit_unless(program, TYPE,
			    rule->type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
	if (rule->major != ANY)
		emit_unless(program, MAJOR, (uint32_t)rule->major);
	if (rule->minor != ANY)
		emit_unless(program, MINOR, (uint32_t)rule->minor);
	body = program->count;
	if (rule->allow)
		emit_allow(program, rule->access);
	else
		emit_deny(program, rule->access);
	for (size_t i = start; i < body; i++)
		program->at[i].off = (__s16)(program->count - i - 1);
}

/* The last rule comes first in the program, because it is the one that counts. */
void cgroup_devices_compile(const struct cgroup_device_rules *rules, struct arena *arena,
			    struct bpf_program *program)
{
	struct bpf_program made = {0};

	made.at = arena_array(arena,
			      PROLOGUE_INSNS + rules->count * (RULE_INSNS + 1) + EPILOGUE_INSNS,
			      sizeof *made.at);
	emit_prologue(&made);
	for (size_t i = rules->count; i-- > 0;)
		emit_rule(&made, &rules->at[i]);
	emit_verdict(&made, rules->allow);
	*program = made;
}

/* The attributes are larger than any kernel's bpf_attr, because some kernels (Linux 6.17) write
 * beyond the size that they are given. */
union attributes {
	union bpf_attr attr;
	char room[256];
};

static int call_bpf(enum bpf_cmd command, union attributes *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static int load(const struct bpf_program *program, struct error *err)
{
	union attributes attributes;
	int fd;

	memset(&attributes, 0, sizeof attributes);
	attributes.attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attributes.attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attributes.attr.insns = (uintptr_t)program->at;
	attributes.attr.insn_cnt = (__u32)program->count;
	attributes.attr.license = (uintptr_t) "LGPL-2.1-or-later";
	strcpy(attributes.attr.prog_name, "kist_devices");
	fd = call_bpf(BPF_PROG_LOAD, &attributes);
	if (fd < 0)
		return error_errno(err, PROPERTY ": loading the program%s",
				   errno == EPERM    ? " (needs CAP_SYS_ADMIN)"
				   : errno == EINVAL ? " (the kernel may lack CONFIG_CGROUP_BPF)"
						     : "");
	return fd;
}

int cgroup_devices_attach(int directory, const struct bpf_program *program, struct error *err)
{
	_close_ int fd = load(program, err);
	union attributes attributes;

	if (fd < 0)
		return fd;
	memset(&attributes, 0, sizeof attributes);
	attributes.attr.target_fd = (__u32)directory;
	attributes.attr.attach_bpf_fd = (__u32)fd;
	attributes.attr.attach_type = BPF_CGROUP_DEVICE;
	/* The program is attached beside those of a parent or an administrator: all of them must
	 * allow. */
	attributes.attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (call_bpf(BPF_PROG_ATTACH, &attributes) < 0)
		return error_errno(err, PROPERTY ": attaching the program%s",
				   errno == EPERM ? " (a parent cgroup may have one that wants to "
						    "be the only one)"
						  : "");
	return 0;
}
