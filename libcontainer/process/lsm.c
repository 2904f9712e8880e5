/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A label is written to a file of /proc and takes effect with the next execve. The file is that of
 * kist's own procfs: a /proc that an image has prepared would swallow the label (CVE-2019-16884),
 * and the program would run without it. A label that cannot be written is an error, so no program
 * runs without its label.
 */
#include "libcontainer/process/lsm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "libcontainer/host.h"
#include "libcontainer/io.h"
#include "libcontainer/procfs.h"
#include "libcontainer/steps.h"
#include "spec/escape.h"

#define UNCONFINED "unconfined"

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The file has a label and its mode: "unconfined", "docker-default (enforce)", "crun (unconfined)".
 * An error means that AppArmor is not there, or not active. */
static enum apparmor read_apparmor(void)
{
	char text[4096];
	struct error ignored;

	if (io_read_file(AT_FDCWD, "/proc/self/attr/apparmor/current", text, sizeof text,
			 &ignored) <= 0)
		return APPARMOR_INACTIVE;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, UNCONFINED) == 0 || ends_with(text, " (" UNCONFINED ")")
		       ? APPARMOR_UNCONFINED
		       : APPARMOR_CONFINED;
}

/* SELinux is active when selinuxfs is mounted at this path; libselinux asks the same question. */
static bool has_selinux(void)
{
	struct statfs fs;

	return statfs("/sys/fs/selinux", &fs) == 0 && fs.f_type == SELINUX_MAGIC;
}

int lsm_read_host(const struct plan *plan, struct host *host, struct error *err)
{
	(void)plan;
	(void)err;
	host->apparmor = read_apparmor();
	host->selinux = has_selinux();
	return 0;
}

/* The verb is "stack" for a confined caller with noNewPrivileges, who can only be confined further:
 * the kernel refuses an execve that would exchange one label for another. */
static const char *verb(const struct process *process, const struct host *host)
{
	return process->noNewPrivileges && host->apparmor == APPARMOR_CONFINED ? "stack" : "exec";
}

static int decide_apparmor(const struct process *process, const struct host *host,
			   struct arena *arena, const char **command, struct error *err)
{
	const char *profile = process->apparmorProfile;

	if (!profile)
		return 0;
	if (host->apparmor != APPARMOR_INACTIVE) {
		*command = arena_printf(arena, "%s %s", verb(process, host), profile);
		return 0;
	}
	/* Docker gives this profile to a privileged container. */
	if (strcmp(profile, UNCONFINED) == 0)
		return 0;
	return error_set(err, ENOTSUP,
			 "process.apparmorProfile: \"%s\": AppArmor is not active on this host",
			 show(profile).text);
}

static bool is_planned(const struct plan *plan)
{
	return plan->lsm.apparmor || plan->lsm.selinux;
}

int lsm_plan(struct plan *plan, struct error *err)
{
	const char *label = plan->config->process->selinuxLabel;

	if (label && !plan->host->selinux)
		return error_set(err, ENOTSUP,
				 "process.selinuxLabel: \"%s\": SELinux is not active on this host",
				 show(label).text);
	plan->lsm.selinux = label;
	if (decide_apparmor(plan->config->process, plan->host, plan->arena, &plan->lsm.apparmor,
			    err) < 0)
		return -err->code;
	if (is_planned(plan))
		plan->writes_procfs = true;
	return 0;
}

/* Write a label. @code: what the module answers to a label that it does not have. podman finds the
 * file's name by its quotes, and would take the words "No such file" for an error about the
 * program. */
static int write_label(int procfs, const char *path, const char *text, const char *property,
		       int code, const char *hint, struct error *err)
{
	struct error reason;

	if (procfs_write(procfs, path, text, &reason) == 0)
		return 0;
	return error_set(err, reason.code, "%s: write \"%s\" to `/proc/%s`: %s", property, text,
			 path, reason.code == code ? hint : error_describe(reason.code));
}

static int step_set(struct creation *creation, struct error *err)
{
	const struct lsm_plan *labels = &creation->plan->lsm;
	int procfs = creation->procfs;

	if (labels->apparmor && write_label(procfs, "self/attr/apparmor/exec", labels->apparmor,
					    "process.apparmorProfile", ENOENT,
					    "refused (the profile is not loaded)", err) < 0)
		return -err->code;
	if (labels->selinux &&
	    write_label(procfs, "self/attr/exec", labels->selinux, "process.selinuxLabel", EINVAL,
			"refused (the policy does not know it)", err) < 0)
		return -err->code;
	return 0;
}

static void print_step(const struct plan *plan, FILE *out)
{
	if (plan->lsm.apparmor)
		fprintf(out, "\t\tAppArmor: %s\n", plan->lsm.apparmor);
	if (plan->lsm.selinux)
		fprintf(out, "\t\tSELinux: %s\n", plan->lsm.selinux);
}

const struct step lsm_set = {
	"labels",
	.run = step_set,
	.when = is_planned,
	.print = print_step,
};
