/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The features document (features.md, features-linux.md), made from the tables that the code uses.
 */
#ifndef KIST_SPEC_FEATURES_H
#define KIST_SPEC_FEATURES_H

#include "spec/arena.h"

/**
 * features_format() - the document of what this build recognises and supports, with a newline at
 * the end.
 * @version, @commit: of this build
 *
 * Return: the text, owned by the arena
 */
const char *features_format(const char *version, const char *commit, struct arena *arena);

#endif
