/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kist's own executable, out of reach (CVE-2019-5736).
 *
 * What enters a container runs this very file until it executes the container's program, and a
 * script there may even have it executed again, by "#!/proc/self/exe". Whoever gets hold of it
 * through /proc/PID/exe must not be able to write to it, nor find its page cache shared with the
 * host. So kist calls itself again from a sealed copy in memory.
 */
#ifndef KIST_SEAL_H
#define KIST_SEAL_H

#include "spec/error.h"

/**
 * seal_executable() - go on in a sealed copy, unless this is one.
 * @call: the whole command line
 *
 * What runs already is replaced: the caller comes here twice, with everything as it was when it was
 * called. Fails rather than go on without.
 *
 * Return: 0 in the sealed copy; -errno
 */
int seal_executable(char **call, struct error *err);

/**
 * seal_lightly() - go on where nobody can write to kist, unless nobody can here; for a caller that stays
 * until the container has ended.
 *
 * A read-only view of the file, a mount that is in no mount namespace, is cheaper than a copy, and as
 * well protected from whoever holds it. It shares the file's page cache, which matters when a flaw of
 * the kernel lets readers change it; so what outlives its caller goes on sealed. A kist with a dynamic
 * linker, which would run libraries of the image when a script there has kist executed, does so, too;
 * and where a caller may not make that view.
 *
 * Return: as above
 */
int seal_lightly(char **call, struct error *err);

#endif
