# SPDX-License-Identifier: LGPL-2.1-or-later
"""config-linux.md, Rootfs Mount Propagation; and what the host sees of mounts: nothing.

The host here is a mount namespace in which everything is shared, as systemd leaves it, with the
image and a volume on shared mounts of their own. The kernel tells whoever polls its mountinfo of
every mount, unmount and change there (proc_pid_mounts(5)).
"""

import errno
import subprocess
from pathlib import Path

import pytest

from harness import parse_mounts, without_system_call
from harness.shared_host import kinds
from harness.terminal import ConsoleSocket
from harness.users import USER, as_user, mapping, own_user_namespace


def peers(mount):
    return {word for word in mount.propagation if word.startswith("shared:")}


def test_the_host_tells(host, kist, work):
    """What the tests below rest on."""
    assert not host.has_changed()
    subprocess.run([*kist.prefix, "mount", "--bind", work, work / "volume/sub"], check=True)
    assert host.has_changed() and not host.has_changed()
    subprocess.run([*kist.prefix, "umount", work / "volume/sub"], check=True)
    assert host.has_changed()


# rootfsPropagation

ROOT = {
    None: set(),
    "private": set(),
    "slave": {"master"},
    "shared": {"shared"},
    "unbindable": {"unbindable"},
}


@pytest.mark.parametrize("prefix", ["", "r"])
@pytest.mark.parametrize("value", [value for value in ROOT if value])
def test_root(kist, bundle, host, prefix, value):
    """As asked, and never in a peer group of the host."""
    bundle.linux["rootfsPropagation"] = prefix + value
    report = kist.report(bundle)
    assert kinds(report.mount("/")) == ROOT[value]
    groups = {group for mount in parse_mounts(host.text()) for group in peers(mount)}
    for mount in report.mounts:
        assert not peers(mount) & groups, mount
    assert not host.has_changed()


@pytest.mark.parametrize("value", ["rshared", "rslave", "rprivate", "runbindable"])
def test_mounts_below_the_root(kist, bundle, host, value):
    """The r is for what the image has mounted, too."""
    bundle.linux["rootfsPropagation"] = value
    assert kinds(kist.report(bundle).mount("/home")) == ROOT[value[1:]]


def test_root_by_default(kist, bundle, host):
    assert kinds(kist.report(bundle).mount("/")) == set()


@pytest.mark.parametrize("value, arrives", [("slave", True), ("rslave", True), ("private", False),
                                            ("shared", False), ("unbindable", False)])
def test_what_the_host_mounts_later(kist, bundle, host, value, arrives):
    """A slave follows the host; the host follows nobody."""
    bundle.linux["rootfsPropagation"] = value
    container = kist.start(bundle.probe("wait"))
    container.wait_for_output("ready")
    assert not host.has_changed()
    subprocess.run([*kist.prefix, "mount", "-t", "tmpfs", "later", bundle.rootfs / "home/later"],
                   check=True)
    inside = parse_mounts(Path(f"/proc/{container.pid}/mountinfo").read_text())
    found = [mount.point for mount in inside if mount.source == "later"]
    assert found == (["/home/later"] if arrives else [])


@pytest.mark.parametrize("value", ["shared", "slave", "private", "unbindable"])
def test_what_the_container_mounts_later(kist, bundle, host, value):
    bundle.linux["rootfsPropagation"] = value
    bundle.process["capabilities"] = {
        kind: ["CAP_SYS_ADMIN"] for kind in ("bounding", "effective", "permitted")}
    bundle.args = ["/bin/sh", "-c", "mount -t tmpfs x /mnt && mount -t tmpfs x /home/later"]
    (bundle.rootfs / "mnt").mkdir()
    result = kist.run(bundle)
    assert (result.code, result.err) == (0, "")
    assert not host.has_changed()


# Nothing is seen


def plain(kist, bundle, work):
    return []


def read_only(kist, bundle, work):
    bundle.config["root"]["readonly"] = True
    return []


def without_pivot(kist, bundle, work):
    return ["--no-pivot"]


def cgroup(kist, bundle, work):
    bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro", "nosuid"])
    return []


def many_masks(kist, bundle, work):
    for name in ("a", "b"):
        (bundle.rootfs / name).mkdir()
    bundle.linux["maskedPaths"] += ["/a", "/home", "/etc/passwd"]
    bundle.linux["readonlyPaths"] += ["/b", "/bin"]
    return []


def device_in_the_image(kist, bundle, work):
    bundle.linux["devices"] = [{"path": "/home/later/node", "type": "c", "major": 1, "minor": 3}]
    return []


def remounted(kist, bundle, work):
    bundle.mount("/home", "none", None, ["remount", "ro"])
    return []


def mounts_on_the_image(kist, bundle, work):
    bundle.mount("/home/later", "x", "tmpfs").mount("/made/here", "x", "tmpfs", ["rshared"])
    return []


def in_user_namespace(kist, bundle, work):
    own_user_namespace(bundle)
    return []


