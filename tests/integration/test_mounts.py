# SPDX-License-Identifier: LGPL-2.1-or-later
"""config.md, Root and Mounts."""

import os
import re
import subprocess

import pytest

from harness import parse_mounts
from harness.users import FIRST, own_user_namespace

READ_ONLY = 30  # EROFS


def test_default_mounts(kist, bundle):
    report = kist.report(bundle)
    assert {mount.point: mount.type for mount in report.mounts if mount.point != "/"}.items() >= {
        "/proc": "proc",
        "/dev": "tmpfs",
        "/dev/pts": "devpts",
        "/dev/shm": "tmpfs",
        "/dev/mqueue": "mqueue",
        "/sys": "sysfs",
    }.items()
    assert report.mount("/sys").options >= {"ro", "nosuid", "noexec", "nodev"}
    assert report.mount("/dev").options >= {"rw", "nosuid"}
    assert "noexec" not in report.mount("/dev").options
    assert report.mount("/dev").superblock >= {"size=65536k", "mode=755"}
    assert report.mount("/dev/pts").superblock >= {"gid=5", "mode=620", "ptmxmode=666"}
    assert report.mount("/dev/shm").superblock >= {"size=65536k"}


def test_nothing_of_the_host_is_mounted(kist, bundle):
    report = kist.report(bundle)
    points = [mount.point for mount in report.mounts]
    masks = set(bundle.linux["maskedPaths"]) | set(bundle.linux["readonlyPaths"])
    given = {mount["destination"] for mount in bundle.config["mounts"]}
    assert set(points) <= given | masks | {"/"}
    roots = [mount for mount in report.mounts if mount.point == "/"]
    assert len(roots) == 1, "the old root is gone"


def test_root_is_the_rootfs(kist, bundle):
    report = kist.report(bundle)
    status = bundle.rootfs.stat()
    assert report["root"]["ino"] == status.st_ino and report["root"]["dev"] == status.st_dev


def test_root_writable(kist, bundle):
    assert kist.report(bundle, "/", "/etc").path("/")["write"] == 0


def test_root_readonly(kist, bundle):
    bundle.config["root"]["readonly"] = True
    report = kist.report(bundle, "/", "/etc/passwd", "/dev", "/dev/shm")
    assert report.path("/")["write"] == READ_ONLY
    assert report.path("/etc/passwd")["write"] == READ_ONLY
    assert report.path("/dev/shm")["write"] == 0, "mounts below it are not"
    assert "ro" in report.mount("/").options
    assert set(report["dev"]) >= {"null", "zero", "fd", "ptmx"}


def test_readonly_root_that_misses_mount_points(kist, bundle):
    bundle.config["root"]["readonly"] = True
    bundle.mount("/made/up/here", "tmpfs", "tmpfs")
    assert kist.report(bundle).mount("/made/up/here").type == "tmpfs"


def test_root_that_is_absolute(kist, bundle):
    bundle.config["root"]["path"] = str(bundle.rootfs)
    assert kist.report(bundle)["root"]["ino"] == bundle.rootfs.stat().st_ino


def test_root_with_mounts_below(kist, bundle, elsewhere):
    """What is mounted below root.path on the host is there in the container."""
    host = elsewhere(
        "--mount", setup=f"mount -t tmpfs below {bundle.rootfs}/tmp; touch {bundle.rootfs}/tmp/x"
    )
    kist.prefix = host.enter("--mount")
    report = kist.report(bundle, "/tmp/x")
    assert report.mount("/tmp").source == "below"
    assert report.path("/tmp/x")["type"] == "file"


@pytest.mark.parametrize("value", ["private", "slave", "shared", "unbindable", None])
def test_rootfs_propagation(kist, bundle, value):
    if value:
        bundle.linux["rootfsPropagation"] = value
    propagation = kist.report(bundle).mount("/").propagation
    kinds = {word.split(":")[0] for word in propagation}
    # A slave of nothing is private; the host's root need not be shared.
    expected = {"shared": {"shared"}, "unbindable": {"unbindable"}}.get(value, set())
    assert kinds - {"master"} == expected


# Binds


