/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/process/sync.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "libcontainer/io.h"
#include "libcontainer/seccomp/agent.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

struct message {
	enum sync_word word;
	/* Only these two words have more than the word itself. */
	union {
		struct error error; /* FAILED */
		pid_t pid;          /* PROCESS */
	};
};

enum { PROCESS_SIZE = offsetof(struct message, pid) + sizeof(pid_t) };

static int send_word(int sync, enum sync_word word, int descriptor, struct error *err)
{
	return io_send_descriptor(sync, &word, sizeof word, descriptor, err);
}

int sync_send(int sync, enum sync_word word, struct error *err)
{
	return send_word(sync, word, -1, err);
}

int sync_send_descriptor(int sync, int descriptor, struct error *err)
{
	return send_word(sync, SYNC_FD, descriptor, err);
}

int sync_send_listener(int sync, int listener, struct error *err)
{
	return send_word(sync, SYNC_LISTENER, listener, err);
}

int sync_send_process(int sync, int pidfd, pid_t pid, struct error *err)
{
	struct message message = {.word = SYNC_PROCESS, .pid = pid};

	return io_send_descriptor(sync, &message, PROCESS_SIZE, pidfd, err);
}

void sync_send_failure(int sync, const struct error *failure)
{
	struct message message = {.word = SYNC_FAILED, .error = *failure};
	struct error ignored;

	io_send_descriptor(sync, &message, sizeof message, -1, &ignored);
}

/* The other side, which is waited for, and the descriptor that cancels the wait once it is
 * readable; see sync_receive() and struct container_options. */
struct peer {
	int sync;
	int pidfd;
	const int *cancel;
	/* other processes in its pid namespace may stop it before it executes the program */
	bool exposed;
};

/* Make the peer of the host side; init has no descriptor of its own process. */
static struct peer peer_of(const struct creation *creation)
{
	return (struct peer){
		.sync = creation->sync,
		.pidfd = creation->init,
		.cancel = creation->plan->options->cancel,
		.exposed = creation->plan->joined ||
			   creation->plan->config->linux->namespaces.at[NAMESPACE_PID].path,
	};
}

enum { LOOK_MS = 1000 };

/* Wait until there is something to receive, or until there never will be. Return: whether there is
 * something; -ETIMEDOUT; -ECANCELED; -errno */
static int wait_readable(const struct peer *peer, int timeout_ms, struct error *err)
{
	/* The kernel looks at the descriptors in this order: the process first, so that what it
	 * said before it ended is still found. */
	struct pollfd fds[] = {
		{.fd = peer->pidfd, .events = POLLIN},
		{.fd = peer->sync, .events = POLLIN},
		{.fd = peer->cancel ? *peer->cancel : -1, .events = POLLIN},
	};
	int ready;

	while ((ready = poll(fds, 3, timeout_ms)) < 0)
		if (errno != EINTR)
			return error_errno(err, "poll");
	if (ready == 0)
		return error_set(err, ETIMEDOUT, "no answer within %d ms", timeout_ms);
	if (!fds[0].revents && !fds[1].revents)
		return error_set(err, ECANCELED, "interrupted");
	return fds[1].revents != 0;
}

int sync_await(int sync, int pidfd, const int *cancel, int timeout_ms, struct error *err)
{
	const struct peer peer = {.sync = sync, .pidfd = pidfd, .cancel = cancel};
	int readable = wait_readable(&peer, timeout_ms, err);

	return readable < 0 ? readable : 0;
}

static int error_malformed(struct error *err)
{
	return error_set(err, EPROTO, "init sent a malformed message");
}

static int take_failure(const struct message *message, ssize_t size, struct error *err)
{
	if (size != sizeof *message || message->error.code <= 0)
		return error_malformed(err);
	*err = message->error;
	err->text[sizeof err->text - 1] = '\0';
	return -err->code;
}

/* A process that ends without having read everything resets the connection. The kernel reports the
 * reset first, and only then what the process said before. */
