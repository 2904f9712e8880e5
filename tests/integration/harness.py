# SPDX-License-Identifier: LGPL-2.1-or-later
"""Drive the runtime under test as its callers do, and look at the host from outside.

Everything a test makes carries the session's tag: container ids, cgroups, the temporary directory
and the environment of every process. So what is left over can be found by name, also while others
use the machine.

A container's init keeps its standard streams open, so they are files here, never pipes that
somebody waits on.
"""

import copy
import itertools
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

TAG = f"kt{os.getpid()}"
CGROUPS = f"/{TAG}"
DEADLINE_S = 20

# config.json as the engines write it.
CONFIGS = Path(__file__).parent / "configs"

CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO "
    "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME "
    "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG "
    "WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()
CAPABILITIES = [f"CAP_{name}" for name in CAPABILITIES]


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Poll until condition() is true; fail with what after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {deadline_s} s in vain: {what}"
        time.sleep(0.01)


# ---------------------------------------------------------------------------------------------
# The host, seen from outside


class Mount:
    """One line of mountinfo (proc_pid_mountinfo(5))."""

    def __init__(self, line):
        left, right = line.split(" - ", 1)
        fields = left.split(" ")
        self.id, self.parent = int(fields[0]), int(fields[1])
        self.device, self.root, self.point = fields[2:5]
        self.options = set(fields[5].split(","))
        self.propagation = fields[6:]
        self.type, self.source, superblock = right.split(" ", 2)
        self.superblock = set(superblock.split(","))

    def __repr__(self):
        return f"<{self.type} at {self.point} {sorted(self.options)} {sorted(self.superblock)}>"


def parse_mounts(text):
    return [Mount(line) for line in text.splitlines()]


def cgroup_mounts():
    """{controller: mount point}; cgroup2 is the key ""; co-mounted v1 controllers share one."""
    found = {}
    for mount in parse_mounts(Path("/proc/self/mountinfo").read_text()):
        if mount.type == "cgroup2":
            found.setdefault("", mount.point)
        elif mount.type == "cgroup":
            for name in mount.superblock - {"rw", "ro", "xattr", "clone_children"}:
                found.setdefault(name, mount.point)
    return found


def kernel_version():
    return tuple(int(number) for number in os.uname().release.split(".")[:2])


def has_cgroup_v1():
    return any(name for name in cgroup_mounts())


def has_cgroup_v2_only():
    return not has_cgroup_v1()


# What engines put between the root and a container's cgroup: theirs, not the container's.
PARENTS = {"default", "docker", "libpod_parent", "pod"}


def tagged_cgroups(parents=False):
    """Directories below CGROUPS or with the tag in their name, without CGROUPS itself."""
    found = set()
    for point in set(cgroup_mounts().values()):
        for directory, names, _ in os.walk(point):
            found.update(
                f"{directory}/{name}"
                for name in names
                if TAG in f"{directory}/{name}" and (parents or name not in PARENTS)
            )
        found.discard(point + CGROUPS)
    return found


def remove_cgroups():
    for path in sorted(tagged_cgroups(parents=True), key=len, reverse=True):
        try:
            os.rmdir(path)
        except OSError:
            pass
    for point in set(cgroup_mounts().values()):
        try:
            os.rmdir(point + CGROUPS)
        except OSError:
            pass


def tagged_processes():
    """Processes, not zombies, that a test started, by the tag in their environment."""
    found = {}
    mark = f"KIST_TEST={TAG}".encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            if mark in Path(f"/proc/{entry}/environ").read_bytes():
                found[int(entry)] = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            pass
    return found


def network_namespaces(processes):
    return {os.readlink(f"/proc/{pid}/ns/net") for pid in processes}


class HostPicture:
    """What a container may have left behind on the host."""

    def __init__(self, root):
        self.mounts = sorted(
            mount.point for mount in parse_mounts(Path("/proc/self/mountinfo").read_text())
        )
        self.cgroups = tagged_cgroups()
        self.processes = tagged_processes()
        self.files = sorted(str(path) for path in Path(root).rglob("*")) if root else []
        self.root_mounts = Path("/proc/1/mountinfo").read_text().count("\n")

    def difference(self, later):
        """Lines that say what later has and this has not, or the other way round."""
        lines = []
        for name in ("mounts", "cgroups", "processes", "files", "root_mounts"):
            before, after = getattr(self, name), getattr(later, name)
            if before != after:
                lines.append(f"{name}: before {before}\n    after {after}")
        return "\n".join(lines)


