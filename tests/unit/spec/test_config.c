/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.json: every property, what is refused, and what the words become. Rules over several
 * properties are in test_check.c.
 */
#include "spec/config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse_fixture.h"
#include "spec/check.h"
#include "spec/schema_fields.h"

static struct arena arena;

static void finish(void)
{
	arena_finish(&arena);
}

TestSuite(config, .fini = finish);

/*
 * Coverage: every property of the JSON schema that is not another platform's. A list's elements
 * stand behind [], a map's behind {}.
 */

static const char *const specified[] = {
	"ociVersion",
	"hooks",
	"hooks.prestart",
	"hooks.prestart[].path",
	"hooks.prestart[].args",
	"hooks.prestart[].env",
	"hooks.prestart[].timeout",
	"hooks.createRuntime",
	"hooks.createRuntime[].path",
	"hooks.createRuntime[].args",
	"hooks.createRuntime[].env",
	"hooks.createRuntime[].timeout",
	"hooks.createContainer",
	"hooks.createContainer[].path",
	"hooks.createContainer[].args",
	"hooks.createContainer[].env",
	"hooks.createContainer[].timeout",
	"hooks.startContainer",
	"hooks.startContainer[].path",
	"hooks.startContainer[].args",
	"hooks.startContainer[].env",
	"hooks.startContainer[].timeout",
	"hooks.poststart",
	"hooks.poststart[].path",
	"hooks.poststart[].args",
	"hooks.poststart[].env",
	"hooks.poststart[].timeout",
	"hooks.poststop",
	"hooks.poststop[].path",
	"hooks.poststop[].args",
	"hooks.poststop[].env",
	"hooks.poststop[].timeout",
	"annotations",
	"hostname",
	"domainname",
	"mounts",
	"mounts[].source",
	"mounts[].destination",
	"mounts[].options",
	"mounts[].type",
	"mounts[].uidMappings",
	"mounts[].uidMappings[].containerID",
	"mounts[].uidMappings[].hostID",
	"mounts[].uidMappings[].size",
	"mounts[].gidMappings",
	"mounts[].gidMappings[].containerID",
	"mounts[].gidMappings[].hostID",
	"mounts[].gidMappings[].size",
	"root",
	"root.path",
	"root.readonly",
	"process",
	"process.args",
	"process.consoleSize",
	"process.consoleSize.height",
	"process.consoleSize.width",
	"process.cwd",
	"process.env",
	"process.terminal",
	"process.user",
	"process.user.uid",
	"process.user.gid",
	"process.user.umask",
	"process.user.additionalGids",
	"process.capabilities",
	"process.capabilities.bounding",
	"process.capabilities.permitted",
	"process.capabilities.effective",
	"process.capabilities.inheritable",
	"process.capabilities.ambient",
	"process.apparmorProfile",
	"process.oomScoreAdj",
	"process.selinuxLabel",
	"process.ioPriority",
	"process.ioPriority.class",
	"process.ioPriority.priority",
	"process.noNewPrivileges",
	"process.scheduler",
	"process.scheduler.policy",
	"process.scheduler.nice",
	"process.scheduler.priority",
	"process.scheduler.flags",
	"process.scheduler.runtime",
	"process.scheduler.deadline",
	"process.scheduler.period",
	"process.rlimits",
	"process.rlimits[].hard",
	"process.rlimits[].soft",
	"process.rlimits[].type",
	"process.execCPUAffinity",
	"process.execCPUAffinity.initial",
	"process.execCPUAffinity.final",
	"linux",
	"linux.devices",
	"linux.devices[].type",
	"linux.devices[].path",
	"linux.devices[].fileMode",
	"linux.devices[].major",
	"linux.devices[].minor",
	"linux.devices[].uid",
	"linux.devices[].gid",
	"linux.netDevices",
	"linux.netDevices{}.name",
	"linux.uidMappings",
	"linux.uidMappings[].containerID",
	"linux.uidMappings[].hostID",
	"linux.uidMappings[].size",
	"linux.gidMappings",
	"linux.gidMappings[].containerID",
	"linux.gidMappings[].hostID",
	"linux.gidMappings[].size",
	"linux.namespaces",
	"linux.resources",
	"linux.resources.unified",
	"linux.resources.devices",
	"linux.resources.devices[].allow",
	"linux.resources.devices[].type",
	"linux.resources.devices[].major",
	"linux.resources.devices[].minor",
	"linux.resources.devices[].access",
	"linux.resources.pids",
	"linux.resources.pids.limit",
	"linux.resources.blockIO",
	"linux.resources.blockIO.weight",
	"linux.resources.blockIO.leafWeight",
	"linux.resources.blockIO.throttleReadBpsDevice",
	"linux.resources.blockIO.throttleReadBpsDevice[].major",
	"linux.resources.blockIO.throttleReadBpsDevice[].minor",
	"linux.resources.blockIO.throttleReadBpsDevice[].rate",
	"linux.resources.blockIO.throttleWriteBpsDevice",
	"linux.resources.blockIO.throttleWriteBpsDevice[].major",
	"linux.resources.blockIO.throttleWriteBpsDevice[].minor",
	"linux.resources.blockIO.throttleWriteBpsDevice[].rate",
	"linux.resources.blockIO.throttleReadIOPSDevice",
	"linux.resources.blockIO.throttleReadIOPSDevice[].major",
	"linux.resources.blockIO.throttleReadIOPSDevice[].minor",
	"linux.resources.blockIO.throttleReadIOPSDevice[].rate",
	"linux.resources.blockIO.throttleWriteIOPSDevice",
	"linux.resources.blockIO.throttleWriteIOPSDevice[].major",
	"linux.resources.blockIO.throttleWriteIOPSDevice[].minor",
	"linux.resources.blockIO.throttleWriteIOPSDevice[].rate",
	"linux.resources.blockIO.weightDevice",
	"linux.resources.blockIO.weightDevice[].major",
	"linux.resources.blockIO.weightDevice[].minor",
	"linux.resources.blockIO.weightDevice[].weight",
	"linux.resources.blockIO.weightDevice[].leafWeight",
	"linux.resources.cpu",
	"linux.resources.cpu.cpus",
	"linux.resources.cpu.mems",
	"linux.resources.cpu.period",
	"linux.resources.cpu.quota",
	"linux.resources.cpu.burst",
	"linux.resources.cpu.realtimePeriod",
	"linux.resources.cpu.realtimeRuntime",
	"linux.resources.cpu.shares",
	"linux.resources.cpu.idle",
	"linux.resources.hugepageLimits",
	"linux.resources.hugepageLimits[].pageSize",
	"linux.resources.hugepageLimits[].limit",
	"linux.resources.memory",
	"linux.resources.memory.kernel",
	"linux.resources.memory.kernelTCP",
	"linux.resources.memory.limit",
	"linux.resources.memory.reservation",
	"linux.resources.memory.swap",
	"linux.resources.memory.swappiness",
	"linux.resources.memory.disableOOMKiller",
	"linux.resources.memory.useHierarchy",
	"linux.resources.memory.checkBeforeUpdate",
	"linux.resources.network",
	"linux.resources.network.classID",
	"linux.resources.network.priorities",
	"linux.resources.network.priorities[].name",
	"linux.resources.network.priorities[].priority",
	"linux.resources.rdma",
	"linux.resources.rdma{}.hcaHandles",
	"linux.resources.rdma{}.hcaObjects",
	"linux.cgroupsPath",
	"linux.rootfsPropagation",
	"linux.seccomp",
	"linux.seccomp.defaultAction",
	"linux.seccomp.defaultErrnoRet",
	"linux.seccomp.flags",
	"linux.seccomp.listenerPath",
	"linux.seccomp.listenerMetadata",
	"linux.seccomp.architectures",
	"linux.seccomp.syscalls",
	"linux.seccomp.syscalls[].names",
	"linux.seccomp.syscalls[].action",
	"linux.seccomp.syscalls[].errnoRet",
	"linux.seccomp.syscalls[].args",
	"linux.seccomp.syscalls[].args[].index",
	"linux.seccomp.syscalls[].args[].value",
	"linux.seccomp.syscalls[].args[].valueTwo",
	"linux.seccomp.syscalls[].args[].op",
	"linux.sysctl",
	"linux.maskedPaths",
	"linux.readonlyPaths",
	"linux.mountLabel",
	"linux.intelRdt",
	"linux.intelRdt.closID",
	"linux.intelRdt.schemata",
	"linux.intelRdt.l3CacheSchema",
	"linux.intelRdt.memBwSchema",
	"linux.intelRdt.enableMonitoring",
	"linux.memoryPolicy",
	"linux.memoryPolicy.mode",
	"linux.memoryPolicy.nodes",
	"linux.memoryPolicy.flags",
	"linux.personality",
	"linux.personality.domain",
	"linux.personality.flags",
	"linux.timeOffsets",
	"linux.timeOffsets{}.secs",
	"linux.timeOffsets{}.nanosecs",
	"vm",
	"vm.hypervisor",
	"vm.hypervisor.path",
	"vm.hypervisor.parameters",
	"vm.kernel",
	"vm.kernel.path",
	"vm.kernel.parameters",
	"vm.kernel.initrd",
	"vm.image",
	"vm.image.path",
	"vm.image.format",
	"vm.hwConfig",
	"vm.hwConfig.deviceTree",
	"vm.hwConfig.vcpus",
	"vm.hwConfig.memory",
	"vm.hwConfig.dtdevs",
	"vm.hwConfig.iomems",
	"vm.hwConfig.iomems[].firstGFN",
	"vm.hwConfig.iomems[].firstMFN",
	"vm.hwConfig.iomems[].nrMFNs",
	"vm.hwConfig.irqs",
};

