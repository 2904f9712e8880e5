/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One direction between two descriptors: read what fits, write what can be written, lose nothing,
 * and never wait. Neither descriptor is closed here.
 */
#ifndef KIST_FLOW_H
#define KIST_FLOW_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct flow {
	int from, to;
	size_t begin, end;
	bool open;      /* more may come */
	bool in_a_line; /* what came last ended no line */
	bool on_demand; /* others read there as well: take nothing before the last was taken */
	bool bounded;
	size_t left; /* that may come, if bounded */
	int error;   /* why nothing can be written any more, an errno value */
	char data[8192];
};

/**
 * flow_is_full() - whether there is something to be written.
 */
bool flow_is_full(const struct flow *flow);

/**
 * flow_is_over() - whether nothing will be written any more.
 */
bool flow_is_over(const struct flow *flow);

/**
 * flow_stop() - nothing goes through any more, what is on its way included.
 */
void flow_stop(struct flow *flow, int error);

/**
 * flow_bound() - no more than this is still to come.
 */
void flow_bound(struct flow *flow, size_t bytes);

/**
 * flow_poll() - what to wait for before the next flow_step(), which gets what came of it.
 */
struct pollfd flow_poll(struct flow *flow);
void flow_step(struct flow *flow, const struct pollfd *ready);

#endif
