# SPDX-License-Identifier: LGPL-2.1-or-later
"""`kist mounts`: more and fewer mounts in a container that runs, and in one that fights it."""

import ctypes
import itertools
import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

import harness
from harness import HostPicture, assert_unchanged, has_cgroup_v1, parse_mounts, wait_until
from harness.hostile import (
    CALLERS, SANITIZED, give_away, host_pids, make_image, root, swapping, traps_for)
from harness.luck import Luck
from harness.running import report, start
from harness.shared_host import kinds
from harness.users import USER, mapping, own_user_namespace, owners, rootless

numbers = itertools.count()


@pytest.fixture
def work(memory):
    """For the races' sake."""
    return memory


@pytest.fixture
def container(kist, bundle):
    return start(kist, bundle)


@pytest.fixture(params=["root", "user namespace", "rootless"])
def running(request, kist, bundle):
    """By each kind of caller; places to mount on are there, where only their owner may make them."""
    for name in ("one", "two", "three"):
        (bundle.rootfs / name).mkdir()
    (bundle.rootfs / "file").touch()
    if request.param == "user namespace":
        own_user_namespace(bundle)
    elif request.param == "rootless":
        rootless(kist, bundle)
    return start(kist, bundle)


@pytest.fixture
def data(work):
    """A directory of the host that everybody may read, with a mount below."""
    path = work / "data"
    (path / "below").mkdir(parents=True)
    (path / "file").write_text("of the host")
    return path


def mount(destination, type=None, source=None, options=(), **members):
    entry = {"destination": destination, **members}
    if type:
        entry["type"] = type
    if source:
        entry["source"] = str(source)
    if options:
        entry["options"] = list(options)
    return entry


def bind(source, destination, *options, **members):
    return mount(destination, "bind", source, options or ("bind",), **members)


def tmpfs(destination, *options):
    return mount(destination, "tmpfs", "tmpfs", options)


def file_of(kist, *mounts, array=False):
    path = kist.scratch / f"mounts-{next(numbers)}.json"
    path.write_text(json.dumps(list(mounts) if array else {"mounts": mounts}))
    return path


def add(container, *mounts, **options):
    container.kist.ok("mounts", "add", container.id, file_of(container.kist, *mounts, **options))


def remove(container, *destinations, **options):
    entries = [{"destination": destination} for destination in destinations]
    path = file_of(container.kist, *entries, **options)
    container.kist.ok("mounts", "remove", container.id, path)


def table(container):
    """The container's mounts, from outside."""
    return parse_mounts(Path(f"/proc/{container.pid}/mountinfo").read_text())


def points(container):
    return [mount.point for mount in table(container)]


def refuses(container, action, *mounts, text):
    """With a line that names the place, and without any change in the container or on the host."""
    before, host = Path(f"/proc/{container.pid}/mountinfo").read_text(), HostPicture(None)
    path = file_of(container.kist, *mounts)
    result = container.kist.fails("mounts", action, container.id, path)
    assert result.err.startswith(f"kist: mounts {action}: {container.id}: {path}: "), result
    assert re.search(text, result.err), result
    assert Path(f"/proc/{container.pid}/mountinfo").read_text() == before
    assert_unchanged(host, None)
    return result


# What is added


def test_directory_and_file(running, data, host_unchanged):
    before = points(running)
    add(running, bind(data, "/one"), bind(data / "file", "/file"))
    found = report(running, paths=["/one/file", "/file"])
    assert found.path("/one/file")["text"] == found.path("/file")["text"] == "of the host"
    assert points(running) == [*before, "/one", "/file"]
    remove(running, "/one", "/file")
    assert points(running) == before


def test_the_array_alone(container, data):
    add(container, bind(data, "/new"), array=True)
    assert "/new" in points(container)
    remove(container, "/new", array=True)
    assert "/new" not in points(container)


def test_standard_input(container):
    kist = container.kist
    kist.ok("mounts", "add", container.id, "-", input=json.dumps([tmpfs("/new")]))
    assert points(container)[-1] == "/new"
    before = points(container)
    kist.fails("mounts", "add", container.id, "-", input="[", text=r": stdin:1:1: ")
    kist.fails("mounts", "add", container.id, "-", input=" " * (1 << 24) + "[]", text="stdin: too")
    kist.fails("mounts", "add", container.id, "-", input=json.dumps([tmpfs("/")]),
               text=r": stdin: mounts\[0\].destination: /: ")
    assert points(container) == before
    pipe = subprocess.run(kist.command("mounts", "remove", container.id, "-"), text=True,
                          input=json.dumps({"mounts": [tmpfs("/new")]}), capture_output=True)
    assert (pipe.returncode, pipe.stdout, pipe.stderr) == (0, "", "")
    assert "/new" not in points(container)


