/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file sets the host and domain name (config.md, Hostname, Domainname; sethostname(2)).
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "libcontainer/steps.h"

static bool is_set(const char *name)
{
	return name && *name;
}

/* The kernel has room for names of this length. */
enum { NAME_BYTES = sizeof((struct utsname *)NULL)->nodename - 1 };

static int check_length(const char *property, const char *name, struct error *err)
{
	if (!name || strlen(name) <= NAME_BYTES)
		return 0;
	return error_set(err, EINVAL, "%s: %zu bytes, where the kernel has room for %d", property,
			 strlen(name), NAME_BYTES);
}

int uts_plan(const struct plan *plan, struct error *err)
{
	if (check_length("hostname", plan->config->hostname, err) < 0)
		return -err->code;
	return check_length("domainname", plan->config->domainname, err);
}

bool uts_named(const struct plan *plan)
{
	return is_set(plan->config->hostname) || is_set(plan->config->domainname);
}

static void print_step(const struct plan *plan, FILE *out)
{
	if (is_set(plan->config->hostname))
		fprintf(out, "\t\thostname %s\n", plan->config->hostname);
	if (is_set(plan->config->domainname))
		fprintf(out, "\t\tdomainname %s\n", plan->config->domainname);
}

static int step_names(struct creation *creation, struct error *err)
{
	const char *hostname = creation->plan->config->hostname;
	const char *domainname = creation->plan->config->domainname;

	if (is_set(hostname) && sethostname(hostname, strlen(hostname)) < 0)
		return error_errno(err, "hostname: \"%s\"", hostname);
	if (is_set(domainname) && setdomainname(domainname, strlen(domainname)) < 0)
		return error_errno(err, "domainname: \"%s\"", domainname);
	return 0;
}

const struct step uts_names = {
	"host name",
	.run = step_names,
	.when = uts_named,
	.print = print_step,
};
