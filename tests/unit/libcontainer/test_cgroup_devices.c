/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device rules: the program and v1's lines against what the rules mean, device by device. Needs no
 * root.
 */
#include "cgroup_fixture.h"

#include <linux/bpf.h>

enum { ALL = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE };

static const int64_t majors[] = {0, 1, 5, 10, 136, 137, 4095, UINT32_MAX};
static const int64_t minors[] = {0, 1, 2, 3, 229, 1048575, UINT32_MAX};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A request for a device. */
struct request {
	char type; /* 'b', 'c' */
	unsigned access;
	int64_t major, minor;
};

/* What the rules mean: for each access by itself, the last rule that names the device decides. */

static bool concerns(const struct cgroup_device_rule *rule, const struct request *request,
		     unsigned access)
{
	return (rule->type == 'a' || rule->type == request->type) && rule->access & access &&
	       (rule->major == -1 || rule->major == request->major) &&
	       (rule->minor == -1 || rule->minor == request->minor);
}

static bool allows(const struct cgroup_device_rules *rules, const struct request *request)
{
	for (unsigned access = 1; access <= ALL; access <<= 1) {
		bool allow = rules->allow;

		for (size_t i = 0; i < rules->count; i++)
			if (concerns(&rules->at[i], request, access))
				allow = rules->at[i].allow;
		if (request->access & access && !allow)
			return false;
	}
	return true;
}

/* As much of a BPF machine as the program needs; whatever else it has fails the test. */

struct machine {
	uint64_t registers[11];
	struct bpf_cgroup_dev_ctx context;
};

static uint64_t operand(const struct machine *machine, const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_X ? machine->registers[insn->src_reg]
					    : (uint64_t)(int64_t)insn->imm;
}

static void compute(struct machine *machine, const struct bpf_insn *insn)
{
	uint64_t value = operand(machine, insn), *target = &machine->registers[insn->dst_reg];

	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		*target = value;
		break;
	case BPF_AND:
		*target &= value;
		break;
	case BPF_RSH:
		*target >>= value;
		break;
	default:
		cr_assert_fail("operation 0x%x", insn->code);
	}
	if (BPF_CLASS(insn->code) == BPF_ALU)
		*target = (uint32_t)*target;
}

static void load(struct machine *machine, const struct bpf_insn *insn)
{
	uint32_t value;

	cr_assert_eq(insn->code, BPF_LDX | BPF_MEM | BPF_W);
	cr_assert_eq(insn->src_reg, BPF_REG_1);
	cr_assert_leq((size_t)insn->off + sizeof value, sizeof machine->context);
	memcpy(&value, (const char *)&machine->context + insn->off, sizeof value);
	machine->registers[insn->dst_reg] = value;
}

static bool jumps(const struct machine *machine, const struct bpf_insn *insn)
{
	uint32_t left = (uint32_t)machine->registers[insn->dst_reg];
	uint32_t right = (uint32_t)operand(machine, insn);

	cr_assert_eq(BPF_CLASS(insn->code), BPF_JMP32);
	if (BPF_OP(insn->code) == BPF_JNE)
		return left != right;
	cr_assert_eq(BPF_OP(insn->code), BPF_JEQ);
	return left == right;
}

static bool interpret(const struct bpf_program *program, const struct request *request)
{
	unsigned type = request->type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
	struct machine machine = {.context = {.access_type = request->access << 16 | type,
					      .major = (uint32_t)request->major,
					      .minor = (uint32_t)request->minor}};

	for (size_t at = 0; at < program->count; at++) {
		const struct bpf_insn *insn = &program->at[at];

		if (insn->code == (BPF_JMP | BPF_EXIT))
			return machine.registers[0];
		if (BPF_CLASS(insn->code) == BPF_LDX)
			load(&machine, insn);
		else if (BPF_CLASS(insn->code) == BPF_ALU || BPF_CLASS(insn->code) == BPF_ALU64)
			compute(&machine, insn);
		else if (jumps(&machine, insn))
			at += (size_t)insn->off;
	}
	cr_assert_fail("the program does not end");
	return false;
}

/* Everything that can be asked for, but for the numbers, of which a few stand for all. */
static void for_each_request(void (*check)(const struct request *request, const void *data),
			     const void *data)
{
	for (const char *type = "bc"; *type; type++)
		for (size_t i = 0; i < COUNT(majors); i++)
			for (size_t j = 0; j < COUNT(minors); j++)
				for (unsigned access = 1; access <= ALL; access++)
					check(&(struct request){*type, access, majors[i],
								minors[j]},
					      data);
}

struct comparison {
	const struct cgroup_device_rules *rules, *flat;
	struct bpf_program program;
};

static void compare_program(const struct request *request, const void *data)
{
	const struct comparison *comparison = data;

	cr_assert_eq(interpret(&comparison->program, request), allows(comparison->rules, request),
		     "%c %lld:%lld %u", request->type, (long long)request->major,
		     (long long)request->minor, request->access);
}

