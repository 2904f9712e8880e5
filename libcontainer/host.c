/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/host.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcontainer/compat.h"

/* The permitted set of this process. */
static int read_permitted(uint64_t *permitted, struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return error_errno(err, "capget");
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

static int read_capabilities(struct host *host, struct error *err)
{
	uint64_t permitted = 0, bounding = 0;

	if (read_permitted(&permitted, err) < 0)
		return -err->code;
	for (int capability = 0; capability < 64; capability++) {
		int bounded = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);

		if (bounded < 0)
			break;
		host->known_capabilities |= 1ULL << capability;
		bounding |= (uint64_t)bounded << capability;
	}
	host->capabilities = permitted & bounding;
	host->ambient_forbidden = prctl(PR_GET_SECUREBITS) & SECBIT_NO_CAP_AMBIENT_RAISE;
	return 0;
}

/* Mounting onto a detached tree came with Linux 6.15, and so did open_tree_attr(2), whose presence
 * shows without doing anything: with no attributes to read it fails before it looks at the path. */
static bool has_detached_mounts(void)
{
	return syscall(SYS_open_tree_attr, -1, "", 0, NULL, 1) < 0 && errno != ENOSYS;
}

/* include/linux/proc_ns.h: PROC_USER_INIT_INO */
static const ino_t first_user_namespace = 0xEFFFFFFD;

static bool denies_nodes(void)
{
	struct stat status;

	return stat("/proc/self/ns/user", &status) == 0 && status.st_ino != first_user_namespace;
}

/* A copy of no descriptor is asked for, which does nothing: a caller that may copy mounts is
 * refused for the descriptor (EBADF), and another one with EPERM. */
static bool denies_mounts(void)
{
	return open_tree(-1, "", OPEN_TREE_CLONE | AT_EMPTY_PATH) < 0 && errno == EPERM;
}

int host_read(struct host *host, struct error *err)
{
	host->uid = geteuid();
	host->gid = getegid();
	if (getrlimit(RLIMIT_NOFILE, &host->descriptors) < 0)
		return error_errno(err, "getrlimit");
	host->nodes_denied = denies_nodes();
	host->mounts_denied = denies_mounts();
	host->detached_mounts = has_detached_mounts();
	return read_capabilities(host, err);
}