static const struct field *find_field(const struct schema *schema, const char *name, size_t length)
{
	for (size_t i = 0; i < schema->count; i++)
		if (strlen(schema->fields[i].name) == length &&
		    strncmp(schema->fields[i].name, name, length) == 0)
			return &schema->fields[i];
	return NULL;
}

static const char *suffix_of(const struct field *field)
{
	unsigned type = field->type & ~(unsigned)FIELD_POINTER;

	return type == FIELD_LIST ? "[]" : type == FIELD_MAP ? "{}" : "";
}

static const struct field *find_path(const struct schema *schema, const char *path)
{
	const struct field *field = NULL;

	for (;;) {
		size_t length = strcspn(path, ".[{");

		field = schema ? find_field(schema, path, length) : NULL;
		path += length;
		if (!field || !*path)
			return field;
		if (strncmp(path, suffix_of(field), strlen(suffix_of(field))) != 0)
			return NULL;
		path += strcspn(path, ".") + 1;
		schema = field->schema;
	}
}

Test(config, every_property_of_the_specification_has_a_row)
{
	for (size_t i = 0; i < COUNT(specified); i++)
		cr_expect_not_null(find_path(&config_schema, specified[i]), "%s", specified[i]);
}

static size_t count_fields(const struct schema *schema)
{
	size_t count = schema->count;

	for (size_t i = 0; i < schema->count; i++)
		if (schema->fields[i].schema)
			count += count_fields(schema->fields[i].schema);
	return count;
}

/* linux.namespaces has its entries' properties in a table of its own. */
Test(config, no_row_is_for_anything_else)
{
	cr_expect_eq(count_fields(&config_schema), COUNT(specified), "%zu",
		     count_fields(&config_schema));
}

/* Rows of structures that hold the same members may not point at the wrong one. */
static void expect_no_offset_twice(const struct schema *schema)
{
	for (size_t i = 0; i < schema->count; i++) {
		cr_expect_lt(schema->fields[i].offset, schema->size);
		for (size_t j = 0; j < i; j++) {
			cr_expect_neq(schema->fields[i].offset, schema->fields[j].offset, "%s, %s",
				      schema->fields[i].name, schema->fields[j].name);
			cr_expect_str_neq(schema->fields[i].name, schema->fields[j].name);
		}
		if (schema->fields[i].schema)
			expect_no_offset_twice(schema->fields[i].schema);
	}
}

Test(config, every_row_has_its_own_member)
{
	expect_no_offset_twice(&config_schema);
}

/*
 * Everything that is supported, at once
 */

static const char everything[] =
	"{\"ociVersion\":\"1.3.0\","
	"\"root\":{\"path\":\"/srv/rootfs\",\"readonly\":true},"
	"\"hostname\":\"web\",\"domainname\":\"example.com\","
	"\"mounts\":["
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"data\",\"source\":\"../data\",\"options\":[\"rbind\",\"ro\"]}],"
	"\"process\":{\"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":80},"
	"\"user\":{\"uid\":1000,\"gid\":1001,\"umask\":18,\"additionalGids\":[5,6]},"
	"\"args\":[\"sh\",\"-c\",\"\"],\"env\":[\"PATH=/bin\",\"EMPTY=\",\"A=b=c\"],"
	"\"cwd\":\"/root\","
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
	"\"effective\":[\"CAP_CHOWN\"],\"permitted\":[\"CAP_CHOWN\",\"CAP_CHOWN\"],"
	"\"inheritable\":[],\"ambient\":[\"CAP_CHECKPOINT_RESTORE\",\"CAP_FROM_THE_FUTURE\"]},"
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1024,\"hard\":18446744073709551615},"
	"{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}],"
	"\"noNewPrivileges\":true,\"oomScoreAdj\":-500,"
	"\"apparmorProfile\":\"web\",\"selinuxLabel\":\"\",\"scheduler\":{\"policy\":"
	"\"SCHED_DEADLINE\",\"nice\":-20,\"flags\":[\"SCHED_FLAG_RECLAIM\","
	"\"SCHED_FLAG_RESET_ON_FORK\"],\"runtime\":1024,\"deadline\":2048,"
	"\"period\":9223372036854775807},"
	"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\",\"priority\":7},"
	"\"execCPUAffinity\":{\"initial\":\"7\",\"final\":\"0-3,7\"}},"
	"\"hooks\":{\"prestart\":[],\"poststop\":null},"
	"\"annotations\":{\"com.example.a\":\"1\",\"com.example.b\":\"\"},"
	"\"linux\":{"
	"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\",\"path\":\"\"},"
	"{\"type\":\"network\",\"path\":\"/run/netns/x\"},{\"type\":\"pid\"}],"
	"\"uidMappings\":[],\"timeOffsets\":{},\"netDevices\":{},\"mountLabel\":\"\","
	"\"devices\":[{\"type\":\"c\",\"path\":\"/dev/fuse\",\"major\":10,\"minor\":229,"
	"\"fileMode\":8630,\"uid\":0,\"gid\":5},{\"type\":\"p\",\"path\":\"/dev/fifo\"},"
	"{\"type\":\"u\",\"path\":\"/dev/u\",\"major\":1,\"minor\":3}],"
	"\"cgroupsPath\":\"/my/container\","
	"\"resources\":{"
	"\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"b\","
	"\"major\":8,\"minor\":-1,\"access\":\"r\"},{\"allow\":true,\"type\":\"a\"}],"
	"\"memory\":{\"limit\":1048576,\"reservation\":-1,\"swap\":2097152,\"kernel\":3,"
	"\"kernelTCP\":4,\"swappiness\":100,\"disableOOMKiller\":true,\"useHierarchy\":false,"
	"\"checkBeforeUpdate\":true},"
	"\"cpu\":{\"shares\":1024,\"quota\":50000,\"burst\":50000,\"period\":100000,"
	"\"realtimeRuntime\":950000,\"realtimePeriod\":1000000,\"cpus\":\"0-1\",\"mems\":\"0\","
	"\"idle\":1},"
	"\"pids\":{\"limit\":0},"
	"\"blockIO\":{\"weight\":0,\"weightDevice\":[]},\"hugepageLimits\":[],\"rdma\":{},"
	"\"unified\":{}},"
	"\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"},"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
	"\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X32\"],"
	"\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"listenerPath\":\"\","
	"\"syscalls\":[{\"names\":[\"clone\",\"no_such_call\"],\"action\":\"SCMP_ACT_ALLOW\","
	"\"args\":[{\"index\":0,\"value\":2114060288,\"valueTwo\":18446744073709551615,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"names\":[\"ptrace\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":4095}]},"
	"\"rootfsPropagation\":\"slave\","
	"\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"2-3\","
	"\"flags\":[\"MPOL_F_STATIC_NODES\"]},"
	"\"intelRdt\":{\"closID\":\"gold\",\"l3CacheSchema\":\"L3:0=f\",\"memBwSchema\":\"MB:0="
	"20\","
	"\"schemata\":[\"L2:0=f\"],\"enableMonitoring\":true},"
	"\"personality\":{\"domain\":\"LINUX32\",\"flags\":[]},"
	"\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\",\"/proc/bus\"]},"
	"\"windows\":{\"whatever\":1},\"com.example.unknown\":null}";

Test(config, document)
{
	const struct config *config = parse(&arena, everything);

	cr_expect_str_eq(config->ociVersion, "1.3.0");
	cr_expect_str_eq(config->root->path, "/srv/rootfs");
	cr_expect(config->root->readonly);
	cr_expect_str_eq(config->hostname, "web");
	cr_expect_str_eq(config->domainname, "example.com");
	cr_assert_eq(config->annotations.count, 2);
	cr_expect_str_eq(config->annotations.at[1].name, "com.example.b");
	cr_expect_str_eq(config->annotations.at[1].value, "");
	cr_expect_eq(config->hooks.prestart.count, 0);
	cr_expect_null(config->vm);
}

Test(config, mounts)
{
	const struct config *config = parse(&arena, everything);
	const struct mount *mounts = config->mounts.at;

	cr_assert_eq(config->mounts.count, 2);
	cr_expect_str_eq(mounts[0].destination, "/proc");
	cr_expect_str_eq(mounts[0].type, "proc");
	cr_expect_str_eq(mounts[0].source, "proc");
	cr_expect_eq(mounts[0].options.words.count, 0);
	cr_expect_str_eq(mounts[1].destination, "data");
	cr_expect_null(mounts[1].type);
	cr_expect_eq(mounts[1].options.mode, MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE);
	cr_expect_eq(mounts[1].options.set, MOUNT_ATTR_RDONLY);
}

