# SPDX-License-Identifier: LGPL-2.1-or-later
"""SCMP_ACT_NOTIFY (config-linux.md, Seccomp): an agent of the test's own that gets the listener and
answers the container's system calls (seccomp_unotify(2))."""

import errno
import os

import pytest

from harness.seccomp import NUMBERS, Agent, rule


REACHED = {"uname": errno.EFAULT}  # the kernel itself: the probe passes it no buffer


@pytest.fixture(name="agent")
def fixture_agent(work):
    agents = []

    def make(**answers):
        agents.append(Agent(work / f"agent{len(agents)}", answers))
        agents[-1].path = str(work / f"agent{len(agents) - 1}")
        return agents[-1]

    yield make
    for agent in agents:
        agent.socket.close()


def profile(agent, *names, **more):
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "listenerPath": agent.path,
        "syscalls": [rule(list(names), "SCMP_ACT_NOTIFY")],
        **more,
    }


@pytest.mark.parametrize("nnp", [True, False])
@pytest.mark.parametrize("capable", [True, False])
def test_the_agent_answers(kist, bundle, agent, nnp, capable):
    one = agent(uname=errno.EXDEV)
    bundle.process["noNewPrivileges"] = nnp
    if not capable:
        bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = profile(one, "uname", listenerMetadata="policy=7")
    bundle.config["annotations"] = {"some": "thing"}
    result = kist.run(bundle.probe("syscalls", "uname", "getpid"), id=kist.new_id())
    assert result.code == 0 and result.err == "", result
    assert result.json == {"uname": errno.EXDEV, "getpid": 0}
    one.join(20)
    assert one.calls.count(NUMBERS["uname"]) == 1
    state = one.state
    assert state["fds"] == ["seccompFd"] and len(one.descriptors) == 1
    assert state["metadata"] == "policy=7" and state["ociVersion"].startswith("1.")
    assert state["pid"] == state["state"]["pid"] > 0
    assert state["state"]["status"] == "creating"
    assert state["state"]["bundle"] == str(bundle.path)
    assert state["state"]["annotations"] == {"some": "thing"}
    assert one.after == b""  # one state for each connection


def test_everything_is_notified(kist, bundle, agent):
    """With noNewPrivileges execve is the first call that the agent sees, and no other is kist's."""
    one = agent()
    bundle.process["noNewPrivileges"] = True
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": one.path}
    assert kist.runs(bundle.probe("syscalls", "uname")).json == REACHED
    one.join(20)
    assert one.calls[0] == NUMBERS["execve"]
    assert NUMBERS["uname"] in one.calls


def test_everything_without_no_new_privileges_is_refused(kist, bundle, agent):
    bundle.process["noNewPrivileges"] = False
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "/nowhere"}
    kist.refuses(bundle, r"linux\.seccomp: defaultAction: without process\.noNewPrivileges, "
                 "SCMP_ACT_NOTIFY would have the agent answer calls of kist's own")


@pytest.mark.parametrize("nnp", [True, False])
def test_calls_that_hand_the_listener_over(kist, bundle, agent, nnp):
    """They are stopped, too, and the agent who is to answer them does not have the listener yet."""
    one = agent()
    bundle.process["noNewPrivileges"] = nnp
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = profile(one, "sendmsg", "recvmsg", "close_range")
    assert kist.runs(bundle.probe("syscalls", "uname")).json == REACHED
    one.join(20)
    assert (NUMBERS["sendmsg"] in one.calls) == (not nnp)


@pytest.mark.parametrize("nnp", [True, False])
def test_created_and_started(kist, bundle, agent, nnp):
    one = agent(uname=errno.EXDEV)
    bundle.process["noNewPrivileges"] = nnp
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = profile(one, "uname")
    container = kist.create(bundle.probe("syscalls", "uname"))
    pid = container.pid
    assert (one.state is None) == nnp
    container.start()
    container.wait()
    one.join(20)
    assert one.state["pid"] == pid
    assert one.state["state"]["status"] == ("created" if nnp else "creating")
    assert "metadata" not in one.state
    container.delete()


