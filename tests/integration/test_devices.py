# SPDX-License-Identifier: LGPL-2.1-or-later
"""config-linux.md, Devices, Default Devices, Dev symbolic links; and the allowed device list."""

import os

import pytest

from harness.users import own_user_namespace, rootless

DEFAULT = {
    "null": [1, 3],
    "zero": [1, 5],
    "full": [1, 7],
    "random": [1, 8],
    "urandom": [1, 9],
    "tty": [5, 0],
}
LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}


def test_default_devices(kist, bundle):
    devices = kist.report(bundle)["dev"]
    for name, rdev in DEFAULT.items():
        assert devices[name]["type"] == "char"
        assert devices[name]["rdev"] == rdev
        assert devices[name]["mode"] == 0o666
        assert (devices[name]["uid"], devices[name]["gid"]) == (0, 0)
    for name, target in LINKS.items():
        assert devices[name]["type"] == "link"
        assert devices[name]["target"].removeprefix("/dev/") == target


def test_default_devices_work(kist, bundle):
    result = kist.runs(bundle.probe("open", *(f"/dev/{name}" for name in [*DEFAULT, "ptmx"])))
    errors = result.json
    assert errors.pop("/dev/tty") == 6, "ENXIO: there is no controlling terminal"
    assert set(errors.values()) == {0}


def test_default_devices_without_a_dev_mount(kist, bundle):
    bundle.unmount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    devices = kist.report(bundle)["dev"]
    for name, rdev in DEFAULT.items():
        assert devices[name]["rdev"] == rdev


def test_devices_that_are_there_already(kist, bundle):
    """A second run on the same root finds the nodes of the first."""
    bundle.unmount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    kist.report(bundle)
    assert kist.report(bundle)["dev"]["null"]["rdev"] == [1, 3]


def test_device_that_is_something_else(kist, bundle):
    """config-linux.md: an error if something else is already there."""
    bundle.unmount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    bundle.linux["devices"] = [{"type": "c", "path": "/etc/passwd", "major": 1, "minor": 3}]
    kist.refuses(bundle, "/etc/passwd", command="create")


def test_devices(kist, bundle):
    bundle.linux["devices"] = [
        {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 0o640, "gid": 7},
        {"path": "/dev/deep/er/sda", "type": "b", "major": 8, "minor": 0, "uid": 5},
        {"path": "/outside/fifo", "type": "p", "fileMode": 0o600, "uid": 1, "gid": 2},
        {"path": "/dev/unbuffered", "type": "u", "major": 1, "minor": 5},
    ]
    report = kist.report(bundle, "/dev/deep/er/sda", "/outside/fifo")
    fuse, unbuffered = report["dev"]["fuse"], report["dev"]["unbuffered"]
    assert (fuse["type"], fuse["rdev"], fuse["mode"], fuse["gid"]) == (
        "char",
        [10, 229],
        0o640,
        7,
    )
    assert (unbuffered["type"], unbuffered["rdev"]) == ("char", [1, 5])
    disk = report.path("/dev/deep/er/sda")
    assert (disk["type"], disk["rdev"], disk["uid"]) == ("block", [8, 0], 5)
    fifo = report.path("/outside/fifo")
    assert (fifo["type"], fifo["mode"], fifo["uid"], fifo["gid"]) == ("fifo", 0o600, 1, 2)


