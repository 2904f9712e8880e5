/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/enter.h"

#include <errno.h>

#include "libcontainer/creation.h"
#include "libcontainer/process/clone.h"
#include "libcontainer/process/pid_file.h"
#include "libcontainer/process/start_socket.h"
#include "libcontainer/warnings.h"
#include "spec/cleanup.h"

/* This is longer than the kernel needs to end a container whose processes are killed. */
enum { ENDING_MS = 2000 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * Status
 */

static int error_not_running(const struct verb *verb, struct error *err)
{
	return error_set(err, ESRCH, "cannot %s a stopped container: container not running",
			 verb->doing);
}

/* Callers of kist compare these sentences, so their words must stay. */
static int refuse(const struct verb *verb, enum status status, struct error *err)
{
	if (status == STATUS_PAUSED)
		return error_set(err, EBUSY, "cannot %s a paused container; resume it first%s%s",
				 verb->doing, verb->or_paused ? ", or " : "",
				 verb->or_paused ? verb->or_paused : "");
	if (status == STATUS_CREATING)
		return error_set(err, EAGAIN, "cannot %s a container that is still being created",
				 verb->doing);
	return error_not_running(verb, err);
}

int enter_check(struct container *container, const struct verb *verb, struct error *err)
{
	int status = container_status(container, &container->init, err);

	if (status < 0)
		return status;
	container->status = (enum status)status;
	if (verb->statuses & ENTER_IN(container->status))
		return 0;
	return verb->refuse ? verb->refuse(container, err) : refuse(verb, container->status, err);
}

int enter_open(const char *root, const char *id, const struct verb *verb,
	       struct container *container, struct error *err)
{
	if (container_open(root, id, container, err) < 0)
		return -err->code;
	if (enter_check(container, verb, err) == 0)
		return 0;
	container_close(container);
	return -err->code;
}

/*
 * Namespaces
 */

/* An ordinary user may not see the namespaces of an init that is guarded, so init is asked to send
 * them itself. */
static int ask_namespaces(const struct container *container, const int *cancel,
			  struct joined *joined, struct error *err)
{
	if (start_socket_ask_namespaces(container->record.directory, container->init, cancel,
					joined->files, err) < 0)
		return -err->code;
	joined->asked = true;
	joined->namespaces = namespaces_differ_from(joined->files);
	return 0;
}

static bool is_denied(int result)
{
	return result == -EACCES || result == -EPERM;
}

/* Find out which namespaces of init are to be joined. */
static int read_namespaces(const struct container *container, const int *cancel,
			   struct joined *joined, struct error *err)
{
	struct error denied;
	int result = namespaces_differ(container->record.pid, &joined->namespaces, err);

	if (!is_denied(result))
		return result;
	denied = *err;
	result = ask_namespaces(container, cancel, joined, err);
	/* The refusal to look is the error that counts, unless the caller has cancelled the
	 * question. */
	if (result < 0 && result != -ECANCELED)
		*err = denied;
	return result < 0 ? -err->code : 0;
}

static int check_own(const struct verb *verb, const struct joined *joined, struct error *err)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		if (verb->own & ~joined->namespaces & 1U << kind)
			return error_set(err, EINVAL, "init is in the %s namespace of the caller",
					 words_name(&namespace_words, kind));
	return 0;
}

/*
 * The plan
 */

static void entering_init(struct entering *entering, const struct verb *verb,
			  const struct request *request, const struct container *container)
{
	*entering = (struct entering){
		.joined = {.purpose = verb->purpose,
			   .record = &container->record,
			   .status = container->status},
		.plan = {.config = &entering->config,
			 .joined = &entering->joined,
			 .options = request->options,
			 .bundle = container->record.bundle,
			 .arena = &entering->arena},
	};
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		entering->joined.files[kind] = -1;
}

static void entering_finish(struct entering *entering)
{
	cleanup_close_all(entering->joined.files, NAMESPACE_KINDS);
	arena_finish(&entering->arena);
}

/* Read the container's configuration, and let the verb change what is to be different. */
static int read_config(struct entering *entering, const struct verb *verb, const void *told,
		       struct error *err)
{
	const struct config *own;

