# SPDX-License-Identifier: LGPL-2.1-or-later
"""What stands in for an engine: it calls the runtime as the engine does, down to the environment,
the descriptors, the signals and the working directory; and it reads what the engine reads."""

import array
import ctypes
import fcntl
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from harness import TAG, Result, clone, wait_until

PR_SET_CHILD_SUBREAPER = 36

# Runs in the place of the engine's child, just before it executes the runtime. Python itself ignores
# two signals, which is not to be taken for what the engine does.
LAUNCH = """
import ctypes, json, os, signal, sys
how = json.loads(sys.argv[1])
for number in (signal.SIGPIPE, signal.SIGXFSZ):
    signal.signal(number, signal.SIG_DFL)
for number in how["ignored"]:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_SETMASK, how["blocked"])
if how["session"]:
    os.setsid()
if how["dies"]:
    assert ctypes.CDLL(None).prctl(1, signal.SIGKILL) == 0
for number, source in enumerate(how["leaked"], 3):
    os.dup2(source, number, inheritable=True)
for source in how["leaked"]:
    os.close(source)
os.chdir(how["cwd"])
os.execve(sys.argv[2], sys.argv[2:], how["env"])
"""


def become_subreaper(wanted):
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0) == 0


class Pipe:
    """The engine's end of a stream that the runtime and the container write to."""

    def __init__(self):
        self.read, self.write = os.pipe()

    def text(self):
        """All that is written until nobody holds the other end any more."""
        os.close(self.write)
        text = b""
        while True:
            assert select.select([self.read], [], [], 20)[0], text
            chunk = os.read(self.read, 65536)
            if not chunk:
                os.close(self.read)
                return text.decode()
            text += chunk


class Caller:
    """Calls the runtime with an engine's own flags, and its habits as the defaults of each call."""

    def __init__(self, program, flags=(), enter=(), **habits):
        self.program, self.flags, self.enter = str(program), list(map(str, flags)), list(enter)
        self.habits = habits

    def __call__(self, *args, **how):
        """Run one command to its end."""
        how = {**self.habits, **how}
        out, err = how.get("out"), how.get("err")
        own = [Pipe() if stream is None else None for stream in (out, err)]
        # Above all numbers that are to be made of them.
        leaked = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in how.get("leaked", [])]
        launch = {
            "ignored": how.get("ignored", []),
            "blocked": how.get("blocked", []),
            "session": how.get("session", False),
            "dies": how.get("dies", True),
            "cwd": str(how.get("cwd", "/")),
            "env": how.get("env", {"PATH": os.environ["PATH"]}),
            "leaked": leaked,
        }
        words = list(map(str, [*how.get("flags", self.flags), *args]))
        process = subprocess.run(
            [*self.enter, sys.executable, "-IS", "-c", LAUNCH, json.dumps(launch), self.program]
            + words,
            stdin=how.get("stdin", subprocess.DEVNULL),
            stdout=own[0].write if own[0] else out,
            stderr=own[1].write if own[1] else err,
            pass_fds=leaked,
            timeout=60,
        )
        for fd in leaked:
            os.close(fd)
        texts = [pipe.text() if pipe else "" for pipe in own]
        return Result(words, process.returncode, *texts)

    def ok(self, *args, **how):
        """Engines read stdout and stderr together: success is silent."""
        result = self(*args, **how)
        assert (result.code, result.err) == (0, ""), result
        return result


class ConsoleSocket:
    """A listening socket that is sent the leader of the container's terminal."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(1)

    def receive(self):
        """The leader, and the name that comes with it."""
        self.socket.settimeout(20)
        connection, _ = self.socket.accept()
        fds = array.array("i")
        with connection:
            name, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_LEN(fds.itemsize))
        self.socket.close()
        for _, _, content in ancillary:
            fds.frombytes(content)
        (leader,) = fds
        return leader, name.decode()


def read_terminal(leader):
    """Everything until the other side closes; a pty says so with EIO."""
    text = b""
    while True:
        assert select.select([leader], [], [], 20)[0], text
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            os.close(leader)
            return text.decode()
        text += chunk


class Engine:
    """A bundle, an id, and the files that an engine keeps beside them."""

    def __init__(self, call, bundle, work, id=None):
        self.call, self.bundle, self.work = call, bundle, work
        self.id = id or f"{TAG}-{work.name}"
        self.pid_file = work / "pidfile"
        bundle.process["env"].append(f"KIST_TEST={TAG}")

    def write(self, *args):
        if args:
            self.bundle.args = list(args)
        self.bundle.write()

    def pid(self, file=None):
        """The pid file's text is digits and nothing else."""
        text = (file or self.pid_file).read_text()
        assert re.fullmatch(r"[1-9]\d*", text), text
        return int(text)

    def process_file(self, *args, **members):
        """What exec is given: a whole process, as engines write it."""
        process = clone(self.bundle.process)
        process.update(args=list(args), **members)
        path = self.work / f"exec-process-{len(list(self.work.glob('exec-process-*')))}"
        path.write_text(json.dumps(process))
        return path


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def wait_for(pid):
    """The status of a process that has become the engine's child: as a shell counts it."""
    assert parent_of(pid) == os.getpid()
    wait_until(
        lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT), f"{pid} to end"
    )
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def log_entries(log):
    """The log as containerd and podman decode it: a line that they cannot decode spoils it all."""
    entries = []
    for line in Path(log).read_text().splitlines() if Path(log).exists() else []:
        entry = json.loads(line)
        assert set(entry) == {"level", "msg", "time"}, entry
        assert datetime.fromisoformat(entry["time"]).tzinfo is not None
        entries.append(entry)
    return entries


def last_error(log):
    """What containerd shows."""
    return [entry["msg"] for entry in log_entries(log) if entry["level"] == "error"][-1]


def podman_status(text):
    """podman run's exit status for an error of the runtime: whatever the case of letters."""
    if re.search("permission denied|operation not permitted", text, re.I):
        return 126
    if re.search("executable file not found in|no such file or directory", text, re.I):
        return 127
    return 125


def docker_status(text):
    """docker run's: the case counts."""
    if "executable file not found" in text or "no such file or directory" in text:
        return 127
    return 126 if "permission denied" in text else 125


def containerd_kill_error(text):
    """What the shim makes of the text of a failed kill."""
    lower = text.lower()
    if (
        "os: process already finished" in text
        or "container not running" in lower
        or "no such process" in lower
    ):
        return "not found"
    return "no such container" if "does not exist" in text else "unknown"


def signals(report, name):
    return report.signals(name) - {signal.SIGKILL, signal.SIGSTOP}
