# SPDX-License-Identifier: LGPL-2.1-or-later
"""containerd's shim, and who is behind it: ctr, dockerd, Kubernetes.

Each call has the same flags before its command. The runtime dies with the shim, has no session of
its own, starts in the bundle, and is left with the shim's ttrpc socket as descriptors 3 and 4. After
create, stdout and stderr are one pipe, whose text is the error when the log has none. Left out, since
kist has no such command yet: pause, resume, ps, update, events, checkpoint, restore.
"""

import hashlib
import json
import os
import re
import socket

import pytest

from caller import (
    Caller, ConsoleSocket, Engine, Pipe, containerd_kill_error, docker_status, last_error,
    log_entries, parent_of, read_terminal, wait_for)
from harness import CGROUPS, TAG, Report, clone

ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "TTRPC_ADDRESS": "/run/containerd/containerd.sock.ttrpc",
    "GOMAXPROCS": "2",
    "LD_LIBRARY_PATH": "/opt/containerd/lib:",
}


class Shim:
    def __init__(self, engine, root, number=0):
        self.engine, self.call, self.id = engine, engine.call, engine.id
        self.log = engine.work / f"log{number}.json"
        self.call.flags = ["--root", root, "--log", self.log, "--log-format", "json"]
        self.ttrpc = socket.socketpair()
        self.out, self.err = Pipe(), Pipe()

    def create(self, *flags, **how):
        bundle = self.engine.bundle.path
        how = {"out": self.out.write, "err": self.err.write,
               "leaked": [end.fileno() for end in self.ttrpc], **how}
        return self.call("create", "--bundle", bundle, "--pid-file", self.engine.pid_file, *flags,
                         self.id, **how)

    def __call__(self, *args):
        """A call with one pipe for both streams: code and text."""
        pipe = Pipe()
        code = self.call(*args, out=pipe.write, err=pipe.write).code
        return code, pipe.text()

    def ok(self, *args):
        assert self(*args) == (0, "")

    def fails(self, *args):
        """The reason, which is the log's last error."""
        code, text = self(*args)
        assert code != 0
        assert text == f"kist: {last_error(self.log)}\n"
        return last_error(self.log)

    def exec(self, *args, process, pid_file, **how):
        return self.call("exec", "--process", process, *args, "--detach", "--pid-file", pid_file,
                         self.id, **how)

    def clean_up(self):
        """The shim deletes; then its "delete" binary does so again, by force."""
        self.ok("delete", self.id)
        self.ok("delete", "--force", self.id)
        for end in self.ttrpc:
            end.close()


def docker_id(text):
    """64 hexadecimal digits."""
    return hashlib.sha256(f"{TAG}-{text}".encode()).hexdigest()


@pytest.fixture
def shim(engine, kist):
    """Makes a shim with its bundle, before create."""

    def make(*args, name="containerd-1.6-run.json", root=kist.root):
        one = engine(name, cwd=kist.scratch / "bundle", env=ENVIRONMENT)
        one.id = docker_id(kist.scratch.name) if "docker" in name else one.id
        one.write(*args)
        return Shim(one, root)

    return make


@pytest.fixture
def created(shim):
    def make(*args, **how):
        one = shim(*args, **how)
        assert one.create().code == 0, one.err.text()
        return one

    return make


@pytest.mark.parametrize("name", ["containerd-1.6-run.json", "containerd-2.1-run.json",
                                  "containerd-1.6-privileged.json"])
def test_run(created, name):
    one = created("sh", "-c", "echo out; echo err >&2; exit 42", name=name)
    pid = one.engine.pid()
    assert parent_of(pid) == os.getpid()
    one.ok("start", one.id)
    assert wait_for(pid) == 42
    one.clean_up()
    assert (one.out.text(), one.err.text()) == ("out\n", "err\n")
    assert log_entries(one.log) == []


def test_what_the_shim_leaks_does_not_reach_the_container(created):
    one = created("/probe", "report")
    pid = one.engine.pid()
    one.ok("start", one.id)
    assert wait_for(pid) == 0
    one.clean_up()
    report = Report(json.loads(one.out.text()))
    assert sorted(report["descriptors"]) == ["0", "1", "2"]
    assert not (set(ENVIRONMENT) - {"PATH"}) & set(report.env)


def test_terminal(shim, work):
    one = shim("sh", "-c", "tty; exit 3")
    one.engine.bundle.process["terminal"] = True
    one.engine.write()
    console = ConsoleSocket(work / "pty.sock")
    assert one.create("--console-socket", console.path).code == 0
    leader, _ = console.receive()
    pid = one.engine.pid()
    one.ok("start", one.id)
    assert read_terminal(leader) == "/dev/pts/0\r\n"
    assert wait_for(pid) == 3
    one.clean_up()