def assert_unchanged(before, root):
    """Compare with a picture taken earlier; what ends asynchronously gets a moment."""
    end = time.monotonic() + 5
    while True:
        difference = before.difference(HostPicture(root))
        if not difference:
            return
        assert time.monotonic() < end, "the host has changed:\n" + difference
        time.sleep(0.05)


# ---------------------------------------------------------------------------------------------
# What the probe says


class Report(dict):
    """The probe's JSON, with the text files of /proc taken apart."""

    @property
    def mounts(self):
        return parse_mounts(self["files"]["/proc/self/mountinfo"])

    def mount(self, point):
        """The topmost mount at a mount point."""
        found = [mount for mount in self.mounts if mount.point == point]
        assert found, f"nothing is mounted at {point}: {self.mounts}"
        return found[-1]

    @property
    def status(self):
        lines = self["files"]["/proc/self/status"].splitlines()
        return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}

    def capabilities(self, kind):
        mask = self["capabilities"][kind] & (2**64 - 1)
        return {name for bit, name in enumerate(CAPABILITIES) if mask >> bit & 1}

    @property
    def env(self):
        return dict(entry.split("=", 1) for entry in self["env"])

    def path(self, name):
        return self["paths"][name]

    def signals(self, name):
        mask = int(self.status[name], 16)
        return {number for number in range(1, 65) if mask >> (number - 1) & 1}


# ---------------------------------------------------------------------------------------------
# Bundles


DEFAULT_CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]


def default_config():
    """A plain container: every namespace new but user and time, the usual mounts."""
    capabilities = {
        kind: list(DEFAULT_CAPABILITIES) for kind in ("bounding", "effective", "permitted")
    }
    return {
        "ociVersion": "1.3.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["/probe", "report"],
            "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"KIST_TEST={TAG}"],
            "cwd": "/",
            "capabilities": capabilities,
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs"},
        "hostname": "container",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {
                "destination": "/dev",
                "type": "tmpfs",
                "source": "tmpfs",
                "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
            },
            {
                "destination": "/dev/pts",
                "type": "devpts",
                "source": "devpts",
                "options": [
                    "nosuid",
                    "noexec",
                    "newinstance",
                    "ptmxmode=0666",
                    "mode=0620",
                    "gid=5",
                ],
            },
            {
                "destination": "/dev/shm",
                "type": "tmpfs",
                "source": "shm",
                "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
            },
            {
                "destination": "/dev/mqueue",
                "type": "mqueue",
                "source": "mqueue",
                "options": ["nosuid", "noexec", "nodev"],
            },
            {
                "destination": "/sys",
                "type": "sysfs",
                "source": "sysfs",
                "options": ["nosuid", "noexec", "nodev", "ro"],
            },
        ],
        "linux": {
            "namespaces": [
                {"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount", "cgroup")
            ],
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/uptime", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"],
        },
    }


class Bundle:
    """A bundle's directory and its configuration, which is written before each use."""

    def __init__(self, path, config=None):
        self.path = Path(path)
        self.rootfs = self.path / "rootfs"
        self.config = default_config() if config is None else config

    @property
    def process(self):
        return self.config["process"]

    @property
    def linux(self):
        return self.config["linux"]

    @property
    def args(self):
        return self.process["args"]

    @args.setter
    def args(self, args):
        self.process["args"] = list(args)

    def probe(self, *args):
        self.args = ["/probe", *map(str, args)]
        return self

    def mount(self, destination, source=None, type=None, options=()):
        entry = {"destination": destination}
        if source is not None:
            entry["source"] = str(source)
        if type is not None:
            entry["type"] = type
        if options:
            entry["options"] = list(options)
        self.config.setdefault("mounts", []).append(entry)
        return self

    def bind(self, source, destination, *options):
        return self.mount(destination, source, "bind", options or ("bind",))

    def unmount(self, *destinations):
        self.config["mounts"] = [
            mount for mount in self.config["mounts"] if mount["destination"] not in destinations
        ]
        return self

    def namespace(self, kind, path=None):
        self.without_namespace(kind)
        entry = {"type": kind}
        if path:
            entry["path"] = str(path)
        self.linux["namespaces"].append(entry)
        return self

    def without_namespace(self, kind):
        self.linux["namespaces"] = [
            entry for entry in self.linux["namespaces"] if entry["type"] != kind
        ]
        return self

    def write(self, text=None):
        (self.path / "config.json").write_text(
            json.dumps(self.config, indent=1) if text is None else text
        )
        return self


