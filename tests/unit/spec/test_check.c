/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules over several properties.
 */
#include "spec/check.h"

#include <errno.h>

#include "parse_fixture.h"

#define VERSION(text) "{\"ociVersion\":\"" text "\"," MINIMAL_ROOT "}"

/* config.md, Specification version: any minor version of 1 is compatible. */
static const char *const versions[] = {
	"1.0.0",
	"1.3.0",
	"1.99.7",
	"1.0.2-dev",
	"1.1.0+dev",
	"1.2.0-rc.1",
	"1.2.0-rc.1+build.5",
	"1.0.0-alpha-a.b-c.0",
	"1.0.0--",
	"1.0.0-0a.01a",
	"1.0.0+001",
	"1.0.0+21AF26D3---117B344092BD",
	/* SemVer sets no limit. */
	"1.99999999999999999999999.99999999999999999",
	"1.0.0-99999999999999999999999",
};

static const char *const no_versions[] = {
	"",           "1",         "1.0",        "1.0.",
	"v1.0.0",     "1.0.0.0",   "1.0.0 ",     " 1.0.0",
	"1. 0.0",     "1.x.0",     "latest",     "01.0.0",
	"1.00.0",     "1.0.01",    "+1.0.0",     "-1.0.0",
	"1.+0.0",     "1.-0.0",    "1..0",       "1.0.0-",
	"1.0.0+",     "1.0.0-+a",  "1.0.0-a.",   "1.0.0-.a",
	"1.0.0-a..b", "1.0.0-01",  "1.0.0-a.00", "1.0.0-a_b",
	"1.0.0+a+b",  "1.0.0+a_b", "1.0.0dev",   "1.0.0-\xc3\xa4",
};

/* 4294967297 is 2^32 + 1. */
static const char *const other_versions[] = {
	"0.1.0",
	"2.0.0",
	"10.0.0",
	"11.0.0",
	"2.0.0-1.0",
	"4294967297.0.0",
	"18446744073709551617.0.0",
};

static void expect_versions(const char *const *at, size_t count, const char *reason, int code)
{
	struct arena arena _arena_ = {0};

	for (size_t i = 0; i < count; i++)
		expect_case(&(struct document_case){
			arena_printf(&arena, "{\"ociVersion\":\"%s\"," MINIMAL_ROOT "}", at[i]),
			reason ? arena_printf(&arena, "config.json: ociVersion: \"%s\" %s", at[i],
					      reason)
			       : NULL,
			code});
}

Test(check, version)
{
	expect_versions(versions, COUNT(versions), NULL, 0);
	expect_versions(no_versions, COUNT(no_versions), "is not a SemVer 2.0.0 version", EINVAL);
	expect_versions(other_versions, COUNT(other_versions), "is not supported, only 1.x.y",
			ENOTSUP);
}

Test(check, a_version_is_shown_on_one_line)
{
	expect_case(&(struct document_case){
		VERSION("1\\n\\u001b"),
		"config.json: ociVersion: \"1\\x0a\\x1b\" is not a SemVer 2.0.0 version"});
}

#define NEEDS(property, kind)                                                                      \
	"config.json: " property ": needs a namespace of type \"" kind                             \
	"\" in linux.namespaces, or it would change the host"

