# SPDX-License-Identifier: LGPL-2.1-or-later
"""Races: an enemy swaps a directory of the image for a link to the host, and back, all the time.

As in test_hostile_rootfs.py every round ends in a container that is what it should be or in a
refusal that names the place, and the host is as it was.
"""

import re
import shutil

import pytest

from harness import HostPicture, Report, assert_unchanged
from harness.attacks import ATTACKS
from harness.hostile import TRAPS, give_away, make_image, root, swapping, user_namespace
from harness.luck import Luck

# A race is over after so many rounds, or when it has had its share of some twenty seconds for all
# and somebody has come through it.
ROUNDS = 250
FEWEST = 20
RACE_S = 1.2


def rounds(luck, *wanted):
    return luck.rounds(FEWEST, *wanted, most=ROUNDS, seconds=RACE_S)


@pytest.fixture
def work(memory):
    """For the races' sake."""
    return memory


def assert_clean(result, error):
    """Nothing on stderr and the container has run, or one line that names the place."""
    if result.code == 0:
        assert result.err == "", result
    else:
        assert (result.code, result.out) == (1, ""), result
        assert re.fullmatch(rf"kist: \w+ \S+: .*{error}.*\n", result.err), result


def race(kist, bundle, luck, command, error, check):
    """Run or create again and again; each round makes what no round before it has made.

    check: of the report of a container that has run
    """
    bundle.write()
    text = (bundle.path / "config.json").read_text()
    for number in rounds(luck, "ran"):
        bundle.write(text.replace("/new", f"/new{number}"))
        id = kist.new_id()
        result = kist("--cgroup-manager", "disabled", command, "--bundle", bundle.path, id)
        assert_clean(result, error)
        luck["refused" if result.code else "ran"] += 1
        if result.code == 0 and command == "create":
            kist.ok("delete", "--force", id)
        elif result.code == 0:
            check(Report(result.json))


def race_for_trap(kist, bundle, marker, probe, swap, luck, link, command, error, check):
    """/trap is a directory, or what the trap link makes there."""
    places = {"marker": str(marker), "rootfs": str(bundle.rootfs)}
    make_image(bundle, probe, "/trap", "directory", places)
    TRAPS[link](bundle.rootfs / "link", places)
    give_away(bundle.rootfs, bundle.owner)
    before = HostPicture(kist.root)
    with swapping(swap, bundle.rootfs / "trap", bundle.rootfs / "link"):
        race(kist, bundle.probe("report"), luck, command, error, check)
    assert_unchanged(before, kist.root)


RACES = ["tmpfs below", "tmpfs made below", "bind made below", "file below", "file made below",
         "node below", "fifo made below", "masked below", "read-only below", "cwd below",
         "cwd made below"]


OUTCOMES = Luck()  # of all the races


def where(name):
    """What tells that a wish came true in the image: it is where the directory was or went to."""
    def check(report):
        points = [report["cwd"]["path"]] if "cwd" in name else [m.point for m in report.mounts]
        assert [point for point in points if re.match("/(trap|link)(/|$)", point)], points

    return check if name.split()[0] in ("tmpfs", "bind", "file", "cwd") else lambda report: None


@pytest.mark.xdist_group("hostile races")
@pytest.mark.parametrize("name", RACES)
def test_race(kist, hostile, marker, work, probe, swap, luck, name):
    """The link leads nowhere inside: what follows it is refused, what does not goes on."""
    attack = ATTACKS[name]
    root(kist, hostile)
    (work / "directory").mkdir()
    (work / "file").write_text("mounted")
    attack.arrange(hostile, {"directory": work / "directory", "file": work / "file"})
    race_for_trap(kist, hostile, marker, probe, swap, luck, "absolute link", "run", attack.error,
                  where(name))
    OUTCOMES.update(luck)


@pytest.mark.xdist_group("hostile races")
def test_the_races_have_taken_place():
    """All of them together: a single one may be won every time, on a machine that is loaded."""
    if not OUTCOMES:
        pytest.skip("asks what became of test_race")
    OUTCOMES.wanted = ["ran", "refused"]
    OUTCOMES.held()


def has_all(report):
    """The five mounts and two masks below; a read-only path may be where nothing was made."""
    assert len([mount for mount in report.mounts if mount.point not in ("/", "/proc")]) >= 7


@pytest.mark.parametrize("caller", [root, user_namespace])
@pytest.mark.parametrize("command", ["run", "create"])
def test_race_for_everything(kist, hostile, marker, work, probe, swap, luck, caller, command):
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
    race_for_trap(kist, hostile, marker, probe, swap, luck, "shadowed link", command, "/trap",
                  has_all)
    if not luck["ran"]:
        pytest.skip("each round was refused")


def test_race_for_the_way_to_the_root(kist, hostile, marker, work, probe, swap, luck):
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
    names = {(work / name / "rootfs").stat().st_ino: name for name in ("place", "other")}
    with swapping(swap, work / "place", work / "link"):
        for _ in rounds(luck, "place", "other"):
            result = kist("--cgroup-manager", "disabled", "run", "--bundle", hostile.path,
                          kist.new_id())
            assert (result.code, result.err) == (0, ""), result
            report = Report(result.json)
            report.mount("/trap/new")
            luck[names[report["root"]["ino"]]] += 1
    luck.held()