def finish(one, *flags):
    pid = one.engine.pid()
    one.ok("kill", *flags, one.id, 9)
    assert wait_for(pid) == 128 + 9
    one.clean_up()


@pytest.mark.parametrize("flags", [[], ["--all"]])
def test_kill(created, flags):
    """--all stands before the id, the signal is a number."""
    one = created("sleep", "1000")
    one.ok("start", one.id)
    one.ok("kill", *flags, one.id, 0)
    finish(one, *flags)


def test_exec(created, work):
    one = created("sleep", "1000")
    one.ok("start", one.id)
    out = Pipe()
    process = one.engine.process_file("sh", "-c", "echo inside; exit 9")
    result = one.exec(process=process, pid_file=work / "exec.pid", out=out.write, err=out.write)
    assert result.code == 0
    assert wait_for(one.engine.pid(work / "exec.pid")) == 9
    assert out.text() == "inside\n"
    finish(one)


def test_exec_terminal(created, work):
    one = created("sleep", "1000")
    one.ok("start", one.id)
    console = ConsoleSocket(work / "pty.sock")
    process = one.engine.process_file("sh", "-c", "tty; exit 4", terminal=True)
    result = one.exec("--console-socket", console.path, process=process,
                      pid_file=work / "exec.pid")
    assert (result.code, result.out, result.err) == (0, "", "")
    leader, _ = console.receive()
    assert re.fullmatch(r"/dev/pts/\d+\r\n", read_terminal(leader))
    assert wait_for(one.engine.pid(work / "exec.pid")) == 4
    finish(one)


def test_kill_of_what_has_ended(created):
    one = created("true")
    pid = one.engine.pid()
    one.ok("start", one.id)
    # Before the shim has reaped it, and after.
    for reap in (lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT), lambda: wait_for(pid)):
        reap()
        for signal in (15, 9, 0):
            assert containerd_kill_error(one.fails("kill", one.id, signal)) == "not found"
        assert containerd_kill_error(one.fails("kill", "--all", one.id, 9)) == "not found"
    one.clean_up()
    for args in (["kill", one.id, 9], ["kill", "--all", one.id, 9]):
        assert containerd_kill_error(one.fails(*args)) == "no such container"


def test_what_has_gone(shim):
    one = shim("true")
    for args in (["state", one.id], ["start", one.id], ["delete", one.id]):
        assert "does not exist" in one.fails(*args)
    one.ok("delete", "--force", one.id)


def test_wrong_state(created):
    one = created("sleep", "1000")
    one.ok("start", one.id)
    assert "cannot start an already running container" in one.fails("start", one.id)
    assert "not stopped: running" in one.fails("delete", one.id)
    assert "already exists" in last_error_of_create(one)
    pid = one.engine.pid()
    one.ok("kill", one.id, 9)
    assert wait_for(pid) == 128 + 9
    assert "cannot start a container that has stopped" in one.fails("start", one.id)
    one.clean_up()


def last_error_of_create(one):
    """Its streams are the container's: the log says why."""
    assert one.create(out=None, err=None, leaked=[]).code == 1
    return last_error(one.log)


def test_failed_create_leaves_nothing(shim):
    """ctr prints the text; nothing is to be deleted, but the shim tries."""
    one = shim("/nonexistent")
    assert one.create().code == 1
    assert "no such file or directory" in last_error(one.log)
    assert not one.engine.pid_file.exists()
    assert "does not exist" in one.fails("delete", one.id)
    one.ok("delete", "--force", one.id)


def test_features(program):
    """At containerd 2.x's start, with no flags at all. Only what the specification knows."""
    document = Caller(program, env=ENVIRONMENT).ok("features").json
    assert document["ociVersionMin"] == "1.0.0" and document["ociVersionMax"]
    assert "rbind" in document["mountOptions"]


def test_state(created):
    """go-runc: what it unmarshals, of both streams together; time as RFC 3339."""
    one = created("sleep", "1000")
    code, text = one("state", one.id)
    state = json.loads(text)
    assert code == 0
    assert state["id"] == one.id and state["status"] == "created"
    assert state["pid"] == one.engine.pid()
    assert state["bundle"] == str(one.engine.bundle.path)
    assert state["rootfs"] == str(one.engine.bundle.rootfs)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", state["created"])
    one.ok("start", one.id)
    pid = one.engine.pid()
    one.ok("kill", one.id, 9)
    wait_for(pid)
    state = json.loads(one("state", one.id)[1])
    assert (state["status"], state["pid"]) == ("stopped", 0)
    one.clean_up()