static const struct document_case namespaces[] = {
	{DOCUMENT(",\"hostname\":\"h\""), NEEDS("hostname", "uts"), EINVAL},
	{DOCUMENT(",\"domainname\":\"d\""), NEEDS("domainname", "uts"), EINVAL},
	{DOCUMENT(",\"hostname\":\"h\",\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}"),
	 NEEDS("hostname", "uts"), EINVAL},
	{DOCUMENT(",\"hostname\":\"\",\"domainname\":\"\""), NULL},
	{LINUX("},\"hostname\":\"h\",\"domainname\":\"d\",\"annotations\":{"), NULL},
	/* The names may be those of a namespace that is joined. */
	{DOCUMENT(",\"hostname\":\"h\",\"linux\":{\"namespaces\":[{\"type\":\"uts\",\"path\":"
		  "\"/run/uts\"}]}"),
	 NULL},
	{DOCUMENT(",\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"}]"),
	 NEEDS("mounts", "mount"), EINVAL},
	{DOCUMENT(",\"mounts\":[]"), NULL},
	{DOCUMENT(",\"linux\":{\"maskedPaths\":[\"/proc/kcore\"]}"),
	 NEEDS("linux.maskedPaths", "mount"), EINVAL},
	{DOCUMENT(",\"linux\":{\"readonlyPaths\":[\"/proc/sys\"]}"),
	 NEEDS("linux.readonlyPaths", "mount"), EINVAL},
	{DOCUMENT(",\"linux\":{\"maskedPaths\":[],\"readonlyPaths\":[]}"), NULL},
};

Test(check, what_would_change_the_host)
{
	expect_cases(namespaces, COUNT(namespaces));
}

static const struct document_case mounts[] = {
	{MOUNT("\"destination\":\"/d\",\"options\":[\"bind\"]"),
	 "config.json: mounts[0].source: a bind mount needs one", EINVAL},
	{MOUNT("\"destination\":\"/d\",\"source\":\"\",\"options\":[\"rbind\",\"ro\"]"),
	 "config.json: mounts[0].source: a bind mount needs one", EINVAL},
	{MOUNT("\"destination\":\"/d\",\"type\":\"tmpfs\"},{\"destination\":\"/e\",\"options\":["
	       "\"bind\"]"),
	 "config.json: mounts[1].source: a bind mount needs one", EINVAL},
	{MOUNT("\"destination\":\"/d\",\"source\":\"/s\",\"options\":[\"bind\"]"), NULL},
	{MOUNT("\"destination\":\"/d\",\"type\":\"tmpfs\""), NULL},
};

Test(check, mounts)
{
	expect_cases(mounts, COUNT(mounts));
}

#define RLIMIT(name, soft, hard) "{\"type\":\"" name "\",\"soft\":" soft ",\"hard\":" hard "}"

static const struct document_case rlimits[] = {
	{PROCESS(",\"rlimits\":[" RLIMIT("RLIMIT_CPU", "1", "1") "," RLIMIT("RLIMIT_AS", "0",
									    "1") "]"),
	 NULL},
	{PROCESS(",\"rlimits\":[" RLIMIT("RLIMIT_CPU", "1", "1") "," RLIMIT(
		 "RLIMIT_AS", "1", "1") "," RLIMIT("RLIMIT_CPU", "2", "2") "]"),
	 "config.json: process.rlimits[2]: a second RLIMIT_CPU", EINVAL},
	{PROCESS(",\"rlimits\":[" RLIMIT("RLIMIT_NOFILE", "1025", "1024") "]"),
	 "config.json: process.rlimits[0]: RLIMIT_NOFILE: soft limit 1025 is above hard limit 1024",
	 EINVAL},
	{PROCESS(",\"rlimits\":[" RLIMIT("RLIMIT_CORE", "18446744073709551615",
					 "18446744073709551615") "]"),
	 NULL},
	{PROCESS(",\"rlimits\":[" RLIMIT("RLIMIT_CORE", "18446744073709551615",
					 "18446744073709551614") "]"),
	 "config.json: process.rlimits[0]: RLIMIT_CORE: soft limit 18446744073709551615 is above "
	 "hard limit 18446744073709551614",
	 EINVAL},
	{PROCESS(",\"rlimits\":[" RLIMIT("RLIMIT_CORE", "0", "18446744073709551615") "]"), NULL},
};

Test(check, rlimits)
{
	expect_cases(rlimits, COUNT(rlimits));
}

#define SCHEDULER(policy, properties)                                                              \
	PROCESS(",\"scheduler\":{\"policy\":\"SCHED_" policy "\"" properties "}")
#define SCHEDULER_ERROR "config.json: process.scheduler."

