# SPDX-License-Identifier: LGPL-2.1-or-later
"""config-linux.md, Control groups: read back on the host and inside."""

import os
from pathlib import Path

import pytest

import harness
from harness import Report, cgroup_mounts, has_cgroup_v1, tagged_cgroups, wait_until
from harness.users import rootless

v1 = pytest.mark.skipif(not has_cgroup_v1(), reason="this host has cgroup v2 only")
v2 = pytest.mark.skipif(has_cgroup_v1(), reason="this host has cgroup v1")


def test_container_is_in_its_cgroup_before_start(kist, bundle):
    container = kist.create(bundle)
    path = bundle.linux["cgroupsPath"]
    for line in Path(f"/proc/{container.pid}/cgroup").read_text().splitlines():
        assert line.split(":", 2)[2] == path, line


def test_removed_with_the_container(kist, bundle):
    container = kist.create(bundle)
    assert tagged_cgroups()
    container.delete()
    assert tagged_cgroups() == set()


def test_inside_it_is_the_root(kist, bundle):
    """With a cgroup namespace of its own."""
    text = kist.report(bundle)["files"]["/proc/self/cgroup"]
    assert {line.split(":", 2)[2] for line in text.splitlines()} == {"/"}


def test_without_a_cgroup_namespace(kist, bundle):
    text = kist.report(bundle.without_namespace("cgroup"))["files"]["/proc/self/cgroup"]
    assert {line.split(":", 2)[2] for line in text.splitlines()} == {bundle.linux["cgroupsPath"]}


def test_default_path(kist, bundle):
    """Without cgroupsPath kist chooses, and the id is in it."""
    del bundle.linux["cgroupsPath"]
    container = kist.create(bundle)
    for line in Path(f"/proc/{container.pid}/cgroup").read_text().splitlines():
        assert container.id in line
    container.delete()
    assert tagged_cgroups() == set()


def test_two_containers_have_two(kist, make_bundle):
    one, two = kist.create(make_bundle()), kist.create(make_bundle())
    assert Path(f"/proc/{one.pid}/cgroup").read_text() != Path(f"/proc/{two.pid}/cgroup").read_text()


def test_used_by_another_container(kist, make_bundle):
    """Whoever shares a cgroup is killed and removed with the other."""
    one, two = make_bundle(), make_bundle()
    two.linux["cgroupsPath"] = one.linux["cgroupsPath"]
    container = kist.create(one)
    kist.refuses(two, "cgroup", command="create")
    assert container.status == "created"


@pytest.mark.parametrize("hierarchy", ["host", pytest.param("v2", marks=v1)])
@pytest.mark.parametrize("pid", ["own", "host"])
@pytest.mark.parametrize("below", ["", "/below"])
def test_used_by_another_since_it_ended(kist, make_bundle, request, hierarchy, pid, below):
    """It is not the cgroup of the first one any more, which goes alone."""
    if hierarchy == "v2":
        request.getfixturevalue("cgroup2_host")
    one, two = make_bundle(), make_bundle()
    two.linux["cgroupsPath"] = one.linux["cgroupsPath"] + below
    if pid == "host":
        one.without_namespace("pid")
    ended = kist.start(one.probe("exit", 0))
    wait_until(lambda: ended.status == "stopped", "ended")
    running = kist.start(two.probe("wait"))
    result = kist("kill", "--all", ended.id)
    assert (result.code, result.err) == (1, f"kist: kill {ended.id}: container not running\n")
    ended.delete()
    assert not (kist.root / ended.id).exists()
    assert running.status == "running"
    kist.ok("exec", running.id, "true")
    running.delete("--force")
    # What was left to a container below it is nobody's in the end.
    for left in sorted(tagged_cgroups() if below else []):
        os.rmdir(left)
    assert tagged_cgroups() == set()