def make_busybox_root(path, probe):
    """A root filesystem of busybox, the probe and the directories that one expects."""
    for name in ("bin dev etc home/user proc root sbin sys tmp usr/bin usr/sbin var".split()):
        (path / name).mkdir(parents=True)
    (path / "tmp").chmod(0o1777)
    shutil.copy2(probe, path / "probe")
    shutil.copy2(shutil.which("busybox"), path / "bin/busybox")
    applets = subprocess.check_output([path / "bin/busybox", "--list"], text=True).split()
    for applet in applets:
        if applet != "busybox":
            (path / "bin" / applet).symlink_to("busybox")
    (path / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n"
        # A name that looks like an id must not be taken for one.
        "1001:x:0:0::/evil:/bin/sh\n"
    )
    (path / "etc/group").write_text("root:x:0:\nuser:x:1000:\n")


# ---------------------------------------------------------------------------------------------
# The runtime


class Result:
    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    def __repr__(self):
        out = self.out if len(self.out) < 1000 else self.out[:1000] + "..."
        return f"{self.args}: status {self.code}\nstdout: {out!r}\nstderr: {self.err!r}"

    @property
    def json(self):
        return json.loads(self.out)


SANITIZER = re.compile(r"(Address|Leak|UndefinedBehavior)Sanitizer|runtime error:")


class Kist:
    """The runtime under test with a private --root."""

    def __init__(self, program, root, scratch):
        self.program = str(program)
        self.root = Path(root)
        self.scratch = Path(scratch)
        self.prefix = []  # a command to run it with, such as nsenter
        self.numbers = itertools.count()

    def new_id(self):
        return f"{TAG}-{self.scratch.name}-{next(self.numbers)}"

    def command(self, *args):
        return [*self.prefix, self.program, "--root", str(self.root), *map(str, args)]

    def __call__(self, *args, input=None, timeout=60, env=None, **options):
        """Run one command to its end. A sanitizer's report is a failure of every test."""
        number = next(self.numbers)
        out, err = self.scratch / f"out-{number}", self.scratch / f"err-{number}"
        environment = {**os.environ, "KIST_TEST": TAG} if env is None else env
        stdin = subprocess.DEVNULL
        if input is not None:
            source = self.scratch / f"in-{number}"
            source.write_text(input)
            stdin = source.open("rb")
        with out.open("wb") as stdout, err.open("wb") as stderr:
            options.setdefault("stdin", stdin)
            options.setdefault("stdout", stdout)
            options.setdefault("stderr", stderr)
            code = subprocess.run(
                self.command(*args), timeout=timeout, env=environment, **options
            ).returncode
        result = Result(
            args, code, out.read_text(errors="replace"), err.read_text(errors="replace")
        )
        assert not SANITIZER.search(result.err), result
        return result

    def ok(self, *args, **options):
        """A command that succeeds, and therefore writes nothing to stderr."""
        result = self(*args, **options)
        assert result.code == 0, result
        assert result.err == "", result
        return result

    def fails(self, *args, text=None, **options):
        """A command that fails as agreed: status 1, one line on stderr, nothing on stdout."""
        result = self(*args, **options)
        assert result.code == 1, result
        assert result.out == "", result
        assert result.err.startswith("kist: ") and result.err.endswith("\n"), result
        assert result.err.count("\n") == 1, result
        if text is not None:
            assert re.search(text, result.err), f"{text!r} is not in {result}"
        return result

    def run(self, bundle, *flags, id=None, **options):
        """`kist run` in the foreground."""
        bundle.write()
        return self("run", "--bundle", bundle.path, *flags, id or self.new_id(), **options)

    def report(self, bundle, *paths, flags=(), **options):
        """Run the probe in the foreground and return what it saw."""
        bundle.probe("report", *paths)
        result = self.run(bundle, *flags, **options)
        assert result.code == 0 and result.err == "", result
        return Report(result.json)

    def refuses(self, bundle, text, *flags, command="run"):
        """Neither run nor anything of it: a failure that leaves nothing."""
        bundle.write()
        id = self.new_id()
        before = HostPicture(self.root)
        result = self.fails(command, "--bundle", bundle.path, *flags, id, text=text)
        assert_unchanged(before, self.root)
        return result

    def create(self, bundle, *flags, id=None, **options):
        bundle.write()
        container = Container(self, id or self.new_id(), bundle)
        container.create(*flags, **options)
        return container

    def start(self, bundle, *flags, **options):
        """Create and start."""
        container = self.create(bundle, *flags, **options)
        container.start()
        return container

    def list(self):
        return self.ok("list", "--format", "json").json

    def clean_up(self):
        """Delete every container; return the complaints."""
        complaints = []
        if self.root.is_dir():
            for id in sorted(os.listdir(self.root)):
                result = self("delete", "--force", id)
                if result.code != 0:
                    complaints.append(repr(result))
        return complaints