def test_bind_directory_and_file(kist, bundle, work):
    (work / "directory").mkdir()
    (work / "directory/file").write_text("in the directory")
    (work / "file").write_text("the file")
    bundle.bind(work / "directory", "/made/for/directory").bind(work / "file", "/made/for/file")
    report = kist.report(bundle, "/made/for/directory/file", "/made/for/file")
    assert report.path("/made/for/directory/file")["text"] == "in the directory"
    assert report.path("/made/for/file")["text"] == "the file"
    assert report.path("/made/for/file")["ino"] == (work / "file").stat().st_ino


def test_bind_relative_to_the_bundle(kist, bundle):
    (bundle.path / "data").write_text("beside config.json")
    bundle.bind("data", "/data")
    assert kist.report(bundle, "/data").path("/data")["text"] == "beside config.json"


def test_bind_missing_source(kist, bundle, work):
    bundle.bind(work / "missing", "/data")
    result = kist.refuses(bundle, r"mounts\[6\].*No such file or directory", command="create")
    assert str(work / "missing") in result.err


@pytest.mark.parametrize(
    "options, present, absent",
    [
        (["bind"], set(), {"ro", "nosuid", "nodev", "noexec"}),
        (["bind", "ro"], {"ro"}, {"nosuid"}),
        (["bind", "ro", "rw"], {"rw"}, {"ro"}),
        (["bind", "nosuid", "nodev", "noexec"], {"nosuid", "nodev", "noexec", "rw"}, {"ro"}),
        (["bind", "noatime"], {"noatime"}, {"relatime"}),
        (["bind", "nodiratime", "relatime"], {"nodiratime", "relatime"}, {"noatime"}),
        (["bind", "strictatime"], set(), {"noatime", "relatime"}),
        (["bind", "nosymfollow"], {"nosymfollow"}, set()),
        (["bind", "noexec", "exec"], set(), {"noexec"}),
        (["rbind", "rro"], {"ro"}, set()),
        (["rbind", "rro", "rw"], {"rw"}, {"ro"}),
        (["rbind", "rw", "rro"], {"ro"}, {"rw"}),
        (["rbind", "noatime", "rrelatime"], {"relatime"}, {"noatime"}),
        (["rbind", "rnosuid", "rnodev", "rnoexec"], {"nosuid", "nodev", "noexec"}, set()),
    ],
    ids=lambda value: ",".join(sorted(value)) if isinstance(value, list) else "",
)
def test_bind_options(kist, bundle, work, options, present, absent):
    (work / "directory").mkdir()
    bundle.bind(work / "directory", "/data", *options)
    found = kist.report(bundle).mount("/data").options
    assert found >= present and not found & absent


def test_bind_readonly_is_readonly(kist, bundle, work):
    (work / "directory").mkdir()
    bundle.bind(work / "directory", "/data", "bind", "ro")
    assert kist.report(bundle, "/data").path("/data")["write"] == READ_ONLY
    assert not os.listdir(work / "directory")


def nested(work, elsewhere):
    (work / "tree/below").mkdir(parents=True)
    return elsewhere("--mount", setup=f"mount -t tmpfs nested {work}/tree/below")


def test_bind_is_not_recursive(kist, bundle, work, elsewhere):
    kist.prefix = nested(work, elsewhere).enter("--mount")
    bundle.bind(work / "tree", "/data", "bind")
    assert "/data/below" not in [mount.point for mount in kist.report(bundle).mounts]


@pytest.mark.parametrize("option, below", [("ro", {"rw"}), ("rro", {"ro"})])
def test_rbind(kist, bundle, work, elsewhere, option, below):
    """ro is for the mount alone, rro for all below."""
    kist.prefix = nested(work, elsewhere).enter("--mount")
    bundle.bind(work / "tree", "/data", "rbind", option)
    report = kist.report(bundle)
    assert "ro" in report.mount("/data").options
    assert report.mount("/data/below").options >= below
    assert report.mount("/data/below").source == "nested"


@pytest.mark.parametrize("options, top, below", [(["rro", "rw"], "rw", "ro"),
                                                 (["ro", "rrw"], "rw", "rw")])
def test_the_later_option_wins(kist, bundle, work, elsewhere, options, top, below):
    kist.prefix = nested(work, elsewhere).enter("--mount")
    bundle.bind(work / "tree", "/data", "rbind", *options)
    report = kist.report(bundle)
    assert top in report.mount("/data").options
    assert below in report.mount("/data/below").options


