# SPDX-License-Identifier: LGPL-2.1-or-later
"""config-linux.md, Seccomp, as the program in the container feels it."""

import json
import os
import signal
from pathlib import Path

import pytest

from harness.seccomp import PROBE_CALLS, rule
EPERM, EXDEV, ENOSYS = 1, 18, 38


def try_syscalls(kist, bundle, seccomp, *names):
    bundle.linux["seccomp"] = seccomp
    result = kist.run(bundle.probe("syscalls", *names))
    assert result.code == 0 and result.err == "", result
    return result.json


def test_deny_list(kist, bundle):
    seccomp = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            rule(["keyctl", "bpf"], "SCMP_ACT_ERRNO"),
            rule(["uname"], "SCMP_ACT_ERRNO", errnoRet=EXDEV),
        ],
    }
    result = try_syscalls(kist, bundle, seccomp, "keyctl", "bpf", "uname", "getpid")
    assert result == {"keyctl": EPERM, "bpf": EPERM, "uname": EXDEV, "getpid": 0}


def test_a_deny_list_of_what_nobody_knows(kist, bundle):
    """It could not be denied, and must not be allowed."""
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [rule(["uname", "no_such_system_call"], "SCMP_ACT_ERRNO")],
    }
    kist.refuses(bundle, r"linux\.seccomp: syscalls\[0\]\.names\[1\]: unknown system call "
                 '"no_such_system_call" cannot be filtered, and would be allowed')


def test_nothing_is_denied_without_a_profile(kist, bundle):
    assert try_syscalls(kist, bundle, None, "keyctl", "getpid")["getpid"] == 0


def test_arguments(kist, bundle):
    seccomp = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            rule(
                ["socket"],
                "SCMP_ACT_ERRNO",
                args=[{"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}],
            )
        ],
    }
    result = try_syscalls(kist, bundle, seccomp, "socket-vsock", "socket-inet")
    assert result == {"socket-vsock": EPERM, "socket-inet": 0}


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize("nnp", [True, False])
@pytest.mark.parametrize("action", ["SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS"])
def test_allow_list_knows_nothing_of_the_runtime(kist, bundle, nnp, action, user):
    """Only what the program itself needs is allowed: the filter comes last, also where it takes a
    capability that the program must not have."""
    bundle.process["noNewPrivileges"] = nnp
    bundle.process["user"] = {"uid": user, "gid": user}
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = {
        "defaultAction": action,
        "syscalls": [rule(PROBE_CALLS, "SCMP_ACT_ALLOW")],
    }
    report = kist.report(bundle)
    assert report.status["Seccomp"] == "2"
    assert report.status["Threads"] == "1"
    assert report.status["CapEff"] == report.status["CapBnd"] == "0" * 16
    assert report.status["NoNewPrivs"] == str(int(nnp))
    assert report["process"]["nnp"] == nnp