Test(config, process)
{
	const struct process *process = parse(&arena, everything)->process;

	cr_expect(process->terminal);
	cr_expect_eq(process->consoleSize->height, 25);
	cr_expect_eq(process->consoleSize->width, 80);
	cr_expect_eq(process->user.uid, 1000);
	cr_expect_eq(process->user.gid, 1001);
	cr_expect_eq(*process->user.umask, 022);
	cr_assert_eq(process->user.additionalGids.count, 2);
	cr_expect_eq(process->user.additionalGids.at[1], 6);
	cr_assert_eq(process->args.count, 3);
	cr_expect_str_eq(process->args.at[2], "");
	cr_assert_eq(process->env.count, 3);
	cr_expect_str_eq(process->env.at[2], "A=b=c");
	cr_expect_str_eq(process->cwd, "/root");
	cr_expect(process->noNewPrivileges);
	cr_expect_eq(*process->oomScoreAdj, -500);
}

Test(config, scheduling)
{
	const struct process *process = parse(&arena, everything)->process;

	cr_expect_eq(process->scheduler->policy, SCHED_DEADLINE);
	cr_expect_eq(process->scheduler->nice, -20);
	cr_expect_eq(process->scheduler->priority, 0);
	cr_expect_eq(process->scheduler->flags, SCHED_FLAG_RECLAIM | SCHED_FLAG_RESET_ON_FORK);
	cr_expect_eq(process->scheduler->runtime, 1024);
	cr_expect_eq(process->scheduler->deadline, 2048);
	cr_expect_eq(process->scheduler->period, INT64_MAX);
	cr_expect_eq(process->ioPriority->class, IOPRIO_CLASS_IDLE);
	cr_expect_eq(process->ioPriority->priority, 7);
}

Test(config, memory_policy_and_personality)
{
	const struct linux_config *linux = parse(&arena, everything)->linux;

	cr_expect_eq(linux->memoryPolicy->mode, MPOL_INTERLEAVE);
	cr_expect_eq(linux->memoryPolicy->nodes.numbers.words[0], 0xc);
	cr_expect_eq(linux->memoryPolicy->flags, MPOL_F_STATIC_NODES);
	cr_expect_eq(linux->personality->domain, PER_LINUX32);
}

Test(config, intel_rdt)
{
	const struct intel_rdt *rdt = parse(&arena, everything)->linux->intelRdt;

	cr_expect_str_eq(rdt->closID, "gold");
	cr_expect_str_eq(rdt->l3CacheSchema, "L3:0=f");
	cr_expect_str_eq(rdt->memBwSchema, "MB:0=20");
	cr_assert_eq(rdt->schemata.count, 1);
	cr_expect_str_eq(rdt->schemata.at[0], "L2:0=f");
	cr_expect(rdt->enableMonitoring);
	rdt = parse(&arena, LINUX(",\"intelRdt\":{\"closID\":\"\",\"memBwSchema\":\"\"}"))
		      ->linux->intelRdt;
	cr_assert_not_null(rdt, "an empty object asks for a class of its own");
	cr_expect_null(rdt->closID);
	cr_expect_null(rdt->memBwSchema);
	cr_expect_not(rdt->enableMonitoring);
}

Test(config, labels)
{
	const struct process *process = parse(&arena, everything)->process;

	cr_expect_str_eq(process->apparmorProfile, "web");
	/* As engines write it. */
	cr_expect_null(process->selinuxLabel);
}

Test(config, lists_of_cpus)
{
	const struct exec_cpu_affinity *affinity =
		parse(&arena, everything)->process->execCPUAffinity;

	cr_expect_str_eq(affinity->initial.text, "7");
	cr_expect_eq(affinity->initial.numbers.words[0], 0x80);
	cr_expect_str_eq(affinity->final.text, "0-3,7");
	cr_expect_eq(affinity->final.numbers.words[0], 0x8f);
	affinity = parse(&arena, PROCESS(",\"execCPUAffinity\":{\"initial\":\"\"}"))
			   ->process->execCPUAffinity;
	cr_expect_null(affinity->initial.text);
	cr_expect_null(affinity->final.text);
}

Test(config, rlimits)
{
	const struct rlimits *limits = &parse(&arena, everything)->process->rlimits;

	cr_assert_eq(limits->count, 2);
	cr_expect_eq(limits->at[0].type, RLIMIT_NOFILE);
	cr_expect_eq(limits->at[0].soft, 1024);
	cr_expect_eq(limits->at[0].hard, RLIM_INFINITY);
	cr_expect_eq(limits->at[1].type, RLIMIT_CORE);
	cr_expect_eq(limits->at[1].hard, 0);
}

/* config.md: what cannot be mapped MUST be logged as a warning, so it is kept. */
Test(config, capabilities)
{
	const struct capabilities *sets = parse(&arena, everything)->process->capabilities;

	cr_expect_eq(sets->bounding.mask, 1u << CAP_CHOWN | 1u << CAP_KILL);
	cr_expect_eq(sets->effective.mask, 1u << CAP_CHOWN);
	cr_expect_eq(sets->permitted.mask, 1u << CAP_CHOWN);
	cr_expect_eq(sets->inheritable.mask, 0);
	cr_expect_eq(sets->ambient.mask, 1ull << 40);
	cr_expect_eq(sets->bounding.unknown.count, 0);
	cr_assert_eq(sets->ambient.unknown.count, 1);
	cr_expect_str_eq(sets->ambient.unknown.at[0], "CAP_FROM_THE_FUTURE");
}

Test(config, namespaces)
{
	const struct namespaces *namespaces = &parse(&arena, everything)->linux->namespaces;

	for (unsigned kind = 0; kind < NAMESPACE_KINDS; kind++)
		cr_expect_eq(namespaces->at[kind].present,
			     kind == NAMESPACE_MOUNT || kind == NAMESPACE_UTS ||
				     kind == NAMESPACE_NETWORK || kind == NAMESPACE_PID);
	cr_expect_null(namespaces->at[NAMESPACE_MOUNT].path);
	cr_expect_null(namespaces->at[NAMESPACE_UTS].path);
	cr_expect_str_eq(namespaces->at[NAMESPACE_NETWORK].path, "/run/netns/x");
}

Test(config, devices)
{
	const struct devices *devices = &parse(&arena, everything)->linux->devices;

	cr_assert_eq(devices->count, 3);
	cr_expect_eq(devices->at[0].type, S_IFCHR);
	cr_expect_str_eq(devices->at[0].path, "/dev/fuse");
	cr_expect_eq(*devices->at[0].major, 10);
	cr_expect_eq(*devices->at[0].minor, 229);
	cr_expect_eq(*devices->at[0].fileMode, S_IFCHR | 0666);
	cr_expect_eq(*devices->at[0].uid, 0);
	cr_expect_eq(*devices->at[0].gid, 5);
	cr_expect_eq(devices->at[1].type, S_IFIFO);
	cr_expect_null(devices->at[1].major);
	cr_expect_null(devices->at[1].uid);
	cr_expect_eq(devices->at[2].type, S_IFCHR);
}

Test(config, device_rules)
{
	const struct device_rules *rules = &parse(&arena, everything)->linux->resources->devices;

	cr_assert_eq(rules->count, 3);
	cr_expect_not(rules->at[0].allow);
	cr_expect_eq(rules->at[0].type, 0);
	cr_expect_null(rules->at[0].major);
	cr_expect_str_eq(rules->at[0].access, "rwm");
	cr_expect(rules->at[1].allow);
	cr_expect_eq(rules->at[1].type, 'b');
	cr_expect_eq(*rules->at[1].major, 8);
	cr_expect_eq(*rules->at[1].minor, -1);
	cr_expect_eq(rules->at[2].type, 'a');
	cr_expect_null(rules->at[2].access);
}

Test(config, resources)
{
	const struct linux_config *linux_config = parse(&arena, everything)->linux;
	const struct memory *memory = linux_config->resources->memory;
	const struct cpu *cpu = linux_config->resources->cpu;

	cr_expect_str_eq(linux_config->cgroupsPath, "/my/container");
	cr_expect_eq(*memory->limit, 1048576);
	cr_expect_eq(*memory->reservation, -1);
	cr_expect_eq(*memory->swap, 2097152);
	cr_expect_eq(*memory->kernel, 3);
	cr_expect_eq(*memory->kernelTCP, 4);
	cr_expect_eq(*memory->swappiness, 100);
	cr_expect(*memory->disableOOMKiller);
	cr_expect_not(*memory->useHierarchy);
	cr_expect(*memory->checkBeforeUpdate);
	cr_expect_eq(*cpu->shares, 1024);
	cr_expect_eq(*cpu->quota, 50000);
	cr_expect_eq(*cpu->burst, 50000);
	cr_expect_eq(*cpu->period, 100000);
	cr_expect_eq(*cpu->realtimeRuntime, 950000);
	cr_expect_eq(*cpu->realtimePeriod, 1000000);
	cr_expect_str_eq(cpu->cpus, "0-1");
	cr_expect_str_eq(cpu->mems, "0");
	cr_expect_eq(*cpu->idle, 1);
	/* config-linux.md, PIDs: 0 is a limit. */
	cr_assert_not_null(linux_config->resources->pids->limit);
	cr_expect_eq(*linux_config->resources->pids->limit, 0);
}

