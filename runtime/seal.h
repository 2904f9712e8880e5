/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeping kist's own executable out of the container's reach (CVE-2019-5736).
 *
 * A process that enters a container runs this very file until it executes the container's program,
 * and a script there may even have the file executed again, by "#!/proc/self/exe". A process of the
 * container that gets hold of the file through /proc/PID/exe must not be able to write to it, nor
 * find its page cache shared with the host. So kist executes itself again from a sealed copy in
 * memory.
 */
#ifndef KIST_SEAL_H
#define KIST_SEAL_H

#include "spec/error.h"

/**
 * seal_executable() - execute kist again from a sealed copy, unless this is one.
 * @call: the whole command line
 *
 * The running program is replaced: the caller comes here a second time, in the copy, with
 * everything as it was when kist was called. This fails rather than go on without a copy.
 *
 * Return: 0 in the sealed copy; -errno
 */
int seal_executable(char **call, struct error *err);

/**
 * seal_lightly() - execute kist again from where nobody can write to it, unless nobody can write to
 * this file. It is for a caller that stays until the container has ended.
 * @call: the whole command line
 *
 * A read-only view of the file, a mount that is in no mount namespace, is cheaper than a copy, and
 * as well protected from a process that holds it. The view shares the file's page cache, which
 * matters when a flaw of the kernel lets readers change it, so a kist that outlives its caller uses
 * a sealed copy. A kist with a dynamic linker uses a copy, too: it would run libraries of the image
 * when a script there has kist executed. So does a caller that may not make that view.
 *
 * Return: 0 where kist cannot be written to; -errno
 */
int seal_lightly(char **call, struct error *err);

#endif