static const struct document_case schedulers[] = {
	{SCHEDULER("OTHER", ",\"nice\":19,\"priority\":0,\"runtime\":0"), NULL},
	{SCHEDULER("BATCH", ",\"nice\":-20"), NULL},
	{SCHEDULER("IDLE", ""), NULL},
	{SCHEDULER("ISO", ""), NULL},
	{SCHEDULER("FIFO", ",\"priority\":1"), NULL},
	{SCHEDULER("RR", ",\"priority\":99"), NULL},
	{SCHEDULER("FIFO", ""),
	 SCHEDULER_ERROR "priority: 0 is out of range (1 to 99, for SCHED_FIFO)"},
	{SCHEDULER("RR", ",\"priority\":100"),
	 SCHEDULER_ERROR "priority: 100 is out of range (1 to 99, for SCHED_RR)"},
	{SCHEDULER("RR", ",\"priority\":-1"),
	 SCHEDULER_ERROR "priority: -1 is out of range (1 to 99, for SCHED_RR)"},
	{SCHEDULER("OTHER", ",\"priority\":1"), SCHEDULER_ERROR "priority: SCHED_OTHER has none"},
	{SCHEDULER("BATCH", ",\"priority\":1"), SCHEDULER_ERROR "priority: SCHED_BATCH has none"},
	{SCHEDULER("DEADLINE", ",\"priority\":1,\"runtime\":1024,\"deadline\":1024"),
	 SCHEDULER_ERROR "priority: SCHED_DEADLINE has none"},
	{SCHEDULER("OTHER", ",\"runtime\":1"),
	 SCHEDULER_ERROR "runtime: only SCHED_DEADLINE has one"},
	{SCHEDULER("IDLE", ",\"deadline\":1"),
	 SCHEDULER_ERROR "deadline: only SCHED_DEADLINE has one"},
	{SCHEDULER("FIFO", ",\"priority\":1,\"period\":1"),
	 SCHEDULER_ERROR "period: only SCHED_DEADLINE has one"},
	{SCHEDULER("DEADLINE", ",\"runtime\":1024,\"deadline\":1024"), NULL},
	{SCHEDULER("DEADLINE", ",\"runtime\":1024,\"deadline\":1025,\"period\":1025"), NULL},
	{SCHEDULER("DEADLINE", ""), SCHEDULER_ERROR "runtime: 0 is less than the least, 1024"},
	{SCHEDULER("DEADLINE", ",\"runtime\":1023,\"deadline\":1024"),
	 SCHEDULER_ERROR "runtime: 1023 is less than the least, 1024"},
	{SCHEDULER("DEADLINE", ",\"runtime\":1024"),
	 SCHEDULER_ERROR "deadline: 0 is less than runtime, 1024"},
	{SCHEDULER("DEADLINE", ",\"runtime\":1025,\"deadline\":1024"),
	 SCHEDULER_ERROR "deadline: 1024 is less than runtime, 1025"},
	{SCHEDULER("DEADLINE", ",\"runtime\":1024,\"deadline\":1025,\"period\":1024"),
	 SCHEDULER_ERROR "period: 1024 is less than deadline, 1025"},
	/* What is kept is the caller's: here nobody knows which. */
	{SCHEDULER("FIFO", ",\"flags\":[\"SCHED_FLAG_KEEP_PARAMS\"]"), NULL},
	{SCHEDULER("OTHER", ",\"priority\":1,\"flags\":[\"SCHED_FLAG_KEEP_POLICY\"]"), NULL},
	{SCHEDULER("OTHER", ",\"priority\":1,\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\"]"),
	 SCHEDULER_ERROR "priority: SCHED_OTHER has none"},
};

Test(check, schedulers)
{
	expect_cases(schedulers, COUNT(schedulers));
}

#define MEMORY_POLICY(mode, properties)                                                            \
	LINUX(",\"memoryPolicy\":{\"mode\":\"MPOL_" mode "\"" properties "}")
