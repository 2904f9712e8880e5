# SPDX-License-Identifier: LGPL-2.1-or-later
"""`kist mounts`: more and fewer mounts in a container that runs, and in one that fights it."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness import HostPicture, assert_unchanged, parse_mounts, wait_until
from test_exec import report, start
from test_hostile_races import swap, swapping, work  # noqa: F401: fixtures
from test_hostile_rootfs import SANITIZED, make_marker, marker, picture_of  # noqa: F401: fixtures
from test_idmapped_mounts import owners
from test_user_namespaces import (  # noqa: F401: fixture
    FIRST, SIZE, USER, contained, mapping, own_user_namespace, rootless)

numbers = itertools.count()


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
    assert result.err.startswith(f"kist: mounts {action}: {path}: "), result
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


def test_what_the_host_mounts_later(container, data):
    """rslave follows the host; what is not asked to does not."""
    add(container, bind(data, "/private"), bind(data, "/slave", "rbind", "rslave"))
    found = {mount.point: mount.propagation for mount in table(container)}
    assert found["/private"] == []
    shared = any(mount.propagation for mount in parse_mounts(
        Path("/proc/self/mountinfo").read_text()) if str(data).startswith(mount.point))
    assert shared == bool(found["/slave"])


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
            text=r"mounts\[0\]: /missing: Read-only file system \(.*destination that is there\)")


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
    "size": (tmpfs("/a", "size=x"), r"size=x: Invalid argument \(tmpfs: Bad value for 'size'\)"),
    "below a file": (tmpfs("/etc/passwd/x"), "/etc/passwd/x: Not a directory"),
    "dangling": (tmpfs("/dangling/x"), "is a dangling symbolic link"),
    "itself": (tmpfs("/itself/x"), "Too many levels of symbolic links"),
    "magic": (tmpfs("/magic/x"), "/magic/x: Too many levels of symbolic links"),
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
    (work / "file").write_text("x")
    refuses(container, "add", mount("/one", "ext4", work / "file"), text="/one: ")
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
    from harness import has_cgroup_v1
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
    "mask": ("/proc/kcore", r"must stay mounted, because of linux.maskedPaths\[0\], /proc/kcore"),
    "above a mask": ("/proc", r"/proc: must stay mounted, because of linux.maskedPaths\[0\]"),
    "read-only path": ("/proc/sys", "must stay mounted, because of linux.readonlyPaths"),
    "masked file": ("/mask", r"must stay mounted, because of linux.maskedPaths"),
    "link to a mask": ("/to-mask", "/to-mask: must not be, or lead through, a symbolic link"),
    "link to a mount": ("/to-shm", "/to-shm: must not be, or lead through, a symbolic link"),
    "through a link": ("/to-dev/shm", "/to-dev/shm: must not be, or lead through, a symbolic"),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_must_stay(kist, bundle, name):
    for link, to in {"to-mask": "/proc/kcore", "to-shm": "dev/shm", "to-dev": "dev",
                     "to-masked": "mask"}.items():
        (bundle.rootfs / link).symlink_to(to)
    (bundle.rootfs / "mask").write_text("secret")
    bundle.linux["maskedPaths"].append("/to-masked")
    destination, text = KEPT[name]
    refuses(start(kist, bundle), "remove", {"destination": "/dev/shm"},
            {"destination": destination}, text=text.replace("[0]: /:", "[1]: /:").replace(
                r"mounts\[0\]", r"mounts\[1\]"))


def test_a_mount_that_is_in_use(container, data):
    add(container, tmpfs("/new"))
    container.kist.ok("exec", "--detach", container.id, "sh", "-c", "cd /new && exec sleep 1000")
    remove(container, "/new")
    assert "/new" not in points(container)


# What can be seen of it in the container


def test_nothing_of_the_host_is_in_sight(kist, bundle, data):
    """Neither the process that mounts nor what it holds: it is in no pid namespace but the caller's."""
    bundle.args = ["sh", "-c", "while :; do ls -d /proc/[0-9]*; done"]
    bundle.process["capabilities"]["bounding"].append("CAP_SYS_PTRACE")
    container = kist.start(bundle)
    for _ in range(20):
        add(container, bind(data, "/new"))
        remove(container, "/new")
    assert {line for line in container.out.read_text().split() if line} >= {"/proc/1"}
    seen = set(container.out.read_text().split())
    assert all(int(path[6:]) == 1 or path for path in seen)
    container.kill("KILL")