@pytest.mark.parametrize("nnp", [True, False])
def test_filter_of_a_created_container(kist, bundle, nnp):
    """As with run; meanwhile nobody but kist's own init is there, with one thread that may load the
    filter, and start's hooks do not have it."""
    bundle.process["noNewPrivileges"] = nnp
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_KILL_PROCESS",
        "syscalls": [rule(PROBE_CALLS, "SCMP_ACT_ALLOW")],
    }
    bundle.config["hooks"] = {"startContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "true | true"]}]}
    bundle.probe("report")
    container = kist.create(bundle)
    threads = sorted(os.listdir(f"/proc/{container.pid}/task"), key=int)
    assert len(threads) == (1 if nnp else 2)
    status = [Path(f"/proc/{container.pid}/task/{thread}/status").read_text() for thread in threads]
    assert "CapPrm:\t0000000000000000" in status[0]
    assert all("CapPrm:\t0000000000200000" in text for text in status[1:])
    assert all("CapBnd:\t0000000000000000" in text for text in status[1:])
    container.start()
    assert container.wait_for_report().status["Seccomp"] == "2"


@pytest.mark.parametrize("action", ["SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS"])
@pytest.mark.parametrize("nnp", [True, False])
def test_killed_by_the_filter_before_the_program(kist, bundle, nnp, action):
    """execve itself is not allowed: init ends, whatever threads it has. And where it could not execute
    anyway, nothing may wait for what the filter keeps it from saying."""
    bundle.process["noNewPrivileges"] = nnp
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = {
        "defaultAction": action,
        "syscalls": [rule([name for name in PROBE_CALLS if name != "execve"], "SCMP_ACT_ALLOW")],
    }
    killed = {128 + signal.SIGSYS, 128 + signal.SIGILL}
    assert kist.run(bundle.probe("report"), timeout=60).code in killed
    (bundle.rootfs / "bin/broken").write_text("#!/no/such/interpreter\n")
    (bundle.rootfs / "bin/broken").chmod(0o755)
    bundle.args = ["/bin/broken"]
    bundle.linux["seccomp"]["syscalls"] = [rule(PROBE_CALLS, "SCMP_ACT_ALLOW")]
    assert kist.run(bundle, timeout=60).code != 0


@pytest.mark.parametrize("bounding", [["CAP_SYS_PTRACE"], []])
def test_a_hook_does_not_find_a_thread_to_trace(kist, bundle, bounding):
    """It would have CAP_SYS_ADMIN, which the container has not."""
    bundle.process["noNewPrivileges"] = False
    bundle.process["capabilities"] = {"bounding": bounding}
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW"}
    container = kist.create(bundle.probe("report"))
    assert len(os.listdir(f"/proc/{container.pid}/task")) == (1 if bounding else 2)
    container.start()
    assert container.wait_for_report().status["Seccomp"] == "2"


def test_one_process_and_no_more(kist, bundle):
    """There is no room for the thread: the filter is loaded early and has to let init go on."""
    bundle.process["noNewPrivileges"] = False
    bundle.process["capabilities"] = {}
    bundle.linux["resources"] = {"pids": {"limit": 1}}
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [rule(["uname"], "SCMP_ACT_ERRNO")],
    }
    assert kist.report(bundle).status["Seccomp"] == "2"


def test_filter_of_an_ordinary_user(kist, bundle):
    bundle.process["noNewPrivileges"] = False
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    seccomp = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [rule(["uname"], "SCMP_ACT_ERRNO")],
    }
    assert try_syscalls(kist, bundle, seccomp, "uname") == {"uname": EPERM}


def test_default_errno(kist, bundle):
    seccomp = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": EXDEV,
        "syscalls": [rule([*PROBE_CALLS, "no_such_system_call"], "SCMP_ACT_ALLOW")],
    }
    assert try_syscalls(kist, bundle, seccomp, "bpf") == {"bpf": EXDEV}


def test_calls_newer_than_the_profile_do_not_exist(kist, bundle):
    """C libraries fall back to an older call on ENOSYS only. The highest number that is named here
    is that of rseq, 334."""
    seccomp = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "syscalls": [rule(PROBE_CALLS, "SCMP_ACT_ALLOW")],
    }
    newer = try_syscalls(kist, bundle, seccomp, "bpf", "clone3", "nonexistent")
    assert newer == {"bpf": EPERM, "clone3": ENOSYS, "nonexistent": ENOSYS}


ENGINES = sorted((Path(__file__).parent / "configs").glob("*.json"))
PROFILES = [path for path in ENGINES if json.loads(path.read_text())["linux"].get("seccomp")]


@pytest.mark.parametrize("config", PROFILES, ids=lambda path: path.stem)
def test_profiles_of_the_engines(kist, bundle, config):
    """The kernel accepts what is made of them, and the probe lives under it."""
    bundle.linux["seccomp"] = json.loads(config.read_text())["linux"]["seccomp"]
    report = kist.report(bundle)
    assert report.status["Seccomp"] == "2"


@pytest.mark.parametrize("action", ["SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS"])
def test_kill(kist, bundle, action):
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [rule(["uname"], action)],
    }
    assert kist.run(bundle.probe("syscalls", "uname")).code == 128 + signal.SIGSYS


def test_trap_and_log(kist, bundle):
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls": [rule(["uname"], "SCMP_ACT_TRAP"), rule(["keyctl"], "SCMP_ACT_LOG")],
    }
    assert kist.run(bundle.probe("syscalls", "uname")).code == 128 + signal.SIGSYS
    assert kist.run(bundle.probe("syscalls", "keyctl")).code == 0


def test_other_architectures(kist, bundle):
    seccomp = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [rule(["keyctl"], "SCMP_ACT_ERRNO")],
    }
    assert try_syscalls(kist, bundle, seccomp, "keyctl", "getpid") == {"keyctl": EPERM, "getpid": 0}