Test(config, seccomp)
{
	const struct seccomp *seccomp = parse(&arena, everything)->linux->seccomp;
	const struct seccomp_syscall *first = &seccomp->syscalls.at[0];

	cr_expect_eq(seccomp->defaultAction, 0x50000);
	cr_expect_eq(*seccomp->defaultErrnoRet, 38);
	cr_assert_eq(seccomp->architectures.count, 2);
	cr_expect_eq(seccomp->architectures.at[0], 0xc000003e);
	cr_expect_eq(seccomp->architectures.at[1], 0x4000003e);
	cr_assert_eq(seccomp->flags.count, 1);
	cr_expect_str_eq(seccomp->flags.at[0], "SECCOMP_FILTER_FLAG_LOG");
	cr_assert_eq(seccomp->syscalls.count, 2);
	cr_assert_eq(first->names.count, 2);
	cr_expect_str_eq(first->names.at[1], "no_such_call");
	cr_expect_eq(first->action, 0x7fff0000);
	cr_expect_null(first->errnoRet);
	cr_assert_eq(first->args.count, 1);
	cr_expect_eq(first->args.at[0].index, 0);
	cr_expect_eq(first->args.at[0].value, 2114060288);
	cr_expect_eq(first->args.at[0].valueTwo, UINT64_MAX);
	cr_expect_eq(first->args.at[0].op, SECCOMP_MASKED_EQ);
	cr_expect_eq(*seccomp->syscalls.at[1].errnoRet, 4095);
}

Test(config, the_rest_of_linux)
{
	const struct linux_config *linux_config = parse(&arena, everything)->linux;

	cr_assert_eq(linux_config->sysctl.count, 1);
	cr_expect_str_eq(linux_config->sysctl.at[0].name, "net.ipv4.ip_forward");
	cr_expect_eq(*linux_config->rootfsPropagation, MS_SLAVE);
	cr_assert_eq(linux_config->maskedPaths.count, 1);
	cr_assert_eq(linux_config->readonlyPaths.count, 2);
	cr_expect_str_eq(linux_config->readonlyPaths.at[1], "/proc/bus");
}

Test(config, the_least_there_can_be)
{
	const struct config *config = parse(&arena, DOCUMENT(""));

	cr_expect_null(config->process);
	cr_assert_not_null(config->linux, "an absent object is an empty one");
	cr_expect_null(config->linux->resources);
	cr_expect_null(config->linux->rootfsPropagation);
	cr_expect_null(parse(&arena, DOCUMENT(",\"linux\":null"))->process);
	cr_expect_null(parse(&arena, PROCESS(""))->process->oomScoreAdj);
	cr_expect_null(parse(&arena, PROCESS(""))->process->user.umask);
	cr_expect_null(parse(&arena, PROCESS(""))->process->capabilities);
}

/* Neither config.md nor its schema requires the object; what is in it is required. */
Test(config, no_user_is_root)
{
	static const char *const absent[] = {
		DOCUMENT(",\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"]}"),
		DOCUMENT(",\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":null}"),
	};

	for (size_t i = 0; i < COUNT(absent); i++) {
		const struct user *user = &parse(&arena, absent[i])->process->user;

		cr_expect_eq(user->uid, 0);
		cr_expect_eq(user->gid, 0);
		cr_expect_null(user->umask);
		cr_expect_eq(user->additionalGids.count, 0);
	}
}

/* config.md, Process: MUST be ignored if terminal is false or unset. */
Test(config, no_console_size_without_a_terminal)
{
	static const char *const ignored[] = {
		PROCESS(",\"consoleSize\":{\"height\":25,\"width\":80}"),
		PROCESS(",\"consoleSize\":{\"height\":65536,\"width\":18446744073709551615}"),
		PROCESS(",\"consoleSize\":{},\"terminal\":false"),
		PROCESS(",\"consoleSize\":[],\"terminal\":null"),
	};

	for (size_t i = 0; i < COUNT(ignored); i++)
		cr_expect_null(parse(&arena, ignored[i])->process->consoleSize, "%s", ignored[i]);
}

/*
 * Mount options: the words add up in their order.
 */

static const struct {
	const char *words;
	struct mount_options expected; /* without words and data */
} options[] = {
	{"\"defaults\",\"async\",\"loud\",\"\"", {.mode = 0}},
	{"\"ro\"", {.set = MOUNT_ATTR_RDONLY}},
	{"\"rw\"", {.clear = MOUNT_ATTR_RDONLY}},
	{"\"ro\",\"rw\"", {.clear = MOUNT_ATTR_RDONLY}},
	{"\"rw\",\"ro\"", {.set = MOUNT_ATTR_RDONLY}},
	{"\"nosuid\",\"noexec\",\"nodev\"",
	 {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV}},
	{"\"nosuid\",\"noexec\",\"suid\"", {.set = MOUNT_ATTR_NOEXEC, .clear = MOUNT_ATTR_NOSUID}},
	{"\"noatime\",\"relatime\"", {.clear = MOUNT_ATTR__ATIME}},
	{"\"relatime\",\"strictatime\"",
	 {.set = MOUNT_ATTR_STRICTATIME, .clear = MOUNT_ATTR__ATIME}},
	{"\"noatime\",\"strictatime\",\"nodiratime\"",
	 {.set = MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NODIRATIME, .clear = MOUNT_ATTR__ATIME}},
	{"\"rro\",\"rnosuid\"", {.rset = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID}},
	{"\"rro\",\"rrw\"", {.rclear = MOUNT_ATTR_RDONLY}},
	{"\"rnoatime\"", {.rset = MOUNT_ATTR_NOATIME, .rclear = MOUNT_ATTR__ATIME}},
	/* The later word wins, and what is below follows the recursive ones only. */
	{"\"ro\",\"rrw\"", {.rclear = MOUNT_ATTR_RDONLY}},
	{"\"rro\",\"rw\"", {.rset = MOUNT_ATTR_RDONLY, .clear = MOUNT_ATTR_RDONLY}},
	{"\"rw\",\"nosuid\",\"rro\"", {.set = MOUNT_ATTR_NOSUID, .rset = MOUNT_ATTR_RDONLY}},
	{"\"strictatime\",\"rnoatime\"", {.rset = MOUNT_ATTR_NOATIME, .rclear = MOUNT_ATTR__ATIME}},
	{"\"sync\",\"dirsync\",\"lazytime\"",
	 {.superblock = MS_SYNCHRONOUS | MS_DIRSYNC | 1 << 25}},
	{"\"sync\",\"dirsync\",\"async\"", {.superblock = MS_DIRSYNC}},
	{"\"iversion\",\"mand\",\"silent\",\"nomand\"", {.superblock = MS_I_VERSION | MS_SILENT}},
	{"\"bind\"", {.mode = MOUNT_MODE_BIND}},
	{"\"rbind\",\"bind\"", {.mode = MOUNT_MODE_BIND | MOUNT_MODE_RECURSIVE}},
	{"\"remount\",\"bind\"", {.mode = MOUNT_MODE_BIND | MOUNT_MODE_REMOUNT}},
	{"\"rprivate\"", {.propagation = {1, {MS_PRIVATE | MS_REC}}}},
	{"\"slave\",\"rshared\"", {.propagation = {2, {MS_SLAVE, MS_SHARED | MS_REC}}}},
};

static const struct mount_options *parse_options(const char *words)
{
	static const char format[] =
		"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":"
		"{\"namespaces\":[{\"type\":\"mount\"}]},\"mounts\":[{"
		"\"destination\":\"/d\",\"source\":\"s\",\"options\":[%s]}]}";

	return &parse(&arena, arena_printf(&arena, format, words))->mounts.at[0].options;
}

Test(config, mount_options_add_up)
{
	for (size_t i = 0; i < COUNT(options); i++) {
		const struct mount_options *expected = &options[i].expected;
		const struct mount_options *found = parse_options(options[i].words);

		cr_expect_eq(found->mode, expected->mode, "%s", options[i].words);
		cr_expect_eq(found->set, expected->set, "%s", options[i].words);
		cr_expect_eq(found->rset, expected->rset, "%s", options[i].words);
		cr_expect_eq(found->clear, expected->clear, "%s", options[i].words);
		cr_expect_eq(found->rclear, expected->rclear, "%s", options[i].words);
		cr_expect_eq(found->superblock, expected->superblock, "%s", options[i].words);
		cr_assert_eq(found->propagation.count, expected->propagation.count);
		for (size_t j = 0; j < found->propagation.count; j++)
			cr_expect_eq(found->propagation.at[j], expected->propagation.at[j], "%s",
				     options[i].words);
	}
}

Test(config, mount_options_of_the_filesystem)
{
	const struct mount_options *found =
		parse_options("\"nosuid\",\"mode=755\",\"ro\",\"size=65536k\",\"newinstance\"");

	cr_assert_eq(found->words.count, 5);
	cr_expect_str_eq(found->words.at[2], "ro");
	cr_assert_eq(found->data.count, 3);
	cr_expect_str_eq(found->data.at[0], "mode=755");
	cr_expect_str_eq(found->data.at[1], "size=65536k");
	cr_expect_str_eq(found->data.at[2], "newinstance");
}

