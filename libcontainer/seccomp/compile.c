/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiling a profile to a BPF program (config-linux.md, Seccomp; seccomp(2);
 * Documentation/networking/filter of the kernel).
 *
 * This is what a profile means. simulate.c says it again, independently of this file:
 *
 * - A call of an architecture that is not in the filter kills the thread. So does an x32 number when
 *   SCMP_ARCH_X32 is not listed.
 * - A rule applies when all its conditions hold. Several SCMP_CMP_EQ on one argument cannot hold
 *   together: they are alternatives. Arguments are compared unsigned, by the bits that the kernel
 *   looks at (seccomp_argument_mask()); a negative int may be written with 64 bits.
 * - A rule that answers what the default does changes nothing.
 * - Of the other rules for a call, the first without conditions decides, wherever it stands. Without
 *   one, the first whose conditions hold decides; then the default. Two rules with the same
 *   conditions and different answers are an error.
 * - When the default answers with an errno other than ENOSYS, numbers above the highest one that the
 *   profile names on that architecture answer ENOSYS: these calls are newer than the profile, and C
 *   libraries fall back to an older one only on ENOSYS. Private numbers of an architecture (x32 from
 *   512 on, ARM from 0xf0000 on) are old: they neither count nor are answered so. Nor is -1, no call
 *   at all.
 * - Conditions cannot be checked when 32-bit x86 makes a call through socketcall or ipc, which have
 *   the arguments in memory. A rule of that call without conditions applies; else the strictest
 *   answer of its rules and of the default does. Rules for socketcall and ipc themselves come first.
 *
 * The program tests the architecture, then makes a balanced search over the numbers, where equal
 * neighbours are one range, and then makes a call's comparisons in a straight line. The kernel
 * remembers the numbers that are allowed without looking at arguments, so the search is mostly for
 * the others.
 *
 * The program is written from its end to its start: jumps go forward only, so their targets are
 * known when they are written.
 */
#include "libcontainer/seccomp/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "libcontainer/compat.h"
#include "libcontainer/seccomp/calls.h"

/* A conditional jump has 8 bits for the distance to each target. */
enum { NEAR = 255 };

struct writer {
	const struct seccomp *profile;
	uint32_t default_answer;
	const struct seccomp_architecture *architecture; /* the one being written */
	bool full;
	unsigned start; /* index of the instruction that was written last */
	struct sock_filter code[BPF_MAXINSNS];
};

/* Calls with one answer: their numbers go from first up to the next range. */
struct range {
	uint32_t first;
	uint32_t answer;
	const struct seccomp_call *calls; /* NULL: answer holds; else the arguments decide */
	size_t count;
};

struct ranges {
	struct range *at;
	size_t count;
};

/* A place that control can go to: an index into code. */
typedef unsigned label;

static label emit(struct writer *writer, struct sock_filter instruction)
{
	if (writer->start == 0) {
		writer->full = true;
		return 0;
	}
	writer->code[--writer->start] = instruction;
	return writer->start;
}

static label emit_return(struct writer *writer, uint32_t answer)
{
	return emit(writer, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

static bool is_return(const struct writer *writer, label at, uint32_t answer)
{
	return writer->code[at].code == (BPF_RET | BPF_K) && writer->code[at].k == answer;
}

/* Find a return that the next few instructions can reach, or write a new one. */
static label place_return(struct writer *writer, uint32_t answer)
{
	for (label at = writer->start; at < BPF_MAXINSNS && at < writer->start + NEAR / 2; at++)
		if (is_return(writer, at, answer))
			return at;
	return emit_return(writer, answer);
}

/* Find a place that one of the next two instructions can reach: the target itself, or a new step on
 * the way to it. */
static label reach(struct writer *writer, label target)
{
	const struct sock_filter *there = &writer->code[target];

	if (target < writer->start + NEAR - 1)
		return target;
	if (there->code == (BPF_RET | BPF_K))
		return emit(writer, *there);
	return emit(writer,
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, target - writer->start, 0, 0));
}

static label emit_branch(struct writer *writer, uint16_t test, uint32_t value, label yes, label no)
{
	if (yes == no)
		return yes;
	yes = reach(writer, yes);
	no = reach(writer, no);
	return emit(writer, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), value,
							 (uint8_t)(yes - writer->start),
							 (uint8_t)(no - writer->start)));
}

