/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file sets kernel parameters (config-linux.md, Sysctl). Only parameters of a namespace that
 * the container has to itself are allowed: any other would change the host (CVE-2022-0811).
 */
#include <errno.h>
#include <string.h>

#include "libcontainer/procfs.h"
#include "libcontainer/steps.h"

/* A parameter's name is at most two names of interfaces and some words, which fits easily. */
enum { SYSCTL_BYTES = 256 };

struct sysctl_rule {
	const char *name; /* with dots; a dot at the end stands for all parameters below */
	enum namespace_kind kind;
};

static const struct sysctl_rule rules[] = {
	{"net.", NAMESPACE_NETWORK},          {"fs.mqueue.", NAMESPACE_IPC},
	{"kernel.msgmax", NAMESPACE_IPC},     {"kernel.msgmnb", NAMESPACE_IPC},
	{"kernel.msgmni", NAMESPACE_IPC},     {"kernel.sem", NAMESPACE_IPC},
	{"kernel.shmall", NAMESPACE_IPC},     {"kernel.shmmax", NAMESPACE_IPC},
	{"kernel.shmmni", NAMESPACE_IPC},     {"kernel.shm_rmid_forced", NAMESPACE_IPC},
	{"kernel.domainname", NAMESPACE_UTS}, {"kernel.hostname", NAMESPACE_UTS},
};

/* By sysctl(8) the first separator in a name decides which of '.' and '/' separates its parts; the
 * other one is then part of a name. */
static char separator(const char *name)
{
	size_t first = strcspn(name, "./");

	return name[first] ? name[first] : '.';
}

/* Makes a path below /proc/sys: a name with dots has '.' and '/' exchanged. */
static bool to_path(const char *name, char *path, size_t size)
{
	char wanted = separator(name);
	size_t length = strlen(name);

	if (length >= size)
		return false;
	memcpy(path, name, length + 1);
	if (wanted == '.')
		for (char *c = path; *c; c++)
			*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return true;
}

static bool has_bad_component(const char *path)
{
	while (true) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return true;
		if (!path[length])
			return false;
		path += length + 1;
	}
}

static bool rule_matches(const struct sysctl_rule *rule, const char *path)
{
	size_t length = strlen(rule->name);
	bool prefix = rule->name[length - 1] == '.';

	for (size_t i = 0; i < length; i++)
		if (path[i] != (rule->name[i] == '.' ? '/' : rule->name[i]))
			return false;
	return prefix || !path[length];
}

static const struct sysctl_rule *find_rule(const char *path)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rule_matches(&rules[i], path))
			return &rules[i];
	return NULL;
}

/* A parameter that another property sets as well is refused: nobody could rely on which of them
 * wins. */
static const char *find_conflict(const struct config *config, const char *path)
{
	if (strcmp(path, "kernel/hostname") == 0 && config->hostname && *config->hostname)
		return "hostname";
	if (strcmp(path, "kernel/domainname") == 0 && config->domainname && *config->domainname)
		return "domainname";
	return NULL;
}

static int check(const struct plan *plan, const char *name, struct error *err)
{
	const struct sysctl_rule *rule;
	const char *conflict;
	char path[SYSCTL_BYTES];

	if (!to_path(name, path, sizeof path) || has_bad_component(path))
		return error_set(err, EINVAL, "linux.sysctl: \"%.80s\" is not a kernel parameter",
				 name);
	rule = find_rule(path);
	if (!rule)
		return error_set(
			err, EINVAL,
			"linux.sysctl: %.80s: is not one that a container can have to itself: it "
			"would change the host",
			name);
	if (!plan->config->linux->namespaces.at[rule->kind].present)
		return error_set(
			err, EINVAL,
			"linux.sysctl: %s: needs a namespace of type \"%s\" in linux.namespaces, "
			"or it would change the host",
			name, words_name(&namespace_words, rule->kind));
	conflict = find_conflict(plan->config, path);
	if (conflict)
		return error_set(err, EINVAL, "linux.sysctl: %s: conflicts with %s", name,
				 conflict);
	return 0;
}

static bool is_planned(const struct plan *plan)
{
	return plan->config->linux->sysctl.count > 0;
}

int sysctl_plan(struct plan *plan, struct error *err)
{
	const struct pairs *sysctl = &plan->config->linux->sysctl;

	for (size_t i = 0; i < sysctl->count; i++)
		if (check(plan, sysctl->at[i].name, err) < 0)
			return -err->code;
	if (is_planned(plan))
		plan->writes_procfs = true;
	return 0;
}

bool sysctl_sets(const struct plan *plan, enum namespace_kind kind)
{
	const struct pairs *sysctl = &plan->config->linux->sysctl;

	for (size_t i = 0; i < sysctl->count; i++) {
		char path[SYSCTL_BYTES];

		if (to_path(sysctl->at[i].name, path, sizeof path) && find_rule(path) &&
		    find_rule(path)->kind == kind)
			return true;
	}
	return false;
}

static void print_step(const struct plan *plan, FILE *out)
{
	const struct pairs *sysctl = &plan->config->linux->sysctl;

	for (size_t i = 0; i < sysctl->count; i++)
		fprintf(out, "\t\t%s = %s\n", sysctl->at[i].name, sysctl->at[i].value);
}

static int step_write(struct creation *creation, struct error *err)
{
	const struct pairs *sysctl = &creation->plan->config->linux->sysctl;

	for (size_t i = 0; i < sysctl->count; i++) {
		char name[SYSCTL_BYTES], path[SYSCTL_BYTES + 4];

		to_path(sysctl->at[i].name, name, sizeof name);
		snprintf(path, sizeof path, "sys/%s", name);
		if (procfs_write(creation->procfs, path, sysctl->at[i].value, err) < 0)
			return -err->code;
	}
	return 0;
}

const struct step sysctl_write = {
	"sysctl",
	.run = step_write,
	.when = is_planned,
	.print = print_step,
};