def test_attributes(running, data):
    add(running, bind(data, "/one", "bind", "ro", "nosuid", "noexec"))
    assert {"ro", "nosuid", "noexec"} <= report(running).mount("/one").options
    assert report(running, paths=["/one"]).path("/one")["write"] != 0


def test_written_to_by_both(container, data):
    add(container, bind(data, "/new"))
    container.kist.ok("exec", container.id, "sh", "-c", "echo inside >/new/made")
    assert (data / "made").read_text() == "inside\n"


def test_recursive(container, data):
    """With the mounts below the source, and without."""
    subprocess.run(["mount", "-t", "tmpfs", "planted", data / "below"], check=True)
    try:
        (data / "below/deep").write_text("deep")
        add(container, bind(data, "/all", "rbind", "rro"), bind(data, "/one", "bind"))
        found = report(container, paths=["/all/below/deep", "/one/below/deep"])
        assert found.path("/all/below/deep")["text"] == "deep"
        assert found.path("/one/below/deep").get("text") is None
        assert "ro" in found.mount("/all/below").options
        remove(container, "/all")
        assert not [point for point in points(container) if point.startswith("/all")]
    finally:
        subprocess.run(["umount", data / "below"], check=True)


@pytest.mark.parametrize("options, expected", [
    (["bind"], set()), (["rbind", "rprivate"], set()), (["rbind", "rslave"], {"master"}),
    (["bind", "shared"], {"master", "shared"}), (["bind", "unbindable"], {"unbindable"}),
])
def test_propagation(kist, bundle, work, host, options, expected):
    """The host hears of nothing; what the host mounts later is seen where that is asked for."""
    container = start(kist, bundle)
    host.has_changed()
    add(container, bind(work / "volume", "/new", *options))
    assert not host.has_changed()
    subprocess.run([*kist.prefix, "mount", "-t", "tmpfs", "later", work / "volume/later"], check=True)
    found = {mount.point: mount for mount in table(container)}
    assert kinds(found["/new"]) == expected
    assert ("/new/later" in found) == ("master" in expected)
    subprocess.run([*kist.prefix, "umount", work / "volume/later"], check=True)
    host.has_changed()
    remove(container, "/new")
    assert not host.has_changed()


def test_tmpfs(running):
    add(running, tmpfs("/one", "size=64k", "mode=1770", "nodev"))
    found = report(running, paths=["/one"])
    assert found.mount("/one").type == "tmpfs" and "nodev" in found.mount("/one").options
    assert "size=64k" in found.mount("/one").superblock
    assert found.path("/one")["uid"] == 0 and found.path("/one")["mode"] == 0o1770
    running.kist.ok("exec", running.id, "touch", "/one/made")


@pytest.mark.parametrize("type", ["mqueue", "sysfs", "devpts"])
def test_a_filesystem_of_the_containers_namespaces(running, type):
    """They belong to its root, and show what is its own."""
    running.kist.ok("exec", running.id, "touch", "/dev/mqueue/made")
    options = ["newinstance"] if type == "devpts" else []
    add(running, mount("/one", type, type, options))
    assert report(running).mount("/one").type == type
    listed = running.kist.ok("exec", running.id, "ls", "/one").out.split()
    if type == "mqueue":
        assert listed == ["made"]
    if type == "sysfs":
        names = running.kist.ok("exec", running.id, "ls", "/one/class/net").out.split()
        assert names == ["lo"]


def test_no_view_of_the_hosts(kist, contained):
    """Where create would show the host's /sys, the container's own is all that is in sight."""
    (contained.rootfs / "one").mkdir()
    container = start(kist, contained.without_namespace("network"))
    refuses(container, "add", mount("/one", "sysfs"), text="/one: .*Operation not permitted")


def test_over_dev(container, data):
    """There nothing is made any more: it is read-only from the beginning."""
    add(container, bind(data, "/dev", "bind", "ro"))
    assert "ro" in report(container).mount("/dev").options
    remove(container, "/dev")
    assert report(container, paths=["/dev/null"]).path("/dev/null")["follow"]["type"] == "char"


def test_missing_places_are_made(container, data):
    add(container, bind(data, "/a/b/c"), bind(data / "file", "/d/e"), tmpfs("/a/b/c/below"))
    assert points(container)[-3:] == ["/a/b/c", "/d/e", "/a/b/c/below"]
    assert report(container, paths=["/d/e"]).path("/d/e")["text"] == "of the host"