	if (record_read_config(entering->joined.record, &entering->arena, &own, err) < 0)
		return -err->code;
	entering->process = own->process ? *own->process : plan_no_process;
	entering->config = *own;
	entering->config.process = &entering->process;
	return verb->prepare(entering, told, err);
}

static int read_joined(struct entering *entering, const struct verb *verb,
		       const struct container *container, struct error *err)
{
	if (read_namespaces(container, entering->plan.options->cancel, &entering->joined, err) <
		    0 ||
	    check_own(verb, &entering->joined, err) < 0)
		return -err->code;
	return plan_read_joined(&entering->plan, &entering->joined, err);
}

/* Put the name of what the caller has asked for in front of the error. */
static int fail(const struct request *request, struct error *err)
{
	return request->about ? error_wrap(err, "%s", request->about) : -err->code;
}

/* Facts about the container were read by the pid of init. They are init's facts if init still lives
 * afterwards, since nobody else can have had its pid meanwhile. */
static int plan_entering(struct entering *entering, const struct verb *verb,
			 const struct request *request, const struct container *container,
			 struct error *err)
{
	int result;

	if (read_config(entering, verb, request->told, err) < 0 ||
	    plan_read_host(&entering->plan, err) < 0 ||
	    read_joined(entering, verb, container, err) < 0)
		return -err->code;
	result = plan_make_joined(&entering->plan, err);
	warnings_log(&entering->plan.warnings);
	if (result < 0)
		return fail(request, err);
	return clone_has_ended(container->init, 0) ? error_not_running(verb, err) : 0;
}

/*
 * The steps
 */

/* Give the steps the descriptors by which they join the namespaces. The descriptors still belong to
 * the entering and to the container, which close them. */
static void lend_namespaces(const struct entering *entering, const struct container *container,
			    struct creation *creation)
{
	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		creation->namespaces.at[kind] = entering->joined.files[kind];
	creation->namespaces.process = entering->joined.asked ? -1 : container->init;
}

/* End a process that has done its work, or that must not go on. A process that is held up in the
 * kernel ends only when the container does, or when whatever else holds it lets go. The host side's
 * end of the conversation is closed by now. */
static void end_process(struct creation *creation)
{
	struct error ignored;

	pid_file_undo(&creation->record, &ignored);
	if (creation->init >= 0)
		clone_end(creation->init);
	cleanup_close(&creation->init);
	cleanup_close(&creation->console.leader);
}

static int carry_out(const struct entering *entering, const struct verb *verb,
		     const struct request *request, const struct container *container,
		     struct error *err)
{
	struct creation creation;
	int result;

	creation_init(&creation, &entering->plan, NULL);
	creation.child = verb->child;
	lend_namespaces(entering, container, &creation);
	result = steps_walk(verb->host, &creation, err);
	steps_finish(verb->host, &creation);
	if (result < 0 || !request->process)
		end_process(&creation);
	else
		*request->process = (struct container_process){
			.pid = creation.record.pid,
			.pidfd = creation.init,
			.terminal = creation.console.leader,
			.notify = -1,
		};
	return result < 0 ? fail(request, err) : 0;
}

/* How long to wait for init's end after an error that a container may give while it ends. In an
 * ending container init has no namespaces, none of them takes another process, and the processes
 * that are there are killed; init is over only after that, which is worth waiting for. */
static int ending_ms(int code)
{
	static const int codes[] = {ESRCH, ENOMEM, ECHILD, ECONNRESET, EPIPE};

	for (size_t i = 0; i < COUNT(codes); i++)
		if (code == codes[i])
			return ENDING_MS;
	return 0;
}

static int enter_opened(const struct verb *verb, const struct request *request,
			const struct container *container, struct error *err)
{
	struct entering entering;
	int result;

	entering_init(&entering, verb, request, container);
	result = plan_entering(&entering, verb, request, container, err);
	if (result == 0)
		result = carry_out(&entering, verb, request, container, err);
	if (result < 0 && clone_has_ended(container->init, ending_ms(-result)))
		result = error_not_running(verb, err);
	entering_finish(&entering);
	return result;
}

int enter(const struct verb *verb, const struct request *request, struct error *err)
{
	const struct container_options *options = request->options;
	struct container container;
	int result;

	if (enter_open(options->root, options->id, verb, &container, err) < 0)
		return -err->code;
	result = enter_opened(verb, request, &container, err);
	container_close(&container);
	return result;
}