@pytest.mark.parametrize("nnp", [True, False])
def test_exec(kist, bundle, agent, nnp):
    """A process of its own with a listener of its own."""
    one = agent()
    bundle.process["noNewPrivileges"] = nnp
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = profile(one, "uname")
    bundle.args = ["/bin/sleep", "1000"]
    container = kist.start(bundle)
    os.unlink(one.path)
    other = Agent(one.path, {"uname": errno.EXDEV})
    result = kist("exec", container.id, "/probe", "syscalls", "uname")
    assert result.code == 0 and result.json == {"uname": errno.EXDEV}, result
    other.join(20)
    assert other.state["state"]["status"] == "running"
    assert other.state["state"]["pid"] == container.pid != other.state["pid"]
    other.socket.close()


@pytest.mark.parametrize("nnp", [True, False])
def test_no_agent(kist, bundle, work, nnp):
    bundle.process["noNewPrivileges"] = nnp
    bundle.process["capabilities"] = {}
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "listenerPath": str(work / "nobody"),
        "syscalls": [rule(["uname"], "SCMP_ACT_NOTIFY")],
    }
    kist.refuses(bundle, r"linux\.seccomp\.listenerPath: .*/nobody: connect: No such file or directory")


def test_start_without_agent(kist, bundle, work):
    """The error is start's, and the program never runs."""
    bundle.process["noNewPrivileges"] = True
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "listenerPath": str(work / "nobody"),
        "syscalls": [rule(["uname"], "SCMP_ACT_NOTIFY")],
    }
    container = kist.create(bundle.probe("report"))
    kist.fails("start", container.id, text=r"linux\.seccomp\.listenerPath: .*: connect: ")
    container.wait()
    container.delete()


def test_an_agent_that_leaves(kist, bundle, agent):
    """The kernel answers ENOSYS when nobody holds the listener."""
    one = agent()
    one.serve = os.close
    bundle.process["noNewPrivileges"] = True
    bundle.linux["seccomp"] = profile(one, "uname")
    assert kist.runs(bundle.probe("syscalls", "uname")).json == {"uname": errno.ENOSYS}


@pytest.mark.parametrize(
    "seccomp, text",
    [
        ({"defaultAction": "SCMP_ACT_NOTIFY"}, "listenerPath: required by SCMP_ACT_NOTIFY"),
        (
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule(["uname"], "SCMP_ACT_NOTIFY")]},
            "listenerPath: required by SCMP_ACT_NOTIFY",
        ),
        (
            {"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"},
            "listenerMetadata: must not be set without listenerPath",
        ),
        (
            {
                "defaultAction": "SCMP_ACT_ALLOW",
                "listenerPath": "/" + "x" * 108,
                "syscalls": [rule(["uname"], "SCMP_ACT_NOTIFY")],
            },
            "listenerPath: .*: longer than 107 bytes",
        ),
        (
            {
                "defaultAction": "SCMP_ACT_ALLOW",
                "listenerPath": "/run/x",
                "syscalls": [rule(["uname"], "SCMP_ACT_NOTIFY", errnoRet=1)],
            },
            "errnoRet: SCMP_ACT_NOTIFY takes no errno",
        ),
    ],
)
def test_refused(kist, bundle, seccomp, text):
    bundle.linux["seccomp"] = seccomp
    kist.refuses(bundle, rf"linux\.seccomp\..*{text}")


def test_ignored_without_notify(kist, bundle):
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/nowhere"}
    assert kist.runs(bundle.probe("syscalls", "uname")).json == REACHED


def test_wait_killable(kist, bundle, agent):
    one = agent(uname=errno.EXDEV)
    bundle.process["noNewPrivileges"] = True
    bundle.linux["seccomp"] = profile(one, "uname", flags=["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"])
    assert kist.runs(bundle.probe("syscalls", "uname")).json == {"uname": errno.EXDEV}
