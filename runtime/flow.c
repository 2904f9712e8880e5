/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/flow.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

bool flow_is_full(const struct flow *flow)
{
	return flow->begin < flow->end;
}

bool flow_is_over(const struct flow *flow)
{
	return !flow->open && !flow_is_full(flow);
}

void flow_stop(struct flow *flow, int error)
{
	flow->open = false;
	flow->begin = flow->end;
	flow->error = error;
}

void flow_bound(struct flow *flow, size_t bytes)
{
	flow->bounded = true;
	flow->left = bytes;
}

static size_t room(const struct flow *flow)
{
	if (flow->bounded && flow->left < sizeof flow->data)
		return flow->left;
	return sizeof flow->data;
}

static bool ends_line(char last)
{
	return last == '\r' || last == '\n';
}

static void fill(struct flow *flow, size_t count)
{
	flow->begin = 0;
	flow->end = count;
	flow->in_a_line = !ends_line(flow->data[count - 1]);
	if (!flow->bounded)
		return;
	flow->left -= count;
	flow->open = flow->left > 0;
}

static void flow_read(struct flow *flow)
{
	ssize_t got = read(flow->from, flow->data, room(flow));

	if (got > 0)
		fill(flow, (size_t)got);
	/* Reading from a terminal fails with EIO once nobody has its other side open any more. */
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		flow->open = false;
}

/* A pipe that is ready takes PIPE_BUF bytes at once (pipe(7)). */
static void flow_write(struct flow *flow)
{
	size_t rest = flow->end - flow->begin;
	ssize_t written =
		write(flow->to, flow->data + flow->begin, rest < PIPE_BUF ? rest : PIPE_BUF);

	if (written > 0)
		flow->begin += (size_t)written;
	else if (errno != EAGAIN && errno != EINTR)
		flow_stop(flow, errno);
}

/* A flow on demand reads only when its pipe has room. A process that has closed its end of the pipe
 * wants no more, so nothing is taken from where others read, too. */
static bool is_demanded(struct flow *flow)
{
	struct pollfd to = {.fd = flow->to, .events = POLLOUT};

	if (!flow->on_demand)
		return true;
	poll(&to, 1, 0);
	if (to.revents & POLLERR)
		flow_stop(flow, EPIPE);
	return to.revents == POLLOUT;
}

struct pollfd flow_poll(struct flow *flow)
{
	bool waits = flow->open && !flow_is_full(flow) && !is_demanded(flow);

	if (flow_is_full(flow) || (waits && flow->open))
		return (struct pollfd){.fd = flow->to, .events = POLLOUT};
	return (struct pollfd){.fd = flow->open ? flow->from : -1, .events = POLLIN};
}

void flow_step(struct flow *flow, const struct pollfd *ready)
{
	if (!ready->revents)
		return;
	if (flow_is_full(flow))
		flow_write(flow);
	else if (ready->fd == flow->from && is_demanded(flow))
		flow_read(flow);
}