@v1
@pytest.mark.parametrize("below", ["", "/below"])
@pytest.mark.parametrize("verb", ["kill", "delete"])
def test_what_v1_has_frozen_dies(kist, bundle, verb, below):
    """As soon as it is let go; also when the container itself has frozen it, further down."""
    container = kist.start(bundle.probe("wait"))
    freezer = Path(cgroup_mounts()["freezer"] + bundle.linux["cgroupsPath"] + below)
    freezer.mkdir(exist_ok=True)
    (freezer / "cgroup.procs").write_text(str(container.pid))
    (freezer / "freezer.state").write_text("FROZEN")
    wait_until(lambda: (freezer / "freezer.state").read_text() == "FROZEN\n", "frozen")
    if verb == "kill":
        kist.ok("kill", container.id, "KILL")
        wait_until(lambda: container.status == "stopped", "stopped")
    kist.ok("delete", "--force", container.id)
    assert tagged_cgroups() == set()


def test_existing_and_empty(kist, bundle):
    """An engine may have made it."""
    for point in set(cgroup_mounts().values()):
        os.makedirs(point + bundle.linux["cgroupsPath"])
    kist.create(bundle).delete()


def found(name):
    """In which hierarchies there is such a cgroup below the tests' own."""
    points = set(cgroup_mounts().values())
    return {point for point in points if Path(f"{point}{harness.CGROUPS}/{name}").exists()}


def test_parents_go_with_the_last_container(kist, make_bundle):
    one, two = make_bundle(), make_bundle()
    one.linux["cgroupsPath"] = f"{harness.CGROUPS}/nest/a/one"
    two.linux["cgroupsPath"] = f"{harness.CGROUPS}/nest/two"
    first, second = kist.create(one), kist.create(two)
    assert found("nest/a/one") == found("nest/two") == set(cgroup_mounts().values())
    first.delete()
    assert found("nest/a") == set() and found("nest/two") == set(cgroup_mounts().values())
    second.delete()
    assert found("nest") == set()


def test_parents_of_others_stay(kist, bundle):
    bundle.linux["cgroupsPath"] = f"{harness.CGROUPS}/others/kist/one"
    points = set(cgroup_mounts().values())
    for point in points:
        Path(f"{point}{harness.CGROUPS}/others").mkdir(parents=True)
    kist.create(bundle).delete()
    left, below = found("others"), found("others/kist")
    for point in points:
        Path(f"{point}{harness.CGROUPS}/others").rmdir()
    assert left == points and below == set()


def test_parents_go_when_create_fails(kist, bundle):
    bundle.linux["cgroupsPath"] = f"{harness.CGROUPS}/nest/a/one"
    bundle.mount("/x", type="no-such-filesystem")
    kist.refuses(bundle, "no-such-filesystem|No such device", command="create")
    assert found("nest") == set()


def test_no_cgroup(kist, bundle):
    own = Path("/proc/self/cgroup").read_text()
    bundle.linux["resources"] = {}
    bundle.without_namespace("cgroup").probe("report").write()
    result = kist("--cgroup-manager=disabled", "run", "-b", bundle.path, kist.new_id())
    assert result.code == 0, result
    assert result.json["files"]["/proc/self/cgroup"] == own


def test_systemd_is_refused(kist, bundle):
    bundle.write()
    kist.fails("--systemd-cgroup", "create", "-b", bundle.path, kist.new_id(), text="systemd")


# Limits: property, value, controller, v1 file, text, v2 file, text

LIMITS = [
    ("memory.limit", 64 << 20, "memory", "memory.limit_in_bytes", "67108864", "memory.max", "67108864"),
    ("memory.reservation", 32 << 20, "memory", "memory.soft_limit_in_bytes", "33554432", "memory.low", "33554432"),
    ("memory.swappiness", 30, "memory", "memory.swappiness", "30", None, None),
    ("cpu.shares", 512, "cpu", "cpu.shares", "512", "cpu.weight", None),
    ("cpu.quota", 50000, "cpu", "cpu.cfs_quota_us", "50000", "cpu.max", "50000 100000"),
    ("cpu.period", 50000, "cpu", "cpu.cfs_period_us", "50000", "cpu.max", "max 50000"),
    ("cpu.cpus", "0", "cpuset", "cpuset.cpus", "0", "cpuset.cpus", "0"),
    ("cpu.mems", "0", "cpuset", "cpuset.mems", "0", "cpuset.mems", "0"),
    ("pids.limit", 33, "pids", "pids.max", "33", "pids.max", "33"),
    ("pids.limit", -1, "pids", "pids.max", "max", "pids.max", "max"),
]


