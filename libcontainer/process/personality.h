/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The execution domain, which says what machine uname(2) shows (config-linux.md, Personality;
 * personality(2)).
 */
#ifndef KIST_PERSONALITY_H
#define KIST_PERSONALITY_H

#include <stdbool.h>
#include <stdio.h>

#include "spec/config.h"
#include "spec/error.h"

struct creation;
struct step;
struct plan;

/* Init: set the domain, which execve keeps and children inherit. */
extern const struct step personality_set;

#endif
