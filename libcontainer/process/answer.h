/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that goes into a container to do something there, and not to execute a program: it says
 * PAUSED when that is done, and ends.
 */
#ifndef KIST_ANSWER_H
#define KIST_ANSWER_H

struct step;

/* Host: until it has done so, but not for ever. A filesystem of the container's own need never answer
 * who looks something up there. */
extern const struct step answer_wait;

/* Child, the last of its steps. Nobody but the host side waits for it. */
extern const struct step answer_end;

#endif