#define NODES(list) ",\"nodes\":\"" list "\""
#define FLAGS(list) ",\"flags\":[" list "]"
#define STATIC_NODES "\"MPOL_F_STATIC_NODES\""
#define RELATIVE_NODES "\"MPOL_F_RELATIVE_NODES\""
#define NUMA_BALANCING "\"MPOL_F_NUMA_BALANCING\""
#define MEMORY_POLICY_ERROR "config.json: linux.memoryPolicy."

static const struct document_case memory_policies[] = {
	{MEMORY_POLICY("DEFAULT", ""), NULL},
	{MEMORY_POLICY("LOCAL", NODES("")), NULL},
	{MEMORY_POLICY("PREFERRED", ""), NULL},
	{MEMORY_POLICY("PREFERRED", NODES("0")), NULL},
	{MEMORY_POLICY("BIND", NODES("0-3,7") FLAGS(STATIC_NODES "," NUMA_BALANCING)), NULL},
	{MEMORY_POLICY("INTERLEAVE", NODES("1") FLAGS(RELATIVE_NODES)), NULL},
	{MEMORY_POLICY("WEIGHTED_INTERLEAVE", NODES("1")), NULL},
	{MEMORY_POLICY("PREFERRED_MANY", NODES("1") FLAGS(NUMA_BALANCING)), NULL},
	{MEMORY_POLICY("DEFAULT", NODES("0")),
	 MEMORY_POLICY_ERROR "nodes: MPOL_DEFAULT takes none"},
	{MEMORY_POLICY("LOCAL", NODES("0")), MEMORY_POLICY_ERROR "nodes: MPOL_LOCAL takes none"},
	{MEMORY_POLICY("BIND", ""), MEMORY_POLICY_ERROR "nodes: MPOL_BIND needs at least one"},
	{MEMORY_POLICY("INTERLEAVE", NODES("")),
	 MEMORY_POLICY_ERROR "nodes: MPOL_INTERLEAVE needs at least one"},
	{MEMORY_POLICY("WEIGHTED_INTERLEAVE", ""),
	 MEMORY_POLICY_ERROR "nodes: MPOL_WEIGHTED_INTERLEAVE needs at least one"},
	{MEMORY_POLICY("PREFERRED_MANY", ""),
	 MEMORY_POLICY_ERROR "nodes: MPOL_PREFERRED_MANY needs at least one"},
	{MEMORY_POLICY("BIND", NODES("0") FLAGS(STATIC_NODES "," RELATIVE_NODES)),
	 MEMORY_POLICY_ERROR
	 "flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"},
	{MEMORY_POLICY("PREFERRED", FLAGS(STATIC_NODES)),
	 MEMORY_POLICY_ERROR "flags: MPOL_F_STATIC_NODES needs nodes"},
	{MEMORY_POLICY("LOCAL", FLAGS(RELATIVE_NODES)),
	 MEMORY_POLICY_ERROR "flags: MPOL_F_RELATIVE_NODES needs nodes"},
	{MEMORY_POLICY("INTERLEAVE", NODES("0") FLAGS(NUMA_BALANCING)),
	 MEMORY_POLICY_ERROR "flags: MPOL_F_NUMA_BALANCING is for MPOL_BIND and "
			     "MPOL_PREFERRED_MANY, not for MPOL_INTERLEAVE"},
};

Test(check, memory_policies)
{
	expect_cases(memory_policies, COUNT(memory_policies));
}

#define RDT(properties) LINUX(",\"intelRdt\":{" properties "}")
#define RDT_ERROR "config.json: linux.intelRdt."