@pytest.mark.parametrize("path, value, controller, v1_file, v1_text, v2_file, v2_text", LIMITS)
def test_limits(kist, bundle, path, value, controller, v1_file, v1_text, v2_file, v2_text):
    group, name = path.split(".")
    bundle.linux["resources"][group] = {name: value}
    file, text = (v1_file, v1_text) if has_cgroup_v1() else (v2_file, v2_text)
    if file is None:
        kist.refuses(bundle, path.replace(".", r"\."), command="create")
        return
    mounts = cgroup_mounts()
    if has_cgroup_v1() and controller not in mounts:
        pytest.skip(f"this host has no {controller} controller")
    container = kist.create(bundle)
    found = (container.cgroup(controller if has_cgroup_v1() else "") / file).read_text().strip()
    if text is None:
        assert found not in ("", "100"), "shares become a weight"
    else:
        assert found == text


@v1
def test_memory_and_swap(kist, bundle):
    bundle.linux["resources"]["memory"] = {"limit": 64 << 20, "swap": 128 << 20}
    container = kist.create(bundle)
    directory = container.cgroup("memory")
    swap = directory / "memory.memsw.limit_in_bytes"
    if not swap.exists():
        pytest.skip("this kernel does not count swap")
    assert swap.read_text() == f"{128 << 20}\n"


def test_values_that_ask_for_nothing(kist, bundle):
    """What docker writes for "not set"."""
    bundle.linux["resources"].update(
        memory={"disableOOMKiller": False}, cpu={"shares": 0}, blockIO={"weight": 0}
    )
    assert kist.run(bundle.probe("exit", 0)).code == 0


@pytest.mark.parametrize(
    "resources, text",
    [
        ({"cpu": {"cpus": "9999"}}, r"linux\.resources\.cpu\.cpus"),
        ({"cpu": {"cpus": "nonsense"}}, r"linux\.resources\.cpu\.cpus"),
        ({"cpu": {"quota": 1}}, r"linux\.resources\.cpu\.quota"),
        ({"memory": {"limit": 4096, "reservation": -5}}, r"linux\.resources\.memory"),
    ],
)
def test_limits_that_cannot_be_set(kist, bundle, resources, text):
    bundle.linux["resources"].update(resources)
    kist.refuses(bundle, text, command="create")


def test_memory_limit_works(kist, bundle):
    bundle.linux["resources"]["memory"] = {"limit": 32 << 20}
    result = kist.run(bundle.probe("eat", 256))
    assert result.code == 137 and "full" not in result.out


def test_memory_limit_that_is_too_low(kist, bundle):
    """Init itself does not fit: the error says so, and nothing is left."""
    bundle.linux["resources"]["memory"] = {"limit": 4096}
    bundle.write()
    before = harness.HostPicture(kist.root)
    result = kist("run", "--bundle", bundle.path, kist.new_id())
    assert result.code != 0
    if result.code == 1:
        assert "memory" in result.err.lower()
    harness.assert_unchanged(before, kist.root)


def test_pids_limit_works(kist, bundle):
    bundle.linux["resources"]["pids"] = {"limit": 5}
    bundle.args = ["/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo survived"]
    result = kist.run(bundle)
    assert result.code == 2 and "survived" not in result.out and "fork" in result.err, result


def test_cpuset_works(kist, bundle):
    bundle.linux["resources"]["cpu"] = {"cpus": "0"}
    assert kist.report(bundle).status["Cpus_allowed_list"] == "0"


