# SPDX-License-Identifier: LGPL-2.1-or-later
"""config.md, scheduler and ioPriority; config-linux.md, Memory policy and Personality.

What the kernel says to the program inside. Real-time policies are refused by the kernel in a cgroup
of v1 without a share of its own, and utilization clamping where it was not built.
"""

import errno
import os
import platform

import pytest

from harness import TAG, has_cgroup_v1, without_system_call

OTHER, FIFO, RR, BATCH, IDLE, DEADLINE = 0, 1, 2, 3, 5, 6
RESET_ON_FORK, RECLAIM = 0x01, 0x02
IO_CLASSES = {"IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3}


def allow_real_time(bundle):
    """A cgroup below the root, since in v1 its share is taken from its parent's."""
    if has_cgroup_v1():
        bundle.linux["cgroupsPath"] = f"/{TAG}-real-time-{bundle.path.parent.name}"
        bundle.linux["resources"]["cpu"] = {"realtimeRuntime": 10000, "realtimePeriod": 1000000}


def scheduler(kist, bundle, **properties):
    bundle.process["scheduler"] = properties
    return kist.report(bundle)["scheduler"]


@pytest.mark.parametrize(
    "policy, number, nice",
    [
        ("SCHED_OTHER", OTHER, 19),
        ("SCHED_OTHER", OTHER, -20),
        ("SCHED_BATCH", BATCH, 3),
        ("SCHED_IDLE", IDLE, -3),
    ],
)
@pytest.mark.parametrize("uid", [0, 1000])
def test_policies_with_a_nice_value(kist, bundle, policy, number, nice, uid):
    bundle.process["user"] = {"uid": uid, "gid": uid}
    found = scheduler(kist, bundle, policy=policy, nice=nice)
    assert (found["policy"], found["nice"], found["priority"]) == (number, nice, 0)


def test_nice_value_of_the_caller(kist, bundle):
    """Inherited without a scheduler, and 0 with one that does not say."""
    bundle.probe("report").write()
    result = kist.ok("run", "--bundle", bundle.path, kist.new_id(), preexec_fn=lambda: os.nice(5))
    assert result.json["scheduler"]["nice"] == 5
    bundle.process["scheduler"] = {"policy": "SCHED_BATCH"}
    bundle.write()
    result = kist.ok("run", "--bundle", bundle.path, kist.new_id(), preexec_fn=lambda: os.nice(5))
    assert result.json["scheduler"]["nice"] == 0


@pytest.mark.parametrize("policy, number", [("SCHED_FIFO", FIFO), ("SCHED_RR", RR)])
def test_real_time_policies(kist, bundle, policy, number):
    allow_real_time(bundle)
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    found = scheduler(
        kist, bundle, policy=policy, priority=7, flags=["SCHED_FLAG_RESET_ON_FORK"]
    )
    assert (found["policy"], found["priority"]) == (number, 7)
    assert found["flags"] & RESET_ON_FORK


@pytest.mark.parametrize("policy, number", [("SCHED_FIFO", FIFO), ("SCHED_RR", RR)])
def test_real_time_with_a_filter(kist, bundle, policy, number):
    """On one processor a second thread and init would keep each other waiting."""
    allow_real_time(bundle)
    bundle.linux["resources"].setdefault("cpu", {})["cpus"] = "0"
    bundle.process["noNewPrivileges"] = False
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW"}
    found = scheduler(kist, bundle, policy=policy, priority=1)
    assert (found["policy"], found["priority"]) == (number, 1)


@pytest.mark.skipif(not has_cgroup_v1(), reason="cgroup v2 has no shares of real time")
def test_real_time_without_a_share(kist, bundle):
    bundle.process["scheduler"] = {"policy": "SCHED_FIFO", "priority": 1}
    kist.refuses(
        bundle,
        r"process\.scheduler: SCHED_FIFO: Operation not permitted "
        r"\(.*linux\.resources\.cpu\.realtimeRuntime\)",
    )


def test_deadline(kist, bundle):
    found = scheduler(
        kist,
        bundle,
        policy="SCHED_DEADLINE",
        runtime=2_000_000,
        deadline=50_000_000,
        period=100_000_000,
        flags=["SCHED_FLAG_RECLAIM"],
    )
    assert (found["policy"], found["runtime"]) == (DEADLINE, 2_000_000)
    assert (found["deadline"], found["period"]) == (50_000_000, 100_000_000)
    assert found["flags"] & RECLAIM


def test_what_the_kernel_refuses(kist, bundle):
    bundle.process["scheduler"] = {"policy": "SCHED_ISO"}
    kist.refuses(bundle, r"process\.scheduler: SCHED_ISO: Invalid argument", command="create")


@pytest.mark.parametrize(
    "properties, pattern",
    [
        ({"policy": "SCHED_SPORADIC"}, r"scheduler\.policy: unknown scheduling policy"),
        ({"policy": "SCHED_FIFO"}, r"scheduler\.priority: 0 is out of range \(1 to 99, for"),
        ({"policy": "SCHED_OTHER", "priority": 1}, r"scheduler\.priority: SCHED_OTHER has none"),
        ({"policy": "SCHED_RR", "priority": 1, "runtime": 1}, r"scheduler\.runtime: only SCHED_D"),
        ({"policy": "SCHED_DEADLINE"}, r"scheduler\.runtime: 0 is less than the least, 1024"),
        ({"policy": "SCHED_OTHER", "nice": -21}, r"scheduler\.nice: -21 is out of range"),
        ({"policy": "SCHED_OTHER", "flags": ["RESET"]}, r"scheduler\.flags\[0\]: unknown"),
    ],
)
def test_wrong_schedulers(kist, bundle, properties, pattern):
    bundle.process["scheduler"] = properties
    kist.refuses(bundle, r"config\.json: process\." + pattern, command="create")


@pytest.mark.parametrize("name, number", IO_CLASSES.items())
@pytest.mark.parametrize("priority", [0, 7])
def test_io_priority(kist, bundle, name, number, priority):
    bundle.process["ioPriority"] = {"class": name, "priority": priority}
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    assert kist.report(bundle)["scheduler"]["io"] == number << 13 | priority


# In a user namespace nobody has the privilege.


def in_a_user_namespace(bundle):
    bundle.linux["namespaces"].append({"type": "user"})
    for kind in ("uidMappings", "gidMappings"):
        bundle.linux[kind] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    for directory in (bundle.path, bundle.rootfs):
        directory.chmod(0o755)


@pytest.mark.parametrize("uid", [0, 1000])
def test_in_a_user_namespace(kist, bundle, uid):
    in_a_user_namespace(bundle)
    bundle.process["user"] = {"uid": uid, "gid": 0}
    bundle.process["ioPriority"] = {"class": "IOPRIO_CLASS_RT", "priority": 2}
    found = scheduler(kist, bundle, policy="SCHED_OTHER", nice=-7)
    assert (found["nice"], found["io"]) == (-7, 1 << 13 | 2)


def test_real_time_in_a_user_namespace(kist, bundle):
    in_a_user_namespace(bundle)
    allow_real_time(bundle)
    found = scheduler(kist, bundle, policy="SCHED_RR", priority=3)
    assert (found["policy"], found["priority"]) == (RR, 3)


@pytest.mark.skipif(not has_cgroup_v1(), reason="cgroup v2 has no shares of real time")
def test_real_time_without_a_share_in_a_user_namespace(kist, bundle):
    """The host side is refused when init has done all of its work: that is taken back."""
    in_a_user_namespace(bundle)
    bundle.process["scheduler"] = {"policy": "SCHED_RR", "priority": 1}
    kist.refuses(bundle, r"scheduling: process\.scheduler: SCHED_RR: Operation not permitted")


# CPUs


def test_affinity_of_the_caller_is_not_inherited(kist, bundle):
    """An engine may be bound to some CPUs; its containers' are those of their cgroups."""
    cpus = sorted(os.sched_getaffinity(0))
    assert len(cpus) > 1, "this test needs two CPUs"
    expected = sum(1 << cpu for cpu in cpus)
    bound = lambda: os.sched_setaffinity(0, cpus[:1])
    assert kist.report(bundle, preexec_fn=bound)["affinity"] == expected


def test_affinity_is_that_of_the_cgroup(kist, bundle):
    cpus = sorted(os.sched_getaffinity(0))
    bundle.linux["resources"]["cpu"] = {"cpus": str(cpus[-1])}
    bound = lambda: os.sched_setaffinity(0, cpus[:1])
    assert kist.report(bundle, preexec_fn=bound)["affinity"] == 1 << cpus[-1]


SCHED_SETAFFINITY = {"x86_64": 203, "aarch64": 122}[platform.machine()]


def test_without_affinities(kist, bundle):
    """Where there is no such call nobody was bound; any other refusal is an error."""
    kist.prefix = without_system_call(SCHED_SETAFFINITY, errno.ENOSYS)
    assert kist.runs(bundle.probe("echo", "ran")).out == "ran\n"
    kist.prefix = without_system_call(SCHED_SETAFFINITY, errno.EACCES)
    kist.refuses(bundle, "cpu affinity: sched_setaffinity: Permission denied")
    kist.prefix = []


def test_exec_cpu_affinity_is_not_for_init(kist, bundle):
    cpus = sorted(os.sched_getaffinity(0))
    bundle.process["execCPUAffinity"] = {"initial": str(cpus[0]), "final": str(cpus[0])}
    assert kist.report(bundle)["affinity"] == sum(1 << cpu for cpu in cpus)


@pytest.mark.parametrize("value", ["0-", "x", "1,,2", "3-1", "100000"])
@pytest.mark.parametrize("name", ["initial", "final"])
def test_wrong_exec_cpu_affinity(kist, bundle, name, value):
    bundle.process["execCPUAffinity"] = {name: value}
    pattern = rf'process\.execCPUAffinity\.{name}: "{value}" '
    kist.refuses(bundle, pattern, command="create")


# Memory


@pytest.mark.parametrize(
    "mode, number, nodes",
    [
        ("MPOL_DEFAULT", 0, None),
        ("MPOL_PREFERRED", 1, "0"),
        ("MPOL_BIND", 2, "0"),
        ("MPOL_INTERLEAVE", 3, "0"),
        ("MPOL_LOCAL", 4, None),
        ("MPOL_PREFERRED_MANY", 5, "0"),
    ],
)
def test_memory_policy(kist, bundle, mode, number, nodes):
    bundle.linux["memoryPolicy"] = {"mode": mode}
    if nodes is not None:
        bundle.linux["memoryPolicy"]["nodes"] = nodes
    expected = {"mode": number, "nodes": 0 if nodes is None else 1}
    assert kist.report(bundle)["memory_policy"] == expected


def test_memory_policy_flags(kist, bundle):
    bundle.linux["memoryPolicy"] = {
        "mode": "MPOL_BIND",
        "nodes": "0",
        "flags": ["MPOL_F_STATIC_NODES"],
    }
    assert kist.report(bundle)["memory_policy"] == {"mode": 2 | 1 << 15, "nodes": 1}


def test_memory_policy_under_a_filter(kist, bundle):
    """The usual profiles forbid to change it."""
    bundle.process["noNewPrivileges"] = False
    bundle.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0"}
    bundle.linux["personality"] = {"domain": "LINUX32"}
    bundle.process["scheduler"] = {"policy": "SCHED_BATCH"}
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            {
                "names": ["set_mempolicy", "sched_setattr", "setpriority"],
                "action": "SCMP_ACT_KILL_PROCESS",
            },
            {
                "names": ["personality"],
                "action": "SCMP_ACT_KILL_PROCESS",
                "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}],
            },
        ],
    }
    report = kist.report(bundle)
    assert report["memory_policy"]["mode"] == 2
    assert report["personality"] == 8
    assert report["scheduler"]["policy"] == BATCH