/*
 * What is refused
 */

static const struct document_case values[] = {
	{"{}", "config.json: ociVersion: required property is missing", EINVAL},
	{"{\"ociVersion\":\"1.0.0\"}", "config.json: root: required property is missing", EINVAL},
	{"{\"ociVersion\":1}", "config.json: ociVersion: expected a string, not a number", EINVAL},
	{"{\"ociVersion\":\"1.0.0\",\"root\":{}}",
	 "config.json: root.path: required property is missing", EINVAL},
	{"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"\"}}",
	 "config.json: root.path: must not be empty", EINVAL},
	{"{\"ociVersion\":\"1.0.0\",\"root\":\"r\"}",
	 "config.json: root: expected an object, not a string", EINVAL},
	{"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\",\"readonly\":\"yes\"}}",
	 "config.json: root.readonly: expected true or false, not a string", EINVAL},
	{DOCUMENT(",\"hostname\":[]"), "config.json: hostname: expected a string, not an array",
	 EINVAL},
	{DOCUMENT(",\"hostname\":18446744073709551615"),
	 "config.json: hostname: expected a string, not a number"},
	{DOCUMENT(",\"mounts\":{}"), "config.json: mounts: expected an array, not an object",
	 EINVAL},
	{DOCUMENT(",\"annotations\":{\"a\":1}"),
	 "config.json: annotations.a: expected a string, not a number", EINVAL},
	{DOCUMENT(",\"linux\":[]"), "config.json: linux: expected an object, not an array", EINVAL},
	{MOUNT("\"type\":\"proc\""),
	 "config.json: mounts[0].destination: required property is missing", EINVAL},
	{MOUNT("\"destination\":\"\""), "config.json: mounts[0].destination: must not be empty",
	 EINVAL},
	{MOUNT("\"destination\":\"/d\",\"options\":\"ro\""),
	 "config.json: mounts[0].options: expected an array, not a string", EINVAL},
	{MOUNT("\"destination\":\"/d\",\"options\":[\"ro\",1]"),
	 "config.json: mounts[0].options[1]: expected a string, not a number", EINVAL},

	/* process */
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\"}"),
	 "config.json: process.args: required property is missing", EINVAL},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"sh\"]}"),
	 "config.json: process.cwd: required property is missing", EINVAL},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\",\"args\":[]}"),
	 "config.json: process.args: must not be empty", EINVAL},
	{DOCUMENT(",\"process\":{\"user\":{},\"cwd\":\"/\",\"args\":[\"sh\"]}"),
	 "config.json: process.user.uid: required property is missing"},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":0},\"cwd\":\"/\",\"args\":[\"sh\"]}"),
	 "config.json: process.user.gid: required property is missing", EINVAL},
	{DOCUMENT(
		 ",\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"tmp\",\"args\":[\"sh\"]}"),
	 "config.json: process.cwd: \"tmp\" is not an absolute path", EINVAL},
	{PROCESS(",\"env\":[\"PATH\"]"),
	 "config.json: process.env[0]: \"PATH\" is not of the form NAME=VALUE", EINVAL},
	{PROCESS(",\"terminal\":1"),
	 "config.json: process.terminal: expected true or false, not a number", EINVAL},
	{PROCESS(",\"terminal\":true,\"consoleSize\":{\"height\":1}"),
	 "config.json: process.consoleSize.width: required property is missing", EINVAL},
	{PROCESS(",\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":65536}"),
	 "config.json: process.consoleSize.width: 65536 is out of range (0 to 65535)"},
	{PROCESS(",\"terminal\":true,\"consoleSize\":[]"),
	 "config.json: process.consoleSize: expected an object, not an array"},
	{PROCESS(",\"oomScoreAdj\":1001"),
	 "config.json: process.oomScoreAdj: 1001 is out of range (-1000 to 1000)"},
	{PROCESS(",\"oomScoreAdj\":-1001"),
	 "config.json: process.oomScoreAdj: -1001 is out of range (-1000 to 1000)"},
	{PROCESS(",\"oomScoreAdj\":-1000"), NULL},
	{PROCESS(",\"rlimits\":[{\"type\":\"RLIMIT_NOFILES\",\"soft\":1,\"hard\":1}]"),
	 "config.json: process.rlimits[0].type: unknown rlimit \"RLIMIT_NOFILES\" (did you mean "
	 "\"RLIMIT_NOFILE\"?)",
	 EINVAL},
	{PROCESS(",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]"),
	 "config.json: process.rlimits[0].hard: required property is missing", EINVAL},
	{PROCESS(",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":-1,\"hard\":1}]"),
	 "config.json: process.rlimits[0].soft: -1 is out of range (0 to 18446744073709551615)"},
	{PROCESS(",\"capabilities\":{\"bounding\":\"CAP_CHOWN\"}"),
	 "config.json: process.capabilities.bounding: expected an array, not a string", EINVAL},
	{PROCESS(",\"capabilities\":{\"ambient\":[\"CAP_CHOWN\",0]}"),
	 "config.json: process.capabilities.ambient[1]: expected a string, not a number", EINVAL},

	/* ids: 4294967295 is -1, "leave it as it is" */
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":4294967295,\"gid\":0},\"cwd\":\"/\",\"args\":["
		  "\"sh\"]}"),
	 "config.json: process.user.uid: 4294967295 is out of range (0 to 4294967294)"},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":0,\"gid\":4294967296},\"cwd\":\"/\",\"args\":["
		  "\"sh\"]}"),
	 "config.json: process.user.gid: 4294967296 is out of range (0 to 4294967294)"},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":-1,\"gid\":0},\"cwd\":\"/\",\"args\":[\"sh\"]}"),
	 "config.json: process.user.uid: -1 is out of range (0 to 4294967294)"},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":18446744073709551615,\"gid\":0},\"cwd\":\"/\","
		  "\"args\":[\"sh\"]}"),
	 "config.json: process.user.uid: 18446744073709551615 is out of range (0 to 4294967294)"},
	{DOCUMENT(
		 ",\"process\":{\"user\":{\"uid\":1.0,\"gid\":0},\"cwd\":\"/\",\"args\":[\"sh\"]}"),
	 "config.json: process.user.uid: expected an integer, not a number with a fraction or an "
	 "exponent",
	 EINVAL},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":\"0\",\"gid\":0},\"cwd\":\"/"
		  "\",\"args\":[\"sh\"]}"),
	 "config.json: process.user.uid: expected an integer, not a string", EINVAL},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[1,4294967295]},"
		  "\"cwd\":\"/\",\"args\":[\"sh\"]}"),
	 "config.json: process.user.additionalGids[1]: 4294967295 is out of range (0 to "
	 "4294967294)"},
	{DOCUMENT(",\"process\":{\"user\":{\"uid\":0,\"gid\":0,\"umask\":512},\"cwd\":\"/"
		  "\",\"args\":["
		  "\"sh\"]}"),
	 "config.json: process.user.umask: 512 is out of range (0 to 511)"},

	/* linux */
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"foo\"}]}"),
	 "config.json: linux.namespaces[1].type: unknown namespace \"foo\"", EINVAL},
	{DOCUMENT(",\"linux\":{\"namespaces\":\"pid\"}"),
	 "config.json: linux.namespaces: expected an array, not a string"},
	{DOCUMENT(",\"linux\":{\"namespaces\":[\"pid\"]}"),
	 "config.json: linux.namespaces[0]: expected an object, not a string"},
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":18446744073709551615}]}"),
	 "config.json: linux.namespaces[0].path: expected a string, not a number"},
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"net\"}]}"),
	 "config.json: linux.namespaces[0].type: unknown namespace \"net\"", EINVAL},
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"cgroups\"}]}"),
	 "config.json: linux.namespaces[0].type: unknown namespace \"cgroups\" (did you mean "
	 "\"cgroup\"?)",
	 EINVAL},
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"path\":\"/x\"}]}"),
	 "config.json: linux.namespaces[0].type: required property is missing", EINVAL},
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]}"),
	 "config.json: linux.namespaces[0].path: \"x\" is not an absolute path", EINVAL},
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":7}]}"),
	 "config.json: linux.namespaces[0].path: expected a string, not a number", EINVAL},
	{DOCUMENT(",\"linux\":{\"namespaces\":[\"pid\"]}"),
	 "config.json: linux.namespaces[0]: expected an object, not a string", EINVAL},
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\",\"path\":"
		  "\"/x\"}]}"),
	 "config.json: linux.namespaces[1]: a second \"pid\" namespace", EINVAL},
	{LINUX(",\"devices\":[{\"type\":\"c\"}]"),
	 "config.json: linux.devices[0].path: required property is missing", EINVAL},
	{LINUX(",\"devices\":[{\"path\":\"/dev/x\"}]"),
	 "config.json: linux.devices[0].type: required property is missing", EINVAL},
	{LINUX(",\"devices\":[{\"type\":\"x\",\"path\":\"/dev/x\"}]"),
	 "config.json: linux.devices[0].type: unknown device type \"x\"", EINVAL},
	{LINUX(",\"devices\":[{\"type\":\"p\",\"path\":\"dev/x\"}]"),
	 "config.json: linux.devices[0].path: \"dev/x\" is not an absolute path", EINVAL},
	{LINUX(",\"devices\":[{\"type\":\"p\",\"path\":\"/dev/x\",\"uid\":4294967295}]"),
	 "config.json: linux.devices[0].uid: 4294967295 is out of range (0 to 4294967294)"},
	{LINUX(",\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":-1,\"minor\":0}]"),
	 "config.json: linux.devices[0].major: -1 is out of range (0 to 4095)"},
	{LINUX(",\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":1,\"minor\":1048576}]"),
	 "config.json: linux.devices[0].minor: 1048576 is out of range (0 to 1048575)"},
	{LINUX(",\"rootfsPropagation\":\"privat\""),
	 "config.json: linux.rootfsPropagation: unknown propagation \"privat\" (did you mean "
	 "\"private\"?)",
	 EINVAL},
	{LINUX(",\"maskedPaths\":[\"/proc/kcore\",\"proc\"]"),
	 "config.json: linux.maskedPaths[1]: \"proc\" is not an absolute path", EINVAL},
	{LINUX(",\"readonlyPaths\":[\"\"]"),
	 "config.json: linux.readonlyPaths[0]: \"\" is not an absolute path", EINVAL},
	{LINUX(",\"sysctl\":{\"kernel.shmmax\":1}"),
	 "config.json: linux.sysctl.kernel.shmmax: expected a string, not a number", EINVAL},
	{LINUX(",\"cgroupsPath\":{}"),
	 "config.json: linux.cgroupsPath: expected a string, not an object", EINVAL},

	/* resources */
	{RESOURCES("\"devices\":[{\"type\":\"a\"}]"),
	 "config.json: linux.resources.devices[0].allow: required property is missing", EINVAL},
	{RESOURCES("\"devices\":[{\"allow\":true,\"type\":\"p\"}]"),
	 "config.json: linux.resources.devices[0].type: unknown device type \"p\"", EINVAL},
	{RESOURCES("\"devices\":[{\"allow\":true,\"major\":-2}]"),
	 "config.json: linux.resources.devices[0].major: -2 is out of range (-1 to 4294967295)"},
	{RESOURCES("\"memory\":{\"limit\":\"1g\"}"),
	 "config.json: linux.resources.memory.limit: expected an integer, not a string", EINVAL},
	{RESOURCES("\"memory\":{\"limit\":9223372036854775808}"),
	 "config.json: linux.resources.memory.limit: 9223372036854775808 is out of range "
	 "(-9223372036854775808 to 9223372036854775807)"},
	{RESOURCES("\"memory\":{\"limit\":1.5}"),
	 "config.json: linux.resources.memory.limit: expected an integer, not a number with a "
	 "fraction or an exponent",
	 EINVAL},
	{RESOURCES("\"memory\":{\"swappiness\":101}"),
	 "config.json: linux.resources.memory.swappiness: 101 is out of range (0 to 100)"},
	{RESOURCES("\"memory\":{\"disableOOMKiller\":0}"),
	 "config.json: linux.resources.memory.disableOOMKiller: expected true or false, not a "
	 "number",
	 EINVAL},
	{RESOURCES("\"cpu\":{\"shares\":-1}"),
	 "config.json: linux.resources.cpu.shares: -1 is out of range (0 to 18446744073709551615)"},
	{RESOURCES("\"cpu\":{\"idle\":2}"),
	 "config.json: linux.resources.cpu.idle: 2 is out of range (0 to 1)"},
	{RESOURCES("\"cpu\":{\"cpus\":3}"),
	 "config.json: linux.resources.cpu.cpus: expected a string, not a number", EINVAL},
	{RESOURCES("\"pids\":{\"limit\":-2}"), "config.json: linux.resources.pids.limit: -2 is out "
					       "of range (-1 to 9223372036854775807)"},
	{RESOURCES("\"blockIO\":{\"weight\":65536}"),
	 "config.json: linux.resources.blockIO.weight: 65536 is out of range (0 to 65535)"},

	/* seccomp */
	{SECCOMP(""), "config.json: linux.seccomp.defaultAction: required property is missing",
	 EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ERNO\""),
	 "config.json: linux.seccomp.defaultAction: unknown seccomp action \"SCMP_ACT_ERNO\" (did "
	 "you mean \"SCMP_ACT_ERRNO\"?)",
	 EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096"),
	 "config.json: linux.seccomp.defaultErrnoRet: 4096 is out of range (0 to 4095)"},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"x86_64\"]"),
	 "config.json: linux.seccomp.architectures[0]: unknown seccomp architecture \"x86_64\"",
	 EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"SECCOMP_FILTER_FLAG_TSINC\"]"),
	 "config.json: linux.seccomp.flags[0]: unknown seccomp flag \"SECCOMP_FILTER_FLAG_TSINC\" "
	 "(did you mean \"SECCOMP_FILTER_FLAG_TSYNC\"?)",
	 EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
		 "\"SCMP_ACT_LOG\"}]"),
	 "config.json: linux.seccomp.syscalls[0].names: required property is missing", EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[],\"action\":"
		 "\"SCMP_ACT_LOG\"}]"),
	 "config.json: linux.seccomp.syscalls[0].names: must not be empty", EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"]}]"),
	 "config.json: linux.seccomp.syscalls[0].action: required property is missing", EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
		 "\"SCMP_ACT_LOG\",\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]}]"),
	 "config.json: linux.seccomp.syscalls[0].args[0].index: 6 is out of range (0 to 5)"},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
		 "\"SCMP_ACT_LOG\",\"args\":[{\"index\":5,\"value\":0,\"op\":\"EQ\"}]}]"),
	 "config.json: linux.seccomp.syscalls[0].args[0].op: unknown seccomp operator \"EQ\"",
	 EINVAL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
		 "\"SCMP_ACT_LOG\",\"args\":[{\"index\":5,\"op\":\"SCMP_CMP_EQ\"}]}]"),
	 "config.json: linux.seccomp.syscalls[0].args[0].value: required property is missing",
	 EINVAL},
	{PROCESS(",\"scheduler\":{\"nice\":0}"),
	 "config.json: process.scheduler.policy: required property is missing", EINVAL},
	{PROCESS(",\"scheduler\":{\"policy\":\"SCHED_WHATEVER\"}"),
	 "config.json: process.scheduler.policy: unknown scheduling policy \"SCHED_WHATEVER\"",
	 EINVAL},
	{PROCESS(",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":20}"),
	 "config.json: process.scheduler.nice: 20 is out of range (-20 to 19)"},
	{PROCESS(",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[\"x\"]}"),
	 "config.json: process.scheduler.flags[0]: unknown scheduling flag \"x\"", EINVAL},
	{PROCESS(",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}"),
	 "config.json: process.ioPriority.priority: 8 is out of range (0 to 7)"},
	{PROCESS(",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\"}"),
	 "config.json: process.ioPriority.priority: required property is missing", EINVAL},
	{LINUX(",\"memoryPolicy\":{\"mode\":\"MPOL_BIN\"}"),
	 "config.json: linux.memoryPolicy.mode: unknown memory policy \"MPOL_BIN\" (did you mean "
	 "\"MPOL_BIND\"?)",
	 EINVAL},
	{LINUX(",\"personality\":{\"domain\":\"LINUX64\"}"),
	 "config.json: linux.personality.domain: unknown execution domain \"LINUX64\" (did you "
	 "mean \"LINUX\"?)",
	 EINVAL},
	{PROCESS(",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":9223372036854775808}"),
	 "config.json: process.scheduler.runtime: 9223372036854775808 is out of range (0 to "
	 "9223372036854775807)"},
	{LINUX(",\"memoryPolicy\":{\"nodes\":\"0\"}"),
	 "config.json: linux.memoryPolicy.mode: required property is missing"},
	{LINUX(",\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0;1\"}"),
	 "config.json: linux.memoryPolicy.nodes: \"0;1\" is not a list such as 0-3,7"},
	{LINUX(",\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"flags\":[\"MPOL_F_STATIC\"]}"),
	 "config.json: linux.memoryPolicy.flags[0]: unknown memory policy flag \"MPOL_F_STATIC\""},
	{LINUX(",\"personality\":{\"flags\":[]}"),
	 "config.json: linux.personality.domain: required property is missing"},
	{PROCESS(",\"execCPUAffinity\":{\"initial\":\"0-\"}"),
	 "config.json: process.execCPUAffinity.initial: \"0-\" is not a list such as 0-3,7"},
	{PROCESS(",\"execCPUAffinity\":{\"final\":\"8192\"}"),
	 "config.json: process.execCPUAffinity.final: \"8192\" goes beyond 8191"},
	{PROCESS(",\"execCPUAffinity\":{\"final\":7}"),
	 "config.json: process.execCPUAffinity.final: expected a string, not a number"},
};