static const struct document_case rdts[] = {
	{RDT(""), NULL},
	{RDT("\"memBwSchema\":\"MB:0=20;1=70\",\"schemata\":[\"L2:0=f\",\"L3:0=f\"]"), NULL},
	/* L3CODE and L3DATA of a cache that is divided so */
	{RDT("\"l3CacheSchema\":\"L3CODE:0=f\\nL3DATA:0=f0\""), NULL},
	{RDT("\"memBwSchema\":\"L3:0=f\""),
	 RDT_ERROR "memBwSchema: \"L3:0=f\" is not one line that begins with \"MB:\""},
	{RDT("\"memBwSchema\":\"MB:0=20\\nL3:0=f\""),
	 RDT_ERROR "memBwSchema: \"MB:0=20\\x0aL3:0=f\" is not one line that begins with \"MB:\""},
	{RDT("\"schemata\":[\"L2:0=f\",\"L3:0=f\\n\"]"),
	 RDT_ERROR "schemata[1]: \"L3:0=f\\x0a\" is not one line"},
	{RDT("\"schemata\":[\"\"]"), RDT_ERROR "schemata[0]: \"\" is not one line"},
};

Test(check, rdts)
{
	expect_cases(rdts, COUNT(rdts));
}

static const struct document_case personalities[] = {
	{LINUX(",\"personality\":{\"domain\":\"LINUX\",\"flags\":[]}"), NULL},
	{LINUX(",\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"ADDR_NO_RANDOMIZE\"]}"),
	 "config.json: linux.personality.flags[0]: \"ADDR_NO_RANDOMIZE\": there are no flags"},
};

Test(check, personalities)
{
	expect_cases(personalities, COUNT(personalities));
}

#define DEVICE(type, mode)                                                                         \
	LINUX(",\"devices\":[{\"type\":\"" type                                                    \
	      "\",\"path\":\"/dev/x\",\"major\":1,\"minor\":3,\"fileMode\":" mode "}]")
#define NO_FILE_MODE(mode, type)                                                                   \
	"config.json: linux.devices[0].fileMode: " mode                                            \
	" is more than permissions, and not of type \"" type "\""

/* Decimal, as JSON has it: 8630 is 020666, 24960 is 060600, 33206 is 0100666. */
static const struct document_case file_modes[] = {
	{DEVICE("c", "0"), NULL},
	{DEVICE("c", "438"), NULL},
	{DEVICE("c", "4095"), NULL},
	{DEVICE("c", "8630"), NULL},
	{DEVICE("u", "8630"), NULL},
	{DEVICE("b", "24960"), NULL},
	{DEVICE("p", "4480"), NULL},
	{DEVICE("b", "8630"), NO_FILE_MODE("8630 (octal 20666)", "b")},
	{DEVICE("c", "24960"), NO_FILE_MODE("24960 (octal 60600)", "c")},
	{DEVICE("c", "33206"), NO_FILE_MODE("33206 (octal 100666)", "c")},
	{DEVICE("c", "4096"), NO_FILE_MODE("4096 (octal 10000)", "c")},
	{DEVICE("c", "65536"), NO_FILE_MODE("65536 (octal 200000)", "c")},
	{DEVICE("c", "4294967295"), NO_FILE_MODE("4294967295 (octal 37777777777)", "c")},
	{DEVICE("c", "4294967296"), "config.json: linux.devices[0].fileMode: 4294967296 is out of "
				    "range (0 to 4294967295)"},
};

Test(check, file_modes)
{
	expect_cases(file_modes, COUNT(file_modes));
}

static const struct document_case devices[] = {
	{LINUX(",\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\"}]"),
	 "config.json: linux.devices[0]: /dev/x: major and minor are required", EINVAL},
	{LINUX(",\"devices\":[{\"type\":\"p\",\"path\":\"/dev/p\"},{\"type\":\"b\",\"path\":"
	       "\"/dev/x\",\"major\":1}]"),
	 "config.json: linux.devices[1]: /dev/x: major and minor are required", EINVAL},
	{LINUX(",\"devices\":[{\"type\":\"u\",\"path\":\"/dev/x\",\"minor\":1}]"),
	 "config.json: linux.devices[0]: /dev/x: major and minor are required", EINVAL},
	{LINUX(",\"devices\":[{\"type\":\"p\",\"path\":\"/dev/p\"}]"), NULL},
	{LINUX(",\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":0,\"minor\":0}]"),
	 NULL},
	{RESOURCES("\"devices\":[{\"allow\":true,\"access\":\"rwx\"}]"),
	 "config.json: linux.resources.devices[0].access: \"rwx\" is not made of r, w and m",
	 EINVAL},
	{RESOURCES("\"devices\":[{\"allow\":true},{\"allow\":true,\"access\":\"r w\"}]"),
	 "config.json: linux.resources.devices[1].access: \"r w\" is not made of r, w and m",
	 EINVAL},
	{RESOURCES("\"devices\":[{\"allow\":true,\"access\":\"mrw\"},{\"allow\":false}]"), NULL},
};

