# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host, seen from outside: its mounts, its cgroups, and what carries this session's tag."""

import os
import re
import stat
import time
from pathlib import Path

# Of one length, so that none is the beginning of another.
TAG = f"kt{os.getpid():07}"
OTHER_SESSION = re.compile(rf"\b(?!{TAG})kt\d{{7}}\b")
CGROUPS = f"/{TAG}"
DEADLINE_S = 60


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Poll until condition() is true; fail with what after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {deadline_s} s in vain: {what}"
        time.sleep(0.01)


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


def minds(pid, number):
    """Whether a process handles a signal by now, or has blocked it in order to ask for it."""
    status = Path(f"/proc/{pid}/status").read_text()
    masks = [status.split(f"{name}:", 1)[1].split()[0] for name in ("SigCgt", "SigBlk")]
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)


def network_namespaces(processes):
    return {os.readlink(f"/proc/{pid}/ns/net") for pid in processes}


def mounts_of(pid):
    """A process's mounts, as lines, without what other sessions have mounted meanwhile."""
    lines = Path(f"/proc/{pid}/mountinfo").read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not OTHER_SESSION.search(line))


def mount_points(pid):
    return sorted(mount.point for mount in parse_mounts(mounts_of(pid)))


class HostPicture:
    """What a container may have left behind on the host.

    earlier: a picture whose cgroups and processes, which cost most to look for, are still true
    """

    def __init__(self, root, earlier=None):
        self.mounts = mount_points("self")
        self.root_mounts = mount_points(1)
        self.cgroups = earlier.cgroups if earlier else tagged_cgroups()
        self.processes = earlier.processes if earlier else tagged_processes()
        self.files = sorted(str(path) for path in Path(root).rglob("*")) if root else []

    def difference(self, later):
        """Lines that say what later has and this has not, or the other way round."""
        lines = []
        for name in ("mounts", "cgroups", "processes", "files", "root_mounts"):
            before, after = getattr(self, name), getattr(later, name)
            if before != after:
                lines.append(f"{name}: before {before}\n    after {after}")
        return "\n".join(lines)


def assert_unchanged(before, root):
    """Compare with a picture taken earlier; what ends asynchronously gets a moment.

    Return: the picture that is the same
    """
    end = time.monotonic() + DEADLINE_S
    while True:
        now = HostPicture(root)
        difference = before.difference(now)
        if not difference:
            return now
        assert time.monotonic() < end, "the host has changed:\n" + difference
        time.sleep(0.05)


def is_device(path, kind, major, minor):
    status = os.stat(path, follow_symlinks=False)
    test = stat.S_ISCHR if kind == "c" else stat.S_ISBLK
    return test(status.st_mode) and status.st_rdev == os.makedev(major, minor)
