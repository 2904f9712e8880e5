# SPDX-License-Identifier: LGPL-2.1-or-later
"""Races: an enemy swaps a directory of the image for a link to the host, and back, all the time.

As in test_hostile_rootfs.py every round ends in a container that is what it should be or in a
refusal that names the place, and the host is as it was.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import TAG, HostPicture, Report, assert_unchanged
from test_hostile_rootfs import (  # noqa: F401: fixtures
    ATTACKS, SANITIZED, TRAPS, give_away, hostile, make_image, marker, root, user_namespace)

# A race is over after so many rounds, or when it has had its share of some twenty seconds for all.
ROUNDS = 20 if SANITIZED else 250
FEWEST = 20
RACE_S = 1.2


def rounds():
    end = time.monotonic() + RACE_S
    for number in range(ROUNDS):
        if number >= FEWEST and time.monotonic() > end:
            return
        yield number


@pytest.fixture
def work(scratch):
    """In memory where that is possible: on a disk a race takes ten times as long."""
    memory = Path("/dev/shm")
    usable = memory.is_mount() and not os.statvfs(memory).f_flag & os.ST_NOEXEC
    path = Path(tempfile.mkdtemp(prefix=f"{TAG}-", dir=memory if usable else scratch))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def swap(probe):
    """The enemy, beside the probe."""
    path = probe.with_name("swap")
    assert os.access(path, os.X_OK), f"{path} is not there: build it"
    return path


@contextmanager
def swapping(program, one, other):
    """While the block runs. There are many exchanges to a round."""
    process = subprocess.Popen([program, one, other], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        out, err = process.communicate()
    assert process.returncode == 0 and int(out) > 100 * FEWEST, (out, err)


def assert_clean(result, error):
    """Nothing on stderr and the container has run, or one line that names the place."""
    if result.code == 0:
        assert result.err == "", result
    else:
        assert (result.code, result.out) == (1, ""), result
        assert re.fullmatch(rf"kist: \w+ \S+: .*{error}.*\n", result.err), result


def race(kist, bundle, command, error, check):
    """Run or create again and again; each round makes what no round before it has made.

    check: of the report of a container that has run

    Return: how many went well, and how many were refused.
    """
    bundle.write()
    text = (bundle.path / "config.json").read_text()
    outcomes = {0: 0, 1: 0}
    for number in rounds():
        bundle.write(text.replace("/new", f"/new{number}"))
        id = kist.new_id()
        result = kist("--cgroup-manager", "disabled", command, "--bundle", bundle.path, id)
        assert_clean(result, error)
        outcomes[result.code] += 1
        if result.code == 0 and command == "create":
            kist.ok("delete", "--force", id)
        elif result.code == 0:
            check(Report(result.json))
    return outcomes[0], outcomes[1]


def race_for_trap(kist, bundle, marker, probe, swap, link, command, error, check):
    """/trap is a directory, or what the trap link makes there."""
    places = {"marker": str(marker), "rootfs": str(bundle.rootfs)}
    make_image(bundle, probe, "/trap", "directory", places)
    TRAPS[link](bundle.rootfs / "link", places)
    give_away(bundle.rootfs, bundle.owner)
    before = HostPicture(kist.root)
    with swapping(swap, bundle.rootfs / "trap", bundle.rootfs / "link"):
        outcomes = race(kist, bundle.probe("report"), command, error, check)
    assert_unchanged(before, kist.root)
    return outcomes


RACES = ["tmpfs below", "tmpfs made below", "bind made below", "file below", "file made below",
         "node below", "fifo made below", "masked below", "read-only below", "cwd below",
         "cwd made below"]


OUTCOMES = []  # of the races: how many ran, how many were refused


def where(name):
    """What tells that a wish came true in the image: it is where the directory was or went to."""
    def check(report):
        points = [report["cwd"]["path"]] if "cwd" in name else [m.point for m in report.mounts]
        assert [point for point in points if re.match("/(trap|link)(/|$)", point)], points

    return check if name.split()[0] in ("tmpfs", "bind", "file", "cwd") else lambda report: None


@pytest.mark.parametrize("name", RACES)
def test_race(kist, hostile, marker, work, probe, swap, name):
    """The link leads nowhere inside: what follows it is refused, what does not goes on."""
    attack = ATTACKS[name]
    root(kist, hostile)
    (work / "directory").mkdir()
    (work / "file").write_text("mounted")
    attack.arrange(hostile, {"directory": work / "directory", "file": work / "file"})
    ran, refused = race_for_trap(kist, hostile, marker, probe, swap, "absolute link", "run",
                                 attack.error, where(name))
    OUTCOMES.append((ran, refused))


def test_the_races_have_taken_place():
    """All of them together: a single one may be won every time, on a machine that is loaded."""
    if not OUTCOMES:
        pytest.skip("asks what became of test_race")
    assert sum(ran for ran, _ in OUTCOMES) and sum(refused for _, refused in OUTCOMES)


def has_all(report):
    """The five mounts and two masks below; a read-only path may be where nothing was made."""
    assert len([mount for mount in report.mounts if mount.point not in ("/", "/proc")]) >= 7


@pytest.mark.parametrize("caller", [root, user_namespace])
@pytest.mark.parametrize("command", ["run", "create"])
def test_race_for_everything(kist, hostile, marker, work, probe, swap, caller, command):
    """The link leads somewhere inside, so every step of create gets its turn in every round."""
    caller(kist, hostile)
    (work / "directory").mkdir()
    (work / "file").write_text("mounted")
    hostile.mount("/trap/directory", "planted", "tmpfs").mount("/trap/new/deep", "planted", "tmpfs")
    hostile.bind(work / "directory", "/trap/new-bind/deep").bind(work / "file", "/trap/secret")
    hostile.bind(work / "file", "/trap/new-file/file")
    hostile.linux["devices"] = [{"path": "/trap/new-fifo/fifo", "type": "p"}]
    if caller is root:
        hostile.linux["devices"].append(
            {"path": "/trap/new-node/node", "type": "c", "major": 1, "minor": 3})
    hostile.linux["maskedPaths"] = ["/trap/file", "/trap/directory"]
    hostile.linux["readonlyPaths"] = ["/trap/new/deep", "/trap"]
    hostile.process["cwd"] = "/trap"
    ran, _ = race_for_trap(kist, hostile, marker, probe, swap, "shadowed link", command, "/trap",
                           has_all)
    assert ran, "the race must have taken place"


def test_race_for_the_way_to_the_root(kist, hostile, marker, work, probe, swap):
    """A directory above root.path: the container's root is one of the two, as a whole."""
    root(kist, hostile)
    places = {"marker": str(marker), "rootfs": str(hostile.rootfs)}
    make_image(hostile, probe, "/trap", "directory", places)
    for name in ("place", "other"):
        (work / name).mkdir()
        shutil.copytree(hostile.rootfs, work / name / "rootfs")
    (work / "link").symlink_to("other")
    hostile.config["root"]["path"] = str(work / "place/rootfs")
    hostile.mount("/trap/new", "planted", "tmpfs").write()
    inodes = {(work / name / "rootfs").stat().st_ino for name in ("place", "other")}
    seen = set()
    with swapping(swap, work / "place", work / "link"):
        for _ in rounds():
            result = kist("--cgroup-manager", "disabled", "run", "--bundle", hostile.path,
                          kist.new_id())
            assert (result.code, result.err) == (0, ""), result
            report = Report(result.json)
            report.mount("/trap/new")
            seen.add(report["root"]["ino"])
    assert seen == inodes