Test(check, devices)
{
	expect_cases(devices, COUNT(devices));
}

static const struct document_case resources[] = {
	{RESOURCES("\"cpu\":{\"quota\":1000,\"burst\":1001}"),
	 "config.json: linux.resources.cpu.burst: 1001 is larger than quota, 1000", EINVAL},
	{RESOURCES("\"cpu\":{\"quota\":1000,\"burst\":18446744073709551615}"),
	 "config.json: linux.resources.cpu.burst: 18446744073709551615 is larger than quota, 1000",
	 EINVAL},
	{RESOURCES("\"cpu\":{\"quota\":1000,\"burst\":1000}"), NULL},
	{RESOURCES("\"cpu\":{\"quota\":-1,\"burst\":1000}"), NULL},
	{RESOURCES("\"cpu\":{\"burst\":1000}"), NULL},
	{RESOURCES("\"memory\":{\"limit\":2000,\"swap\":1999}"),
	 "config.json: linux.resources.memory.swap: 1999, which is memory plus swap, is smaller "
	 "than "
	 "limit, 2000",
	 EINVAL},
	{RESOURCES("\"memory\":{\"limit\":2000,\"swap\":2000}"), NULL},
	{RESOURCES("\"memory\":{\"limit\":2000,\"swap\":-1}"), NULL},
	{RESOURCES("\"memory\":{\"limit\":2000,\"swap\":0}"), NULL},
	{RESOURCES("\"memory\":{\"limit\":-1,\"swap\":1}"), NULL},
	{RESOURCES("\"memory\":{\"swap\":1}"), NULL},
};

Test(check, resources)
{
	expect_cases(resources, COUNT(resources));
}

#define ONE_SYSCALL(action)                                                                        \
	SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],"           \
		"\"action\":"                                                                      \
		"\"SCMP_ACT_ERRNO\",\"errnoRet\":1},{\"names\":[\"b\"],\"action\":\"" action       \
		"\",\"errnoRet\":0}]")
#define DEFAULT_ERRNO(action) SECCOMP("\"defaultAction\":\"" action "\",\"defaultErrnoRet\":1")

/* config-linux.md, Seccomp: only ERRNO and TRACE take an errno. */
static const struct document_case seccomp[] = {
	{ONE_SYSCALL("SCMP_ACT_ERRNO"), NULL},
	{ONE_SYSCALL("SCMP_ACT_TRACE"), NULL},
	{ONE_SYSCALL("SCMP_ACT_ALLOW"),
	 "config.json: linux.seccomp.syscalls[1].errnoRet: SCMP_ACT_ALLOW takes no errno", EINVAL},
	{ONE_SYSCALL("SCMP_ACT_TRAP"),
	 "config.json: linux.seccomp.syscalls[1].errnoRet: SCMP_ACT_TRAP takes no errno", EINVAL},
	{ONE_SYSCALL("SCMP_ACT_LOG"),
	 "config.json: linux.seccomp.syscalls[1].errnoRet: SCMP_ACT_LOG takes no errno", EINVAL},
	{ONE_SYSCALL("SCMP_ACT_KILL_PROCESS"),
	 "config.json: linux.seccomp.syscalls[1].errnoRet: SCMP_ACT_KILL_PROCESS takes no errno",
	 EINVAL},
	{DEFAULT_ERRNO("SCMP_ACT_ERRNO"), NULL},
	{DEFAULT_ERRNO("SCMP_ACT_TRACE"), NULL},
	{DEFAULT_ERRNO("SCMP_ACT_KILL"),
	 "config.json: linux.seccomp.defaultErrnoRet: SCMP_ACT_KILL takes no errno", EINVAL},
	{DEFAULT_ERRNO("SCMP_ACT_ALLOW"),
	 "config.json: linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW takes no errno", EINVAL},
};

