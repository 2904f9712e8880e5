/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One direction of data between two descriptors. A flow reads what fits, writes what can be
 * written, loses nothing and never waits. Neither descriptor is closed here.
 */
#ifndef KIST_FLOW_H
#define KIST_FLOW_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct flow {
	int from, to;
	size_t begin, end;
	bool open;      /* more may be read */
	bool in_a_line; /* the last byte that was read ends no line */
	bool on_demand; /* others read from there, too: read only when the last bytes were taken */
	bool bounded;
	size_t left; /* bytes that may still be read, if bounded */
	int error;   /* why nothing can be written any more, an errno value; 0: it can */
	char data[8192];
};

/**
 * flow_is_full() - whether bytes were read that are still to be written.
 */
bool flow_is_full(const struct flow *flow);

/**
 * flow_is_over() - whether nothing is left to be written, and nothing more is read.
 */
bool flow_is_over(const struct flow *flow);

/**
 * flow_stop() - read nothing more, and drop what is still to be written.
 * @error: the reason, an errno value
 */
void flow_stop(struct flow *flow, int error);

/**
 * flow_bound() - read no more than so many bytes from now on.
 */
void flow_bound(struct flow *flow, size_t bytes);

/**
 * flow_poll() - what poll(2) is to wait for before the next flow_step().
 *
 * Return: its fd is -1 when there is nothing to wait for
 */
struct pollfd flow_poll(struct flow *flow);

/**
 * flow_step() - read or write once, as far as the descriptor is ready.
 * @ready: what flow_poll() has returned, with the result of poll(2)
 */
void flow_step(struct flow *flow, const struct pollfd *ready);

#endif
