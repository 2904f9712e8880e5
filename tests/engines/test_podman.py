# SPDX-License-Identifier: LGPL-2.1-or-later
"""podman 4.3 to 5.8 and its conmon, call by call.

create and exec come from conmon: with a session of its own, dying with it, SIGPIPE ignored, and the
container's streams as its own. The rest comes from podman, with next to nothing in its environment.
Left out, since kist has no such command yet: pause, resume, update, checkpoint, restore.
"""

import json
import os
import re
import signal
import subprocess

import pytest

from caller import (
    ConsoleSocket, Pipe, log_entries, parent_of, podman_status, read_terminal, signals, wait_for)
from harness import Report, wait_until

BARE = {"XDG_RUNTIME_DIR": ""}
STARTS = {"XDG_RUNTIME_DIR": "", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
PIPES = {"_OCI_SYNCPIPE": "3", "_OCI_STARTPIPE": "4", "HOME": "/root", **STARTS}

# --log only for names that containers.conf lists; else errors are read from stderr.
LOGGED = pytest.mark.parametrize("logged", [True, False], ids=["log", "nolog"])


class Podman:
    def __init__(self, engine, logged=True):
        self.engine, self.call, self.id = engine, engine.call, engine.id
        self.log = engine.work / "oci-log"
        self.flags = ["--log-format=json", "--log", self.log] if logged else []
        self.out, self.err = Pipe(), Pipe()

    def conmon(self, command, *args, **how):
        how = {"cwd": self.engine.work, "env": PIPES, "out": self.out.write,
               "err": self.err.write, **how}
        return self.call(*self.flags, command, *args, self.id, session=True,
                         ignored=[signal.SIGPIPE], **how)

    def create(self, *flags, **how):
        bundle = self.engine.bundle.path
        return self.conmon(
            "create", "--bundle", bundle, "--pid-file", self.engine.pid_file, *flags, **how)

    def start(self):
        self.call.ok("start", self.id, env=STARTS, dies=False)

    def clean_up(self):
        """The cleanup process; it may come twice."""
        for _ in range(2):
            result = self.call.ok("delete", "--force", self.id, env=BARE, dies=False,
                                  blocked=[signal.SIGUSR1])
            assert result.out == ""


@pytest.fixture
def podman(engine, own_run):
    """Makes a created container, and what made it."""

    def make(*args, name="podman-4.3-run.json", logged=True, flags=(), **how):
        made = Podman(engine(name, enter=own_run), logged)
        made.engine.write(*args)
        result = made.create(*flags, **how)
        assert result.code == 0, made.err.text()
        return made

    return make


@LOGGED
@pytest.mark.parametrize("name", ["podman-4.3-run.json", "podman-5.8-run.json",
                                  "podman-4.3-pod.json", "podman-5.8-systemd.json"])
def test_run(podman, name, logged):
    one = podman("sh", "-c", "echo out; echo err >&2; exit 42", name=name, logged=logged)
    pid = one.engine.pid()
    assert parent_of(pid) == os.getpid(), "conmon is the subreaper that waits for it"
    one.start()
    assert wait_for(pid) == 42
    one.clean_up()
    assert (one.out.text(), one.err.text()) == ("out\n", "err\n")
    assert log_entries(one.log) == []


def test_what_conmon_has_does_not_reach_the_container(podman, work):
    """Its pipes, its ignored SIGPIPE, its environment, its session."""
    leaked = [os.open(work, os.O_RDONLY) for _ in range(3)]
    one = podman("/probe", "report", leaked=leaked)
    pid = one.engine.pid()
    one.start()
    assert wait_for(pid) == 0
    one.clean_up()
    report = Report(json.loads(one.out.text()))
    assert sorted(report["descriptors"]) == ["0", "1", "2"]
    assert report["descriptors"]["1"]["target"].startswith("pipe:")
    assert signals(report, "SigIgn") == signals(report, "SigBlk") == set()
    assert not any(name.startswith("_OCI") for name in report.env)
    for fd in leaked:
        os.close(fd)


def test_stdin(podman):
    """-i: a pipe instead of /dev/null."""
    read, write = os.pipe()
    one = podman("cat", stdin=read)
    os.close(read)
    pid = one.engine.pid()
    one.start()
    os.write(write, b"typed")
    os.close(write)
    assert wait_for(pid) == 0
    one.clean_up()
    assert one.out.text() == "typed"


def test_terminal(engine, own_run, work):
    """-t: stdout is /dev/null then, stderr a pipe."""
    one = Podman(engine("podman-4.3-run.json", enter=own_run))
    one.engine.bundle.process["terminal"] = True
    one.engine.write("sh", "-c", "tty; exit 3")
    console = ConsoleSocket(work / "conmon-term.ABCDEF")
    result = one.create("--console-socket", console.path, out=subprocess.DEVNULL)
    assert result.code == 0
    leader, _ = console.receive()
    pid = one.engine.pid()
    one.start()
    assert read_terminal(leader) == "/dev/pts/0\r\n"
    assert wait_for(pid) == 3
    one.clean_up()
    assert one.err.text() == ""


def test_preserved_descriptor(podman, work):
    """--preserve-fds 1: 3 is the user's."""
    (work / "given").write_text("given")
    with (work / "given").open() as given, open("/dev/null") as pipe:
        one = podman("sh", "-c", "cat <&3; [ ! -e /proc/self/fd/4 ]",
                     flags=["--preserve-fds", 1], leaked=[given.fileno(), pipe.fileno()])
    pid = one.engine.pid()
    one.start()
    assert wait_for(pid) == 0
    one.clean_up()
    assert one.out.text() == "given"


@LOGGED
def test_exec(podman, work, logged):
    one = podman("sleep", "1000", logged=logged)
    one.start()
    out = Pipe()
    pid_file = work / "exec_pid"
    process = one.engine.process_file("sh", "-c", "echo inside; exit 9")
    result = one.conmon("exec", "--pid-file", pid_file, "--process", process, "--detach",
                        out=out.write, cwd=one.engine.bundle.path)
    assert result.code == 0
    assert wait_for(one.engine.pid(pid_file)) == 9
    assert out.text() == "inside\n"
    finish(one)


@pytest.mark.parametrize("flags", [["--tty"], []], ids=["4.3", "5.8"])
def test_exec_terminal(podman, work, flags):
    one = podman("sleep", "1000")
    one.start()
    console = ConsoleSocket(work / "conmon-term.ABCDEF")
    pid_file = work / "exec_pid"
    process = one.engine.process_file("sh", "-c", "tty; exit 4", terminal=True)
    result = one.conmon("exec", "--pid-file", pid_file, "--process", process, "--detach", *flags,
                        "--console-socket", console.path, out=subprocess.DEVNULL)
    assert result.code == 0, one.err.text()
    leader, _ = console.receive()
    assert re.fullmatch(r"/dev/pts/\d+\r\n", read_terminal(leader))
    assert wait_for(one.engine.pid(pid_file)) == 4
    finish(one)


def finish(one):
    pid = one.engine.pid()
    one.call.ok("kill", one.id, 9, env=BARE, dies=False)
    assert wait_for(pid) == 128 + 9
    one.clean_up()
    assert log_entries(one.log) == []


def test_stop(podman):
    """podman stop: a number, and a second one when the first is ignored."""
    one = podman("sh", "-c", "trap 'echo usr1' USR1; echo ready; while :; do sleep .05; done")
    pid = one.engine.pid()
    one.start()
    assert os.read(one.out.read, 6) == b"ready\n"
    one.call.ok("kill", one.id, 10, env=BARE, dies=False)
    wait_until(lambda: os.read(one.out.read, 5) == b"usr1\n", "the handler")
    one.call.ok("kill", one.id, 15, env=BARE, dies=False)
    one.call.ok("kill", one.id, 9, env=BARE, dies=False)
    assert wait_for(pid) == 128 + 9
    result = one.call("kill", one.id, 9, env=BARE, dies=False)
    assert result.code == 1 and "container not running" in result.err
    one.clean_up()


ERRORS = pytest.mark.parametrize("args, status", [
    (["nosuch"], 127),
    (["/nosuch"], 127),
    (["/etc/passwd"], 126),
    (["/etc"], 126),
])


@LOGGED
@ERRORS
def test_run_that_fails(engine, own_run, args, status, logged):
    """The exit status of podman run comes from words, in the log or on stderr."""
    one = Podman(engine("podman-4.3-run.json", enter=own_run), logged)
    one.engine.write(*args)
    assert one.create().code == 1
    text = one.err.text()
    assert podman_status(text) == status, text
    if logged:
        (entry,) = log_entries(one.log)
        assert entry["level"] == "error" and text == f"kist: {entry['msg']}\n"
    assert not one.engine.pid_file.exists()
    one.clean_up()


@LOGGED
@ERRORS
def test_exec_that_fails(podman, work, args, status, logged):
    one = podman("sleep", "1000", logged=logged)
    one.start()
    err = Pipe()
    process = one.engine.process_file(*args)
    result = one.conmon("exec", "--pid-file", work / "exec_pid", "--process", process, "--detach",
                        err=err.write)
    assert result.code == 255
    text = err.text()
    assert podman_status(text) == status, text
    assert not (work / "exec_pid").exists()
    if logged:
        (entry,) = log_entries(one.log)
        assert text == f"kist: {entry['msg']}\n"
        one.log.unlink()
    finish(one)


def test_exec_in_what_has_ended(podman, work):
    one = podman("true")
    pid = one.engine.pid()
    one.start()
    assert wait_for(pid) == 0
    process = one.engine.process_file("true")
    assert one.conmon("exec", "--pid-file", work / "exec_pid", "--process", process,
                      "--detach").code == 255
    assert "container not running" in log_entries(one.log)[-1]["msg"]
    one.clean_up()


def test_version(kist):
    """podman info and dockerd read it as text, go-runc the first three lines."""
    lines = kist.ok("--version", env=BARE).out.splitlines()
    assert re.fullmatch(r"\S+ version (\S+)", lines[0])
    assert lines[1].startswith("commit: ") and lines[2].startswith("spec: ")