def rootless(kist, bundle, work):
    before = kist.prefix
    own_user_namespace(bundle, [mapping(0, USER, 1)])
    for mount in bundle.config["mounts"]:
        if mount["type"] == "devpts":
            mount["options"].remove("gid=5")
    as_user(kist, bundle, *before)
    return []


KINDS = [plain, read_only, without_pivot, cgroup, many_masks, device_in_the_image,
         remounted, mounts_on_the_image, in_user_namespace, rootless]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("value", ["private", "slave", "shared"])
def test_the_host_sees_nothing(kist, bundle, host, work, kind, value):
    """Of create, of run, and of the end of either."""
    before = host.text()
    flags = kind(kist, bundle, work)
    bundle.linux["rootfsPropagation"] = value
    container = kist.start(bundle.probe("wait"), *flags)
    container.wait_for_output("ready")
    assert not host.has_changed(), "by create or start"
    container.kill("KILL")
    container.wait()
    container.delete()
    result = kist.run(bundle.probe("exit", 0), *flags)
    assert (result.code, result.err) == (0, "")
    assert not host.has_changed(), "by run, or by the end of a container"
    assert host.text() == before


@pytest.mark.parametrize("value", ["private", "slave", "shared"])
def test_the_host_sees_no_overlay(kist, bundle, host, value):
    before = host.text()
    bundle.linux["rootfsPropagation"] = value
    result = kist.run(bundle.probe("exit", 0), "--ephemeral")
    assert (result.code, result.err) == (0, "")
    assert not host.has_changed()
    assert host.text() == before


BINDS = ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable",
         "runbindable", None]


@pytest.mark.parametrize("option", BINDS)
def test_binds(kist, bundle, host, work, option):
    """Of a shared mount: as asked, but never in the host's peer group. One that is shared follows
    the host, and makes a group of its own for what is mounted in the container."""
    bundle.bind(work / "volume", "/data", "rbind", *([option] if option else []))
    mount = kist.report(bundle).mount("/data")
    shared = "shared" in (option or "")
    assert kinds(mount) == ({"master", "shared"} if shared else ROOT[option and option.lstrip("r")])
    assert not peers(mount) & peers(host.mount(work / "volume"))
    assert not host.has_changed()


def busy(bundle, *commands):
    """The program may mount, and does this first."""
    bundle.process["capabilities"] = {
        kind: ["CAP_SYS_ADMIN"] for kind in ("bounding", "effective", "permitted")}
    bundle.args = ["/bin/sh", "-c", " && ".join([*commands, "echo ready && exec /probe wait"])]
    return bundle


@pytest.mark.parametrize("option", ["shared", "rshared"])
@pytest.mark.parametrize("value", ["shared", "rshared"])
def test_binds_that_the_host_sees_into(kist, bundle, host, work, option, value):
    """Of a root that is shared, too, and only there."""
    bundle.linux["rootfsPropagation"] = value
    bundle.bind(work / "volume", "/data", "rbind", option)
    mount = kist.report(bundle).mount("/data")
    assert peers(mount) == peers(host.mount(work / "volume"))
    assert not host.has_changed()


@pytest.fixture
def deep_volume(kist, host, work):
    """A shared mount below the volume, one that is private, and one that is covered."""
    subprocess.run([*kist.prefix, "sh", "-ec", """
        mount -t tmpfs below "$0/sub"; mkdir "$0/sub/deep" "$0/sub/later"
        mount -t tmpfs own "$0/later"; mount --make-private "$0/later"; mkdir "$0/later/x"
        mkdir "$0/a b"; mount -t tmpfs covered "$0/a b"; mount -t tmpfs over "$0/a b"
        mount -t tmpfs deeper "$0/sub/deep"; mkdir "$0/sub/deep/later"
        """, work / "volume"], check=True)
    host.has_changed()
    return work / "volume"


def test_mounts_below_a_bind_that_the_host_sees_into(kist, bundle, host, deep_volume):
    bundle.linux["rootfsPropagation"] = "rshared"
    bundle.bind(deep_volume, "/data", "rbind", "rshared").bind(deep_volume, "/top", "bind", "shared")
    report = kist.report(bundle)
    for below in ("", "/sub", "/sub/deep", "/a\\040b"):
        point = f"{deep_volume}{below}"
        assert peers(report.mount(f"/data{below}")) == peers(host.mount(point)), below
    assert kinds(report.mount("/data/later")) == {"shared"}
    assert peers(report.mount("/top")) == peers(host.mount(deep_volume))
    assert not host.has_changed()