# Mounts of type cgroup


def cgroup_mount(bundle, *options):
    return bundle.mount(
        "/sys/fs/cgroup", "cgroup", "cgroup", options or ["nosuid", "noexec", "nodev", "ro"]
    )


@v1
def test_cgroup_mount_v1(kist, bundle):
    cgroup_mount(bundle).linux["resources"]["pids"] = {"limit": 77}
    names = [name for name in cgroup_mounts() if name and "=" not in name]
    report = kist.report(
        bundle, "/sys/fs/cgroup", "/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/pids"
    )
    listing = report.path("/sys/fs/cgroup")["list"]
    assert set(names) <= set(listing)
    assert report.path("/sys/fs/cgroup/pids/pids.max")["text"] == "77\n", "its own, as the root"
    assert report.path("/sys/fs/cgroup/pids")["write"] == 30
    mount = report.mount("/sys/fs/cgroup/pids")
    assert mount.type == "cgroup" and mount.root == "/"
    assert mount.options >= {"ro", "nosuid", "noexec", "nodev"}


@v1
def test_cgroup_mount_v1_writable(kist, bundle):
    cgroup_mount(bundle, "nosuid", "noexec", "nodev", "rw")
    report = kist.report(bundle, "/sys/fs/cgroup/pids", "/sys/fs/cgroup")
    assert report.path("/sys/fs/cgroup/pids")["write"] == 0


@v1
def test_cgroup_mount_v1_without_namespace(kist, bundle):
    """The container's own directory, never the host's tree."""
    cgroup_mount(bundle).without_namespace("cgroup").linux["resources"]["pids"] = {"limit": 77}
    report = kist.report(bundle, "/sys/fs/cgroup/pids/pids.max")
    assert report.path("/sys/fs/cgroup/pids/pids.max")["text"] == "77\n"


@v1
def test_cgroup_mounts_v1(kist, bundle):
    """Each shows the same, with options of its own; cgroup2 is the one beside v1, if there is one."""
    cgroup_mount(bundle).mount("/cg", "cgroup", "cgroup", ["rw", "nosuid"])
    bundle.mount("/cg2", "cgroup2", "cgroup2", ["ro", "nodev"])
    report = kist.report(
        bundle, "/sys/fs/cgroup", "/cg", "/sys/fs/cgroup/pids", "/cg/pids", "/cg2")
    assert report.path("/sys/fs/cgroup")["list"] == report.path("/cg")["list"]
    assert [report.path(f"{top}/pids")["write"] for top in ("/sys/fs/cgroup", "/cg")] == [30, 0]
    assert report.mount("/cg/pids").root == report.mount("/sys/fs/cgroup/pids").root == "/"
    if "" in cgroup_mounts():
        mount = report.mount("/cg2")
        assert mount.type == "cgroup2" and mount.root == "/"
        assert mount.options >= {"ro", "nodev"}
        assert "cgroup.procs" in report.path("/cg2")["list"]
        assert report.path("/cg2")["write"] == 30
    else:
        assert "pids" in report.path("/cg2")["list"]


@v2
def test_cgroup_mount_v2(kist, bundle):
    cgroup_mount(bundle).linux["resources"]["pids"] = {"limit": 77}
    report = kist.report(bundle, "/sys/fs/cgroup/pids.max", "/sys/fs/cgroup")
    assert report.path("/sys/fs/cgroup/pids.max")["text"] == "77\n"
    assert report.mount("/sys/fs/cgroup").type == "cgroup2"
    assert report.path("/sys/fs/cgroup")["write"] == 30


@v2
def test_device_rules_v2(kist, bundle):
    """A program of the cgroup: what is not allowed fails."""
    bundle.linux["devices"] = [{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11}]
    result = kist.runs(bundle.probe("open", "/dev/kmsg", "/dev/null")).json
    assert result == {"/dev/kmsg": 1, "/dev/null": 0}


# Another host: cgroup2 alone, in a mount namespace of its own. It has no controllers there when v1
# has them all, so this is about the core: making, entering, killing, removing.


