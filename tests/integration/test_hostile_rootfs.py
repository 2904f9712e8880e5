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

import pytest

from harness import HostPicture, Report, assert_unchanged
from harness.attacks import ATTACKS
from harness.hostile import DIRECTORIES, make_image, root, traps_for


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