@pytest.mark.parametrize(
    "option, kind",
    [
        ("private", set()),
        ("rprivate", set()),
        ("shared", {"shared"}),
        ("rshared", {"shared"}),
        ("unbindable", {"unbindable"}),
    ],
)
def test_bind_propagation(kist, bundle, work, option, kind):
    (work / "directory").mkdir()
    bundle.bind(work / "directory", "/data", "rbind", option)
    propagation = kist.report(bundle).mount("/data").propagation
    assert {word.split(":")[0] for word in propagation} == kind


def test_propagation_from_the_host(kist, bundle, work, elsewhere):
    """rslave: what the host mounts later arrives; nothing goes the other way."""
    (work / "shared").mkdir()
    host = elsewhere(
        "--mount",
        "--propagation=shared",
        setup=f"mount -t tmpfs shared {work}/shared; mount --make-rshared {work}/shared; "
        f"mkdir {work}/shared/a {work}/shared/b",
    )
    kist.prefix = host.enter("--mount")
    bundle.bind(work / "shared", "/data", "rbind", "rslave")
    container = kist.start(bundle.probe("wait"))
    container.wait_for_output("ready")
    subprocess.run([*kist.prefix, "mount", "-t", "tmpfs", "later", work / "shared/a"], check=True)
    mounts = open(f"/proc/{container.pid}/mountinfo").read()
    assert [mount.point for mount in parse_mounts(mounts) if mount.source == "later"] == ["/data/a"]


def test_relative_destination(kist, bundle):
    """config.md: relative to /."""
    bundle.mount("relative/place", "tmpfs", "tmpfs")
    assert kist.report(bundle).mount("/relative/place").type == "tmpfs"


def test_destination_is_cleaned(kist, bundle):
    bundle.mount("//tmp/../tmp/./x/", "tmpfs", "tmpfs")
    assert kist.report(bundle).mount("/tmp/x").type == "tmpfs"


def test_order(kist, bundle):
    """Listed order: the later one lies on the earlier one."""
    bundle.mount("/data", "first", "tmpfs").mount("/data/below", "second", "tmpfs")
    bundle.mount("/data", "third", "tmpfs")
    report = kist.report(bundle)
    assert report.mount("/data").source == "third"
    assert [mount.source for mount in report.mounts if mount.point == "/data"] == ["first", "third"]


def test_tmpfs_options(kist, bundle):
    options = ["nosuid", "nodev", "noexec", "mode=1770", "size=1m", "nr_inodes=50", "uid=5", "gid=6"]
    bundle.mount("/data", "tmpfs", "tmpfs", options)
    report = kist.report(bundle, "/data")
    mount = report.mount("/data")
    assert mount.options >= {"nosuid", "nodev", "noexec"}
    assert mount.superblock >= {"size=1024k", "nr_inodes=50"}
    status = report.path("/data")
    assert (status["mode"], status["uid"], status["gid"]) == (0o1770, 5, 6)


def test_tmpfs_takes_over_the_mode(kist, bundle):
    """A tmpfs over /tmp is as open as /tmp was."""
    bundle.mount("/tmp", "tmpfs", "tmpfs", ["nosuid"])
    assert kist.report(bundle, "/tmp").path("/tmp")["mode"] == 0o1777


@pytest.mark.parametrize("options", [[], ["ro", "nodev", "noexec", "mode=711", "uid=3"]])
def test_tmpcopyup(kist, bundle, options):
    """The copy is the container's own: what the image has stays as it is."""
    data = bundle.rootfs / "data"
    (data / "sub").mkdir(parents=True)
    (data / "sub/file").write_text("from the image")
    os.chown(data / "sub/file", 5, 6)
    os.chown(data, 7, 8)
    data.chmod(0o1775)
    bundle.mount("/data", "tmpfs", "tmpfs", ["tmpcopyup", *options])
    report = kist.report(bundle, "/data", "/data/sub", "/data/sub/file")
    assert report.mount("/data").type == "tmpfs"
    assert report.path("/data/sub/file")["text"] == "from the image"
    assert [report.path("/data/sub/file")[key] for key in ("uid", "gid")] == [5, 6]
    given = "mode=711" in options
    assert report.path("/data")["mode"] == (0o711 if given else 0o1775)
    assert [report.path("/data")[key] for key in ("uid", "gid")] == [3 if given else 7, 8]
    assert report.path("/data/sub")["write"] == (READ_ONLY if "ro" in options else 0)
    assert {"ro", "nodev", "noexec"} & report.mount("/data").options == {
        option for option in ("ro", "nodev", "noexec") if option in options
    }
    assert os.listdir(data / "sub") == ["file"]