static void compare_flat(const struct request *request, const void *data)
{
	const struct comparison *comparison = data;

	cr_assert_eq(allows(comparison->flat, request), allows(comparison->rules, request),
		     "%c %lld:%lld %u", request->type, (long long)request->major,
		     (long long)request->minor, request->access);
}

/* Does a later exception overlap an earlier one? Then v1 would have to know an order. */
static void expect_unordered(const struct cgroup_device_rules *flat)
{
	for (size_t i = 0; i < flat->count; i++) {
		cr_expect_neq(flat->at[i].allow, flat->allow);
		cr_expect_neq(flat->at[i].type, 'a');
		cr_expect_neq(flat->at[i].access, 0);
	}
}

/* Return: whether v1 can say it. */
static bool check_rules(const struct cgroup_device_rules *rules)
{
	struct cgroup_device_rules flat;
	struct comparison comparison = {.rules = rules, .flat = &flat};
	bool flattened = cgroup_devices_flatten(rules, &arena, &flat);

	cgroup_devices_compile(rules, &arena, &comparison.program);
	for_each_request(compare_program, &comparison);
	if (flattened) {
		expect_unordered(&flat);
		for_each_request(compare_flat, &comparison);
	}
	return flattened;
}

/* Reproducible. */
static unsigned next_random(unsigned range)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % range;
}

static struct cgroup_device_rule random_rule(void)
{
	return (struct cgroup_device_rule){
		.allow = next_random(2),
		.type = "abc"[next_random(3)],
		.access = 1 + next_random(ALL),
		.major = next_random(3) ? majors[next_random(COUNT(majors))] : -1,
		.minor = next_random(3) ? minors[next_random(COUNT(minors))] : -1,
	};
}

Test(cgroup_devices, random_rules)
{
	struct cgroup_device_rule at[12];
	unsigned flattened = 0;

	for (int round = 0; round < 2000; round++) {
		struct cgroup_device_rules rules = {
			.allow = next_random(2), .count = next_random(COUNT(at)), .at = at};

		for (size_t i = 0; i < rules.count; i++)
			at[i] = random_rule();
		flattened += check_rules(&rules);
		arena_finish(&arena);
	}
	/* Both ways were tried. */
	cr_expect_gt(flattened, 200);
	cr_expect_lt(flattened, 1800);
}

static struct cgroup_device_rules read_rules(const char *members)
{
	prepare(v2, members);
	return cgroup_devices_read(plan.config->linux->resources, &arena);
}

#define DENY_ALL "{\"allow\": false, \"access\": \"rwm\"}"
#define ALLOW_ALL "{\"allow\": true, \"access\": \"rwm\"}"
#define RULES(...) "\"resources\": {\"devices\": [" __VA_ARGS__ "]}"

Test(cgroup_devices, no_rules)
{
	struct cgroup_device_rules rules = read_rules("");

	cr_expect(rules.allow);
	cr_expect_eq(rules.count, 0);
	rules = read_rules(RULES(""));
	cr_expect(rules.allow);
	cr_expect_eq(rules.count, 0);
}

Test(cgroup_devices, default_devices)
{
	struct cgroup_device_rules rules = read_rules(RULES(DENY_ALL));

	cr_expect_not(rules.allow);
	cr_expect(allows(&rules, &(struct request){'c', ALL, 1, 3}));
	cr_expect(allows(&rules, &(struct request){'c', ALL, 5, 2}));
	cr_expect(allows(&rules, &(struct request){'c', ALL, 136, 17}));
	cr_expect(allows(&rules, &(struct request){'b', BPF_DEVCG_ACC_MKNOD, 8, 0}));
	cr_expect_not(allows(&rules, &(struct request){'b', BPF_DEVCG_ACC_READ, 8, 0}));
	cr_expect_not(allows(&rules, &(struct request){'c', BPF_DEVCG_ACC_READ, 1, 1}));
	cr_expect_not(allows(&rules, &(struct request){'c', BPF_DEVCG_ACC_READ, 5, 1}));
	cr_expect_not(allows(&rules, &(struct request){'c', BPF_DEVCG_ACC_READ, 10, 200}));
	cr_expect(check_rules(&rules));
}

/* What no rule names is denied, also when nothing says so. */
Test(cgroup_devices, list_of_allowed_ones)
{
	struct cgroup_device_rules rules =
		read_rules(RULES("{\"allow\": true, \"type\": \"c\", \"major\": 10}"));

	cr_expect(allows(&rules, &(struct request){'c', ALL, 10, 229}));
	cr_expect_not(allows(&rules, &(struct request){'c', BPF_DEVCG_ACC_READ, 11, 0}));
}

Test(cgroup_devices, a_rule_about_everything_forgets_the_rest)
{
	struct cgroup_device_rules rules =
		read_rules(RULES("{\"allow\": false, \"type\": \"c\"}, " DENY_ALL ", " ALLOW_ALL));

	cr_expect(rules.allow);
	cr_expect_eq(rules.count, 0);
	/* -1 is as good as nothing; "a" with less than everything is a rule like others. */
	rules = read_rules(
		RULES("{\"allow\": true, \"type\": \"a\", \"major\": -1, \"minor\": -1}"));
	cr_expect(rules.allow);
	cr_expect_eq(rules.count, 0);
	rules = read_rules(RULES(DENY_ALL ", {\"allow\": true, \"access\": \"r\"}"));
	cr_expect_not(rules.allow);
	cr_expect(allows(&rules, &(struct request){'b', BPF_DEVCG_ACC_READ, 8, 0}));
	cr_expect_not(allows(&rules, &(struct request){'b', BPF_DEVCG_ACC_WRITE, 8, 0}));
	cr_expect(check_rules(&rules));
}

