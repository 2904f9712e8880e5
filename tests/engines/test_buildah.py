# SPDX-License-Identifier: LGPL-2.1-or-later
"""buildah 1.28, podman build, and CRI-O.

buildah leaves --root, --log and the cgroup to the runtime, polls `state`, and leaks both ends of the
container's own streams, among eleven pipes. CRI-O calls through conmon, as podman does (see
test_podman.py), but with --root=DIR, and asks for the state between.
"""

import contextlib
import json
import os
import signal
import subprocess

import pytest

from caller import ConsoleSocket, Pipe, read_terminal, wait_for
from harness import Report, wait_until


class Buildah:
    def __init__(self, engine, flags):
        self.engine, self.call, self.id = engine, engine.call, engine.id
        self.call.flags = flags
        self.out, self.err = Pipe(), Pipe()

    def create(self, *flags, **how):
        pipes = [os.pipe() for _ in range(4)]
        leaked = [self.out.read, self.out.write, self.err.read, *sum(pipes, ())]
        assert len(leaked) == 11
        how = {"out": self.out.write, "err": self.err.write, **how}
        result = self.call("create", "--bundle", self.engine.bundle.path, "--pid-file",
                           self.engine.pid_file, *flags, self.id, leaked=leaked, **how)
        for end in sum(pipes, ()):
            os.close(end)
        return result

    def state(self):
        """Of stdout alone."""
        result = self.call("state", self.id)
        assert result.code == 0, result
        return json.loads(result.out)


@pytest.fixture
def buildah(engine, own_run, work):
    def make(*args, name="buildah-1.28-run.json", flags=()):
        one = engine(name, enter=own_run, cwd=work / "bundle")
        # The cgroup will have this name.
        one.id = f"buildah-{one.id}"
        one.write(*args)
        return Buildah(one, list(flags))

    return make


@pytest.mark.parametrize("flags", [[], ["--debug"]], ids=["plain", "debug"])
def test_run(buildah, flags):
    """With --runtime-flag debug what is done is told on stderr, which is the container's."""
    one = buildah("/bin/sh", "-c", "echo hi; read line; exit 6", flags=flags)
    read, write = os.pipe()
    assert one.create(stdin=read).code == 0
    os.close(read)
    assert one.state()["status"] == "created"
    result = one.call("start", one.id)
    assert result.code == 0 and result.out == ""
    state = one.state()
    assert state["status"] == "running" and state["pid"] == one.engine.pid()
    os.close(write)
    wait_until(lambda: one.state()["status"] == "stopped", "the end")
    assert wait_for(one.engine.pid()) == 6
    assert one.call("delete", one.id).code == 0
    assert one.out.text() == "hi\n"
    text = one.err.text()
    assert bool(text) == bool(flags), text


def test_what_it_leaks_does_not_reach_the_container(buildah):
    """Its own pipe would never end for it."""
    one = buildah("/probe", "report")
    assert one.create().code == 0
    one.call.ok("start", one.id)
    assert wait_for(one.engine.pid()) == 0
    one.call.ok("delete", one.id)
    report = Report(json.loads(one.out.text()))
    assert sorted(report["descriptors"]) == ["0", "1", "2"]


def test_terminal(buildah, work):
    one = buildah("/bin/tty", name="buildah-1.28-tty.json")
    console = ConsoleSocket(work / "console.sock")
    assert one.create("--console-socket", console.path, out=subprocess.DEVNULL).code == 0
    leader, _ = console.receive()
    one.call.ok("start", one.id)
    assert read_terminal(leader) == "/dev/pts/0\r\n"
    assert wait_for(one.engine.pid()) == 0
    one.call.ok("delete", one.id)


def test_error(buildah):
    """Read from stderr."""
    one = buildah("/nonexistent")
    assert one.create().code == 1
    assert "no such file or directory" in one.err.text()
    result = one.call("state", one.id)
    assert result.code == 1 and "does not exist" in result.err and result.out == ""


# CRI-O


@pytest.fixture
def crio(engine, kist):
    one = engine("podman-4.3-run.json", [f"--root={kist.root}"])
    one.out, one.err = Pipe(), Pipe()
    one.conmon = lambda *args, **how: one.call(
        *args, one.id, session=True, ignored=[signal.SIGPIPE], cwd=one.work,
        **{"out": one.out.write, "err": one.err.write, **how})
    return one


def test_crio(crio, work):
    """A container's life, with `exec --sync` in between, and a stop."""
    crio.write("sh", "-c", "trap 'exit 7' TERM; while :; do sleep .05; done")
    assert crio.conmon("create", "--bundle", crio.bundle.path, "--pid-file", crio.pid_file).code == 0
    crio.call.ok("start", crio.id)
    assert crio.call.ok("state", crio.id).json["status"] == "running"
    out = Pipe()
    process = crio.process_file("sh", "-c", "echo ready; exit 3")
    assert crio.conmon("exec", "--pid-file", work / "exec", "--process", process, "--detach",
                       out=out.write).code == 0
    assert wait_for(crio.pid(work / "exec")) == 3
    assert out.text() == "ready\n"
    pid = crio.pid()
    # The shell may not have come to its trap yet; an init of its own namespace ignores it till then.
    while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        with contextlib.suppress(AssertionError):
            crio.call.ok("kill", crio.id, 15)
    assert wait_for(pid) == 7
    state = crio.call.ok("state", crio.id).json
    assert (state["status"], state["pid"]) == ("stopped", 0)
    crio.call.ok("delete", "--force", crio.id)
    assert crio.call("state", crio.id).code == 1
