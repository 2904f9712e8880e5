# SPDX-License-Identifier: LGPL-2.1-or-later
"""Root filesystems that an enemy has made: what leads out of them leads nowhere.

Each attack puts a trap where the configuration has something to do: a link to a directory of the
host, as it looks from outside, from inside, or through procfs; or a file that is no directory. What
is asked for then takes place inside the root, or is refused by a line that names the place. Either
way nothing is left, and the directory of the host is as it was, down to its times of change: it is
everybody's to write, so that no permission takes the place of kist's care.

test_hostile_races.py does the same while the enemy swaps directories for links.
"""

import os
import re
import shutil
import socket
import stat
from pathlib import Path

import pytest

from harness import Bundle, HostPicture, Report, assert_unchanged
from test_user_namespaces import FIRST, USER, as_user, mapping, own_user_namespace

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


@pytest.fixture
def marker(work):
    path = make_marker(work / "marker")
    before = picture_of(path)
    mounts = Path("/proc/self/mountinfo").read_text()
    yield path
    assert picture_of(path) == before
    assert Path("/proc/self/mountinfo").read_text() == mounts


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


# Attacks


class Attack:
    """What the configuration asks for, at or below a path of the image.

    path     where the trap is
    error    how a refusal names the place
    runs     the traps with which the container runs all the same, within the root
    arrange  puts the wish into the bundle: (bundle, sources)
    seen     asserts that it came true: (report, point), where point is where the trap leads to
    callers  for whom it is an attack at all
    """

    def __init__(self, path, error, runs, arrange=None, seen=None, callers=CALLERS):
        self.path, self.error, self.runs, self.callers = path, error, set(runs), callers
        self.arrange = arrange or (lambda bundle, sources: None)
        self.seen = seen or (lambda report, point: None)


def mount(below="", source=None, type="tmpfs", options=(), at="/trap"):
    def arrange(bundle, sources):
        kind = "bind" if source else type
        bundle.mount(at + below, sources.get(source, "planted"), kind, options)

    return arrange


def mounted(below=""):
    return lambda report, point: report.mount(point + below)


def device(below, type="c", numbers={"major": 1, "minor": 3}):
    def arrange(bundle, sources):
        bundle.linux["devices"] = [{"path": f"/trap{below}", "type": type, **numbers}]

    return arrange


def listed(property, below=""):
    def arrange(bundle, sources):
        bundle.linux[property] = [f"/trap{below}"]

    return arrange


def cwd(below):
    def arrange(bundle, sources):
        bundle.process["cwd"] = f"/trap{below}"

    return arrange


def entered(below):
    def seen(report, point):
        assert report["cwd"]["path"] == point + below

    return seen


def at_trap(property, path="/trap"):
    """The property, and the path or how far it was followed."""
    return rf"{property}: (\S+: )?{path}[a-z/]*: "


MOUNT, DEVICE = r"mounts\[1\]", r"linux\.devices\[0\]"
MASKED, READONLY = r"linux\.maskedPaths\[0\]", r"linux\.readonlyPaths\[0\]"
# Skipped where nothing is; and a file has nothing below it.
SKIPPED = DIRECTORIES | set(LINKS) | set(FILES)


def default(path, property, arrange=None, runs={"directory"}):
    """What every container has: not even a link that stays in the root will do."""
    return Attack(path, at_trap(property, path), runs, arrange)


def mount_attack(runs, *args, **more):
    below = args[0] if args else ""
    return Attack("/trap", at_trap(MOUNT), runs, mount(*args, **more), mounted(below))