def test_tmpcopyup_of_what_the_image_does_not_have(kist, bundle):
    bundle.mount("/data/new", "tmpfs", "tmpfs", ["tmpcopyup"])
    assert kist.report(bundle, "/data/new").path("/data/new")["list"] == {}


def test_tmpcopyup_that_does_not_fit(kist, bundle):
    (bundle.rootfs / "data").mkdir()
    (bundle.rootfs / "data/large").write_bytes(bytes(100000))
    bundle.mount("/data", "tmpfs", "tmpfs", ["tmpcopyup", "size=8k"])
    kist.refuses(bundle, r"mounts\[6\]: /data: tmpcopyup: large: copy: No space left on device")


def test_overlay(kist, bundle, work):
    for name in ("lower", "upper", "work"):
        (work / name).mkdir()
    (work / "lower/file").write_text("from below")
    data = [f"lowerdir={work}/lower", f"upperdir={work}/upper", f"workdir={work}/work"]
    bundle.mount("/data", "overlay", "overlay", data)
    report = kist.report(bundle, "/data/file")
    assert report.mount("/data").type == "overlay"
    assert report.path("/data/file")["text"] == "from below"


@pytest.mark.parametrize("in_one_string", [False, True])
def test_overlay_of_many_layers(kist, bundle, work, in_one_string):
    """More than fsconfig(2) takes at once, with all that must be escaped in a name."""
    names = [f"layer{i:040}" for i in range(10)] + ["a:b", "c,d", "e\\f"]
    for name in [*names, "upper", "work"]:
        (work / name).mkdir()
    for name in names:
        (work / name / "top").write_text(name)
        (work / name / name).write_text(name)
    escaped = [re.sub(r"([:,\\])", r"\\\1", name) for name in names]
    data = ["lowerdir=" + ":".join(f"{work}/{name}" for name in escaped),
            f"upperdir={work}/upper", f"workdir={work}/work"]
    assert len(data[0]) > 600
    bundle.mount("/data", "overlay", "overlay", [",".join(data)] if in_one_string else data)
    report = kist.report(bundle, "/data/top", *(f"/data/{name}" for name in names))
    assert report.path("/data/top")["text"] == names[0]
    for name in names:
        assert report.path(f"/data/{name}")["text"] == name


def test_options_in_one_string(kist, bundle):
    """The specification has them as one string, with commas."""
    bundle.mount("/data", "tmpfs", "tmpfs", ["nosuid", "size=1k,mode=700"])
    report = kist.report(bundle, "/data")
    assert {"size=4k", "mode=700"} <= report.mount("/data").superblock
    assert "nosuid" in report.mount("/data").options


def test_options_that_are_too_long(kist, bundle):
    """Said by the plan."""
    bundle.mount("/data", "overlay", "overlay", ["lowerdir=/a", f"upperdir=/{'b' * 255}"])
    text = r"mounts\[6\]: options: upperdir: 256 bytes are more than the kernel takes, 255"
    kist.refuses(bundle, text)
    kist.fails("plan", "--bundle", bundle.path, text=text)


@pytest.mark.parametrize(
    "entry, text",
    [
        ({"type": "nosuchfs", "source": "x"}, r"mounts\[6\].*nosuchfs"),
        ({"type": "tmpfs", "source": "x", "options": ["nosuchoption"]}, r"mounts\[6\].*nosuchoption"),
        (
            {"type": "ramfs", "source": "x", "options": ["tmpcopyup"]},
            r"mounts\[6\]: options: tmpcopyup: only a new tmpfs can be copied to",
        ),
        (
            {"type": "tmpfs", "source": "x", "options": ["src-nofollow"]},
            r"mounts\[6\]: options: copy-symlink, src-nofollow: only the source of a bind",
        ),
        ({"type": "tmpfs", "source": "x", "options": ["size=much"]}, r"mounts\[6\].*size"),
        ({"type": "bind", "source": "/etc", "options": ["bind", "size=5"]}, r"mounts\[6\].*size=5"),
    ],
)
def test_refused_mounts(kist, bundle, entry, text):
    bundle.config["mounts"].append({"destination": "/data", **entry})
    kist.refuses(bundle, text, command="create")


def test_mounts_over_each_other_do_not_reach_the_host(kist, bundle, host_unchanged):
    bundle.mount("/data", "tmpfs", "tmpfs", ["rshared"])
    kist.runs(bundle.probe("exit", 0))