Test(config, refuses_invalid_values_with_their_place)
{
	expect_cases(values, COUNT(values));
}

/* Known, valid, and not built yet. */
static const struct document_case later[] = {
	{LINUX(",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}"),
	 "config.json: linux.timeOffsets: not supported yet", ENOTSUP},
	{LINUX(",\"netDevices\":{\"eth0\":{}}"), "config.json: linux.netDevices: not supported yet",
	 ENOTSUP},
	{RESOURCES("\"blockIO\":{\"weight\":10}"),
	 "config.json: linux.resources.blockIO.weight: not supported yet", ENOTSUP},
	{RESOURCES("\"blockIO\":{\"leafWeight\":10}"),
	 "config.json: linux.resources.blockIO.leafWeight: not supported yet", ENOTSUP},
	{RESOURCES("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":10}]}"),
	 "config.json: linux.resources.blockIO.weightDevice: not supported yet", ENOTSUP},
	{RESOURCES(
		 "\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1}]}"),
	 "config.json: linux.resources.blockIO.throttleReadBpsDevice: not supported yet", ENOTSUP},
	{RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}]"),
	 "config.json: linux.resources.hugepageLimits: not supported yet", ENOTSUP},
	{RESOURCES("\"network\":{\"classID\":1}"),
	 "config.json: linux.resources.network: not supported yet", ENOTSUP},
	{RESOURCES("\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3}}"),
	 "config.json: linux.resources.rdma: not supported yet", ENOTSUP},
	{RESOURCES("\"unified\":{\"memory.high\":\"1\"}"),
	 "config.json: linux.resources.unified: not supported yet", ENOTSUP},
	{DOCUMENT(",\"linux\":{\"namespaces\":[{\"type\":\"time\"}]}"),
	 "config.json: linux.namespaces[0]: time: not supported yet", ENOTSUP},
	{DOCUMENT(",\"vm\":{\"kernel\":{\"path\":\"/k\"}}"), "config.json: vm: not supported yet",
	 ENOTSUP},
};