def test_one_on_another(container, data):
    """The last in the list is the first that goes."""
    before = points(container)
    stack = [tmpfs("/a"), bind(data, "/a/b"), bind(data, "/a/b"), bind(data / "file", "/a/c")]
    add(container, *stack)
    assert len(points(container)) == len(before) + 4
    remove(container, "/a", "/a/b", "/a/b", "/a/c")
    assert points(container) == before


def test_relative_sources_count_from_the_bundle(container):
    (container.bundle.path / "beside").mkdir()
    (container.bundle.path / "beside/mark").write_text("beside")
    add(container, bind("beside", "/new"))
    assert report(container, paths=["/new/mark"]).path("/new/mark")["text"] == "beside"


def test_links_of_the_image_lead_inside(container, data):
    (container.bundle.rootfs / "link").symlink_to("/../../tmp")
    add(container, bind(data, "/link/new"))
    assert points(container)[-1] == "/tmp/new"


def test_other_owners(kist, bundle, data):
    os.chown(data / "file", 5, 6)
    container = start(kist, bundle)
    add(container, bind(data, "/new", "bind", "idmap", uidMappings=[mapping(0, 100, 10)],
                        gidMappings=[mapping(0, 200, 10)]))
    assert owners(report(container, paths=["/new/file"]), "file", directory="/new") == [(105, 206)]
    add(container, mount("/mem", "tmpfs", "tmpfs", ["idmap"], uidMappings=[mapping(0, 100, 10)],
                         gidMappings=[mapping(0, 200, 10)]))
    assert owners(report(container, paths=["/mem"]), "mem", directory="") == [(100, 200)]


def test_owners_of_the_user_namespace(kist, bundle, data):
    os.chown(data / "file", 5, 6)
    (bundle.rootfs / "one").mkdir()
    container = start(kist, own_user_namespace(bundle))
    add(container, bind(data, "/one", "bind", "idmap"))
    assert owners(report(container, paths=["/one/file"]), "file", directory="/one") == [(5, 6)]


def test_a_created_container(kist, bundle, data):
    container = kist.create(bundle.probe("report", "/new/file"))
    add(container, bind(data, "/new"))
    container.start()
    assert container.wait_for_report().path("/new/file")["text"] == "of the host"


def test_a_created_container_of_an_ordinary_user(kist, bundle, data):
    (bundle.rootfs / "one").mkdir()
    rootless(kist, bundle)
    container = kist.create(bundle.probe("report", "/one/file"))
    if harness.kernel_version() < (6, 11):
        kist.fails("mounts", "add", container.id, file_of(kist, bind(data, "/one")),
                   text="an ordinary user cannot join a container before it is started")
        return
    add(container, bind(data, "/one"), tmpfs("/one/below"))
    remove(container, "/one/below")
    container.start()
    found = container.wait_for_report()
    assert found.path("/one/file")["text"] == "of the host"
    assert "/one/below" not in [mount.point for mount in found.mounts]


def test_the_programs_in_it_see_it(kist, bundle, data):
    bundle.args = ["sh", "-c", "while ! test -e /new/file; do sleep 0.01; done; cat /new/file"]
    container = kist.start(bundle)
    add(container, bind(data, "/new"))
    container.wait()
    assert container.out.read_text() == "of the host"


def test_a_readonly_root(kist, bundle, data):
    bundle.config["root"]["readonly"] = True
    container = start(kist, bundle)
    add(container, bind(data, "/home/user"))
    refuses(container, "add", bind(data, "/missing"),
            text=r"mounts\[0\]: /missing: is missing and cannot be made: Read-only file system \(take a destination that is there\)")


def test_a_limit_of_processes(kist, bundle, data):
    """What is done for the container by kist does not count as its own."""
    bundle.linux["resources"]["pids"] = {"limit": 1}
    container = start(kist, bundle)
    add(container, bind(data, "/new"))
    assert "/new" in points(container)


# All or nothing


def test_nothing_is_left_of_a_list_that_fails(running, data):
    refuses(running, "add", tmpfs("/one"), bind(data / "file", "/file"), bind(data, "/one/below"),
            bind(data / "file", "/two"), text=r"mounts\[3\]: /two: is a directory, while the")