def test_list(created):
    one = created("sleep", "1000")
    (entry,) = json.loads(one("list", "--format=json")[1])
    assert (entry["id"], entry["pid"]) == (one.id, one.engine.pid())
    one.ok("start", one.id)
    finish(one)


def test_go_runc_writes_one_dash(created):
    """-no-subreaper, -force: its option structures say so."""
    one = created("sleep", "1000")
    one.ok("delete", "-force", one.id)
    one.ok("delete", "--force", one.id)


# Kubernetes


def test_pod(created, kist, make_bundle, engine):
    """A sandbox, and a container that joins its namespaces by the paths of its init's."""
    sandbox = created("sleep", "1000")
    sandbox.ok("start", sandbox.id)
    pid = sandbox.engine.pid()
    bundle = make_bundle("container", config=clone(sandbox.engine.bundle.config))
    bundle.linux["cgroupsPath"] = f"{CGROUPS}/default/{kist.scratch.name}-2"
    for kind, name in (("network", "net"), ("ipc", "ipc"), ("uts", "uts")):
        bundle.namespace(kind, f"/proc/{pid}/ns/{name}")
    call = Caller(kist.program, cwd=bundle.path, env=ENVIRONMENT)
    own = Engine(call, bundle, kist.scratch, id=f"{sandbox.id}-2")
    own.pid_file = kist.scratch / "init2.pid"
    own.write("/probe", "report")
    one = Shim(own, kist.root, 2)
    assert one.create().code == 0
    joined = {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in ("net", "ipc", "uts", "pid")}
    one.ok("start", one.id)
    assert wait_for(own.pid()) == 0
    one.clean_up()
    seen = json.loads(one.out.text())["namespaces"]
    assert {kind for kind in joined if seen[kind] == joined[kind]} == {"net", "ipc", "uts"}
    finish(sandbox)


# dockerd

DOCKERS = pytest.mark.parametrize("name", ["docker-20.10-bridge.json", "docker-28-bridge.json",
                                           "docker-swarm-20.10.json"])


@pytest.fixture
def moby(kist):
    """Where it keeps its containers: a directory that the first of them makes."""
    kist.root = kist.scratch / "runtime-runc/moby"
    return kist.root


@DOCKERS
def test_docker_run(created, moby, work, name):
    """64 digits for an id, and the hook by which it gives the container its network."""
    one = created("sh", "-c", "echo out; exit 5", name=name, root=moby)
    assert len(one.id) == 64
    pid = one.engine.pid()
    if one.engine.bundle.config.get("hooks"):
        assert (work / "arguments").read_text().startswith("-exec-root=")
        assert (work / "network").read_text().strip() == os.readlink(f"/proc/{pid}/ns/net")
    one.ok("start", one.id)
    assert wait_for(pid) == 5
    one.clean_up()
    assert one.out.text() == "out\n"


@DOCKERS
def test_docker_stop(created, moby, name):
    """TERM, and KILL ten seconds later."""
    one = created("sh", "-c", "trap '' TERM; echo ready; while :; do sleep .05; done", name=name,
                  root=moby)
    one.ok("start", one.id)
    assert os.read(one.out.read, 6) == b"ready\n"
    one.ok("kill", one.id, 15)
    finish(one)


ERRORS = pytest.mark.parametrize("args, status", [
    (["nosuch"], 127),
    (["/nosuch"], 127),
    (["/etc/passwd"], 126),
    (["/etc"], 126),
])


@ERRORS
def test_docker_run_that_fails(shim, moby, args, status):
    """125 would be the engine's own fault: of the words, in the case that they have there."""
    one = shim(*args, name="docker-20.10-bridge.json", root=moby)
    assert one.create().code == 1
    assert docker_status(last_error(one.log)) == status
    one.ok("delete", "--force", one.id)


@ERRORS
def test_docker_exec_that_fails(created, moby, work, args, status):
    one = created("sleep", "1000", name="docker-20.10-bridge.json", root=moby)
    one.ok("start", one.id)
    result = one.exec(process=one.engine.process_file(*args), pid_file=work / "exec.pid")
    assert result.code == 255
    assert docker_status(last_error(one.log)) == status
    finish(one)


def test_docker_version(kist):
    """It looks for "version X" and for "commit: Y"."""
    text = kist.ok("--version").out
    assert re.search(r"^\S+ version (\S+)$", text, re.M)
    assert re.search(r"^commit: (\S+)$", text, re.M)