Test(config, refuses_by_name_what_is_not_built_yet)
{
	expect_cases(later, COUNT(later));
}

/* What is refused by name is still read: the tables are complete. */
static const struct document_case later_values[] = {
	{DOCUMENT(",\"hooks\":{\"prestart\":[{\"path\":\"true\"}]}"),
	 "config.json: hooks.prestart[0].path: \"true\" is not an absolute path", EINVAL},
	{DOCUMENT(",\"hooks\":{\"poststop\":[{\"path\":\"/bin/true\",\"timeout\":0}]}"),
	 "config.json: hooks.poststop[0].timeout: 0 is out of range (1 to 2147483647)"},
	{DOCUMENT(",\"hooks\":{\"poststop\":[{\"path\":\"/bin/true\",\"env\":[\"x\"]}]}"),
	 "config.json: hooks.poststop[0].env[0]: \"x\" is not of the form NAME=VALUE", EINVAL},
	{LINUX(",\"uidMappings\":[{\"containerID\":0,\"hostID\":4294967295,\"size\":1}]"),
	 "config.json: linux.uidMappings[0].hostID: 4294967295 is out of range (0 to 4294967294)"},
	{LINUX(",\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}]"),
	 "config.json: linux.gidMappings[0].size: 0 is out of range (1 to 4294967295)"},
	{LINUX(",\"timeOffsets\":{\"boottime\":{\"nanosecs\":1000000000}}"),
	 "config.json: linux.timeOffsets.boottime.nanosecs: 1000000000 is out of range (0 to "
	 "999999999)"},
	{LINUX(",\"netDevices\":{\"eth0\":{\"name\":1}}"),
	 "config.json: linux.netDevices.eth0.name: expected a string, not a number", EINVAL},
	{RESOURCES("\"blockIO\":{\"weightDevice\":[{\"major\":8}]}"),
	 "config.json: linux.resources.blockIO.weightDevice[0].minor: required property is missing",
	 EINVAL},
	{RESOURCES("\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0}]}"),
	 "config.json: linux.resources.blockIO.throttleWriteIOPSDevice[0].rate: required property "
	 "is "
	 "missing",
	 EINVAL},
	{RESOURCES("\"network\":{\"priorities\":[{\"name\":\"eth0\"}]}"),
	 "config.json: linux.resources.network.priorities[0].priority: required property is "
	 "missing",
	 EINVAL},
	{RESOURCES("\"rdma\":{\"mlx5_1\":{\"hcaHandles\":-1}}"),
	 "config.json: linux.resources.rdma.mlx5_1.hcaHandles: -1 is out of range (0 to "
	 "4294967295)"},
	{DOCUMENT(",\"vm\":{}"), "config.json: vm.kernel: required property is missing", EINVAL},
	{DOCUMENT(",\"vm\":{\"kernel\":{\"path\":\"/k\"},\"image\":{\"path\":\"/i\"}}"),
	 "config.json: vm.image.format: required property is missing", EINVAL},
	{DOCUMENT(",\"vm\":{\"kernel\":{\"path\":\"k\"}}"),
	 "config.json: vm.kernel.path: \"k\" is not an absolute path", EINVAL},
	{DOCUMENT(",\"vm\":{\"kernel\":{\"path\":\"/k\"},\"hwConfig\":{\"irqs\":[-1]}}"),
	 "config.json: vm.hwConfig.irqs[0]: -1 is out of range (0 to 4294967295)"},
};

Test(config, checks_what_it_refuses_by_name)
{
	expect_cases(later_values, COUNT(later_values));
}

/* What engines write for "nothing". */
static const struct document_case empty[] = {
	{DOCUMENT(",\"hooks\":{},\"annotations\":null,\"mounts\":null"), NULL},
	{DOCUMENT(",\"hooks\":{\"prestart\":null,\"poststop\":[]}"), NULL},
	{PROCESS(",\"apparmorProfile\":\"\",\"selinuxLabel\":\"\",\"capabilities\":{}"), NULL},
	{PROCESS(",\"capabilities\":{\"bounding\":null},\"rlimits\":null,\"env\":null"), NULL},
	{RESOURCES(""), NULL},
	{RESOURCES("\"devices\":null,\"memory\":{},\"cpu\":{},\"pids\":{},\"blockIO\":{}"), NULL},
	{RESOURCES("\"blockIO\":{\"weight\":0,\"leafWeight\":0,\"weightDevice\":null}"), NULL},
	{LINUX(",\"intelRdt\":{\"closID\":\"\",\"l3CacheSchema\":\"\",\"memBwSchema\":\"\","
	       "\"schemata\":null}"),
	 NULL},
	{LINUX(",\"intelRdt\":null,\"personality\":null,\"seccomp\":null"), NULL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":null,\"syscalls\":null,"
		 "\"flags\":null,\"listenerPath\":\"\",\"listenerMetadata\":\"\""),
	 NULL},
};

Test(config, accepts_nothing_in_all_its_forms)
{
	expect_cases(empty, COUNT(empty));
}

static const char with_nul[] = "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"a\0b\"}}";

Test(config, is_as_strict_as_the_engine)
{
	const struct config *config = NULL;
	struct error err;

	cr_expect_eq(parse_text("{", 1, &arena, &config, &err), -EINVAL);
	cr_expect_str_eq(err.text, "config.json:1:1: string or '}' expected near end of file");
	cr_expect_eq(parse_text(with_nul, sizeof with_nul - 1, &arena, &config, &err), -EINVAL);
	cr_expect_eq(parse_text("[]", 2, &arena, &config, &err), -EINVAL);
	cr_expect_str_eq(err.text, "config.json: expected an object, not an array");
	cr_expect_null(config);
}

Test(config, a_document_cut_anywhere_is_refused)
{
	for (size_t size = 0; size < sizeof everything - 1; size += 7) {
		const struct config *config = NULL;
		struct error err;

		cr_expect_eq(parse_text(everything, size, &arena, &config, &err), -EINVAL);
		cr_expect_null(config);
	}
}

/* Twenty thousand of anything is read or refused, never cut. */
Test(config, long_lists)
{
	enum { MANY = 20000 };
	FILE *out;
	char *text = NULL;
	size_t size;

	out = open_memstream(&text, &size);
	fputs("{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"process\":{\"user\":{\"uid\":"
	      "0,"
	      "\"gid\":0,\"additionalGids\":[0",
	      out);
	for (unsigned i = 1; i < MANY; i++)
		fprintf(out, ",%u", i);
	fputs("]},\"cwd\":\"/\",\"args\":[\"sh\"]}}", out);
	fclose(out);
	const struct gids *gids = &parse(&arena, text)->process->user.additionalGids;

	cr_assert_eq(gids->count, MANY);
	cr_expect_eq(gids->at[MANY - 1], MANY - 1);
	free(text);
}

/*
 * Writing
 */

static const char *format(const struct config *config)
{
	return schema_format(&config_schema, config, SCHEMA_COMPACT, &arena);
}