def test_what_others_have_mounted_on_it_goes_too(container, data):
    """It is a mount that is taken back, not whatever its path leads to."""
    refuses(container, "add", bind(data, "/a"), tmpfs("/a"), tmpfs("/a/b"),
            bind(data, "/a/b", "bind"), bind(data / "file", "/tmp"), text=r"mounts\[4\]: /tmp")


# What is refused


REFUSED = {
    "no destination": ({"type": "tmpfs"}, r"mounts\[0\].destination: required property is missing"),
    "no type": ({"destination": "/a"}, r"mounts\[0\]: type: missing"),
    "no source": (mount("/a", "bind", None, ["bind"]), r"mounts\[0\].source: a bind mount needs"),
    "source that is not there": (bind("/nonexistent", "/a"), "/a: source /nonexistent: No such"),
    "root": (tmpfs("/"), r"destination: /: is the root"),
    "root by dots": (tmpfs("/a/../.."), r"destination: /: is the root"),
    "root by a link": (tmpfs("/to-root"), "/to-root: leads to the root of the container"),
    "proc": (bind("/proc", "/proc", "rbind"), "destination: /proc: what is masked"),
    "below proc": (tmpfs("/proc/sys"), "destination: /proc/sys: not allowed below /proc"),
    "proc by a link": (tmpfs("/to-proc"), "/to-proc: leads into /proc"),
    "mask by a link": (tmpfs("/to-mask"), "/to-mask: leads into /proc"),
    "procfs": (mount("/a", "proc", "proc"), r"mounts\[0\].type: a procfs is only mounted when"),
    "cgroup": (mount("/a", "cgroup", "cgroup"), r"mounts\[0\].type: cgroups are only mounted"),
    "remount": (mount("/dev", None, None, ["remount", "ro"]), r"options: remount: mounts that are"),
    "copy": (tmpfs("/tmp", "tmpcopyup"), r"options: tmpcopyup: nothing is copied"),
    "link": (bind("/a", "/b", "bind", "copy-symlink"), r"options: copy-symlink: a symbolic link is"),
    "option": (bind("/tmp", "/b", "bind", "nonsense"), r'unknown option "nonsense" of a bind'),
    "type": (mount("/a", "nonsense"), 'filesystem type "nonsense" is unknown'),
    "disk": (mount("/a", "ext4", "/dev/loop0"), r"mounts\[0\].type: type ext4 needs a device, which"),
    "fuse on a disk": (mount("/a", "fuseblk.x", "/dev/loop0"), r"type fuseblk.x needs a device"),
    "size": (tmpfs("/a", "size=x"), r"size=x: Invalid argument \(tmpfs: Bad value for 'size'\)"),
    "below a file": (tmpfs("/etc/passwd/x"), "/etc/passwd/x: Not a directory"),
    "dangling": (tmpfs("/dangling/x"), "is a dangling symbolic link"),
    "itself": (tmpfs("/itself/x"), "too many links, or a magic link"),
    "magic": (tmpfs("/magic/x"), "/magic/x: too many links, or a magic link"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(kist, bundle, name):
    entry, text = REFUSED[name]
    for link, to in {"to-root": "..", "to-proc": "proc/sys", "to-mask": "/proc/acpi", "magic":
                     "/proc/1/root", "dangling": "nowhere", "itself": "itself"}.items():
        (bundle.rootfs / link).symlink_to(to)
    bundle.linux["maskedPaths"].append("/proc/acpi")
    refuses(start(kist, bundle), "add", entry, text=text)


def test_refused_in_a_user_namespace(kist, contained, work):
    """What the kernel locks, and filesystems that are not for it."""
    (contained.rootfs / "one").mkdir()
    container = start(kist, contained)
    refuses(container, "add", mount("/one", "debugfs", "x"), text="/one: .*not permitted")
    if contained.caller == "rootless":
        refuses(container, "add", bind(work, "/one", "bind", "idmap"), text="takes CAP_SYS_ADMIN")


@pytest.mark.parametrize("text, reason", [
    ("", r":1:0: "), ("{", r":1:1: "), ("7", r":1:1: "), ("{}", "mounts: required property is"),
    ('{"mounts": {}}', "mounts: expected an array"), ("[[]]", r"mounts\[0\]: expected an object"),
])
def test_files_that_are_wrong(container, work, text, reason):
    path = work / "wrong.json"
    path.write_text(text)
    for action in ("add", "remove"):
        container.kist.fails("mounts", action, container.id, path, text=reason)


def test_command_lines_that_are_wrong(container, work):
    kist, path = container.kist, file_of(container.kist)
    kist.fails("mounts", text="too few arguments")
    kist.fails("mounts", "add", container.id, text="too few arguments")
    kist.fails("mounts", "add", container.id, path, path, text="too many arguments")
    kist.fails("mounts", "list", container.id, path, text="mounts list: unknown action")
    kist.fails("mounts", "add", container.id, work / "none", text="none: No such file")
    kist.fails("mounts", "add", "nobody", path, text="does not exist")


@pytest.mark.parametrize("order", [["/a/b", "/a"], ["/a", "/a/b", "/a/"]])
def test_removed_in_a_wrong_order(container, order):
    """The last one goes first: what went with another could not be found when its turn comes."""
    add(container, tmpfs("/a"), tmpfs("/a/b"))
    before = points(container)
    container.kist.fails(
        "mounts", "remove", container.id, file_of(container.kist, *({"destination": d} for d in order)),
        text=r"mounts\[[01]\]: /a/b: goes with mounts\[[12]\], which is removed before it")
    assert points(container) == before
    remove(container, "/a", "/a/b")


def test_an_empty_list(container):
    before = points(container)
    add(container)
    remove(container)
    assert points(container) == before


# The state of the container


def test_stopped(container):
    container.kill("KILL")
    container.wait()
    path = file_of(container.kist, tmpfs("/a"))
    for action, doing in (("add", "add mounts to"), ("remove", "remove mounts from")):
        container.kist.fails("mounts", action, container.id, path,
                             text=f"cannot {doing} a stopped container: container not running")


def freeze(container, frozen):
    if has_cgroup_v1():
        path = container.cgroup("freezer") / "freezer.state"
        path.write_text("FROZEN" if frozen else "THAWED")
        wait_until(lambda: path.read_text() == ("FROZEN\n" if frozen else "THAWED\n"), path)
    else:
        (container.cgroup("") / "cgroup.freeze").write_text("1" if frozen else "0")
    wait_until(lambda: container.status == ("paused" if frozen else "running"), "it to be paused")


def test_paused(container):
    path = file_of(container.kist, tmpfs("/a"))
    freeze(container, True)
    try:
        container.kist.fails("mounts", "add", container.id, path,
                             text="cannot add mounts to a paused container; resume it first")
        container.kist.fails("mounts", "remove", container.id, path,
                             text="cannot remove mounts from a paused container; resume it first")
    finally:
        freeze(container, False)


def test_somebody_elses(container, work):
    kist = container.kist
    kist.root.chmod(0o755)
    (kist.root / container.id).chmod(0o755)
    for path in (kist.root / container.id).rglob("*"):
        path.chmod(0o666)
    kist.prefix = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--"]
    kist.fails("mounts", "add", container.id, file_of(kist, tmpfs("/a")),
               text="nor one of somebody else")
    kist.prefix = []


# What is removed


def test_mounts_of_the_configuration_can_go(kist, bundle, data):
    container = start(kist, bundle.bind(data, "/data"))
    remove(container, "/data", "/dev/shm")
    assert not {"/data", "/dev/shm"} & set(points(container))


KEPT = {
    "root": ("/", r"mounts\[0\]: /: is the root of the container"),
    "root by dots": ("/tmp/../..", r"mounts\[0\]: /: is the root of the container"),
    "directory": ("/tmp", "/tmp: is not a mount point"),
    "file": ("/etc/passwd", "/etc/passwd: is not a mount point"),
    "nothing": ("/nonexistent", "/nonexistent: No such file"),
    "mask": ("/proc/keys", r"must stay mounted, because of linux.maskedPaths\[1\], /proc/keys"),
    "above a mask": ("/proc", r"/proc: must stay mounted, because of linux.maskedPaths\[1\]"),
    "read-only path": ("/proc/sys", "must stay mounted, because of linux.readonlyPaths"),
    "masked file": ("/mask", r"must stay mounted, because of linux.maskedPaths"),
    "link to a mask": ("/to-mask", "/to-mask: must not be, or lead through, a symbolic link"),
    "link to a mount": ("/to-shm", "/to-shm: must not be, or lead through, a symbolic link"),
    "through a link": ("/to-dev/shm", "/to-dev/shm: must not be, or lead through, a symbolic"),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_must_stay(kist, bundle, name):
    for link, to in {"to-mask": "/proc/keys", "to-shm": "dev/shm", "to-dev": "dev",
                     "to-masked": "mask"}.items():
        (bundle.rootfs / link).symlink_to(to)
    (bundle.rootfs / "mask").write_text("secret")
    bundle.linux["maskedPaths"].append("/to-masked")
    destination, text = KEPT[name]
    # All are looked at before the first one goes.
    refuses(start(kist, bundle), "remove", {"destination": destination}, {"destination": "/dev/shm"},
            text=text)


def test_what_the_kernel_keeps(kist, bundle, work, host):
    """What the host mounts as one, in what the container follows, cannot be taken apart there."""
    def on_host(*command):
        subprocess.run([*kist.prefix, *command], check=True)

    (bundle.rootfs / "one").mkdir()
    (work / "tree/below").mkdir(parents=True)
    on_host("mount", "-t", "tmpfs", "below", work / "tree/below")
    bundle.bind(work / "volume", "/one", "rbind", "rslave")
    container = start(kist, own_user_namespace(bundle))
    on_host("mount", "--rbind", work / "tree", work / "volume/later")
    assert {"/one/later", "/one/later/below"} <= set(points(container))
    refuses(container, "remove", {"destination": "/one/later/below"}, text="below: .*locked")
    remove(container, "/one/later")
    assert not {"/one/later", "/one/later/below"} & set(points(container))
    on_host("umount", "-R", work / "volume/later")


def test_a_mount_that_is_in_use(container, data):
    add(container, tmpfs("/new"))
    container.kist.ok("exec", "--detach", container.id, "sh", "-c", "cd /new && exec sleep 1000")
    remove(container, "/new")
    assert "/new" not in points(container)


# What the container could take from it


def watched(kist, bundle):
    """A container that looks at every process in sight."""
    container = kist.start(bundle.probe("spy"))
    container.wait_for_output("watching")
    return container


def seen_by(container):
    container.kill("USR1")
    container.wait()
    return json.loads(container.out.read_text().splitlines()[1])


def test_nobody_is_in_sight(kist, bundle, data):
    """Neither the process that mounts nor what it holds: it is in no pid namespace of theirs."""
    bundle.process["capabilities"] = {
        kind: harness.CAPABILITIES for kind in ("bounding", "permitted", "effective")}
    container = watched(kist, bundle)
    for _ in range(40):
        add(container, bind(data, "/new"), tmpfs("/new/below"))
        remove(container, "/new")
    seen = seen_by(container)
    assert (seen["observations"], seen["executables"]) == (0, [])


def test_nothing_can_be_taken(kist, contained, data):
    """In the pid namespace of the host the process is in sight, and guarded."""
    (contained.rootfs / "one").mkdir()
    contained.without_namespace("pid").unmount("/proc").mount("/proc", "/proc", "bind", ["rbind"])
    contained.process["capabilities"] = {
        kind: harness.CAPABILITIES for kind in ("bounding", "permitted", "effective")}
    contained.linux.update(maskedPaths=[], readonlyPaths=[])
    container = watched(kist, contained)
    for _ in range(40):
        add(container, bind(data, "/one"))
        remove(container, "/one")
    seen = seen_by(container)
    assert (seen["foreign"], seen["executables"], seen["written"]) == ([], [], [])


# Traps and races


def hostile_container(kist, hostile, marker, probe, trap, caller=root):
    """One whose image has a trap, and a directory that is none for comparison."""
    caller(kist, hostile)
    places = {"marker": str(marker), "rootfs": str(hostile.rootfs)}
    make_image(hostile, probe, "/trap", trap, places)
    give_away(hostile.rootfs, hostile.owner)
    hostile.probe("wait").write()
    container = harness.Container(kist, kist.new_id(), hostile)
    with container.out.open("wb") as out:
        kist.ok("--cgroup-manager", "disabled", "create", "-b", hostile.path, container.id, stdout=out)
    container.start()
    container.wait_for_output("ready")
    return container


def change(container, action, *mounts):
    """Return: whether it went well; a refusal is one line that names the place."""
    path = file_of(container.kist, *mounts)
    result = container.kist("mounts", action, container.id, path)
    if result.code:
        assert re.fullmatch(rf"kist: mounts {action}: {container.id}: {path}: .*mounts\[\d\]: "
                            r"/trap.*\n", result.err), result
    assert (result.code, result.out) in ((0, ""), (1, "")) and (result.code or not result.err), result
    return result.code == 0


def wishes(data, name=""):
    return {
        "directory": bind(data, "/trap"),
        "below": tmpfs("/trap/directory"),
        "file": bind(data / "file", "/trap/secret"),
        "made": tmpfs(f"/trap/new{name}/deep"),
        "file made": bind(data / "file", f"/trap/new{name}-file/file"),
    }


@pytest.mark.parametrize("caller, trap", [
    (caller, trap) for caller in CALLERS for trap in traps_for(caller)])
def test_traps(kist, hostile, marker, data, probe, caller, trap):
    """What leads out of the root leads nowhere: each wish comes true in it, or is refused."""
    container = hostile_container(kist, hostile, marker, probe, trap, caller)
    for wish in wishes(data).values():
        before = points(container)
        if not change(container, "add", wish):
            assert points(container) == before
            continue
        (point,) = points(container)[len(before):]
        assert trap in ("directory", "shadowed link") or point == "/trap"
        if trap != "shadowed link":
            assert change(container, "remove", {"destination": point})
            assert points(container) == before


ROUNDS = 20 if SANITIZED else 300
RACE_S = 2
OUTCOMES = ["refused", "added", "added and removed"]
PLACES = re.compile("/(trap|link|dev)(/|$)")


def ids(container):
    """Paths change all the time."""
    return {mount.id: mount for mount in table(container)}


def race(container, wish):
    """Add and remove once. Return: how far it came, 0 to 2."""
    before = ids(container)
    if not change(container, "add", *wish):
        assert ids(container).keys() == before.keys()
        return 0
    added = [mount for id, mount in ids(container).items() if id not in before]
    # Both are wherever the directory was, or went to.
    assert len(added) == len(wish) and all(PLACES.match(mount.point) for mount in added), added
    return 2 if change(container, "remove", *wish) else 1


def race_for(container, data, one, other, swap, luck):
    """The place is now a directory, now a link to somewhere else."""
    with swapping(swap, one, other):
        for number in luck.rounds(20, most=ROUNDS, seconds=RACE_S):
            kinds = wishes(data, number)
            wish = [kinds[("below", "file", "made", "file made")[number % 4]]]
            if number % 3 == 0:
                wish.append(kinds["made" if number % 4 != 2 else "file made"])
            luck[OUTCOMES[race(container, wish)]] += 1


ALL_RACES = Luck()


@pytest.mark.xdist_group("races for mounts")
@pytest.mark.parametrize("to", ["{marker}", "/proc/1/root{marker}", "/proc/1", "/proc", "/dev"])
@pytest.mark.parametrize("caller", [root, host_pids])
def test_race(kist, hostile, marker, data, probe, swap, luck, caller, to):
    container = hostile_container(kist, hostile, marker, probe, "directory", caller)
    (hostile.rootfs / "link").symlink_to(to.format(marker=marker))
    race_for(container, data, hostile.rootfs / "trap", hostile.rootfs / "link", swap, luck)
    ALL_RACES.update(luck)


@pytest.mark.xdist_group("races for mounts")
def test_the_races_have_taken_place():
    """All of them together: a single one may be won every time, on a machine that is loaded."""
    if not ALL_RACES:
        pytest.skip("asks what became of test_race")
    ALL_RACES.wanted = OUTCOMES
    ALL_RACES.held()


def test_race_for_two_directories(kist, hostile, marker, data, probe, swap, luck):
    """The link leads somewhere inside, so that every step has its turn."""
    container = hostile_container(kist, hostile, marker, probe, "directory")
    subprocess.run(["cp", "-a", hostile.rootfs / "trap", hostile.rootfs / "link"], check=True)
    race_for(container, data, hostile.rootfs / "trap", hostile.rootfs / "link", swap, luck)
    if luck[OUTCOMES[0]] == luck.total():
        pytest.skip("each round was refused")


def test_race_with_mounts_of_the_container(kist, bundle, marker, data, luck):
    """It may mount itself, and does, over and over: each round ends in a mount inside or a refusal."""
    (bundle.rootfs / "trap/directory").mkdir(parents=True)
    (bundle.rootfs / "trap/secret").touch()
    bundle.process["capabilities"] = {
        kind: harness.CAPABILITIES for kind in ("bounding", "permitted", "effective")}
    bundle.args = ["sh", "-c", "echo ready; while :; do mount -t tmpfs x /trap; mkdir -p "
                   "/trap/directory; umount -l /trap; done 2>/dev/null"]
    container = kist.start(bundle)
    container.wait_for_output("ready")
    for number in luck.rounds(1, "added", most=ROUNDS, seconds=RACE_S):
        for wish in wishes(data, number).values():
            luck["added" if change(container, "add", wish) else "refused"] += 1
            change(container, "remove", wish)
    container.kill("KILL")
    luck.held()


def test_a_container_that_ends_meanwhile(kist, bundle, data):
    bundle.args = ["sleep", "0.3"]
    for number in range(3):
        container = kist.start(bundle)
        for _ in range(2000):
            result = kist("mounts", "add", container.id, file_of(kist, bind(data, "/new")))
            if result.code:
                break
        assert "container not running" in result.err, result
        container.delete()


def test_a_caller_that_is_killed(container, data):
    """Nobody is left behind."""
    kist, path = container.kist, file_of(container.kist, *[bind(data, "/new")] * 50)
    environment = {**os.environ, "KIST_TEST": harness.TAG}
    for number in range(20):
        process = subprocess.Popen(kist.command("mounts", "add", container.id, path),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=environment)
        time.sleep(number / 1000)
        process.kill()
        process.wait()
        wait_until(lambda: set(harness.tagged_processes()) == {container.pid}, "it to be alone")
    assert container.status == "running"


def test_what_the_host_shares_is_no_place(kist, bundle, host, work):
    """A link of the container's leads into a volume whose mounts the host would see. And what is taken
    away leaves the host's own mounts below it."""
    subprocess.run([*kist.prefix, "mount", "-t", "tmpfs", "own", work / "volume/sub"], check=True)
    bundle.linux["rootfsPropagation"] = "shared"
    bundle.bind(work / "volume", "/vol", "rbind", "rshared")
    container = start(kist, bundle)
    (bundle.rootfs / "data").symlink_to("/vol/later")
    host.has_changed()
    (work / "mounts.json").write_text(json.dumps([mount("/data", "tmpfs", "x")]))
    kist.fails("mounts", "add", container.id, work / "mounts.json",
               text="/data: is on a mount that the host shares, and would see this one")
    assert not host.has_changed()
    (work / "mounts.json").write_text(json.dumps([mount("/vol")]))
    kist.ok("mounts", "remove", container.id, work / "mounts.json")
    assert host.mount(work / "volume/sub").source == "own"
    container.delete("--force")


def test_what_the_host_shares_loses_nothing(kist, bundle, host, work):
    """A mount that was made in a shared volume is the host's, too."""
    bundle.linux["rootfsPropagation"] = "shared"
    bundle.bind(work / "volume", "/vol", "rbind", "rshared")
    container = start(kist, bundle)
    subprocess.run([*kist.prefix, "mount", "-t", "tmpfs", "own", work / "volume/sub"], check=True)
    assert "/vol/sub" in points(container)
    host.has_changed()
    (work / "mounts.json").write_text(json.dumps([mount("/vol/sub")]))
    kist.fails("mounts", "remove", container.id, work / "mounts.json",
               text="/vol/sub: is on a mount that the host shares, and would lose this one")
    assert not host.has_changed()
    container.delete("--force")


# What never ends


@pytest.fixture
def hang(container):
    """Mount a filesystem in the container whose server never answers, until the test has ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    server = os.open("/dev/fuse", os.O_RDWR)
    namespace = os.open(f"/proc/{container.pid}/ns/mnt", os.O_RDONLY)
    (container.bundle.rootfs / "hang").mkdir()
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
    if (child := os.fork()) == 0:
        failed = (libc.setns(namespace, 0) or
                  libc.mount(b"fuse", b"/hang", b"fuse", 0, options))
        os._exit(1 if failed else 0)
    os.close(namespace)
    assert os.waitpid(child, 0)[1] == 0
    yield container
    os.close(server)
    wait_until(lambda: set(harness.tagged_processes()) <= {container.pid}, "it to be alone")


@pytest.mark.parametrize("action", ["add", "remove"])
def test_a_filesystem_that_never_answers(hang, action):
    before = points(hang)
    made = [tmpfs("/made")] if action == "add" else []
    path = file_of(hang.kist, *made, tmpfs("/hang/below"))
    begun = time.monotonic()
    hang.kist.fails("mounts", action, hang.id, path,
                    text=r": no answer within 10 seconds \(a filesystem in the container")
    assert time.monotonic() - begun < 60
    assert points(hang) == before + [entry["destination"] for entry in made]


def test_a_low_limit_of_descriptors(kist, bundle, data):
    """The soft limit is what programs want, the hard one is what kist may use."""
    container = start(kist, bundle)
    many = [bind(data / "file", f"/many/{number}") for number in range(300)]
    low = ["prlimit", "--nofile=128:4096"]
    result = subprocess.run([*low, *kist.command("mounts", "add", container.id, file_of(kist, *many))],
                            capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert len([point for point in points(container) if point.startswith("/many/")]) == 300
