# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a configuration may ask for where an enemy has put a trap: at or below a path of the image."""

from .hostile import (
    CALLERS, DIRECTORIES, FILES, LINKS, PRIVILEGED, rootless, user_namespace)


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