@pytest.fixture
def cgroup2_host(kist, elsewhere):
    host = elsewhere(
        "--mount", setup="umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup"
    )
    kist.prefix = host.enter("--mount")
    return host


@v1
def test_v2_core(kist, bundle, cgroup2_host):
    cgroup_mount(bundle).probe("wait")
    container = kist.create(bundle)
    lines = Path(f"/proc/{container.pid}/cgroup").read_text().splitlines()
    assert f"0::{bundle.linux['cgroupsPath']}" in lines
    container.start()
    container.wait_for_output("ready")
    container.kill("KILL")
    container.wait()
    container.delete()
    assert tagged_cgroups() == set()


@v1
def test_v2_core_mount_and_devices(kist, bundle, cgroup2_host):
    cgroup_mount(bundle)
    bundle.linux["devices"] = [{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11}]
    report = kist.report(bundle, "/sys/fs/cgroup", "/sys/fs/cgroup/cgroup.procs")
    assert report.mount("/sys/fs/cgroup").type == "cgroup2"
    assert "cgroup.procs" in report.path("/sys/fs/cgroup")["list"]
    result = kist.runs(bundle.probe("open", "/dev/kmsg", "/dev/null")).json
    assert result == {"/dev/kmsg": 1, "/dev/null": 0}


@v1
def test_v2_core_mounts(kist, bundle, cgroup2_host):
    cgroup_mount(bundle).mount("/cg", "cgroup2", "cgroup2", ["rw"])
    report = kist.report(bundle, "/sys/fs/cgroup", "/cg")
    assert report.path("/sys/fs/cgroup")["list"] == report.path("/cg")["list"]
    assert "cgroup.procs" in report.path("/cg")["list"]
    assert "ro" in report.mount("/sys/fs/cgroup").options and "rw" in report.mount("/cg").options


@v1
@pytest.mark.parametrize("caller", ["root", "rootless"])
def test_v2_core_mount_without_a_cgroup(kist, bundle, cgroup2_host, caller):
    """Of the caller's cgroup, which is the root of the namespace."""
    cgroup_mount(bundle)
    prefix = kist.prefix
    if caller == "root":
        bundle.linux.pop("cgroupsPath")
    else:
        rootless(kist, bundle)
        kist.prefix = [*prefix, *kist.prefix]
    bundle.probe("report", "/sys/fs/cgroup", "/sys/fs/cgroup/cgroup.procs").write()
    result = kist("--cgroup-manager=disabled", "run", "-b", bundle.path, kist.new_id())
    assert result.code == 0 and result.err == "", result
    report = Report(result.json)
    mount = report.mount("/sys/fs/cgroup")
    assert mount.type == "cgroup2" and mount.root == "/"
    assert mount.options >= {"ro", "nosuid", "noexec", "nodev"}
    assert "cgroup.procs" in report.path("/sys/fs/cgroup")["list"]


@v1
def test_v2_core_kill_all(kist, bundle, cgroup2_host):
    bundle.without_namespace("pid").probe("fork", 3)
    container = kist.start(bundle)
    container.wait_for_output("ready")
    pid = container.pid
    kist.ok("kill", "--all", container.id, "KILL")
    container.wait()
    wait_until(lambda: not harness.tagged_processes(), "every process to end")
    assert pid
    container.delete()


@v1
def test_v2_without_the_controller(kist, bundle, cgroup2_host):
    """Refused with the controller's name before anything is made."""
    bundle.linux["resources"]["pids"] = {"limit": 5}
    kist.refuses(bundle, r"pids", command="create")


@v1
def test_hybrid_is_used_whole(kist, bundle):
    """v1 hierarchies beside a cgroup2 that has no controllers: in all of them."""
    if "" not in cgroup_mounts():
        pytest.skip("this host has no cgroup2")
    container = kist.create(bundle)
    assert container.cgroup("").is_dir() and container.cgroup("pids").is_dir()