static ssize_t receive_last(int sync, struct message *message, int *descriptor, struct error *err)
{
	struct error of_last;
	ssize_t size = io_receive_descriptor(sync, message, sizeof *message, descriptor, err);

	if (size != -ECONNRESET)
		return size;
	size = io_receive_descriptor(sync, message, sizeof *message, descriptor, &of_last);
	return size > 0 ? size : -err->code;
}

static bool is_stopped(int pidfd)
{
	siginfo_t info = {0};

	return waitid(P_PIDFD, (id_t)pidfd, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid > 0;
}

/* The kernel does not report to this process that the other one was stopped, so look once in a
 * while. */
static int wait_for_peer(const struct peer *peer, struct error *err)
{
	int timeout_ms = peer->exposed ? LOOK_MS : -1;
	int readable = wait_readable(peer, timeout_ms, err);

	while (readable == -ETIMEDOUT && !is_stopped(peer->pidfd))
		readable = wait_readable(peer, timeout_ms, err);
	return readable == -ETIMEDOUT ? error_set(err, EBUSY, "the process was stopped") : readable;
}

/* Receive a message. Return: the word; FAILED becomes its error, -code */
static int receive(const struct peer *peer, struct message *message, int *descriptor,
		   struct error *err)
{
	int readable = wait_for_peer(peer, err);
	ssize_t size;

	*message = (struct message){0};
	if (readable < 0)
		return readable;
	if (!readable)
		return SYNC_CLOSED;
	size = receive_last(peer->sync, message, descriptor, err);
	if (size < 0)
		return -err->code;
	if (size == 0)
		return SYNC_CLOSED;
	if (size < (ssize_t)sizeof message->word)
		return error_malformed(err);
	if (message->word == SYNC_FAILED)
		return take_failure(message, size, err);
	return (int)message->word;
}

static int receive_word(const struct peer *peer, int *descriptor, struct error *err)
{
	struct message message;

	return receive(peer, &message, descriptor, err);
}

int sync_receive(int sync, int pidfd, int *descriptor, struct error *err)
{
	const struct peer peer = {.sync = sync, .pidfd = pidfd};

	return receive_word(&peer, descriptor, err);
}

int sync_receive_go(int sync, struct error *err)
{
	int word = sync_receive(sync, -1, NULL, err);

	if (word < 0)
		return word;
	return word == SYNC_GO ? 0 : error_set(err, ECANCELED, "the creator has gone");
}

int sync_receive_process(const struct creation *creation, pid_t *pid, struct error *err)
{
	const struct peer peer = peer_of(creation);
	struct message message;
	_close_ int descriptor = -1;
	int word = receive(&peer, &message, &descriptor, err);

	if (word == SYNC_CLOSED || word == -ECONNRESET)
		return error_set(err, ECHILD, "the process was killed");
	if (word < 0)
		return word;
	if (word != SYNC_PROCESS || descriptor < 0 || message.pid <= 0)
		return error_malformed(err);
	*pid = message.pid;
	return take(&descriptor);
}

static int error_unexpected(int word, struct error *err)
{
	return error_set(err, EPROTO, "init said something unexpected (%d)", word);
}

/* Send the listener of a filter to the agent, and let init go on, which waits until the agent has
 * it. */
static int hand_over(int sync, const struct seccomp_agent *agent, int listener, struct error *err)
{
	if (listener < 0)
		return error_malformed(err);
	if (seccomp_agent_send(agent, listener, err) < 0)
		return -err->code;
	return sync_send(sync, SYNC_GO, err);
}

static int receive_end(const struct peer *peer, const struct seccomp_agent *agent, bool hooked,
		       int *notify, struct error *err)
{
	_close_ int descriptor = -1;
	int word = receive_word(peer, &descriptor, err);

	if (word == SYNC_NOTIFY && descriptor >= 0 && *notify < 0) {
		*notify = take(&descriptor);
		return receive_end(peer, agent, hooked, notify, err);
	}
	if (hooked && word == SYNC_HOOKED)
		return receive_end(peer, agent, false, notify, err);
	if (agent && word == SYNC_LISTENER) {
		if (hand_over(peer->sync, agent, descriptor, err) < 0)
			return -err->code;
		return receive_end(peer, NULL, hooked, notify, err);
	}
	if (word == SYNC_CLOSED && hooked)
		return error_set(err, ECHILD, "init was killed while hooks ran");
	if (word == SYNC_CLOSED && agent)
		return error_set(err, ECHILD,
				 "the process was killed before its filter was loaded");
	return word <= 0 ? word : error_unexpected(word, err);
}

int sync_receive_end(int sync, int pidfd, const struct seccomp_agent *agent, bool hooked,
		     int *notify, struct error *err)
{
	const struct peer peer = {.sync = sync, .pidfd = pidfd};

	return receive_end(&peer, agent, hooked, notify, err);
}

/* The error for an init that ended without a word: no code of kist does that, so it was killed. */
static int error_init_ended(const struct plan *plan, struct error *err)
{
	const struct resources *resources = plan->config->linux->resources;

	if (plan->joined)
		return error_set(err, ECHILD, "the process was killed");

	if (resources && resources->memory && resources->memory->limit)
		return error_set(
			err, ECHILD,
			"init was killed; is linux.resources.memory.limit (%lld bytes) too low "
			"for it?",
			(long long)*resources->memory->limit);
	return error_set(err, ECHILD, "init was killed");
}

int sync_receive_descriptor(const struct creation *creation, struct error *err)
{
	const struct peer peer = peer_of(creation);
	_close_ int descriptor = -1;
	int word = receive_word(&peer, &descriptor, err);

	if (word == SYNC_CLOSED || word == -ECONNRESET)
		return error_init_ended(creation->plan, err);
	if (word < 0)
		return word;
	return word == SYNC_FD && descriptor >= 0 ? take(&descriptor) : error_unexpected(word, err);
}

static bool is_unheard(const struct error *err)
{
	return err->code == EPIPE || err->code == ECONNRESET;
}

int sync_send_go(const struct creation *creation, struct error *err)
{
	if (sync_send(creation->sync, SYNC_GO, err) == 0)
		return 0;
	return is_unheard(err) ? error_init_ended(creation->plan, err) : -err->code;
}

static struct seccomp_agent describe_agent(const struct creation *creation)
{
	const struct plan *plan = creation->plan;
	const struct joined *joined = plan->joined;
	struct seccomp_agent agent = seccomp_agent_describe(
		plan->config->linux->seccomp, joined ? joined->record : &creation->record,
		joined ? joined->status : STATUS_CREATING, creation->record.pid, plan->arena);

	agent.cancel = plan->options->cancel;
	return agent;
}

static int take_listener(const struct creation *creation, int listener, struct error *err)
{
	struct seccomp_agent agent = describe_agent(creation);

	return hand_over(creation->sync, &agent, listener, err);
}

static int step_ready(struct creation *creation, struct error *err)
{
	bool notifies = creation->plan->seccomp.notifies;
	const struct peer peer = peer_of(creation);

	for (;;) {
		_close_ int descriptor = -1;
		int word = receive_word(&peer, &descriptor, err);

		/* A reset means that init had not even read what it was told. */
		if (word == SYNC_CLOSED || word == -ECONNRESET)
			return error_init_ended(creation->plan, err);
		if (word < 0 || word == SYNC_PAUSED)
			return word < 0 ? word : 0;
		if (word == SYNC_LISTENER && notifies) {
			if (take_listener(creation, descriptor, err) < 0)
				return -err->code;
			continue;
		}
		if (word != SYNC_FD || descriptor < 0 || creation->console.leader >= 0)
			return error_unexpected(word, err);
		creation->console.leader = take(&descriptor);
	}
}

const struct step sync_ready_for_hooks = {
	"pause for hooks",
	.run = step_ready,
	.planned = PLANNED(hooks.before_pivot),
	.relays_error = true,
};

const struct step sync_ready = {
	"ready",
	.run = step_ready,
	.relays_error = true,
};

static int step_go(struct creation *creation, struct error *err)
{
	const struct plan *plan = creation->plan;
	/* With create, init closes the socket before the hooks run, when it begins to wait for
	 * `start`; so HOOKED does not arrive here. */
	bool hooked = plan->hooks.runs[HOOK_START_CONTAINER] && !plan->waits_for_start;
	bool notifies = plan->seccomp.late && plan->seccomp.notifies && !plan->waits_for_start;
	const struct peer peer = peer_of(creation);
	struct seccomp_agent agent;

	if (notifies)
		agent = describe_agent(creation);
	if (sync_send_go(creation, err) < 0)
		return -err->code;
	return receive_end(&peer, notifies ? &agent : NULL, hooked, &creation->notify, err);
}

const struct step sync_go = {
	"go",
	.run = step_go,
	.relays_error = true,
};

/* Say a word that the other side need not hear any more. */
static int send_if_heard(int sync, enum sync_word word, int descriptor, struct error *err)
{
	if (send_word(sync, word, descriptor, err) < 0 && !is_unheard(err))
		return -err->code;
	return 0;
}

struct batch_message {
	enum sync_word word;
	uint32_t places[IO_DESCRIPTORS_MAX];
};

int sync_send_batch(int sync, const struct sync_batch *batch, struct error *err)
{
	struct batch_message message = {.word = SYNC_BATCH};
	size_t size = sizeof *batch->places * batch->count;

	memcpy(message.places, batch->places, size);
	if (io_send_descriptors(sync, &message, offsetof(struct batch_message, places) + size,
				batch->descriptors, batch->count, err) < 0 &&
	    !is_unheard(err))
		return -err->code;
	return 0;
}

int sync_receive_batch(int sync, struct sync_batch *batch, struct error *err)
{
	const size_t head = offsetof(struct batch_message, places);
	struct batch_message message;
	ssize_t size = io_receive_descriptors(sync, &message, sizeof message, batch->descriptors,
					      IO_DESCRIPTORS_MAX, &batch->count, err);

	if (size < 0)
		return -err->code;
	if (size < (ssize_t)head || message.word != SYNC_BATCH)
		return error_set(err, ECANCELED, "the creator has gone");
	if ((size_t)size - head != batch->count * sizeof *batch->places)
		return error_set(err, EMFILE, "raise the hard limit of RLIMIT_NOFILE: %s",
				 error_describe(EMFILE));
	memcpy(batch->places, message.places, (size_t)size - head);
	return 0;
}

/* When init has ended meanwhile, the step that waits for its next word gets the error. */
static int step_resume(struct creation *creation, struct error *err)
{
	return send_if_heard(creation->sync, SYNC_GO, -1, err);
}

const struct step sync_resume = {
	"go on",
	.run = step_resume,
	.planned = PLANNED(hooks.before_pivot),
};

static int step_hold(struct creation *creation, struct error *err)
{
	if (sync_send(creation->sync, SYNC_PAUSED, err) < 0)
		return -err->code;
	return sync_receive_go(creation->sync, err);
}

const struct step sync_hold = {
	"pause for hooks",
	.run = step_hold,
	.planned = PLANNED(hooks.before_pivot),
};

static int step_pause(struct creation *creation, struct error *err)
{
	if (step_hold(creation, err) < 0)
		return -err->code;
	/* From here on the container outlives its creator, so the death signal is cancelled. */
	if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		return error_errno(err, "prctl(PR_SET_PDEATHSIG)");
	return 0;
}

const struct step sync_pause = {
	"pause",
	.run = step_pause,
};

/* A container that was told to start does so, whatever becomes of the process that told it. */
static int step_hooked(struct creation *creation, struct error *err)
{
	return send_if_heard(creation->sync, SYNC_HOOKED, -1, err);
}

const struct step sync_hooked = {
	"hooks have run",
	.run = step_hooked,
	.planned = PLANNED(hooks.runs[HOOK_START_CONTAINER]),
};

int sync_send_notify(int sync, int notify, struct error *err)
{
	return send_if_heard(sync, SYNC_NOTIFY, notify, err);
}
