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
 *
 * A script of the image can have kist executed inside. Of a kist with a dynamic linker that would run
 * the image's libraries, so that one always goes on sealed. What is linked statically runs nothing but
 * kist, as the one process of a new pid namespace, with which all others in there end: it only needs to
 * be sealed where other processes are. libcontainer tells when.
 */
int seal_for(struct container_options *options, char **call, struct error *err);

#endif