ATTACKS = {
    "proc": default("/proc", r"mounts\[0\]"),
    "sys": default("/sys", MOUNT, mount(at="/sys", type="sysfs")),
    "dev": default("/dev", MOUNT, mount(at="/dev")),
    "dev without a mount": default("/dev", "devices"),
    "dev-pts": default("/dev/pts", MOUNT, mount(at="/dev/pts", type="devpts",
                                                options=["newinstance", "ptmxmode=0666"])),
    "dev-shm": default("/dev/shm", MOUNT, mount(at="/dev/shm")),
    "dev-mqueue": default("/dev/mqueue", MOUNT, mount(at="/dev/mqueue", type="mqueue")),
    "dev-null": Attack("/dev/null", at_trap("devices", "/dev/null"), (), callers=PRIVILEGED),
    "dev-null bound": Attack("/dev/null", at_trap("devices", "/dev/null"), (),
                             callers=[user_namespace, rootless]),
    "dev-ptmx": default("/dev/ptmx", "devices", runs=()),
    "tmpfs": mount_attack(DIRECTORIES),
    "tmpfs below": mount_attack(DIRECTORIES, "/directory"),
    "tmpfs made below": mount_attack(DIRECTORIES, "/new/deep"),
    "bind": mount_attack(DIRECTORIES, "", "directory"),
    "bind made below": mount_attack(DIRECTORIES, "/new/deep", "directory"),
    "file": mount_attack(FILES, "", "file"),
    "file below": mount_attack(DIRECTORIES, "/secret", "file"),
    "file made below": mount_attack(DIRECTORIES, "/new/file", "file"),
    "cgroup": mount_attack(DIRECTORIES, type="cgroup"),
    "remount": mount_attack((), options=["remount", "ro"]),
    "node": Attack("/trap", at_trap(DEVICE), (), device(""), callers=PRIVILEGED),
    "node below": Attack("/trap", at_trap(DEVICE), DIRECTORIES, device("/made"),
                         callers=PRIVILEGED),
    "fifo made below": Attack("/trap", at_trap(DEVICE), DIRECTORIES,
                              device("/new/fifo", "p", {})),
    "masked": Attack("/trap", at_trap(MASKED), SKIPPED, listed("maskedPaths"), mounted()),
    "masked below": Attack("/trap", at_trap(MASKED), SKIPPED, listed("maskedPaths", "/secret"),
                           mounted("/secret")),
    "read-only": Attack("/trap", at_trap(READONLY), SKIPPED, listed("readonlyPaths"), mounted()),
    "read-only below": Attack("/trap", at_trap(READONLY), SKIPPED,
                              listed("readonlyPaths", "/directory"), mounted("/directory")),
    "cwd": Attack("/trap", at_trap(r"process\.cwd"), DIRECTORIES, cwd(""), entered("")),
    "cwd below": Attack("/trap", at_trap(r"process\.cwd"), DIRECTORIES, cwd("/directory"),
                        entered("/directory")),
    "cwd made below": Attack("/trap", at_trap(r"process\.cwd"), DIRECTORIES, cwd("/new"),
                             entered("/new")),
}


# The image


@pytest.fixture
def hostile(work):
    """A bundle that asks for little, so that it is quick to run; its image comes later."""
    path = work / "bundle"
    path.mkdir()
    bundle = Bundle(path)
    bundle.config["mounts"] = []
    bundle.mount("/proc", "proc", "proc")
    bundle.linux.update(cgroupsPath="unused", maskedPaths=[], readonlyPaths=[])
    bundle.linux["namespaces"] = [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]
    return bundle.probe("report")


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


def assert_inside(report, attack, trap, places, rootfs):
    """The root is the image, the wish came true where the trap leads to, and only there."""
    status = rootfs.stat()
    assert (report["root"]["dev"], report["root"]["ino"]) == (status.st_dev, status.st_ino)
    if trap in DIRECTORIES:
        attack.seen(report, places["marker"] if trap == "shadowed link" else attack.path)
    else:
        assert not [mount for mount in report.mounts if places["marker"] in mount.point]


