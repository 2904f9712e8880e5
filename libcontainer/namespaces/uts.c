/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "libcontainer/steps.h"

static bool is_set(const char *name)
{
	return name && *name;
}

bool uts_named(const struct plan *plan)
{
	return is_set(plan->config->hostname) || is_set(plan->config->domainname);
}

void uts_print(const struct plan *plan, FILE *out)
{
	if (is_set(plan->config->hostname))
		fprintf(out, "\t\thostname %s\n", plan->config->hostname);
	if (is_set(plan->config->domainname))
		fprintf(out, "\t\tdomainname %s\n", plan->config->domainname);
}

int uts_step_names(struct creation *creation, struct error *err)
{
	const char *hostname = creation->plan->config->hostname;
	const char *domainname = creation->plan->config->domainname;

	if (is_set(hostname) && sethostname(hostname, strlen(hostname)) < 0)
		return error_errno(err, "hostname: \"%s\"", hostname);
	if (is_set(domainname) && setdomainname(domainname, strlen(domainname)) < 0)
		return error_errno(err, "domainname: \"%s\"", domainname);
	return 0;
}
