# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images that an enemy has made: traps that lead out of them, and who runs them.

A trap is a link to a directory of the host, as it looks from outside, from inside, or through
procfs; or a file that is no directory. The directory of the host is everybody's to write, so that
no permission takes the place of kist's care.
"""

import os
import shutil
import socket
import stat
import subprocess
from contextlib import contextmanager
from pathlib import Path

from .users import FIRST, USER, as_user, mapping, own_user_namespace

UP = "../" * 30
SANITIZED = "KIST_SANITIZED" in os.environ


# The directory of the host


def content_of(path, status):
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(path)
    if stat.S_ISDIR(status.st_mode):
        return sorted(os.listdir(path))
    return path.read_bytes() if stat.S_ISREG(status.st_mode) else None


def picture_of(tree):
    """Everything about a tree but times of access."""
    picture = {}
    for path in [tree, *sorted(tree.rglob("*"))]:
        status = path.lstat()
        picture[str(path)] = (
            status.st_ino, status.st_mode, status.st_uid, status.st_gid, status.st_nlink,
            status.st_size, status.st_rdev, status.st_mtime_ns, status.st_ctime_ns,
            content_of(path, status),
        )
    return picture


def make_marker(path):
    """What a mount, a device, a mask or a working directory would find or make there."""
    for name in ("", "directory", "rootfs"):
        (path / name).mkdir()
        (path / name).chmod(0o777)
    for name in ("secret", "file", "directory/secret"):
        (path / name).write_text("of the host")
        (path / name).chmod(0o666)
    return path


# Who runs the container


def root(kist, bundle):
    bundle.owner = 0


def host_pids(kist, bundle):
    """A procfs in which /proc/1/root is the root of the host."""
    bundle.owner = 0
    bundle.without_namespace("pid")


def user_namespace(kist, bundle):
    bundle.owner = FIRST
    own_user_namespace(bundle)


def rootless(kist, bundle):
    bundle.owner = USER
    own_user_namespace(bundle, [mapping(0, USER, 1)])
    as_user(kist, bundle)


PRIVILEGED = [root, host_pids]
CALLERS = [*PRIVILEGED, user_namespace, rootless]


# Traps: each puts something at a path of the image. places: {marker} is the directory of the host,
# {rootfs} the image.


def link(text):
    def make(path, places):
        path.symlink_to(text.format(**places))

    return make


def make_directory(path, places):
    """No trap: what the others are compared with."""
    make_marker(path)


def make_shadowed_link(path, places):
    """The one link that leads somewhere: what it names is there inside, too."""
    inside = Path(f"{places['rootfs']}{places['marker']}")
    inside.parent.mkdir(parents=True)
    make_marker(inside)
    path.symlink_to(places["marker"])


def make_link_to_itself(path, places):
    path.symlink_to(path.name)


def make_fifo(path, places):
    os.mkfifo(path, 0o666)


def make_socket(path, places):
    # By a descriptor: an address has room for 108 bytes.
    directory = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{directory}/{path.name}")
    os.close(directory)


def make_device(path, places):
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))


def make_file(path, places):
    path.write_text("of the image")


LINKS = {"absolute link": link("{marker}"), "relative link": link(UP + "{marker}")}
MAGIC = {
    "own root": link("/proc/self/root{marker}"),
    "root of process 1": link("/proc/1/root{marker}"),
    "working directory": link("/proc/self/cwd"),
    "descriptor": link("/proc/self/fd/1"),
}
FILES = {"fifo": make_fifo, "socket": make_socket, "device": make_device, "file": make_file}
TRAPS = {
    "directory": make_directory,
    "shadowed link": make_shadowed_link,
    "link to itself": make_link_to_itself,
    **LINKS,
    **MAGIC,
    **FILES,
}
DIRECTORIES = {"directory", "shadowed link"}
# One of each sort, where each takes long.
FEW = ["directory", "shadowed link", "absolute link", "descriptor", "fifo"]


def traps_for(caller):
    if caller is host_pids:
        return ["directory", *MAGIC]  # what a procfs of its own has no say in is as for root
    return FEW if SANITIZED else list(TRAPS)


# The image


def give_away(tree, owner):
    for directory, names, files in os.walk(tree):
        for name in (".", *names, *files):
            os.lchown(f"{directory}/{name}", owner, owner)


def make_image(bundle, probe, path, trap, places):
    """The image anew, with a trap at a path of it."""
    at = bundle.rootfs / path.lstrip("/")
    shutil.rmtree(bundle.rootfs, ignore_errors=True)
    for name in ("dev", "proc", "sys", "tmp"):
        (bundle.rootfs / name).mkdir(parents=True)
    shutil.copy2(probe, bundle.rootfs / "probe")
    if at.is_dir():
        at.rmdir()
    TRAPS[trap](at, places)
    give_away(bundle.rootfs, bundle.owner)


@contextmanager
def swapping(program, one, other):
    """While the block runs: how often is the scheduler's affair, but for once."""
    process = subprocess.Popen([program, one, other], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        out, err = process.communicate()
    assert process.returncode == 0 and int(out) > 0, (out, err)