@pytest.mark.parametrize(
    "policy, pattern",
    [
        ({"mode": "MPOL_BIND"}, r"nodes: MPOL_BIND needs at least one"),
        ({"mode": "MPOL_LOCAL", "nodes": "0"}, r"nodes: MPOL_LOCAL takes none"),
        ({"mode": "MPOL_BIND", "nodes": "0", "flags": ["x"]}, r"flags\[0\]: unknown memory"),
        ({"mode": "MPOL_BIND", "nodes": "0:1"}, r'nodes: "0:1" is not a list'),
    ],
)
def test_wrong_memory_policies(kist, bundle, policy, pattern):
    bundle.linux["memoryPolicy"] = policy
    kist.refuses(bundle, rf"config\.json: linux\.memoryPolicy\.{pattern}", command="create")


def test_node_that_is_not_there(kist, bundle):
    bundle.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "999"}
    kist.refuses(bundle, r"linux\.memoryPolicy: MPOL_BIND: Invalid argument \(a node", command="create")


# Personality


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the other name depends on the machine")
def test_personality(kist, bundle):
    bundle.linux["personality"] = {"domain": "LINUX32"}
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    report = kist.report(bundle)
    assert (report["personality"], report["machine"]) == (8, "i686")
    bundle.linux["personality"] = {"domain": "LINUX", "flags": []}
    report = kist.report(bundle)
    assert (report["personality"], report["machine"]) == (0, platform.machine())


def test_personality_flags(kist, bundle):
    bundle.linux["personality"] = {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}
    kist.refuses(
        bundle, r'linux\.personality\.flags\[0\]: "ADDR_NO_RANDOMIZE": there are no flags'
    )
