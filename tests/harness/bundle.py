# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bundles: a configuration to begin with, and a root filesystem."""

import copy
import errno
import json
import os
import shutil
import subprocess
from pathlib import Path

from .host import TAG

# config.json as the engines write it.
CONFIGS = Path(__file__).parent.parent / "integration/configs"
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


def copy_link(source, target):
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        os.symlink(os.readlink(source), target)


def copy_root(source, target):
    """A root filesystem of a test's own, to write to as it likes.

    Only the symbolic links, which are nearly all that is in it, are the same in each: nothing can
    be written to them, and on some filesystems to make them takes longer than most tests.
    """
    os.mkdir(target)
    for entry in os.scandir(source):
        copy = f"{target}/{entry.name}"
        if entry.is_symlink():
            copy_link(entry.path, copy)
        elif entry.is_dir():
            copy_root(entry.path, copy)
        else:
            shutil.copy2(entry.path, copy)
    shutil.copystat(source, target)


def clone(config):
    return copy.deepcopy(config)