@pytest.mark.parametrize("what", ["mount", "masked", "readonly", "bind", "remount"])
@pytest.mark.parametrize("where", ["", "/sub"])
@pytest.mark.parametrize("separate", [False, True], ids=["", "userns"])
def test_work_on_a_bind_that_the_host_sees_into(
        kist, bundle, host, deep_volume, what, where, separate):
    """It is kist's alone; what the program mounts there, the host sees, and the other way round."""
    bundle.linux["rootfsPropagation"] = "rshared"
    if separate:
        (bundle.rootfs / "data").mkdir()
        own_user_namespace(bundle)
    place = f"/data{where}"
    bundle.bind(deep_volume, "/data", "rbind", "rshared")
    subprocess.run([*kist.prefix, "sh", "-ec", f"""
        cd {deep_volume}{where}; mkdir -p seen host kist"""], check=True)
    if what == "mount":
        bundle.mount(f"{place}/kist", "x", "tmpfs")
    elif what == "bind":
        bundle.bind(bundle.rootfs / "tmp", f"{place}/kist", "rbind", "rshared")
    elif what == "remount":
        bundle.mount(place, "none", None, ["remount", "nodev", "bind"])
    else:
        bundle.linux[f"{what}Paths"].append(f"{place}/kist")
    before = host.text()
    busy(bundle, f"mount -t tmpfs program '{place}/seen'")
    container = kist.create(bundle)
    assert not host.has_changed() and host.text() == before
    container.start()
    container.wait_for_output("ready")
    assert host.mount(f"{deep_volume}{where}/seen").source == "program"
    subprocess.run([*kist.prefix, "mount", "-t", "tmpfs", "host", f"{deep_volume}{where}/host"],
                   check=True)
    inside = parse_mounts(Path(f"/proc/{container.pid}/mountinfo").read_text())
    assert [mount.point for mount in inside if mount.source == "host"] == [f"{place}/host"]
    subprocess.run([*kist.prefix, "umount", f"{deep_volume}{where}/seen",
                    f"{deep_volume}{where}/host"], check=True)
    assert host.text() == before
    host.has_changed()
    container.delete("--force")
    assert not host.has_changed()


@pytest.mark.parametrize("option", BINDS)
@pytest.mark.parametrize("value", ["private", "rshared"])
@pytest.mark.parametrize("what", ["mount", "masked", "readonly"])
def test_mounts_on_a_bind(kist, bundle, host, work, option, what, value):
    """What kist mounts on it is the container's alone, and possible on an unbindable one."""
    bundle.linux["rootfsPropagation"] = value
    bundle.bind(work / "volume", "/data", "rbind", *([option] if option else []))
    if what == "mount":
        bundle.mount("/data/sub", "x", "tmpfs")
    else:
        bundle.linux[f"{what}Paths"].append("/data/later")
    before = host.text()
    assert "/data" in [mount.point for mount in kist.report(bundle).mounts]
    assert not host.has_changed() and host.text() == before


def test_a_kernel_that_puts_nothing_into_a_group(kist, bundle, host, work):
    """Before Linux 5.15 the bind is the host's peer while kist works on it, too: better than never.

    429 is move_mount(2), whose argument 4 has MOVE_MOUNT_SET_GROUP."""
    bundle.linux["rootfsPropagation"] = "rshared"
    bundle.bind(work / "volume", "/data", "rbind", "rshared")
    kist.prefix += without_system_call(429, errno.EINVAL, 4, 0x100)
    assert peers(kist.report(bundle).mount("/data")) == peers(host.mount(work / "volume"))
    bundle.mount("/data/sub", "x", "tmpfs")
    assert kist.report(bundle).mount("/data/sub").type == "tmpfs"
    assert host.has_changed(), "else there is no need for the old way"


def test_a_covered_bind_that_the_host_sees_into(kist, bundle, host, work):
    """Another mount on the same place is in the way of nobody."""
    bundle.linux["rootfsPropagation"] = "rshared"
    bundle.bind(work / "volume", "/data", "rbind", "rshared").mount("/data", "over", "tmpfs")
    assert kist.report(bundle).mount("/data").source == "over"
    assert not host.has_changed()


def test_terminal(kist, bundle, host, work):
    bundle.process["terminal"] = True
    console = ConsoleSocket(work / "console")
    container = kist.create(bundle.probe("exit", 0), "--console-socket", console.path)
    container.delete("--force")
    assert not host.has_changed()


def fails_in_mounts(bundle):
    bundle.mount("/home/later", "x", "tmpfs").mount("/data", "x", "tmpfs", ["size=x"])


def fails_in_masks(bundle):
    (bundle.rootfs / "loop").symlink_to("loop")
    bundle.linux["maskedPaths"].append("/loop")


def fails_in_cwd(bundle):
    bundle.process["cwd"] = "/etc/passwd"


@pytest.mark.parametrize("stage", [fails_in_mounts, fails_in_masks, fails_in_cwd],
                         ids=lambda stage: stage.__name__.removeprefix("fails_in_"))
@pytest.mark.parametrize("value", ["slave", "shared"])
def test_failures(kist, bundle, host, stage, value):
    bundle.linux["rootfsPropagation"] = value
    stage(bundle)
    kist.refuses(bundle, None, command="create")
    assert not host.has_changed()


def test_devices_of_a_user_namespace(kist, bundle, host):
    """They are the host's own, bound: no peers of its /dev, over which the container could mount."""
    own_user_namespace(bundle)
    report = kist.report(bundle)
    assert report.mount("/dev/null") and host.mount("/dev").propagation
    assert all(not mount.propagation for mount in report.mounts)
    assert not host.has_changed()
