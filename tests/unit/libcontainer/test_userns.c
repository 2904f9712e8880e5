/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User namespaces that nobody lives in: made by whom, and with how many mappings. Needs root.
 */
#include "libcontainer/namespaces/userns.h"

#include <linux/nsfs.h>
#include <sys/ioctl.h>

#include "libcontainer/io.h"
#include "libcontainer/namespaces/idmap.h"

#include "tests/unit/libcontainer/userns_fixture.h"

TestSuite(userns, .init = fixture_init, .fini = fixture_finish);

static uint64_t without(uint64_t capabilities, int capability)
{
	return capabilities & ~(1ULL << capability);
}

static void make_namespace(void)
{
	struct id_mappings mappings = {.count = 1, .at = one};
	_close_ int userns = userns_make(idmap_reaches_guarded(&host), &mappings, &mappings, &err);
	uid_t owner;

	EXPECT(userns >= 0);
	EXPECT(fcntl(userns, F_GETFD) == FD_CLOEXEC);
	EXPECT(ioctl(userns, NS_GET_OWNER_UID, &owner) == 0 && owner == host.uid);
}

/* What is mapped stands in the namespace's maps, for whoever is in there. */
CHILD_TEST(userns, a_namespace_of_its_own)
{
	struct id_mappings mappings = {.count = 1, .at = one};
	int userns = userns_make(idmap_reaches_guarded(&host), &mappings, &mappings, &err);
	char text[64];

	EXPECT(userns >= 0 && setns(userns, CLONE_NEWUSER) == 0);
	EXPECT(io_read_file(AT_FDCWD, "/proc/self/uid_map", text, sizeof text, &err) > 0);
	EXPECT(strcmp(text, "         0    1000000         10\n") == 0);
}

CHILD_TEST(userns, a_namespace_of_a_privileged_caller)
{
	become_caller(host.capabilities);
	make_namespace();
}

CHILD_TEST(userns, a_namespace_in_a_chroot)
{
	struct id_mappings mappings = {.count = 1, .at = one};

	EXPECT(chroot("/usr") == 0 && chdir("/") == 0);
	FAILS(userns_make(idmap_reaches_guarded(&host), &mappings, &mappings, &err), EPERM,
	      "clone3 (user namespaces are forbidden here, kist is in a chroot, or the caller's id "
	      "is not mapped): Operation not permitted");
}

CHILD_TEST(userns, a_namespace_takes_no_right_to_trace)
{
	become_caller(without(host.capabilities, CAP_SYS_PTRACE));
	make_namespace();
}

CHILD_TEST(userns, a_namespace_of_who_cannot_write_to_root_s_files)
{
	become_caller(without(host.capabilities, CAP_DAC_OVERRIDE));
	make_namespace();
}

static void make(struct id_mappings mappings)
{
	_close_ int userns = userns_make(true, &mappings, &mappings, &err);

	EXPECT(userns >= 0);
}

CHILD_TEST(userns, the_kernel_takes_as_much)
{
	make(short_lines(340));
	make(text_of(4095));
}

Test(userns, ids_of_a_process)
{
	uint32_t id = 77;

	PLAN(userns_host_id(getpid(), "uid_map", 5, &id, &err));
	cr_expect_eq(id, 5);
	REFUSED(userns_host_id(getpid(), "gid_map", UINT32_MAX, &id, &err), ENOENT,
		"4294967295 is not in gid_map");
}
