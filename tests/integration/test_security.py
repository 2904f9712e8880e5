# SPDX-License-Identifier: LGPL-2.1-or-later
"""Published attacks on runtimes, one test each, as far as they concern what exists here.

Each looks at what something is (device number, inode, contents), not at whether a write failed: it
may fail for another reason. And each asserts that its own precondition held.
"""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import harness
from harness import Report
from harness.terminal import ConsoleSocket

READ_ONLY = 30  # EROFS


@pytest.fixture
def canary(work):
    """A directory of the host whose contents and inodes must be the same afterwards."""
    path = work / "canary"
    path.mkdir()
    (path / "secret").write_text("untouched")
    (path / "ptmx").write_text("marker")

    def picture():
        return {
            entry.relative_to(path): (
                entry.lstat().st_ino,
                entry.lstat().st_mode,
                entry.lstat().st_uid,
                entry.read_text() if entry.is_file() else None,
            )
            for entry in path.rglob("*")
        }

    before = picture()
    mounts = Path("/proc/self/mountinfo").read_text()
    yield path
    assert picture() == before
    assert Path("/proc/self/mountinfo").read_text().count(str(path)) == mounts.count(str(path))


def links_to(canary, rootfs):
    """Ways to name a directory of the host from inside a rootfs."""
    up = "../" * 30
    return [str(canary), f"{up}{canary}".replace("//", "/"), f"/proc/1/root{canary}"]


def run_or_refuse(kist, bundle, *paths):
    """A report, or None where kist refused. Never a hang, a crash or a signal."""
    bundle.probe("report", *paths)
    result = kist.run(bundle)
    assert result.code in (0, 1), result
    if result.code == 1:
        assert result.err.startswith("kist: ") and result.err.count("\n") == 1, result
        return None
    return Report(result.json)


def no_dev(bundle):
    return bundle.unmount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")


# ST-MASK: CVE-2025-31133, CVE-2025-62161


def replaced_null(kind, rootfs, canary):
    path = rootfs / "dev/null"
    if kind == "sysctl link":
        path.symlink_to("/proc/sys/kernel/core_pattern")
    elif kind == "host link":
        path.symlink_to(canary / "secret")
    elif kind == "file":
        path.write_text("ATTACK")
    elif kind == "other device":
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    elif kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)


NULLS = ["sysctl link", "host link", "file", "other device", "directory", "fifo"]


@pytest.mark.parametrize("kind", NULLS)
def test_masks_do_not_trust_the_images_null(kist, bundle, canary, kind):
    core_pattern = Path("/proc/sys/kernel/core_pattern").read_text()
    no_dev(bundle).linux["maskedPaths"] = ["/proc/version", "/proc/keys", "/sys/firmware"]
    replaced_null(kind, bundle.rootfs, canary)
    report = run_or_refuse(kist, bundle, "/proc/version", "/proc/keys", "/sys/firmware")
    assert Path("/proc/sys/kernel/core_pattern").read_text() == core_pattern
    if report:
        for path in ("/proc/version", "/proc/keys"):
            entry = report.path(path)
            assert (entry["type"], entry["rdev"]) == ("char", [1, 3]), path
        assert report.path("/sys/firmware")["list"] == {}
        assert report["dev"]["null"]["rdev"] == [1, 3]


@pytest.mark.parametrize("kind", NULLS)
def test_devices_do_not_trust_the_image(kist, bundle, canary, kind):
    """What is there under a device's name is that device, or create fails."""
    no_dev(bundle)
    replaced_null(kind, bundle.rootfs, canary)
    report = run_or_refuse(kist, bundle)
    if report:
        null = report["dev"]["null"]
        assert (null["type"], null["rdev"]) == ("char", [1, 3])