@pytest.mark.parametrize(
    "caller, name",
    [(caller, name) for name, attack in ATTACKS.items() for caller in attack.callers],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_traps(kist, hostile, marker, work, probe, caller, name):
    attack = ATTACKS[name]
    caller(kist, hostile)
    (work / "directory").mkdir()
    (work / "file").write_text("mounted")
    attack.arrange(hostile, {"directory": work / "directory", "file": work / "file"})
    hostile.write()
    places = {"marker": str(marker), "rootfs": str(hostile.rootfs)}
    before = HostPicture(None)
    for trap in traps_for(caller):
        make_image(hostile, probe, attack.path, trap, places)
        result = kist("--cgroup-manager", "disabled", "run", "--bundle", hostile.path,
                      kist.new_id(), cwd=marker)
        assert not os.listdir(kist.root), f"{trap}: {result}"
        if trap in attack.runs:
            assert (result.code, result.err) == (0, ""), f"{trap}: {result}"
            assert_inside(Report(result.json), attack, trap, places, hostile.rootfs)
        else:
            assert (result.code, result.out) == (1, ""), f"{trap}: {result}"
            assert re.fullmatch(rf"kist: run \S+: .*{attack.error}.*\n", result.err), (
                f"{trap}: {result}")
    assert_unchanged(before, None)


# What is wrong in the configuration itself: each its own line, to the letter


def properties(**values):
    return lambda bundle: bundle.linux.update(values)


def one_device(**values):
    return properties(devices=[values])


def one_bind(source, destination, *options):
    return lambda bundle: bundle.bind(source, destination, *options)


def one_mount(*args):
    return lambda bundle: bundle.mount(*args)


CONFIG = "config.json: "
WRONG = {
    CONFIG + 'linux.rootfsPropagation: unknown propagation "public"':
        properties(rootfsPropagation="public"),
    CONFIG + 'linux.rootfsPropagation: unknown propagation "shared,slave"':
        properties(rootfsPropagation="shared,slave"),
    CONFIG + 'linux.maskedPaths[1]: "proc/kcore" is not an absolute path':
        properties(maskedPaths=["/x", "proc/kcore"]),
    CONFIG + 'linux.maskedPaths[0]: "" is not an absolute path': properties(maskedPaths=[""]),
    CONFIG + "linux.maskedPaths[0]: must not be /": properties(maskedPaths=["/tmp/.."]),
    CONFIG + 'linux.readonlyPaths[0]: "proc" is not an absolute path':
        properties(readonlyPaths=["proc"]),
    CONFIG + "linux.readonlyPaths[0]: must not be /": properties(readonlyPaths=["//"]),
    CONFIG + 'linux.devices[0].type: unknown device type "x"':
        one_device(type="x", path="/dev/x", major=1, minor=3),
    CONFIG + "linux.devices[0].type: required property is missing":
        one_device(path="/dev/x", major=1, minor=3),
    CONFIG + "linux.devices[0]: /dev/x: major and minor are required":
        one_device(type="b", path="/dev/x", minor=3),
    CONFIG + "linux.devices[0].major: -1 is out of range (0 to 4095)":
        one_device(type="c", path="/dev/x", major=-1, minor=3),
    CONFIG + 'linux.devices[0].path: "dev/x" is not an absolute path':
        one_device(type="p", path="dev/x"),
    "mount sources: mounts[1]: /tmp/x: source /nonexistent/source: No such file or directory":
        one_bind("/nonexistent/source", "/tmp/x"),
    "mount sources: mounts[1]: /tmp/x: source {bundle}/nonexistent: No such file or directory":
        one_bind("nonexistent", "/tmp/x"),
    CONFIG + "mounts[1]: source: missing, and a bind is asked for":
        one_mount("/tmp/x", None, "bind"),
    CONFIG + 'mounts[1]: options: unknown option "nonsense" of a bind mount':
        one_bind("/etc", "/tmp/x", "bind", "nonsense"),
    CONFIG + 'mounts[1]: options: unknown option "mode=755" of a bind mount':
        one_bind("/etc", "/tmp/x", "rbind", "ro", "mode=755"),
    "mounts: mounts[1]: /probe: Not a directory": one_bind("/etc", "/probe"),
    "mounts: mounts[1]: /tmp: is a directory, while the source is none":
        one_bind("/etc/passwd", "/tmp"),
    "mounts: mounts[1]: /tmp: remount: nothing is mounted here":
        one_mount("/tmp", None, None, ["remount"]),
    "working directory: process.cwd: /probe: Not a directory":
        lambda bundle: bundle.process.update(cwd="/probe"),
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_configuration(kist, hostile, marker, probe, line):
    root(kist, hostile)
    make_image(hostile, probe, "/trap", "directory", {})
    WRONG[line](hostile)
    expected = line.format(bundle=hostile.path)
    result = kist.refuses(hostile, None, command="create")
    assert re.sub("create \\S+: ", "", result.err) == f"kist: {expected}\n"
