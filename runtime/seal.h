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

#include <stdbool.h>

#include "libcontainer/container.h"

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
 * seal_for() - the same for a new container, where it is needed.
 * @stays: the calling process stays until the container has ended
 *
 * The kernel lets nobody write to a file that is being executed, and the caller executes it. So a
 * caller that stays protects it for as long as a new pid namespace has processes, and need not go on
 * sealed; unless kist has a dynamic linker, which would run libraries of the image when a script there
 * has kist executed. Where the container shares a pid namespace, others may outlive it: libcontainer
 * tells.
 */
int seal_for(struct container_options *options, char **call, bool stays, struct error *err);

#endif
