/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The classic BPF machine, as far as a filter uses it, and the meaning of a profile, straight from
 * the profile. Nothing here is shared with compile.c but the numbers of the calls.
 */
#include "libcontainer/seccomp/simulate.h"

#include <errno.h>
#include <string.h>

#include "libcontainer/seccomp/seccomp.h"

static int error_program(struct error *err, size_t at)
{
	return error_set(err, EINVAL, "the filter's instruction %zu is not valid", at);
}

/* Whether a jump is taken. A filter has no other conditional jumps. */
static bool is_taken(const struct sock_filter *instruction, uint32_t accumulator)
{
	switch (BPF_OP(instruction->code)) {
	case BPF_JEQ:
		return accumulator == instruction->k;
	case BPF_JGE:
		return accumulator >= instruction->k;
	case BPF_JGT:
		return accumulator > instruction->k;
	default: /* BPF_JSET */
		return accumulator & instruction->k;
	}
}

int seccomp_simulate(const struct sock_fprog *program, const struct seccomp_data *data,
		     uint32_t *answer, struct error *err)
{
	uint32_t accumulator = 0;

	for (size_t at = 0; at < program->len; at++) {
		const struct sock_filter *instruction = &program->filter[at];

		switch (instruction->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (instruction->k > sizeof *data - sizeof accumulator ||
			    instruction->k % sizeof accumulator)
				return error_program(err, at);
			memcpy(&accumulator, (const char *)data + instruction->k,
			       sizeof accumulator);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= instruction->k;
			break;
		case BPF_JMP | BPF_JA:
			at += instruction->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			at += is_taken(instruction, accumulator) ? instruction->jt
								 : instruction->jf;
			break;
		case BPF_RET | BPF_K:
			*answer = instruction->k;
			return 0;
		default:
			return error_program(err, at);
		}
	}
	return error_program(err, program->len);
}

/* Whether one condition holds, in numbers as wide as the argument. */
static bool holds(const struct seccomp_arg *arg, uint64_t mask, const struct seccomp_data *data)
{
	uint64_t actual = data->args[arg->index] & mask;
	uint64_t value = arg->value;

	if (arg->op == SECCOMP_MASKED_EQ)
		return (actual & value) == (arg->valueTwo & value & mask);
	if ((int64_t)value < 0 && (int64_t)value >= INT32_MIN)
		value &= mask;
	switch ((enum seccomp_operator)arg->op) {
	case SECCOMP_NE:
		return actual != value;
	case SECCOMP_LT:
		return actual < value;
	case SECCOMP_LE:
		return actual <= value;
	case SECCOMP_EQ:
		return actual == value;
	case SECCOMP_GE:
		return actual >= value;
	default: /* SECCOMP_GT */
		return actual > value;
	}
}

static bool any_equality_holds(const struct seccomp_args *args, uint32_t index, uint64_t mask,
			       const struct seccomp_data *data)
{
	for (size_t i = 0; i < args->count; i++)
		if (args->at[i].index == index && args->at[i].op == SECCOMP_EQ &&
		    holds(&args->at[i], mask, data))
			return true;
	return false;
}

static bool all_hold(const struct seccomp_args *args, const struct seccomp_abi *abi,
		     const struct seccomp_call *call, const struct seccomp_data *data)
{
	for (size_t i = 0; i < args->count; i++) {
		const struct seccomp_arg *arg = &args->at[i];
		uint64_t mask = seccomp_argument_mask(abi, call, arg->index);

		if (!holds(arg, mask, data) &&
		    !(arg->op == SECCOMP_EQ && any_equality_holds(args, arg->index, mask, data)))
			return false;
	}
	return true;
}

/* The calls of one number, by all names that the profile has for it. They are neighbours in the
 * list. */
struct named {
	const struct seccomp *profile;
	const struct seccomp_abi *abi;
	const struct seccomp_call *calls, *end;
	uint32_t otherwise; /* what the default answers */
};