def test_masks_in_a_shared_dev(kist, bundle, work):
    """The same while somebody swaps the null device in a volume that is /dev."""
    volume = work / "volume"
    volume.mkdir()
    no_dev(bundle).bind(volume, "/dev", "rbind").linux["maskedPaths"] = ["/proc/version"]
    os.mknod(volume / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (volume / "link").symlink_to("/proc/sys/kernel/core_pattern")
    before = Path("/proc/sys/kernel/core_pattern").read_text()
    done, swaps = threading.Event(), [0]

    def swap():
        while not done.is_set():
            for one, other in (("null", "spare"), ("link", "null"), ("null", "link"), ("spare", "null")):
                try:
                    os.rename(volume / one, volume / other)
                    swaps[0] += 1
                except OSError:
                    pass

    thread = threading.Thread(target=swap)
    thread.start()
    ran = 0
    try:
        for _ in range(20):
            report = run_or_refuse(kist, bundle, "/proc/version")
            if report:
                ran += 1
                entry = report.path("/proc/version")
                assert (entry["type"], entry["rdev"]) == ("char", [1, 3])
    finally:
        done.set()
        thread.join()
    assert swaps[0] > 100, "the race must have taken place"
    assert Path("/proc/sys/kernel/core_pattern").read_text() == before


# ST-PROCLINK: CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-54867


@pytest.mark.parametrize("name", ["proc", "sys"])
@pytest.mark.parametrize("target", ["/evil", "../../canary", "CANARY", "evil", "/proc/self/cwd"])
def test_proc_and_sys_must_be_directories(kist, bundle, canary, name, target):
    (bundle.rootfs / "evil").mkdir()
    (bundle.rootfs / name).rmdir()
    (bundle.rootfs / name).symlink_to(str(canary) if target == "CANARY" else target)
    kist.refuses(bundle, f"/{name}")
    assert os.listdir(bundle.rootfs / "evil") == []


def test_proc_that_is_a_file(kist, bundle):
    (bundle.rootfs / "proc").rmdir()
    (bundle.rootfs / "proc").write_text("")
    kist.refuses(bundle, "/proc")


# ST-PROCMNT: CVE-2019-16884, CVE-2015-3630


@pytest.mark.parametrize(
    "destination",
    [
        "/proc",
        "/proc/self/attr",
        "/proc/sys/kernel",
        "/proc/1/../self",
        "proc/self",
        "/link/attr",
        "//proc//self/./attr",
    ],
)
@pytest.mark.parametrize("kind", ["tmpfs", "bind"])
def test_mounts_in_proc(kist, bundle, work, destination, kind):
    (work / "fake").mkdir()
    (bundle.rootfs / "link").symlink_to("/proc/self")
    if kind == "tmpfs":
        bundle.mount(destination, "tmpfs", "tmpfs")
    else:
        bundle.bind(work / "fake", destination)
    kist.refuses(bundle, r"mounts\[6\]")


@pytest.mark.parametrize(
    "destination, kind, options",
    [("/link/attr", "cgroup", []), ("/alias", "none", ["remount", "nosuid"])],
)
def test_every_kind_of_mount_in_proc(kist, bundle, destination, kind, options):
    """By a link of the image, whatever it is that is mounted there."""
    (bundle.rootfs / "link").symlink_to("/proc/self")
    (bundle.rootfs / "alias").symlink_to("/proc")
    bundle.mount(destination, kind, kind, options)
    kist.refuses(bundle, r"mounts\[6\].*leads into /proc")


@pytest.mark.parametrize("target", ["/proc", "/proc/sys"])
def test_remounts_by_a_link_leave_proc_alone(kist, bundle, target):
    """What is asked for another procfs is not done to /proc."""
    (bundle.rootfs / "real").mkdir()
    (bundle.rootfs / "foo").symlink_to(target)
    bundle.mount("/real", "proc", "proc").mount("/foo", options=["remount", "ro"])
    kist.refuses(bundle, r"mounts\[7\].*leads into /proc")


def test_mounts_of_files_in_proc(kist, bundle, work):
    """lxcfs puts its files there."""
    (work / "meminfo").write_text("MemTotal: 42 kB\n")
    bundle.bind(work / "meminfo", "/proc/meminfo")
    assert kist.report(bundle, "/proc/meminfo").path("/proc/meminfo")["text"] == "MemTotal: 42 kB\n"


# ST-SYMDEST: CVE-2015-3629, CVE-2019-18837, CVE-2021-30465, CVE-2024-45310, CVE-2026-87766


@pytest.mark.parametrize("way", range(3))
@pytest.mark.parametrize("kind", ["tmpfs", "bind directory", "bind file"])
@pytest.mark.parametrize("below", ["", "/new", "/new/deep/er"])
def test_destinations_stay_in_the_rootfs(kist, bundle, canary, work, way, kind, below):
    link = links_to(canary, bundle.rootfs)[way]
    (bundle.rootfs / "link").symlink_to(link)
    (work / "source").mkdir()
    (work / "file").write_text("mounted")
    destination = f"/link{below}"
    if kind == "tmpfs":
        bundle.mount(destination, "marker", "tmpfs")
    else:
        bundle.bind(work / ("source" if kind == "bind directory" else "file"), destination)
    report = run_or_refuse(kist, bundle, str(canary))
    if report:
        # Where it went is below the container's root, under the very name that was the host's.
        assert any(mount.point.startswith("/") for mount in report.mounts)
        assert "secret" not in (report.path(str(canary)).get("list") or {})


def test_dangling_destination(kist, bundle, canary):
    (bundle.rootfs / "target").symlink_to(canary / "created")
    (bundle.path / "file").write_text("x")
    bundle.bind("file", "/target")
    run_or_refuse(kist, bundle)


@pytest.mark.parametrize("way", range(3))
def test_cwd_stays_in_the_rootfs(kist, bundle, canary, way):
    (bundle.rootfs / "link").symlink_to(links_to(canary, bundle.rootfs)[way])
    bundle.process["cwd"] = "/link/made"
    report = run_or_refuse(kist, bundle)
    if report:
        assert report["cwd"]["dev"] == report["root"]["dev"]


@pytest.mark.parametrize("way", range(3))
def test_masked_and_readonly_paths_stay_in_the_rootfs(kist, bundle, canary, way):
    (bundle.rootfs / "link").symlink_to(links_to(canary, bundle.rootfs)[way])
    bundle.linux["maskedPaths"] = ["/link/secret"]
    bundle.linux["readonlyPaths"] = ["/link"]
    run_or_refuse(kist, bundle)
    assert (canary / "secret").read_text() == "untouched"
    (canary / "write").touch()
    (canary / "write").unlink()


@pytest.mark.parametrize("way", range(3))
def test_devices_stay_in_the_rootfs(kist, bundle, canary, way):
    (bundle.rootfs / "link").symlink_to(links_to(canary, bundle.rootfs)[way])
    bundle.linux["devices"] = [{"path": "/link/device", "type": "c", "major": 1, "minor": 3}]
    run_or_refuse(kist, bundle)


def test_race_on_a_destination(kist, bundle, work, canary):
    """CVE-2021-30465: a volume's entry is a directory when looked at and a link when used."""
    volume = work / "volume"
    (volume / "real/a").mkdir(parents=True)
    (volume / "link").symlink_to(canary)
    bundle.bind(volume, "/v", "rbind").mount("/v/real/a", "marker", "tmpfs")
    done, swaps = threading.Event(), [0]

    def swap():
        while not done.is_set():
            for one, other in (("real", "x"), ("link", "real"), ("real", "link"), ("x", "real")):
                try:
                    os.rename(volume / one, volume / other)
                    swaps[0] += 1
                except OSError:
                    pass

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(20):
            report = run_or_refuse(kist, bundle, "/v")
            if report:
                assert "secret" not in report.path("/v")["list"]
    finally:
        done.set()
        thread.join()
    assert swaps[0] > 100, "the race must have taken place"


# ST-DEV: CVE-2026-41579, CVE-2026-47766


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize("way", range(3))
@pytest.mark.parametrize("mounted", [False, True])
def test_dev_that_is_a_link(kist, bundle, canary, readonly, way, mounted):
    (bundle.rootfs / "dev").rmdir()
    (bundle.rootfs / "dev").symlink_to(links_to(canary, bundle.rootfs)[way])
    if not mounted:
        no_dev(bundle)
    bundle.config["root"]["readonly"] = readonly
    bundle.linux["devices"] = [{"path": "/dev/extra", "type": "c", "major": 1, "minor": 3}]
    run_or_refuse(kist, bundle)


@pytest.mark.parametrize("name", ["ptmx", "fd", "stdin", "console", "null", "pts"])
def test_links_in_dev(kist, bundle, canary, name):
    (bundle.rootfs / "dev" / name).symlink_to(canary / "made")
    bundle.unmount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
    run_or_refuse(kist, bundle)


# ST-CWD: CVE-2024-21626


@pytest.mark.parametrize("number", [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 77])
@pytest.mark.parametrize("suffix", ["", "/../../.."])
def test_cwd_through_a_descriptor(kist, bundle, canary, number, suffix):
    bundle.process["cwd"] = f"/proc/self/fd/{number}{suffix}"
    opened = " ".join(f"{fd}<{canary}" for fd in (3, 4, 5))
    kist.prefix = ["bash", "-c", f'exec {opened} 77<{canary}; exec "$@"', "bash"]
    report = run_or_refuse(kist, bundle)
    if report:
        assert report["cwd"]["path"].startswith("/")
        assert report["cwd"]["ino"] != canary.stat().st_ino
        assert report["cwd"]["dev"] in (report["root"]["dev"],) or report["cwd"]["path"] != "/"
        assert sorted(report["descriptors"]) == ["0", "1", "2"]


@pytest.mark.parametrize("number", [3, 7, 8, 9, 77])
def test_program_through_a_descriptor(kist, bundle, number):
    bundle.args = [f"/proc/self/fd/{number}/bin/true"]
    kist.prefix = ["bash", "-c", 'exec 3</ 77</; exec "$@"', "bash"]
    kist.refuses(bundle, "(?i)not found|no such file|permission denied")


# ST-STDIO: CVE-2026-88265


@pytest.mark.parametrize("target", ["pipe", "null"])
def test_stdio_is_not_mistaken(kist, bundle, canary, target):
    """dev/null is a link to a file of the host: neither replaced, nor given away."""
    (bundle.rootfs / "vol").mkdir()
    (bundle.rootfs / "dev/null").symlink_to("/vol/secret")
    no_dev(bundle).bind(canary, "/vol", "bind", "rw")
    bundle.process["user"] = {"uid": 777, "gid": 777}
    bundle.probe("echo", "through").write()
    process = subprocess.run(
        kist.command("run", "--bundle", bundle.path, kist.new_id()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if target == "pipe" else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "KIST_TEST": harness.TAG},
        timeout=60,
    )
    assert process.returncode in (0, 1)
    if target == "pipe" and process.returncode == 0:
        assert process.stdout == b"through\n"


# ST-CONSOLE: CVE-2025-52565, CVE-2026-88264


@pytest.mark.parametrize("readonly", [False, True])
def test_console_through_a_link(kist, bundle, canary, work, readonly):
    (bundle.rootfs / "dev/console").symlink_to(canary / "created")
    (bundle.rootfs / "dev/pts").mkdir()
    bundle.unmount("/dev", "/dev/shm", "/dev/mqueue")
    bundle.config["root"]["readonly"] = readonly
    bundle.process["terminal"] = True
    console = ConsoleSocket(work / "console")
    bundle.write()
    id = kist.new_id()
    created = kist("create", "--bundle", bundle.path, "--console-socket", console.path, id)
    assert created.code == 0 or "/dev/console" in created.err, created
    kist.ok("delete", "--force", id)


# ST-STATE: CVE-2015-1331, CVE-2019-12439


def test_planted_state(kist, bundle, canary):
    """A link where the container's directory would be."""
    kist.root.mkdir()
    id = kist.new_id()
    (kist.root / id).symlink_to(canary)
    bundle.write()
    kist.fails("create", "--bundle", bundle.path, id)
    for command in (["state"], ["delete", "--force"], ["kill"]):
        result = kist(*command, id)
        assert result.code in (0, 1)
    if (kist.root / id).is_symlink():
        (kist.root / id).unlink()


def test_pid_file_link(kist, bundle, canary, work):
    (work / "pid").symlink_to(canary / "secret")
    (work / ".pid").symlink_to(canary / "secret")
    kist.create(bundle, "--pid-file", work / "pid").delete()


# ST-UID: CVE-2016-3697, CVE-2026-30892 are in test_process.py and test_config.py.


# The runtime's own binary: CVE-2019-5736


def test_program_is_not_kist(kist, bundle):
    """args[0] names init's own executable while init still is kist."""
    before = kist.program and Path(kist.program).read_bytes()
    bundle.args = ["/proc/self/exe", "--version"]
    result = kist.run(bundle)
    assert result.code and "kist version" not in result.out, result
    (bundle.rootfs / "bin/script").write_text("#!/proc/self/exe\n")
    (bundle.rootfs / "bin/script").chmod(0o755)
    bundle.args = ["script"]
    result = kist.run(bundle)
    assert result.code and "kist version" not in result.out, result
    assert Path(kist.program).read_bytes() == before


@pytest.mark.parametrize("namespace", ["own", "shared"])
@pytest.mark.parametrize("command", ["create", "run", "run --detach"])
def test_executable_is_out_of_reach(kist, bundle, work, command, namespace):
    """A script can have kist executed once more, as a program of the container. What is behind
    /proc/PID/exe then, and before, is a copy that nobody can write to; a hook looks at it. A kist
    that stays, and has no libraries, may have a read-only view of the file instead."""
    look = ("pid=$(sed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p'); "
            f"(readlink /proc/$pid/exe; stat -L -c '%d %i' /proc/$pid/exe) >{work}/found")
    (work / "flags.py").write_text(
        "import os, sys\nprint(os.statvfs(f'/proc/{sys.argv[1]}/exe').f_flag & os.ST_RDONLY)\n")
    look += f"; {sys.executable} {work}/flags.py $pid >{work}/readonly"
    bundle.config["hooks"] = {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", look]}]}
    bundle.probe("exit", 0)
    if namespace == "shared":
        bundle.without_namespace("pid")
    if command == "create":
        kist.create(bundle).delete("--force")
    else:
        assert kist.run(bundle, *command.split()[1:]).code == 0
    host = os.stat(kist.program)
    name, inode = (work / "found").read_text().splitlines()
    if command == "run" and not name.startswith("/memfd"):
        assert inode == f"{host.st_dev} {host.st_ino}"
        assert (work / "readonly").read_text() == "1\n"
        return
    assert name.startswith("/memfd:kist"), "see seal.c for its seals"
    assert inode != f"{host.st_dev} {host.st_ino}"


# The procfs that kist writes to: CVE-2019-16884, CVE-2025-52881, CVE-2025-62596


def test_writes_go_to_a_procfs_of_its_own(kist, bundle, work, elsewhere):
    """On a host whose /proc is a trap: the values arrive inside, the traps stay untouched."""
    trap = work / "trap"
    trap.write_text("untouched")
    fake = f"mount -t tmpfs fake /proc/sys; mkdir -p /proc/sys/net/ipv4; cp {trap} /proc/sys/net/ipv4/ip_forward"
    host = elsewhere("--mount", setup=fake)
    kist.prefix = host.enter("--mount")
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    score = int(open("/proc/self/oom_score_adj").read()) + 10
    bundle.process["oomScoreAdj"] = score
    report = kist.report(bundle, "/proc/sys/net/ipv4/ip_forward")
    assert report.path("/proc/sys/net/ipv4/ip_forward")["text"] == "1\n"
    assert report["files"]["/proc/self/oom_score_adj"] == f"{score}\n"
    planted = subprocess.check_output(
        [*kist.prefix, "cat", "/proc/sys/net/ipv4/ip_forward"], text=True
    )
    assert planted == "untouched"


# Set-user-ID: CVE-2016-8659, CVE-2020-5291


def test_refuses_to_be_set_user_id(kist, work):
    copy = work / "kist"
    copy.write_bytes(Path(kist.program).read_bytes())
    os.chown(copy, 0, 0)
    copy.chmod(0o4755)
    result = subprocess.run(
        [copy, "--version"], user=65534, group=65534, extra_groups=[], capture_output=True, text=True
    )
    assert result.returncode == 1 and result.stdout == ""
    assert "set-user-ID" in result.stderr
