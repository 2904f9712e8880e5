/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that goes into a container to do something there, and not to execute a program, says
 * PAUSED when it has done that, and ends.
 */
#ifndef KIST_ANSWER_H
#define KIST_ANSWER_H

struct step;

/* Host: wait until the child has done its work, but not for ever: a filesystem of the container's
 * own need never answer the child, which looks something up there. */
extern const struct step answer_wait;

/* Child: say that the work is done, and end. This is the last of the child's steps. */
extern const struct step answer_end;

#endif