static const struct document_case listeners[] = {
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerMetadata\":\"m\""),
	 "config.json: linux.seccomp.listenerMetadata: must not be set without listenerPath",
	 EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_NOTIFY\""),
	 "config.json: linux.seccomp.listenerPath: required by SCMP_ACT_NOTIFY", EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],"
		 "\"action\":\"SCMP_ACT_NOTIFY\"}]"),
	 "config.json: linux.seccomp.listenerPath: required by SCMP_ACT_NOTIFY", EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/s\","
		 "\"listenerMetadata\":\"m\""),
	 NULL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/s\""), NULL},
};

Test(check, seccomp_listeners)
{
	expect_cases(listeners, COUNT(listeners));
}

Test(check, seccomp)
{
	expect_cases(seccomp, COUNT(seccomp));
}

static const struct document_case annotations[] = {
	{DOCUMENT(",\"annotations\":{\"a\":\"\",\"\":\"b\"}"),
	 "config.json: annotations: a key is empty", EINVAL},
	{DOCUMENT(",\"annotations\":{\"a\":\"\"}"), NULL},
};

Test(check, annotations)
{
	expect_cases(annotations, COUNT(annotations));
}

#define USER "{\"type\":\"user\"}"
#define MAPPINGS(uids, gids)                                                                       \
	"{\"ociVersion\":\"1.3.0\"," MINIMAL_ROOT ",\"linux\":{\"namespaces\":[" USER              \
	"],\"uidMappings\":[" uids "],\"gidMappings\":[" gids "]}}"
#define MAPPING(container, host, size)                                                             \
	"{\"containerID\":" #container ",\"hostID\":" #host ",\"size\":" #size "}"
#define IDENTITY MAPPING(0, 0, 4294967295)

static const struct document_case mappings[] = {
	{MAPPINGS(IDENTITY, IDENTITY), NULL},
	{MAPPINGS(MAPPING(0, 1000, 1) "," MAPPING(1, 100000, 10), IDENTITY), NULL},
	{MAPPINGS(MAPPING(10, 100, 10) "," MAPPING(0, 0, 10) "," MAPPING(20, 50, 10), IDENTITY),
	 NULL},
	{MAPPINGS(MAPPING(1, 0, 4294967295), IDENTITY),
	 "config.json: linux.uidMappings[0]: goes beyond the last id, 4294967294"},
	{MAPPINGS(IDENTITY, MAPPING(0, 4294967294, 2)),
	 "config.json: linux.gidMappings[0]: goes beyond the last id, 4294967294"},
	{MAPPINGS(MAPPING(0, 0, 10) "," MAPPING(9, 100, 1), IDENTITY),
	 "config.json: linux.uidMappings[1]: overlaps with [0]"},
	{MAPPINGS(IDENTITY, MAPPING(0, 100, 10) "," MAPPING(50, 95, 6)),
	 "config.json: linux.gidMappings[1]: overlaps with [0]"},
	{"{\"ociVersion\":\"1.3.0\"," MINIMAL_ROOT
	 ",\"linux\":{\"gidMappings\":[" MAPPING(0, 0, 1) "]}}",
	 "config.json: linux.uidMappings, linux.gidMappings: need a namespace of type \"user\" in "
	 "linux.namespaces"},
};

