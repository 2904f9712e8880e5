/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keyring has a name, so that a process that joins the container later can join the keyring,
 * too. The name is in the record, and cannot be guessed: joining by name takes an existing keyring,
 * and anybody could have made a keyring of a known name before, to share the keys of the container.
 */
#include "libcontainer/process/keyring.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <sys/random.h>

#include "libcontainer/compat.h"
#include "libcontainer/log.h"
#include "libcontainer/procfs.h"
#include "libcontainer/steps.h"

/* keyctl_setperm(3): processes that have the keyring in their session may do everything with it,
 * and other processes of the user may find it. */
enum {
	KEY_POSSESSOR_ALL = 0x3f000000,
	KEY_USER_VIEW = 0x00010000,
	KEY_USER_READ = 0x00020000,
	KEY_USER_SEARCH = 0x00080000,
	KEY_USER_LINK = 0x00100000,
	KEYRING_PERMISSIONS =
		KEY_POSSESSOR_ALL | KEY_USER_VIEW | KEY_USER_READ | KEY_USER_SEARCH | KEY_USER_LINK,
};

static const char *hint(int code)
{
	return code == EDQUOT
		       ? " (the sysctl kernel.keys.maxkeys could be raised; --no-new-keyring "
			 "keeps the caller's)"
		       : "";
}

int keyring_join(const char *name, struct error *err)
{
	long keyring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);

	if (keyring < 0 && (errno == ENOSYS || errno == EPERM)) {
		log_warning("no session keyring: %s", error_describe(errno));
		return 0;
	}
	if (keyring < 0)
		return error_set(err, errno, "join %s: %s%s", name, error_describe(errno),
				 hint(errno));
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, keyring, KEYRING_PERMISSIONS) < 0)
		return error_errno(err, "%s: set permissions", name);
	return 0;
}

static int step_name(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	uint64_t secret;

	if (getrandom(&secret, sizeof secret, 0) != sizeof secret)
		return error_errno(err, "getrandom");
	creation->record.keyring =
		arena_printf(plan->arena, "_ses.%s.%016" PRIx64, plan->options->id, secret);
	return 0;
}

static int step_join(struct creation *creation, struct error *err)
{
	const char *label = creation->plan->lsm.selinux;

	/* Without the label SELinux would not let the container use a keyring that kist has made.
	 * The kernel forgets keycreate with the next execve. */
	if (label && procfs_write(creation->procfs, "self/attr/keycreate", label, err) < 0)
		return -err->code;
	return keyring_join(creation->plan->joined ? creation->plan->joined->record->keyring
						   : creation->record.keyring,
			    err);
}

static bool is_planned(const struct plan *plan)
{
	return plan->joined ? plan->joined->record->keyring != NULL
			    : !plan->options->no_new_keyring;
}

const struct step keyring_name = {
	"keyring",
	.run = step_name,
	.when = is_planned,
};

const struct step keyring_enter = {
	"keyring",
	.run = step_join,
	.when = is_planned,
};