@pytest.fixture
def linked(work):
    """A file, and a symbolic link to it."""
    (work / "file").write_text("content")
    (work / "link").symlink_to("file")
    return work


def test_copy_symlink(kist, bundle, linked):
    bundle.bind(linked / "link", "/new/place", "bind", "copy-symlink")
    bundle.bind(linked / "file", "/new/file", "bind", "copy-symlink")
    report = kist.report(bundle, "/new/place", "/new/file")
    assert os.readlink(bundle.rootfs / "new/place") == "file"
    assert report.path("/new/place")["text"] == "content"
    assert "/new/place" not in [mount.point for mount in report.mounts]
    assert report.mount("/new/file"), "what is no link is bound"
    # Again, and the link is there.
    assert kist.report(bundle, "/new/place").path("/new/place")["text"] == "content"


def test_copy_symlink_over_something_else(kist, bundle, linked):
    bundle.bind(linked / "link", "/etc/passwd", "bind", "copy-symlink")
    kist.refuses(bundle, r"mounts\[6\]: /etc/passwd: exists and is not a symbolic link to file")


def test_src_nofollow(kist, bundle, linked):
    """The link itself is seen, and leads to where it leads in the container."""
    bundle.bind(linked / "link", "/data/link", "bind", "src-nofollow")
    bundle.bind(linked / "link", "/data/followed", "bind")
    (bundle.rootfs / "data").mkdir()
    (bundle.rootfs / "data/file").write_text("of the container")
    report = kist.report(bundle, "/data/link", "/data/followed")
    assert report.path("/data/link")["text"] == "of the container"
    assert report.path("/data/followed")["text"] == "content"


def test_dest_nofollow(kist, bundle, linked):
    """It covers the link in the image, not what that leads to."""
    data = bundle.rootfs / "data"
    data.mkdir()
    (data / "file").write_text("of the image")
    (data / "link").symlink_to("file")
    bundle.bind(linked / "file", "/data/link", "bind", "dest-nofollow")
    report = kist.report(bundle, "/data/link", "/data/file")
    assert report.path("/data/link")["text"] == "content"
    assert report.path("/data/file")["text"] == "of the image"
    assert report.mount("/data/link")


def test_dest_follow(kist, bundle, linked):
    data = bundle.rootfs / "data"
    data.mkdir()
    (data / "file").write_text("of the image")
    (data / "link").symlink_to("file")
    bundle.bind(linked / "file", "/data/link")
    report = kist.report(bundle, "/data/link", "/data/file")
    assert report.path("/data/file")["text"] == "content"
    assert report.mount("/data/file")


def test_dest_nofollow_of_a_directory(kist, bundle, linked):
    (bundle.rootfs / "data").symlink_to("etc")
    bundle.mount("/data", "tmpfs", "tmpfs", ["dest-nofollow"])
    kist.refuses(bundle, r"mounts\[6\]: /data: .*Not a directory")


def test_mount_over_the_root(kist, bundle, work):
    """Later mounts go onto it, earlier ones are covered with the root."""
    other = work / "other"
    subprocess.run(["cp", "-a", bundle.rootfs, other], check=True)
    (other / "marker").write_text("other")
    mounts = bundle.config["mounts"]
    mounts.insert(0, {"destination": "/covered", "type": "tmpfs", "source": "tmpfs"})
    mounts.insert(1, {"destination": "/", "source": str(other), "options": ["bind", "nosuid"]})
    report = kist.report(bundle, "/marker", "/covered", "/proc", "/dev/null")
    assert report.path("/marker")["text"] == "other"
    assert report["root"]["ino"] == other.stat().st_ino
    assert "nosuid" in report.mount("/").options
    assert "/covered" not in [mount.point for mount in report.mounts]
    assert report.mount("/proc").type == "proc"
    assert not (bundle.rootfs / "marker").exists()


def test_tmpfs_over_the_root(kist, bundle):
    mounts = bundle.config["mounts"]
    mounts.insert(0, {"destination": "/", "type": "tmpfs", "source": "tmpfs"})
    bundle.bind(bundle.rootfs / "bin", "/bin", "rbind", "ro")
    bundle.bind(bundle.rootfs / "probe", "/probe")
    bundle.config["root"]["readonly"] = True
    report = kist.report(bundle, "/", "/bin")
    assert report.mount("/").type == "tmpfs"
    assert report.path("/")["write"] == READ_ONLY


