/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/enter.h"

#include <errno.h>

#include "libcontainer/process/clone.h"
#include "libcontainer/process/start_socket.h"
#include "spec/cleanup.h"

/* Longer than the kernel needs to end a container whose processes are killed. */
enum { ENDING_MS = 2000 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int error_not_running(const char *doing, struct error *err)
{
	return error_set(err, ESRCH, "cannot %s a stopped container: container not running", doing);
}

int enter_check_status(enum status status, const char *doing, struct error *err)
{
	switch (status) {
	case STATUS_CREATED:
	case STATUS_RUNNING:
		return 0;
	case STATUS_PAUSED:
		return error_set(err, EBUSY, "cannot %s a paused container; resume it first",
				 doing);
	case STATUS_CREATING:
		return error_set(err, EAGAIN, "cannot %s a container that is still being created",
				 doing);
	case STATUS_STOPPED:
		break;
	}
	return error_not_running(doing, err);
}

/* What an ordinary user may not see of an init that is guarded, this one tells him. */
static int ask(const struct record *record, int init, const int *cancel, struct joined *joined,
	       struct error *err)
{
	joined->asked = true;
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		joined->files[kind] = -1;
	if (start_socket_ask_namespaces(record->directory, init, cancel, joined->files, err) < 0)
		return -err->code;
	joined->namespaces = namespaces_differ_from(joined->files);
	return 0;
}

static bool is_denied(int result)
{
	return result == -EACCES || result == -EPERM;
}

int enter_read_namespaces(const struct record *record, int init, const int *cancel,
			  struct joined *joined, struct error *err)
{
	struct error denied;
	int result = namespaces_differ(record->pid, &joined->namespaces, err);

	if (!is_denied(result))
		return result;
	denied = *err;
	result = ask(record, init, cancel, joined, err);
	/* That he may not look is what counts, unless he does not want to any more. */
	if (result < 0 && result != -ECANCELED)
		*err = denied;
	return result < 0 ? -err->code : 0;
}

void enter_finish(struct joined *joined)
{
	for (unsigned kind = 0; joined->asked && kind < NAMESPACE_KINDS; kind++)
		cleanup_close(&joined->files[kind]);
	joined->asked = false;
}

void enter_hand_over(struct joined *joined, int init, struct creation *creation)
{
	for (unsigned kind = 0; joined->asked && kind < NAMESPACE_KINDS; kind++)
		creation->namespaces.at[kind] = joined->files[kind];
	creation->namespaces.process = joined->asked ? -1 : init;
	joined->asked = false;
}

/*
 * What a container is like while it ends: init has no namespaces, none of them takes another process,
 * those that are there are killed; and only then init is over, which is worth waiting for.
 */
static int ending_ms(int code)
{
	static const int codes[] = {ESRCH, ENOMEM, ECHILD, ECONNRESET, EPIPE};

	for (size_t i = 0; i < COUNT(codes); i++)
		if (code == codes[i])
			return ENDING_MS;
	return 0;
}

int enter_explain(int result, int init, const char *doing, struct error *err)
{
	return clone_has_ended(init, ending_ms(-result)) ? error_not_running(doing, err) : result;
}