static label emit_load(struct writer *writer, size_t offset)
{
	return emit(writer,
		    (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static size_t low_half(unsigned index)
{
	return offsetof(struct seccomp_data, args[index]) +
	       (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : sizeof(uint32_t));
}

static size_t high_half(unsigned index)
{
	return offsetof(struct seccomp_data, args[index]) +
	       (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? sizeof(uint32_t) : 0);
}

/* Write the test of one half of an argument, of which the bits of mask count; yes and no differ. */
static label emit_half(struct writer *writer, size_t offset, uint16_t test, uint32_t mask,
		       uint32_t value, label yes, label no)
{
	if (mask == 0)
		return yes;
	emit_branch(writer, test, value, yes, no);
	if (mask != UINT32_MAX)
		emit(writer, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
	return emit_load(writer, offset);
}

/* Write the test (argument & mask) == value, half by half. */
static label emit_equal(struct writer *writer, unsigned index, uint64_t mask, uint64_t value,
			label yes, label no)
{
	yes = emit_half(writer, low_half(index), BPF_JEQ, (uint32_t)mask, (uint32_t)value, yes, no);
	return emit_half(writer, high_half(index), BPF_JEQ, (uint32_t)(mask >> 32),
			 (uint32_t)(value >> 32), yes, no);
}

/* Write the test whether an argument is greater (BPF_JGT), or not less (BPF_JGE): the upper half
 * decides unless it is equal. */
static label emit_order(struct writer *writer, unsigned index, uint16_t test, uint64_t mask,
			uint64_t value, label yes, label no)
{
	label low =
		emit_half(writer, low_half(index), test, (uint32_t)mask, (uint32_t)value, yes, no);

	if (mask >> 32 == 0)
		return low;
	low = emit_branch(writer, BPF_JEQ, (uint32_t)(value >> 32), low, no);
	emit_branch(writer, BPF_JGT, (uint32_t)(value >> 32), yes, low);
	return emit_load(writer, high_half(index));
}

/* Each operator is one of three tests, or its opposite. */
static const struct comparison {
	uint16_t test;
	bool opposite;
} comparisons[] = {
	[SECCOMP_NE] = {BPF_JEQ, true},         [SECCOMP_LT] = {BPF_JGE, true},
	[SECCOMP_LE] = {BPF_JGT, true},         [SECCOMP_EQ] = {BPF_JEQ, false},
	[SECCOMP_GE] = {BPF_JGE, false},        [SECCOMP_GT] = {BPF_JGT, false},
	[SECCOMP_MASKED_EQ] = {BPF_JEQ, false},
};

/* Return: the value to compare with. Of a negative int that was written with 64 bits these are the
 * bits that count. */
static uint64_t narrow(uint64_t value, uint64_t mask)
{
	return value >= (uint64_t)INT32_MIN ? value & mask : value;
}

/* Write the test of one condition.
 * @mask: the bits of the argument that count */
static label emit_condition(struct writer *writer, const struct seccomp_arg *arg, uint64_t mask,
			    label yes, label no)
{
	const struct comparison *comparison = &comparisons[arg->op];
	label true_label = comparison->opposite ? no : yes;
	label false_label = comparison->opposite ? yes : no;
	uint64_t value = narrow(arg->value, mask);

	if (yes == no)
		return yes;
	if (arg->op == SECCOMP_MASKED_EQ)
		return emit_equal(writer, arg->index, arg->value & mask,
				  arg->valueTwo & arg->value & mask, yes, no);
	if (value & ~mask) /* more than the argument can be */
		return false_label;
	if (comparison->test == BPF_JEQ)
		return emit_equal(writer, arg->index, mask, value, true_label, false_label);
	return emit_order(writer, arg->index, comparison->test, mask, value, true_label,
			  false_label);
}

static bool is_alternative(const struct seccomp_arg *one, const struct seccomp_arg *other)
{
	return one->op == SECCOMP_EQ && other->op == SECCOMP_EQ && one->index == other->index;
}

static bool is_repeated(const struct seccomp_args *args, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_alternative(&args->at[j], &args->at[i]))
			return true;
	return false;
}

/* Write the test of a condition and of its alternatives, which all follow it in the rule. */
static label emit_alternatives(struct writer *writer, const struct seccomp_args *args, size_t i,
			       uint64_t mask, label yes, label no)
{
	for (size_t j = args->count; j-- > i + 1;)
		if (is_alternative(&args->at[i], &args->at[j]))
			no = emit_condition(writer, &args->at[j], mask, yes, no);
	return emit_condition(writer, &args->at[i], mask, yes, no);
}

static const struct seccomp_syscall *rule_of(const struct writer *writer,
					     const struct seccomp_call *call)
{
	return &writer->profile->syscalls.at[call->rule];
}

static uint32_t answer_of(const struct writer *writer, const struct seccomp_call *call)
{
	const struct seccomp_syscall *rule = rule_of(writer, call);

	return seccomp_answer(rule->action, rule->errnoRet);
}

static label emit_rule(struct writer *writer, const struct seccomp_call *call, label next)
{
	const struct seccomp_args *args = &rule_of(writer, call)->args;
	label at = place_return(writer, answer_of(writer, call));

	for (size_t i = args->count; i-- > 0;) {
		uint64_t mask =
			seccomp_argument_mask(writer->architecture->abi, call, args->at[i].index);

		if (!is_repeated(args, i))
			at = emit_alternatives(writer, args, i, mask, at, next);
	}
	return at;
}

/* Whether a rule changes anything.
 * @selector: 0 for rules of the call itself; else of the call that a multiplexer selects by it */
static bool is_effective(const struct writer *writer, const struct seccomp_call *call,
			 uint32_t selector)
{
	return call->selector == selector && answer_of(writer, call) != writer->default_answer;
}

/* Whether one answer holds whatever the arguments are, which is then set. */
static bool is_decided(const struct writer *writer, const struct range *range, uint32_t selector,
		       uint32_t *answer)
{
	for (size_t i = 0; i < range->count; i++) {
		const struct seccomp_call *call = &range->calls[i];

		if (!is_effective(writer, call, selector) || rule_of(writer, call)->args.count > 0)
			continue;
		*answer = answer_of(writer, call);
		return true;
	}
	return false;
}

/* Actions are in the order of strictness, as signed numbers (seccomp(2)). */
static int32_t strictness(uint32_t answer)
{
	return (int32_t)(answer & SECCOMP_RET_ACTION_FULL);
}

static uint32_t selected_answer(const struct writer *writer, const struct range *range,
				uint32_t selector)
{
	uint32_t answer = writer->default_answer;

	if (is_decided(writer, range, selector, &answer))
		return answer;
	for (size_t i = 0; i < range->count; i++) {
		uint32_t candidate = answer_of(writer, &range->calls[i]);

		if (range->calls[i].selector == selector &&
		    strictness(candidate) < strictness(answer))
			answer = candidate;
	}
	return answer;
}

static bool is_first_of_selector(const struct range *range, size_t i)
{
	if (range->calls[i].selector == 0)
		return false;
	for (size_t j = 0; j < i; j++)
		if (range->calls[j].selector == range->calls[i].selector)
			return false;
	return true;
}

/* Write the tests for the calls that a multiplexer makes. */
static label emit_selected(struct writer *writer, const struct range *range, label next)
{
	for (size_t i = range->count; i-- > 0;) {
		const struct seccomp_call *call = &range->calls[i];
		uint32_t answer;

		if (!is_first_of_selector(range, i))
			continue;
		answer = selected_answer(writer, range, call->selector);
		if (answer == writer->default_answer)
			continue;
		next = emit_equal(writer, 0, call->selector_mask, call->selector,
				  place_return(writer, answer), next);
	}
	return next;
}

static label emit_range(struct writer *writer, const struct range *range)
{
	label next;

	if (!range->calls)
		return place_return(writer, range->answer);
	next = place_return(writer, writer->default_answer);
	next = emit_selected(writer, range, next);
	for (size_t i = range->count; i-- > 0;)
		if (is_effective(writer, &range->calls[i], 0))
			next = emit_rule(writer, &range->calls[i], next);
	return next;
}

static label emit_search(struct writer *writer, const struct range *at, size_t count)
{
	size_t middle = count / 2;
	label above, below;

	if (count == 1)
		return emit_range(writer, at);
	above = emit_search(writer, at + middle, count - middle);
	below = emit_search(writer, at, middle);
	return emit_branch(writer, BPF_JGE, at[middle].first, above, below);
}

/* Add a range. It takes the place of one that begins at the same number, and is not needed where
 * the one before has the same answer. */
static void add_range(struct ranges *ranges, struct range range)
{
	const struct range *before;

	if (ranges->count > 0 && ranges->at[ranges->count - 1].first == range.first)
		ranges->count--;
	before = ranges->count > 0 ? &ranges->at[ranges->count - 1] : NULL;
	if (!before || before->calls || range.calls || before->answer != range.answer)
		ranges->at[ranges->count++] = range;
}

/* Make the range of one number, from what the profile says about its calls. */
static struct range make_range(const struct writer *writer, const struct seccomp_call *calls,
			       size_t count)
{
	struct range range = {.first = calls->number, .calls = calls, .count = count};
	bool depends = false;

	if (is_decided(writer, &range, 0, &range.answer))
		return (struct range){.first = range.first, .answer = range.answer};
	for (size_t i = 0; i < count && !depends; i++)
		depends =
			calls[i].selector || answer_of(writer, &calls[i]) != writer->default_answer;
	if (!depends)
		return (struct range){.first = range.first, .answer = writer->default_answer};
	return range;
}

static size_t same_number(const struct seccomp_call *calls, size_t count)
{
	size_t same = 1;

	while (same < count && calls[same].number == calls->number)
		same++;
	return same;
}

static bool has_enosys(const struct writer *writer)
{
	return (writer->default_answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	       writer->default_answer != (SECCOMP_RET_ERRNO | ENOSYS);
}

/* Add the calls that are newer than the profile's newest, which has just been added. */
static void add_newer(const struct writer *writer, struct ranges *ranges, uint32_t newest)
{
	const struct seccomp_abi *abi = writer->architecture->abi;

	if (!has_enosys(writer) || newest + 1 >= abi->special)
		return;
	add_range(ranges,
		  (struct range){.first = newest + 1, .answer = SECCOMP_RET_ERRNO | ENOSYS});
	if (abi->special <= abi->last)
		add_range(ranges,
			  (struct range){.first = abi->special, .answer = writer->default_answer});
}

static struct ranges make_ranges(const struct writer *writer, struct arena *arena)
{
	const struct seccomp_architecture *architecture = writer->architecture;
	const struct seccomp_call *calls = architecture->calls;
	const struct range otherwise = {.answer = writer->default_answer};
	struct ranges ranges = {arena_array(arena, 2 * architecture->count + 3, sizeof *ranges.at),
				0};
	uint32_t special = architecture->abi->special;

	add_range(&ranges, otherwise);
	for (size_t i = 0, next; i < architecture->count; i = next) {
		uint32_t number = calls[i].number;
		struct range after = otherwise;

		next = i + same_number(&calls[i], architecture->count - i);
		after.first = number + 1;
		add_range(&ranges, make_range(writer, &calls[i], next - i));
		add_range(&ranges, after);
		if (number < special &&
		    (next == architecture->count || calls[next].number >= special))
			add_newer(writer, &ranges, number);
	}
	return ranges;
}

static label emit_architecture(struct writer *writer,
			       const struct seccomp_architecture *architecture, struct arena *arena)
{
	struct ranges ranges;

	writer->architecture = architecture;
	ranges = make_ranges(writer, arena);
	return emit_search(writer, ranges.at, ranges.count);
}

/* Find the listed architecture that has the numbers above those of another, as x32 has above
 * x86_64. */
static const struct seccomp_architecture *find_above(const struct seccomp_calls *calls,
						     const struct seccomp_abi *abi)
{
	for (size_t i = 0; i < calls->count; i++)
		if (calls->at[i].abi->audit == abi->audit &&
		    calls->at[i].abi->first == abi->last + 1)
			return &calls->at[i];
	return NULL;
}

static label emit_above(struct writer *writer, const struct seccomp_calls *calls,
			const struct seccomp_abi *abi, label bad, struct arena *arena)
{
	const struct seccomp_architecture *above = find_above(calls, abi);

	if (above)
		return emit_architecture(writer, above, arena);
	return emit_branch(writer, BPF_JEQ, SECCOMP_NO_CALL,
			   place_return(writer, writer->default_answer), bad);
}

/* Write a load after which control goes on at a label. If the label is not what was written last it
 * is a return, which is then written again. */
static label emit_load_before(struct writer *writer, size_t offset, label at)
{
	if (at != writer->start)
		emit(writer, writer->code[at]);
	return emit_load(writer, offset);
}

/* Write the search for everything that has the architecture's AUDIT_ARCH_* number in common. */
static label emit_audit(struct writer *writer, const struct seccomp_calls *calls,
			const struct seccomp_architecture *architecture, label bad,
			struct arena *arena)
{
	const struct seccomp_abi *abi = architecture->abi;
	label at = emit_architecture(writer, architecture, arena);

	if (abi->last < UINT32_MAX)
		at = emit_branch(writer, BPF_JGE, abi->last + 1,
				 emit_above(writer, calls, abi, bad, arena), at);
	return emit_load_before(writer, offsetof(struct seccomp_data, nr), at);
}

static void emit_program(struct writer *writer, const struct seccomp_calls *calls,
			 struct arena *arena)
{
	label bad = emit_return(writer, SECCOMP_RET_KILL_THREAD), at = bad;

	for (size_t i = calls->count; i-- > 0;) {
		const struct seccomp_abi *abi = calls->at[i].abi;

		if (abi->first == 0)
			at = emit_branch(writer, BPF_JEQ, abi->audit,
					 emit_audit(writer, calls, &calls->at[i], bad, arena), at);
	}
	emit_load_before(writer, offsetof(struct seccomp_data, arch), at);
}

static bool same_args(const struct seccomp_args *one, const struct seccomp_args *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++) {
		const struct seccomp_arg *a = &one->at[i], *b = &other->at[i];

		if (a->index != b->index || a->op != b->op || a->value != b->value ||
		    a->valueTwo != b->valueTwo)
			return false;
	}
	return true;
}

static bool contradict(const struct writer *writer, const struct seccomp_call *one,
		       const struct seccomp_call *other)
{
	const struct seccomp_args *args = &rule_of(writer, one)->args;

	return args->count > 0 && is_effective(writer, one, 0) && is_effective(writer, other, 0) &&
	       answer_of(writer, one) != answer_of(writer, other) &&
	       same_args(args, &rule_of(writer, other)->args);
}

/* Only the machine's own architecture is checked, which has the names that matter. */
static int check_contradictions(const struct writer *writer,
				const struct seccomp_architecture *architecture, struct error *err)
{
	const struct seccomp_call *calls = architecture->calls;

	for (size_t i = 0; i < architecture->count; i++)
		for (size_t j = i; j-- > 0 && calls[j].number == calls[i].number;)
			if (contradict(writer, &calls[j], &calls[i]))
				return error_set(err, EEXIST,
						 "syscalls[%u]: \"%s\": an earlier rule says "
						 "something else about it",
						 calls[i].rule, calls[i].name);
	return 0;
}

int seccomp_compile(const struct seccomp *profile, const struct seccomp_calls *calls,
		    struct arena *arena, struct sock_fprog *program, struct error *err)
{
	struct writer writer;
	unsigned length;

	writer.profile = profile;
	writer.default_answer = seccomp_answer(profile->defaultAction, profile->defaultErrnoRet);
	writer.full = false;
	writer.start = BPF_MAXINSNS;
	emit_program(&writer, calls, arena);
	if (writer.full)
		return error_set(err, E2BIG,
				 "the filter needs more than the kernel's %d instructions",
				 BPF_MAXINSNS);
	if (check_contradictions(&writer, &calls->at[0], err) < 0)
		return -err->code;
	length = BPF_MAXINSNS - writer.start;
	program->filter = arena_array(arena, length, sizeof *program->filter);
	program->len = (unsigned short)length;
	memcpy(program->filter, &writer.code[writer.start], length * sizeof *program->filter);
	return 0;
}