def test_device_that_replaces_a_default_one(kist, bundle):
    bundle.linux["devices"] = [
        {"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o600}
    ]
    assert kist.report(bundle)["dev"]["null"]["mode"] == 0o600


def test_read_only_dev(kist, bundle):
    """The nodes are made before it becomes read-only."""
    bundle.config["mounts"][1]["options"].append("ro")
    report = kist.report(bundle, "/dev", "/dev/null")
    assert report.path("/dev")["write"] == 30
    assert report.path("/dev/null")["write"] == 0
    assert set(report["dev"]) >= set(DEFAULT) | set(LINKS)


# The allowed device list

KMSG = {"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11}


def allowed(kist, bundle, rules, *names):
    bundle.linux["devices"] = [
        KMSG,
        {"path": "/dev/mem", "type": "c", "major": 1, "minor": 1},
        {"path": "/dev/zero2", "type": "c", "major": 1, "minor": 5},
    ]
    bundle.linux["resources"]["devices"] = rules
    bundle.process["capabilities"] = {
        kind: ["CAP_SYSLOG", "CAP_SYS_RAWIO", "CAP_DAC_OVERRIDE"]
        for kind in ("bounding", "effective", "permitted")
    }
    return kist.runs(bundle.probe("open", *names)).json


EPERM = 1


def test_everything_else_is_denied(kist, bundle):
    deny = [{"allow": False, "access": "rwm"}]
    assert allowed(kist, bundle, deny, "/dev/kmsg", "/dev/mem", "/dev/null", "/dev/zero2") == {
        "/dev/kmsg": EPERM,
        "/dev/mem": EPERM,
        "/dev/null": 0,
        "/dev/zero2": 0,
    }


def test_rules_in_their_order(kist, bundle):
    rules = [
        {"allow": False, "access": "rwm"},
        {"allow": True, "type": "c", "major": 1, "access": "rw"},
        {"allow": False, "type": "c", "major": 1, "minor": 1, "access": "rwm"},
    ]
    result = allowed(kist, bundle, rules, "/dev/kmsg", "/dev/mem")
    assert result["/dev/mem"] == EPERM
    assert result["/dev/kmsg"] == 0


def test_rule_with_less_access(kist, bundle):
    rules = [
        {"allow": False, "access": "rwm"},
        {"allow": True, "type": "c", "major": 1, "minor": 11, "access": "r"},
    ]
    assert allowed(kist, bundle, rules, "/dev/kmsg") == {"/dev/kmsg": EPERM}, "read and write"


def test_rules_on_the_host(kist, bundle):
    from harness import has_cgroup_v1

    if not has_cgroup_v1():
        pytest.skip("a file of cgroup v1")
    bundle.linux["resources"]["devices"].append(
        {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rw"}
    )
    container = kist.create(bundle)
    lines = (container.cgroup("devices") / "devices.list").read_text().splitlines()
    assert "a *:* rwm" not in lines
    assert "c 10:229 rw" in lines and "c 1:3 rwm" in lines


def test_host_nodes_are_untouched(kist, bundle):
    before = {name: os.stat(f"/dev/{name}") for name in DEFAULT}
    kist.report(bundle)
    for name, status in before.items():
        after = os.stat(f"/dev/{name}")
        assert (status.st_mode, status.st_uid, status.st_ino) == (
            after.st_mode,
            after.st_uid,
            after.st_ino,
        )


@pytest.mark.parametrize("path", ["/", "/dev/..", "/dev/../../etc/x"])
def test_paths_that_are_no_place(kist, bundle, path):
    bundle.linux["devices"] = [{"path": path, "type": "c", "major": 1, "minor": 3}]
    bundle.write()
    for command in ("plan", "run"):
        flags = ["--bundle", bundle.path] + ([kist.new_id()] if command == "run" else [])
        kist.fails(command, *flags, text=r"config\.json: linux\.devices\[0\]\.path: ")


# With a user namespace

NULL = {"path": "/dev/null", "type": "c", "major": 1, "minor": 3}


def test_devices_in_a_user_namespace(kist, bundle):
    """As asked for, wherever the host has them: mknod(2) is not for the root in there, but kist's."""
    own_user_namespace(bundle)
    bundle.linux["devices"] = [
        NULL | {"fileMode": 0o600, "uid": 5, "gid": 6},
        {"path": "/etc/mydev", "type": "c", "major": 1, "minor": 5},
        {"path": "/dev/deep/er/sda", "type": "b", "major": 8, "minor": 0, "fileMode": 0o640},
        {"path": "/dev/fifo", "type": "p", "fileMode": 0o620, "uid": 1, "gid": 2},
    ]
    (bundle.rootfs / "etc/mydev").touch()
    report = kist.report(bundle, "/dev/null", "/etc/mydev", "/dev/deep/er/sda", "/dev/fifo",
                         "/dev/full")
    for path, *expected in [
        ("/dev/null", "char", [1, 3], 0o600, 5, 6),
        ("/etc/mydev", "char", [1, 5], 0o666, 0, 0),
        ("/dev/deep/er/sda", "block", [8, 0], 0o640, 0, 0),
        ("/dev/full", "char", [1, 7], 0o666, 0, 0),
    ]:
        status = report.path(path)["follow"]
        assert [status[key] for key in ("type", "rdev", "mode", "uid", "gid")] == expected, path
        assert {"nosuid", "noexec"} <= report.mount(path).options
    fifo = report.path("/dev/fifo")
    assert (fifo["type"], fifo["mode"], fifo["uid"], fifo["gid"]) == ("fifo", 0o620, 1, 2)
    assert sorted(report["descriptors"]) == ["0", "1", "2"]


def test_they_can_be_opened(kist, bundle):
    own_user_namespace(bundle)
    result = kist.runs(bundle.probe("open", *(f"/dev/{name}" for name in [*DEFAULT, "ptmx"])))
    errors = result.json
    assert errors.pop("/dev/tty") == 6
    assert set(errors.values()) == {0}


def test_owners_that_are_not_mapped(kist, bundle):
    own_user_namespace(bundle)
    for name in "uid", "gid":
        bundle.linux["devices"] = [NULL | {name: 70000}]
        kist.refuses(bundle, rf"linux\.devices\[0\]: {name}: 70000 is not mapped by linux.{name}Mapp")
    # Nobody asked for the owner of the others.
    bundle.linux["devices"] = [NULL]
    bundle.linux["uidMappings"] = bundle.linux["gidMappings"] = [
        {"containerID": 1000, "hostID": 1_000_000, "size": 10}]
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    for mount in bundle.config["mounts"]:
        if mount["type"] == "devpts":
            mount["options"].remove("gid=5")
    report = kist.report(bundle)
    assert [report["dev"]["null"][key] for key in ("rdev", "mode", "uid")] == [[1, 3], 0o666, 65534]


@pytest.mark.parametrize("caller", ["root", "rootless"])
@pytest.mark.parametrize("path", ["/dev/full", "/etc/thing"])
def test_something_else_in_a_user_namespace(kist, bundle, caller, path):
    """config-linux.md: an error if something else is already there. What kist mounts on, an empty
    file, it may have made itself."""
    rootless(kist, bundle) if caller == "rootless" else own_user_namespace(bundle)
    bundle.unmount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    there = bundle.rootfs / path[1:]
    if path == "/etc/thing":
        bundle.bind("/dev/null", "/null")
        bundle.linux["devices"] = [NULL | {"path": "/dev/full", "minor": 7}]
        there = bundle.rootfs / "dev/full"
    there.write_text("something")
    os.chmod(bundle.rootfs / "dev", 0o777)
    (bundle.rootfs / "null").touch()
    kist.refuses(bundle, "/dev/full: exists and is not the character device 1:7")
    there.write_text("")
    for name in DEFAULT:
        (bundle.rootfs / "dev" / name).touch()
    (bundle.rootfs / "dev/ptmx").symlink_to("pts/ptmx")
    for name, target in LINKS.items():
        if name != "ptmx":
            (bundle.rootfs / "dev" / name).symlink_to(target)
    assert kist.report(bundle)["dev"]["full"]["rdev"] == [1, 7]


@pytest.mark.parametrize("asked, text", [
    ({"fileMode": 0o600}, r"fileMode: 0600: cannot be given to the host's own /dev/null, which is bound"),
    ({"uid": 0}, r"uid: 0: cannot be given to the host's own /dev/null, which is bound"),
    ({"gid": 0}, r"gid: 0: cannot be given to the host's own /dev/null, which is bound"),
])
def test_what_a_bound_device_cannot_have(kist, bundle, asked, text):
    """Who makes no devices binds the host's."""
    rootless(kist, bundle)
    bundle.linux["devices"] = [NULL | asked]
    bundle.write()
    for command in ("plan", "run"):
        flags = ["--bundle", bundle.path] + ([kist.new_id()] if command == "run" else [])
        kist.fails(command, *flags, text=r"linux\.devices\[0\]: " + text)


def test_what_a_bound_device_has_anyway(kist, bundle):
    """Engines tell what they have seen."""
    rootless(kist, bundle)
    bundle.linux["devices"] = [NULL | {"fileMode": 0o20666, "uid": 65534, "gid": 65534}]
    null = kist.report(bundle)["dev"]["null"]
    assert (null["mode"], null["uid"], null["gid"]) == (0o666, 65534, 65534)