def test_remount_of_the_root(kist, bundle):
    bundle.config["mounts"].insert(
        0, {"destination": "/", "source": "none", "options": ["remount", "nosuid", "ro"]})
    for name in ("proc", "dev", "sys"):
        (bundle.rootfs / name).mkdir(exist_ok=True)
    report = kist.report(bundle, "/")
    assert {"nosuid", "ro"} <= report.mount("/").options
    assert report["root"]["ino"] == bundle.rootfs.stat().st_ino


@pytest.mark.parametrize("kind", ["proc", "bind"])
def test_remount_of_a_procfs_elsewhere(kist, bundle, kind):
    (bundle.rootfs / "foo").mkdir()
    if kind == "proc":
        bundle.mount("/foo", "proc", "proc")
    else:
        bundle.bind("/proc", "/foo", "rbind")
    bundle.mount("/foo", options=["remount", "ro"])
    report = kist.report(bundle, "/foo/self/comm")
    assert "ro" in report.mount("/foo").options
    assert "ro" not in report.mount("/proc").options


@pytest.mark.skipif(os.path.exists("/sys/fs/selinux/enforce"), reason="SELinux is active")
def test_label_that_this_host_does_not_know(kist, bundle):
    bundle.linux["mountLabel"] = "system_u:object_r:container_file_t:s0"
    kist.refuses(bundle, r'linux\.mountLabel: "system_u:.*": SELinux is not active on this host')


# sysfs and cgroup


def test_proc_is_of_the_containers_pid_namespace(kist, bundle):
    listing = kist.report(bundle, "/proc").path("/proc")["list"]
    assert [name for name in listing if name.isdigit()] == ["1"]


def test_sysfs_is_of_the_containers_network(kist, bundle):
    listing = kist.report(bundle, "/sys/class/net").path("/sys/class/net")["list"]
    assert set(listing) - {"bonding_masters"} == {"lo"}


# Descriptors: each source of a bind takes one


def many_binds(bundle, work, count):
    (work / "source").mkdir()
    for number in range(count):
        bundle.bind(work / "source", f"/many/{number}")
    return bundle


def limited(kist, soft, hard):
    kist.prefix = ["prlimit", f"--nofile={soft}:{hard}", "--"]


def test_more_binds_than_descriptors(kist, bundle, work):
    """kist helps itself, and whatever it starts gets the caller's limit."""
    limited(kist, 1024, 4096)
    many_binds(bundle, work, 3000)
    for kind in ("createRuntime", "createContainer", "startContainer", "poststart"):
        out = work / kind if kind != "startContainer" else "/tmp/startContainer"
        bundle.config.setdefault("hooks", {})[kind] = [
            {"path": "/bin/sh", "args": ["sh", "-c", f"ulimit -Sn >{out}; ulimit -Hn >>{out}"]}]
    bundle.args = ["/bin/sh", "-c",
                   "ulimit -Sn; ulimit -Hn; grep -c ' /many/' /proc/self/mountinfo"]
    result = kist.run(bundle)
    assert (result.code, result.out, result.err) == (0, "1024\n4096\n3000\n", "")
    for path in (*map(work.joinpath, ("createRuntime", "createContainer", "poststart")),
                 bundle.rootfs / "tmp/startContainer"):
        assert path.read_text() == "1024\n4096\n", path


def test_more_binds_than_descriptors_and_a_limit(kist, bundle, work):
    limited(kist, 512, 4096)
    many_binds(bundle, work, 1000)
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 60}]
    assert kist.report(bundle)["limits"]["RLIMIT_NOFILE"] == [50, 60]


def test_more_binds_than_descriptors_in_a_user_namespace(kist, bundle, work):
    limited(kist, 512, 4096)
    (bundle.rootfs / "many").mkdir()
    os.chown(bundle.rootfs / "many", FIRST, FIRST)
    own_user_namespace(many_binds(bundle, work, 1000))
    assert kist.report(bundle)["limits"]["RLIMIT_NOFILE"] == [512, 4096]


def test_more_binds_than_any_descriptors(kist, bundle, work):
    limited(kist, 512, 1024)
    many_binds(bundle, work, 1100)
    kist.refuses(bundle, r"mounts\[\d+\]: /many/\d+: .*Too many open files .*RLIMIT_NOFILE")