Test(cgroup_devices, lines_of_v1)
{
	EXPECT_WRITES(v1,
		      "\"devices\": [" DENY_ALL
		      ", {\"allow\": true, \"type\": \"b\", \"major\": 8, "
		      "\"minor\": 1, \"access\": \"rw\"}]",
		      "devices.deny=a devices.allow=b 8:1 rw devices.allow=c *:* m "
		      "devices.allow=b *:* m devices.allow=c 1:3 rwm devices.allow=c 1:5 rwm "
		      "devices.allow=c 1:7 rwm devices.allow=c 1:8 rwm devices.allow=c 1:9 rwm "
		      "devices.allow=c 5:0 rwm devices.allow=c 5:2 rwm devices.allow=c 136:* rwm");
	cr_expect_eq(plan.cgroup.limits.devices.count, 0);
	EXPECT_WRITES(v1, "\"devices\": [" ALLOW_ALL "]", "");
	/* Nodes may be made all the same: that is among the default rules. */
	EXPECT_WRITES(v1,
		      "\"devices\": [" ALLOW_ALL
		      ", {\"allow\": false, \"type\": \"c\", \"major\": 10, \"minor\": 229}]",
		      "devices.allow=a devices.deny=c 10:229 rw");
}

Test(cgroup_devices, program_of_v2)
{
	EXPECT_WRITES(v2, "\"devices\": [" DENY_ALL "]", "");
	cr_expect_gt(plan.cgroup.limits.devices.count, 0);
	EXPECT_WRITES(v2, "\"devices\": [" ALLOW_ALL "]", "");
	cr_expect_eq(plan.cgroup.limits.devices.count, 0);
}

#define EXCEPTION_FROM_EXCEPTION                                                                   \
	"\"devices\": [" DENY_ALL ", {\"allow\": true, \"type\": \"c\", \"major\": 10}, "          \
	"{\"allow\": false, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"rw\"}]"

/* v1's devices.deny would do nothing at all here, and say nothing. */
Test(cgroup_devices, v1_cannot_say_it)
{
	EXPECT_ERROR(plan_resources(v1, EXCEPTION_FROM_EXCEPTION), ENOTSUP,
		     "cgroup v1 knows no exception from an exception");
	EXPECT_WRITES(hybrid, EXCEPTION_FROM_EXCEPTION, "");
	cr_expect_gt(plan.cgroup.limits.devices.count, 0);
	cr_expect_not(interpret(&plan.cgroup.limits.devices,
				&(struct request){'c', BPF_DEVCG_ACC_READ, 10, 229}));
	cr_expect(interpret(&plan.cgroup.limits.devices,
			    &(struct request){'c', BPF_DEVCG_ACC_READ, 10, 228}));
}

Test(cgroup_devices, nothing_enforces_them)
{
	static const struct hierarchies cpu_only = {1, v1_at};

	EXPECT_ERROR(plan_resources(cpu_only, "\"devices\": [" DENY_ALL "]"), ENOTSUP,
		     "controller devices is not available");
	EXPECT_ERROR(plan_resources(none, "\"devices\": [" DENY_ALL "]"), ENOTSUP,
		     "controller devices is not available");
	EXPECT_WRITES(cpu_only, "\"devices\": [" ALLOW_ALL "]", "");
}

/* An ordinary user may not load a program, and need not: its devices are those of its permissions.
 */
Test(cgroup_devices, without_privileges)
{
	prepare(v2, RULES(DENY_ALL));
	host.capabilities = 1ULL << CAP_BPF;
	cr_expect_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
	cr_expect_eq(plan.cgroup.limits.devices.count, 0);
	cr_assert(plan.warnings.first);
	cr_expect(strstr(plan.warnings.first->text, "linux.resources.devices: not enforced"));
	prepare(v2, RULES(DENY_ALL));
	host.capabilities = 1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN;
	cr_expect_eq(cgroup_plan(&plan, &err), 0, "%s", err.text);
	cr_expect_gt(plan.cgroup.limits.devices.count, 0);
}

Test(cgroup_devices, format)
{
	char text[CGROUP_DEVICE_TEXT_SIZE];

	cgroup_device_format(&(struct cgroup_device_rule){true, 'c', ALL, 136, -1}, text);
	cr_expect_str_eq(text, "c 136:* rwm");
	cgroup_device_format(&(struct cgroup_device_rule){true, 'b', BPF_DEVCG_ACC_WRITE,
							  UINT32_MAX, UINT32_MAX},
			     text);
	cr_expect_str_eq(text, "b 4294967295:4294967295 w");
}