class Container:
    def __init__(self, kist, id, bundle):
        self.kist, self.id, self.bundle = kist, id, bundle
        name = f"container-{next(kist.numbers)}"
        self.out, self.err = kist.scratch / f"{name}.out", kist.scratch / f"{name}.err"

    def create(self, *flags, **options):
        with self.out.open("wb") as out, self.err.open("wb") as err:
            result = self.kist(
                "create",
                "--bundle",
                self.bundle.path,
                *flags,
                self.id,
                stdout=out,
                stderr=err,
                **options,
            )
        assert result.code == 0, f"{result} {self.err.read_text()}"
        assert self.err.read_text() == ""

    def start(self):
        self.kist.ok("start", self.id)

    def state(self):
        return self.kist.ok("state", self.id).json

    @property
    def status(self):
        return self.state()["status"]

    @property
    def pid(self):
        return self.state()["pid"]

    def kill(self, *args):
        return self.kist.ok("kill", self.id, *args)

    def delete(self, *flags):
        return self.kist.ok("delete", *flags, self.id)

    def wait(self, status="stopped"):
        wait_until(lambda: self.status == status, f"{self.id} to be {status}")

    def wait_for_output(self, text):
        wait_until(lambda: text in self.out.read_text(), f"{text!r} on {self.out}")

    def wait_for_report(self):
        self.wait()
        return Report(json.loads(self.out.read_text()))

    def cgroup(self, controller):
        """The container's directory on the host: from its init, which must live."""
        mount = cgroup_mounts()[controller]
        for line in Path(f"/proc/{self.pid}/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if controller in names.split(","):
                return Path(mount + path)
        raise AssertionError(f"{controller} is not among the cgroups of {self.id}")


class RuntimeUnderSomething:
    """A process that holds namespaces of its own, for tests that need another host."""

    def __init__(self, *unshare, setup=":"):
        # What it has forked is in the way of nobody, and would stay.
        forks = ["--kill-child"] if "--fork" in unshare else []
        self.process = subprocess.Popen(
            ["unshare", *unshare, *forks, "sh", "-c", f"set -e; {setup}; echo ready; exec sleep 1000"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def namespace(self, kind):
        return f"/proc/{self.process.pid}/ns/{kind}"

    def enter(self, *flags):
        return ["nsenter", "-t", str(self.process.pid), *flags, "--"]

    def end(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


# Classic BPF (seccomp(2)): one system call fails, the others do not; or only where an argument has
# one of some bits.
WITHOUT_SYSTEM_CALL = """
import ctypes, os, struct, sys
number, code, argument, bits = map(int, sys.argv[1:5])
only = [(0x20, 0, 0, 16 + 8 * argument), (0x45, 0, 1, bits)] if bits else []
program = b"".join(struct.pack("HBBI", *instruction) for instruction in [
    (0x20, 0, 0, 0), (0x15, 0, 1 + len(only), number), *only,
    (0x06, 0, 0, 0x00050000 | code), (0x06, 0, 0, 0x7fff0000)])
instructions = ctypes.create_string_buffer(program)
class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("at", ctypes.c_void_p)]
filter = Program(len(program) // 8, ctypes.addressof(instructions))
assert ctypes.CDLL(None).prctl(22, 2, ctypes.byref(filter), 0, 0) == 0
os.execvp(sys.argv[5], sys.argv[5:])
"""


def without_system_call(number, code, argument=0, bits=0):
    """For Kist.prefix: a kernel, or a sandbox, that answers a system call with an error."""
    return [sys.executable, "-c", WITHOUT_SYSTEM_CALL,
            *map(str, (number, code, argument, bits))]


def is_device(path, kind, major, minor):
    status = os.stat(path, follow_symlinks=False)
    test = stat.S_ISCHR if kind == "c" else stat.S_ISBLK
    return test(status.st_mode) and status.st_rdev == os.makedev(major, minor)


def clone(config):
    return copy.deepcopy(config)