#define MAPPED_MOUNT(options, uids, gids)                                                          \
	"{\"ociVersion\":\"1.3.0\"," MINIMAL_ROOT ",\"mounts\":[{\"destination\":\"/d\","          \
	"\"source\":\"/s\",\"options\":[" options "],\"uidMappings\":[" uids                       \
	"],\"gidMappings\":[" gids "]}],\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}}"

#define OPTION_MOUNT(option) MAPPED_MOUNT("\"bind\",\"" option "\"", "", "")

static const struct document_case mount_mappings[] = {
	{MAPPED_MOUNT("\"bind\",\"idmap\"", MAPPING(0, 100, 1), IDENTITY), NULL},
	{MAPPED_MOUNT("\"bind\"", MAPPING(0, 100, 1), IDENTITY), NULL},
	{MAPPED_MOUNT("\"bind\"", "", ""), NULL},
	{MAPPED_MOUNT("\"bind\",\"idmap\"", "", ""),
	 "config.json: mounts[0].options: idmap: neither uidMappings and gidMappings of this mount "
	 "nor a user namespace to take them from"},
	{MAPPED_MOUNT("\"bind\",\"ridmap\"", "", ""),
	 "config.json: mounts[0].options: idmap: neither uidMappings and gidMappings of this mount "
	 "nor a user namespace to take them from"},
	{MAPPED_MOUNT("\"bind\"", IDENTITY, ""),
	 "config.json: mounts[0].uidMappings: must be given along with gidMappings"},
	{MAPPED_MOUNT("\"bind\"", "", IDENTITY),
	 "config.json: mounts[0].gidMappings: must be given along with uidMappings"},
	{MAPPED_MOUNT("\"bind\"", IDENTITY, MAPPING(0, 100, 10) "," MAPPING(50, 95, 6)),
	 "config.json: mounts[0].gidMappings[1]: overlaps with [0]"},
	{OPTION_MOUNT("idmap=uids=0-1-10;gids=0-1-10"), NULL},
	{OPTION_MOUNT("ridmap=gids=0-1-10#10-11-1;uids=0-1-10"), NULL},
	{OPTION_MOUNT("idmap="),
	 "config.json: mounts[0].options: idmap: \"\" begins with neither uids= nor gids="},
	{OPTION_MOUNT("idmap=uids=0-1-10"),
	 "config.json: mounts[0].options: idmap: uids: must be given along with gids"},
	{OPTION_MOUNT("idmap=gids=0-1-10"),
	 "config.json: mounts[0].options: idmap: gids: must be given along with uids"},
	{OPTION_MOUNT("idmap=uids=0-1-10;gids=0-1-10#9-20-1"),
	 "config.json: mounts[0].options: idmap: gids[1]: overlaps with [0]"},
	{OPTION_MOUNT("idmap=uids=4294967294-1-10;gids=0-1-10"),
	 "config.json: mounts[0].options: idmap: uids[0]: goes beyond the last id, 4294967294"},
	{OPTION_MOUNT("ridmap=uids=@0-1-10;gids=0-1-10"),
	 "config.json: mounts[0].options: idmap: no range of the container's user namespace has "
	 "all of 1-10"},
	{MAPPED_MOUNT("\"idmap=uids=0-1-10;gids=0-1-10\"", IDENTITY, IDENTITY),
	 "config.json: mounts[0].options: idmap: uidMappings and gidMappings are there, too"},
	{"{\"ociVersion\":\"1.3.0\"," MINIMAL_ROOT ",\"mounts\":[{\"destination\":\"/d\","
	 "\"source\":\"/"
	 "s\",\"options\":[\"bind\",\"idmap\"]}],\"linux\":{\"namespaces\":[{\"type\":\"mount\"}"
	 "," USER "],\"uidMappings\":[" IDENTITY "],\"gidMappings\":[" IDENTITY "]}}",
	 NULL},
};

Test(check, mount_mappings)
{
	expect_cases(mount_mappings, COUNT(mount_mappings));
}

Test(check, user_mappings)
{
	expect_cases(mappings, COUNT(mappings));
}