static struct named find_named(const struct seccomp *profile,
			       const struct seccomp_architecture *architecture, uint32_t number)
{
	size_t low = 0, high = architecture->count;
	const struct seccomp_call *end = architecture->calls + architecture->count;
	const struct seccomp_call *first, *last;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (architecture->calls[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	first = last = architecture->calls + low;
	while (last < end && last->number == number)
		last++;
	return (struct named){
		.profile = profile,
		.abi = architecture->abi,
		.calls = first,
		.end = last,
		.otherwise = seccomp_answer(profile->defaultAction, profile->defaultErrnoRet),
	};
}

static const struct seccomp_syscall *rule_of(const struct named *named,
					     const struct seccomp_call *call)
{
	return &named->profile->syscalls.at[call->rule];
}

static uint32_t answer_of(const struct named *named, const struct seccomp_call *call)
{
	const struct seccomp_syscall *rule = rule_of(named, call);

	return seccomp_answer(rule->action, rule->errnoRet);
}

static bool is_unconditional(const struct named *named, const struct seccomp_call *call)
{
	return rule_of(named, call)->args.count == 0;
}

/* Find the first rule that applies, of those without conditions or of those with conditions. */
static const struct seccomp_call *first_that_applies(const struct named *named, bool unconditional,
						     const struct seccomp_data *data)
{
	for (const struct seccomp_call *call = named->calls; call < named->end; call++)
		if (call->selector == 0 && answer_of(named, call) != named->otherwise &&
		    is_unconditional(named, call) == unconditional &&
		    all_hold(&rule_of(named, call)->args, named->abi, call, data))
			return call;
	return NULL;
}

static bool selects(const struct seccomp_call *call, const struct seccomp_data *data)
{
	return call->selector && (data->args[0] & call->selector_mask) == call->selector;
}

/* The answer to a call that a multiplexer makes: that of the first rule without conditions, or else
 * the strictest. */
static uint32_t multiplexed_meaning(const struct named *named, const struct seccomp_data *data)
{
	uint32_t strictest = named->otherwise;

	for (const struct seccomp_call *call = named->calls; call < named->end; call++)
		if (selects(call, data) && is_unconditional(named, call) &&
		    answer_of(named, call) != named->otherwise)
			return answer_of(named, call);
	for (const struct seccomp_call *call = named->calls; call < named->end; call++) {
		uint32_t answer = answer_of(named, call);

		if (selects(call, data) && (int32_t)(answer & SECCOMP_RET_ACTION_FULL) <
						   (int32_t)(strictest & SECCOMP_RET_ACTION_FULL))
			strictest = answer;
	}
	return strictest;
}

/* The answer to a number that the profile does not name: it is older than the profile, or newer. */
static uint32_t unnamed_meaning(const struct seccomp_architecture *architecture, uint32_t number,
				uint32_t otherwise)
{
	uint32_t special = architecture->abi->special;
	size_t newest = architecture->count; /* index of the call after the newest */

	while (newest > 0 && architecture->calls[newest - 1].number >= special)
		newest--;
	if ((otherwise & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && number < special &&
	    newest > 0 && number > architecture->calls[newest - 1].number)
		return SECCOMP_RET_ERRNO | ENOSYS;
	return otherwise;
}

static uint32_t architecture_meaning(const struct seccomp *profile,
				     const struct seccomp_architecture *architecture,
				     const struct seccomp_data *data)
{
	uint32_t number = (uint32_t)data->nr;
	struct named named = find_named(profile, architecture, number);
	const struct seccomp_call *call;

	if (named.calls == named.end)
		return unnamed_meaning(architecture, number, named.otherwise);
	call = first_that_applies(&named, true, data);
	if (!call)
		call = first_that_applies(&named, false, data);
	return call ? answer_of(&named, call) : multiplexed_meaning(&named, data);
}

uint32_t seccomp_meaning(const struct seccomp *profile, const struct seccomp_calls *calls,
			 const struct seccomp_data *data)
{
	bool known = false;

	for (size_t i = 0; i < calls->count; i++) {
		const struct seccomp_abi *abi = calls->at[i].abi;

		if (abi->audit != data->arch)
			continue;
		known = true;
		if ((uint32_t)data->nr >= abi->first && (uint32_t)data->nr <= abi->last)
			return architecture_meaning(profile, &calls->at[i], data);
	}
	if (known && (uint32_t)data->nr == SECCOMP_NO_CALL)
		return seccomp_answer(profile->defaultAction, profile->defaultErrnoRet);
	return SECCOMP_RET_KILL_THREAD;
}

struct trials {
	const struct seccomp *profile;
	seccomp_trial *trial;
	void *context;
	struct error *err;
};

static int try_number(const struct trials *trials, uint32_t audit, uint32_t number)
{
	const struct seccomp_data data = {.nr = (int)number, .arch = audit};

	return trials->trial(trials->context, &data, trials->err);
}

/* Return: a value with which the condition holds, where there is one */
static uint64_t fitting(const struct seccomp_arg *arg)
{
	switch ((enum seccomp_operator)arg->op) {
	case SECCOMP_LT:
		return arg->value - 1;
	case SECCOMP_NE:
	case SECCOMP_GT:
		return arg->value + 1;
	case SECCOMP_MASKED_EQ:
		return arg->value & arg->valueTwo;
	default:
		return arg->value;
	}
}

/* Try one argument at its edges: around the value, and with bits set that may or may not count. */
static int try_edges(const struct trials *trials, const struct seccomp_abi *abi,
		     struct seccomp_data data, const struct seccomp_arg *arg)
{
	uint64_t fits = fitting(arg), value = arg->value;
	uint64_t lowest = value & -value;
	const uint64_t edges[] = {
		fits,
		0,
		UINT64_MAX,
		value,
		value - 1,
		value + 1,
		value ^ UINT64_C(1) << 32,
		value | UINT64_C(0xffffffff) << 32,
		fits ^ UINT64_C(1) << 16,
		fits ^ UINT64_C(1) << 63,
		fits ^ lowest,
		fits | (arg->op == SECCOMP_MASKED_EQ ? ~value : 0),
	};

	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		data.args[arg->index] = abi->narrow ? (uint32_t)edges[i] : edges[i];
		if (trials->trial(trials->context, &data, trials->err) < 0)
			return -trials->err->code;
	}
	return 0;
}

/* Try the arguments of a rule one after the other, from values with which the whole rule
 * applies. */
static int try_args(const struct trials *trials, const struct seccomp_abi *abi, uint32_t number,
		    const struct seccomp_args *args)
{
	struct seccomp_data data = {.nr = (int)number, .arch = abi->audit};

	for (size_t i = 0; i < args->count; i++)
		data.args[args->at[i].index] =
			abi->narrow ? (uint32_t)fitting(&args->at[i]) : fitting(&args->at[i]);
	for (size_t i = 0; i < args->count; i++)
		if (try_edges(trials, abi, data, &args->at[i]) < 0)
			return -trials->err->code;
	return 0;
}

/* Try the conditions of a rule. The neighbours in number are tried with them, too: they must not
 * have inherited them. */
static int try_rule(const struct trials *trials, const struct seccomp_abi *abi,
		    const struct seccomp_call *call)
{
	const struct seccomp_args *args = &trials->profile->syscalls.at[call->rule].args;
	const struct seccomp_data selected = {
		.nr = (int)call->number, .arch = abi->audit, .args = {call->selector}};

	if (call->selector)
		return trials->trial(trials->context, &selected, trials->err);
	for (uint32_t number = call->number - 1; number != call->number + 2; number++)
		if (try_args(trials, abi, number, args) < 0)
			return -trials->err->code;
	return 0;
}

static int try_call(const struct trials *trials, const struct seccomp_architecture *architecture,
		    size_t i)
{
	const struct seccomp_abi *abi = architecture->abi;
	const struct seccomp_call *call = &architecture->calls[i];
	uint32_t number = call->number;
	uint32_t before = i > 0 ? call[-1].number : abi->first;
	uint32_t after = i + 1 < architecture->count ? call[1].number : abi->last;

	if (try_rule(trials, abi, call) < 0)
		return -trials->err->code;
	if (after != number && try_number(trials, abi->audit, number) < 0)
		return -trials->err->code;
	if (before + 1 < number && try_number(trials, abi->audit, number - 1) < 0)
		return -trials->err->code;
	if (number + 1 < after && try_number(trials, abi->audit, number + 1) < 0)
		return -trials->err->code;
	return 0;
}

/* Try the numbers at which an architecture's numbers end, whatever they are. */
static int try_bounds(const struct trials *trials, const struct seccomp_abi *abi)
{
	const uint32_t bounds[] = {
		abi->first,       abi->first + 1, abi->last,           abi->last + 1,
		abi->special - 1, abi->special,   SECCOMP_NO_CALL - 1, SECCOMP_NO_CALL,
	};

	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
		if (try_number(trials, abi->audit, bounds[i]) < 0)
			return -trials->err->code;
	/* This architecture differs in its byte order, so it is none of those in the filter. */
	return try_number(trials, abi->audit ^ __AUDIT_ARCH_LE, 0);
}

int seccomp_try(const struct seccomp *profile, const struct seccomp_calls *calls,
		seccomp_trial *trial, void *context, struct error *err)
{
	const struct trials trials = {profile, trial, context, err};

	for (size_t i = 0; i < calls->count; i++) {
		if (try_bounds(&trials, calls->at[i].abi) < 0)
			return -err->code;
		for (size_t j = 0; j < calls->at[i].count; j++)
			if (try_call(&trials, &calls->at[i], j) < 0)
				return -err->code;
	}
	return 0;
}

struct comparison {
	const struct seccomp *profile;
	const struct seccomp_calls *calls;
	const struct sock_fprog *program;
};

static int compare_answers(void *context, const struct seccomp_data *data, struct error *err)
{
	const struct comparison *comparison = context;
	uint32_t expected = seccomp_meaning(comparison->profile, comparison->calls, data);
	uint32_t found = 0;

	if (seccomp_simulate(comparison->program, data, &found, err) < 0)
		return -err->code;
	if (found == expected)
		return 0;
	return error_set(err, EINVAL,
			 "the filter would answer %#x instead of %#x to system call %d of "
			 "architecture %#x with %#llx, %#llx, %#llx, %#llx, %#llx, %#llx",
			 found, expected, data->nr, data->arch, data->args[0], data->args[1],
			 data->args[2], data->args[3], data->args[4], data->args[5]);
}

int seccomp_check(const struct seccomp *profile, const struct seccomp_calls *calls,
		  const struct sock_fprog *program, struct error *err)
{
	struct comparison comparison = {profile, calls, program};

	return seccomp_try(profile, calls, compare_answers, &comparison, err);
}