/* Written and read again it says the same, but for the names nobody knows. */
Test(config, what_is_written_is_read_back)
{
	static const char text[] = PROCESS(
		",\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"ambient\":[]},"
		"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,\"hard\":2}]}"
		",\"mounts\":[{\"destination\":\"/"
		"d\",\"source\":\"s\",\"options\":[\"rbind\",\"x=y\"]}]"
		",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
		"{\"type\":\"uts\",\"path\":\"/x\"}],"
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\",\"flags\":["
		"\"SECCOMP_FILTER_FLAG_LOG\"]},\"rootfsPropagation\":\"shared\","
		"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0,2-3\"}");
	const char *once = format(parse(&arena, text));

	cr_expect_str_eq(format(parse(&arena, once)), once);
	cr_expect_not_null(strstr(once, "\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"]"), "%s", once);
	cr_expect_not_null(strstr(once, "\"namespaces\":[{\"type\":\"uts\",\"path\":\"/x\"},"
					"{\"type\":\"mount\"}]"),
			   "%s", once);
	cr_expect_not_null(strstr(once, "\"options\":[\"rbind\",\"x=y\"]"), "%s", once);
	cr_expect_not_null(strstr(once, "\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\""), "%s", once);
	cr_expect_not_null(strstr(once, "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]"), "%s", once);
	cr_expect_not_null(strstr(once, "\"rootfsPropagation\":\"shared\""), "%s", once);
	cr_expect_not_null(strstr(once, "\"nodes\":\"0,2-3\""), "%s", once);
	cr_expect_null(strstr(once, "ambient"));
	cr_expect_null(strstr(once, "hooks"));
}

/*
 * Files
 */

static char directory[] = "/tmp/test-config-XXXXXX";
static int handle = -1;

static void make_directory(void)
{
	cr_assert(mkdtemp(directory));
	handle = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(handle, 0);
}

static void remove_directory(void)
{
	static const char *const names[] = {"config.json", "fifo", "link", "large"};

	for (size_t i = 0; i < COUNT(names); i++)
		unlinkat(handle, names[i], 0);
	close(handle);
	cr_assert_eq(rmdir(directory), 0);
	finish();
}

TestSuite(config_file, .init = make_directory, .fini = remove_directory);

static void write_file(const char *name, const char *data, size_t size)
{
	int fd = openat(handle, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, data, size), (ssize_t)size);
	close(fd);
}

static struct document document;
static struct error err;

static int read_file(const char *name)
{
	document = (struct document){0};
	return config_read(handle, name, &arena, &document, &err);
}

Test(config_file, is_read_verbatim)
{
	static const char bytes[] = "{\xff\0\n}";

	write_file("config.json", bytes, sizeof bytes - 1);
	cr_assert_eq(read_file("config.json"), 0, "%s", err.text);
	cr_assert_eq(document.size, sizeof bytes - 1);
	cr_expect_eq(memcmp(document.text, bytes, sizeof bytes), 0);
}

Test(config_file, may_be_empty)
{
	write_file("config.json", "", 0);
	cr_assert_eq(read_file("config.json"), 0);
	cr_expect_eq(document.size, 0);
	cr_expect_str_eq(document.text, "");
}

Test(config_file, must_be_there)
{
	cr_expect_eq(read_file("config.json"), -ENOENT);
	cr_expect_str_eq(err.text, "config.json: No such file or directory");
	cr_expect_null(document.text);
}

/* A fifo would make everybody wait who opens it. */
Test(config_file, must_be_a_regular_file, .timeout = 10)
{
	cr_assert_eq(mkfifoat(handle, "fifo", 0600), 0);
	cr_expect_eq(read_file("fifo"), -EINVAL);
	cr_expect_str_eq(err.text, "fifo: not a regular file");
	cr_expect_eq(read_file("."), -EINVAL);
	cr_expect_str_eq(err.text, ".: not a regular file");
	cr_assert_eq(symlinkat("/dev/zero", handle, "link"), 0);
	cr_expect_eq(read_file("link"), -EINVAL);
	cr_expect_null(document.text);
}

Test(config_file, has_a_largest_size)
{
	enum { LARGEST = 16 * 1024 * 1024 };

	write_file("large", "", 0);
	cr_assert_eq(truncate(arena_printf(&arena, "%s/large", directory), LARGEST), 0);
	cr_expect_eq(read_file("large"), 0);
	cr_expect_eq(document.size, LARGEST);
	cr_assert_eq(truncate(arena_printf(&arena, "%s/large", directory), LARGEST + 1), 0);
	cr_expect_eq(read_file("large"), -E2BIG);
	cr_expect_str_eq(err.text, "large: 16777217 bytes are too large, at most 16777216");
}

/*
 * A process alone
 */

static int parse_process(const char *text, struct process *process)
{
	const struct document whole = {text, strlen(text)};

	return process_parse("process.json", &whole, &arena, process, &err);
}

TestSuite(process_alone, .fini = finish);

Test(process_alone, is_read_as_in_config_json)
{
	struct process process;

	cr_assert_eq(parse_process("{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":1,\"gid\":2},"
				   "\"unknown\":1}",
				   &process),
		     0, "%s", err.text);
	cr_expect_eq(process.user.uid, 1);
	cr_expect_str_eq(process.args.at[0], "a");
	cr_expect_eq(parse_process("{\"cwd\":\"x\",\"args\":[\"a\"]}", &process), -EINVAL);
	cr_expect_str_eq(err.text, "process.json: cwd: \"x\" is not an absolute path");
	cr_expect_eq(parse_process("{\"cwd\":\"/\"}", &process), -EINVAL);
	cr_expect_str_eq(err.text, "process.json: args: required property is missing");
}

/* Nothing of what was there before is left. */
Test(process_alone, replaces_all)
{
	struct process process = {.terminal = true, .user = {.uid = 5}};

	cr_assert_eq(parse_process("{\"cwd\":\"/\",\"args\":[\"a\"]}", &process), 0);
	cr_expect(!process.terminal && process.user.uid == 0);
}

Test(process_alone, is_checked_once_it_is_whole)
{
	struct config whole = {0};
	struct process process;

	cr_assert_eq(parse_process("{\"cwd\":\"/\",\"args\":[\"a\"],\"rlimits\":[{\"type\":"
				   "\"RLIMIT_CORE\",\"soft\":2,\"hard\":1}]}",
				   &process),
		     0, "%s", err.text);
	whole.process = &process;
	cr_expect_eq(check_process(&whole, &err), -EINVAL);
	cr_expect_str_eq(err.text,
			 "process.rlimits[0]: RLIMIT_CORE: soft limit 2 is above hard limit 1");
}

/*
 * Mounts alone
 */

static const struct linux_config no_linux;

static int parse_mounts(const char *text, struct config *config)
{
	const struct document whole = {text, strlen(text)};

	config->linux = &no_linux;
	return mounts_parse("more.json", &whole, &arena, config, &err);
}

TestSuite(mounts_alone, .fini = finish);

static const char *const mounts_texts[] = {
	"{\"unknown\":1,\"mounts\":[{\"destination\":\"/a\",\"options\":[\"ro\"]}]}",
	" [{\"destination\":\"/a\",\"options\":[\"ro\"]}]",
};

Test(mounts_alone, are_read_as_in_config_json)
{
	for (size_t i = 0; i < COUNT(mounts_texts); i++) {
		struct config config = {.mounts.count = 7};

		cr_assert_eq(parse_mounts(mounts_texts[i], &config), 0, "%s", err.text);
		cr_assert_eq(config.mounts.count, 1);
		cr_expect_str_eq(config.mounts.at[0].destination, "/a");
		cr_expect_eq(config.mounts.at[0].options.set, MOUNT_ATTR_RDONLY);
	}
}

static const struct document_case refused_mounts[] = {
	{"{}", "more.json: mounts: required property is missing"},
	{"7", "more.json:1:1: '[' or '{' expected near '7'"},
	{"[7]", "more.json: mounts[0]: expected an object, not a number"},
	{"[{},", "more.json:1:4: ']' expected near end of file"},
	{"[{\"type\":\"x\"}]", "more.json: mounts[0].destination: required property is missing"},
	{"{\"mounts\":{}}", "more.json: mounts: expected an array, not an object"},
};

Test(mounts_alone, are_refused_by_their_place)
{
	for (size_t i = 0; i < COUNT(refused_mounts); i++) {
		struct config config = {0};

		cr_expect_eq(parse_mounts(refused_mounts[i].text, &config), -EINVAL);
		cr_expect_str_eq(err.text, refused_mounts[i].error);
	}
}

Test(mounts_alone, are_checked_with_the_configuration_that_they_are_added_to)
{
	struct config whole = {0};

	cr_assert_eq(parse_mounts("[{\"destination\":\"/a\",\"options\":[\"bind\"]}]", &whole), 0,
		     "%s", err.text);
	cr_expect_eq(check_mount_entries(&whole, &err), -EINVAL);
	cr_expect_str_eq(err.text, "mounts[0].source: a bind mount needs one");
}

Test(mounts_alone, have_their_mappings_from_options)
{
	struct config whole = {0};

	cr_assert_eq(
		parse_mounts(
			"[{\"destination\":\"/a\",\"options\":[\"idmap=uids=0-5-2;gids=0-6-3\"]}]",
			&whole),
		0, "%s", err.text);
	cr_assert_eq(whole.mounts.at[0].uidMappings.count, 1);
	cr_expect_eq(whole.mounts.at[0].uidMappings.at[0].hostID, 5);
	cr_expect_eq(whole.mounts.at[0].gidMappings.at[0].size, 3);
}
