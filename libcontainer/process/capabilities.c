/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capabilities and noNewPrivileges (config.md, Linux Process; capabilities(7), prctl(2)).
 *
 * A capability that cannot be granted is a warning and no failure, as the specification demands. It
 * cannot be granted when the kernel or the caller does not have it, or when the kernel's own rules
 * between the five sets forbid it. Without process.capabilities all five sets are empty.
 */
#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "libcontainer/compat.h"
#include "libcontainer/process/process.h"
#include "libcontainer/steps.h"

/* The five sets, in the order in which one limits the next. */
static const struct set {
	const char *name;
	size_t asked;   /* the set's offset in struct capabilities */
	size_t granted; /* the set's offset in struct capability_masks */
} sets[] = {
#define SET(name)                                                                                  \
	{                                                                                          \
#name, offsetof(struct capabilities, name),                                        \
			offsetof(struct capability_masks, name)                                    \
	}
	SET(bounding), SET(permitted), SET(effective), SET(inheritable), SET(ambient),
#undef SET
};

enum { SETS = sizeof sets / sizeof *sets };

static const struct capability_set *asked_of(const struct capabilities *asked,
					     const struct set *set)
{
	return (const struct capability_set *)(const void *)((const char *)asked + set->asked);
}

static uint64_t *granted_of(struct capability_masks *granted, const struct set *set)
{
	return (uint64_t *)(void *)((char *)granted + set->granted);
}

/* The name of a capability; one that the headers are too old for has a number only. */
static const char *name_of(int capability)
{
	const char *name = words_name(&capability_words, (uint64_t)capability);

	return name ? name : "a capability without a name";
}

/* All that a set loses is one line, since engines ask for many capabilities at once. */
static void warn(struct plan *plan, const char *set, uint64_t mask, const char *reason)
{
	char names[2048] = "";
	size_t used = 0;

	for (int capability = 0; capability < 64; capability++)
		if ((mask & 1ULL << capability) && used < sizeof names)
			used += (size_t)snprintf(names + used, sizeof names - used, " %s",
						 name_of(capability));
	if (mask)
		warnings_add(&plan->warnings, plan->arena, CONTAINER_LOG_WARNING,
			     "process.capabilities.%s: cannot be granted, since %s:%s", set, reason,
			     names);
}

static void warn_unknown(struct plan *plan, const char *set, const struct strings *names)
{
	for (size_t i = 0; i < names->count; i++)
		warnings_add(&plan->warnings, plan->arena, CONTAINER_LOG_WARNING,
			     "process.capabilities.%s: cannot be granted, since it is unknown: %s",
			     set, names->at[i]);
}

/* Cut a set to the set that limits it, and warn about what was lost. */
static uint64_t cut(struct plan *plan, const char *set, uint64_t mask, uint64_t limit,
		    const char *reason)
{
	warn(plan, set, mask & ~limit, reason);
	return mask & limit;
}

/* The kernel's rules: capset(2) wants effective within permitted, and inheritable within bounding;
 * prctl(PR_CAP_AMBIENT) wants ambient within permitted and inheritable. */
static void apply_rules(struct plan *plan)
{
	struct capability_masks *masks = &plan->process.capabilities;

	masks->effective =
		cut(plan, "effective", masks->effective, masks->permitted, "it is not permitted");
	masks->inheritable = cut(plan, "inheritable", masks->inheritable, masks->bounding,
				 "it is not in bounding");
	masks->ambient = cut(plan, "ambient", masks->ambient, masks->permitted & masks->inheritable,
			     "it is not both permitted and inheritable");
}

int capabilities_plan(struct plan *plan, struct error *err)
{
	const struct capabilities *asked = plan->config->process->capabilities;
	const struct host *host = plan->host;
	/* A process in a new user namespace begins with all capabilities. */
	uint64_t available = plan->idmap.planned ? host->known_capabilities : host->capabilities;
	struct capability_masks *granted = &plan->process.capabilities;

	(void)err;
	if (!asked)
		return 0;
	for (const struct set *set = sets; set < sets + SETS; set++) {
		const struct capability_set *names = asked_of(asked, set);
		uint64_t known = cut(plan, set->name, names->mask, host->known_capabilities,
				     "the kernel does not know it");

		warn_unknown(plan, set->name, &names->unknown);
		*granted_of(granted, set) =
			cut(plan, set->name, known, available, "the caller does not have it");
	}
	apply_rules(plan);
	/* A process in a new user namespace begins without securebits, too. */
	if (host->ambient_forbidden && !plan->idmap.planned)
		granted->ambient = cut(plan, "ambient", granted->ambient, 0,
				       "the caller's securebits forbid it");
	return 0;
}

static int step_bound(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	uint64_t drop = plan->host->known_capabilities & ~plan->process.capabilities.bounding;

	for (int capability = 0; capability < 64; capability++)
		if ((drop & 1ULL << capability) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return error_set(err, errno, "drop %s from the bounding set: %s%s",
					 name_of(capability), error_describe(errno),
					 errno == EPERM ? " (needs CAP_SETPCAP)" : "");
	/* Permitted capabilities are kept over the change of ids, until step_set() sets the planned
	 * ones. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_KEEPCAPS)");
	return 0;
}

const struct step capabilities_bound = {
	"bounding set",
	.run = step_bound,
};

static struct __user_cap_data_struct half(const struct capability_masks *masks, int shift)
{
	return (struct __user_cap_data_struct){
		.effective = (uint32_t)(masks->effective >> shift),
		.permitted = (uint32_t)(masks->permitted >> shift),
		.inheritable = (uint32_t)(masks->inheritable >> shift),
	};
}

static int set_ambient(uint64_t ambient, struct error *err)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_errno(err, "clear the ambient set");
	for (int capability = 0; capability < 64; capability++) {
		if (!(ambient & 1ULL << capability))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return error_errno(err, "raise %s in the ambient set", name_of(capability));
	}
	return 0;
}

static int step_set(struct creation *creation, struct error *err)
{
	const struct capability_masks *masks = &creation->plan->process.capabilities;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[] = {half(masks, 0), half(masks, 32)};

	if (capset(&header, data) < 0)
		return error_errno(err, "capset");
	if (set_ambient(masks->ambient, err) < 0)
		return -err->code;
	if (creation->plan->config->process->noNewPrivileges &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_NO_NEW_PRIVS)");
	return 0;
}

static void print_set(const char *name, uint64_t mask, FILE *out)
{
	fprintf(out, "\t\t%s:%s", name, mask ? "" : " none");
	for (int capability = 0; capability < 64; capability++)
		if (mask & 1ULL << capability)
			fprintf(out, " %s", name_of(capability));
	fputc('\n', out);
}

static void print_step(const struct plan *plan, FILE *out)
{
	struct capability_masks masks = plan->process.capabilities;

	for (const struct set *set = sets; set < sets + SETS; set++)
		print_set(set->name, *granted_of(&masks, set), out);
	if (plan->config->process->noNewPrivileges)
		fputs("\t\tno new privileges\n", out);
}

const struct step capabilities_set = {
	"capabilities",
	.run = step_set,
	.print = print_step,
};
