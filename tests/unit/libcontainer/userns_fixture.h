/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Callers with fewer privileges, and mappings of every size, for the tests of user namespaces.
 */
#ifndef KIST_TEST_USERNS_FIXTURE_H
#define KIST_TEST_USERNS_FIXTURE_H

#include <grp.h>
#include <linux/capability.h>

#include "tests/unit/libcontainer/process_fixture.h"

enum { CALLER = 424242, FIRST = 1000000 };

static const struct id_mapping one[] = {{.containerID = 0, .hostID = FIRST, .size = 10}};

static inline void take_capabilities(uint64_t mask)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.permitted = (uint32_t)mask, .effective = (uint32_t)mask},
		{.permitted = (uint32_t)(mask >> 32), .effective = (uint32_t)(mask >> 32)},
	};

	EXPECT(syscall(SYS_capset, &header, data) == 0);
}

static inline uint64_t own_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	EXPECT(syscall(SYS_capget, &header, data) == 0);
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

/* An ordinary user with capabilities, such as an execve with ambient ones makes. */
static inline void become_caller(uint64_t capabilities)
{
	capabilities &= own_capabilities();
	EXPECT(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setgroups(0, NULL) == 0);
	EXPECT(setresgid(CALLER, CALLER, CALLER) == 0 && setresuid(CALLER, CALLER, CALLER) == 0);
	take_capabilities(capabilities);
	EXPECT(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	host.uid = host.gid = CALLER;
	host.capabilities = capabilities;
}

/* What the kernel takes: 340 lines, whose text is shorter than a page. */

static struct id_mapping many[400];

static inline struct id_mappings short_lines(size_t count)
{
	for (size_t i = 0; i < count; i++)
		many[i] = (struct id_mapping){(uint32_t)i, (uint32_t)i, 1};
	return (struct id_mappings){.count = count, .at = many};
}

/* 170 lines of 24 bytes, and one of 15 or 16. */
static inline struct id_mappings text_of(size_t bytes)
{
	const uint32_t big = 1000000000;
	size_t count = 170;

	for (size_t i = 0; i < count; i++)
		many[i] = (struct id_mapping){big + (uint32_t)i, big + (uint32_t)i, 1};
	many[count++] = (struct id_mapping){10000, bytes == 4095 ? 100000 : 1000000, 1};
	return (struct id_mappings){.count = count, .at = many};
}

static const struct id_mappings few = {.count = 1, .at = one};

#endif
